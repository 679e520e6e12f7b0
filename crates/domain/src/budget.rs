//! Budgets: how often certificates may be asked for, and how often without success.
//!
//! Identity numbers are few and easily counted through. Each answer "there is none" tells something, so
//! whoever guesses is stopped by how often that happens: to one system, to one clerk of it, in one case.
//! The numbers are data with dates (`seeds/budgets.toml`).

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

/// Whose lookups and verifications share a budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All of one calling system.
    System,
    /// Those for one clerk of a system.
    Operator,
    /// Those in one case of a system.
    Case,
}

/// What a budget counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// All lookups and verifications.
    All,
    /// Those that ended with no certificate, with several, or with a claimed value that differs.
    Misses,
}

/// One budget.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Whose.
    pub scope: Scope,
    /// Of what.
    pub counted: Counted,
    /// So many in one window, at least 1.
    pub most: u32,
    /// The window in seconds, from the first use on.
    pub window_s: u32,
    /// The first day on which it holds.
    pub from: Date,
    /// The last one; none while it holds.
    pub until: Option<Date>,
    /// Where the number is from.
    pub source: String,
    /// The source does not name it.
    pub assumed: bool,
}

/// What was used of one budget in its present window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    began: Timestamp,
    used: u32,
    /// Somebody was stopped in it, and it was told.
    alarmed: bool,
}

/// A use of a budget, or that nothing is left of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// One was taken.
    Yes,
    /// Nothing is left until the window ends. `first` for the first that is stopped in it.
    Spent {
        /// Seconds to the end of the window, at least 1.
        retry_after_s: u32,
        /// Nobody was stopped in this window before.
        first: bool,
    },
}

impl Scope {
    /// The word in seeds and in the ledger.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Operator => "operator",
            Self::Case => "case",
        }
    }

    /// The scope of a word.
    ///
    /// # Errors
    /// The words there are.
    pub fn parse(word: &str) -> Result<Self, String> {
        let all = [Self::System, Self::Operator, Self::Case];
        let found = all.into_iter().find(|scope| scope.as_str() == word);
        found.ok_or_else(|| "choose system, operator or case".to_owned())
    }
}

impl Counted {
    /// The word in seeds and in the ledger.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Misses => "misses",
        }
    }

    /// The kind of a word.
    ///
    /// # Errors
    /// The words there are.
    pub fn parse(word: &str) -> Result<Self, String> {
        let all = [Self::All, Self::Misses];
        let found = all.into_iter().find(|counted| counted.as_str() == word);
        found.ok_or_else(|| "choose all or misses".to_owned())
    }
}

impl Budget {
    /// Whether it holds on a day.
    #[must_use]
    pub fn holds_on(&self, day: Date) -> bool {
        self.from <= day && self.until.is_none_or(|last| day <= last)
    }
}

impl Window {
    /// A window that begins now, with nothing used.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        Self {
            began: now,
            used: 0,
            alarmed: false,
        }
    }

    /// Whether it has ended.
    #[must_use]
    pub fn is_over(&self, budget: &Budget, now: Timestamp) -> bool {
        self.left_s(budget, now).is_none()
    }

    /// Takes one use; a window that has ended begins anew.
    pub fn take(&mut self, budget: &Budget, now: Timestamp) -> Taken {
        let Some(left) = self.left_s(budget, now) else {
            *self = Self::new(now);
            return self.take_within(budget, budget.window_s);
        };
        self.take_within(budget, left)
    }

    /// Gives one use back: it turned out not to be of the counted kind.
    pub fn give_back(&mut self) {
        self.used = self.used.saturating_sub(1);
    }

    /// Forgets that it was told that somebody was stopped: it could not be recorded.
    pub fn not_told(&mut self) {
        self.alarmed = false;
    }

    fn take_within(&mut self, budget: &Budget, left_s: u32) -> Taken {
        if self.used < budget.most {
            self.used += 1;
            return Taken::Yes;
        }
        let first = !std::mem::replace(&mut self.alarmed, true);
        Taken::Spent {
            retry_after_s: left_s.max(1),
            first,
        }
    }

    /// Whole seconds to its end, rounded up. A clock that went back does not make it longer.
    fn left_s(&self, budget: &Budget, now: Timestamp) -> Option<u32> {
        let length = SignedDuration::from_secs(budget.window_s.into());
        let gone = now.duration_since(self.began).max(SignedDuration::ZERO);
        let left = length
            .checked_sub(gone)
            .filter(SignedDuration::is_positive)?;
        let seconds = left.as_secs() + i64::from(left.subsec_nanos() > 0);
        u32::try_from(seconds).ok()
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::test_world::{NOON, at};

    fn budget() -> Budget {
        Budget {
            scope: Scope::Case,
            counted: Counted::Misses,
            most: 2,
            window_s: 60,
            from: date(2022, 1, 1),
            until: None,
            source: "assumed".to_owned(),
            assumed: true,
        }
    }

    fn later(seconds: i64) -> Timestamp {
        at(NOON) + SignedDuration::from_secs(seconds)
    }

    #[test]
    fn the_third_of_two_is_stopped_until_the_window_ends_and_is_told_once() {
        let (budget, mut window) = (budget(), Window::new(later(0)));
        assert_eq!(window.take(&budget, later(0)), Taken::Yes);
        assert_eq!(window.take(&budget, later(10)), Taken::Yes);
        for (second, retry_after_s, first) in [(20, 40, true), (59, 1, false)] {
            let spent = Taken::Spent {
                retry_after_s,
                first,
            };
            assert_eq!(window.take(&budget, later(second)), spent);
        }
        assert_eq!(window.take(&budget, later(60)), Taken::Yes);
    }

    #[test]
    fn what_is_given_back_can_be_taken_again() {
        let (budget, mut window) = (budget(), Window::new(later(0)));
        for _ in 0..10 {
            assert_eq!(window.take(&budget, later(1)), Taken::Yes);
            window.give_back();
        }
    }

    #[test]
    fn a_clock_that_goes_back_makes_no_window_longer() {
        let (budget, mut window) = (budget(), Window::new(later(100)));
        window.take(&budget, later(100));
        window.take(&budget, later(100));
        assert!(matches!(
            window.take(&budget, later(0)),
            Taken::Spent {
                retry_after_s: 60,
                ..
            }
        ));
        assert!(window.is_over(&budget, later(160)));
    }

    #[test]
    fn a_budget_holds_from_its_first_day_to_its_last() {
        let mut budget = budget();
        budget.until = Some(date(2022, 12, 31));
        for (day, holds) in [
            (date(2021, 12, 31), false),
            (date(2022, 1, 1), true),
            (date(2022, 12, 31), true),
            (date(2023, 1, 1), false),
        ] {
            assert_eq!(budget.holds_on(day), holds, "{day}");
        }
    }

    #[test]
    fn words_are_read_as_they_are_written() {
        for scope in [Scope::System, Scope::Operator, Scope::Case] {
            assert_eq!(Scope::parse(scope.as_str()), Ok(scope));
        }
        for counted in [Counted::All, Counted::Misses] {
            assert_eq!(Counted::parse(counted.as_str()), Ok(counted));
        }
        assert!(Scope::parse("person").is_err() && Counted::parse("hits").is_err());
    }
}
