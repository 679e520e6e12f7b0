//! Simulated departments: real gRPC providers over synthetic data.
//!
//! It is also the worked example for whoever connects a system. Read it in this order:
//!
//! 1. [`identity`]: get a TLS certificate from the gateway (one-time token, key, signing request).
//! 2. [`client`]: connect to the gateway with it.
//! 3. [`provider`]: be asked by the gateway: mutual TLS, health, certificates, rows.
//! 4. [`announcing`]: tell the gateway what changed.
//!
//! [`library`] is a certificate library of the national standard. [`people`] and [`data`] are what the simulated systems know; [`roster`](roster()) lists them.
//! Nobody in it lives: births lie in 1900–1905, codes are built on `XY`.

pub mod announcing;
pub mod client;
pub mod data;
pub mod files;
pub mod identity;
#[expect(
    missing_docs,
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    clippy::pedantic,
    reason = "generated code"
)]
pub mod insurance;
pub mod library;
pub mod paper;
pub mod people;
pub mod provider;
mod roster;
#[cfg(test)]
mod tests;

pub use roster::{Simulated, roster};
