//! The calendar from `seeds/calendar.toml`.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use jiff::civil::Date;
use serde::Deserialize;
use toml::Spanned;

use super::{WorkCalendar, is_weekend};
use crate::reference::{Faults, SeedText};

/// More days in one range than any holiday has: a typing error in the seed.
const LONGEST_HOLIDAY_DAYS: i32 = 31;

pub(super) fn read(seed: SeedText<'_>) -> Result<WorkCalendar, Faults> {
    let raw: RawCalendar = seed.read()?;
    let mut reader = Reader {
        seed,
        faults: Faults::default(),
        notice_year: 0,
    };
    let (mut off, mut worked, mut sources) = (BTreeSet::new(), BTreeSet::new(), BTreeMap::new());
    for notice in raw.notice {
        reader.notice_year = *notice.year.as_ref();
        if sources.insert(reader.notice_year, notice.source).is_some() {
            reader.fault(notice.year.span(), "this year has a notice already");
        }
        for entry in notice.off {
            let days = reader.days(&entry);
            off.extend(days);
        }
        for entry in notice.work {
            let days = reader.days(&entry);
            reader.check_worked(&entry, &days, &off);
            worked.extend(days);
        }
    }
    let (Some(first), Some(last)) = (
        sources.keys().next().copied(),
        sources.keys().next_back().copied(),
    ) else {
        reader.fault(0..0, "no notice at all");
        return Err(reader.faults);
    };
    for missing in (first..=last).filter(|year| !sources.contains_key(year)) {
        reader.fault(
            0..0,
            format!("the notice for {missing} is missing between its neighbours"),
        );
    }
    reader.faults.or(WorkCalendar {
        off,
        worked,
        sources,
        first,
        last,
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCalendar {
    notice: Vec<RawNotice>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawNotice {
    year: Spanned<i16>,
    source: String,
    off: Vec<Spanned<String>>,
    work: Vec<Spanned<String>>,
}

/// Reads days and ranges, and keeps the faults.
struct Reader<'a> {
    seed: SeedText<'a>,
    faults: Faults,
    notice_year: i16,
}

impl Reader<'_> {
    fn fault(&mut self, at: Range<usize>, message: impl Into<String>) {
        self.faults.push(self.seed.fault(at, message));
    }

    /// `2022-10-01` or `2022-10-01..2022-10-07`, within a year of the notice's own.
    fn days(&mut self, entry: &Spanned<String>) -> Vec<Date> {
        let text = entry.as_ref();
        let (from, to) = text.split_once("..").unwrap_or((text, text));
        let (Ok(from), Ok(to)) = (from.parse::<Date>(), to.parse::<Date>()) else {
            self.fault(
                entry.span(),
                format!("{text:?}: write YYYY-MM-DD or first..last"),
            );
            return Vec::new();
        };
        let length = (to - from).get_days() + 1;
        if !(1..=LONGEST_HOLIDAY_DAYS).contains(&length) {
            self.fault(
                entry.span(),
                format!("{text:?}: 1 to {LONGEST_HOLIDAY_DAYS} days"),
            );
            return Vec::new();
        }
        let near = |date: Date| (date.year() - self.notice_year).abs() <= 1;
        if !near(from) || !near(to) {
            self.fault(
                entry.span(),
                format!("{text:?}: not in the notice's year or beside it"),
            );
        }
        from.series(jiff::Span::new().days(1))
            .take_while(|date| *date <= to)
            .collect()
    }

    fn check_worked(&mut self, entry: &Spanned<String>, days: &[Date], off: &BTreeSet<Date>) {
        for date in days {
            if !is_weekend(*date) {
                self.fault(
                    entry.span(),
                    format!("{date} is worked anyway: not a weekend day"),
                );
            }
            if off.contains(date) {
                self.fault(entry.span(), format!("{date} is both a holiday and worked"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> Vec<(usize, String)> {
        let faults = read(SeedText { file: "c", text }).unwrap_err();
        faults
            .iter()
            .map(|fault| (fault.line, fault.message.clone()))
            .collect()
    }

    #[test]
    fn names_every_faulty_line() {
        let text = "[[notice]]\nyear = 2022\nsource = \"a\"\n\
            off = [\n\"2022-13-01\",\n\"2022-10-07..2022-10-01\",\n\"2012-10-01\",\n\
            \"2022-10-01\",\n]\nwork = [\n\"2022-10-01\",\n\"2022-10-11\",\n]\n\
            [[notice]]\nyear = 2024\nsource = \"a\"\noff = []\nwork = []\n";
        let lines: Vec<_> = faults(text).into_iter().map(|(line, _)| line).collect();
        assert_eq!(lines, [1, 5, 6, 7, 11, 12]);
        assert_eq!(faults("notice = []")[0].1, "no notice at all");
    }
}
