//! The legal process of sharing: applications through their states, clocks and cards.

mod almanac;
mod cast;
mod clocks;
mod ending;
mod model;
mod process;
mod provision;
mod simulation;
