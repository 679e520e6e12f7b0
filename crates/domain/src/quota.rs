//! Quotas 调用配额: how much of a grant may be used in a second and in a day.
//!
//! A quota is a part of what was agreed. Budgets ([`crate::budget`]) are another thing: they stop whoever guesses, and
//! nobody agrees on them.

use std::num::{NonZeroU32, NonZeroU64};

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::policy::{shaoyang_date, shaoyang_start};

/// How much may be used; what is not named is not limited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quota {
    /// Calls begun in one second of the clock, at each gateway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calls_per_second: Option<NonZeroU32>,
    /// Calls begun on one day in Shaoyang, at all gateways together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calls_per_day: Option<NonZeroU64>,
    /// Rows on one day in Shaoyang, at all gateways together: those of table mode that are released, and one for each
    /// certificate that is looked up or verified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows_per_day: Option<NonZeroU64>,
}

/// One limit of a quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuotaLimit {
    /// Calls in a second.
    CallsPerSecond,
    /// Calls on a day.
    CallsPerDay,
    /// Rows on a day.
    RowsPerDay,
}

/// How much was used, where somebody counts it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Used {
    /// Calls begun in this second.
    pub calls_this_second: u64,
    /// Calls begun today.
    pub calls_today: u64,
    /// Rows today.
    pub rows_today: u64,
}

/// Counts the uses of one grant at one gateway, and what the others told of theirs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meter {
    second: i64,
    in_second: u64,
    day: Date,
    calls: Tally,
    rows: Tally,
}

/// A number of the day: `told` is what all gateways together know of, a part of `used`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Tally {
    used: u64,
    told: u64,
}

/// What a gateway has to tell the others of one day, or what all of them used on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayShare {
    /// The day.
    pub day: Date,
    /// Calls.
    pub calls: u64,
    /// Rows.
    pub rows: u64,
}

impl QuotaLimit {
    /// The word in messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CallsPerSecond => "calls per second",
            Self::CallsPerDay => "calls per day",
            Self::RowsPerDay => "rows per day",
        }
    }

    /// Whole seconds until it begins anew, at least one.
    pub fn wait_s(self, now: Timestamp) -> u32 {
        let end = match self {
            Self::CallsPerSecond => None,
            Self::CallsPerDay | Self::RowsPerDay => {
                let next = shaoyang_date(now).tomorrow().ok();
                next.and_then(shaoyang_start)
            }
        };
        let left = end.map_or(0, |end| end.duration_since(now).as_secs());
        u32::try_from(left).unwrap_or(u32::MAX).saturating_add(1)
    }
}

impl Quota {
    /// Whether nothing is limited.
    pub fn is_unlimited(&self) -> bool {
        *self == Self::default()
    }

    /// The limit that lets no further call begin, the one that waits longest first.
    pub fn spent(&self, used: &Used) -> Option<(QuotaLimit, u64)> {
        let limits = [
            (
                QuotaLimit::RowsPerDay,
                self.rows_per_day.map(u64::from),
                used.rows_today,
            ),
            (
                QuotaLimit::CallsPerDay,
                self.calls_per_day.map(u64::from),
                used.calls_today,
            ),
            (
                QuotaLimit::CallsPerSecond,
                self.calls_per_second.map(|most| u64::from(most.get())),
                used.calls_this_second,
            ),
        ];
        let mut spent = limits.into_iter().filter_map(|(limit, most, used)| {
            let most = most.filter(|most| used >= *most)?;
            Some((limit, most))
        });
        spent.next()
    }

    /// Whether it allows no more than another one in any respect.
    pub fn is_within(&self, other: &Self) -> bool {
        fn less<T: Ord>(own: Option<T>, other: Option<T>) -> bool {
            match (own, other) {
                (_, None) => true,
                (Some(own), Some(other)) => own <= other,
                (None, Some(_)) => false,
            }
        }
        less(self.calls_per_second, other.calls_per_second)
            && less(self.calls_per_day, other.calls_per_day)
            && less(self.rows_per_day, other.rows_per_day)
    }

    /// The same with the limits that another one names in their place.
    #[must_use]
    pub fn or_else(self, own: Self) -> Self {
        Self {
            calls_per_second: self.calls_per_second.or(own.calls_per_second),
            calls_per_day: self.calls_per_day.or(own.calls_per_day),
            rows_per_day: self.rows_per_day.or(own.rows_per_day),
        }
    }
}

impl Tally {
    fn add(&mut self, number: u64) {
        self.used = self.used.saturating_add(number);
    }

    /// Takes over what all gateways used; what was used here since `told` is kept.
    fn agree(&mut self, sent: u64, whole: u64) {
        let since = self.used.saturating_sub(self.told).saturating_sub(sent);
        *self = Self {
            used: whole.saturating_add(since),
            told: whole,
        };
    }
}

impl Meter {
    /// A meter of today that has counted nothing.
    pub fn new(now: Timestamp) -> Self {
        Self {
            second: now.as_second(),
            in_second: 0,
            day: shaoyang_date(now),
            calls: Tally::default(),
            rows: Tally::default(),
        }
    }

    /// A meter that goes on from what all gateways used on a day.
    pub fn resumed(whole: &DayShare, now: Timestamp) -> Self {
        let known = |used| Tally { used, told: used };
        Self {
            day: whole.day,
            calls: known(whole.calls),
            rows: known(whole.rows),
            ..Self::new(now)
        }
    }

    /// What was used, as of a moment. A day or a second before is over; a clock that goes back begins nothing anew.
    pub fn used(&self, now: Timestamp) -> Used {
        let today = shaoyang_date(now) <= self.day;
        let this_second = now.as_second() <= self.second;
        Used {
            calls_this_second: if this_second { self.in_second } else { 0 },
            calls_today: if today { self.calls.used } else { 0 },
            rows_today: if today { self.rows.used } else { 0 },
        }
    }

    /// Begins one call, which takes so many rows at once.
    ///
    /// # Errors
    /// The limit that does not let it begin; nothing is counted then.
    pub fn begin(&mut self, quota: &Quota, rows: u64, now: Timestamp) -> Result<(), QuotaLimit> {
        if let Some((limit, _)) = quota.spent(&self.used(now)) {
            return Err(limit);
        }
        self.turn(now);
        self.in_second = self.in_second.saturating_add(1);
        self.calls.add(1);
        self.rows.add(rows);
        Ok(())
    }

    /// Takes rows, at most so many as are left; returns how many.
    pub fn take_rows(&mut self, quota: &Quota, wanted: u64, now: Timestamp) -> u64 {
        self.turn(now);
        let most = quota.rows_per_day.map_or(u64::MAX, u64::from);
        let taken = wanted.min(most.saturating_sub(self.rows.used));
        self.rows.add(taken);
        taken
    }

    /// What the other gateways do not know of yet; none where they know all.
    pub fn to_share(&self) -> Option<DayShare> {
        let share = DayShare {
            day: self.day,
            calls: self.calls.used.saturating_sub(self.calls.told),
            rows: self.rows.used.saturating_sub(self.rows.told),
        };
        (share.calls > 0 || share.rows > 0).then_some(share)
    }

    /// Takes over what all gateways used, when they were told a share of this one: calls, and rows, as far as something
    /// was told of them.
    pub fn agree(&mut self, sent: &DayShare, calls: Option<u64>, rows: Option<u64>) {
        if self.day != sent.day {
            return;
        }
        if let Some(whole) = calls {
            self.calls.agree(sent.calls, whole);
        }
        if let Some(whole) = rows {
            self.rows.agree(sent.rows, whole);
        }
    }

    /// Whether its day is over.
    pub fn is_over(&self, now: Timestamp) -> bool {
        shaoyang_date(now) > self.day
    }

    /// Begins a second or a day anew, where one is over.
    fn turn(&mut self, now: Timestamp) {
        if now.as_second() > self.second {
            (self.second, self.in_second) = (now.as_second(), 0);
        }
        if self.is_over(now) {
            self.day = shaoyang_date(now);
            (self.calls, self.rows) = (Tally::default(), Tally::default());
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::test_world::{NOON, at};

    fn quota(second: u32, calls: u64, rows: u64) -> Quota {
        Quota {
            calls_per_second: NonZeroU32::new(second),
            calls_per_day: NonZeroU64::new(calls),
            rows_per_day: NonZeroU64::new(rows),
        }
    }

    fn later(seconds: i64) -> Timestamp {
        at(NOON) + SignedDuration::from_secs(seconds)
    }

    #[test]
    fn a_second_and_a_day_let_so_many_begin_and_no_more() {
        let quota = quota(2, 5, 0);
        let mut meter = Meter::new(later(0));
        for (second, expected) in [
            (0, Ok(())),
            (0, Ok(())),
            (0, Err(QuotaLimit::CallsPerSecond)),
            (1, Ok(())),
            (2, Ok(())),
            (3, Ok(())),
            (4, Err(QuotaLimit::CallsPerDay)),
        ] {
            assert_eq!(meter.begin(&quota, 0, later(second)), expected, "{second}");
        }
        let tomorrow = at("2022-06-01T16:00:00Z");
        let last = tomorrow - SignedDuration::from_nanos(1);
        assert_eq!(
            meter.begin(&quota, 0, last),
            Err(QuotaLimit::CallsPerDay),
            "the day ends at midnight in Shaoyang"
        );
        assert_eq!(QuotaLimit::CallsPerDay.wait_s(last), 1);
        assert_eq!(meter.begin(&quota, 0, tomorrow), Ok(()));
        assert_eq!(meter.used(tomorrow).calls_today, 1);
    }

    #[test]
    fn rows_are_taken_as_far_as_they_go() {
        let quota = quota(0, 0, 10);
        let mut meter = Meter::new(later(0));
        assert_eq!(meter.begin(&quota, 1, later(0)), Ok(()));
        assert_eq!(meter.take_rows(&quota, 6, later(0)), 6);
        assert_eq!(meter.take_rows(&quota, 6, later(0)), 3);
        assert_eq!(meter.take_rows(&quota, 6, later(0)), 0);
        assert_eq!(
            meter.begin(&quota, 1, later(1)),
            Err(QuotaLimit::RowsPerDay)
        );
    }

    #[test]
    fn two_gateways_together_use_what_one_may() {
        let quota = quota(0, 3, 0);
        let (mut one, mut other) = (Meter::new(later(0)), Meter::new(later(0)));
        one.begin(&quota, 0, later(0)).unwrap();
        one.begin(&quota, 0, later(0)).unwrap();
        let sent = one.to_share().unwrap();
        one.agree(&sent, Some(2), None);
        assert_eq!(one.to_share(), None);
        other.begin(&quota, 0, later(0)).unwrap();
        let told = other.to_share().unwrap();
        // One more while it was told.
        other.begin(&quota, 0, later(0)).unwrap();
        other.agree(&told, Some(3), None);
        assert_eq!(other.used(later(0)).calls_today, 4);
        assert_eq!(
            other.begin(&quota, 0, later(0)),
            Err(QuotaLimit::CallsPerDay)
        );
        assert_eq!(other.to_share().unwrap().calls, 1, "which is told next");
        let whole = DayShare { calls: 3, ..told };
        let restarted = Meter::resumed(&whole, later(5));
        assert_eq!(restarted.used(later(5)).calls_today, 3);
        assert_eq!(restarted.to_share(), None);
    }

    #[test]
    fn a_clock_that_goes_back_begins_nothing_anew() {
        let quota = quota(1, 1, 0);
        let mut meter = Meter::new(later(0));
        meter.begin(&quota, 0, later(0)).unwrap();
        for seconds in [-1, -86_400] {
            assert_eq!(
                meter.begin(&quota, 0, later(seconds)),
                Err(QuotaLimit::CallsPerDay)
            );
        }
    }

    #[test]
    fn less_is_less_in_every_respect() {
        let free = Quota::default();
        for (own, other, within) in [
            (free, free, true),
            (quota(1, 0, 0), free, true),
            (free, quota(1, 0, 0), false),
            (quota(1, 5, 0), quota(1, 5, 0), true),
            (quota(2, 5, 0), quota(1, 5, 0), false),
            (quota(1, 6, 0), quota(1, 5, 0), false),
            (quota(1, 5, 9), quota(1, 5, 0), true),
            (quota(1, 5, 9), quota(1, 5, 8), false),
        ] {
            assert_eq!(own.is_within(&other), within, "{own:?} {other:?}");
        }
    }
}
