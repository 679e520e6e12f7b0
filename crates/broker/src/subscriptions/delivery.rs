//! Delivery: each subscription's events, in order, by one gateway at a time, until its receiver has taken them.
//!
//! The row says how far it came. A gateway takes its turn by a lease in the row and says after each message that was
//! taken; whoever dies between the two is followed by another when the lease is over, and the message comes again under
//! the same id. What fails waits; nothing else does.

mod turn;

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use domain::name::SubscriptionName;
use domain::policy::shaoyang_date;
use domain::subscription::{DeliveryRule, Owner, Subscription};
use jiff::{SignedDuration, Timestamp};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::events::{BATCH, Sieve, Start, Told};
use crate::failure::Failure;
use crate::gateway::Gateway;

use turn::Turn;

/// Subscriptions that are served at once by one gateway.
const AT_ONCE: usize = 32;
/// Entries without an event of its own after which the row says so: or a start would read them all again.
const FAR: u64 = 10_000;

/// What a gateway knows of the subscriptions that run.
#[derive(Debug, Default)]
pub(crate) struct Deliveries {
    pub(crate) rules: ArcSwap<Vec<DeliveryRule>>,
    book: Mutex<BTreeMap<SubscriptionName, Known>>,
}

/// One that runs.
#[derive(Clone, Debug)]
struct Known {
    subscription: Subscription,
    /// Looked through up to here: nothing of its own is between its row's place and this one.
    seen: u64,
    /// Not before.
    due: Option<Timestamp>,
}

impl Gateway {
    /// Brings events to their receivers, for as long as the gateway runs; ends with the watches.
    pub async fn deliver_events(self: Arc<Self>) {
        let holder = self.ids.uuid();
        let (mut tail, mut closed) = (self.feed.tail(), self.feed.closed());
        let mut turns: JoinSet<(SubscriptionName, Turn)> = JoinSet::new();
        let mut busy = HashSet::new();
        let mut known_to = None;
        while !*closed.borrow_and_update() {
            let (end, now) = (*tail.borrow_and_update(), self.now());
            if end > 0 && self.keep_book(&mut known_to, end).await.is_ok() {
                for name in self.due_ones(end, now, &busy).await {
                    busy.insert(name.clone());
                    let (gateway, holder) = (Arc::clone(&self), holder.clone());
                    turns.spawn(async move {
                        let turn = gateway.take_turn(&name, &holder).await;
                        (name, turn)
                    });
                }
            }
            tokio::select! {
                _ = tail.changed() => {}
                _ = closed.changed() => {}
                () = self.until_due(now) => {}
                Some(Ok((name, turn))) = turns.join_next() => {
                    busy.remove(&name);
                    self.note_turn(&name, turn);
                }
            }
        }
        // What was begun is told to its end: or the next start would wait for the lease.
        while turns.join_next().await.is_some() {}
    }

    /// Reads which subscriptions run, at the start and after one of them changed.
    async fn keep_book(&self, known_to: &mut Option<u64>, end: u64) -> Result<(), Failure> {
        if let Some(from) = *known_to {
            let changed = self.subscriptions_changed(from, end).await?;
            *known_to = Some(end);
            if !changed {
                return Ok(());
            }
        }
        let rows = self.store.in_state::<Subscription>("active").await?;
        let mut book = self.book();
        let before = std::mem::take(&mut *book);
        for row in rows {
            let name = row.value.name.clone();
            let known = before.get(&name);
            let seen = known.map_or(row.value.next, |known| known.seen.max(row.value.next));
            let due = row.value.trouble.as_ref().map(|trouble| trouble.retry_at);
            book.insert(
                name,
                Known {
                    subscription: row.value,
                    seen,
                    due,
                },
            );
        }
        *known_to = Some(end);
        Ok(())
    }

    async fn subscriptions_changed(&self, mut from: u64, end: u64) -> Result<bool, Failure> {
        while from < end {
            let piece = self.piece(from, end).await?;
            let mut names = piece.events.iter().map(|event| event.name.as_str());
            if names.any(|name| name.starts_with("sharing.subscription.")) {
                return Ok(true);
            }
            from = piece.until;
        }
        Ok(false)
    }

    /// Those that have something to bring now.
    async fn due_ones(
        &self,
        end: u64,
        now: Timestamp,
        busy: &HashSet<SubscriptionName>,
    ) -> Vec<SubscriptionName> {
        let (most, mut due) = (AT_ONCE.saturating_sub(busy.len()), Vec::new());
        let known: Vec<Known> = self.book().values().cloned().collect();
        for mut known in known {
            let name = known.subscription.name.clone();
            let waits = known.due.is_some_and(|due| now < due);
            if due.len() >= most || waits || busy.contains(&name) || !self.may_be_told(&known) {
                continue;
            }
            let sieve = self.sieve_of(&known.subscription);
            let found = self.first_of(&sieve, known.seen, end).await;
            match found {
                Ok((Some(_), _)) => due.push(name),
                Ok((None, until)) => {
                    let far = until.saturating_sub(known.subscription.next) > FAR;
                    known.seen = until;
                    if far {
                        due.push(name.clone());
                    }
                    self.book().insert(name, known);
                }
                Err(failure) => {
                    tracing::warn!(reason = %failure.reason, "events of a subscription were not read");
                }
            }
        }
        due
    }

    /// Nothing is brought for an owner, or to a receiver, that does not stand now.
    fn may_be_told(&self, known: &Known) -> bool {
        let snapshot = self.snapshot();
        let active = |name| {
            snapshot
                .system(name)
                .is_some_and(domain::system::System::is_active)
        };
        let owner = match &known.subscription.owner {
            Owner::System { system } => active(system),
            Owner::Department { department } => {
                let today = shaoyang_date(self.now());
                let row = snapshot.department(department);
                row.is_some_and(|row| !row.has_ended(today))
            }
        };
        owner && active(&known.subscription.receiver)
    }

    /// Waits until the first of those is due that were not at a moment. What was due then was begun, or waits for
    /// something else than the clock.
    async fn until_due(&self, then: Timestamp) {
        let first = {
            let book = self.book();
            let dues = book.values().filter_map(|known| known.due);
            dues.filter(|due| *due > then).min()
        };
        let Some(first) = first else {
            return std::future::pending().await;
        };
        let wait = Duration::try_from(first.duration_since(self.now())).unwrap_or_default();
        // A clock that was set back must not let it wait for longer.
        let wait = wait
            .min(Duration::from_mins(1))
            .max(Duration::from_millis(10));
        tokio::time::sleep_until(Instant::now() + wait).await;
    }

    fn note_turn(&self, name: &SubscriptionName, turn: Turn) {
        let mut book = self.book();
        match turn {
            Turn::Over => {
                book.remove(name);
            }
            Turn::Done { next, seen } => {
                if let Some(known) = book.get_mut(name) {
                    known.subscription.next = next;
                    known.seen = known.seen.max(seen);
                    known.due = None;
                }
            }
            Turn::Later(due) => {
                if let Some(known) = book.get_mut(name) {
                    known.due = Some(due);
                }
            }
        }
    }

    /// The first event of its own from an index on, and how far it was looked.
    async fn first_of(
        &self,
        sieve: &Sieve,
        mut from: u64,
        end: u64,
    ) -> Result<(Option<Told>, u64), Failure> {
        while from < end {
            let piece = self.piece(from, end).await?;
            let told = self.sifted(sieve, &piece.events).into_iter().next();
            if told.is_some() {
                return Ok((told, from));
            }
            from = piece.until;
        }
        Ok((None, from))
    }

    async fn piece(&self, from: u64, end: u64) -> Result<crate::events::Piece, Failure> {
        match self.feed.from(from, BATCH) {
            Some(piece) => Ok(piece),
            None => self.events_between(from, end).await,
        }
    }

    fn sieve_of(&self, subscription: &Subscription) -> Sieve {
        let filter = subscription.filter.clone();
        Sieve::new(self.viewer_of(subscription), filter, &Start::Beginning)
    }

    fn book(&self) -> std::sync::MutexGuard<'_, BTreeMap<SubscriptionName, Known>> {
        let book = self.deliveries.book.lock();
        book.unwrap_or_else(PoisonError::into_inner)
    }
}

fn later(now: Timestamp, by: SignedDuration) -> Timestamp {
    now.checked_add(by).unwrap_or(now)
}
