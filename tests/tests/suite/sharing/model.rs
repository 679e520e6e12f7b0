//! What should come of every move, and what a clock and its cards should be by the second calendar: an account of its own,
//! that asks the product nothing.

pub(super) mod application;
pub(super) mod complaint;
pub(super) mod correction;
pub(super) mod dispute;
pub(super) mod grant;

use domain::clock::card::Level;
use jiff::civil::{Date, date};

use super::almanac;
use super::cast::Who;

/// What should come of a move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It is made.
    Made,
    /// The state does not allow it, by this rule.
    Illegal(&'static str),
    /// It takes another person, by this rule.
    SecondPerson(&'static str),
    /// It is another side's.
    WrongRole,
    /// Whoever tries it may not know of the thing.
    Unknown,
    /// What was said with it is at fault.
    Faulty,
}

impl Outcome {
    /// The rule that forbids the move, where the thing itself does.
    pub(super) fn rule(self) -> Option<&'static str> {
        match self {
            Self::Illegal(rule) | Self::SecondPerson(rule) => Some(rule),
            Self::Made | Self::WrongRole | Self::Unknown | Self::Faulty => None,
        }
    }
}

/// The department somebody is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Desk {
    /// Uses the data, and is competent for sharing.
    Consumer,
    /// Provides it.
    Provider,
    /// Neither.
    Stranger,
}

impl Desk {
    pub(super) fn of(who: Who) -> Self {
        match who {
            Who::Applicant | Who::Consenter => Self::Consumer,
            Who::Owner | Who::Second => Self::Provider,
            Who::Stranger => Self::Stranger,
        }
    }
}

/// A card that should be there: its level, its day, and the last day that it was earned by.
pub(super) type Card = (Level, Date, Date);

/// A clock as it should be.
#[derive(Clone, Debug)]
pub(super) struct ModelClock {
    /// Its rule.
    pub(super) rule: &'static str,
    /// The day from which it is counted.
    pub(super) began: Date,
    /// The last day; none where no rule sets one, or the notice is missing.
    pub(super) due: Option<Date>,
    paused: Option<Date>,
    /// Working days after the last one on which it ran.
    late: usize,
    pub(super) ended: bool,
    pub(super) cards: Vec<Card>,
}

impl ModelClock {
    pub(super) fn begin(rule: &'static str, today: Date, limit: Option<usize>) -> Self {
        let due = limit.and_then(|days| almanac::after(today, days));
        Self::until(rule, today, due)
    }

    /// One of which somebody has set the last day.
    pub(super) fn until(rule: &'static str, today: Date, due: Option<Date>) -> Self {
        Self {
            rule,
            began: today,
            due,
            paused: None,
            late: 0,
            ended: false,
            cards: Vec::new(),
        }
    }

    pub(super) fn pause(&mut self, today: Date) {
        self.paused = Some(today);
    }

    pub(super) fn resume(&mut self, today: Date) {
        let (Some(stopped), Some(due)) = (self.paused.take(), self.due) else {
            return;
        };
        if stopped <= due {
            let left = almanac::between(stopped, due);
            self.due = almanac::after(today, left).map(|later| later.max(due));
        }
    }

    pub(super) fn extend(&mut self, days: u16) {
        self.due = self.due.and_then(|due| almanac::after(due, days.into()));
    }

    /// The cards of a day, as whoever looks at each beginning of a day gives them.
    pub(super) fn look(&mut self, today: Date) {
        let Some(due) = self.running() else {
            return;
        };
        let highest = self.cards.iter().map(|card| card.0).max();
        let warned = self.cards.iter().any(|card| card.2 == due);
        let warning = almanac::before(due).filter(|day| (self.began..=today).contains(day));
        let may_warn = highest <= Some(Level::Warning) && !warned && today <= due;
        if let Some(warning) = warning.filter(|_| may_warn) {
            self.cards.push((Level::Warning, warning, due));
        }
        self.count(today);
    }

    /// What it ran for ends with the beginning of a day: nobody is warned of it any more, and what was earned by then
    /// counts.
    pub(super) fn lapse(&mut self, today: Date) {
        self.count(today);
        self.ended = true;
    }

    /// The last day, where the clock runs and earns cards: who lets the time to take a decision further pass is content.
    fn running(&self) -> Option<Date> {
        let runs = !self.ended && self.paused.is_none() && self.rule != "DISP-ESC";
        self.due.filter(|_| runs)
    }

    fn count(&mut self, today: Date) {
        let Some(due) = self.running() else {
            return;
        };
        let highest = self.cards.iter().map(|card| card.0).max();
        if due < today && almanac::is_worked(today) {
            self.late += 1;
        }
        for (level, nth) in [(Level::Yellow, 1), (Level::Red, 5)] {
            if highest < Some(level) && self.late == nth {
                self.cards.push((level, today, due));
            }
        }
    }
}

/// Puts a clock in the place of the one of its rule that runs. What begins twice at one moment is one clock.
pub(super) fn begin_anew(clocks: &mut Vec<ModelClock>, next: ModelClock) {
    let of_rule = |clock: &&mut ModelClock| clock.rule == next.rule;
    let last = clocks.iter_mut().rev().find(of_rule);
    match last {
        Some(same) if same.began == next.began => *same = next,
        Some(before) => {
            before.ended = true;
            clocks.push(next);
        }
        None => clocks.push(next),
    }
}

/// Order 809 is in force from this day on.
pub(super) fn is_new(day: Date) -> bool {
    day >= date(2025, 8, 1)
}
