//! The one way to standard output: tables for people, one JSON object a line for programs.

use std::io::{self, Write};

use clap::ValueEnum;
use serde::Serialize;

/// How to print an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Aligned columns with a heading.
    Table,
    /// One JSON object a line.
    Json,
}

/// Where a command writes its answer.
pub(crate) struct Output<W> {
    to: W,
    format: Format,
}

/// Rows to be aligned; each as long as the heading.
pub(crate) struct Table<const COLUMNS: usize> {
    heading: [&'static str; COLUMNS],
    rows: Vec<[String; COLUMNS]>,
}

impl<W: Write> Output<W> {
    pub(crate) fn new(to: W, format: Format) -> Self {
        Self { to, format }
    }

    pub(crate) fn format(&self) -> Format {
        self.format
    }

    /// Writes one JSON object and a line end, at once: programs read along.
    pub(crate) fn json(&mut self, value: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer(&mut self.to, value)?;
        self.to.write_all(b"\n")?;
        self.to.flush()
    }

    /// Writes a table; nothing if it has no rows.
    pub(crate) fn table<const COLUMNS: usize>(&mut self, table: &Table<COLUMNS>) -> io::Result<()> {
        if table.rows.is_empty() {
            return Ok(());
        }
        let widths = table.widths();
        self.row(&table.heading.map(str::to_owned), &widths)?;
        for row in &table.rows {
            self.row(row, &widths)?;
        }
        self.to.flush()
    }

    /// Writes name and value on a line each.
    pub(crate) fn fields(&mut self, fields: &[(&str, String)]) -> io::Result<()> {
        let width = fields
            .iter()
            .map(|(name, _)| width(name))
            .max()
            .unwrap_or(0);
        for (name, value) in fields {
            self.row(&[(*name).to_owned(), harmless(value)], &[width, 0])?;
        }
        self.to.flush()
    }

    /// Writes text of several lines.
    pub(crate) fn text(&mut self, text: &str) -> io::Result<()> {
        for line in text.lines() {
            writeln!(self.to, "{}", harmless(line))?;
        }
        self.to.flush()
    }

    /// Writes a document as it is. Its format has spelled out what could steer a terminal.
    pub(crate) fn document(&mut self, document: &str) -> io::Result<()> {
        self.to.write_all(document.as_bytes())?;
        self.to.flush()
    }

    fn row(&mut self, cells: &[String], widths: &[usize]) -> io::Result<()> {
        let mut line = String::new();
        for (cell, column) in cells.iter().zip(widths) {
            let padding = column.saturating_sub(width(cell)) + 2;
            line.push_str(cell);
            line.extend(std::iter::repeat_n(' ', padding));
        }
        writeln!(self.to, "{}", line.trim_end())
    }
}

impl<const COLUMNS: usize> Table<COLUMNS> {
    pub(crate) fn new(heading: [&'static str; COLUMNS]) -> Self {
        Self {
            heading,
            rows: Vec::new(),
        }
    }

    pub(crate) fn push(&mut self, row: [String; COLUMNS]) {
        self.rows.push(row.map(|cell| harmless(&cell)));
    }

    fn widths(&self) -> Vec<usize> {
        let mut widths: Vec<usize> = self.heading.iter().map(|name| width(name)).collect();
        for row in &self.rows {
            for (column, cell) in widths.iter_mut().zip(row) {
                *column = width(cell).max(*column);
            }
        }
        widths
    }
}

/// A value of an enum as commands print it: `STATE_DRAFT` without `STATE_`, in small letters.
pub(crate) fn word(name: &str, prefix: &str) -> String {
    name.trim_start_matches(prefix).to_ascii_lowercase()
}

/// Text whose control characters are spelled out: a pasted value must not steer the terminal.
fn harmless(text: &str) -> String {
    let spelled = |c: char| {
        if c.is_control() {
            c.escape_unicode().collect()
        } else {
            c.to_string()
        }
    };
    text.chars().map(spelled).collect::<Vec<_>>().concat()
}

/// Columns on a terminal, where Chinese and full-width characters take two.
fn width(text: &str) -> usize {
    text.chars().map(|c| if is_wide(c) { 2 } else { 1 }).sum()
}

fn is_wide(character: char) -> bool {
    matches!(
        character,
        '\u{1100}'..='\u{115F}'
            | '\u{2E80}'..='\u{A4CF}'
            | '\u{AC00}'..='\u{D7A3}'
            | '\u{F900}'..='\u{FAFF}'
            | '\u{FE30}'..='\u{FE6F}'
            | '\u{FF00}'..='\u{FF60}'
            | '\u{FFE0}'..='\u{FFE6}'
            | '\u{20000}'..='\u{3FFFD}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Output<&mut Vec<u8>>)) -> String {
        let mut bytes = Vec::new();
        write(&mut Output::new(&mut bytes, Format::Table));
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn aligns_chinese_and_latin_text() {
        let mut table = Table::new(["NAME", "N"]);
        table.push(["邵阳市".to_owned(), "1".to_owned()]);
        table.push(["a".to_owned(), "2".to_owned()]);
        let text = written(|output| output.table(&table).unwrap());
        assert_eq!(text, "NAME    N\n邵阳市  1\na       2\n");
    }

    #[test]
    fn spells_control_characters_out() {
        let mut table = Table::new(["V"]);
        table.push(["\u{1b}[2J".to_owned()]);
        assert_eq!(
            written(|output| output.table(&table).unwrap()),
            "V\n\\u{1b}[2J\n"
        );
    }

    #[test]
    fn writes_fields_and_json_lines() {
        let fields = [("a", "1".to_owned()), ("long", "2".to_owned())];
        assert_eq!(
            written(|output| output.fields(&fields).unwrap()),
            "a     1\nlong  2\n"
        );
        assert_eq!(written(|output| output.json(&[1]).unwrap()), "[1]\n");
    }
}
