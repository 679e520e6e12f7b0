//! What a dispute should allow at each of its three levels, to which party, and by which rule it refuses the rest.

use domain::dispute::MoveKind;
use jiff::civil::Date;

use crate::sharing::cast::Who;
use crate::sharing::model::{Desk, ModelClock, Outcome};

/// Each word of its state.
pub(crate) const STATES: [&str; 7] = [
    "negotiating",
    "coordinating",
    "coordinated",
    "deciding",
    "settled",
    "decided",
    "withdrawn",
];

/// The rules that forbid a move, but for those of the tenth proposal and of a decision that stands by then.
pub(crate) const RULES: [&str; 6] = [
    "dispute.state",
    "dispute.open-proposal",
    "dispute.nothing-proposed",
    "dispute.other-party",
    "dispute.negotiate-first",
    "dispute.said-already",
];

/// Proposals within one dispute.
const PROPOSALS: usize = 10;

/// A dispute, as it should be.
#[derive(Clone, Debug)]
pub(crate) struct Picture {
    pub(crate) state: &'static str,
    /// Who raised it.
    raiser: Desk,
    /// Whose proposal lies open.
    open: Option<Desk>,
    proposals: usize,
    /// Whether one was declined.
    declined: bool,
    /// Who says that negotiation failed.
    given_up: Vec<Desk>,
    pub(crate) clocks: Vec<ModelClock>,
}

impl Picture {
    /// Of one that was just raised.
    pub(crate) fn new(raiser: Desk, today: Date) -> Self {
        Self {
            state: "negotiating",
            raiser,
            open: None,
            proposals: 0,
            declined: false,
            given_up: Vec::new(),
            clocks: vec![ModelClock::begin("DISP-1", today, Some(10))],
        }
    }

    pub(crate) fn is_open(&self) -> bool {
        matches!(
            self.state,
            "negotiating" | "coordinating" | "coordinated" | "deciding"
        )
    }

    pub(crate) fn is_raised_by(&self, desk: Desk) -> bool {
        self.raiser == desk
    }

    /// The last day for what has to be done now.
    pub(crate) fn due(&self) -> Option<Date> {
        self.clocks.last().and_then(|clock| clock.due)
    }

    fn is_late(&self, today: Date) -> bool {
        self.due().is_some_and(|due| due < today)
    }

    /// The moves that it allows, in the order of a dispute's life.
    pub(crate) fn legal(&self, today: Date) -> Vec<MoveKind> {
        let lies_open = self.open.is_some();
        let talks = [
            (MoveKind::Propose, !lies_open && self.proposals < PROPOSALS),
            (MoveKind::Accept, lies_open),
            (MoveKind::Decline, lies_open),
            (MoveKind::GiveUp, !lies_open && self.given_up.len() < 2),
            (MoveKind::Escalate, self.has_failed(today)),
            (MoveKind::Withdraw, true),
        ];
        match self.state {
            "negotiating" => {
                let allowed = talks.into_iter().filter(|(_, allowed)| *allowed);
                allowed.map(|(kind, _)| kind).collect()
            }
            "coordinating" => vec![MoveKind::Decide, MoveKind::Withdraw],
            "coordinated" if !self.is_late(today) => vec![MoveKind::Escalate],
            "deciding" => vec![MoveKind::Decide],
            _ => Vec::new(),
        }
    }

    /// Whether the parties have talked enough.
    fn has_failed(&self, today: Date) -> bool {
        let was_declined = self.declined && self.open.is_none();
        was_declined || self.given_up.len() == 2 || self.is_late(today)
    }

    /// What should come of a move, where what is said with it is not at fault.
    pub(crate) fn outcome(&self, kind: MoveKind, who: Who, today: Date) -> Outcome {
        if !self.legal(today).contains(&kind) {
            return Outcome::Illegal(self.rule(kind));
        }
        let desk = Desk::of(who);
        match kind {
            MoveKind::Accept | MoveKind::Decline if self.open == Some(desk) => {
                Outcome::Illegal("dispute.other-party")
            }
            MoveKind::GiveUp if self.given_up.contains(&desk) => {
                Outcome::Illegal("dispute.said-already")
            }
            _ => Outcome::Made,
        }
    }

    fn rule(&self, kind: MoveKind) -> &'static str {
        let lies_open = self.open.is_some();
        match (self.state, kind) {
            ("negotiating", MoveKind::Propose | MoveKind::GiveUp) if lies_open => {
                "dispute.open-proposal"
            }
            ("negotiating", MoveKind::Propose) => "dispute.proposals",
            ("negotiating", MoveKind::GiveUp) => "dispute.said-already",
            ("negotiating", MoveKind::Accept | MoveKind::Decline) => "dispute.nothing-proposed",
            ("negotiating", MoveKind::Escalate) => "dispute.negotiate-first",
            ("coordinated", MoveKind::Escalate) => "dispute.in-time",
            _ => "dispute.state",
        }
    }

    /// Whose move it is: the competent department is a party itself in this simulation.
    pub(crate) fn may(&self, kind: MoveKind, who: Who) -> Option<Outcome> {
        let desk = Desk::of(who);
        match kind {
            MoveKind::Decide => (desk != Desk::Consumer).then_some(Outcome::WrongRole),
            _ if desk == Desk::Stranger => Some(Outcome::Unknown),
            MoveKind::Withdraw => (desk != self.raiser).then_some(Outcome::WrongRole),
            _ => None,
        }
    }

    /// Follows a move that was made.
    pub(crate) fn take(&mut self, kind: MoveKind, who: Who, today: Date) {
        let desk = Desk::of(who);
        match kind {
            MoveKind::Propose => {
                self.given_up.clear();
                self.proposals += 1;
                self.open = Some(desk);
            }
            MoveKind::Accept => self.end("settled"),
            MoveKind::Decline => {
                self.open = None;
                self.declined = true;
            }
            MoveKind::GiveUp => self.given_up.push(desk),
            MoveKind::Escalate if self.state == "negotiating" => {
                self.go_on("coordinating", ModelClock::begin("DISP-2", today, Some(10)));
            }
            MoveKind::Escalate => {
                self.go_on("deciding", ModelClock::begin("DISP-3", today, Some(20)));
            }
            MoveKind::Decide if self.state == "coordinating" => {
                self.go_on(
                    "coordinated",
                    ModelClock::begin("DISP-ESC", today, Some(10)),
                );
            }
            MoveKind::Decide => self.end("decided"),
            MoveKind::Withdraw => self.end("withdrawn"),
        }
    }

    /// Nobody took the decision further in time: it stands. Whether it does from today on.
    pub(crate) fn stands(&mut self, today: Date) -> bool {
        let stands = self.state == "coordinated" && self.is_late(today);
        if stands {
            self.end("decided");
        }
        stands
    }

    fn go_on(&mut self, state: &'static str, clock: ModelClock) {
        self.end(state);
        self.clocks.push(clock);
    }

    fn end(&mut self, state: &'static str) {
        self.state = state;
        self.clocks.iter_mut().for_each(|clock| clock.ended = true);
    }
}
