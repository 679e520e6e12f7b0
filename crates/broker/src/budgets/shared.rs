//! Budgets that last: what was used is added up in the store, and read back at a start.

use std::collections::HashMap;

use domain::budget::{Budget, Share, Window};
use domain::name::SystemName;
use jiff::{SignedDuration, Timestamp};
use store::{BudgetKey, BudgetWindow};

use super::{KEPT, Slot, Spending};
use crate::failure::Failure;
use crate::gateway::Gateway;

/// Windows told in one transaction.
const AT_ONCE: usize = 5_000;
/// Windows read back at a start.
const READ_BACK: u32 = 500_000;

/// What is told of one window.
struct Told {
    system: SystemName,
    slot: Slot,
    share: Share,
    row: BudgetWindow,
}

impl Gateway {
    /// Tells the store what was used here since the last time, and takes over what all gateways used.
    ///
    /// # Errors
    /// The store's. It is unknown then whether it was added; told again it counts too much, not too
    /// little.
    pub async fn share_budgets(&self) -> Result<(), Failure> {
        loop {
            let now = self.now();
            let told = self.spending.to_share(now);
            let rows: Vec<BudgetWindow> = told.values().map(|told| told.row.clone()).collect();
            if rows.is_empty() {
                return self.share_quotas().await;
            }
            let wholes = self.store.share_budgets(&rows, now).await?;
            self.spending.agree(&told, wholes);
            // What is used meanwhile is told on the next tick.
            if rows.len() < AT_ONCE {
                return self.share_quotas().await;
            }
        }
    }

    /// Reads back what was used in windows that have not ended.
    ///
    /// # Errors
    /// The store's.
    pub(crate) async fn restore_budgets(&self) -> Result<(), Failure> {
        let open = self.store.open_budgets(self.now(), READ_BACK).await?;
        self.restore_quotas(&open);
        self.spending.restore(open);
        Ok(())
    }

    /// Drops windows that have ended.
    ///
    /// # Errors
    /// The store's.
    pub async fn tidy_budgets(&self) -> Result<(), Failure> {
        while self.store.drop_ended_budgets(self.now()).await? > 0 {}
        Ok(())
    }
}

impl Spending {
    fn to_share(&self, now: Timestamp) -> HashMap<BudgetKey, Told> {
        let counts = self.lock();
        let windows = counts.of.iter().flat_map(|(system, windows)| {
            let each = windows.iter();
            each.map(move |(slot, window)| (system, slot, window))
        });
        let told = windows.filter_map(|(system, slot, window)| {
            let share = window.to_share()?;
            let budget = counts.budgets.get(slot.budget)?;
            // Nobody needs to know of what has ended.
            if window.is_over(budget, now) {
                return None;
            }
            let of = BudgetKey {
                system: system.to_string(),
                budget: words(budget),
                who: slot.who.clone(),
            };
            let row = BudgetWindow {
                of: of.clone(),
                began: share.began,
                ends: end(budget, share.began),
                used: share.used,
                alarmed: share.alarmed,
            };
            let told = Told {
                system: system.clone(),
                slot: slot.clone(),
                share,
                row,
            };
            Some((of, told))
        });
        told.take(AT_ONCE).collect()
    }

    fn agree(&self, told: &HashMap<BudgetKey, Told>, wholes: Vec<BudgetWindow>) {
        let mut counts = self.lock();
        for whole in wholes {
            let Some(told) = told.get(&whole.of) else {
                continue;
            };
            let windows = counts.of.get_mut(&told.system);
            if let Some(window) = windows.and_then(|windows| windows.get_mut(&told.slot)) {
                window.agree(&told.share, &share(&whole));
            }
        }
    }

    fn restore(&self, open: Vec<BudgetWindow>) {
        let mut counts = self.lock();
        let places: HashMap<String, usize> = counts.budgets.iter().map(words).zip(0..).collect();
        for row in open {
            let Ok(system) = SystemName::parse(&row.of.system) else {
                continue;
            };
            let Some(place) = places.get(&row.of.budget) else {
                continue;
            };
            let window = Window::shared(&share(&row));
            let slot = Slot {
                budget: *place,
                who: row.of.who,
            };
            let windows = counts.of.entry(system).or_default();
            // What is counted here already knows more; and memory is bounded here too.
            if windows.len() < KEPT {
                windows.entry(slot).or_insert(window);
            }
        }
    }
}

/// A budget in words: its number may change, and the window goes on.
fn words(budget: &Budget) -> String {
    let (scope, counted) = (budget.scope.as_str(), budget.counted.as_str());
    format!("{scope} {counted} {}", budget.window_s)
}

fn end(budget: &Budget, began: Timestamp) -> Timestamp {
    let length = SignedDuration::from_secs(budget.window_s.into());
    began.checked_add(length).unwrap_or(Timestamp::MAX)
}

fn share(whole: &BudgetWindow) -> Share {
    Share {
        began: whole.began,
        used: whole.used,
        alarmed: whole.alarmed,
    }
}
