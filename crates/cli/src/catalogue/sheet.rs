//! The catalogue as a sheet in the layout of the guide of 2017, in both directions: one row an item, and the cells
//! of the entry merged over its items.

mod code;
mod columns;
mod entry;
mod export;
mod import;
mod item;
mod write;
mod zeros;

pub(super) use export::{run as export, template};
pub(super) use import::{ask, run as import, word};
