//! All that is to be said of a sheet, in one answer: to people, to programs, and in the file that goes back.

use std::io::Write;
use std::path::Path;

use sheet::{Book, Fault, Tables};

use super::file;
use super::finding::Finding;
use crate::Failure;
use crate::output::{Format, Output, Table};

/// What was found in a sheet.
pub(crate) struct Told {
    pub(crate) findings: Vec<Finding>,
    /// What was not read, and does not hinder the import.
    pub(crate) warnings: Vec<Finding>,
}

/// How many rows were taken, by what became of them.
#[derive(Default)]
pub(crate) struct Counts {
    pub(crate) created: usize,
    pub(crate) updated: usize,
    pub(crate) unchanged: usize,
}

impl Told {
    /// What the titles tell already.
    pub(crate) fn of(tables: &Tables<'_>) -> Self {
        Self {
            findings: tables.faults.iter().map(Finding::from).collect(),
            warnings: tables.warnings.iter().map(Finding::from).collect(),
        }
    }

    /// Everything that is wrong, in the order of the sheet, each once.
    pub(crate) fn sort(&mut self, book: &Book) {
        let order = |finding: &Finding| {
            let sheets = book.sheets().iter();
            let name = finding.place.sheet_name();
            let sheet = sheets
                .map(sheet::Sheet::name)
                .position(|known| known == name);
            let place = &finding.place;
            (sheet, place.row_index(), place.column_index())
        };
        self.findings.sort_by_key(order);
        self.findings.dedup();
    }

    /// Tells what was not read.
    pub(crate) fn warn<W: Write>(&self, output: &mut Output<W>) -> Result<(), Failure> {
        for warning in &self.warnings {
            match output.format() {
                Format::Json => output.json(&json(warning, "warning"))?,
                Format::Table => {
                    let line = format!("warning: {}: {}", warning.place, warning.sentence);
                    writeln!(std::io::stderr(), "{line}")?;
                }
            }
        }
        Ok(())
    }

    /// Tells everything that is wrong.
    pub(crate) fn refuse<W: Write>(&self, output: &mut Output<W>) -> Result<(), Failure> {
        let mut table = Table::new(["PLACE", "CODE", "WHAT IS WRONG", "RULE"]);
        for finding in &self.findings {
            match output.format() {
                Format::Json => output.json(&json(finding, "fault"))?,
                Format::Table => table.push([
                    finding.place.to_string(),
                    finding.code.clone(),
                    finding.sentence.clone(),
                    finding.source.clone(),
                ]),
            }
        }
        output.table(&table)?;
        let faults = self.findings.len();
        match output.format() {
            Format::Json => output.json(&serde_json::json!({
                "kind": "summary", "stored": false, "faults": faults,
            }))?,
            Format::Table => output.fields(&[
                ("faults", faults.to_string()),
                ("stored", "nothing".to_owned()),
            ])?,
        }
        Ok(())
    }

    /// Writes the sheet back with every fault at its cell.
    pub(crate) fn write_back(
        &self,
        path: &Path,
        book: &Book,
        tables: &Tables<'_>,
    ) -> Result<(), Failure> {
        let all = self.findings.iter().chain(&self.warnings);
        let faults: Vec<Fault> = all.map(Finding::fault).collect();
        let bytes = sheet::result_sheet(book, tables, &faults, file::now())
            .map_err(|error| file::not_written(&error))?;
        file::write_new(path, &bytes)
    }
}

impl Counts {
    /// Counts one row by the word for what became of it.
    pub(crate) fn count(&mut self, word: &str) {
        match word {
            "created" => self.created += 1,
            "updated" => self.updated += 1,
            _ => self.unchanged += 1,
        }
    }

    /// The word as a department reads it.
    pub(crate) fn chinese(word: &str) -> &'static str {
        match word {
            "created" => "新增",
            "updated" => "更新",
            _ => "未变",
        }
    }

    /// The last words of an import that was taken, or would be.
    pub(crate) fn tell<W: Write>(
        &self,
        dry_run: bool,
        output: &mut Output<W>,
    ) -> Result<(), Failure> {
        match output.format() {
            Format::Json => output.json(&serde_json::json!({
                "kind": "summary", "stored": !dry_run, "faults": 0,
                "created": self.created, "updated": self.updated, "unchanged": self.unchanged,
            }))?,
            Format::Table => output.fields(&[
                ("created", self.created.to_string()),
                ("updated", self.updated.to_string()),
                ("unchanged", self.unchanged.to_string()),
                ("stored", if dry_run { "nothing" } else { "all" }.to_owned()),
            ])?,
        }
        Ok(())
    }
}

fn json(finding: &Finding, kind: &str) -> serde_json::Value {
    serde_json::json!({
        "kind": kind,
        "place": finding.place.to_string(),
        "sheet": finding.place.sheet_name(),
        "row": finding.place.row_index().map(|row| row + 1),
        "column": finding.place.column_index().map(|column| column + 1),
        "code": finding.code,
        "message": finding.sentence,
        "source": finding.source,
    })
}
