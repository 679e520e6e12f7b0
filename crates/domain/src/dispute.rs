//! Disputes 争议: two departments that share do not agree, and who decides (Order 809 art. 28).
//!
//! Three levels: the parties negotiate 协商; where that fails the department competent for data sharing coordinates 协调;
//! who is not content with that takes it to the people's government, whose decision 决定 is final. Every step is a
//! [`Move`]; [`Dispute::make`] is the only way from one state to another. A dispute changes nothing of what it is about.

mod moves;
mod state;
#[cfg(test)]
mod tests;

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::application::Signed;
use crate::clock::Law;
use crate::clock::kept::{Running, WaitsFor};
use crate::fault::Cause;
use crate::name::{ApplicationName, DisputeName, GrantName, ResourceName, SystemName};

pub use moves::{Act, DisputeRule, Illegal, Move, MoveKind};
pub use state::{
    Coordinated, Coordination, Decided, Deciding, DisputeState, Escalated, Favour, Negotiation,
    Proposal, ProposalAnswer, Ruling, Withdrawn,
};

/// Settlements that may be proposed within one dispute.
pub const MOST_PROPOSALS: usize = 10;

/// A dispute about an application or a grant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dispute {
    /// `disputes/{UUID}`.
    pub name: DisputeName,
    /// What it is about.
    pub subject: DisputeSubject,
    /// The system that uses or would use the data; its department is a party.
    pub consumer: SystemName,
    /// The entry; its department is the other party.
    pub resource: ResourceName,
    /// Which of them raised it.
    pub raiser: Party,
    /// Who of them, and when.
    pub raised: Signed,
    /// What it says.
    pub statement: String,
    /// The stage.
    pub state: DisputeState,
}

/// What a dispute is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum DisputeSubject {
    /// `applications/{UUID}`: how it was answered, or was not.
    Application(ApplicationName),
    /// `grants/{UUID}`: how it is served or used.
    Grant(GrantName),
}

/// A side of a dispute. Departments are merged; who uses a system and who answers for an entry stays to be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Party {
    /// The department of the consuming system.
    Consumer,
    /// The department of the entry.
    Provider,
}

/// The level that a dispute has come to (Order 809 art. 28).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// 协商: the parties themselves.
    Negotiation,
    /// 协调: the competent department.
    Coordination,
    /// 决定: the people's government of its level.
    Government,
}

/// Whose turn it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// A party's.
    Party(Party),
    /// The competent department's.
    Competent,
}

// === impl Party, Level, Favour, DisputeSubject ===

impl Party {
    /// Both.
    pub const BOTH: [Self; 2] = [Self::Consumer, Self::Provider];

    /// The opposite one.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Consumer => Self::Provider,
            Self::Provider => Self::Consumer,
        }
    }

    /// The word in the ledger.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Consumer => "consumer",
            Self::Provider => "provider",
        }
    }
}

impl Level {
    /// 1, 2 or 3.
    pub fn number(self) -> u8 {
        match self {
            Self::Negotiation => 1,
            Self::Coordination => 2,
            Self::Government => 3,
        }
    }
}

impl Favour {
    /// The word in the ledger.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Raiser => "raiser",
            Self::Other => "other",
            Self::Partly => "partly",
        }
    }
}

impl DisputeSubject {
    /// Reads a name.
    ///
    /// # Errors
    /// `WRONG_COLLECTION`, or what the id's own rule says.
    pub fn parse(text: &str) -> Result<Self, Cause> {
        let text = text.trim();
        if text.starts_with(GrantName::COLLECTION) {
            return GrantName::parse(text).map(Self::Grant);
        }
        if text.starts_with(ApplicationName::COLLECTION) {
            return ApplicationName::parse(text).map(Self::Application);
        }
        let message = "name what it is about: applications/{UUID} or grants/{UUID}";
        let code = if text.is_empty() {
            "REQUIRED"
        } else {
            "WRONG_COLLECTION"
        };
        Err(Cause::new(code, message))
    }

    /// The whole name.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Application(name) => name.as_str(),
            Self::Grant(name) => name.as_str(),
        }
    }
}

impl fmt::Display for DisputeSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl TryFrom<String> for DisputeSubject {
    type Error = Cause;
    fn try_from(text: String) -> Result<Self, Cause> {
        Self::parse(&text)
    }
}

impl From<DisputeSubject> for String {
    fn from(subject: DisputeSubject) -> String {
        subject.as_str().to_owned()
    }
}

// === impl Dispute ===

impl Dispute {
    /// Whose turn it is; of a decision that may be taken further, the party that it went against.
    pub fn turn(&self) -> Option<Turn> {
        match &self.state {
            DisputeState::Negotiating(one) => Some(Turn::Party(one.turn(self.raiser))),
            DisputeState::Coordinating(_) | DisputeState::Deciding(_) => Some(Turn::Competent),
            DisputeState::Coordinated(one) => Some(Turn::Party(match one.ruling.favour {
                Favour::Raiser => self.raiser.other(),
                Favour::Other | Favour::Partly => self.raiser,
            })),
            DisputeState::Settled(_) | DisputeState::Decided(_) | DisputeState::Withdrawn(_) => {
                None
            }
        }
    }

    /// Whether the last day for the next step has passed. A right that lapses is nobody's delay.
    pub fn is_overdue(&self, today: Date) -> bool {
        let waits = !matches!(self.state, DisputeState::Coordinated(_));
        let clock = self.state.clock().filter(|_| waits);
        clock.is_some_and(|clock| clock.is_overdue(today))
    }

    /// The clock that runs, and for whom.
    pub fn running(&self) -> Vec<Running<'_>> {
        let Some((turn, clock)) = self.turn().zip(self.state.clock()) else {
            return Vec::new();
        };
        let waits_for = match turn {
            Turn::Competent => WaitsFor::Competent,
            Turn::Party(Party::Consumer) => WaitsFor::DepartmentOf(self.consumer.clone()),
            Turn::Party(Party::Provider) => WaitsFor::OwnerOf(self.resource.clone()),
        };
        Running::of(waits_for, clock).into_iter().collect()
    }

    /// The same with the last day of its clock, where a notice for which that waited is loaded now.
    #[must_use]
    pub fn settled(mut self, law: Law<'_>) -> Self {
        if let Some(clock) = self.state.clock_mut()
            && clock.missing_notice.is_some()
        {
            *clock = clock.clone().settle(law);
        }
        self
    }

    /// The same with the decision of level 2 for good, once nobody can take it further; none before.
    pub fn stands(&self, today: Date) -> Option<Self> {
        let DisputeState::Coordinated(one) = &self.state else {
            return None;
        };
        let state = DisputeState::Decided(Decided::Coordination(one.clone()));
        let lapsed = one.contest.is_overdue(today);
        lapsed.then(|| Self {
            state,
            ..self.clone()
        })
    }
}
