//! Bad input, from callers and from providers: told apart, told whole, and nothing partial stored.

mod descriptors;
mod faults;
mod matrix;
mod providers;
mod repeats;
mod roles;
