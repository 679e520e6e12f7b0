//! `plans/*.toml`: dated goals, their steps and what proves them.

use std::collections::BTreeSet;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::directory::{Directory, Party};
use super::entry::Entry;
use super::facts::Fact;
use super::names::Names;
use super::provenance::Provenance;
use crate::name::PlanName;

/// A dated goal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanSeed {
    /// Its name, for example `plans/2022`.
    pub name: PlanName,
    /// Its Chinese title.
    pub title: String,
    /// The id of the task that orders it.
    pub task: String,
    /// Who leads it.
    pub lead: Party,
    /// The day it began.
    pub start: Date,
    /// The last day, which ends at midnight in `time_zone`.
    pub deadline: Date,
    /// An IANA time zone, for example `Asia/Shanghai`.
    pub time_zone: String,
    /// When a system counts as connected.
    pub connected: ConnectedSeed,
    /// Which systems a department's score is taken over.
    pub denominator: DenominatorSeed,
    /// The steps, in order.
    pub milestones: Vec<MilestoneSeed>,
    /// Where it comes from.
    pub provenance: Provenance,
}

/// What must be proved of a system: of every group at least one fact.
pub type Requirement = Vec<Vec<Fact>>;

/// The rule for "connected".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectedSeed {
    /// What must be proved.
    pub requires: Requirement,
    /// How old the last heartbeat may be to count as recent, in hours.
    pub heartbeat_max_age_hours: u32,
    /// Where it comes from.
    pub provenance: Provenance,
}

/// Which systems are counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DenominatorSeed {
    /// What a counted system must have.
    pub requires: Requirement,
    /// Any one of these takes a system out of the count.
    pub excludes: Vec<Fact>,
    /// Where it comes from.
    pub provenance: Provenance,
}

/// A step of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MilestoneSeed {
    /// Its number, from 1.
    pub number: u32,
    /// A short ASCII id.
    pub id: String,
    /// Its Chinese title.
    pub title: String,
    /// The state a system is in once the step is proved.
    pub state: String,
    /// What must be proved.
    pub requires: Requirement,
    /// Where it comes from.
    pub provenance: Provenance,
}

/// The rules and steps of a plan, read before the plan itself is put together.
struct Parts {
    connected: Option<ConnectedSeed>,
    denominator: Option<DenominatorSeed>,
    milestones: Vec<MilestoneSeed>,
}

/// Reads one plan file; `file` is its path, which must fit the plan's name.
pub(super) fn read(
    root: &Entry<'_>,
    file: &str,
    tasks: &Names<String>,
    directory: &Directory<'_>,
) -> Option<PlanSeed> {
    let mut number = 0;
    let parts = Parts {
        connected: root.table("connected", read_connected).flatten(),
        denominator: root.table("denominator", read_denominator).flatten(),
        milestones: root.each("milestone", "id", |entry| {
            number += 1;
            read_milestone(entry, number)
        }),
    };
    root.table("plan", |entry| {
        let task = entry.text("task").and_then(|task| tasks.find(&task));
        let lead = entry.text("lead").and_then(|lead| directory.party(&lead));
        read_plan(entry, file, task, lead, parts)
    })
    .flatten()
}

fn read_plan(
    entry: &Entry<'_>,
    file: &str,
    task: Option<String>,
    lead: Option<Party>,
    parts: Parts,
) -> Option<PlanSeed> {
    let name = entry.parsed("id", PlanName::parse);
    if let Some(name) = name.as_ref().filter(|name| format!("{name}.toml") != file) {
        entry.fault_at(
            "id",
            format!("the plan `{name}` belongs into the file {name}.toml"),
        );
    }
    let title = entry.text("title");
    let (start, deadline) = (entry.date("start"), entry.date("deadline"));
    if start
        .zip(deadline)
        .is_some_and(|(start, deadline)| deadline < start)
    {
        entry.fault_at("deadline", "the deadline lies before the start");
    }
    let time_zone = entry.parsed("time_zone", |zone| {
        TimeZone::get(zone).map(|_known| zone.to_owned())
    });
    let provenance = Provenance::read(entry);
    Some(PlanSeed {
        name: name?,
        title: title?.value,
        task: task?,
        lead: lead?,
        start: start?,
        deadline: deadline?,
        time_zone: time_zone?,
        connected: parts.connected?,
        denominator: parts.denominator?,
        milestones: parts.milestones,
        provenance: provenance?,
    })
}

fn read_connected(entry: &Entry<'_>) -> Option<ConnectedSeed> {
    let requires = read_requirement(entry);
    let hours = entry.number("heartbeat_max_age_hours", 1..24 * 366);
    let provenance = Provenance::read(entry);
    Some(ConnectedSeed {
        requires,
        heartbeat_max_age_hours: hours?,
        provenance: provenance?,
    })
}

fn read_denominator(entry: &Entry<'_>) -> Option<DenominatorSeed> {
    let requires = read_requirement(entry);
    let excludes = entry.parsed_texts("excludes", Fact::parse);
    let provenance = Provenance::read(entry);
    Some(DenominatorSeed {
        requires,
        excludes,
        provenance: provenance?,
    })
}

fn read_milestone(entry: &Entry<'_>, expected: u32) -> Option<MilestoneSeed> {
    let number = entry.number("number", 1..100);
    if number.is_some_and(|number| number != expected) {
        entry.fault_at(
            "number",
            format!("milestones are numbered in order: expected {expected}"),
        );
    }
    let id = entry.parsed("id", super::slug);
    let (title, state) = (entry.text("title"), entry.text("state"));
    let requires = read_requirement(entry);
    let provenance = Provenance::read(entry);
    Some(MilestoneSeed {
        number: number?,
        id: id?,
        title: title?.value,
        state: state?.value,
        requires,
        provenance: provenance?,
    })
}

fn read_requirement(entry: &Entry<'_>) -> Requirement {
    let requirement = entry.parsed_groups("requires", Fact::parse);
    if requirement.is_empty() || requirement.iter().any(Vec::is_empty) {
        entry.fault_at(
            "requires",
            "`requires` needs at least one group, and no group may be empty",
        );
    }
    let facts: Vec<_> = requirement.iter().flatten().collect();
    if facts.iter().collect::<BTreeSet<_>>().len() != facts.len() {
        entry.fault_at("requires", "a fact stands twice");
    }
    requirement
}
