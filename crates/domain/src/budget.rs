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
    /// What all gateways together had used when this one last heard of it; a part of `used`.
    shared: u32,
    /// The other gateways know that somebody was stopped.
    alarm_shared: bool,
}

/// What one gateway has to add to a window, or what all of them used of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// When the window began.
    pub began: Timestamp,
    /// Uses; less than nothing where more were given back.
    pub used: i64,
    /// Somebody was stopped in it.
    pub alarmed: bool,
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
            shared: 0,
            alarm_shared: false,
        }
    }

    /// A window of which all gateways together used so much.
    #[must_use]
    pub fn shared(whole: &Share) -> Self {
        let used = count(whole.used);
        Self {
            began: whole.began,
            used,
            alarmed: whole.alarmed,
            shared: used,
            alarm_shared: whole.alarmed,
        }
    }

    /// What the other gateways do not know of it yet; none when they know all.
    #[must_use]
    pub fn to_share(&self) -> Option<Share> {
        let used = i64::from(self.used) - i64::from(self.shared);
        (used != 0 || self.alarmed && !self.alarm_shared).then_some(Share {
            began: self.began,
            used,
            alarmed: self.alarmed,
        })
    }

    /// Takes over what all gateways together used, when they were told a share of this one. What was
    /// used here since then is kept; a window that began here since then is none of theirs.
    pub fn agree(&mut self, told: &Share, whole: &Share) {
        if self.began != told.began {
            return;
        }
        let since = i64::from(self.used) - i64::from(self.shared) - told.used;
        *self = Self {
            used: count(whole.used.saturating_add(since)),
            alarmed: self.alarmed || whole.alarmed,
            ..Self::shared(whole)
        };
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

    /// Gives back one use that was taken at a moment: it turned out not to be of the counted kind. A
    /// window that began since then is another, which it was not taken of.
    pub fn give_back(&mut self, taken: Timestamp) {
        if self.began > taken {
            return;
        }
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

/// A number of uses; never less than none.
fn count(used: i64) -> u32 {
    u32::try_from(used.max(0)).unwrap_or(u32::MAX)
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
            window.give_back(later(1));
        }
    }

    #[test]
    fn what_an_ended_window_lent_is_not_given_back_to_the_next() {
        let (budget, mut window) = (budget(), Window::new(later(0)));
        assert_eq!(window.take(&budget, later(59)), Taken::Yes);
        assert_eq!(window.take(&budget, later(61)), Taken::Yes);
        window.give_back(later(59));
        assert_eq!(window.to_share().unwrap().used, 1);
        window.give_back(later(61));
        assert_eq!(window.to_share(), None);
    }

    #[test]
    fn two_gateways_together_use_what_one_may() {
        let budget = budget();
        let (mut one, mut other) = (Window::new(later(0)), Window::new(later(5)));
        assert_eq!(one.to_share(), None);
        one.take(&budget, later(0));
        other.take(&budget, later(5));
        // The first to tell sets when the window began.
        let told = one.to_share().unwrap();
        one.agree(&told, &told);
        assert_eq!(one.to_share(), None);
        let told = other.to_share().unwrap();
        other.give_back(later(5));
        other.take(&budget, later(6));
        let whole = Share {
            used: 2,
            ..one_began(later(0))
        };
        other.agree(&told, &whole);
        assert!(matches!(
            other.take(&budget, later(20)),
            Taken::Spent {
                retry_after_s: 40,
                first: true
            }
        ));
        let told = other.to_share().unwrap();
        assert_eq!((told.used, told.alarmed), (0, true));
        // Whoever hears that somebody was stopped does not tell it again.
        let mut third = Window::shared(&Share {
            alarmed: true,
            ..whole
        });
        assert!(matches!(
            third.take(&budget, later(21)),
            Taken::Spent { first: false, .. }
        ));
    }

    fn one_began(began: Timestamp) -> Share {
        Share {
            began,
            used: 1,
            alarmed: false,
        }
    }

    #[test]
    fn what_is_used_or_given_back_while_it_is_told_is_told_next() {
        let budget = Budget {
            most: 10,
            ..budget()
        };
        let mut window = Window::new(later(0));
        window.take(&budget, later(0));
        let told = window.to_share().unwrap();
        window.take(&budget, later(1));
        window.take(&budget, later(1));
        window.agree(&told, &Share { used: 5, ..told });
        assert_eq!(window.to_share().unwrap().used, 2);
        let told = window.to_share().unwrap();
        window.agree(&told, &Share { used: 7, ..told });
        window.give_back(later(1));
        assert_eq!(window.to_share().unwrap().used, -1);
        // One that began anew meanwhile is another window.
        let told = window.to_share().unwrap();
        window.take(&budget, later(60));
        window.agree(&told, &Share { used: 9, ..told });
        assert_eq!(window.to_share().unwrap().used, 1);
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
