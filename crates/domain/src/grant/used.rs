//! What is used of a grant, and what of it nobody needs.
//!
//! A grant is to cover the least that its purpose needs (个人信息保护法 art. 6). What that is shows in its use: items that
//! nobody asked for, matters and modes that never occurred, and far more rows than were ever read are proposed to go.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU64;

use jiff::ToSpan as _;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Grant, GrantState};
use crate::application::Narrowing;
use crate::item::ItemKey;
use crate::name::MatterName;
use crate::policy::shaoyang_date;
use crate::quota::Quota;
use crate::resource::ShareMode;

/// The longest time that can be looked back on: as long as records of use are kept (Order 809 art. 29).
pub const LONGEST_LOOK_DAYS: u32 = 1096;

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

/// What was used of a grant on one day in Shaoyang.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct UseDay {
    /// Calls that were permitted, by the way they went.
    pub calls: BTreeMap<ShareMode, u64>,
    /// Rows that were released in table mode.
    pub rows: u64,
    /// Items that were asked for, compared with or ordered by.
    pub items: BTreeSet<ItemKey>,
    /// Matters that they were for.
    pub matters: BTreeSet<MatterName>,
}

impl UseDay {
    /// Adds what else was used on the day.
    pub fn add(&mut self, other: Self) {
        for (mode, calls) in other.calls {
            let own = self.calls.entry(mode).or_default();
            *own = own.saturating_add(calls);
        }
        self.rows = self.rows.saturating_add(other.rows);
        self.items.extend(other.items);
        self.matters.extend(other.matters);
    }

    /// Calls by whatever way.
    pub(crate) fn all_calls(&self) -> u64 {
        self.calls
            .values()
            .fold(0, |all, own| all.saturating_add(*own))
    }

    /// Rows as a quota counts them: of a certificate each call is one.
    pub(crate) fn counted_rows(&self, of_certificate: bool) -> u64 {
        let calls = self.calls.iter();
        let calls = calls.filter(|(mode, _)| of_certificate && **mode != ShareMode::Table);
        calls.fold(self.rows, |all, (_, own)| all.saturating_add(*own))
    }
}

/// What was used of a grant in a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantUse {
    /// The first day that was looked at: not before the present version, or the first day of use.
    pub since: Date,
    /// The last one.
    pub until: Date,
    /// The present version could be used on all the days that count. Before that nothing is proposed.
    pub is_whole: bool,
    /// Calls that were permitted.
    pub calls: u64,
    /// Rows, as a quota counts them.
    pub rows: u64,
    /// The last day with a use.
    pub last: Option<Date>,
    /// The most calls of a day.
    pub busiest_calls: u64,
    /// The most rows of a day.
    pub busiest_rows: u64,
    /// Items that nobody asked for.
    pub unused_items: Vec<ItemKey>,
    /// Modes in which nobody called; not those that the gateway does not carry and cannot see.
    pub unused_modes: Vec<ShareMode>,
    /// Matters for which nobody called.
    pub unused_matters: Vec<MatterName>,
}

impl Grant {
    /// What was used of it in the last days, today among them. `of_certificate` says that it is about a certificate type,
    /// of which each call counts as a row.
    pub fn uses(
        &self,
        by_day: &BTreeMap<Date, UseDay>,
        (days, today): (u32, Date),
        of_certificate: bool,
    ) -> GrantUse {
        let wanted = today.saturating_sub((i64::from(days) - 1).days());
        let began = shaoyang_date(self.began()).max(self.terms.start);
        let since = wanted.max(began).min(today);
        let mut whole = UseDay::default();
        let (mut busiest_calls, mut busiest_rows, mut rows) = (0, 0, 0_u64);
        let mut last = None;
        for (day, used) in by_day.range(since..=today) {
            let own = used.counted_rows(of_certificate);
            busiest_calls = used.all_calls().max(busiest_calls);
            busiest_rows = own.max(busiest_rows);
            rows = rows.saturating_add(own);
            last = Some(*day);
            whole.add(used.clone());
        }
        let terms = &self.terms;
        GrantUse {
            since,
            until: today,
            is_whole: began <= wanted,
            calls: whole.all_calls(),
            rows,
            last,
            busiest_calls,
            busiest_rows,
            // Whoever hands out use-codes reads no item.
            unused_items: if terms.issues_use_codes {
                Vec::new()
            } else {
                without(&terms.items, |key| whole.items.contains(key))
            },
            unused_modes: without(&terms.share_modes, |mode| {
                !mode.is_carried() || whole.calls.contains_key(mode)
            }),
            unused_matters: without(&terms.matters, |matter| whole.matters.contains(matter)),
        }
    }

    /// What would be left of it if all went that was not used; none where nothing would go, nobody can say it yet, or it
    /// cannot be used now. A grant of which nothing was used ends today.
    pub fn least(&self, found: &GrantUse, rule: &UnusedRule) -> Option<Narrowing> {
        let is_seen = self.terms.share_modes.iter().any(|mode| mode.is_carried());
        if self.state != GrantState::Active || !found.is_whole || !is_seen {
            return None;
        }
        let terms = &self.terms;
        let all_is_seen = terms.share_modes.iter().all(|mode| mode.is_carried());
        if found.calls == 0 && all_is_seen {
            let end = (terms.end > found.until).then_some(found.until)?;
            return Some(Narrowing {
                end: Some(end),
                ..Narrowing::default()
            });
        }
        if found.calls == 0 {
            // What is handed over outside of the gateway may use every item, for every matter.
            return Some(Narrowing {
                share_modes: left(&terms.share_modes, &found.unused_modes),
                ..Narrowing::default()
            });
        }
        let rows_per_day = self.fewer_rows(found, rule);
        let unused =
            found.unused_items.len() + found.unused_modes.len() + found.unused_matters.len();
        if unused == 0 && rows_per_day.is_none() {
            return None;
        }
        Some(Narrowing {
            items: if all_is_seen {
                left(&terms.items, &found.unused_items)
            } else {
                Vec::new()
            },
            share_modes: left(&terms.share_modes, &found.unused_modes),
            matters: if all_is_seen {
                left(&terms.matters, &found.unused_matters)
            } else {
                Vec::new()
            },
            quota: Quota {
                rows_per_day,
                ..Quota::default()
            },
            ..Narrowing::default()
        })
    }

    /// How many rows of a day would do, where far more are allowed.
    fn fewer_rows(&self, found: &GrantUse, rule: &UnusedRule) -> Option<NonZeroU64> {
        let busiest = NonZeroU64::new(found.busiest_rows)?;
        let times = |count: u32| {
            busiest.saturating_mul(NonZeroU64::from(
                std::num::NonZeroU32::new(count).unwrap_or(std::num::NonZeroU32::MIN),
            ))
        };
        let is_too_many = match self.terms.quota.rows_per_day {
            Some(most) => most > times(rule.too_many),
            // Of a certificate nobody reads more than one asks for by its holder.
            None => self.terms.share_modes.contains(&ShareMode::Table),
        };
        is_too_many.then(|| times(rule.leaves))
    }
}

/// Those of a list that were not used.
fn without<T: Clone>(list: &[T], was_used: impl Fn(&T) -> bool) -> Vec<T> {
    list.iter().filter(|one| !was_used(one)).cloned().collect()
}

/// What is left of a list; empty where all of it is, as a narrowing says it.
fn left<T: Clone + PartialEq>(list: &[T], gone: &[T]) -> Vec<T> {
    if gone.is_empty() {
        return Vec::new();
    }
    without(list, |one| gone.contains(one))
}

#[cfg(test)]
mod tests;
