//! Events (事件): changes of the ledger as they are told to whom they concern.
//!
//! An event is read off an entry and kept nowhere else, so none can be missing. It holds what is named here and
//! nothing else of the entry: names of things and a few short words, never a sentence that somebody typed and never
//! a person.

mod concern;
#[cfg(test)]
mod tests;
mod words;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::fault::Cause;
use crate::name::{GrantName, ResourceName, SystemName};

pub use concern::{Concern, Viewer, concern};

/// Most kinds of a filter.
pub const MOST_KINDS: usize = 16;

/// What is told of at all, by the beginning of the event's name. Uses of data are not: their parties read the
/// entries.
const TOLD: [&str; 6] = [
    "sharing.",
    "catalogue.",
    "registry.",
    "compliance.",
    "exchange.file.completed",
    "exchange.file.withdrawn",
];

/// The facts that name something.
const NAMES: [&str; 28] = [
    "about",
    "application",
    "clock",
    "complaint",
    "consumer",
    "consumer_department",
    "correction",
    "demand",
    "department",
    "dispute",
    "endpoint",
    "entering_department",
    "escalated_to",
    "file",
    "grant",
    "interface",
    "owner",
    "plan",
    "provider",
    "provider_department",
    "renews",
    "resource",
    "subscription",
    "successor",
    "system",
    "tls_certificate",
    "waits_for",
    "work_item",
];

/// The facts that are one short word, a day or a number.
const WORDS: [&str; 28] = [
    "clock_state",
    "data_time",
    "day",
    "due",
    "due_rule",
    "end",
    "ends",
    "expires",
    "extended_days",
    "favour",
    "grade",
    "kind",
    "last_day",
    "level",
    "outcome",
    "protocol",
    "refusal_ground",
    "resource_last_day",
    "routed_by",
    "score",
    "seen_in",
    "start",
    "state",
    "step",
    "update_due",
    "update_effective",
    "update_publish_due",
    "version",
];

/// What a holder of grants is told of a provider's matters.
const OF_HOLDERS: [&str; 14] = [
    "data_time",
    "department",
    "end",
    "endpoint",
    "file",
    "interface",
    "last_day",
    "resource",
    "seen_in",
    "start",
    "state",
    "system",
    "update_effective",
    "version",
];

/// A change that can concern somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Index of its entry.
    pub index: u64,
    /// When it was recorded.
    pub time: Timestamp,
    /// What happened, for example `sharing.grant.revoked`.
    pub name: String,
    facts: BTreeMap<&'static str, String>,
}

/// Which events somebody wants to hear of; all by default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventFilter {
    /// Beginnings of names, whole words of them; none for all.
    pub kinds: Vec<String>,
    /// Only those that name this system on either side.
    pub system: Option<SystemName>,
    /// Only those about this resource.
    pub resource: Option<ResourceName>,
    /// Only those about this grant.
    pub grant: Option<GrantName>,
}

// === impl Event ===

impl Event {
    /// The event of a change, by its facts as texts; none where nobody is told of such changes.
    pub fn of(
        index: u64,
        time: Timestamp,
        name: &str,
        fact: impl Fn(&str) -> Option<String>,
    ) -> Option<Self> {
        if !TOLD.iter().any(|told| name.starts_with(told)) {
            return None;
        }
        let known = NAMES.into_iter().chain(WORDS);
        let facts = known.filter_map(|key| Some((key, fact(key).filter(|text| !text.is_empty())?)));
        let mut facts: BTreeMap<&'static str, String> = facts.collect();
        if let Some(holder) = fact("subject_of_certificate") {
            facts.extend(holder_of_certificate(&holder));
        }
        Some(Self {
            index,
            time,
            name: name.to_owned(),
            facts,
        })
    }

    /// A fact by its key.
    pub fn fact(&self, key: &str) -> Option<&str> {
        self.facts.get(key).map(String::as_str)
    }

    /// Names of what it is about, as far as a concern lets them be seen.
    pub fn about(&self, concern: Concern) -> impl Iterator<Item = (&'static str, &str)> {
        self.shown(concern).filter(|(key, _)| NAMES.contains(key))
    }

    /// Its other facts, as far as a concern lets them be seen.
    pub fn words(&self, concern: Concern) -> impl Iterator<Item = (&'static str, &str)> {
        self.shown(concern).filter(|(key, _)| WORDS.contains(key))
    }

    /// What happened, in a few words.
    pub fn title(&self) -> &'static str {
        words::of(&self.name).0
    }

    /// What to do next, in one sentence.
    pub fn next(&self) -> &'static str {
        words::of(&self.name).1
    }

    fn shown(&self, concern: Concern) -> impl Iterator<Item = (&'static str, &str)> {
        let facts = self.facts.iter().map(|(key, text)| (*key, text.as_str()));
        facts.filter(move |(key, _)| match concern {
            Concern::Own | Concern::Overseen => true,
            Concern::Holder => OF_HOLDERS.contains(key),
        })
    }
}

/// Whose a TLS certificate is, without the account of a person.
fn holder_of_certificate(principal: &str) -> Option<(&'static str, String)> {
    if let Some((department, _)) = principal.split_once("/officers/") {
        return Some(("department", department.to_owned()));
    }
    let system = SystemName::parse(principal).ok()?;
    Some(("system", system.into()))
}

// === impl EventFilter ===

impl EventFilter {
    /// Checks the kinds.
    ///
    /// # Errors
    /// `TOO_MANY`, `NOT_AN_EVENT`.
    pub fn parse_kinds(kinds: &[String]) -> Result<Vec<String>, Cause> {
        if kinds.len() > MOST_KINDS {
            let message = format!("give at most {MOST_KINDS} kinds");
            return Err(Cause::new("TOO_MANY", message));
        }
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'.';
        let good = |kind: &&String| (1..=64).contains(&kind.len()) && kind.bytes().all(plain);
        if kinds.iter().all(|kind| good(&kind)) {
            return Ok(kinds.to_vec());
        }
        Err(Cause::new(
            "NOT_AN_EVENT",
            "write the beginning of an event's name, such as sharing.grant",
        ))
    }

    /// Whether an event is wanted.
    pub fn wants(&self, event: &Event) -> bool {
        let is = |key: &str, name: &str| event.fact(key) == Some(name);
        let system = |name: &SystemName| {
            ["system", "consumer", "provider"]
                .iter()
                .any(|key| is(key, name.as_str()))
        };
        let grant = |name: &GrantName| is("grant", name.as_str()) || is("about", name.as_str());
        let resource =
            |name: &ResourceName| is("resource", name.as_str()) || is("about", name.as_str());
        self.wants_kind(&event.name)
            && self.system.as_ref().is_none_or(system)
            && self.resource.as_ref().is_none_or(resource)
            && self.grant.as_ref().is_none_or(grant)
    }

    fn wants_kind(&self, name: &str) -> bool {
        let begins = |kind: &String| {
            let rest = name.strip_prefix(kind.trim_end_matches('.'));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        self.kinds.is_empty() || self.kinds.iter().any(begins)
    }
}
