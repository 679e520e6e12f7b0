//! A certificate library of the national standard as one more issuer: HTTP/1.1, TLS, SM2 and SM3.

mod conforming;
mod faults;
mod lookups;
mod registration;
