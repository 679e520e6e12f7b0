//! The feed: the newest events in memory, read off the ledger once for all who watch.
//!
//! However many watch, an event costs one read. Whoever is further behind than the feed reaches reads the ledger,
//! at its own pace: nothing is queued for anybody.

use std::collections::VecDeque;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use domain::event::Event;
use tokio::sync::watch;

use super::Piece;
use crate::failure::Failure;
use crate::gateway::Gateway;

/// Events kept for those who watch.
const KEPT: usize = 4096;
/// After a failed read, the next one.
const AGAIN: Duration = Duration::from_secs(1);

/// The newest events.
#[derive(Debug)]
pub(crate) struct Feed {
    kept: RwLock<Kept>,
    /// How far the ledger was read.
    tail: watch::Sender<u64>,
    /// The revision of the registry that was seen last: each change of the ledger moves it.
    moved: watch::Sender<i64>,
    closed: watch::Sender<bool>,
}

/// All events of the indexes from one on and below another.
#[derive(Debug, Default)]
struct Kept {
    events: VecDeque<Arc<Event>>,
    from: u64,
    until: u64,
}

impl Default for Feed {
    fn default() -> Self {
        Self {
            kept: RwLock::default(),
            tail: watch::Sender::new(0),
            moved: watch::Sender::new(-1),
            closed: watch::Sender::new(false),
        }
    }
}

impl Feed {
    /// Something changed: the ledger is longer.
    pub(crate) fn wake(&self, revision: i64) {
        self.moved.send_replace(revision);
    }

    /// For waiting until the feed goes on.
    pub(crate) fn tail(&self) -> watch::Receiver<u64> {
        self.tail.subscribe()
    }

    /// For waiting until nobody is told any more.
    pub(crate) fn closed(&self) -> watch::Receiver<bool> {
        self.closed.subscribe()
    }

    /// Ends every watch.
    pub(crate) fn close(&self) {
        self.closed.send_replace(true);
    }

    /// What the feed holds from an index on, a piece of it; none where it does not reach back so far.
    pub(crate) fn from(&self, next: u64, most: usize) -> Option<Piece> {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        if next < kept.from {
            return None;
        }
        let first = kept.events.partition_point(|event| event.index < next);
        let events: Vec<_> = kept.events.range(first..).take(most).cloned().collect();
        let cut = kept.events.get(first + events.len());
        Some(Piece {
            until: cut.map_or(kept.until.max(next), |event| event.index),
            events,
        })
    }

    /// How far it was read; none before the first time.
    fn until(&self) -> Option<u64> {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        (kept.until > 0).then_some(kept.until)
    }

    /// Takes what was read behind the last.
    fn push(&self, piece: Piece) {
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        if kept.until == 0 {
            kept.from = piece.until;
        }
        kept.events.extend(piece.events);
        kept.until = piece.until;
        while kept.events.len() > KEPT {
            if let Some(dropped) = kept.events.pop_front() {
                kept.from = dropped.index.saturating_add(1);
            }
        }
        drop(kept);
    }
}

impl Gateway {
    /// Reads along with the ledger for as long as it runs; nobody is told of anything without it.
    pub async fn follow_events(&self) {
        let mut moved = self.feed.moved.subscribe();
        loop {
            moved.mark_unchanged();
            match self.read_on().await {
                Ok(()) => {
                    if moved.changed().await.is_err() {
                        return;
                    }
                }
                Err(failure) => {
                    tracing::warn!(reason = %failure.reason, "events were not read; it is tried again");
                    let _ = tokio::time::timeout(AGAIN, moved.changed()).await;
                }
            }
        }
    }

    /// Ends every watch: who watched goes on elsewhere, by its cursor.
    pub fn end_watches(&self) {
        self.feed.close();
    }

    /// Reads to the end of the ledger.
    async fn read_on(&self) -> Result<(), Failure> {
        let end = self.store.ledger_size().await?;
        // Whom an event concerns is said by a picture that is as new as the event.
        self.refresh().await?;
        let Some(mut next) = self.feed.until() else {
            // Of what was before, whoever asks is told out of the ledger.
            self.feed.push(Piece {
                events: Vec::new(),
                until: end,
            });
            self.feed.tail.send_replace(end);
            return Ok(());
        };
        while next < end {
            let piece = self.events_between(next, end).await?;
            next = piece.until;
            self.feed.push(piece);
            self.feed.tail.send_replace(next);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn piece(events: std::ops::Range<u64>, until: u64) -> Piece {
        let event = |index| {
            let made = Event::of(index, Timestamp::UNIX_EPOCH, "sharing.grant.made", |_| None);
            Arc::new(made.unwrap())
        };
        Piece {
            events: events.map(event).collect(),
            until,
        }
    }

    fn indexes(piece: &Piece) -> Vec<u64> {
        piece.events.iter().map(|event| event.index).collect()
    }

    #[test]
    fn it_gives_pieces_that_join_and_says_where_it_does_not_reach() {
        let feed = Feed::default();
        assert_eq!(feed.until(), None);
        feed.push(piece(0..0, 10));
        feed.push(piece(10..13, 20));
        assert!(feed.from(9, 5).is_none(), "before it began");
        let first = feed.from(10, 2).unwrap();
        assert_eq!((indexes(&first), first.until), (vec![10, 11], 12));
        let second = feed.from(first.until, 2).unwrap();
        assert_eq!((indexes(&second), second.until), (vec![12], 20));
        let nothing = feed.from(20, 2).unwrap();
        assert_eq!((indexes(&nothing), nothing.until), (vec![], 20));
        // Somebody who starts now may be ahead of it for a moment.
        assert_eq!(feed.from(25, 2).unwrap().until, 25);
    }

    #[test]
    fn it_keeps_a_bounded_number() {
        let feed = Feed::default();
        let most = KEPT as u64;
        feed.push(piece(0..0, 1));
        feed.push(piece(1..most + 1, most + 1));
        assert!(feed.from(1, 1).is_some());
        feed.push(piece(most + 1..most + 2, most + 2));
        assert!(feed.from(1, 1).is_none());
        assert_eq!(indexes(&feed.from(2, 1).unwrap()), [2]);
    }
}
