//! Why a move is not legal, and what would be.

use jiff::civil::Date;

use super::super::Application;
use super::MoveKind;
use crate::legal::LegalMoves;

/// The rule that forbids a move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MoveRule {
    /// The state does not allow it.
    State,
    /// It takes another person than the one who did this.
    SecondPerson(&'static str),
    /// What is missing is told once (Order 809 art. 21).
    MaterialOnce,
    /// While material is asked for nobody may decline (art. 21), until the applicant's last day is over.
    MaterialFirst(Option<Date>),
    /// Nobody declines for want of material that was not asked for, or that came.
    Unasked,
    /// The law that forbids to share has to be named (art. 14, 15).
    LawMissing,
    /// This is done before the last day is over; that was this day.
    InTime(&'static str, Date),
    /// A longer time is asked for once.
    ExtensionOnce,
    /// The regime of the day of receipt allows no longer time.
    NoExtension,
    /// It allows so many working days.
    ExtensionTooLong(u16),
    /// So many offers are enough.
    TooManyOffers,
}

impl MoveRule {
    /// The id in errors and explanations.
    pub fn id(&self) -> &'static str {
        match self {
            Self::State => "application.state",
            Self::SecondPerson(_) => "application.second-person",
            Self::MaterialOnce => "application.material-once",
            Self::MaterialFirst(_) => "application.material-first",
            Self::Unasked => "application.material-unasked",
            Self::LawMissing => "application.law-named",
            Self::InTime(..) => "application.in-time",
            Self::ExtensionOnce => "application.extension-once",
            Self::NoExtension => "application.extension-allowed",
            Self::ExtensionTooLong(_) => "application.extension-length",
            Self::TooManyOffers => "application.offers",
        }
    }

    /// In one sentence, and where it stands.
    fn sentence(&self) -> String {
        match self {
            Self::State => "its state does not allow it".to_owned(),
            Self::SecondPerson(who) => format!("it takes another person than the one {who}"),
            Self::MaterialOnce => {
                "everything that is missing is told once (Order 809 art. 21), and it was".to_owned()
            }
            Self::MaterialFirst(due) => {
                let until = due.map_or_else(String::new, |due| format!(" until {due}"));
                format!(
                    "the applicant was asked for material{until}; after that it may be declined on the ground that \
                     none came, and before on none (Order 809 art. 21)"
                )
            }
            Self::Unasked => {
                "this ground is for material that was asked for and did not come in time (Order 809 art. 21)"
                    .to_owned()
            }
            Self::LawMissing => {
                "name the law, administrative regulation or State Council decision that forbids to share (Order 809 \
                 art. 14)"
                    .to_owned()
            }
            Self::InTime(what, due) => format!("{what} has effect until the last day, and that was {due}"),
            Self::ExtensionOnce => "a longer time is asked for once, and it was".to_owned(),
            Self::NoExtension => {
                "the rules in force when it was received allow no longer time for this answer".to_owned()
            }
            Self::ExtensionTooLong(most) => format!("the law allows 1 to {most} working days more"),
            Self::TooManyOffers => "there were five offers of less already; approve or refuse it".to_owned(),
        }
    }
}

/// A move that is not legal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Illegal {
    /// The move.
    pub kind: MoveKind,
    /// The state, in one word.
    pub state: &'static str,
    /// The rule.
    pub rule: MoveRule,
    /// What the state allows.
    pub legal: Vec<MoveKind>,
}

impl Illegal {
    pub(super) fn of(application: &Application, kind: MoveKind, rule: MoveRule) -> Self {
        Self {
            kind,
            state: application.state.as_str(),
            rule,
            legal: application.legal(),
        }
    }

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
