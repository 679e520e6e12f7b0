//! `tasks-a.toml` and `tasks-b.toml`: the work points of the city's document.

use jiff::civil::Date;

use super::directory::{Directory, Party};
use super::entry::Entry;
use super::names::Names;
use super::provenance::Provenance;

/// A numbered work point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskSeed {
    /// Its part and number, for example `A15`.
    pub id: String,
    /// The chapter it stands in, in a few words.
    pub theme: String,
    /// What it is about, in a few words.
    pub subject: String,
    /// Words to find it by.
    pub keywords: Vec<String>,
    /// Who leads; empty where the document names no lead.
    pub leads: Vec<Party>,
    /// Who takes part, as far as the document names them.
    pub members: Vec<Party>,
    /// Who is responsible for every task of the part (the counties).
    pub also_responsible: Vec<Party>,
    /// What can be measured.
    pub targets: Vec<TargetSeed>,
    /// Where it comes from.
    pub provenance: Provenance,
}

/// A measurable target of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetSeed {
    /// What is measured.
    pub measure: String,
    /// The least value that meets it.
    pub at_least: u32,
    /// The unit of the value, for example `%`.
    pub unit: String,
    /// The last day.
    pub due: Option<Date>,
    /// How often it must be met again.
    pub every: Option<Period>,
}

/// How often something is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    /// Once a year.
    Year,
    /// Once a quarter.
    Quarter,
}

/// Reads one part; `names` collects the ids of all parts.
pub(super) fn read(
    root: &Entry<'_>,
    names: &mut Names<String>,
    directory: &Directory<'_>,
) -> Vec<TaskSeed> {
    let part = root.text("part").map(|part| part.value);
    let responsible = directory.parties(&root.texts("also_responsible"));
    let mut number = 0;
    root.each("task", "id", |entry| {
        number += 1;
        let id = entry.text("id");
        if let Some(id) = &id {
            names.define(&id.value, Some(id.value.clone()), id.place.clone());
            check_id(entry, &id.value, part.as_deref(), number);
        }
        let (theme, subject) = (entry.text("theme"), entry.text("subject"));
        let keywords = entry
            .texts("keywords")
            .into_iter()
            .map(|word| word.value)
            .collect();
        let leads = directory.parties(&entry.texts("leads"));
        let members = directory.parties(&entry.texts("members"));
        let targets = entry.each("targets", "measure", read_target);
        let provenance = Provenance::read(entry);
        Some(TaskSeed {
            id: id?.value,
            theme: theme?.value,
            subject: subject?.value,
            keywords,
            leads,
            members,
            also_responsible: responsible.clone(),
            targets,
            provenance: provenance?,
        })
    })
}

/// Tasks are numbered without a gap, so a task that was forgotten or doubled shows.
fn check_id(entry: &Entry<'_>, id: &str, part: Option<&str>, number: usize) {
    if let Some(part) = part {
        let expected = format!("{part}{number}");
        if id != expected {
            entry.fault_at(
                "id",
                format!("task `{id}` stands where `{expected}` belongs"),
            );
        }
    }
}

fn read_target(entry: &Entry<'_>) -> Option<TargetSeed> {
    let measure = entry.text("measure");
    let at_least = entry.number("at_least", 1..1_000_001);
    let unit = entry.text("unit");
    let due = entry.optional_date("due");
    let every = entry.optional_parsed("every", |word| match word {
        "year" => Ok(Period::Year),
        "quarter" => Ok(Period::Quarter),
        _ => Err("`every` is year or quarter"),
    });
    Some(TargetSeed {
        measure: measure?.value,
        at_least: at_least?,
        unit: unit?.value,
        due,
        every,
    })
}
