//! The rows below the titles.

use crate::book::{Book, Cell, Kind, Sheet};
use crate::field::Field;
use crate::header::{self, Column, Header};
use crate::place::{Code, Fault, Place};
use crate::{result, write};

/// What was found in a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Tables<'b> {
    /// One for each sheet that has the titles, faulty headers included, so that faults in rows are found as well.
    pub tables: Vec<Table<'b>>,
    /// What makes the file unfit to be imported: columns that are missing, repeated or not clear, or no titles at all.
    pub faults: Vec<Fault>,
    /// What was not read: columns nobody knows, hidden sheets, sheets without titles.
    pub warnings: Vec<Fault>,
}

/// Finds the tables of a file.
///
/// The titles are looked for in the first twenty rows of each sheet, in one to three lines. They are compared without
/// regard to width, spaces, line breaks, punctuation, marks and what stands in brackets. Sheets that
/// [`result_sheet`](crate::result_sheet) and [`template`](crate::template) added are passed over.
pub fn find<'b>(book: &'b Book, columns: &[Column]) -> Tables<'b> {
    let mut found = Tables {
        tables: Vec::new(),
        faults: Vec::new(),
        warnings: Vec::new(),
    };
    let mut without = Vec::new();
    let returned = book.sheets.iter().any(result::is_summary);
    for sheet in &book.sheets {
        if sheet.height() == 0 || result::is_summary(sheet) || write::is_ours(sheet) {
            continue;
        }
        if sheet.hidden {
            found.warnings.push(Fault::new(
                Place::sheet(&sheet.name),
                Code::HiddenSheet,
                "隐藏的工作表未读取；如需导入，请先取消隐藏",
            ));
            continue;
        }
        match header::find(sheet, columns, returned) {
            Ok(header) => found.tables.push(Table { sheet, header }),
            Err(nearest) => without.push(no_header(sheet, nearest.as_ref(), columns)),
        }
    }
    for table in &found.tables {
        found.faults.extend(table.header.faults.iter().cloned());
        found.warnings.extend(table.header.warnings.iter().cloned());
    }
    if found.tables.is_empty() && without.is_empty() {
        let name = book.sheets.first().map_or("", |sheet| sheet.name.as_str());
        let sentence = "没有可读取的内容，请在有标题的工作表中填写";
        without.push(Fault::new(Place::sheet(name), Code::NoHeader, sentence));
    }
    if found.tables.is_empty() {
        found.faults.extend(without);
    } else {
        found.warnings.extend(without);
    }
    found
}

fn no_header(sheet: &Sheet, nearest: Option<&header::Nearest>, columns: &[Column]) -> Fault {
    let titles: Vec<&str> = columns
        .iter()
        .filter(|column| column.required)
        .map(|column| column.title)
        .collect();
    let wanted = titles.join("、");
    match nearest {
        None => Fault::new(
            Place::sheet(&sheet.name),
            Code::NoHeader,
            format!("前 20 行没有找到标题行，应有：{wanted}"),
        ),
        Some(nearest) => Fault::new(
            Place::row(&sheet.name, nearest.row),
            Code::NoHeader,
            format!(
                "没有找到标题行；最接近的一行只认出 {} 列，应有：{wanted}",
                nearest.named
            ),
        ),
    }
}

/// The table of one sheet.
#[derive(Debug, Clone, PartialEq)]
pub struct Table<'b> {
    pub(crate) sheet: &'b Sheet,
    pub(crate) header: Header,
}

impl<'b> Table<'b> {
    /// The sheet it stands in.
    pub fn sheet(&self) -> &'b Sheet {
        self.sheet
    }

    /// The row of the titles, the last one where they take several; counted from 0.
    pub fn header_row(&self) -> usize {
        self.header.bottom
    }

    /// Whether the sheet has the column.
    pub fn has(&self, key: &str) -> bool {
        self.header.places.contains_key(key)
    }

    /// The rows with data. Passed over are blank rows, rows in which only a merged area goes on, and titles repeated
    /// for printing.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        (self.header.bottom + 1..self.sheet.height())
            .map(|row| Row { table: self, row })
            .filter(Row::holds_data)
    }
}

/// One row with data.
#[derive(Debug, Clone, Copy)]
pub struct Row<'t> {
    table: &'t Table<'t>,
    row: usize,
}

impl Row<'_> {
    /// The row as a place, for faults that concern no single cell.
    pub fn place(&self) -> Place {
        Place::row(&self.table.sheet.name, self.row)
    }

    /// Whether the sheet has the column.
    pub fn has(&self, key: &str) -> bool {
        self.table.has(key)
    }

    /// The cell of a column; blank where the sheet has no such column.
    pub fn field(&self, key: &str) -> Field<'_> {
        let sheet = self.table.sheet;
        match self.table.header.places.get(key) {
            Some(found) => Field {
                cell: sheet.cell(self.row, found.column),
                place: Place::cell(&sheet.name, self.row, found.column),
                unit: found.unit.as_deref(),
                epoch: sheet.epoch,
            },
            None => Field {
                cell: Cell::BLANK,
                place: self.place(),
                unit: None,
                epoch: sheet.epoch,
            },
        }
    }

    fn holds_data(&self) -> bool {
        let sheet = self.table.sheet;
        let header = &self.table.header;
        // What only an unknown column holds, a running number perhaps, makes no row; the header's warning names it.
        let cells = || {
            let places = header.places.values();
            places.map(|found| sheet.cell(self.row, found.column))
        };
        let own = cells().any(|cell| {
            cell.kind != Kind::Blank && !cell.inherited && !cell.text.trim().is_empty()
        });
        let repeats = header.places.values().all(|found| {
            sheet.cell(self.row, found.column).text == sheet.cell(header.bottom, found.column).text
        });
        own && !repeats
    }
}
