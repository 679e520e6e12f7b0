//! A file once read: sheets of cells, each cell's text as a person reads it.

/// What a file holds. Made by [`open`](crate::open).
#[derive(Debug, Clone, PartialEq)]
pub struct Book {
    pub(crate) sheets: Vec<Sheet>,
}

impl Book {
    /// The sheets in the order of the file, hidden ones included.
    pub fn sheets(&self) -> &[Sheet] {
        &self.sheets
    }
}

/// One worksheet, or the whole of a .csv file. Rows and columns count from 0; blank ones at the end are dropped.
#[derive(Debug, Clone, PartialEq)]
pub struct Sheet {
    pub(crate) name: String,
    pub(crate) hidden: bool,
    pub(crate) rows: Vec<Vec<Cell>>,
    pub(crate) merged: Vec<Area>,
    pub(crate) epoch: Epoch,
}

impl Sheet {
    /// The name on the tab, or that of the .csv file without its ending.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether people do not see the sheet.
    pub fn hidden(&self) -> bool {
        self.hidden
    }

    /// How many rows there are up to the last one that holds something.
    pub fn height(&self) -> usize {
        self.rows.len()
    }

    /// How many columns there are up to the last one that holds something in any row.
    pub fn width(&self) -> usize {
        self.rows.iter().map(Vec::len).max().unwrap_or(0)
    }

    /// The cell at a row and a column; blank where nothing was ever written. A cell of a merged area holds what the
    /// area shows.
    pub fn cell(&self, row: usize, column: usize) -> &Cell {
        self.rows
            .get(row)
            .and_then(|cells| cells.get(column))
            .unwrap_or(Cell::BLANK)
    }

    /// Drops blank cells at the end of each row and blank rows at the end.
    pub(crate) fn trim(&mut self) {
        for row in &mut self.rows {
            while row.last().is_some_and(|cell| cell.kind == Kind::Blank) {
                row.pop();
            }
        }
        while self.rows.last().is_some_and(Vec::is_empty) {
            self.rows.pop();
        }
    }
}

/// A cell: its text and what kind of thing the program that wrote it took it for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cell {
    pub(crate) text: String,
    pub(crate) kind: Kind,
    /// Filled from the row above by a merged area.
    pub(crate) inherited: bool,
}

impl Cell {
    pub(crate) const BLANK: &Self = &Self {
        text: String::new(),
        kind: Kind::Blank,
        inherited: false,
    };

    pub(crate) fn new(text: String, kind: Kind) -> Self {
        Self {
            text,
            kind,
            inherited: false,
        }
    }

    /// A cell of text; blank when the text is empty, a fault of the spreadsheet when it reads like one.
    pub(crate) fn of_text(text: String) -> Self {
        let kind = if text.is_empty() {
            Kind::Blank
        } else if text == UNCOMPUTED {
            Kind::Uncomputed
        } else if ERRORS.contains(&text.as_str()) {
            Kind::Error
        } else {
            Kind::Text
        };
        Self::new(text, kind)
    }

    /// The text as a person reads it: numbers in full and without `.0`, dates as ISO, booleans as 是 and 否.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What the cell is.
    pub fn kind(&self) -> Kind {
        self.kind
    }
}

/// What stands for a formula without a result, in a result sheet too, so that it stays at fault there.
pub(crate) const UNCOMPUTED: &str = "（公式）";

/// What spreadsheets show when a formula fails.
const ERRORS: [&str; 11] = [
    "#DIV/0!",
    "#N/A",
    "#NAME?",
    "#NULL!",
    "#NUM!",
    "#REF!",
    "#VALUE!",
    "#DATA!",
    "#SPILL!",
    "#CALC!",
    "#GETTING_DATA",
];

/// What the program that wrote a cell took it for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    /// Nothing.
    #[default]
    Blank,
    /// Text, times of day and lengths of time included.
    Text,
    /// A number that is still what was typed.
    Number,
    /// A number of more than 15 digits. Spreadsheets keep 15, so the digits behind them are lost; what was typed,
    /// often a code, cannot be known any more.
    Rounded,
    /// A day, maybe with a time of day.
    Date,
    /// True or false.
    Flag,
    /// A formula that failed, such as `#REF!`.
    Error,
    /// A formula whose result is not in the file: a program wrote it and no spreadsheet has computed it yet.
    Uncomputed,
}

/// A merged area, both corners included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Area {
    pub(crate) top: usize,
    pub(crate) left: usize,
    pub(crate) bottom: usize,
    pub(crate) right: usize,
}

/// From which day a file counts its days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Epoch {
    /// 1 is 1900-01-01, and 60 is a day that never was (1900-02-29).
    #[default]
    Year1900,
    /// 0 is 1904-01-01, as Excel for the Macintosh once counted.
    Year1904,
}
