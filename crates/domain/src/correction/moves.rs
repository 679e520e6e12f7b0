//! The moves of a correction: which there are, whose they are, and what each state allows.

use jiff::Timestamp;

use super::{Closed, Correction, CorrectionState};
use crate::application::Signed;
use crate::legal::LegalMoves;

/// Whose move it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The consumer: its department's officers, or the system itself.
    Consumer,
    /// The provider: its department's officers, or the system itself.
    Provider,
}

/// A kind of move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MoveKind {
    /// Take it up.
    Accept,
    /// Say what came of it.
    Close,
    /// Take it back.
    Withdraw,
}

impl MoveKind {
    /// All kinds.
    pub const ALL: &'static [Self] = &[Self::Accept, Self::Close, Self::Withdraw];

    /// The method that makes it.
    pub fn method(self) -> &'static str {
        match self {
            Self::Accept => "AcceptCorrection",
            Self::Close => "CloseCorrection",
            Self::Withdraw => "WithdrawCorrection",
        }
    }

    /// Whose it is.
    pub fn side(self) -> Side {
        match self {
            Self::Accept | Self::Close => Side::Provider,
            Self::Withdraw => Side::Consumer,
        }
    }
}

/// A move with what it brings; what is said with it is sealed before.
#[derive(Clone, Debug)]
pub enum Move {
    /// Take it up (受理).
    Accept,
    /// The data was wrong and is corrected, with what is said of it.
    Correct(Option<String>),
    /// The data is right, with the reason.
    Confirm(String),
    /// Take it back, with why.
    Withdraw(Option<String>),
}

impl Move {
    /// Its kind.
    pub fn kind(&self) -> MoveKind {
        match self {
            Self::Accept => MoveKind::Accept,
            Self::Correct(_) | Self::Confirm(_) => MoveKind::Close,
            Self::Withdraw(_) => MoveKind::Withdraw,
        }
    }
}

/// Who makes a move, and when.
#[derive(Clone, Copy)]
pub struct Act<'a> {
    /// Who, as a principal is written.
    pub by: &'a str,
    /// When.
    pub now: Timestamp,
    /// Whether who acted before is the same: an account goes over when departments are merged.
    pub is_same: &'a (dyn Fn(&str) -> bool + Sync),
}

/// The rule that forbids a move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MoveRule {
    /// The state does not allow it.
    State,
    /// Whoever raised it does not answer it: after a merger one person can be of both sides.
    SecondPerson,
}

impl MoveRule {
    /// The id in errors.
    pub fn id(self) -> &'static str {
        match self {
            Self::State => "correction.state",
            Self::SecondPerson => "correction.second-person",
        }
    }
}

/// A move that is not legal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Illegal {
    /// The state, in one word.
    pub state: &'static str,
    /// The rule.
    pub rule: MoveRule,
    /// What the state allows.
    pub legal: LegalMoves,
}

impl Illegal {
    /// In one sentence.
    pub fn message(&self, name: &str) -> String {
        let sentence = match self.rule {
            MoveRule::State => "its state does not allow it",
            MoveRule::SecondPerson => "it takes another person than the one who raised it",
        };
        format!("{name} is {}: {sentence}", self.state)
    }
}

impl Correction {
    /// The moves that the present state allows, whoever makes them.
    pub fn legal(&self) -> impl Iterator<Item = MoveKind> {
        let all = MoveKind::ALL.iter().copied();
        all.filter(|kind| self.allows(*kind))
    }

    fn allows(&self, kind: MoveKind) -> bool {
        match kind {
            MoveKind::Accept => self.state == CorrectionState::Raised,
            MoveKind::Close => matches!(self.state, CorrectionState::Accepted { .. }),
            MoveKind::Withdraw => self.is_open(),
        }
    }

    /// Makes a move. The only way from one state to another.
    ///
    /// # Errors
    /// [`Illegal`]: the state and the rule that forbid it, and what would be legal; nothing has changed then.
    pub fn make(&self, step: Move, act: &Act<'_>) -> Result<Self, Illegal> {
        let no = |rule| Illegal {
            state: self.state.as_str(),
            rule,
            legal: LegalMoves {
                state: self.state.as_str(),
                rule: rule.id(),
                methods: self.legal().map(MoveKind::method).collect(),
            },
        };
        let kind = step.kind();
        if !self.allows(kind) {
            return Err(no(MoveRule::State));
        }
        if kind.side() == Side::Provider && (act.is_same)(&self.raised.by) {
            return Err(no(MoveRule::SecondPerson));
        }
        let signed = Signed {
            by: act.by.to_owned(),
            at: act.now,
        };
        let closed = |answer| Closed {
            accepted: self.state.accepted().cloned(),
            closed: signed.clone(),
            answer,
        };
        let state = match step {
            Move::Accept => CorrectionState::Accepted {
                accepted: signed.clone(),
            },
            Move::Correct(answer) => CorrectionState::Corrected(closed(answer)),
            Move::Confirm(reason) => CorrectionState::Confirmed(closed(Some(reason))),
            Move::Withdraw(reason) => CorrectionState::Withdrawn(closed(reason)),
        };
        Ok(Self {
            state,
            ..self.clone()
        })
    }
}
