//! TLS certificates over their life: got, renewed, listed, ended.

mod authorities;
mod command;
mod ending;
mod external;
mod health;
mod keys;
mod late;
mod listing;
mod renewal;
mod revocation;
