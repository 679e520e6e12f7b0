//! What of a grant could go: the least that its use needs.

use std::num::{NonZeroU32, NonZeroU64};

use jiff::civil::Date;

use super::{GrantUse, without};
use crate::application::{Narrowing, Terms};
use crate::grant::{Grant, GrantState};
use crate::quota::Quota;
use crate::resource::ShareMode;

/// When a part of a grant counts as not used, for a time (`seeds/grant-use.toml`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnusedRule {
    /// So many days of the present version without a use.
    pub days: u32,
    /// A day's rows are too many above this many times those of the busiest day, or where they are not limited.
    pub too_many: u32,
    /// So many times those of the busiest day are proposed.
    pub leaves: u32,
    /// The first day on which it holds.
    pub from: Date,
    /// The last one; none while it holds.
    pub until: Option<Date>,
    /// Where the numbers are from.
    pub source: String,
    /// The source does not name them.
    pub assumed: bool,
}

/// The rule of a day; of several the one that began last.
pub fn rule_on(rules: &[UnusedRule], day: Date) -> Option<&UnusedRule> {
    let holds = |rule: &&UnusedRule| rule.from <= day && rule.until.is_none_or(|last| day <= last);
    rules.iter().filter(holds).max_by_key(|rule| rule.from)
}

/// What the use of a grant says of it.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// So much less would do. Of a grant of which nothing was used today becomes the last day.
    LessWouldDo(Box<Narrowing>),
    /// Nothing of it is to go.
    AllIsUsed,
    /// It could not be used as it is on all of the days that count, or fewer days were looked at.
    TooEarly,
    /// It cannot be used now.
    Stopped,
    /// It covers only what is handed over outside of the gateway.
    NotSeen,
    /// No rule of the city says what counts as not used.
    NoRule,
}

impl Verdict {
    /// What would be left, where less would do.
    pub fn least(&self) -> Option<&Narrowing> {
        match self {
            Self::LessWouldDo(least) => Some(least),
            Self::AllIsUsed | Self::TooEarly | Self::Stopped | Self::NotSeen | Self::NoRule => None,
        }
    }
}

impl GrantUse {
    /// Why less would do, in one sentence for both sides.
    pub fn reason(&self) -> String {
        let what = match self.last {
            None => "nothing of it was used",
            Some(_) => "no more of it was used",
        };
        format!("{what} from {} to {}", self.since, self.until)
    }
}

impl Grant {
    /// What its use says of it, by the rule of the day; `days` were looked at. `can_be_used` says whether the entry and both
    /// systems allow it now.
    pub fn verdict(
        &self,
        found: &GrantUse,
        (days, rule): (u32, Option<&UnusedRule>),
        can_be_used: bool,
    ) -> Verdict {
        let Some(rule) = rule else {
            return Verdict::NoRule;
        };
        let is_over = self.terms.end < found.until;
        if self.state != GrantState::Active || is_over || !can_be_used {
            return Verdict::Stopped;
        }
        if !self.terms.share_modes.iter().any(|mode| mode.is_carried()) {
            return Verdict::NotSeen;
        }
        if !found.is_whole || days < rule.days {
            return Verdict::TooEarly;
        }
        let least = if found.last.is_none() {
            self.terms.without_use(found)
        } else {
            self.terms.with_use(found, rule)
        };
        least.map_or(Verdict::AllIsUsed, |least| {
            Verdict::LessWouldDo(Box::new(least))
        })
    }
}

impl Terms {
    fn is_all_seen(&self) -> bool {
        self.share_modes.iter().all(|mode| mode.is_carried())
    }

    /// What would be left of terms of which nobody saw a use.
    fn without_use(&self, found: &GrantUse) -> Option<Narrowing> {
        if self.is_all_seen() {
            let end = (self.end > found.until).then_some(found.until)?;
            return Some(Narrowing {
                end: Some(end),
                ..Narrowing::default()
            });
        }
        // What is handed over outside of the gateway may use every item, for every matter.
        Some(Narrowing {
            share_modes: left(&self.share_modes, &found.unused_modes),
            ..Narrowing::default()
        })
    }

    /// What would be left of terms of which some was used.
    fn with_use(&self, found: &GrantUse, rule: &UnusedRule) -> Option<Narrowing> {
        // A read that had begun before the first of the days says nothing of items and matters.
        if found.calls == 0 {
            return None;
        }
        let share_modes = left(&self.share_modes, &found.unused_modes);
        let (mut items, mut matters) = (Vec::new(), Vec::new());
        if self.is_all_seen() {
            items = left(&self.items, &found.unused_items);
            matters = left(&self.matters, &found.unused_matters);
        }
        let rows_per_day = self.fewer_rows(found, rule);
        let is_less = !(items.is_empty() && share_modes.is_empty() && matters.is_empty());
        (is_less || rows_per_day.is_some()).then(|| Narrowing {
            items,
            share_modes,
            matters,
            quota: Quota {
                rows_per_day,
                ..Quota::default()
            },
            ..Narrowing::default()
        })
    }

    /// How many rows of a day would do, where far more are allowed and rows are counted in every mode that is left.
    fn fewer_rows(&self, found: &GrantUse, rule: &UnusedRule) -> Option<NonZeroU64> {
        let busiest = NonZeroU64::new(found.busiest_rows)?;
        let times = |count: u32| {
            let count = NonZeroU32::new(count).unwrap_or(NonZeroU32::MIN);
            busiest.saturating_mul(NonZeroU64::from(count))
        };
        let modes = without(&self.share_modes, |mode| found.unused_modes.contains(mode));
        let counted = |mode: &ShareMode| mode.counts_rows(found.of_certificate);
        if !modes.iter().all(counted) {
            return None;
        }
        let is_too_many = match self.quota.rows_per_day {
            Some(most) => most > times(rule.too_many),
            // Whoever looks up certificates asks for each by its holder: only a table lies open as a whole.
            None => modes.contains(&ShareMode::Table),
        };
        is_too_many.then(|| times(rule.leaves))
    }
}

/// What is left of a list; empty where all of it is, as a narrowing says it.
fn left<T: Clone + PartialEq>(list: &[T], gone: &[T]) -> Vec<T> {
    if gone.is_empty() {
        return Vec::new();
    }
    without(list, |one| gone.contains(one))
}
