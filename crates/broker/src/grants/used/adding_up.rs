//! Uses are added up from the ledger: on a tick, and before they are told.

use std::time::Duration;

use domain::grant::UseDay;
use domain::item::ItemKey;
use domain::name::{GrantName, MatterName};
use domain::policy::shaoyang_date;
use domain::reason::Reason;
use domain::resource::ShareMode;
use jiff::civil::Date;
use ledger::entry::{Entry, Kind};
use store::{StoredEntry, UseDays};

use crate::failure::Failure;
use crate::gateway::Gateway;

/// Entries that are added up in one go.
const BATCH: u32 = 2_000;
/// So long somebody waits for uses that are being added up.
const PATIENCE: Duration = Duration::from_secs(5);
/// The event of a use-code that was handed out: it is the use of a grant for it.
const USE_CODE_CREATED: &str = "use_code.created";

impl Gateway {
    /// Adds up what the entries since the last time say was used. Whichever gateway comes first adds; each entry counts once.
    /// It may be dropped at any moment.
    ///
    /// # Errors
    /// The store's; what was not added then is added the next time.
    pub async fn add_up_uses(&self) -> Result<(), Failure> {
        let until = self.store.ledger_size().await?;
        let _turn = self.uses.turn.lock().await;
        loop {
            let from = self.store.uses_added_until().await?;
            if from >= until {
                return Ok(());
            }
            let entries = self.store.entries_between(from, until, "", BATCH).await?;
            let behind = |stored: &StoredEntry| stored.entry.index().saturating_add(1);
            let last = entries.last().map_or(until, behind);
            // Where another gateway was faster, it has added them.
            self.store
                .add_uses((from, last), used_by_all(&entries))
                .await?;
        }
    }

    /// The same for somebody who waits.
    ///
    /// # Errors
    /// `OVERLOADED` while uses of long ago are still being added up.
    pub(crate) async fn add_up_soon(&self) -> Result<(), Failure> {
        let added = tokio::time::timeout(PATIENCE, self.add_up_uses()).await;
        added.unwrap_or_else(|_| {
            let message = "the uses of before are still being added up; ask again in a minute";
            Err(Failure {
                retry_after_s: Some(60),
                ..Failure::new(Reason::Overloaded, message)
            })
        })
    }
}

/// What entries say was used, by grant and day.
fn used_by_all(entries: &[StoredEntry]) -> UseDays {
    let mut uses = UseDays::new();
    let told = entries.iter().filter_map(|stored| used_by(&stored.entry));
    for (grant, day, of_entry) in told {
        let days = uses.entry(grant).or_default();
        days.entry(day).or_default().add(of_entry);
    }
    uses
}

/// What an entry says was used of which grant on which day; none where it says nothing of that.
fn used_by(entry: &Entry) -> Option<(GrantName, Date, UseDay)> {
    let facts = entry.facts();
    let used = match entry.kind() {
        Kind::Intent | Kind::Served => call(entry),
        Kind::Outcome { .. } => UseDay {
            rows: u64::try_from(facts.integer("rows")?)
                .ok()
                .filter(|rows| *rows > 0)?,
            ..UseDay::default()
        },
        Kind::Change { event } if event == USE_CODE_CREATED => UseDay {
            codes: 1,
            ..call(entry)
        },
        Kind::Change { .. } => return None,
    };
    let of_use = entry.grant().map(|of| of.name.as_str());
    let grant = GrantName::parse(of_use.or_else(|| facts.text("grant"))?).ok()?;
    Some((grant, shaoyang_date(entry.time()), used))
}

/// A call: its way, and the items and the matter that it was about.
fn call(entry: &Entry) -> UseDay {
    let facts = entry.facts();
    let mode = facts.text("mode").and_then(ShareMode::of_word);
    let named = ["items", "compared", "order"].into_iter();
    let named = named.filter_map(|key| facts.list(key)).flatten();
    let matter = facts
        .text("matter")
        .and_then(|name| MatterName::parse(name).ok());
    UseDay {
        calls: mode.map(|mode| (mode, 1)).into_iter().collect(),
        codes: 0,
        rows: 0,
        items: named.filter_map(|key| ItemKey::parse(key).ok()).collect(),
        matters: matter.into_iter().collect(),
    }
}
