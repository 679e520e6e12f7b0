//! Clocks 时限: by when somebody has to act, by the regime in force on the day it began.
//!
//! One mechanism for everything that has a last day: answers to applications, reviews of the catalogue, demands,
//! provision, corrections, disputes. A clock is part of what it runs for; it can stand still for a reason and be made
//! longer where the law allows that. Beside it the gateway keeps which [`cards`](card) it has earned ([`kept`]).

pub mod card;
pub mod kept;

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

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;
    use crate::reference::{EMBEDDED, Reference, ReferenceFiles, SeedText};
    use crate::test_world::at;

    fn law() -> Law<'static> {
        Law {
            regimes: &EMBEDDED.regimes,
            calendar: &EMBEDDED.calendar,
        }
    }

    /// Noon in Shaoyang.
    fn noon(day: Date) -> Timestamp {
        at(&format!("{day}T04:00:00Z"))
    }

    fn answer(received: Date) -> Clock {
        law()
            .begin(Rule::AnswerConditional, noon(received))
            .unwrap()
    }

    #[test]
    fn it_knows_the_rule_that_set_it() {
        let clock = answer(date(2026, 3, 2));
        assert_eq!(clock.rule_of_regime(), Some(Rule::AnswerConditional));
        let unlimited = law()
            .begin(Rule::Share, at("2022-06-01T04:00:00Z"))
            .unwrap();
        assert_eq!(
            (unlimited.due, unlimited.rule_of_regime()),
            (None, Some(Rule::Share))
        );
    }

    #[test]
    fn the_day_begins_at_midnight_in_shaoyang() {
        // 23:59:59 and 00:00:00 there are 15:59:59 and 16:00:00 of the day before in UTC.
        let late = law()
            .begin(Rule::AnswerConditional, at("2026-03-02T15:59:59Z"))
            .unwrap();
        let next = law()
            .begin(Rule::AnswerConditional, at("2026-03-02T16:00:00Z"))
            .unwrap();
        assert_eq!(
            (late.due, next.due),
            (Some(date(2026, 3, 16)), Some(date(2026, 3, 17)))
        );
    }

    #[test]
    fn what_was_left_is_counted_again_after_a_pause() {
        let calendar = &EMBEDDED.calendar;
        // Ten working days from Monday, 2 March 2026: Monday the 16th.
        for (case, stopped, resumed, due) in [
            (
                "over a weekend",
                date(2026, 3, 6),
                date(2026, 3, 9),
                date(2026, 3, 17),
            ),
            (
                "for a week",
                date(2026, 3, 4),
                date(2026, 3, 11),
                date(2026, 3, 23),
            ),
            (
                "the same day",
                date(2026, 3, 4),
                date(2026, 3, 4),
                date(2026, 3, 16),
            ),
            (
                "on its first day",
                date(2026, 3, 2),
                date(2026, 3, 3),
                date(2026, 3, 17),
            ),
            (
                "on its last day",
                date(2026, 3, 16),
                date(2026, 3, 18),
                date(2026, 3, 18),
            ),
            (
                "until a day off",
                date(2026, 3, 16),
                date(2026, 3, 21),
                date(2026, 3, 23),
            ),
            // The holiday of 3 May 2026 to 5 May, with 9 May worked.
            (
                "into the holidays",
                date(2026, 3, 13),
                date(2026, 4, 30),
                date(2026, 5, 6),
            ),
        ] {
            let clock = answer(date(2026, 3, 2));
            let paused = clock.pause(noon(stopped), "material");
            assert!(!paused.is_overdue(date(2026, 12, 31)), "{case}");
            let runs = paused.resume(noon(resumed), calendar);
            assert_eq!(runs.due, Some(due), "{case}");
            assert!(
                runs.paused().is_none() && runs.is_overdue(due.tomorrow().unwrap()),
                "{case}"
            );
        }
    }

    #[test]
    fn a_pause_does_not_bring_a_last_day_back() {
        let clock = answer(date(2026, 3, 2)).pause(noon(date(2026, 3, 17)), "an offer");
        let runs = clock.resume(noon(date(2026, 3, 30)), &EMBEDDED.calendar);
        assert_eq!(runs.due, Some(date(2026, 3, 16)));
        assert!(runs.is_overdue(date(2026, 3, 17)));
    }

    #[test]
    fn an_extension_is_counted_behind_the_last_day() {
        let clock = answer(date(2026, 3, 2)).extend(10, noon(date(2026, 3, 3)), &EMBEDDED.calendar);
        assert_eq!(
            (clock.due, clock.extended),
            (Some(date(2026, 3, 30)), Some(10))
        );
    }

    /// The calendar with a notice for 2027 that is made up: no holiday but its first day.
    fn later() -> Reference {
        let text = include_str!("../../../seeds/calendar.toml");
        let more = "\n[[notice]]\nyear = 2027\nsource = \"made up for a test\"\noff = [\"2027-01-01\"]\nwork = []\n";
        let file = |file, text| SeedText { file, text };
        Reference::parse(ReferenceFiles {
            regions: file("regions", include_str!("../../../seeds/regions.toml")),
            calendar: file("calendar", &format!("{text}{more}")),
            regimes: file("regimes", include_str!("../../../seeds/regimes.toml")),
            uscc_kinds: file("kinds", include_str!("../../../seeds/uscc-kinds.toml")),
        })
        .unwrap()
    }

    #[test]
    fn past_the_calendar_the_last_day_is_not_known_until_its_notice_is_loaded() {
        let later = later();
        let law_of_later = Law {
            regimes: &later.regimes,
            calendar: &later.calendar,
        };
        let calendar = &EMBEDDED.calendar;
        let (december, january) = (date(2026, 12, 21), date(2027, 1, 11));
        // Eight working days are left of 2026; New Year's Day is a Friday.
        let clock = answer(december);
        assert_eq!((clock.due, clock.missing_notice), (None, Some(2027)));
        assert!(!clock.is_overdue(date(2028, 1, 1)) && clock.rule.contains("for 2027 is missing"));
        assert_eq!(clock.rule_of_regime(), Some(Rule::AnswerConditional));
        assert_eq!(clock.clone().settle(law()), clock);
        let settled = clock.clone().settle(law_of_later);
        assert_eq!(
            (settled.due, settled.missing_notice),
            (Some(date(2027, 1, 5)), None)
        );
        // What happened to it meanwhile is counted then.
        let clock = clock
            .pause(noon(date(2026, 12, 31)), "material")
            .resume(noon(january), calendar);
        assert_eq!(
            clock.clone().settle(law_of_later).due,
            Some(date(2027, 1, 13))
        );
        let clock = clock.extend(3, noon(january), calendar);
        assert_eq!(clock.settle(law_of_later).due, Some(date(2027, 1, 18)));
        // One that was known, and goes on into that year.
        let clock = answer(date(2026, 12, 10)).pause(noon(date(2026, 12, 11)), "offer");
        let clock = clock.resume(noon(date(2026, 12, 30)), calendar);
        assert_eq!((clock.due, clock.missing_notice), (None, Some(2027)));
        assert_eq!(clock.settle(law_of_later).due, Some(date(2027, 1, 13)));
    }

    #[test]
    fn a_clock_settles_as_it_would_have_run_with_the_whole_calendar() {
        let later = later();
        let whole = Law {
            regimes: &later.regimes,
            calendar: &later.calendar,
        };
        let day = |n: i32| date(2026, 12, 1) + jiff::Span::new().days(n);
        for begin in 0..31 {
            for (stop, resume, longer) in
                [(2, 9, 1), (5, 30, 4), (12, 40, 3), (3, 8, 20), (20, 45, 2)]
            {
                // The longer time counts before the pause, or after it.
                let play = |law: Law<'_>| {
                    let received = noon(day(begin));
                    let mut clock = law.begin(Rule::AnswerConditional, received).unwrap();
                    let extend =
                        |clock: Clock| clock.extend(10, noon(day(begin + longer)), law.calendar);
                    if longer <= stop {
                        clock = extend(clock);
                    }
                    clock = clock.pause(noon(day(begin + stop)), "material");
                    clock = clock.resume(noon(day(begin + resume)), law.calendar);
                    if longer > stop { extend(clock) } else { clock }
                };
                let (known, settled) = (play(whole), play(law()).settle(whole));
                assert_eq!(settled.due, known.due, "{begin} {stop} {resume} {longer}");
            }
        }
    }

    #[test]
    fn a_clock_of_before_is_read() {
        let text = r#"{"received":"2026-03-02T04:00:00Z","due":"2026-03-16","rule":"CN-2025-809 APP-CON 21"}"#;
        let clock: Clock = serde_json::from_str(text).unwrap();
        assert_eq!(clock, answer(date(2026, 3, 2)));
        assert_eq!(serde_json::to_string(&clock).unwrap(), text);
    }

    proptest! {
        #[test]
        fn a_pause_gives_back_at_least_what_it_took(start in 0..1000_i32, stop in 0..14_i32, still in 0..40_i32) {
            let day = |n: i32| date(2022, 1, 4) + jiff::Span::new().days(n);
            let calendar = &EMBEDDED.calendar;
            let clock = answer(day(start));
            let due = clock.due.unwrap();
            let (stopped, resumed) = (day(start + stop), day(start + stop + still));
            let runs = clock.pause(noon(stopped), "x").resume(noon(resumed), calendar);
            let after = runs.due.unwrap();
            prop_assert!(after >= due);
            if stopped <= due {
                let left = calendar.working_days_between(stopped, due).unwrap();
                prop_assert!(calendar.working_days_between(resumed, after).unwrap() >= left.min(1) * left);
                prop_assert_eq!(calendar.is_working_day(after), Ok(true));
            }
        }
    }
}
