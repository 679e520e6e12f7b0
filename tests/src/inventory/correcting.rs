//! A result sheet corrected as somebody at a bureau does it: the cells at fault, and nothing else.

use std::collections::BTreeSet;

use rust_xlsxwriter::Workbook;
use sheet::{Book, Limits, Sheet};

use super::{Planted, at, letters};

/// The result sheet with the right text in each cell at fault.
///
/// # Panics
/// When one of the files is no spreadsheet.
#[must_use]
pub fn corrected(result: &[u8], right: &Planted, faults: &BTreeSet<(String, String)>) -> Vec<u8> {
    let (result, right) = (open(result), open(&right.bytes));
    let mut book = Workbook::new();
    for sheet in result.sheets() {
        let known = right.sheets().iter().find(|one| one.name() == sheet.name());
        let is_wrong = |row: usize, column: usize| {
            let place = format!("{}!{}{}", sheet.name(), letters(column), row + 1);
            faults.iter().any(|(at_fault, _)| *at_fault == place)
        };
        let page = book.add_worksheet().set_name(sheet.name()).unwrap();
        for column in 0..sheet.width() {
            let mut mending = false;
            for row in 0..sheet.height() {
                // What is one cell over several rows is corrected once.
                let goes_on = mending && is_same(sheet, known, row, column);
                mending = is_wrong(row, column) || goes_on;
                let from = known.filter(|_| mending).unwrap_or(sheet);
                let (place, text) = (at(row, column), from.cell(row, column).text());
                page.write_string(place.0, place.1, text).unwrap();
            }
        }
        // A cell at fault behind the last one that holds something.
        let known = known.into_iter();
        let beyond = known.flat_map(|known| (0..known.height()).map(move |row| (known, row)));
        for (known, row) in beyond {
            for column in sheet.width()..known.width() {
                if is_wrong(row, column) {
                    let (place, text) = (at(row, column), known.cell(row, column).text());
                    page.write_string(place.0, place.1, text).unwrap();
                }
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
