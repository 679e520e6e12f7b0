//! What the gateway itself has seen of an entry: signs that its data was brought up to date, the shapes of answers
//! that were good, and where what is served is no longer what is registered.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::drift::{CHANGES, Change, Shape};
use crate::name::{DepartmentName, ResourceName};
use crate::quality::Grade;

/// How long a grade stands before a better one is recorded (assumed).
pub const RISES_AFTER: SignedDuration = SignedDuration::from_mins(10);

/// Under which certificates stand among the shapes of an entry: no method is called so.
pub const CERTIFICATES: &str = "certificates";
/// The same of rows.
pub const ROWS: &str = "rows";

/// What was seen of one entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watch {
    /// The entry.
    pub resource: ResourceName,
    /// Its department when it was seen first.
    pub department: DepartmentName,
    /// The latest sign that its data was brought up to date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated: Option<Update>,
    /// By method, or [`CERTIFICATES`] and [`ROWS`], the shape of an answer in which every item had a value.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub shapes: BTreeMap<String, Shape>,
    /// Where what is served differs, while it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drift: Option<Drift>,
    /// The grade of its quality, once it was better than poor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub graded: Option<Graded>,
}

/// A grade that an entry came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Graded {
    /// Which.
    pub grade: Grade,
    /// The score when it did, 0 to 100.
    pub score: u32,
    /// Since when.
    pub since: Timestamp,
}

/// A sign that data was brought up to date.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Update {
    /// As of when the data is.
    pub at: Timestamp,
    /// What says so.
    pub sign: Sign,
}

/// What says that data was brought up to date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sign {
    /// A file was uploaded.
    File,
    /// Its department reported it.
    Report,
}

/// Where it was seen that what is served differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SeenIn {
    /// In an answer to a consumer.
    Traffic,
    /// In what the endpoint says of its interface.
    Probe,
    /// In a run of the conformance kit.
    Conformance,
    /// In a file that its system brought.
    File,
}

/// What is served is no longer what is registered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drift {
    /// Since when it is known.
    pub since: Timestamp,
    /// Where it was seen.
    pub seen_in: SeenIn,
    /// What differs, each once.
    pub changes: Vec<Change>,
}

impl SeenIn {
    /// The word in the ledger.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Traffic => "traffic",
            Self::Probe => "probe",
            Self::Conformance => "conformance",
            Self::File => "file",
        }
    }
}

impl Watch {
    /// Nothing seen yet.
    pub fn of(resource: ResourceName, department: DepartmentName) -> Self {
        Self {
            resource,
            department,
            updated: None,
            shapes: BTreeMap::new(),
            drift: None,
            graded: None,
        }
    }

    /// Another grade than before; none where it is the same. What was never better than poor is no change: an entry
    /// begins there. After a fall it rises only once that has stood for [`RISES_AFTER`]: what comes and goes is told once.
    #[must_use]
    pub fn graded(&self, next: Graded) -> Option<Self> {
        let before = self.graded.map_or(Grade::Poor, |graded| graded.grade);
        let stood = self.graded.is_none_or(|graded| {
            let since = next.since.duration_since(graded.since);
            next.grade < graded.grade || since >= RISES_AFTER
        });
        (before != next.grade && stood).then(|| Self {
            graded: Some(next),
            ..self.clone()
        })
    }

    /// Adds what was seen to differ; none where all of it is known.
    #[must_use]
    pub fn drifted(&self, seen: &[Change], seen_in: SeenIn, now: Timestamp) -> Option<Self> {
        let known = self.drift.as_ref().map_or(&[][..], |drift| &drift.changes);
        let mut changes = known.to_vec();
        for change in seen {
            if changes.len() < CHANGES && !changes.contains(change) {
                changes.push(change.clone());
            }
        }
        if changes.len() == known.len() {
            return None;
        }
        let since = self.drift.as_ref().map_or(now, |drift| drift.since);
        let drift = Drift {
            since,
            seen_in,
            changes,
        };
        Some(Self {
            drift: Some(drift),
            ..self.clone()
        })
    }

    /// The same after files, or all other ways in which it is served, were seen to be as registered: what differs in the
    /// others is told on.
    #[must_use]
    pub fn matching(&self, of_files: bool) -> Self {
        let mut next = self.clone();
        if let Some(drift) = &mut next.drift {
            drift
                .changes
                .retain(|change| change.is_of_files() != of_files);
        }
        next.drift = next.drift.filter(|drift| !drift.changes.is_empty());
        next
    }

    /// A later sign of an update; none where a later one is known.
    #[must_use]
    pub fn updated(&self, update: Update) -> Option<Self> {
        if self
            .updated
            .as_ref()
            .is_some_and(|known| known.at >= update.at)
        {
            return None;
        }
        Some(Self {
            updated: Some(update),
            ..self.clone()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_world::{CIVIL_AFFAIRS, NOON, at, department_name};

    fn watch() -> Watch {
        let resource = ResourceName::from_id("105001-000001").unwrap();
        Watch::of(resource, department_name(CIVIL_AFFAIRS))
    }

    #[test]
    fn what_differs_is_told_once_and_grows() {
        let missing = |path: &str| Change::Missing {
            path: path.to_owned(),
        };
        let (first, second) = (at(NOON), at("2026-03-03T00:00:00Z"));
        let one = watch()
            .drifted(&[missing("a")], SeenIn::Traffic, first)
            .unwrap();
        assert_eq!(one.drifted(&[missing("a")], SeenIn::Probe, second), None);
        let both = one
            .drifted(&[missing("a"), missing("b")], SeenIn::Probe, second)
            .unwrap();
        let drift = both.drift.unwrap();
        assert_eq!((drift.since, drift.changes.len()), (first, 2));
        assert_eq!(watch().drifted(&[], SeenIn::Traffic, first), None);
    }

    #[test]
    fn what_was_seen_in_files_and_what_was_seen_in_answers_end_each_by_its_own() {
        let missing = |path: &str| Change::Missing {
            path: path.to_owned(),
        };
        let (answer, column) = (missing("name"), missing("column name"));
        let both = watch()
            .drifted(&[answer.clone(), column.clone()], SeenIn::File, at(NOON))
            .unwrap();
        let left = |watch: Watch| watch.drift.map_or(Vec::new(), |drift| drift.changes);
        assert_eq!(left(both.matching(true)), [answer]);
        assert_eq!(left(both.matching(false)), [column]);
        assert_eq!(both.matching(true).matching(false), watch());
    }

    #[test]
    fn a_grade_is_told_where_it_changes() {
        let step = |grade, score, since| Graded {
            grade,
            score,
            since: at(since),
        };
        let later = "2026-03-03T00:00:00Z";
        assert_eq!(watch().graded(step(Grade::Poor, 20, NOON)), None);
        let good = watch().graded(step(Grade::Good, 90, NOON)).unwrap();
        assert_eq!(good.graded(step(Grade::Good, 95, later)), None);
        let fallen = good.graded(step(Grade::Poor, 30, later)).unwrap();
        assert_eq!(fallen.graded, Some(step(Grade::Poor, 30, later)));
        let soon = "2026-03-03T00:09:59Z";
        assert_eq!(fallen.graded(step(Grade::Good, 90, soon)), None);
        let late = "2026-03-03T00:10:00Z";
        assert!(fallen.graded(step(Grade::Good, 90, late)).is_some());
    }

    #[test]
    fn only_a_later_sign_counts() {
        let update = |text: &str| Update {
            at: at(text),
            sign: Sign::Report,
        };
        let later = watch().updated(update("2026-03-03T00:00:00Z")).unwrap();
        assert_eq!(later.updated(update("2026-03-02T00:00:00Z")), None);
        assert!(later.updated(update("2026-03-04T00:00:00Z")).is_some());
    }
}
