//! Corrections 校核: a department that uses data finds a record doubtful, and its provider verifies, corrects and feeds back
//! (Order 809 art. 26).
//!
//! `raised → accepted → corrected | confirmed`, or withdrawn by whoever raised it. Until then the record is disputed, and
//! every answer that holds it says so ([`Disputes`]). Which record, and what is wrong with it, can tell of a person: the row
//! keeps both sealed, beside a keyed hash by which answers find it.

mod disputes;
mod moves;
mod record;
#[cfg(test)]
mod tests;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::application::Signed;
use crate::clock::kept::{Running, WaitsFor};
use crate::clock::{Clock, Law};
use crate::item::ItemKey;
use crate::name::{CorrectionName, ResourceName, SystemName};

pub use disputes::{Dispute, DisputedRow, Disputes};
pub use moves::{Act, Illegal, Move, MoveKind, MoveRule, Side};
pub use record::{Content, MOST_ROW_ITEMS, MOST_ROW_VALUE, Record};

/// Characters of a statement and of an answer.
pub const MOST_STATEMENT: usize = 1000;
/// Items that a correction says are wrong.
pub const MOST_ITEMS: usize = 32;
/// Open corrections of one consumer on one entry. Assumed: more of them are a matter of the entry and not of its records.
pub const MOST_OPEN: usize = 200;
/// Open corrections of one record, of all consumers: so many marks an answer holds at most.
pub const MOST_OF_RECORD: usize = 20;
/// Choices of items by which the rows of one entry are named at a time: every row that is read is compared by each.
pub const MOST_WAYS: usize = 8;

/// A correction of one record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correction {
    /// `corrections/{UUID}`.
    pub name: CorrectionName,
    /// The entry that the record is of.
    pub resource: ResourceName,
    /// The system whose data it is about; its department raised it.
    pub consumer: SystemName,
    /// The items by which a row is named, in the order of their keys; none of a certificate.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub named_by: Vec<ItemKey>,
    /// The keyed hash by which answers find the record.
    pub record: String,
    /// The same with the consumer: a consumer disputes a record once at a time, so no second open one may have it.
    pub mark: String,
    /// What is wrong of it; none where it is the record as a whole.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<ItemKey>,
    /// The ledger entry of the use in which it was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence_index: Option<u64>,
    /// The record and what is said of it, sealed.
    pub sealed: String,
    /// Who raised it, and when.
    pub raised: Signed,
    /// The provider's clock.
    pub clock: Clock,
    /// The stage.
    #[serde(flatten)]
    pub state: CorrectionState,
}

/// The stage of a correction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum CorrectionState {
    /// With the provider.
    Raised,
    /// The provider took it up (受理).
    Accepted {
        /// Who, and when.
        accepted: Signed,
    },
    /// The provider corrected its data.
    Corrected(Closed),
    /// The provider found its data right.
    Confirmed(Closed),
    /// Whoever raised it took it back.
    Withdrawn(Closed),
}

/// How a correction came to its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closed {
    /// Who took it up, and when; none where it was withdrawn before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted: Option<Signed>,
    /// Who closed it, and when.
    pub closed: Signed,
    /// What was said with it, sealed; none where nothing was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
}

// === impl CorrectionState ===

impl CorrectionState {
    /// The words of the states in which a record is disputed.
    pub const OPEN: [&'static str; 2] = ["raised", "accepted"];

    /// The word for people and programs.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Raised => "raised",
            Self::Accepted { .. } => "accepted",
            Self::Corrected(_) => "corrected",
            Self::Confirmed(_) => "confirmed",
            Self::Withdrawn(_) => "withdrawn",
        }
    }

    /// Who took it up, and when.
    pub fn accepted(&self) -> Option<&Signed> {
        match self {
            Self::Raised => None,
            Self::Accepted { accepted } => Some(accepted),
            Self::Corrected(closed) | Self::Confirmed(closed) | Self::Withdrawn(closed) => {
                closed.accepted.as_ref()
            }
        }
    }

    /// How it came to its end; none while the record is disputed.
    pub fn closed(&self) -> Option<&Closed> {
        match self {
            Self::Raised | Self::Accepted { .. } => None,
            Self::Corrected(closed) | Self::Confirmed(closed) | Self::Withdrawn(closed) => {
                Some(closed)
            }
        }
    }
}

// === impl Correction ===

impl Correction {
    /// Whether the record is disputed.
    pub fn is_open(&self) -> bool {
        self.state.closed().is_none()
    }

    /// Whether the last day for the answer has passed.
    pub fn is_overdue(&self, today: Date) -> bool {
        self.is_open() && self.clock.is_overdue(today)
    }

    /// The clock that runs, and for whom.
    pub fn running(&self) -> Vec<Running<'_>> {
        let provider = WaitsFor::OwnerOf(self.resource.clone());
        let running = Running::of(provider, &self.clock).filter(|_| self.is_open());
        running.into_iter().collect()
    }

    /// The same with the last day of its clock, where the notice for which it waited is loaded now.
    #[must_use]
    pub fn settled(mut self, law: Law<'_>) -> Self {
        if self.clock.missing_notice.is_some() {
            self.clock = self.clock.settle(law);
        }
        self
    }

    /// Since when the record is disputed.
    pub fn since(&self) -> Timestamp {
        self.raised.at
    }
}
