//! What the verification found, for people and for programs.

use std::fmt;

use jiff::Timestamp;
use serde::Serialize;

use super::{Fault, Scope};
use crate::entry::{Entry, GrantUse};

/// The result of verifying one bundle.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Whether nothing at all is wrong. Findings do not count against it.
    pub ok: bool,
    /// What the signatures were checked with.
    pub trust: Trust,
    /// The log, as the header names it.
    pub origin: Option<String>,
    /// The key, as the header names it.
    pub vkey: Option<String>,
    /// What the bundle claims to hold.
    pub scope: Option<Scope>,
    /// When it was exported, by the exporter's clock.
    pub exported: Option<Timestamp>,
    /// How many entries the log has under the checkpoint.
    pub size: Option<u64>,
    /// The root of the checkpoint, in base64.
    pub root: Option<String>,
    /// Counts of what is in the bundle.
    pub summary: Summary,
    /// Intents without outcome: the first thousand. A finding, not a fault: a crash may leave one,
    /// and it can only overstate what was disclosed, never understate it.
    pub open_intents: Vec<OpenIntent>,
    /// What is wrong: the first two hundred.
    pub faults: Vec<Fault>,
    /// How many faults there are in all.
    pub fault_count: u64,
}

/// On whose word the result rests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// On a key that was given from outside.
    TrustedKey,
    /// On the key in the bundle itself: it is consistent, but anybody could have made it.
    OwnWord,
}

/// Counts over the entries that could be read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// All entries.
    pub entries: u64,
    /// Changes.
    pub changes: u64,
    /// Intents.
    pub intents: u64,
    /// Outcomes.
    pub outcomes: u64,
    /// Exchanges served out of what the gateway still held, each intent and outcome in one.
    pub served: u64,
    /// Intents without outcome.
    pub open_intents: u64,
    /// The grants that were used, by name.
    pub grants: Vec<GrantSummary>,
}

/// The use of one grant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GrantSummary {
    /// The grant.
    pub name: String,
    /// Its highest sequence number, which is the number of its uses when none is missing.
    pub highest: u64,
}

/// An intent whose outcome is not in the bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OpenIntent {
    /// Its index.
    pub index: u64,
    /// When it was placed.
    pub time: Timestamp,
    /// Its request.
    pub request_id: String,
    /// The grant it uses.
    pub grant: Option<GrantUse>,
}

impl OpenIntent {
    pub(super) fn new(entry: &Entry, index: u64) -> Self {
        Self {
            index,
            time: entry.time(),
            request_id: entry.request_id().to_owned(),
            grant: entry.grant().cloned(),
        }
    }
}

// === as text ===

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.ok { "VERIFIED" } else { "NOT VERIFIED" };
        writeln!(formatter, "Evidence bundle: {verdict}")?;
        self.write_head(formatter)?;
        self.write_counts(formatter)?;
        for open in &self.open_intents {
            let OpenIntent {
                index,
                time,
                request_id,
                ..
            } = open;
            writeln!(
                formatter,
                "  finding    entry {index}: intent of request {request_id} at {time} has no outcome"
            )?;
        }
        for fault in &self.faults {
            writeln!(formatter, "  fault      {fault}")?;
        }
        let listed = u64::try_from(self.faults.len()).unwrap_or(u64::MAX);
        match self.fault_count.saturating_sub(listed) {
            0 => Ok(()),
            more => writeln!(formatter, "  fault      and {more} more"),
        }
    }
}

impl Report {
    fn write_head(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unreadable = "unreadable".to_owned();
        let origin = self.origin.as_ref().unwrap_or(&unreadable);
        writeln!(formatter, "  log        {origin}")?;
        let scope = match &self.scope {
            Some(Scope::Log) => "the whole log".to_owned(),
            Some(Scope::Grant(name)) => {
                format!("uses of {name}; that none came later is the exporter's signed word")
            }
            None => unreadable,
        };
        writeln!(formatter, "  scope      {scope}")?;
        if let Some(exported) = self.exported {
            writeln!(formatter, "  exported   {exported}")?;
        }
        if let (Some(size), Some(root)) = (self.size, &self.root) {
            writeln!(formatter, "  checkpoint {size} entries, root {root}")?;
        }
        let trust = match self.trust {
            Trust::TrustedKey => "checked with the key you trust",
            Trust::OwnWord => {
                "on the bundle's own word only: checked with the key inside it, \
                 which anybody could have made; give the log's key to rule that out"
            }
        };
        writeln!(formatter, "  trust      {trust}")
    }

    fn write_counts(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Summary {
            entries,
            changes,
            intents,
            outcomes,
            served,
            open_intents,
            grants,
        } = &self.summary;
        writeln!(
            formatter,
            "  entries    {entries}: {changes} changes, {intents} intents, {outcomes} outcomes, \
             {served} served, {open_intents} intents open"
        )?;
        for GrantSummary { name, highest } in grants {
            writeln!(formatter, "  grant      {name}: uses up to {highest}")?;
        }
        Ok(())
    }
}
