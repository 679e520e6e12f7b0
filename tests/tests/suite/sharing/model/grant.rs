//! What a grant should allow in each phase of its life, to whom, and by which rule it refuses the rest.

use domain::grant::GrantStep;
use jiff::civil::Date;

use crate::sharing::cast::Who;
use crate::sharing::model::{Desk, ModelClock, Outcome, begin_anew, is_new};

/// How far it has come: more than its state's word says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    Active,
    /// Stopped, and nothing is to be put right.
    Suspended,
    /// The consumer has to put a misuse right.
    Ordered,
    /// What the consumer reported waits to be judged.
    Reported,
    /// The last report was rejected too.
    UsedUp,
    Over,
    /// Over, and it was said what became of the data.
    Disposed,
}

/// Those that a few grants reach already; the last report is seldom rejected.
pub(crate) const PHASES: [Phase; 6] = [
    Phase::Active,
    Phase::Suspended,
    Phase::Ordered,
    Phase::Reported,
    Phase::Over,
    Phase::Disposed,
];

/// The rules that forbid a step, but for that of the sixth report.
pub(crate) const RULES: [&str; 5] = [
    "grant.state",
    "grant.second-person",
    "grant.report-first",
    "grant.report-open",
    "grant.disposal-once",
];

/// Reports on one order.
const REPORTS: usize = 5;

/// A grant, as it should be.
#[derive(Clone, Debug)]
pub(crate) struct Picture {
    pub(crate) phase: Phase,
    /// The word of its state.
    pub(crate) word: &'static str,
    suspended_by: Option<Who>,
    ordered_by: Option<Who>,
    reports: usize,
}

impl Picture {
    /// Of one that was just agreed on.
    pub(crate) fn new() -> Self {
        Self {
            phase: Phase::Active,
            word: "active",
            suspended_by: None,
            ordered_by: None,
            reports: 0,
        }
    }

    /// The steps that it allows, in the order of a grant's life.
    pub(crate) fn legal(&self) -> &'static [GrantStep] {
        use GrantStep::{Dispose, Narrow, Order, Reject, Report, Resume, Revoke, Suspend};
        match self.phase {
            Phase::Active => &[Narrow, Suspend, Order, Revoke],
            Phase::Suspended => &[Narrow, Order, Resume, Revoke],
            Phase::Ordered => &[Report, Revoke],
            Phase::Reported => &[Reject, Resume, Revoke],
            Phase::UsedUp => &[Resume, Revoke],
            Phase::Over => &[Dispose],
            Phase::Disposed => &[],
        }
    }

    pub(crate) fn is_over(&self) -> bool {
        matches!(self.phase, Phase::Over | Phase::Disposed)
    }

    /// Whether nothing of it changes before a misuse is put right.
    pub(crate) fn is_ordered(&self) -> bool {
        self.ordered_by.is_some()
    }

    /// What should come of a step, where what is said with it is not at fault.
    pub(crate) fn outcome(&self, step: GrantStep, who: Who) -> Outcome {
        if !self.legal().contains(&step) {
            return Outcome::Illegal(self.rule(step));
        }
        let acted = [self.suspended_by, self.ordered_by].contains(&Some(who));
        match step {
            GrantStep::Resume if acted => Outcome::SecondPerson("grant.second-person"),
            _ => Outcome::Made,
        }
    }

    fn rule(&self, step: GrantStep) -> &'static str {
        match (self.phase, step) {
            (Phase::Ordered, GrantStep::Reject | GrantStep::Resume)
            | (Phase::UsedUp, GrantStep::Reject) => "grant.report-first",
            (Phase::Reported, GrantStep::Report) => "grant.report-open",
            (Phase::UsedUp, GrantStep::Report) => "grant.reports",
            (Phase::Disposed, GrantStep::Dispose) => "grant.disposal-once",
            _ => "grant.state",
        }
    }

    /// Follows a step that was taken.
    pub(crate) fn take(&mut self, step: GrantStep, who: Who) {
        match step {
            GrantStep::Narrow => {}
            GrantStep::Suspend => {
                self.stop(who);
                self.phase = Phase::Suspended;
            }
            GrantStep::Order => {
                self.stop(who);
                self.ordered_by = Some(who);
                self.phase = Phase::Ordered;
            }
            GrantStep::Report => {
                self.reports += 1;
                self.phase = Phase::Reported;
            }
            GrantStep::Reject if self.reports == REPORTS => self.phase = Phase::UsedUp,
            GrantStep::Reject => self.phase = Phase::Ordered,
            GrantStep::Resume => *self = Self::new(),
            GrantStep::Revoke => self.end("revoked"),
            GrantStep::Dispose => self.phase = Phase::Disposed,
        }
    }

    /// One that is suspended stays so by who suspended it.
    fn stop(&mut self, who: Who) {
        self.suspended_by.get_or_insert(who);
        self.word = "suspended";
    }

    /// It is over.
    pub(crate) fn end(&mut self, word: &'static str) {
        *self = Self {
            phase: Phase::Over,
            word,
            ..Self::new()
        };
    }
}

/// Whose step it is: in this simulation the competent department uses the data itself, so that the provider alone watches
/// over its use.
pub(crate) fn may(step: GrantStep, who: Who) -> Option<Outcome> {
    let own = match step {
        GrantStep::Narrow => {
            return (Desk::of(who) == Desk::Stranger).then_some(Outcome::Unknown);
        }
        GrantStep::Report | GrantStep::Dispose => Desk::Consumer,
        GrantStep::Suspend
        | GrantStep::Order
        | GrantStep::Reject
        | GrantStep::Resume
        | GrantStep::Revoke => Desk::Provider,
    };
    (Desk::of(who) != own).then_some(Outcome::WrongRole)
}

/// The provider has to share what was agreed to (Order 809 art. 22), and in this simulation never does.
pub(crate) fn share(today: Date) -> ModelClock {
    ModelClock::begin("SHARE", today, is_new(today).then_some(20))
}

/// Moves the clocks of a grant with a step; `until` is what whoever orders has set.
pub(crate) fn move_clocks(
    clocks: &mut Vec<ModelClock>,
    (step, until): (GrantStep, Option<Date>),
    today: Date,
) {
    let last = |clocks: &mut Vec<ModelClock>, change: fn(&mut ModelClock, Date)| {
        let order = clocks.iter_mut().rfind(|clock| clock.rule == "RECTIFY");
        order.into_iter().for_each(|clock| change(clock, today));
    };
    match step {
        GrantStep::Order | GrantStep::Reject => {
            begin_anew(clocks, ModelClock::until("RECTIFY", today, until));
        }
        GrantStep::Report => last(clocks, ModelClock::pause),
        GrantStep::Resume => last(clocks, |clock, _| clock.ended = true),
        GrantStep::Revoke => clocks.iter_mut().for_each(|clock| clock.ended = true),
        GrantStep::Narrow | GrantStep::Suspend | GrantStep::Dispose => {}
    }
}
