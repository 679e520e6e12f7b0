//! Delivery: each subscription's events, in order, by one gateway at a time, until its receiver has taken them.
//!
//! The row says how far it came. A gateway takes its turn by a lease in the row and says after each message that was
//! taken; whoever dies between the two is followed by another when the lease is over, and the message comes again under
//! the same id. What fails waits; nothing else does.

mod book;
mod turn;

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use domain::name::{DepartmentName, SubscriptionName};
use domain::policy::shaoyang_date;
use domain::subscription::{DeliveryRule, Owner, Subscription};
use jiff::{SignedDuration, Timestamp};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::events::{BATCH, Sieve, Start, Told};
use crate::failure::Failure;
use crate::gateway::Gateway;

use book::{Book, Known};
use turn::Turn;

/// Entries without an event of its own after which the row says so: or a start would read them all again.
const FAR: u64 = 10_000;
/// After something failed that is not the receiver's, it is tried again.
const AGAIN: SignedDuration = SignedDuration::from_secs(5);

/// How failed deliveries are tried again.
#[derive(Debug, Default)]
pub(crate) struct Deliveries {
    pub(crate) rules: ArcSwap<Vec<DeliveryRule>>,
}

/// What was found of its own.
enum Look {
    /// The first event.
    Found(Told),
    /// Nothing, up to here.
    Nothing(u64),
}

impl Gateway {
    /// Brings events to their receivers, for as long as the gateway runs; ends with the watches.
    pub async fn deliver_events(self: Arc<Self>) {
        let holder = self.ids.uuid();
        let (mut tail, mut closed) = (self.feed.tail(), self.feed.closed());
        let mut turns: JoinSet<(SubscriptionName, Turn)> = JoinSet::new();
        let (mut book, mut known_to) = (Book::default(), None);
        while !*closed.borrow_and_update() {
            let (end, now) = (*tail.borrow_and_update(), self.now());
            let mut again = None;
            if end > 0 {
                if let Err(failure) = self.keep_book(&mut book, &mut known_to, end).await {
                    tracing::warn!(reason = %failure.reason, "subscriptions were not read; it is tried again");
                    again = Some(later(now, AGAIN));
                }
                for (name, seen) in book.begin(now, |known| self.wants(known, end)) {
                    let (gateway, holder) = (Arc::clone(&self), holder.clone());
                    turns.spawn(async move {
                        let turn = gateway.take_turn(&name, &holder, seen).await;
                        (name, turn)
                    });
                }
            }
            let due = book.first_due(now).into_iter().chain(again).min();
            tokio::select! {
                _ = tail.changed() => {}
                _ = closed.changed() => {}
                () = self.until_due(due) => {}
                Some(Ok((name, turn))) = turns.join_next() => {
                    book.end(&name, turn);
                    // It may have been resumed, and read as such, before its turn was told to be over.
                    if matches!(turn, Turn::Over) {
                        known_to = None;
                    }
                }
            }
        }
        // What was begun is told to its end: or the next start would wait for the lease.
        while turns.join_next().await.is_some() {}
    }

    /// Reads which subscriptions run: at the start, after one of them changed, and where that is not known.
    async fn keep_book(
        &self,
        book: &mut Book,
        known_to: &mut Option<u64>,
        end: u64,
    ) -> Result<(), Failure> {
        if known_to.is_none_or(|from| self.may_have_changed(from, end)) {
            let rows = self.store.in_state::<Subscription>("active").await?;
            book.replace(rows.into_iter().map(|row| row.value));
        }
        *known_to = Some(end);
        Ok(())
    }

    /// Whether a subscription changed; also where the feed does not reach back so far.
    fn may_have_changed(&self, mut from: u64, end: u64) -> bool {
        while from < end {
            let Some(piece) = self.feed.from(from, BATCH) else {
                return true;
            };
            let mut names = piece.events.iter().map(|event| event.name.as_str());
            if names.any(|name| name.starts_with("sharing.subscription.")) {
                return true;
            }
            from = piece.until;
        }
        false
    }

    /// Whether one has something to bring now, and the department whose place it takes. One that is behind the feed may
    /// have: the ledger is read in its turn, where nobody waits for it.
    fn wants(&self, known: &mut Known, end: u64) -> Option<DepartmentName> {
        let department = self.standing_department(&known.subscription)?;
        let sieve = self.sieve_of(&known.subscription);
        if let Some(Look::Nothing(until)) = self.look_in_feed(&sieve, known.seen, end) {
            known.seen = until;
            if until.saturating_sub(known.subscription.next) <= FAR {
                return None;
            }
        }
        Some(department)
    }

    /// The department of an owner that stands now and whose receiver does: for another, nothing is brought.
    fn standing_department(&self, subscription: &Subscription) -> Option<DepartmentName> {
        let snapshot = self.snapshot();
        snapshot
            .system(&subscription.receiver)
            .filter(|row| row.is_active())?;
        match &subscription.owner {
            Owner::System { system } => {
                let row = snapshot.system(system).filter(|row| row.is_active())?;
                Some(row.department.clone())
            }
            Owner::Department { department } => {
                let today = shaoyang_date(self.now());
                let row = snapshot.department(department)?;
                (!row.has_ended(today)).then(|| department.clone())
            }
        }
    }

    /// Waits for a moment. What was due before was begun, or waits for something else than the clock.
    async fn until_due(&self, due: Option<Timestamp>) {
        let Some(due) = due else {
            return std::future::pending().await;
        };
        let wait = Duration::try_from(due.duration_since(self.now())).unwrap_or_default();
        // A clock that was set back must not let it wait for longer.
        let wait = wait
            .min(Duration::from_mins(1))
            .max(Duration::from_millis(10));
        tokio::time::sleep_until(Instant::now() + wait).await;
    }

    /// The first event of its own that the feed holds from an index on; none where it does not reach back so far.
    fn look_in_feed(&self, sieve: &Sieve, mut from: u64, end: u64) -> Option<Look> {
        while from < end {
            let piece = self.feed.from(from, BATCH)?;
            if let Some(told) = self.sifted(sieve, &piece.events).into_iter().next() {
                return Some(Look::Found(told));
            }
            from = piece.until;
        }
        Some(Look::Nothing(from))
    }

    /// The first event of its own from an index on: in the feed, or else in one piece of the ledger.
    async fn look_on(&self, sieve: &Sieve, from: u64, end: u64) -> Result<Look, Failure> {
        if let Some(look) = self.look_in_feed(sieve, from, end) {
            return Ok(look);
        }
        let piece = self.events_between(from, end).await?;
        let told = self.sifted(sieve, &piece.events).into_iter().next();
        Ok(told.map_or(Look::Nothing(piece.until), Look::Found))
    }

    fn sieve_of(&self, subscription: &Subscription) -> Sieve {
        let filter = subscription.filter.clone();
        Sieve::new(self.viewer_of(subscription), filter, &Start::Beginning)
    }
}

fn later(now: Timestamp, by: SignedDuration) -> Timestamp {
    now.checked_add(by).unwrap_or(now)
}
