//! Regimes 规则版本: dated sets of legal limits, and the due dates that follow from them.
//!
//! An event is judged by the regime in force on its date (DESIGN §6): what was received in 2022 is
//! due by 国发〔2016〕51号, not by the regulation of 2025. Where a regime sets no number, the answer
//! is an error that says so.

mod rule;
mod seed;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use crate::calendar::{CalendarError, WorkCalendar};
use crate::clock::Clock;
use crate::policy::shaoyang_date;
use crate::reference::{Faults, SeedText};

pub use rule::{Rule, UnknownRule};

/// All regimes, by date.
#[derive(Clone, Debug)]
pub struct Regimes {
    /// Ascending by `from`.
    regimes: Vec<Regime>,
}

/// One dated set of limits, in force until the next one begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Regime {
    /// Such as `CN-2025-809`.
    pub id: String,
    /// The Chinese name of the document.
    pub name: String,
    /// Its number.
    pub document: String,
    /// The first day it is in force.
    pub from: Date,
    /// One limit for each [`Rule`].
    pub limits: Vec<RegimeLimit>,
}

/// What one regime says about one rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegimeLimit {
    /// The rule.
    pub rule: Rule,
    /// The number, or why there is none.
    pub limit: Limit,
    /// Further working days that may be granted.
    pub extension: Option<Extension>,
    /// The article, without the word.
    pub article: String,
    /// The document it stands in.
    pub source: String,
    /// Not read in the text of the law: shown wherever the date is shown.
    pub assumed: bool,
}

/// How long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Working days after the day of receipt, which is day 0.
    WorkingDays(u16),
    /// Calendar days: a term of keeping.
    Days(u16),
    /// Calendar years: a term of keeping.
    Years(u16),
    /// Minutes, counted from the moment itself: the term of a link.
    Minutes(u16),
    /// The regime sets no number, and why.
    Unset(String),
}

/// A longer limit under conditions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extension {
    /// Working days beyond the limit, at most.
    pub working_days: u16,
    /// What must be on file; with one of them missing the first limit stands.
    pub needs: Vec<String>,
}

/// A due date and what it rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// The rule asked for.
    pub rule: Rule,
    /// The day of receipt, day 0.
    pub received: Date,
    /// The last day in time; for a term of keeping, the day it ends.
    pub date: Date,
    /// The id of the regime in force on the day of receipt.
    pub regime: String,
    /// The number of its document.
    pub document: String,
    /// The article.
    pub article: String,
    /// The limit that was counted.
    pub limit: Limit,
    /// The extension the regime allows, not counted in `date`.
    pub extension: Option<Extension>,
    /// Whether number or article are assumed rather than read.
    pub assumed: bool,
}

/// Why there is no due date.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DueError {
    /// The event is older than the oldest regime.
    #[error("no regime was in force on {received}: the first one, {first}, begins on {begins}")]
    NoRegime {
        /// The date of the event.
        received: Date,
        /// The id of the oldest regime.
        first: String,
        /// Its first day.
        begins: Date,
    },
    /// The regime sets no number for the rule.
    #[error(
        "{regime} sets no limit for {rule} (article {article}): {why}; a city that has fixed one \
         adds it to seeds/regimes.toml"
    )]
    NoLimit {
        /// The regime in force.
        regime: String,
        /// The rule.
        rule: Rule,
        /// The article that would have set it.
        article: String,
        /// Why there is none.
        why: String,
    },
    /// The working-day calendar does not reach that far.
    #[error(transparent)]
    Calendar(#[from] CalendarError),
    /// The term ends after the last date there is.
    #[error("{term} after {received} there is no date")]
    EndOfTime {
        /// The date of the event.
        received: Date,
        /// The term.
        term: String,
    },
}

// === impl Regimes ===

impl Regimes {
    /// The regime in force on a date.
    ///
    /// # Errors
    /// [`DueError::NoRegime`] before the first one.
    pub fn at(&self, date: Date) -> Result<&Regime, DueError> {
        let in_force = self.regimes.iter().rev().find(|regime| regime.from <= date);
        in_force.ok_or_else(|| {
            let first = self.regimes.first();
            DueError::NoRegime {
                received: date,
                first: first.map(|regime| regime.id.clone()).unwrap_or_default(),
                begins: first.map_or(date, |regime| regime.from),
            }
        })
    }

    /// All regimes, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &Regime> {
        self.regimes.iter()
    }

    /// When something received on a date is due.
    ///
    /// # Errors
    /// [`DueError::NoRegime`], [`DueError::NoLimit`], [`DueError::Calendar`] when the count leaves
    /// the loaded years.
    pub fn due(
        &self,
        rule: Rule,
        received: Date,
        calendar: &WorkCalendar,
    ) -> Result<Due, DueError> {
        let regime = self.at(received)?;
        let row = regime.limit(rule)?;
        let date = match &row.limit {
            Limit::WorkingDays(days) => calendar.add_working_days(received, *days)?,
            Limit::Days(days) => add_days(received, *days)?,
            Limit::Years(years) => add_years(received, *years)?,
            Limit::Minutes(_) => received,
            Limit::Unset(why) => return Err(regime.no_limit(rule, &row.article, why)),
        };
        Ok(Due {
            rule,
            received,
            date,
            regime: regime.id.clone(),
            document: regime.document.clone(),
            article: row.article.clone(),
            limit: row.limit.clone(),
            extension: row.extension.clone(),
            assumed: row.assumed,
        })
    }

    /// The clock of what was received at a moment, counted from a day. Where the regime of that day sets no number, it
    /// has no last day: no deadline is a fact, not a fault. Where the count leaves the loaded years, its last day is not
    /// known yet.
    ///
    /// # Errors
    /// [`DueError::NoRegime`], [`DueError::EndOfTime`].
    pub fn clock(
        &self,
        rule: Rule,
        day: Date,
        received: Timestamp,
        calendar: &WorkCalendar,
    ) -> Result<Clock, DueError> {
        let mut clock = match self.due(rule, day, calendar) {
            Ok(due) => {
                let by = format!("{} {rule} {}", due.regime, due.article);
                Clock::new(received, Some(due.date), by)
            }
            Err(DueError::Calendar(error)) => {
                let (regime, year) = (&self.at(day)?.id, error.year());
                let by =
                    format!("{regime} {rule}: the notice of working days for {year} is missing");
                let mut clock = Clock::new(received, None, by);
                clock.missing_notice = Some(year);
                clock
            }
            Err(DueError::NoLimit { .. }) => {
                Clock::new(received, None, format!("{rule} sets no limit"))
            }
            Err(error) => return Err(error),
        };
        clock.counted_from = (day != shaoyang_date(received)).then_some(day);
        Ok(clock)
    }

    /// The clock of what somebody else sets the last day of, where the rule leaves that to them.
    ///
    /// # Errors
    /// [`DueError::NoRegime`] before the first one.
    pub fn clock_until(
        &self,
        rule: Rule,
        until: Date,
        received: Timestamp,
    ) -> Result<Clock, DueError> {
        let regime = self.at(shaoyang_date(received))?;
        let row = regime.limits.iter().find(|row| row.rule == rule);
        let article = row.map_or("", |row| row.article.as_str());
        let by = format!("{} {rule} {article}", regime.id);
        Ok(Clock::new(received, Some(until), by))
    }

    /// By how much a limit may be made longer, by the regime of a day; none where it may not.
    pub fn extension(&self, rule: Rule, day: Date) -> Option<&Extension> {
        let row = self.at(day).ok()?.limit(rule).ok()?;
        row.extension.as_ref()
    }

    /// How many minutes something of a day may be used, by which regime, and whether that is assumed.
    ///
    /// # Errors
    /// [`DueError::NoRegime`], [`DueError::NoLimit`] also where the limit is no number of minutes.
    pub fn minutes(&self, rule: Rule, day: Date) -> Result<(u16, &str, bool), DueError> {
        let regime = self.at(day)?;
        let row = regime.limit(rule)?;
        match &row.limit {
            Limit::Minutes(minutes) => Ok((*minutes, &regime.id, row.assumed)),
            Limit::Unset(why) => Err(regime.no_limit(rule, &row.article, why)),
            Limit::WorkingDays(_) | Limit::Days(_) | Limit::Years(_) => {
                Err(regime.no_limit(rule, &row.article, "its limit is one of days"))
            }
        }
    }

    /// Reads `seeds/regimes.toml`.
    pub(crate) fn parse(seed: SeedText<'_>) -> Result<Self, Faults> {
        seed::read(seed)
    }
}

impl Regime {
    fn limit(&self, rule: Rule) -> Result<&RegimeLimit, DueError> {
        let row = self.limits.iter().find(|row| row.rule == rule);
        row.ok_or_else(|| self.no_limit(rule, "", "it does not name the rule"))
    }

    fn no_limit(&self, rule: Rule, article: &str, why: &str) -> DueError {
        DueError::NoLimit {
            regime: self.id.clone(),
            rule,
            article: article.to_owned(),
            why: why.to_owned(),
        }
    }
}

// === impl Due ===

impl Due {
    /// The last day once the extension is granted; `None` where the regime allows none.
    ///
    /// # Errors
    /// [`DueError::Calendar`] when the count leaves the loaded years.
    pub fn extended(&self, calendar: &WorkCalendar) -> Result<Option<Date>, DueError> {
        let Some(extension) = &self.extension else {
            return Ok(None);
        };
        Ok(Some(
            calendar.add_working_days(self.date, extension.working_days)?,
        ))
    }
}

fn add_years(received: Date, years: u16) -> Result<Date, DueError> {
    let span = i32::from(years).years();
    let term = format!("{years} years");
    received
        .checked_add(span)
        .map_err(|_| DueError::EndOfTime { received, term })
}

fn add_days(received: Date, days: u16) -> Result<Date, DueError> {
    let span = i32::from(days).days();
    let term = format!("{days} days");
    received
        .checked_add(span)
        .map_err(|_| DueError::EndOfTime { received, term })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;
    use crate::reference::EMBEDDED;

    fn due(rule: Rule, received: Date) -> Result<Due, DueError> {
        EMBEDDED.regimes.due(rule, received, &EMBEDDED.calendar)
    }

    #[test]
    fn an_event_is_judged_by_the_regime_of_its_date() {
        let before = due(Rule::CatalogueUpdate, date(2025, 7, 31)).unwrap();
        assert_eq!(
            (before.regime.as_str(), before.article.as_str()),
            ("CN-2016-51", "8")
        );
        assert_eq!(before.limit, Limit::WorkingDays(15));
        let after = due(Rule::CatalogueUpdate, date(2025, 8, 1)).unwrap();
        assert_eq!(
            (after.regime.as_str(), after.article.as_str()),
            ("CN-2025-809", "17")
        );
        assert_eq!(after.limit, Limit::WorkingDays(10));
    }

    #[test]
    fn order_809_has_the_numbers_that_were_read() {
        let received = date(2026, 3, 2);
        let cases = [
            (Rule::CatalogueUpdate, date(2026, 3, 16)),
            (Rule::CatalogueReview, date(2026, 3, 4)),
            (Rule::AnswerUnconditional, date(2026, 3, 3)),
            (Rule::AnswerConditional, date(2026, 3, 16)),
            (Rule::Share, date(2026, 3, 30)),
            (Rule::Correct, date(2026, 3, 16)),
            (Rule::KeepRecords, date(2029, 3, 2)),
        ];
        for (rule, expected) in cases {
            let due = due(rule, received).unwrap();
            assert_eq!((due.date, due.assumed), (expected, false), "{rule}");
        }
    }

    #[test]
    fn what_rests_on_memory_says_so() {
        let due = due(Rule::AnswerConditional, date(2022, 9, 26)).unwrap();
        assert_eq!((due.date, due.assumed), (date(2022, 10, 13), true));
    }

    #[test]
    fn the_regime_of_2016_sets_no_limit_for_sharing_and_correction() {
        for rule in [Rule::Share, Rule::Correct, Rule::KeepRecords] {
            let error = due(rule, date(2022, 6, 1)).unwrap_err();
            assert!(matches!(error, DueError::NoLimit { .. }), "{rule}: {error}");
            assert!(
                error.to_string().contains("CN-2016-51 sets no limit for"),
                "{error}"
            );
        }
    }

    #[test]
    fn an_extension_is_told_but_not_counted() {
        let answer = due(Rule::AnswerConditional, date(2026, 3, 2)).unwrap();
        assert_eq!(answer.extension.as_ref().unwrap().needs.len(), 2);
        assert_eq!(
            answer.extended(&EMBEDDED.calendar),
            Ok(Some(date(2026, 3, 30)))
        );
        let share = due(Rule::Share, date(2026, 3, 2)).unwrap();
        assert_eq!(share.extended(&EMBEDDED.calendar), Ok(None));
    }

    #[test]
    fn before_the_first_regime_and_past_the_calendar_there_is_no_date() {
        let files = due(Rule::KeepFiles, date(2022, 6, 1)).unwrap();
        assert_eq!((files.date, files.assumed), (date(2022, 7, 1), true));
        let error = due(Rule::Share, date(2016, 9, 4)).unwrap_err();
        assert!(matches!(error, DueError::NoRegime { .. }));
        let error = due(Rule::Share, date(2026, 12, 20)).unwrap_err();
        assert!(error.to_string().contains("notice for 2027"), "{error}");
    }

    proptest! {
        #[test]
        fn a_due_date_never_falls_on_a_day_off(n in 0..1700_i32, rule in 0..7_usize) {
            let received = date(2022, 1, 1) + jiff::Span::new().days(n);
            let due = EMBEDDED.regimes.due(Rule::ALL[rule], received, &EMBEDDED.calendar);
            if let Ok(due) = due {
                prop_assert_eq!(EMBEDDED.calendar.is_working_day(due.date), Ok(true));
                prop_assert!(due.date >= received);
            }
        }
    }
}
