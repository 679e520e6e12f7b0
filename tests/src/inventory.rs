//! The inventory of a whole city as its bureaux would send it: sheets with planted faults, and the same corrected.
//!
//! Everything follows from counting, so that every run makes the same files. What is planted is known by place and
//! code; what only looks wrong (full-width digits, texts like formulas, dates in any spelling) is in all sheets.

pub mod correcting;
pub mod entries;
pub mod systems;

use std::collections::BTreeSet;

use domain::seed::DepartmentSeed;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook, Worksheet};

use crate::city;

/// Systems of the whole city.
pub const SYSTEMS: usize = 400;
/// Entries of the whole city.
pub const ENTRIES: usize = 5000;

/// A department and its share of the inventory.
#[derive(Debug)]
pub struct Bureau {
    /// Which one it is, from 0.
    pub number: usize,
    /// The department.
    pub seed: &'static DepartmentSeed,
    /// How many systems it has.
    pub systems: usize,
    /// How many entries it has.
    pub entries: usize,
}

/// A sheet, and what is wrong in it: places and codes.
#[derive(Debug)]
pub struct Planted {
    /// The file.
    pub bytes: Vec<u8>,
    /// What must be found, and nothing else.
    pub faults: BTreeSet<(String, String)>,
}

/// The bureaux of the city.
#[must_use]
pub fn bureaux() -> Vec<Bureau> {
    let seeds = &city::SEEDS.departments;
    let share =
        |number: usize, all: usize| all / seeds.len() + usize::from(number < all % seeds.len());
    let numbered = seeds.iter().enumerate();
    numbered
        .map(|(number, seed)| Bureau {
            number,
            seed,
            systems: share(number, SYSTEMS),
            entries: share(number, ENTRIES),
        })
        .collect()
}

/// What stands in a cell.
#[derive(Clone, Debug)]
pub(crate) enum Cell {
    Text(String),
    Number(f64),
    Date(u16, u8, u8),
}

impl Cell {
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

/// A sheet being written.
pub(crate) struct Page {
    book: Workbook,
    name: &'static str,
    pub(crate) faults: BTreeSet<(String, String)>,
}

impl Page {
    pub(crate) fn new(name: &'static str) -> Self {
        let mut book = Workbook::new();
        book.add_worksheet().set_name(name).unwrap();
        Self {
            book,
            name,
            faults: BTreeSet::new(),
        }
    }

    fn sheet(&mut self) -> &mut Worksheet {
        self.book.worksheet_from_index(0).unwrap()
    }

    pub(crate) fn put(&mut self, row: usize, column: usize, cell: &Cell) {
        let (row, column) = at(row, column);
        let sheet = self.sheet();
        match cell {
            Cell::Text(text) if text.is_empty() => {}
            Cell::Text(text) => {
                sheet.write_string(row, column, text).unwrap();
            }
            Cell::Number(number) => {
                sheet.write_number(row, column, *number).unwrap();
            }
            Cell::Date(year, month, day) => {
                let date = ExcelDateTime::from_ymd(*year, *month, *day).unwrap();
                let format = Format::new().set_num_format("yyyy-mm-dd");
                sheet
                    .write_datetime_with_format(row, column, date, &format)
                    .unwrap();
            }
        }
    }

    /// Writes a cell over several rows.
    pub(crate) fn over(&mut self, (row, rows): (usize, usize), column: usize, cell: &Cell) {
        if rows > 1 {
            let (top, left) = at(row, column);
            let (bottom, _) = at(row + rows - 1, column);
            let sheet = self.sheet();
            let format = Format::new();
            sheet
                .merge_range(top, left, bottom, left, "", &format)
                .unwrap();
        }
        self.put(row, column, cell);
    }

    /// Writes a text over several columns.
    pub(crate) fn across(&mut self, row: usize, columns: (usize, usize), text: &str) {
        let (row, left) = at(row, columns.0);
        let (_, right) = at(0, columns.1);
        let format = Format::new();
        let sheet = self.sheet();
        sheet
            .merge_range(row, left, row, right, text, &format)
            .unwrap();
    }

    /// Notes that a cell is at fault.
    pub(crate) fn plant(&mut self, row: usize, column: usize, code: &str) {
        let place = format!("{}!{}{}", self.name, letters(column), row + 1);
        self.faults.insert((place, code.to_owned()));
    }

    pub(crate) fn finish(mut self) -> Planted {
        Planted {
            bytes: self.book.save_to_buffer().unwrap(),
            faults: self.faults,
        }
    }
}

fn at(row: usize, column: usize) -> (u32, u16) {
    (u32::try_from(row).unwrap(), u16::try_from(column).unwrap())
}

fn letters(column: usize) -> String {
    let letter = |place: usize| char::from(b'A' + u8::try_from(place).unwrap());
    if column < 26 {
        return letter(column).to_string();
    }
    [letter(column / 26 - 1), letter(column % 26)]
        .iter()
        .collect()
}

/// One of some, by count.
pub(crate) fn one<T: Copy>(of: &[T], number: usize) -> T {
    of[number % of.len()]
}
