//! A result sheet corrected as somebody at a bureau does it: what is at fault, and nothing else.

use std::collections::BTreeSet;

use rust_xlsxwriter::Workbook;
use sheet::{Book, Limits, Sheet};

use super::{Planted, at, letters};

/// How much is written anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mending {
    /// The cells at fault.
    Cells,
    /// Their rows: what is wrong in one cell can have its reason in another, as an answer whose question says no.
    Rows,
}

/// The result sheet with the right texts where it says that they are wrong.
///
/// # Panics
/// When one of the files is no spreadsheet.
#[must_use]
pub fn corrected(
    result: &[u8],
    right: &Planted,
    faults: &BTreeSet<(String, String)>,
    mending: Mending,
) -> Vec<u8> {
    let (result, right) = (open(result), open(&right.bytes));
    let mut book = Workbook::new();
    for sheet in result.sheets() {
        let known = right.sheets().iter().find(|one| one.name() == sheet.name());
        let is_wrong = |row: usize, column: usize| {
            let cell = |place: &str| {
                let cell = place.strip_prefix(sheet.name())?.strip_prefix('!')?;
                let digits = cell.trim_start_matches(|c: char| c.is_ascii_uppercase());
                let of_row = digits.parse() == Ok(row + 1);
                let whole = mending == Mending::Rows;
                Some(of_row && (whole || cell == format!("{}{digits}", letters(column))))
            };
            faults.iter().any(|(place, _)| cell(place) == Some(true))
        };
        let page = book.add_worksheet().set_name(sheet.name()).unwrap();
        let width = known.map_or(0, Sheet::width);
        for column in 0..sheet.width().max(width) {
            let mut mends = false;
            for row in 0..sheet.height() {
                // What is one cell over several rows is corrected once.
                let goes_on = mends && is_same(sheet, known, row, column);
                mends = column < width && (is_wrong(row, column) || goes_on);
                let from = known.filter(|_| mends).unwrap_or(sheet);
                let (place, text) = (at(row, column), from.cell(row, column).text());
                page.write_string(place.0, place.1, text).unwrap();
            }
        }
    }
    book.save_to_buffer().unwrap()
}

/// Whether a cell goes on from the row above, as it is and as it is to be.
fn is_same(sheet: &Sheet, right: Option<&Sheet>, row: usize, column: usize) -> bool {
    let goes_on = |sheet: &Sheet| {
        let text = sheet.cell(row, column).text();
        row > 0 && text == sheet.cell(row - 1, column).text()
    };
    goes_on(sheet) && right.is_some_and(goes_on)
}

fn open(bytes: &[u8]) -> Book {
    sheet::open(bytes, "sheet.xlsx", &Limits::default()).unwrap()
}
