//! Where something stands in a file, and what is wrong there.

use std::fmt;

/// A cell, a row, a column or a whole sheet; shown as `系统清单!C17`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    sheet: String,
    row: Option<usize>,
    column: Option<usize>,
}

impl Place {
    /// A whole sheet, for instance one without a header.
    pub fn sheet(sheet: &str) -> Self {
        Self {
            sheet: sheet.to_owned(),
            row: None,
            column: None,
        }
    }

    /// A whole row, counted from 0.
    pub fn row(sheet: &str, row: usize) -> Self {
        Self {
            row: Some(row),
            ..Self::sheet(sheet)
        }
    }

    /// A cell by its row and column, counted from 0.
    pub fn cell(sheet: &str, row: usize, column: usize) -> Self {
        Self {
            column: Some(column),
            ..Self::row(sheet, row)
        }
    }

    /// The name of the sheet.
    pub fn sheet_name(&self) -> &str {
        &self.sheet
    }

    /// The row, counted from 0, unless the place is a whole sheet.
    pub fn row_index(&self) -> Option<usize> {
        self.row
    }

    /// The column, counted from 0, when the place is a cell.
    pub fn column_index(&self) -> Option<usize> {
        self.column
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sheet)?;
        match (self.row, self.column) {
            (None, _) => Ok(()),
            (Some(row), None) => write!(f, "!第{}行", row + 1),
            (Some(row), Some(column)) => write!(f, "!{}{}", letters(column), row + 1),
        }
    }
}

/// A column as spreadsheets name it: A to Z, AA and so on.
pub(crate) fn letters(column: usize) -> String {
    let mut rest = column + 1;
    let mut letters = Vec::new();
    while rest > 0 {
        let letter = u8::try_from((rest - 1) % 26).unwrap_or(0);
        letters.push(char::from(b'A' + letter));
        rest = (rest - 1) / 26;
    }
    letters.iter().rev().collect()
}

/// What is wrong with a value, for a program and for a person.
///
/// The sentence is Chinese: it goes back to the department in the result sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// Which rule was broken.
    pub code: Code,
    /// What was wrong and what to do, in one sentence.
    pub sentence: String,
}

impl Cause {
    pub(crate) fn new(code: Code, sentence: impl Into<String>) -> Self {
        Self {
            code,
            sentence: sentence.into(),
        }
    }
}

/// The rules that headers and cells can break.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Code {
    /// A value that must be there is not.
    Blank,
    /// A formula failed or was never computed.
    Formula,
    /// A code was stored as a number and its last digits are lost.
    LostDigits,
    /// Not a code: spaces in it, or characters that no code has.
    NotCode,
    /// Not a whole number.
    NotNumber,
    /// Not an amount, or one in another unit.
    NotAmount,
    /// Not a date.
    NotDate,
    /// Not one of the words allowed.
    NotChoice,
    /// No row of the sheet holds the titles.
    NoHeader,
    /// A column that must be there is not.
    MissingColumn,
    /// A title that stands for more than one column.
    AmbiguousColumn,
    /// A second column for the same thing.
    RepeatedColumn,
    /// A title that nobody knows; what stands below it is not read.
    UnknownColumn,
    /// A hidden sheet, which is not read.
    HiddenSheet,
    /// A rule that whoever imports the sheet asks beyond the form of its cells.
    Rule,
}

impl Code {
    /// The word for programs, for example `LOST_DIGITS`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Blank => "REQUIRED",
            Self::Formula => "FORMULA",
            Self::LostDigits => "LOST_DIGITS",
            Self::NotCode => "NOT_A_CODE",
            Self::NotNumber => "NOT_A_NUMBER",
            Self::NotAmount => "NOT_AN_AMOUNT",
            Self::NotDate => "NOT_A_DATE",
            Self::NotChoice => "NOT_A_CHOICE",
            Self::NoHeader => "NO_HEADER",
            Self::MissingColumn => "MISSING_COLUMN",
            Self::AmbiguousColumn => "AMBIGUOUS_COLUMN",
            Self::RepeatedColumn => "REPEATED_COLUMN",
            Self::UnknownColumn => "UNKNOWN_COLUMN",
            Self::HiddenSheet => "HIDDEN_SHEET",
            Self::Rule => "RULE",
        }
    }
}

/// Something wrong at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub place: Place,
    /// What.
    pub cause: Cause,
}

impl Fault {
    pub(crate) fn new(place: Place, code: Code, sentence: impl Into<String>) -> Self {
        Self {
            place,
            cause: Cause::new(code, sentence),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.cause.sentence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_written_as_spreadsheets_name_them() {
        for (place, text) in [
            (Place::cell("系统清单", 16, 2), "系统清单!C17"),
            (Place::cell("a", 0, 25), "a!Z1"),
            (Place::cell("a", 0, 26), "a!AA1"),
            (Place::cell("a", 0, 701), "a!ZZ1"),
            (Place::cell("a", 0, 702), "a!AAA1"),
            (Place::row("a", 4), "a!第5行"),
            (Place::sheet("a"), "a"),
        ] {
            assert_eq!(place.to_string(), text);
        }
    }
}
