//! What a sheet that we write looks like.

use crate::header::Column;

/// A sheet to be written or filled in.
#[derive(Debug, Clone, Copy)]
pub struct Layout<'a> {
    /// The name on the tab, at most 31 characters.
    pub sheet: &'a str,
    /// A line above the titles.
    pub title: Option<&'a str>,
    /// The columns from left to right.
    pub columns: &'a [Shown<'a>],
}

impl Layout<'_> {
    /// The row of the titles, counted from 0.
    pub(crate) fn header_row(&self) -> usize {
        usize::from(self.title.is_some())
    }
}

/// A column as it is shown.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'a> {
    /// The column; its title gets a `*` in front where it is required.
    pub column: Column,
    /// Width in characters of half width; a Chinese one takes two.
    pub width: u8,
    /// What belongs into the cells, in a sentence; shown beside the title. May be empty.
    pub note: &'a str,
    /// The words that a drop-down offers; none when anything may be written. Other words can still be typed: what is
    /// accepted is for the import to say.
    pub choices: &'a [&'a str],
    /// The law, standard or document that the rule comes from, or that it is assumed. May be empty.
    pub source: &'a str,
}

/// Cells of one column that are to be one, because several rows share what stands in the first of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Merge {
    /// The column, counted from 0.
    pub column: usize,
    /// The first row of data, counted from 0.
    pub row: usize,
    /// How many rows; one is no merger.
    pub rows: usize,
}

impl Shown<'_> {
    pub(crate) fn heading(&self) -> String {
        let mark = if self.column.required { "*" } else { "" };
        format!("{mark}{}", self.column.title)
    }

    pub(crate) fn explanation(&self) -> String {
        let mut lines = Vec::new();
        if self.column.required {
            lines.push("必填".to_owned());
        }
        if !self.note.is_empty() {
            lines.push(self.note.to_owned());
        }
        if !self.choices.is_empty() {
            lines.push(format!("可选：{}", self.choices.join("、")));
        }
        if !self.source.is_empty() {
            lines.push(format!("依据：{}", self.source));
        }
        lines.join("\n")
    }
}
