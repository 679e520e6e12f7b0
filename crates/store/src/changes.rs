//! Changes in the order of the ledger, for whoever is told of them.

use jiff::Timestamp;
use ledger::entry::Kind;

use crate::Store;
use crate::entries::{StoredEntry, holds_all, stored_entry};
use crate::error::StoreError;
use crate::from_db;
use crate::segment::lines;

/// Indexes that one statement looks through, so that none takes long on a ledger of mostly other things.
const WINDOW: u64 = 100_000;
/// Statements of one look.
const WINDOWS: usize = 10;
/// The mention of a change names its event; those of uses name none.
const OF_A_CHANGE: &str = "\"e:";

/// A piece of the ledger that was looked through.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// The changes in it, oldest first.
    pub entries: Vec<StoredEntry>,
    /// It was looked through up to this index.
    pub until: u64,
}

impl Store {
    /// The changes from an index on and below another one, oldest first: about `most` of them, or fewer where few
    /// are found in what one look may read.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn changes_between(
        &self,
        from: u64,
        until: u64,
        most: usize,
    ) -> Result<Changes, StoreError> {
        let mut found = Changes {
            entries: Vec::new(),
            until: from,
        };
        for _ in 0..WINDOWS {
            let begin = found.until;
            if begin >= until {
                break;
            }
            let end = until.min(begin.saturating_add(WINDOW));
            let rows = self.segments_from(begin, end, OF_A_CHANGE).await?;
            // A full answer may have left the rest of the window out.
            let mut read_to = end;
            if let Some((first, entries, _)) = rows.last()
                && rows.len() >= crate::entries::SEGMENTS as usize
            {
                read_to = end.min(from_db(first.saturating_add(*entries)));
            }
            for row in &rows {
                for (index, line) in lines(row).filter(|(at, _)| (begin..end).contains(at)) {
                    if !holds_all(line, &[b"\"kind\":\"change\""]) {
                        continue;
                    }
                    let stored = stored_entry(index, line)?;
                    if matches!(stored.entry.kind(), Kind::Change { .. }) {
                        found.entries.push(stored);
                    }
                    if found.entries.len() >= most {
                        found.until = index.saturating_add(1);
                        return Ok(found);
                    }
                }
            }
            found.until = read_to;
        }
        Ok(found)
    }

    /// The index from which on entries were recorded at or after a moment, found by halves. Gateways' clocks differ a
    /// little, so near it some may be out of order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn index_since(&self, moment: Timestamp) -> Result<u64, StoreError> {
        let (mut low, mut high) = (0, self.ledger_size().await?);
        while low < high {
            let middle = low.midpoint(high);
            let rows = self
                .segments_from(middle, middle.saturating_add(1), "")
                .await?;
            let mut there = rows.iter().flat_map(lines);
            let Some((index, line)) = there.find(|(index, _)| *index == middle) else {
                return Ok(low);
            };
            if stored_entry(index, line)?.entry.time() < moment {
                low = middle.saturating_add(1);
            } else {
                high = middle;
            }
        }
        Ok(low)
    }
}
