//! Quotas of grants: how much of a grant is used, and that no more of it is used than was agreed.
//!
//! Counted in the memory of this gateway, for grants that have a quota and for no others. What is counted of a day is added
//! up in the store on a tick, beside the budgets ([`crate::budgets`]), so that a restart and other gateways know of it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use domain::grant::Grant;
use domain::name::GrantName;
use domain::policy::{Ask, Circumstances, Permit, shaoyang_date, shaoyang_start};
use domain::quota::{DayShare, Meter, QuotaLimit, Used};
use domain::resource::ShareMode;
use domain::snapshot::Snapshot;
use domain::system::Origin;
use jiff::Timestamp;
use store::{BudgetKey, BudgetWindow};

use crate::failure::Failure;
use crate::gateway::Gateway;

/// The words of the windows in the store.
const CALLS: &str = "grant calls day";
const ROWS: &str = "grant rows day";

/// What was used of grants that have a quota.
#[derive(Debug, Default)]
pub(crate) struct Quotas(Mutex<HashMap<GrantName, Counted>>);

#[derive(Debug)]
struct Counted {
    meter: Meter,
    /// Which limits stopped somebody today, and it was told.
    told: Vec<QuotaLimit>,
}

impl Counted {
    fn new(now: Timestamp) -> Self {
        Self {
            meter: Meter::new(now),
            told: Vec::new(),
        }
    }
}

impl Quotas {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<GrantName, Counted>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn used(&self, grant: &GrantName, now: Timestamp) -> Used {
        let counts = self.lock();
        let counted = counts.get(grant);
        counted.map_or_else(Used::default, |counted| counted.meter.used(now))
    }

    fn begin(&self, grant: &Grant, rows: u64, now: Timestamp) -> Result<(), QuotaLimit> {
        let mut counts = self.lock();
        let counted = counts.entry(grant.name.clone());
        let counted = counted.or_insert_with(|| Counted::new(now));
        if counted.meter.is_over(now) {
            counted.told.clear();
        }
        counted.meter.begin(&grant.terms.quota, rows, now)
    }

    /// Takes rows of a read that is under way, as far as they go; returns how many.
    fn take_rows(&self, grant: &Grant, wanted: usize, now: Timestamp) -> usize {
        if grant.terms.quota.rows_per_day.is_none() {
            return wanted;
        }
        let mut counts = self.lock();
        let counted = counts.entry(grant.name.clone());
        let counted = counted.or_insert_with(|| Counted::new(now));
        let most = u64::try_from(wanted).unwrap_or(u64::MAX);
        let taken = counted.meter.take_rows(&grant.terms.quota, most, now);
        usize::try_from(taken).unwrap_or(wanted)
    }

    /// Whether this limit of this grant stopped nobody yet today.
    fn is_first_stop(&self, grant: &GrantName, limit: QuotaLimit) -> bool {
        let mut counts = self.lock();
        let Some(counted) = counts.get_mut(grant) else {
            return true;
        };
        let first = !counted.told.contains(&limit);
        if first {
            counted.told.push(limit);
        }
        first
    }

    /// What the others do not know of; what is over is dropped.
    fn to_share(&self, now: Timestamp) -> Vec<(GrantName, DayShare)> {
        let mut counts = self.lock();
        counts.retain(|_, counted| !counted.meter.is_over(now));
        let each = counts.iter();
        let told =
            each.filter_map(|(name, counted)| Some((name.clone(), counted.meter.to_share()?)));
        told.collect()
    }

    fn agree(&self, grant: &GrantName, sent: &DayShare, [calls, rows]: [Option<u64>; 2]) {
        if let Some(counted) = self.lock().get_mut(grant) {
            counted.meter.agree(sent, calls, rows);
        }
    }

    fn restore(&self, grant: GrantName, whole: &DayShare, now: Timestamp) {
        let counted = || Counted {
            meter: Meter::resumed(whole, now),
            told: Vec::new(),
        };
        self.lock().entry(grant).or_insert_with(counted);
    }
}

impl Gateway {
    /// When a system asks, from where, and what it used of the grants that could serve.
    pub(crate) fn circumstances(
        &self,
        snapshot: &Snapshot,
        ask: &Ask,
        origin: Origin,
    ) -> Circumstances {
        let now = self.now();
        let grants = ask.resources.iter();
        let grants = grants.flat_map(|name| snapshot.grants_of(&ask.consumer, name));
        let limited = grants.filter(|grant| !grant.terms.quota.is_unlimited());
        Circumstances {
            now,
            origin,
            used: limited
                .map(|grant| (grant.name.clone(), self.quotas.used(&grant.name, now)))
                .collect(),
        }
    }

    /// Counts a call that was permitted; of two at once the one that comes too late is not.
    pub(crate) fn begin_use(&self, permit: &Permit) -> Result<(), QuotaLimit> {
        let grant = permit.grant();
        if grant.terms.quota.is_unlimited() {
            return Ok(());
        }
        let of_certificate = permit.resource().certificate_type.is_some();
        let rows = u64::from(of_certificate && permit.mode() != ShareMode::Table);
        self.quotas.begin(grant, rows, self.now())
    }

    /// Takes rows of a read that is under way, by the grant as it is now; returns how many.
    pub(crate) fn take_rows(&self, permit: &Permit, wanted: usize) -> usize {
        let snapshot = self.snapshot();
        let now = snapshot.grant(&permit.grant().name);
        let grant = now.map_or(permit.grant(), |grant| grant);
        self.quotas.take_rows(grant, wanted, self.now())
    }

    /// How many rows the grant allows today still; none where they are not limited.
    pub(crate) fn rows_left(&self, permit: &Permit) -> Option<u64> {
        let grant = permit.grant();
        let most = grant.terms.quota.rows_per_day?;
        let used = self.quotas.used(&grant.name, self.now()).rows_today;
        Some(most.get().saturating_sub(used))
    }

    /// Whether a refusal for a spent quota is to be recorded: the first one of a day and a limit is, at each gateway. A
    /// caller that goes on asking makes no flood of entries.
    pub(crate) fn is_first_stop(&self, grant: &Grant) -> bool {
        let used = self.quotas.used(&grant.name, self.now());
        let spent = grant.terms.quota.spent(&used);
        spent.is_none_or(|(limit, _)| self.quotas.is_first_stop(&grant.name, limit))
    }

    /// Tells the store what was used here since the last time, and takes over what all gateways used.
    ///
    /// # Errors
    /// The store's. It is unknown then whether it was added; told again it counts too much, not too little.
    pub async fn share_quotas(&self) -> Result<(), Failure> {
        let now = self.now();
        let mut failed = Ok(());
        for (grant, sent) in self.quotas.to_share(now) {
            let windows = [(CALLS, sent.calls), (ROWS, sent.rows)];
            let windows = windows.into_iter().filter(|(_, used)| *used > 0);
            let rows: Vec<BudgetWindow> = windows
                .filter_map(|(words, used)| window(&grant, words, used, &sent))
                .collect();
            let wholes = self.store.share_budgets(&rows, now).await;
            // What could not be told of one is told on the next tick, and keeps no other from being told.
            let wholes = match wholes {
                Ok(wholes) => wholes,
                Err(error) => {
                    failed = Err(error.into());
                    continue;
                }
            };
            let whole = |words: &str| {
                let mut wholes = wholes.iter();
                let found = wholes.find(|row| row.of.budget == words)?;
                u64::try_from(found.used).ok()
            };
            self.quotas
                .agree(&grant, &sent, [whole(CALLS), whole(ROWS)]);
        }
        failed
    }

    /// Takes over what was used on this day, as the store has it.
    pub(crate) fn restore_quotas(&self, open: &[BudgetWindow]) {
        let now = self.now();
        let today = shaoyang_date(now);
        let mut days: HashMap<GrantName, DayShare> = HashMap::new();
        for row in open {
            let Ok(grant) = GrantName::parse(&row.of.system) else {
                continue;
            };
            let none = DayShare {
                day: today,
                calls: 0,
                rows: 0,
            };
            let day = days.entry(grant).or_insert(none);
            let used = u64::try_from(row.used).unwrap_or_default();
            match row.of.budget.as_str() {
                CALLS => day.calls = used,
                ROWS => day.rows = used,
                _ => {}
            }
        }
        for (grant, whole) in days {
            self.quotas.restore(grant, &whole, now);
        }
    }
}

/// A window of the store: one number of one day.
fn window(grant: &GrantName, words: &str, used: u64, sent: &DayShare) -> Option<BudgetWindow> {
    Some(BudgetWindow {
        of: BudgetKey {
            system: grant.to_string(),
            budget: words.to_owned(),
            who: String::new(),
        },
        began: shaoyang_start(sent.day)?,
        ends: shaoyang_start(sent.day.tomorrow().ok()?)?,
        used: i64::try_from(used).unwrap_or(i64::MAX),
        alarmed: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noon() -> Timestamp {
        "2022-06-01T04:00:00Z".parse().unwrap()
    }

    fn name(number: u32) -> GrantName {
        GrantName::from_id(&format!("00000000-0000-4000-8000-{number:012}")).unwrap()
    }

    #[test]
    fn what_is_over_is_kept_no_longer() {
        let quotas = Quotas::default();
        let day = DayShare {
            day: shaoyang_date(noon()),
            calls: 5,
            rows: 0,
        };
        for number in 0..3 {
            quotas.restore(name(number), &day, noon());
        }
        assert_eq!(quotas.used(&name(1), noon()).calls_today, 5);
        assert_eq!(quotas.to_share(noon()), []);
        assert_eq!(quotas.lock().len(), 3);
        let tomorrow = noon() + jiff::SignedDuration::from_hours(24);
        assert_eq!(quotas.used(&name(1), tomorrow), Used::default());
        quotas.to_share(tomorrow);
        assert_eq!(quotas.lock().len(), 0);
    }

    #[test]
    fn each_limit_that_stops_somebody_is_told_once() {
        let quotas = Quotas::default();
        let day = DayShare {
            day: shaoyang_date(noon()),
            calls: 1,
            rows: 0,
        };
        quotas.restore(name(1), &day, noon());
        assert!(quotas.is_first_stop(&name(1), QuotaLimit::CallsPerDay));
        assert!(!quotas.is_first_stop(&name(1), QuotaLimit::CallsPerDay));
        assert!(quotas.is_first_stop(&name(1), QuotaLimit::CallsPerSecond));
    }
}
