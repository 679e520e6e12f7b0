//! What a complaint should allow, whom, and with whom it should lie.

use domain::complaint::{ComplaintKind, MoveKind};
use jiff::civil::Date;

use crate::sharing::cast::Who;
use crate::sharing::model::{Desk, ModelClock, Outcome};

/// Each word of its state.
pub(crate) const STATES: [&str; 4] = ["received", "answered", "closed", "withdrawn"];

/// The rules that forbid a move, but for those of one that was passed on too often.
pub(crate) const RULES: [&str; 2] = ["complaint.state", "complaint.to-itself"];

/// How often departments pass one on, and how often the competent one says whose it is.
const FORWARDS: usize = 3;
const ASSIGNMENTS: usize = 10;

/// What a complaint names.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Names {
    Nothing,
    Grant,
    Entry,
    Department(Desk),
}

impl Names {
    /// Who has to answer it first: who uses data for its use, who provides it for what it says.
    pub(crate) fn answered_by(self, kind: ComplaintKind) -> Desk {
        match self {
            Self::Grant if kind == ComplaintKind::WrongData => Desk::Provider,
            // The competent department uses the data itself.
            Self::Grant | Self::Nothing => Desk::Consumer,
            Self::Entry => Desk::Provider,
            Self::Department(desk) => desk,
        }
    }
}

/// A complaint, as it should be.
#[derive(Clone, Debug)]
pub(crate) struct Picture {
    pub(crate) state: &'static str,
    /// Who has to answer it, or had to.
    pub(crate) lies_with: Desk,
    entered_by: Desk,
    forwards: usize,
    assignments: usize,
    pub(crate) clock: ModelClock,
}

impl Picture {
    /// Of one that was just entered.
    pub(crate) fn new(entered_by: Desk, lies_with: Desk, today: Date) -> Self {
        Self {
            state: "received",
            lies_with,
            entered_by,
            forwards: 0,
            assignments: 0,
            clock: ModelClock::begin("COMPL", today, Some(15)),
        }
    }

    /// The moves that it allows, in the order of a complaint's life.
    pub(crate) fn legal(&self) -> Vec<MoveKind> {
        let all = [
            (MoveKind::Forward, self.forwards < FORWARDS),
            (MoveKind::Assign, self.assignments < ASSIGNMENTS),
            (MoveKind::Answer, true),
            (MoveKind::Withdraw, true),
        ];
        match self.state {
            "received" => {
                let allowed = all.into_iter().filter(|(_, allowed)| *allowed);
                allowed.map(|(kind, _)| kind).collect()
            }
            "answered" => vec![MoveKind::Close],
            _ => Vec::new(),
        }
    }

    /// What should come of a move, where it is passed on to a department.
    pub(crate) fn outcome(&self, kind: MoveKind, who: Who, to: Desk) -> Outcome {
        let desk = Desk::of(who);
        let knows = [self.entered_by, self.lies_with, Desk::Consumer];
        if !knows.contains(&desk) {
            return Outcome::Unknown;
        }
        let may = match kind {
            MoveKind::Forward | MoveKind::Answer => desk == self.lies_with,
            MoveKind::Assign => desk == Desk::Consumer,
            MoveKind::Close => desk == self.entered_by || desk == self.lies_with,
            MoveKind::Withdraw => desk == self.entered_by,
        };
        let passes_on = matches!(kind, MoveKind::Forward | MoveKind::Assign);
        if !may {
            Outcome::WrongRole
        } else if !self.legal().contains(&kind) {
            Outcome::Illegal(self.rule(kind))
        } else if passes_on && to == self.lies_with {
            Outcome::Illegal("complaint.to-itself")
        } else {
            Outcome::Made
        }
    }

    fn rule(&self, kind: MoveKind) -> &'static str {
        match (self.state, kind) {
            ("received", MoveKind::Forward) => "complaint.forwards",
            ("received", MoveKind::Assign) => "complaint.assignments",
            _ => "complaint.state",
        }
    }

    /// Follows a move that was made. The person does not wait longer because it is passed on.
    pub(crate) fn take(&mut self, kind: MoveKind, to: Desk) {
        match kind {
            MoveKind::Forward => {
                self.forwards += 1;
                self.lies_with = to;
            }
            MoveKind::Assign => {
                self.assignments += 1;
                self.lies_with = to;
            }
            MoveKind::Answer => self.state = "answered",
            MoveKind::Close => self.state = "closed",
            MoveKind::Withdraw => self.state = "withdrawn",
        }
        self.clock.ended = self.state != "received";
    }
}
