//! A recorder that records nothing, for one measurement: what evidence costs.
//!
//! Only in builds with the feature `unrecorded`, which nothing but bench/README.md asks for. Entries
//! are placed and hashed nowhere, receipts stand for nothing, and such a gateway says so when it
//! starts.

use std::collections::HashMap;

use tokio::sync::mpsc;

use crate::recorder::{BATCH, Job, RecordError};

/// Gives each job a place of its own, and forgets it.
pub(crate) async fn answer(mut queue: mpsc::Receiver<Job>) {
    tracing::error!("THIS BUILD RECORDS NO EXCHANGES: it is for measuring only");
    let (mut index, mut numbers) = (0_u64, HashMap::<String, u64>::new());
    let (mut batch, mut body) = (Vec::with_capacity(BATCH), String::new());
    while queue.recv_many(&mut batch, BATCH).await > 0 {
        for job in batch.drain(..) {
            let takes = job.sealed.draft().takes_sequence_of();
            let number = takes.map(|grant| {
                let last = numbers.entry(grant.to_owned()).or_default();
                *last = last.saturating_add(1);
                *last
            });
            body.clear();
            let placed = job.sealed.place(index, job.now, number, &mut body);
            index = index.saturating_add(1);
            // A caller that has gone needs no answer.
            let _ = job
                .done
                .send(placed.map_err(|_| RecordError::Unavailable(None)));
        }
        tokio::task::yield_now().await;
    }
}
