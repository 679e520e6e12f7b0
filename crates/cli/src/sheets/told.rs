//! All that is to be said of a sheet, in one answer: to people, to programs, and in the file that goes back.

use std::io::Write;
use std::path::Path;

use api::error::v1::FieldFault;
use sheet::{Book, Fault, Place, Tables};

use super::finding::{Finding, index};
use super::fit::Fit;
use super::{Import, file};
use crate::output::{Format, Output, Table};
use crate::{Ending, Failure};

/// What was found in a sheet.
pub(crate) struct Told {
    pub(crate) findings: Vec<Finding>,
    /// What was not read, and does not hinder the import.
    pub(crate) warnings: Vec<Finding>,
}

/// A row that was taken, or would be.
pub(crate) struct Taken {
    pub(crate) place: String,
    /// The resource name.
    pub(crate) name: String,
    /// What people call it.
    pub(crate) title: String,
    /// `created`, `updated` or `unchanged`.
    pub(crate) outcome: &'static str,
}

impl Told {
    /// What the titles tell already.
    pub(crate) fn of(tables: &Tables<'_>) -> Self {
        Self {
            findings: tables.faults.iter().map(Finding::from).collect(),
            warnings: tables.warnings.iter().map(Finding::from).collect(),
        }
    }

    /// Refuses a sheet without rows, and what no request can carry with where to divide it. A sheet whose titles are
    /// at fault has no rows and is told of otherwise.
    pub(crate) fn must_fit(
        &self,
        fit: &Fit,
        rows: usize,
        nouns: &str,
        place: impl Fn(usize) -> Option<Place>,
    ) -> Result<(), Failure> {
        if rows == 0 && self.findings.is_empty() {
            let text = "the sheet has titles and no rows: fill it in first";
            return Err(Failure::Message(text.to_owned()));
        }
        let how = "split it by department, or before";
        let place = |row| place(row).map_or_else(String::new, |place| place.to_string());
        fit.refuse(rows, nouns, how, place)
    }

    /// Adds what the gateway found, each at its cell. `cell` is where a field of a row stands, unless it was told
    /// already, and `whole` where a row does that another fault speaks of.
    pub(crate) fn answered(
        &mut self,
        faults: &[FieldFault],
        cell: impl Fn(usize, &str) -> Option<Place>,
        whole: impl Fn(usize) -> Option<Place>,
    ) {
        for fault in faults {
            if let Some(place) = index(&fault.field).and_then(|(at, field)| cell(at, field)) {
                self.findings.push(Finding::answered(place, fault, &whole));
            }
        }
    }

    /// Everything that is wrong, in the order of the sheet, each once.
    fn sort(&mut self, book: &Book) {
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
    fn refuse<W: Write>(&self, output: &mut Output<W>) -> Result<(), Failure> {
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
        nothing_stored(self.findings.len(), output)
    }

    /// Ends an import with everything that is wrong, told and written back.
    pub(crate) fn end<W: Write>(
        &mut self,
        args: &Import,
        book: &Book,
        tables: &Tables<'_>,
        output: &mut Output<W>,
    ) -> Result<Ending, Failure> {
        self.sort(book);
        self.refuse(output)?;
        if let Some(path) = &args.result {
            self.write_back(path, book, tables)?;
        }
        Ok(Ending::Bad)
    }

    /// Writes the sheet back with every fault at its cell.
    fn write_back(&self, path: &Path, book: &Book, tables: &Tables<'_>) -> Result<(), Failure> {
        let all = self.findings.iter().chain(&self.warnings);
        let faults: Vec<Fault> = all.map(Finding::fault).collect();
        let bytes = sheet::result_sheet(book, tables, &faults, file::now())
            .map_err(|error| file::not_written(&error))?;
        file::write_new(path, &bytes)
    }
}

impl Taken {
    /// What was done, as a department reads it.
    pub(crate) fn chinese(&self) -> &'static str {
        match self.outcome {
            "created" => "新增",
            "updated" => "更新",
            _ => "未变",
        }
    }
}

/// Tells what is to be filled in before what was taken can be signed off.
pub(crate) fn before_sign_off<W: Write>(
    faults: &[FieldFault],
    cell: impl Fn(usize, &str) -> Option<Place>,
    whole: impl Fn(usize) -> Option<Place>,
    output: &mut Output<W>,
) -> Result<(), Failure> {
    for fault in faults {
        let Some(place) = index(&fault.field).and_then(|(at, field)| cell(at, field)) else {
            continue;
        };
        let finding = Finding::answered(place, fault, &whole);
        match output.format() {
            Format::Json => output.json(&json(&finding, "before-sign-off"))?,
            Format::Table => {
                let line = format!("before sign-off: {}: {}", finding.place, finding.sentence);
                writeln!(std::io::stderr(), "{line}")?;
            }
        }
    }
    Ok(())
}

/// Tells that nothing was stored, and for how many faults.
pub(crate) fn nothing_stored<W: Write>(
    faults: usize,
    output: &mut Output<W>,
) -> Result<(), Failure> {
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

/// Tells what became of each row.
pub(crate) fn taken<W: Write>(
    rows: &[Taken],
    dry_run: bool,
    output: &mut Output<W>,
) -> Result<(), Failure> {
    let mut table = Table::new(["PLACE", "NAME", "TITLE", "OUTCOME"]);
    for row in rows {
        match output.format() {
            Format::Json => output.json(&serde_json::json!({
                "kind": "row", "place": row.place, "name": row.name,
                "title": row.title, "outcome": row.outcome,
            }))?,
            Format::Table => table.push([
                row.place.clone(),
                row.name.clone(),
                row.title.clone(),
                row.outcome.to_owned(),
            ]),
        }
    }
    output.table(&table)?;
    let count = |word: &str| rows.iter().filter(|row| row.outcome == word).count();
    let [created, updated, unchanged] = ["created", "updated", "unchanged"].map(count);
    match output.format() {
        Format::Json => output.json(&serde_json::json!({
            "kind": "summary", "stored": !dry_run, "faults": 0,
            "created": created, "updated": updated, "unchanged": unchanged,
        }))?,
        Format::Table => output.fields(&[
            ("created", created.to_string()),
            ("updated", updated.to_string()),
            ("unchanged", unchanged.to_string()),
            ("stored", if dry_run { "nothing" } else { "all" }.to_owned()),
        ])?,
    }
    Ok(())
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
