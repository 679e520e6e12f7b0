//! Delivery: each subscription's events, in order, by one gateway at a time, until its receiver has taken them.
//!
//! The row says how far it came. A gateway takes its turn by a lease in the row and says after each message that was
//! taken; whoever dies between the two is followed by another when the lease is over, and the message comes again under
//! the same id. What fails waits; nothing else does.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use domain::name::SubscriptionName;
use domain::policy::shaoyang_date;
use domain::reason::Reason;
use domain::subscription::{DeliveryRule, Lease, Owner, Subscription, SubscriptionState};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use store::Stored;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::owned_draft;
use super::post::{Brought, Message};
use crate::events::{BATCH, Sieve, Start, Told};
use crate::failure::Failure;
use crate::gateway::Gateway;

/// A turn without a word; longer than one message takes.
const LEASE: SignedDuration = SignedDuration::from_secs(30);
/// Subscriptions that are served at once by one gateway.
const AT_ONCE: usize = 32;
/// After something failed that is not the receiver's, it is tried again.
const AGAIN: SignedDuration = SignedDuration::from_secs(5);
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

/// How a turn ended.
enum Turn {
    /// All is done with up to an index, `next` of it by the row.
    Done { next: u64, seen: u64 },
    /// To be looked at again at a moment.
    Later(Timestamp),
    /// It does not run any more.
    Over,
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
            .min(Duration::from_secs(60))
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

    /// One turn at a subscription.
    async fn take_turn(&self, name: &SubscriptionName, holder: &str) -> Turn {
        match self.bring_all(name, holder).await {
            Ok(turn) => turn,
            Err(failure) => {
                tracing::warn!(
                    subscription = name.as_str(),
                    reason = %failure.reason,
                    "events were not brought; it is tried again"
                );
                Turn::Later(later(self.now(), AGAIN))
            }
        }
    }

    async fn bring_all(&self, name: &SubscriptionName, holder: &str) -> Result<Turn, Failure> {
        // Another gateway may have brought it: then there is nothing to write.
        let Some(row) = self.store.get::<Subscription>(name.as_str()).await? else {
            return Ok(Turn::Over);
        };
        let (next, end) = (row.value.next, *self.feed.tail().borrow());
        let (told, seen) = self.first_of(&self.sieve_of(&row.value), next, end).await?;
        if told.is_none() && seen.saturating_sub(next) <= FAR {
            return Ok(Turn::Done { next, seen });
        }
        let mut row = match self.lease(name, holder).await? {
            Ok(row) => row,
            Err(Some(due)) => return Ok(Turn::Later(due)),
            Err(None) => return Ok(Turn::Over),
        };
        loop {
            let end = *self.feed.tail().borrow();
            let sieve = self.sieve_of(&row.value);
            let closing = *self.feed.closed().borrow();
            let (told, until) = self.first_of(&sieve, row.value.next, end).await?;
            let Some(told) = told.filter(|_| !closing) else {
                let next = if closing { row.value.next } else { until };
                self.step_of(&row, holder, |value| value.released(next))
                    .await?;
                return Ok(Turn::Done { next, seen: next });
            };
            let message = message_of(&row.value, &told);
            let brought = self.bring(&row.value, message).await;
            let stepped = match brought {
                Brought::Taken => {
                    let lease = self.lease_of(holder);
                    self.step_of(&row, holder, |value| value.taken(told.next(), lease))
                        .await?
                }
                Brought::Gone => {
                    let reason = "the receiver answered HTTP 410".to_owned();
                    self.step_of(&row, holder, |value| value.paused(reason))
                        .await?
                }
                Brought::Failed(reason) => {
                    let (rule, now) = (self.delivery_rule()?, self.now());
                    let [chance, ..] = self.ids.secret();
                    let failed = |value: Subscription| value.failed(&rule, reason, chance, now);
                    self.step_of(&row, holder, failed).await?
                }
            };
            // Ended meanwhile, or another gateway's turn since this one was away for too long.
            let Some(next) = stepped else {
                return Ok(Turn::Later(later(self.now(), LEASE)));
            };
            if next.value.state != SubscriptionState::Active {
                return Ok(Turn::Over);
            }
            if let Some(trouble) = &next.value.trouble {
                return Ok(Turn::Later(trouble.retry_at));
            }
            row = next;
        }
    }

    /// Takes the turn at a subscription, or says when to look again.
    async fn lease(
        &self,
        name: &SubscriptionName,
        holder: &str,
    ) -> Result<Result<Stored<Subscription>, Option<Timestamp>>, Failure> {
        let now = self.now();
        let mut tx = self.store.begin("taking a turn at a subscription").await?;
        let Some(before) = tx.get::<Subscription>(name.as_str()).await? else {
            tx.forget().await;
            return Ok(Err(None));
        };
        if let Err(due) = before.value.must_be_due(holder, now) {
            tx.forget().await;
            return Ok(Err(due));
        }
        let next = before.value.next;
        let value = before.value.clone().leased(next, self.lease_of(holder));
        let row = tx.update(&before, &value, before.update_entry, now).await?;
        tx.save().await?;
        Ok(Ok(row))
    }

    /// Writes down what came of it, where it is this gateway's turn still. A stop has an entry.
    async fn step_of(
        &self,
        row: &Stored<Subscription>,
        holder: &str,
        step: impl FnOnce(Subscription) -> Subscription + Send,
    ) -> Result<Option<Stored<Subscription>>, Failure> {
        let now = self.now();
        let mut tx = self.store.begin("bringing events").await?;
        let before: Option<Stored<Subscription>> = tx.get(row.value.name.as_str()).await?;
        let Some(before) = before.filter(|before| before.value.is_held_by(holder)) else {
            tx.forget().await;
            return Ok(None);
        };
        let value = step(before.value.clone());
        let entry = match &value.state {
            SubscriptionState::Active | SubscriptionState::Ended => before.update_entry,
            SubscriptionState::Paused { .. } | SubscriptionState::Failing { .. } => {
                let draft = owned_draft(value.state.as_str(), &self.ids.uuid(), &value);
                Some(tx.record(draft, now).await?)
            }
        };
        let stops = value.state != SubscriptionState::Active;
        let after = tx.update(&before, &value, entry, now).await?;
        tx.save().await?;
        if stops {
            tracing::warn!(
                subscription = value.name.as_str(),
                state = value.state.as_str(),
                "a subscription takes no events any more"
            );
            self.refresh_after_change().await;
        }
        Ok(Some(after))
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

    fn lease_of(&self, holder: &str) -> Lease {
        Lease {
            holder: holder.to_owned(),
            until: later(self.now(), LEASE),
        }
    }

    fn delivery_rule(&self) -> Result<DeliveryRule, Failure> {
        let today = shaoyang_date(self.now());
        let rules = self.deliveries.rules.load();
        let rule = rules.iter().find(|rule| rule.holds_on(today)).cloned();
        rule.ok_or_else(|| {
            let message = "no rule in seeds/events.toml holds today";
            Failure::new(Reason::Internal, message)
        })
    }

    fn book(&self) -> std::sync::MutexGuard<'_, BTreeMap<SubscriptionName, Known>> {
        let book = self.deliveries.book.lock();
        book.unwrap_or_else(PoisonError::into_inner)
    }

    /// Brings a message about nothing, and says what went wrong, if anything did.
    ///
    /// # Errors
    /// A refusal, `NOT_FOUND`, `STATE_CONFLICT`.
    pub async fn test_subscription(
        &self,
        caller: &domain::caller::Caller,
        name: &SubscriptionName,
    ) -> Result<Option<String>, Failure> {
        let row = self.subscription(caller, name).await?;
        self.may_subscribe(caller, &row.value.owner)?;
        if row.value.state == SubscriptionState::Ended {
            return Err(Failure::state(name.as_str(), "ended", "not ended"));
        }
        let ping = json!({
            "name": "sharing.subscription.ping",
            "time": self.now().to_string(),
            "about": {"subscription": name.as_str()},
        });
        let message = Message {
            id: format!("ping_{}", self.ids.uuid()),
            body: ping.to_string().into_bytes(),
        };
        Ok(match self.bring(&row.value, message).await {
            Brought::Taken => None,
            Brought::Gone => Some("the receiver answered HTTP 410".to_owned()),
            Brought::Failed(reason) => Some(reason),
        })
    }
}

/// An event as it is posted: the JSON form of the `Event` of the API. Its id is that of the subscription and the entry,
/// so it is the same whoever brings it, and however often.
fn message_of(subscription: &Subscription, told: &Told) -> Message {
    let event = &told.event;
    let about: BTreeMap<&str, &str> = event.about(told.concern).collect();
    let facts: BTreeMap<&str, &str> = event.words(told.concern).collect();
    let body = json!({
        "cursor": told.cursor,
        "entry": format!("entries/{}", event.index),
        "name": event.name,
        "time": event.time.to_string(),
        "about": about,
        "facts": facts,
        "title": event.title(),
        "next": event.next(),
    });
    Message {
        id: format!("{}_{}", subscription.name.id(), event.index),
        body: body.to_string().into_bytes(),
    }
}

fn later(now: Timestamp, by: SignedDuration) -> Timestamp {
    now.checked_add(by).unwrap_or(now)
}
