//! Safe from the first day: what the stack would let through, and this gateway does not.

mod certificates;
mod connections;
mod enrolment;
mod handshakes;
mod providers;
mod statuses;
