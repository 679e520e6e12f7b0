//! A result sheet corrected as somebody at a bureau does it: the rows at fault, and nothing else.

use std::collections::BTreeSet;

use rust_xlsxwriter::Workbook;
use sheet::{Book, Limits, Sheet};

use super::{Planted, at};

/// The result sheet with the right texts in each row at fault. What is wrong in one cell can be mended in another: an
/// answer without its question, or the question.
///
/// # Panics
/// When one of the files is no spreadsheet.
#[must_use]
pub fn corrected(result: &[u8], right: &Planted, faults: &BTreeSet<(String, String)>) -> Vec<u8> {
    let (result, right) = (open(result), open(&right.bytes));
    let mut book = Workbook::new();
    for sheet in result.sheets() {
        let known = right.sheets().iter().find(|one| one.name() == sheet.name());
        let rows: BTreeSet<usize> = faults
            .iter()
            .filter_map(|(place, _)| row_of(place, sheet.name()))
            .collect();
        let page = book.add_worksheet().set_name(sheet.name()).unwrap();
        let width = known.map_or(0, Sheet::width);
        for column in 0..sheet.width().max(width) {
            let mut mending = false;
            for row in 0..sheet.height() {
                // What is one cell over several rows is corrected once.
                let goes_on = mending && is_same(sheet, known, row, column);
                mending = column < width && (rows.contains(&row) || goes_on);
                let from = known.filter(|_| mending).unwrap_or(sheet);
                let (place, text) = (at(row, column), from.cell(row, column).text());
                page.write_string(place.0, place.1, text).unwrap();
            }
        }
    }
    book.save_to_buffer().unwrap()
}

/// The row of a place such as `Sheet!B12`, from 0; none where it is of another sheet.
fn row_of(place: &str, sheet: &str) -> Option<usize> {
    let cell = place.strip_prefix(sheet)?.strip_prefix('!')?;
    let row: usize = cell
        .trim_start_matches(|c: char| c.is_ascii_uppercase())
        .parse()
        .ok()?;
    row.checked_sub(1)
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
