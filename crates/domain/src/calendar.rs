//! Working days 工作日, by the State Council's yearly notices.
//!
//! A working day is a Monday to Friday that is no ordered holiday, or a Saturday or Sunday that is
//! ordered to be worked. The calendar knows only the years whose notices are loaded: any other
//! date is an error, never a guess (DESIGN §6).

mod seed;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, Weekday};

use crate::reference::{Faults, SeedText};

/// The loaded calendar: an unbroken run of years.
#[derive(Clone, Debug)]
pub struct WorkCalendar {
    off: BTreeSet<Date>,
    worked: BTreeSet<Date>,
    sources: BTreeMap<i16, String>,
    first: i16,
    last: i16,
}

/// What makes a date a working day or a day off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DayKind {
    /// Monday to Friday, worked.
    Weekday,
    /// Saturday or Sunday that a notice orders to be worked.
    WorkedWeekend,
    /// Saturday or Sunday, off.
    Weekend,
    /// A day off that a notice orders, whatever day of the week.
    Holiday,
}

/// Why the calendar has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// The date lies outside the loaded years.
    #[error(
        "{date} is outside the working-day calendar, which holds {first} to {last}: the State \
         Council's notice for {year} is missing; add it to seeds/calendar.toml"
    )]
    NoticeMissing {
        /// The date that was asked for, or reached by counting.
        date: Date,
        /// The year whose notice is missing.
        year: i16,
        /// First loaded year.
        first: i16,
        /// Last loaded year.
        last: i16,
    },
    /// Counting went past the first or the last of all dates.
    #[error("beyond {0} there is no date")]
    EndOfTime(Date),
}

impl CalendarError {
    /// The year whose notice is missing.
    #[must_use]
    pub fn year(&self) -> i16 {
        match self {
            Self::NoticeMissing { year, .. } => *year,
            Self::EndOfTime(date) => date.year(),
        }
    }
}

impl WorkCalendar {
    /// Whether a date is a working day.
    ///
    /// # Errors
    /// [`CalendarError::NoticeMissing`] outside the loaded years.
    pub fn is_working_day(&self, date: Date) -> Result<bool, CalendarError> {
        Ok(matches!(
            self.day(date)?,
            DayKind::Weekday | DayKind::WorkedWeekend
        ))
    }

    /// What kind of day a date is.
    ///
    /// # Errors
    /// [`CalendarError::NoticeMissing`] outside the loaded years.
    pub fn day(&self, date: Date) -> Result<DayKind, CalendarError> {
        if !self.sources.contains_key(&date.year()) {
            let Self { first, last, .. } = *self;
            return Err(CalendarError::NoticeMissing {
                date,
                year: date.year(),
                first,
                last,
            });
        }
        Ok(match (self.off.contains(&date), is_weekend(date)) {
            (true, _) => DayKind::Holiday,
            (false, false) => DayKind::Weekday,
            (false, true) if self.worked.contains(&date) => DayKind::WorkedWeekend,
            (false, true) => DayKind::Weekend,
        })
    }

    /// The `n`-th working day after `received`; the day of receipt is day 0.
    ///
    /// For 0 it is the day of receipt itself, or the next working day if that is off. (Counting
    /// rule 自收到之日起: general practice, assumed.)
    ///
    /// # Errors
    /// [`CalendarError::NoticeMissing`] when the day of receipt or the count leaves the loaded
    /// years.
    pub fn add_working_days(&self, received: Date, n: u16) -> Result<Date, CalendarError> {
        let mut date = received;
        let mut counted = 0;
        let mut is_working = self.is_working_day(date)?;
        while counted < n || !is_working {
            date = next_day(date)?;
            is_working = self.is_working_day(date)?;
            if is_working && counted < n {
                counted += 1;
            }
        }
        Ok(date)
    }

    /// The `n`-th working day before a day; for 0 that day itself, or the last working day before it.
    ///
    /// # Errors
    /// [`CalendarError::NoticeMissing`] when the day or the count leaves the loaded years.
    pub fn working_days_before(&self, day: Date, n: u16) -> Result<Date, CalendarError> {
        let mut date = day;
        let mut counted = 0;
        let mut is_working = self.is_working_day(date)?;
        while counted < n || !is_working {
            date = date
                .yesterday()
                .map_err(|_| CalendarError::EndOfTime(date))?;
            is_working = self.is_working_day(date)?;
            if is_working && counted < n {
                counted += 1;
            }
        }
        Ok(date)
    }

    /// The number of working days after `from`, up to and including `to`.
    ///
    /// The inverse of [`Self::add_working_days`]: between receipt and the due date lie `n`. Zero
    /// when `to` is not after `from`.
    ///
    /// # Errors
    /// [`CalendarError::NoticeMissing`] when either date is outside the loaded years.
    pub fn working_days_between(&self, from: Date, to: Date) -> Result<u32, CalendarError> {
        self.is_working_day(from)?;
        self.is_working_day(to)?;
        let mut count = 0;
        let mut date = from;
        while date < to {
            date = next_day(date)?;
            count += u32::from(self.is_working_day(date)?);
        }
        Ok(count)
    }

    /// The number of the notice that governs a year, such as 国办发明电〔2021〕11号.
    #[must_use]
    pub fn source(&self, year: i16) -> Option<&str> {
        self.sources.get(&year).map(String::as_str)
    }

    /// The first and the last loaded year.
    #[must_use]
    pub fn years(&self) -> (i16, i16) {
        (self.first, self.last)
    }

    /// Reads `seeds/calendar.toml`.
    pub(crate) fn parse(seed: SeedText<'_>) -> Result<Self, Faults> {
        seed::read(seed)
    }
}

fn is_weekend(date: Date) -> bool {
    matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday)
}

fn next_day(date: Date) -> Result<Date, CalendarError> {
    date.tomorrow().map_err(|_| CalendarError::EndOfTime(date))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;
    use crate::reference::EMBEDDED;

    fn calendar() -> &'static WorkCalendar {
        &EMBEDDED.calendar
    }

    #[test]
    fn knows_holidays_and_worked_weekends() {
        let calendar = calendar();
        let cases = [
            (date(2022, 5, 12), true, "an ordinary Thursday"),
            (date(2022, 5, 14), false, "an ordinary Saturday"),
            (
                date(2022, 10, 7),
                false,
                "a Friday of the National Day holiday",
            ),
            (date(2022, 10, 8), true, "a Saturday worked in exchange"),
            (date(2022, 10, 9), true, "a Sunday worked in exchange"),
            (date(2022, 12, 31), false, "ordered by the notice for 2023"),
            (date(2023, 1, 2), false, "a Monday off"),
            (
                date(2024, 2, 9),
                true,
                "New Year's Eve by the moon was a working day in 2024",
            ),
            (date(2024, 2, 18), true, "a Sunday worked in exchange"),
            (
                date(2025, 10, 8),
                false,
                "the eighth day of the holiday of 2025",
            ),
            (date(2026, 2, 14), true, "a Saturday worked in exchange"),
            (
                date(2026, 2, 23),
                false,
                "the last day of the Spring Festival",
            ),
        ];
        for (day, expected, why) in cases {
            assert_eq!(calendar.is_working_day(day), Ok(expected), "{day}: {why}");
        }
    }

    #[test]
    fn tells_a_holiday_from_a_weekend() {
        let cases = [
            (date(2022, 10, 1), DayKind::Holiday),
            (date(2022, 10, 8), DayKind::WorkedWeekend),
            (date(2022, 10, 15), DayKind::Weekend),
            (date(2022, 10, 17), DayKind::Weekday),
        ];
        for (day, expected) in cases {
            assert_eq!(calendar().day(day), Ok(expected), "{day}");
        }
    }

    #[test]
    fn counts_the_days_of_work_of_each_year() {
        let calendar = calendar();
        // Monday to Friday, less holidays on those, plus worked weekend days; counted by hand.
        for (year, expected) in [
            (2022, 249),
            (2023, 249),
            (2024, 251),
            (2025, 248),
            (2026, 248),
        ] {
            let days = date(year, 1, 1).series(jiff::Span::new().days(1));
            let days = days.take_while(|day| day.year() == year);
            let worked = days
                .filter(|day| calendar.is_working_day(*day).unwrap())
                .count();
            assert_eq!(worked, expected, "{year}");
        }
    }

    #[test]
    fn counts_over_national_day_with_its_worked_weekend() {
        let due = |from, n| calendar().add_working_days(from, n).unwrap();
        assert_eq!(due(date(2022, 9, 30), 1), date(2022, 10, 8));
        assert_eq!(due(date(2022, 9, 30), 2), date(2022, 10, 9));
        assert_eq!(due(date(2022, 9, 30), 3), date(2022, 10, 10));
    }

    #[test]
    fn counts_over_the_spring_festival_and_the_turn_of_the_year() {
        let due = |from, n| calendar().add_working_days(from, n).unwrap();
        assert_eq!(due(date(2026, 2, 13), 1), date(2026, 2, 14));
        assert_eq!(due(date(2026, 2, 14), 1), date(2026, 2, 24));
        assert_eq!(due(date(2022, 12, 30), 1), date(2023, 1, 3));
    }

    #[test]
    fn zero_days_is_the_day_of_receipt_or_the_next_working_day() {
        let due = |from| calendar().add_working_days(from, 0).unwrap();
        assert_eq!(due(date(2022, 5, 12)), date(2022, 5, 12));
        assert_eq!(due(date(2022, 10, 1)), date(2022, 10, 8));
    }

    #[test]
    fn a_date_past_the_last_notice_is_an_error_that_names_it() {
        let error = calendar()
            .add_working_days(date(2026, 12, 30), 5)
            .unwrap_err();
        let expected = CalendarError::NoticeMissing {
            date: date(2027, 1, 1),
            year: 2027,
            first: 2022,
            last: 2026,
        };
        assert_eq!(error, expected);
        assert!(error.to_string().contains("notice for 2027 is missing"));
        assert!(calendar().is_working_day(date(2021, 12, 31)).is_err());
        assert!(
            calendar()
                .working_days_between(date(2026, 1, 1), date(2027, 1, 1))
                .is_err()
        );
    }

    #[test]
    fn each_year_has_its_notice() {
        let calendar = calendar();
        assert_eq!(calendar.years(), (2022, 2026));
        assert!((2022..=2026).all(|year| calendar.source(year).is_some()));
    }

    fn any_day() -> impl Strategy<Value = Date> {
        (0..1700_i32).prop_map(|n| date(2022, 1, 1) + jiff::Span::new().days(n))
    }

    proptest! {
        #[test]
        fn a_due_date_is_a_working_day_and_counts_back(from in any_day(), n in 0..60_u16) {
            let calendar = calendar();
            let due = calendar.add_working_days(from, n).unwrap();
            prop_assert_eq!(calendar.is_working_day(due), Ok(true));
            prop_assert!(due >= from);
            if n > 0 {
                prop_assert_eq!(calendar.working_days_between(from, due), Ok(u32::from(n)));
            }
        }

        #[test]
        fn a_due_date_grows_with_its_start_and_its_limit(from in any_day(), n in 0..60_u16) {
            let calendar = calendar();
            let due = calendar.add_working_days(from, n).unwrap();
            prop_assert!(due <= calendar.add_working_days(from.tomorrow().unwrap(), n).unwrap());
            prop_assert!(due <= calendar.add_working_days(from, n + 1).unwrap());
        }

        #[test]
        fn days_before_are_counted_back(from in any_day(), n in 0..60_u16) {
            let calendar = calendar();
            let Ok(before) = calendar.working_days_before(from, n) else {
                prop_assert!(from < date(2022, 5, 1));
                return Ok(());
            };
            prop_assert_eq!(calendar.is_working_day(before), Ok(true));
            prop_assert!(before <= from);
            if calendar.is_working_day(from).unwrap() {
                prop_assert_eq!(calendar.add_working_days(before, n), Ok(from));
            }
        }

        #[test]
        fn no_date_panics(year in -9999..=9999_i16, n in any::<u16>()) {
            let _ = calendar().add_working_days(date(year, 12, 31), n);
            let _ = calendar().working_days_before(date(year, 1, 1), n);
        }
    }
}
