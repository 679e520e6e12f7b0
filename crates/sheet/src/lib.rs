//! Sheets as departments really keep them: opened safely, read with the place of every cell, written without formulas.
//!
//! [`open`] makes a [`Book`] of the bytes of an .xlsx or .csv file and refuses what expands without bound. [`find`]
//! looks for the titles that an import needs and gives [`Table`]s, whose rows give [`Field`]s: cells that are read as a
//! code, a date, an amount. Whatever is wrong is a [`Fault`] at a [`Place`], and [`result_sheet`] writes the
//! file back with all of them. A [`Layout`] is written as [`workbook`], as [`separated_text`], or as an empty
//! [`template`].
//!
//! Only the client reads sheets; the gateway takes typed requests and never sees one
//! ([ADR 21](../../../docs/adr/0021-sheets-are-read-by-the-client.md)).

mod amount;
mod archive;
mod book;
mod budget;
mod cells;
mod field;
mod header;
mod layout;
mod limits;
mod names;
mod open;
mod place;
mod plain;
mod result;
mod separated;
mod serial;
mod table;
mod words;
mod write;
mod xlsx;

pub use amount::Amount;
pub use book::{Book, Cell, Kind, Sheet};
pub use field::{Field, Word, YES_NO};
pub use header::Column;
pub use layout::{Layout, Merge, Shown};
pub use limits::Limits;
pub use open::{OpenError, open};
pub use place::{Cause, Code, Fault, Place};
pub use result::result_sheet;
pub use table::{Row, Table, Tables, find};
pub use words::choose;
pub use write::{WriteError, separated_text, template, workbook};

#[cfg(test)]
mod tests;
