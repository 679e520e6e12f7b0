//! One row on its way to a message: every cell read, every fault kept, and what has no column left as it is.

use std::collections::BTreeSet;

use sheet::{Field, Row, Word};

use super::finding::{Finding, Wrong};

/// A row being read.
pub(crate) struct Reader<'t> {
    row: Row<'t>,
    /// The source of a column's rule.
    source: fn(&str) -> &'static str,
    wrong: BTreeSet<&'static str>,
    findings: Vec<Finding>,
}

impl<'t> Reader<'t> {
    /// Reads a row; `source` tells where the rule of a column stands, and is cited by what is wrong there.
    pub(crate) fn new(row: Row<'t>, source: fn(&str) -> &'static str) -> Self {
        Self {
            row,
            source,
            wrong: BTreeSet::new(),
            findings: Vec::new(),
        }
    }

    /// Whether the sheet has the column.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.row.has(key)
    }

    /// Reads a cell; `None` when it is at fault, which is kept.
    pub(crate) fn take<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&Field<'_>) -> Result<T, Wrong>,
    ) -> Option<T> {
        let field = self.row.field(key);
        match read(&field) {
            Ok(value) => Some(value),
            Err(wrong) => {
                self.wrong.insert(key);
                let found = Finding::new(field.place().clone(), wrong);
                self.findings.push(found.by((self.source)(key)));
                None
            }
        }
    }

    /// A text that must be there; empty when it is not.
    pub(crate) fn required_text(&mut self, key: &'static str) -> String {
        let read = self.take(key, |field| Ok(field.required(Field::text)?));
        read.map(|text| one_line(&text)).unwrap_or_default()
    }

    /// Puts a text in its place, where the sheet has the column.
    pub(crate) fn text(&mut self, key: &'static str, into: &mut String) {
        if self.has(key)
            && let Some(text) = self.take(key, |field| Ok(field.text()?))
        {
            *into = text.map(|text| one_line(&text)).unwrap_or_default();
        }
    }

    /// A word of a list that must be there.
    pub(crate) fn word<T: Copy>(&mut self, key: &'static str, words: &[Word<'_, T>]) -> Option<T> {
        self.take(
            key,
            |field| Ok(field.required(|field| field.choice(words))?),
        )
    }

    /// The faults, and the columns they are in.
    pub(crate) fn finish(self) -> (BTreeSet<&'static str>, Vec<Finding>) {
        (self.wrong, self.findings)
    }
}

/// Line breaks within a cell are how it was typed, not what it says.
pub(crate) fn one_line(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join(" ")
}
