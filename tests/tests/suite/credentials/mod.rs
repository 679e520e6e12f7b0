//! TLS certificates over their life: got, renewed, listed, ended.

mod command;
mod listing;
mod renewal;
mod revocation;
