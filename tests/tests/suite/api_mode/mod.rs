//! API mode: a provider's own service, called with its own generated client through the gateway.

mod effects;
mod ending;
mod faults;
mod fuzz;
mod hedging;
mod killed;
mod passing;
mod refusals;
mod unread;
