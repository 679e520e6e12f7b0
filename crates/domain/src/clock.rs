//! Clocks 时限: by when somebody has to act, by the regime in force on the day it began.
//!
//! One mechanism for everything that has a last day: answers to applications, reviews of the catalogue, demands,
//! provision, corrections, disputes. A clock is part of what it runs for; it can stand still for a reason and be made
//! longer where the law allows that. Beside it the gateway keeps which [`cards`](card) it has earned ([`kept`]).

pub mod card;
pub mod kept;
#[cfg(test)]
mod tests;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::calendar::{CalendarError, WorkCalendar};
use crate::policy::shaoyang_date;
use crate::regime::{DueError, Regimes, Rule};

/// Pauses of one clock.
pub const MOST_PAUSES: usize = 16;

/// When it began and when it ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clock {
    /// When what it counts from was received: that day is day 0.
    pub received: Timestamp,
    /// The last day in time; none where the regime sets no limit, and where `missing_notice` says why. While it stands
    /// still, the day as it was.
    pub due: Option<Date>,
    /// Regime, rule and article that set it.
    pub rule: String,
    /// When it stood still, and why; the last one may be open.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pauses: Vec<Pause>,
    /// Working days by which it was made longer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extended: Option<u16>,
    /// Since which day that counts. It does not begin to while the clock stands still: on a day of both it came first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extended_on: Option<Date>,
    /// The day it is counted from, where that is not the day of receipt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counted_from: Option<Date>,
    /// The year whose notice of working days is missing: until it is loaded nobody knows the last day, and nobody
    /// guesses it. What the clock runs for goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing_notice: Option<i16>,
}

/// A time in which a clock stands still: it waits for somebody else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// Since when.
    pub from: Timestamp,
    /// Until when; none while it lasts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// What it waits for.
    pub reason: String,
}

/// What due dates are computed by.
#[derive(Clone, Copy, Debug)]
pub struct Law<'a> {
    /// All regimes.
    pub regimes: &'a Regimes,
    /// The working days.
    pub calendar: &'a WorkCalendar,
}

impl Law<'_> {
    /// A clock that begins now, by the regime in force today.
    ///
    /// # Errors
    /// As [`Regimes::clock`].
    pub fn begin(self, rule: Rule, now: Timestamp) -> Result<Clock, DueError> {
        self.clock(rule, shaoyang_date(now), now)
    }

    /// The clock of what was received at a moment, counted from a day and by the regime of that day.
    ///
    /// # Errors
    /// As [`Regimes::clock`].
    pub fn clock(self, rule: Rule, day: Date, received: Timestamp) -> Result<Clock, DueError> {
        self.regimes.clock(rule, day, received, self.calendar)
    }
}

// === impl Pause ===

impl Pause {
    /// Whether the clock stood still on a day: on the day on which it stopped it had run.
    fn holds(&self, day: Date) -> bool {
        let until = self.until.map(shaoyang_date);
        shaoyang_date(self.from) < day && until.is_none_or(|until| day <= until)
    }

    /// The last day of a clock after this pause: while it is open, the day as it was.
    fn count(&self, due: Date, calendar: &WorkCalendar) -> Result<Date, CalendarError> {
        let stopped = shaoyang_date(self.from);
        let Some(until) = self.until.filter(|_| stopped <= due) else {
            return Ok(due);
        };
        let left = calendar.working_days_between(stopped, due)?;
        let left = u16::try_from(left).unwrap_or(u16::MAX);
        Ok(due.max(calendar.add_working_days(shaoyang_date(until), left)?))
    }
}

// === impl Clock ===

impl Clock {
    /// A clock that never stood still.
    pub fn new(received: Timestamp, due: Option<Date>, rule: impl Into<String>) -> Self {
        Self {
            received,
            due,
            rule: rule.into(),
            pauses: Vec::new(),
            extended: None,
            extended_on: None,
            counted_from: None,
            missing_notice: None,
        }
    }

    /// The day that is day 0.
    pub fn day_zero(&self) -> Date {
        self.counted_from
            .unwrap_or_else(|| shaoyang_date(self.received))
    }

    /// The rule of the regime that set it.
    pub fn rule_of_regime(&self) -> Option<Rule> {
        let mut words = self.rule.split([' ', ':']);
        words.find_map(|word| word.parse().ok())
    }

    /// Since when it stands still; none while it runs.
    pub fn paused(&self) -> Option<&Pause> {
        self.pauses.last().filter(|pause| pause.until.is_none())
    }

    /// Whether its last day has passed. One that stands still passes no day.
    pub fn is_overdue(&self, today: Date) -> bool {
        self.paused().is_none() && self.due.is_some_and(|due| due < today)
    }

    /// Stands still from now on. Of one that does already, and of one that stood still too often, nothing changes.
    #[must_use]
    pub fn pause(mut self, now: Timestamp, reason: &str) -> Self {
        if self.paused().is_none() && self.pauses.len() < MOST_PAUSES {
            self.pauses.push(Pause {
                from: now,
                until: None,
                reason: reason.to_owned(),
            });
        }
        self
    }

    /// Runs on. The working days that were left when it stopped are counted from today, which is day 0 again; a last day
    /// that had passed by then stays passed. (That waiting for others is not the provider's time: assumed.)
    #[must_use]
    pub fn resume(mut self, now: Timestamp, calendar: &WorkCalendar) -> Self {
        let Some(open) = self.pauses.last_mut().filter(|pause| pause.until.is_none()) else {
            return self;
        };
        open.until = Some(now);
        let pause = open.clone();
        self.recount(|due| pause.count(due, calendar))
    }

    /// The same with further working days behind its last one, from now on.
    #[must_use]
    pub fn extend(mut self, days: u16, now: Timestamp, calendar: &WorkCalendar) -> Self {
        self.extended = Some(self.extended.unwrap_or_default().saturating_add(days));
        self.extended_on = Some(shaoyang_date(now));
        self.recount(|due| calendar.add_working_days(due, days))
    }

    /// Finds the last day of a clock for which a notice was missing, where it is loaded now: from its beginning, with
    /// what happened to it since in its order.
    #[must_use]
    pub fn settle(self, law: Law<'_>) -> Self {
        let (Some(_), Some(rule)) = (self.missing_notice, self.rule_of_regime()) else {
            return self;
        };
        let Ok(fresh) = law.clock(rule, self.day_zero(), self.received) else {
            return self;
        };
        let calendar = law.calendar;
        let mut settled = Self {
            due: fresh.due,
            rule: fresh.rule,
            missing_notice: fresh.missing_notice,
            ..self
        };
        let mut longer = settled.extended.zip(settled.extended_on);
        for pause in settled.pauses.clone() {
            if let Some((days, _)) =
                longer.take_if(|(_, since)| *since <= shaoyang_date(pause.from))
            {
                settled = settled.recount(|due| calendar.add_working_days(due, days));
            }
            settled = settled.recount(|due| pause.count(due, calendar));
        }
        match longer {
            Some((days, _)) => settled.recount(|due| calendar.add_working_days(due, days)),
            None => settled,
        }
    }

    /// The `n`-th working day after its last one on which it ran: days on which it stood still do not count. None where
    /// it stands still before that.
    ///
    /// # Errors
    /// [`CalendarError`] when the count leaves the loaded years.
    pub fn days_late(
        &self,
        due: Date,
        n: u16,
        calendar: &WorkCalendar,
    ) -> Result<Option<Date>, CalendarError> {
        let (mut day, mut counted) = (due, 0);
        while counted < n {
            day = day.tomorrow().map_err(|_| CalendarError::EndOfTime(day))?;
            if self
                .paused()
                .is_some_and(|open| shaoyang_date(open.from) < day)
            {
                return Ok(None);
            }
            let still = self.pauses.iter().any(|pause| pause.holds(day));
            counted += u16::from(!still && calendar.is_working_day(day)?);
        }
        Ok(Some(day))
    }

    /// Moves the last day, where there is one; where the count leaves the loaded years, nobody knows it any more.
    fn recount(mut self, count: impl FnOnce(Date) -> Result<Date, CalendarError>) -> Self {
        let Some(due) = self.due else {
            return self;
        };
        match count(due) {
            Ok(due) => self.due = Some(due),
            Err(error) => {
                self.due = None;
                self.missing_notice = Some(error.year());
            }
        }
        self
    }

    /// What it ran for was done: a pause that lasts ends with it.
    #[must_use]
    pub fn stopped(mut self, now: Timestamp) -> Self {
        if let Some(open) = self.pauses.last_mut().filter(|pause| pause.until.is_none()) {
            open.until = Some(now);
        }
        self
    }
}
