//! The moves of a complaint: which there are, and what each state allows.

use jiff::Timestamp;

use super::{
    Answered, Complaint, ComplaintOutcome, ComplaintState, MOST_ASSIGNMENTS, MOST_FORWARDS, Routed,
    RoutedBy, Sealed,
};
use crate::application::Signed;
use crate::clock::kept::WaitsFor;
use crate::legal::LegalMoves;
use crate::name::DepartmentName;

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

            /// The event in the ledger, behind `sharing.complaint.`.
            pub fn event(self) -> &'static str {
                match self { $(Self::$name => $event,)+ }
            }
        }
    };
}

kinds! {
    Forward = "ForwardComplaint", "forwarded", "Who has to answer passes it on.";
    Assign = "AssignComplaint", "assigned", "The competent department says who has to answer.";
    Answer = "AnswerComplaint", "answered", "Who has to answer does.";
    Close = "CloseComplaint", "closed", "The person was told.";
    Withdraw = "WithdrawComplaint", "withdrawn", "Who entered it takes it back on the person's wish.";
}

/// A move with what it brings. Texts are sealed before.
#[derive(Clone, Debug)]
pub enum Move {
    /// [`MoveKind::Forward`], to whom and why.
    Forward(DepartmentName, Sealed),
    /// [`MoveKind::Assign`], to whom and why.
    Assign(DepartmentName, Sealed),
    /// [`MoveKind::Answer`].
    Answer(ComplaintOutcome, Sealed),
    /// [`MoveKind::Close`].
    Close,
    /// [`MoveKind::Withdraw`].
    Withdraw,
}

impl Move {
    /// Its kind.
    pub fn kind(&self) -> MoveKind {
        match self {
            Self::Forward(..) => MoveKind::Forward,
            Self::Assign(..) => MoveKind::Assign,
            Self::Answer(..) => MoveKind::Answer,
            Self::Close => MoveKind::Close,
            Self::Withdraw => MoveKind::Withdraw,
        }
    }
}

/// Who makes a move, when, and with whom it lies.
#[derive(Clone, Copy, Debug)]
pub struct Act<'a> {
    /// Who, as a principal is written.
    pub by: &'a str,
    /// When.
    pub now: Timestamp,
    /// The department that has to answer now, as the registry has it.
    pub responsible: &'a DepartmentName,
}

/// The rule that forbids a move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ComplaintRule {
    /// The state does not allow it.
    State,
    /// It lies with that department already.
    ToItself,
    /// It was passed on often enough.
    TooManyForwards,
    /// It was assigned often enough.
    TooManyAssignments,
}

impl ComplaintRule {
    /// The id in errors and explanations.
    pub fn id(self) -> &'static str {
        match self {
            Self::State => "complaint.state",
            Self::ToItself => "complaint.to-itself",
            Self::TooManyForwards => "complaint.forwards",
            Self::TooManyAssignments => "complaint.assignments",
        }
    }

    /// In one sentence.
    fn sentence(self) -> String {
        match self {
            Self::State => "its state does not allow it".to_owned(),
            Self::ToItself => "it lies with that department already".to_owned(),
            Self::TooManyForwards => format!(
                "it was passed on {MOST_FORWARDS} times; answer it, or ask the competent department to assign it"
            ),
            Self::TooManyAssignments => {
                format!("it was assigned {MOST_ASSIGNMENTS} times; who has it answers it")
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
    pub rule: ComplaintRule,
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

impl Complaint {
    /// The moves that it allows, whoever makes them.
    pub fn legal(&self) -> Vec<MoveKind> {
        let all = MoveKind::ALL.iter().copied();
        all.filter(|kind| self.rule_against(*kind).is_none())
            .collect()
    }

    /// Makes a move. The only way from one state to another.
    ///
    /// # Errors
    /// [`Illegal`]: the state and the rule that forbid it, and what would be legal; nothing has changed then.
    pub fn make(&self, step: Move, act: &Act<'_>) -> Result<Self, Illegal> {
        let no = |rule| Illegal {
            state: self.state.as_str(),
            rule,
            legal: self.legal(),
        };
        if let Some(rule) = self.rule_against(step.kind()) {
            return Err(no(rule));
        }
        let signed = || Signed {
            by: act.by.to_owned(),
            at: act.now,
        };
        let mut next = self.clone();
        match (step, &self.state) {
            (Move::Forward(to, _) | Move::Assign(to, _), _) if to == *act.responsible => {
                return Err(no(ComplaintRule::ToItself));
            }
            (Move::Forward(to, reason), _) => {
                next.go_on(to, RoutedBy::Forwarded, signed(), reason);
            }
            (Move::Assign(to, reason), _) => {
                next.go_on(to, RoutedBy::Assigned, signed(), reason);
            }
            (Move::Answer(outcome, text), ComplaintState::Received { clock }) => {
                next.state = ComplaintState::Answered(Answered {
                    clock: clock.clone().stopped(act.now),
                    signed: signed(),
                    outcome,
                    text,
                });
            }
            (Move::Close, ComplaintState::Answered(answered)) => {
                next.state = ComplaintState::Closed {
                    answered: answered.clone(),
                    closed: signed(),
                };
            }
            (Move::Withdraw, ComplaintState::Received { .. }) => {
                next.state = ComplaintState::Withdrawn {
                    withdrawn: signed(),
                };
            }
            _ => return Err(no(ComplaintRule::State)),
        }
        Ok(next)
    }

    fn go_on(&mut self, to: DepartmentName, why: RoutedBy, signed: Signed, reason: Sealed) {
        self.routing.push(Routed {
            to: WaitsFor::Department(to),
            why,
            signed,
            reason: Some(reason),
        });
    }

    /// Why it does not allow a kind of move, whoever makes it; none where it does.
    fn rule_against(&self, kind: MoveKind) -> Option<ComplaintRule> {
        let is_received = matches!(self.state, ComplaintState::Received { .. });
        let state = |allowed: bool| (!allowed).then_some(ComplaintRule::State);
        match kind {
            MoveKind::Forward if is_received && self.went(RoutedBy::Forwarded) >= MOST_FORWARDS => {
                Some(ComplaintRule::TooManyForwards)
            }
            MoveKind::Assign
                if is_received && self.went(RoutedBy::Assigned) >= MOST_ASSIGNMENTS =>
            {
                Some(ComplaintRule::TooManyAssignments)
            }
            MoveKind::Forward | MoveKind::Assign | MoveKind::Answer | MoveKind::Withdraw => {
                state(is_received)
            }
            MoveKind::Close => state(matches!(self.state, ComplaintState::Answered(_))),
        }
    }
}
