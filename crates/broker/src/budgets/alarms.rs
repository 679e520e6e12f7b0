//! Alarms: the entries of those who were stopped first in a window.

use jiff::Timestamp;
use ledger::entry::Entry;
use store::EntryFilter;

use super::ALARM;
use crate::failure::Failure;
use crate::gateway::Gateway;

/// Somebody may be guessing.
#[derive(Clone, Debug)]
pub struct Alarm {
    /// Index of the entry.
    pub index: u64,
    /// When.
    pub time: Timestamp,
    /// The system that was stopped.
    pub consumer: String,
    /// Whose budget was spent: `system`, `operator` or `case`.
    pub scope: String,
    /// What it counts: `all` or `misses`.
    pub counted: String,
    /// How many it allows in one window.
    pub most: i64,
}

impl Gateway {
    /// The latest alarms, for the gateway's own pages.
    ///
    /// # Errors
    /// The store's.
    pub async fn latest_alarms(&self, limit: u32) -> Result<Vec<Alarm>, Failure> {
        let filter = EntryFilter {
            event: Some(ALARM.to_owned()),
            ..EntryFilter::default()
        };
        let found = self.store.entries_before(u64::MAX, &filter, limit).await?;
        Ok(found.iter().map(|stored| alarm(&stored.entry)).collect())
    }
}

fn alarm(entry: &Entry) -> Alarm {
    let facts = entry.facts();
    let text = |key: &str| facts.text(key).unwrap_or_default().to_owned();
    Alarm {
        index: entry.index(),
        time: entry.time(),
        consumer: text("consumer"),
        scope: text("scope"),
        counted: text("counted"),
        most: facts.integer("most").unwrap_or_default(),
    }
}
