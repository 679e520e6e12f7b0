//! Budgets of lookups and verifications: who guesses is stopped.
//!
//! Counted in the memory of this gateway, per calling system, so that one cannot spend or crowd out what
//! is another's; what was used is shared through the store on a tick ([`shared`]), so a restart and other
//! gateways know of it. Budgets stop counting through identity numbers, they are no quota to bill by.

mod alarms;
mod shared;

pub use alarms::Alarm;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::budget::{Budget, Counted, Scope, Taken, Window};
use domain::caller::Caller;
use domain::name::{MatterName, RequestId, SystemName};
use domain::policy::shaoyang_date;
use domain::reason::Reason;
use jiff::{SignedDuration, Timestamp};
use ledger::entry::Draft;
use tokio::time::Instant;

use crate::exchange::{Use, with_parties};
use crate::failure::Failure;
use crate::gateway::{Act, Gateway};

/// The event of the entry that somebody was stopped.
const ALARM: &str = "exchange.budget_spent";
/// Windows kept for one system. Past it, clerks and cases not seen before are counted for the system
/// alone, which always has its windows.
const KEPT: usize = 50_000;
/// That somebody was stopped is written down within this time, where the caller gave none.
const TOLD: Duration = Duration::from_secs(10);
/// How often windows that have ended are looked for, where too many are kept.
const SWEEP: SignedDuration = SignedDuration::from_secs(60);

/// What was used of the budgets.
#[derive(Debug, Default)]
pub(crate) struct Spending(Mutex<Counts>);

#[derive(Debug, Default)]
struct Counts {
    budgets: Vec<Budget>,
    of: HashMap<SystemName, HashMap<Slot, Window>>,
    /// When the windows that had ended were dropped last, of a system that has as many as are kept.
    swept: HashMap<SystemName, Timestamp>,
}

/// Whose window of which budget.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Slot {
    /// Its place in the list.
    budget: usize,
    /// The keyed hash of a clerk or a case; empty for the system itself.
    who: String,
}

/// For whom something is spent; clerk and case as keyed hashes.
struct Payer {
    system: SystemName,
    operator: Option<String>,
    case: String,
}

/// Who asks for something, for the entry that they were stopped.
struct Asks<'a> {
    caller: &'a Caller,
    request_id: &'a RequestId,
    matter: Option<&'a MatterName>,
    deadline: Instant,
}

/// One use, paid for. Counted as a miss only when it is said to be one: whatever ends otherwise, by an
/// error too, told nothing.
#[derive(Debug)]
pub(crate) struct Paid {
    spending: Arc<Spending>,
    system: SystemName,
    at: Timestamp,
    misses: Vec<Slot>,
}

/// A budget of which nothing is left.
struct Stop {
    budget: Budget,
    slot: Slot,
    retry_after_s: u32,
    first: bool,
}

impl Paid {
    /// It told that there is none, that there are several, or that a value differs.
    pub(crate) fn missed(mut self) {
        self.misses.clear();
    }
}

impl Drop for Paid {
    fn drop(&mut self) {
        let mut counts = self.spending.lock();
        if let Some(windows) = counts.of.get_mut(&self.system) {
            for slot in &self.misses {
                if let Some(window) = windows.get_mut(slot) {
                    window.give_back(self.at);
                }
            }
        }
    }
}

impl Spending {
    /// Sets the budgets; windows of others end.
    pub(crate) fn allow(&self, budgets: Vec<Budget>) {
        let mut counts = self.lock();
        if counts.budgets != budgets {
            counts.of.clear();
            counts.budgets = budgets;
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn not_told(&self, system: &SystemName, slot: &Slot) {
        let mut counts = self.lock();
        let windows = counts.of.get_mut(system);
        if let Some(window) = windows.and_then(|windows| windows.get_mut(slot)) {
            window.not_told();
        }
    }

    /// Takes one of every budget, or of none.
    fn pay(self: &Arc<Self>, payer: &Payer, now: Timestamp) -> Result<Paid, Box<Stop>> {
        let mut counts = self.lock();
        let Counts { budgets, of, swept } = &mut *counts;
        let windows = of.entry(payer.system.clone()).or_default();
        // Not at every use: as long as none has ended it would look at all of them for nothing.
        let lately = swept.get(&payer.system);
        let lately = lately.is_some_and(|at| now.duration_since(*at) < SWEEP);
        if windows.len() >= KEPT && !lately {
            swept.insert(payer.system.clone(), now);
            windows.retain(|slot, window| {
                let budget = budgets.get(slot.budget);
                budget.is_some_and(|budget| !window.is_over(budget, now))
            });
        }
        let day = shaoyang_date(now);
        let mut taken: Vec<(Slot, Counted)> = Vec::with_capacity(budgets.len());
        for (place, budget) in budgets.iter().enumerate() {
            let slot = payer.slot(place, budget.scope);
            let Some(slot) = slot.filter(|_| budget.holds_on(day)) else {
                continue;
            };
            let crowded = windows.len() >= KEPT && budget.scope != Scope::System;
            if crowded && !windows.contains_key(&slot) {
                continue;
            }
            let window = windows
                .entry(slot.clone())
                .or_insert_with(|| Window::new(now));
            match window.take(budget, now) {
                Taken::Yes => taken.push((slot, budget.counted)),
                Taken::Spent {
                    retry_after_s,
                    first,
                } => {
                    for (slot, _) in taken {
                        if let Some(window) = windows.get_mut(&slot) {
                            window.give_back(now);
                        }
                    }
                    return Err(Box::new(Stop {
                        budget: budget.clone(),
                        slot,
                        retry_after_s,
                        first,
                    }));
                }
            }
        }
        let misses = taken.into_iter();
        Ok(Paid {
            spending: Arc::clone(self),
            system: payer.system.clone(),
            at: now,
            misses: misses
                .filter(|(_, counted)| *counted == Counted::Misses)
                .map(|(slot, _)| slot)
                .collect(),
        })
    }
}

impl Payer {
    fn slot(&self, budget: usize, scope: Scope) -> Option<Slot> {
        let who = match scope {
            Scope::System => String::new(),
            Scope::Operator => self.operator.clone()?,
            Scope::Case => self.case.clone(),
        };
        Some(Slot { budget, who })
    }
}

impl Gateway {
    /// Takes one use of every budget that holds for the caller.
    ///
    /// # Errors
    /// `BUDGET_SPENT` with the time to wait. The first of a window is recorded and logged.
    pub(crate) async fn spend(&self, used: &Use) -> Result<Paid, Failure> {
        let keys = &self.keys.pseudonyms;
        let operator = used.purpose.operator.as_ref();
        let payer = Payer {
            system: used.caller.system()?.clone(),
            operator: operator.map(|clerk| keys.text("operator", clerk)),
            case: keys.text("case", &used.purpose.case_number),
        };
        let asks = Asks {
            caller: &used.caller,
            request_id: &used.request_id,
            matter: Some(&used.purpose.matter),
            deadline: used.deadline,
        };
        self.pay(&asks, &payer).await
    }

    /// The same for what is no use and tells as much as one: whether a record is the one that a use brought.
    ///
    /// # Errors
    /// As [`Gateway::spend`].
    pub(crate) async fn spend_on_guess(
        &self,
        act: &Act<'_>,
        system: &SystemName,
    ) -> Result<Paid, Failure> {
        let payer = Payer {
            system: system.clone(),
            operator: None,
            // All guesses of a system are one case.
            case: self.keys.pseudonyms.text("case", act.method),
        };
        let asks = Asks {
            caller: act.caller,
            request_id: act.request_id,
            matter: None,
            deadline: Instant::now() + TOLD,
        };
        self.pay(&asks, &payer).await
    }

    async fn pay(&self, asks: &Asks<'_>, payer: &Payer) -> Result<Paid, Failure> {
        match self.spending.pay(payer, self.now()) {
            Ok(paid) => Ok(paid),
            Err(stop) => Err(Box::pin(self.stop(asks, &payer.system, *stop)).await),
        }
    }

    /// What a stopped caller is told. A flood of stopped calls is one entry, not a flood of entries.
    async fn stop(&self, asks: &Asks<'_>, system: &SystemName, stop: Stop) -> Failure {
        let (scope, counted) = (stop.budget.scope.as_str(), stop.budget.counted.as_str());
        let message = format!(
            "the budget of this {scope} ({counted}) is spent: {} in {} s",
            stop.budget.most, stop.budget.window_s
        );
        let failure = Failure {
            retry_after_s: Some(stop.retry_after_s),
            ..Failure::new(Reason::BudgetSpent, message)
        };
        if !stop.first {
            return failure;
        }
        tracing::warn!(consumer = %system, scope, counted, "a budget of lookups is spent; is somebody guessing?");
        let mut draft = Draft::change(ALARM, asks.request_id.as_str())
            .with_fact("actor", asks.caller.principal().to_string())
            .with_fact("reason", Reason::BudgetSpent.as_str())
            .with_fact("fault", Reason::BudgetSpent.fault().as_str())
            .with_fact("scope", scope)
            .with_fact("counted", counted)
            .with_fact("most", i64::from(stop.budget.most))
            .with_fact("window_s", i64::from(stop.budget.window_s));
        if let Some(matter) = asks.matter {
            draft = draft.with_fact("matter", matter.as_str());
        }
        match stop.budget.scope {
            Scope::System => {}
            Scope::Operator => draft = draft.with_fact("operator", stop.slot.who.as_str()),
            Scope::Case => draft = draft.with_fact("case", stop.slot.who.as_str()),
        }
        let draft = with_parties(draft, &self.snapshot(), system, None);
        let written = self.recorder.refusal(draft, self.now());
        match self.in_time(asks.deadline, written).await {
            Ok(receipt) => failure.recorded(receipt.index()),
            Err(unavailable) => {
                self.spending.not_told(system, &stop.slot);
                unavailable
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use jiff::civil::date;

    use super::*;

    fn budget(scope: Scope, counted: Counted, most: u32) -> Budget {
        Budget {
            scope,
            counted,
            most,
            window_s: 3600,
            from: date(2022, 1, 1),
            until: None,
            source: "assumed".to_owned(),
            assumed: true,
        }
    }

    fn payer(system: &str, operator: &str, case: &str) -> Payer {
        Payer {
            system: SystemName::from_id(system).unwrap(),
            operator: (!operator.is_empty()).then(|| operator.to_owned()),
            case: case.to_owned(),
        }
    }

    fn spending(budgets: &[Budget]) -> Arc<Spending> {
        let spending = Arc::new(Spending::default());
        spending.allow(budgets.to_vec());
        spending
    }

    fn noon() -> Timestamp {
        "2022-06-01T04:00:00Z".parse().unwrap()
    }

    #[test]
    fn only_misses_count_as_misses_and_each_case_has_its_own() {
        let spending = spending(&[budget(Scope::Case, Counted::Misses, 2)]);
        let one = payer("yjs-platform", "", "a");
        for _ in 0..10 {
            drop(spending.pay(&one, noon()).ok().unwrap());
        }
        for _ in 0..2 {
            spending.pay(&one, noon()).ok().unwrap().missed();
        }
        let stop = spending.pay(&one, noon()).err().unwrap();
        assert!(stop.first && stop.retry_after_s == 3600);
        assert!(!spending.pay(&one, noon()).err().unwrap().first);
        for other in [
            payer("yjs-platform", "", "b"),
            payer("marriage-registry", "", "a"),
        ] {
            assert!(spending.pay(&other, noon()).is_ok());
        }
        let later = noon() + SignedDuration::from_hours(1);
        assert!(spending.pay(&one, later).is_ok());
    }

    #[test]
    fn concurrent_guesses_cannot_all_pass_before_the_first_ends() {
        let spending = spending(&[budget(Scope::System, Counted::Misses, 3)]);
        let one = payer("yjs-platform", "", "a");
        let under_way: Vec<_> = (0..10)
            .filter_map(|_| spending.pay(&one, noon()).ok())
            .collect();
        assert_eq!(under_way.len(), 3);
        drop(under_way);
        assert!(spending.pay(&one, noon()).is_ok());
    }

    #[test]
    fn who_is_stopped_by_one_budget_has_used_nothing_of_the_others() {
        let spending = spending(&[
            budget(Scope::System, Counted::All, 2),
            budget(Scope::Operator, Counted::All, 1),
        ]);
        let clerk = payer("yjs-platform", "one", "a");
        assert!(spending.pay(&clerk, noon()).is_ok());
        assert!(spending.pay(&clerk, noon()).is_err());
        assert!(
            spending
                .pay(&payer("yjs-platform", "two", "a"), noon())
                .is_ok()
        );
        let stop = spending.pay(&payer("yjs-platform", "", "a"), noon());
        assert_eq!(stop.err().unwrap().budget.scope, Scope::System);
    }

    #[test]
    fn memory_is_bounded_and_the_system_is_counted_all_the_same() {
        let most = u32::try_from(KEPT).unwrap() + 10;
        let spending = spending(&[
            budget(Scope::System, Counted::All, most),
            budget(Scope::Case, Counted::All, 1),
        ]);
        for number in 0..most {
            let case = payer("yjs-platform", "", &number.to_string());
            assert!(spending.pay(&case, noon()).is_ok());
        }
        let windows = spending.lock().of.values().map(HashMap::len).sum::<usize>();
        assert_eq!(windows, KEPT);
        assert!(
            spending
                .pay(&payer("yjs-platform", "", "one more"), noon())
                .is_err()
        );
        // Those of the past make room.
        let later = noon() + SignedDuration::from_hours(1);
        assert!(
            spending
                .pay(&payer("yjs-platform", "", "again"), later)
                .is_ok()
        );
        assert_eq!(
            spending.lock().of.values().map(HashMap::len).sum::<usize>(),
            2
        );
    }
}
