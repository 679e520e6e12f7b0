//! What the words mean and what is allowed.
//!
//! Everything here is pure: no I/O, no clock, no randomness. Time, ids and reference data are
//! parameters, so that each rule can be tried at any date.

pub mod calendar;
pub mod id;
pub mod reference;
pub mod regime;
pub mod seed;
pub mod text;
