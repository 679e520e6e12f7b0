//! A recorder that records nothing, for one measurement: what evidence costs.
//!
//! Only in builds with the feature `unrecorded`, which nothing but bench/README.md asks for. Entries
//! are placed and hashed nowhere, receipts stand for nothing, and such a gateway says so when it
//! starts.

use std::collections::HashMap;

use crate::Store;
use crate::batch::{Answer, Batch};
use crate::error::StoreError;
use crate::recorder::RecordError;

/// Stands where the end of the ledger is known.
#[derive(Default)]
pub(crate) struct Tail {
    index: u64,
    numbers: HashMap<String, u64>,
    body: String,
}

impl Tail {
    /// Begins with an empty ledger.
    pub(crate) fn begin(_: &Store) -> Self {
        tracing::error!("THIS BUILD RECORDS NO EXCHANGES: it is for measuring only");
        Self::default()
    }

    /// The same.
    pub(crate) fn unread() -> Self {
        Self::default()
    }

    /// Gives each entry a place of its own, and forgets it.
    #[expect(clippy::unused_async, reason = "as the one that records")]
    pub(crate) async fn record(
        &mut self,
        _: &Store,
        batch: Batch,
    ) -> Result<Vec<Answer>, StoreError> {
        let intents = batch.intents.into_iter().map(|(_, item)| item);
        let place = |item: crate::batch::Item| {
            let takes = item.sealed.draft().takes_sequence_of();
            let number = takes.map(|grant| {
                let last = self.numbers.entry(grant.to_owned()).or_default();
                *last = last.saturating_add(1);
                *last
            });
            self.body.clear();
            let placed = item
                .sealed
                .place(self.index, item.now, number, &mut self.body);
            self.index = self.index.saturating_add(1);
            (
                item.done,
                placed.map_err(|_| RecordError::Unavailable(None)),
            )
        };
        Ok(intents.chain(batch.others).map(place).collect())
    }
}
