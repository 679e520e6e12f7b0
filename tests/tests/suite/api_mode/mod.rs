//! API mode: a provider's own service, called with its own generated client through the gateway.

mod ending;
mod faults;
mod fuzz;
mod passing;
mod refusals;
