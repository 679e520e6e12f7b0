//! What can be wrong with a bundle.

use std::fmt;

use serde::Serialize;

/// How many faults a report lists; the rest is counted.
const LISTED: usize = 200;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// The line of the bundle where it shows, from 1.
    pub line: u64,
    /// The entries whose evidence it concerns.
    pub covers: Covers,
    /// The kind, stable for programs.
    pub kind: FaultKind,
    /// What is wrong, for people.
    pub what: String,
    /// What that means for the evidence, for people.
    pub meaning: &'static str,
}

/// The entries a fault concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Covers {
    /// One entry, by index.
    Entry(u64),
    /// All entries from `first` to `last`.
    Entries {
        /// The lowest index.
        first: u64,
        /// The highest index.
        last: u64,
    },
    /// The bundle as a whole: its indexes cannot be told, or it has none.
    Bundle,
}

/// The kinds of fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// The first two lines are not those of a bundle.
    Header,
    /// The key in the header is none, or not the trusted one.
    Key,
    /// The checkpoint is malformed or not signed by the key.
    Checkpoint,
    /// The header claims what the rest does not bear out.
    Claim,
    /// An entry line cannot be taken apart.
    Line,
    /// The stored bytes are not an entry.
    Form,
    /// The line and the entry in it name different indexes.
    Place,
    /// The entry is not proven to be under the checkpoint.
    Inclusion,
    /// An entry is out of order or there twice.
    Order,
    /// Entries of the log are missing.
    Missing,
    /// An entry does not belong into this scope.
    Foreign,
    /// The running numbers of a grant have a gap or a repetition.
    Sequence,
    /// An outcome does not fit an earlier open intent.
    Pairing,
    /// The trailer is missing, malformed or not signed by the key.
    Trailer,
    /// The bytes are not those that the trailer was signed over.
    Digest,
}

impl FaultKind {
    /// What a fault of this kind means for the evidence.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Header => "it is not certain what this file claims to be",
            Self::Key => "it does not come from the log that you trust, or its key was changed",
            Self::Checkpoint => "the log did not sign this state; no proof below rests on anything",
            Self::Claim => "the export is incomplete or its header was changed",
            Self::Line | Self::Form => "the line was changed, or never was evidence",
            Self::Place => "an index was changed after the export",
            Self::Inclusion => "the log never vouched for these bytes at this index",
            Self::Order => "lines were moved or copied",
            Self::Missing => "records were left out",
            Self::Foreign => "it was put in from elsewhere",
            Self::Sequence => "uses of this grant are missing or were invented",
            Self::Pairing => "what was released cannot be traced to what was asked",
            Self::Trailer => "the log did not sign this export; it may be cut short or changed",
            Self::Digest => "bytes were changed after the export was signed",
        }
    }
}

/// Faults as they are collected: bounded, and with ranges still to be resolved.
#[derive(Default)]
pub(super) struct Faults {
    listed: Vec<Fault>,
    total: u64,
}

impl Faults {
    pub(super) fn add(&mut self, line: u64, covers: Covers, kind: FaultKind, what: String) {
        self.total = self.total.saturating_add(1);
        if self.listed.len() < LISTED {
            self.listed.push(Fault {
                line,
                covers,
                kind,
                what,
                meaning: kind.meaning(),
            });
        }
    }

    /// A fault of something that carries all entries.
    pub(super) fn add_for_all(&mut self, line: u64, kind: FaultKind, what: impl Into<String>) {
        self.add(line, Covers::Bundle, kind, what.into());
    }

    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// The faults, now that the range of entries in the bundle is known.
    pub(super) fn into_listed(self, range: Option<(u64, u64)>) -> Vec<Fault> {
        let mut listed = self.listed;
        if let Some((first, last)) = range {
            for fault in listed
                .iter_mut()
                .filter(|fault| fault.covers == Covers::Bundle)
            {
                fault.covers = Covers::Entries { first, last };
            }
        }
        listed
    }
}

impl fmt::Display for Covers {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Entry(index) => write!(formatter, "entry {index}"),
            Self::Entries { first, last } if first == last => write!(formatter, "entry {first}"),
            Self::Entries { first, last } => write!(formatter, "entries {first} to {last}"),
            Self::Bundle => formatter.write_str("bundle"),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} (line {}): {}; {}",
            self.covers, self.line, self.what, self.meaning
        )
    }
}
