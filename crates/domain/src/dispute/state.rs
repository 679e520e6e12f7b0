//! The stages of a dispute, with what each level brought.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Level, Party};
use crate::application::{Signed, Statement};
use crate::clock::Clock;

/// The stage of a dispute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum DisputeState {
    /// The parties negotiate.
    Negotiating(Box<Negotiation>),
    /// The competent department has to decide.
    Coordinating(Box<Coordination>),
    /// It has decided; who is not content may take it further for a time.
    Coordinated(Box<Coordinated>),
    /// The people's government has to decide.
    Deciding(Box<Deciding>),
    /// The parties agreed; the last proposal is the one that was accepted.
    Settled(Box<Negotiation>),
    /// Decided for good.
    Decided(Decided),
    /// Taken back by who raised it.
    Withdrawn(Box<Withdrawn>),
}

/// Level 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Negotiation {
    /// By when it should have led to something.
    pub clock: Clock,
    /// What was proposed, the earliest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub proposals: Vec<Proposal>,
    /// Who says that it failed, since the last proposal.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub given_up: Vec<Party>,
}

/// A settlement that one party proposed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// Which party.
    pub by: Party,
    /// Who of it, when, and what.
    pub terms: Statement,
    /// What the other one says.
    pub answer: ProposalAnswer,
}

/// What became of a proposal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum ProposalAnswer {
    /// It lies with the other party.
    Open,
    /// That one agrees.
    Accepted(Signed),
    /// That one does not, and says why.
    Declined(Statement),
}

/// Who took a dispute to the next level, and the clock there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Escalated {
    /// Which party.
    pub by: Party,
    /// Who of it, and when.
    pub signed: Signed,
    /// By when it is decided there.
    pub clock: Clock,
}

/// Level 2, undecided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coordination {
    /// What was tried before.
    pub negotiation: Negotiation,
    /// How it came here.
    pub escalated: Escalated,
}

/// Level 2, decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coordinated {
    /// How it came to that.
    pub coordination: Coordination,
    /// The decision.
    pub ruling: Ruling,
    /// Until when it may be taken further.
    pub contest: Clock,
}

/// Level 3, undecided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deciding {
    /// What was decided before.
    pub coordinated: Coordinated,
    /// How it came here.
    pub escalated: Escalated,
}

/// Decided for good: nobody took the decision of level 2 further in time, or the government decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Decided {
    /// The decision of level 2 stands.
    Coordination(Box<Coordinated>),
    /// That of level 3.
    Government {
        /// How it came to that.
        deciding: Box<Deciding>,
        /// The decision.
        ruling: Box<Ruling>,
    },
}

/// Taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawn {
    /// Who, when and why.
    pub why: Statement,
    /// How far it had come.
    pub before: DisputeState,
}

/// A decision, as an officer of the competent department recorded it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ruling {
    /// Who recorded it, when, and what it says.
    pub text: Statement,
    /// The number of its document.
    pub document: String,
    /// The date of that document; always there at level 3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document_date: Option<Date>,
    /// For whom.
    pub favour: Favour,
    /// The common superior that coordinated in the place of the competent department; empty where that did so itself.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub forwarded_to: String,
}

/// For whom a dispute was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Favour {
    /// For who raised it.
    Raiser,
    /// For the other party.
    Other,
    /// Partly for either.
    Partly,
}

// === impl Negotiation ===

impl Negotiation {
    /// One that just began.
    pub fn begin(clock: Clock) -> Self {
        Self {
            clock,
            proposals: Vec::new(),
            given_up: Vec::new(),
        }
    }

    /// The proposal that lies with a party.
    pub fn open(&self) -> Option<&Proposal> {
        let last = self.proposals.last();
        last.filter(|proposal| proposal.answer == ProposalAnswer::Open)
    }

    /// Whether the parties have tried enough: a proposal was declined and none lies open, both say that it failed, or its
    /// last day has passed (Order 809 art. 28 asks for negotiation first; how much of it is assumed).
    pub fn has_failed(&self, today: Date) -> bool {
        let declined = |one: &Proposal| matches!(one.answer, ProposalAnswer::Declined(_));
        let was_declined = self.open().is_none() && self.proposals.iter().any(declined);
        let both = Party::BOTH.iter().all(|one| self.given_up.contains(one));
        was_declined || both || self.clock.is_overdue(today)
    }

    /// Whose turn it is: who a proposal lies with; before the first one, who has not said anything yet; after one was
    /// declined who raised it, since nobody else wants something.
    pub(super) fn turn(&self, raiser: Party) -> Party {
        match self.open() {
            Some(proposal) => proposal.by.other(),
            None if self.proposals.is_empty() && self.given_up.is_empty() => raiser.other(),
            None => raiser,
        }
    }
}

// === impl DisputeState ===

impl DisputeState {
    /// The words of the states in which it is open.
    pub const OPEN: [&'static str; 4] = ["negotiating", "coordinating", "coordinated", "deciding"];

    /// The word for people and programs.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Negotiating(_) => "negotiating",
            Self::Coordinating(_) => "coordinating",
            Self::Coordinated(_) => "coordinated",
            Self::Deciding(_) => "deciding",
            Self::Settled(_) => "settled",
            Self::Decided(_) => "decided",
            Self::Withdrawn(_) => "withdrawn",
        }
    }

    /// Whether it is one of [`Self::OPEN`].
    pub fn is_open(&self) -> bool {
        match self {
            Self::Negotiating(_)
            | Self::Coordinating(_)
            | Self::Coordinated(_)
            | Self::Deciding(_) => true,
            Self::Settled(_) | Self::Decided(_) | Self::Withdrawn(_) => false,
        }
    }

    /// The level that it has come to.
    pub fn level(&self) -> Level {
        match self {
            Self::Negotiating(_) | Self::Settled(_) => Level::Negotiation,
            Self::Coordinating(_) | Self::Coordinated(_) => Level::Coordination,
            Self::Deciding(_) => Level::Government,
            Self::Decided(decided) => match decided {
                Decided::Coordination(_) => Level::Coordination,
                Decided::Government { .. } => Level::Government,
            },
            Self::Withdrawn(withdrawn) => withdrawn.before.level(),
        }
    }

    /// Level 1.
    pub fn negotiation(&self) -> &Negotiation {
        match self {
            Self::Negotiating(negotiation) | Self::Settled(negotiation) => negotiation,
            Self::Coordinating(coordination) => &coordination.negotiation,
            Self::Withdrawn(withdrawn) => withdrawn.before.negotiation(),
            Self::Coordinated(coordinated) => &coordinated.coordination.negotiation,
            Self::Deciding(deciding) => &deciding.coordinated.coordination.negotiation,
            Self::Decided(decided) => &decided.coordinated().coordination.negotiation,
        }
    }

    /// How it came to levels 2 and 3, as far as it did.
    pub fn escalations(&self) -> Vec<&Escalated> {
        match self {
            Self::Negotiating(_) | Self::Settled(_) => Vec::new(),
            Self::Coordinating(one) => vec![&one.escalated],
            Self::Coordinated(one) => vec![&one.coordination.escalated],
            Self::Deciding(one) => one.escalations(),
            Self::Decided(decided) => match decided {
                Decided::Coordination(one) => vec![&one.coordination.escalated],
                Decided::Government { deciding, .. } => deciding.escalations(),
            },
            Self::Withdrawn(withdrawn) => withdrawn.before.escalations(),
        }
    }

    /// The decisions of levels 2 and 3, as far as there are any.
    pub fn rulings(&self) -> Vec<(Level, &Ruling)> {
        match self {
            Self::Negotiating(_) | Self::Coordinating(_) | Self::Settled(_) => Vec::new(),
            Self::Coordinated(one) => vec![(Level::Coordination, &one.ruling)],
            Self::Deciding(one) => vec![(Level::Coordination, &one.coordinated.ruling)],
            Self::Decided(decided) => {
                let first = &decided.coordinated().ruling;
                let mut all = vec![(Level::Coordination, first)];
                if let Decided::Government { ruling, .. } = decided {
                    all.push((Level::Government, ruling));
                }
                all
            }
            Self::Withdrawn(withdrawn) => withdrawn.before.rulings(),
        }
    }

    /// The clock that runs.
    pub fn clock(&self) -> Option<&Clock> {
        match self {
            Self::Negotiating(one) => Some(&one.clock),
            Self::Coordinating(one) => Some(&one.escalated.clock),
            Self::Coordinated(one) => Some(&one.contest),
            Self::Deciding(one) => Some(&one.escalated.clock),
            Self::Settled(_) | Self::Decided(_) | Self::Withdrawn(_) => None,
        }
    }

    pub(super) fn clock_mut(&mut self) -> Option<&mut Clock> {
        match self {
            Self::Negotiating(one) => Some(&mut one.clock),
            Self::Coordinating(one) => Some(&mut one.escalated.clock),
            Self::Coordinated(one) => Some(&mut one.contest),
            Self::Deciding(one) => Some(&mut one.escalated.clock),
            Self::Settled(_) | Self::Decided(_) | Self::Withdrawn(_) => None,
        }
    }
}

impl Deciding {
    fn escalations(&self) -> Vec<&Escalated> {
        vec![&self.coordinated.coordination.escalated, &self.escalated]
    }
}

impl Decided {
    /// Level 2.
    pub fn coordinated(&self) -> &Coordinated {
        match self {
            Self::Coordination(coordinated) => coordinated,
            Self::Government { deciding, .. } => &deciding.coordinated,
        }
    }
}
