//! Corrections: a record is disputed, every answer says so, and the provider feeds back in time.

pub(crate) mod cast;
mod command;
mod due;
mod marks;
mod rights;
mod rows;
mod story;
