//! What is used of a grant, and what of it nobody needs.
//!
//! A grant is to cover the least that its purpose needs (个人信息保护法 art. 6). What that is shows in its use: items that
//! nobody asked for, matters and modes that never occurred, and far more rows than were ever read are proposed to go.

mod least;

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan as _;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::Grant;
use crate::item::ItemKey;
use crate::name::MatterName;
use crate::policy::shaoyang_date;
use crate::resource::ShareMode;

pub use least::{UnusedRule, Verdict, rule_on};

/// The longest time that can be looked back on: as long as records of use are kept (Order 809 art. 29).
pub const LONGEST_LOOK_DAYS: u32 = 1096;

/// What was used of a grant on one day in Shaoyang.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct UseDay {
    /// Calls that were permitted, by the way they went.
    pub calls: BTreeMap<ShareMode, u64>,
    /// Use-codes that were handed out. A quota counts none of them.
    pub codes: u64,
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
        self.codes = self.codes.saturating_add(other.codes);
        self.rows = self.rows.saturating_add(other.rows);
        self.items.extend(other.items);
        self.matters.extend(other.matters);
    }

    /// Calls by whatever way, and use-codes.
    pub(crate) fn all_calls(&self) -> u64 {
        let calls = self.calls.values();
        calls.fold(self.codes, |all, own| all.saturating_add(*own))
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
    /// It is about a certificate type, of which each call counts as a row.
    pub of_certificate: bool,
    /// The first day that was looked at: not before it could be used as it is.
    pub since: Date,
    /// The last one.
    pub until: Date,
    /// The present version could be used on all the days that were asked for. Before that nothing is proposed.
    pub is_whole: bool,
    /// Calls that were permitted, and use-codes that were handed out.
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
    /// The day since which it can be used as it is: by its version, its first day, its provider who shares, and without a
    /// stop in between.
    fn usable_since(&self) -> Date {
        let provided = self.provision.as_ref().and_then(|one| one.provided);
        let resumed = self.resumed.as_ref().map(|signed| signed.at);
        let moments = [Some(self.began()), provided, resumed];
        let days = moments.into_iter().flatten().map(shaoyang_date);
        days.fold(self.terms.start, Date::max)
    }

    /// What was used of it in the last days, today among them. `of_certificate` says that it is about a certificate type,
    /// of which each call counts as a row; `kept` are items that it needs though nobody asks for them.
    pub fn uses(
        &self,
        by_day: &BTreeMap<Date, UseDay>,
        (days, today): (u32, Date),
        of_certificate: bool,
        kept: &[ItemKey],
    ) -> GrantUse {
        let wanted = today.saturating_sub((i64::from(days) - 1).days());
        let began = self.usable_since();
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
            of_certificate,
            since,
            until: today,
            is_whole: began <= wanted && self.waits_for_provision().is_none(),
            calls: whole.all_calls(),
            rows,
            last,
            busiest_calls,
            busiest_rows,
            // Whoever hands out use-codes reads no item.
            unused_items: if terms.issues_use_codes {
                Vec::new()
            } else {
                without(&terms.items, |key| {
                    whole.items.contains(key) || kept.contains(key)
                })
            },
            unused_modes: without(&terms.share_modes, |mode| {
                let by_code = whole.codes > 0 && *mode == ShareMode::Api;
                !mode.is_carried() || by_code || whole.calls.contains_key(mode)
            }),
            unused_matters: without(&terms.matters, |matter| whole.matters.contains(matter)),
        }
    }
}

/// Those of a list that were not used.
pub(super) fn without<T: Clone>(list: &[T], was_used: impl Fn(&T) -> bool) -> Vec<T> {
    list.iter().filter(|one| !was_used(one)).cloned().collect()
}

#[cfg(test)]
mod tests;
