//! The suites above unit level: one binary, since each would link the whole product.
//!
//! Where PostgreSQL is not installed, its half is passed over with one line on stderr; with
//! `CI=true` its absence is a failure.

mod database_faults;
mod store_contract;
