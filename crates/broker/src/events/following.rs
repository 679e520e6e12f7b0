//! One watch: what is behind its start, then what happens.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use domain::caller::Caller;
use domain::event::{EventFilter, Viewer};
use domain::name::Fingerprint;
use tokio::sync::watch;
use tokio::time::Instant;

use super::{BATCH, Sieve, Start, Told, cursor};
use crate::failure::Failure;
use crate::gateway::Gateway;

/// Whoever watches hears something at least so often.
const BEAT: Duration = Duration::from_secs(10);
/// So long before its deadline a watch ends by itself, in order.
const MARGIN: Duration = Duration::from_millis(500);

/// What comes out of a watch.
#[derive(Clone, Debug)]
pub enum WatchMessage {
    /// Something happened.
    Event(Told),
    /// Nothing of its own did; it goes on by this cursor.
    Cursor(String),
}

/// A watch under way. It is asked for each message; between them it does nothing.
#[derive(Debug)]
pub struct EventWatch {
    gateway: Arc<Gateway>,
    caller: Fingerprint,
    sieve: Sieve,
    /// The registry as of which the viewer was made.
    generation: u64,
    next: u64,
    ready: VecDeque<Told>,
    greeted: bool,
    beat: Instant,
    ends: Instant,
    tail: watch::Receiver<u64>,
    closed: watch::Receiver<bool>,
}

impl Gateway {
    /// Begins to watch, until a deadline.
    ///
    /// # Errors
    /// `CURSOR_INVALID`; the store.
    pub async fn watch_events(
        self: &Arc<Self>,
        caller: &Caller,
        start: &Start,
        filter: EventFilter,
        deadline: Instant,
    ) -> Result<EventWatch, Failure> {
        let generation = self.generation();
        let viewer = Viewer::of(caller, &self.snapshot());
        // Before the start is looked up: what is recorded meanwhile wakes it.
        let (tail, closed) = (self.feed.tail(), self.feed.closed());
        let next = self.start_of(&viewer, start).await?;
        Ok(EventWatch {
            gateway: Arc::clone(self),
            caller: caller.fingerprint().clone(),
            sieve: Sieve::new(viewer, filter, start),
            generation,
            next,
            ready: VecDeque::new(),
            greeted: false,
            beat: Instant::now(),
            ends: deadline.checked_sub(MARGIN).unwrap_or(deadline),
            tail,
            closed,
        })
    }
}

impl EventWatch {
    /// The next message; none when the watch is over.
    ///
    /// # Errors
    /// Why the caller does not stand any more; the store.
    pub async fn message(&mut self) -> Result<Option<WatchMessage>, Failure> {
        loop {
            if let Some(told) = self.ready.pop_front() {
                self.beat = Instant::now() + BEAT;
                return Ok(Some(WatchMessage::Event(told)));
            }
            let now = Instant::now();
            if *self.closed.borrow() || now >= self.ends {
                return Ok(None);
            }
            if !self.greeted || now >= self.beat {
                self.greeted = true;
                self.beat = now + BEAT;
                let cursor = cursor(&self.sieve.viewer, self.next);
                return Ok(Some(WatchMessage::Cursor(cursor)));
            }
            self.look_at_caller()?;
            let tail = *self.tail.borrow_and_update();
            if self.next < tail {
                self.read(tail).await?;
            } else {
                self.wait().await;
            }
        }
    }

    /// Waits for the feed, for the next beat or for the end.
    async fn wait(&mut self) {
        let until = self.beat.min(self.ends);
        tokio::select! {
            _ = self.tail.changed() => {}
            _ = self.closed.changed() => {}
            () = tokio::time::sleep_until(until) => {}
        }
    }

    async fn read(&mut self, tail: u64) -> Result<(), Failure> {
        let piece = match self.gateway.feed.from(self.next, BATCH) {
            Some(piece) => piece,
            None => self.gateway.events_between(self.next, tail).await?,
        };
        self.next = piece.until;
        self.ready
            .extend(self.gateway.sifted(&self.sieve, &piece.events));
        Ok(())
    }

    /// Looks again who watches, where the registry changed: its department may have other systems now.
    fn look_at_caller(&mut self) -> Result<(), Failure> {
        let generation = self.gateway.generation();
        if generation != self.generation {
            let caller = self.gateway.authenticate(&self.caller)?;
            self.sieve.viewer = Viewer::of(&caller, &self.gateway.snapshot());
            self.generation = generation;
        }
        Ok(())
    }
}
