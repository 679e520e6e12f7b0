//! The moves of a dispute: which there are, whose they are, and what each state allows.

use jiff::Timestamp;
use jiff::civil::Date;

use super::{
    Coordinated, Coordination, Decided, Deciding, Dispute, DisputeState, Escalated, MOST_PROPOSALS,
    Negotiation, Party, Proposal, ProposalAnswer, Ruling, Withdrawn,
};
use crate::application::{Signed, Statement};
use crate::clock::Clock;
use crate::legal::LegalMoves;
use crate::policy::shaoyang_date;

/// Writes the kinds of moves with their words from one list.
macro_rules! kinds {
    ($($name:ident = $method:literal, $event:literal, $doc:literal;)+) => {
        /// A kind of move.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum MoveKind { $(#[doc = $doc] $name,)+ }

        impl MoveKind {
            /// All kinds.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The method that makes it.
            pub fn method(self) -> &'static str {
                match self { $(Self::$name => $method,)+ }
            }

            /// The event in the ledger, behind `sharing.dispute.`.
            pub fn event(self) -> &'static str {
                match self { $(Self::$name => $event,)+ }
            }
        }
    };
}

kinds! {
    Propose = "ProposeSettlement", "settlement_proposed", "A party proposes how to settle it.";
    Accept = "AcceptSettlement", "settled", "The other party agrees.";
    Decline = "DeclineSettlement", "settlement_declined", "The other party does not agree.";
    GiveUp = "GiveUpNegotiation", "given_up", "A party says that negotiation failed.";
    Escalate = "EscalateDispute", "escalated", "A party takes it to the next level.";
    Decide = "DecideDispute", "decided", "The competent department records a decision.";
    Withdraw = "WithdrawDispute", "withdrawn", "Who raised it takes it back.";
}

/// A move with what it brings.
#[derive(Clone, Debug)]
pub enum Move {
    /// [`MoveKind::Propose`], with what is proposed.
    Propose(String),
    /// [`MoveKind::Accept`].
    Accept,
    /// [`MoveKind::Decline`], with why.
    Decline(String),
    /// [`MoveKind::GiveUp`].
    GiveUp,
    /// [`MoveKind::Escalate`], with the clock of the next level.
    Escalate(Clock),
    /// [`MoveKind::Decide`], with the time in which a decision of level 2 may be taken further.
    Decide(Box<Ruling>, Clock),
    /// [`MoveKind::Withdraw`], with why.
    Withdraw(String),
}

impl Move {
    /// Its kind.
    pub fn kind(&self) -> MoveKind {
        match self {
            Self::Propose(_) => MoveKind::Propose,
            Self::Accept => MoveKind::Accept,
            Self::Decline(_) => MoveKind::Decline,
            Self::GiveUp => MoveKind::GiveUp,
            Self::Escalate(_) => MoveKind::Escalate,
            Self::Decide(..) => MoveKind::Decide,
            Self::Withdraw(_) => MoveKind::Withdraw,
        }
    }
}

/// Who makes a move, and when.
#[derive(Clone, Copy, Debug)]
pub struct Act<'a> {
    /// Who, as a principal is written.
    pub by: &'a str,
    /// Of which party; of the competent department's moves it is not looked at.
    pub party: Party,
    /// When.
    pub now: Timestamp,
}

impl Act<'_> {
    fn signed(&self) -> Signed {
        Signed {
            by: self.by.to_owned(),
            at: self.now,
        }
    }

    fn states(&self, text: String) -> Statement {
        Statement {
            signed: self.signed(),
            text,
        }
    }

    fn escalated(&self, clock: Clock) -> Escalated {
        Escalated {
            by: self.party,
            signed: self.signed(),
            clock,
        }
    }
}

/// The rule that forbids a move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DisputeRule {
    /// The state does not allow it.
    State,
    /// What lies open is answered before something else is proposed.
    OpenProposal,
    /// Nothing lies open that could be answered.
    NothingProposed,
    /// A proposal is answered by the other party.
    OtherParty,
    /// So many proposals are enough.
    TooManyProposals,
    /// The parties negotiate first (Order 809 art. 28), until this day at most.
    NegotiateFirst(Option<Date>),
    /// This party said so already.
    SaidAlready,
    /// A decision is taken further in time; the last day was this one.
    InTime(Date),
}

impl DisputeRule {
    /// The id in errors and explanations.
    pub fn id(&self) -> &'static str {
        match self {
            Self::State => "dispute.state",
            Self::OpenProposal => "dispute.open-proposal",
            Self::NothingProposed => "dispute.nothing-proposed",
            Self::OtherParty => "dispute.other-party",
            Self::TooManyProposals => "dispute.proposals",
            Self::NegotiateFirst(_) => "dispute.negotiate-first",
            Self::SaidAlready => "dispute.said-already",
            Self::InTime(_) => "dispute.in-time",
        }
    }

    /// In one sentence, and where it stands.
    fn sentence(&self) -> String {
        match self {
            Self::State => "its state does not allow it".to_owned(),
            Self::OpenProposal => "a proposal lies open; it is answered first".to_owned(),
            Self::NothingProposed => "no proposal lies open that could be answered".to_owned(),
            Self::OtherParty => "a proposal is answered by the other party".to_owned(),
            Self::TooManyProposals => {
                format!("there were {MOST_PROPOSALS} proposals already; take it to the next level")
            }
            Self::NegotiateFirst(due) => {
                let until = due.map_or_else(String::new, |due| format!(" ({due})"));
                format!(
                    "the parties negotiate first (Order 809 art. 28); it goes on once a proposal was declined, both say \
                     that negotiation failed, or its last day{until} has passed"
                )
            }
            Self::SaidAlready => {
                "this party said already that negotiation failed; now the other one says so, or the last day passes"
                    .to_owned()
            }
            Self::InTime(due) => {
                format!("a decision is taken further until its last day, and that was {due}; it stands")
            }
        }
    }
}

/// A move that is not legal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Illegal {
    /// The state, in one word.
    pub state: &'static str,
    /// The rule.
    pub rule: DisputeRule,
    /// What the state allows.
    pub legal: Vec<MoveKind>,
}

impl Illegal {
    /// In one sentence.
    pub fn message(&self, name: &str) -> String {
        format!("{name} is {}: {}", self.state, self.rule.sentence())
    }

    /// The same in words.
    pub fn legal_moves(&self) -> LegalMoves {
        LegalMoves {
            state: self.state,
            rule: self.rule.id(),
            methods: self.legal.iter().map(|kind| kind.method()).collect(),
        }
    }
}

impl Dispute {
    /// The moves that it allows on a day, whoever makes them.
    pub fn legal(&self, today: Date) -> Vec<MoveKind> {
        let all = MoveKind::ALL.iter().copied();
        all.filter(|kind| self.rule_against(*kind, today).is_none())
            .collect()
    }

    /// Makes a move. The only way from one state to another, but for [`Dispute::stands`].
    ///
    /// # Errors
    /// [`Illegal`]: the state and the rule that forbid it, and what would be legal; nothing has changed then.
    pub fn make(&self, step: Move, act: &Act<'_>) -> Result<Self, Illegal> {
        let today = shaoyang_date(act.now);
        let no = |rule| Illegal {
            state: self.state.as_str(),
            rule,
            legal: self.legal(today),
        };
        if let Some(rule) = self.rule_against(step.kind(), today) {
            return Err(no(rule));
        }
        let state = match (step, &self.state) {
            (Move::Withdraw(reason), before) => DisputeState::Withdrawn(Box::new(Withdrawn {
                why: act.states(reason),
                before: before.clone(),
            })),
            (Move::Escalate(clock), DisputeState::Negotiating(negotiation)) => {
                DisputeState::Coordinating(Box::new(Coordination {
                    negotiation: negotiation.as_ref().clone(),
                    escalated: act.escalated(clock),
                }))
            }
            (Move::Escalate(clock), DisputeState::Coordinated(coordinated)) => {
                DisputeState::Deciding(Box::new(Deciding {
                    coordinated: coordinated.as_ref().clone(),
                    escalated: act.escalated(clock),
                }))
            }
            (Move::Decide(ruling, contest), DisputeState::Coordinating(coordination)) => {
                DisputeState::Coordinated(Box::new(Coordinated {
                    coordination: coordination.as_ref().clone(),
                    ruling: *ruling,
                    contest,
                }))
            }
            (Move::Decide(ruling, _), DisputeState::Deciding(deciding)) => {
                DisputeState::Decided(Decided::Government {
                    deciding: deciding.clone(),
                    ruling,
                })
            }
            (step, DisputeState::Negotiating(negotiation)) => {
                negotiation.clone().talk(step, act).map_err(no)?
            }
            _ => return Err(no(DisputeRule::State)),
        };
        Ok(Self {
            state,
            ..self.clone()
        })
    }

    /// Why it does not allow a kind of move on a day, whoever makes it; none where it does.
    fn rule_against(&self, kind: MoveKind, today: Date) -> Option<DisputeRule> {
        use DisputeState as State;
        let allowed = match (kind, &self.state) {
            (
                MoveKind::Propose | MoveKind::Accept | MoveKind::Decline | MoveKind::GiveUp,
                State::Negotiating(negotiation),
            ) => return negotiation.rule_against(kind),
            (MoveKind::Escalate, State::Negotiating(negotiation)) => {
                let first = DisputeRule::NegotiateFirst(negotiation.clock.due);
                return (!negotiation.has_failed(today)).then_some(first);
            }
            (MoveKind::Escalate, State::Coordinated(coordinated)) => {
                let due = coordinated.contest.due.filter(|due| *due < today);
                return due.map(DisputeRule::InTime);
            }
            // Once it was decided it stands or is taken further, and who took it further does not undo what was decided.
            (MoveKind::Decide, State::Coordinating(_) | State::Deciding(_))
            | (MoveKind::Withdraw, State::Negotiating(_) | State::Coordinating(_)) => true,
            _ => false,
        };
        (!allowed).then_some(DisputeRule::State)
    }
}

impl Negotiation {
    fn rule_against(&self, kind: MoveKind) -> Option<DisputeRule> {
        let is_open = self.open().is_some();
        match kind {
            MoveKind::Propose | MoveKind::GiveUp if is_open => Some(DisputeRule::OpenProposal),
            MoveKind::Propose if self.proposals.len() >= MOST_PROPOSALS => {
                Some(DisputeRule::TooManyProposals)
            }
            MoveKind::Accept | MoveKind::Decline if !is_open => Some(DisputeRule::NothingProposed),
            MoveKind::GiveUp if self.given_up.len() >= Party::BOTH.len() => {
                Some(DisputeRule::SaidAlready)
            }
            MoveKind::Propose
            | MoveKind::Accept
            | MoveKind::Decline
            | MoveKind::GiveUp
            | MoveKind::Escalate
            | MoveKind::Decide
            | MoveKind::Withdraw => None,
        }
    }

    /// What a party says to the other one.
    fn talk(mut self: Box<Self>, step: Move, act: &Act<'_>) -> Result<DisputeState, DisputeRule> {
        match step {
            Move::Propose(text) => {
                // Who proposes goes on talking.
                self.given_up.clear();
                self.proposals.push(Proposal {
                    by: act.party,
                    terms: act.states(text),
                    answer: ProposalAnswer::Open,
                });
                Ok(DisputeState::Negotiating(self))
            }
            Move::GiveUp if self.given_up.contains(&act.party) => Err(DisputeRule::SaidAlready),
            Move::GiveUp => {
                self.given_up.push(act.party);
                Ok(DisputeState::Negotiating(self))
            }
            Move::Accept | Move::Decline(_) => {
                let Some(open) = self.proposals.last_mut() else {
                    return Err(DisputeRule::NothingProposed);
                };
                if open.by == act.party {
                    return Err(DisputeRule::OtherParty);
                }
                if let Move::Decline(reason) = step {
                    open.answer = ProposalAnswer::Declined(act.states(reason));
                    return Ok(DisputeState::Negotiating(self));
                }
                open.answer = ProposalAnswer::Accepted(act.signed());
                Ok(DisputeState::Settled(self))
            }
            Move::Escalate(_) | Move::Decide(..) | Move::Withdraw(_) => Err(DisputeRule::State),
        }
    }
}
