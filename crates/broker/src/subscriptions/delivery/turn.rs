//! One turn: a lease in the row, message after message, and what came of each written down.

use std::collections::BTreeMap;

use domain::caller::Caller;
use domain::name::SubscriptionName;
use domain::policy::shaoyang_date;
use domain::subscription::{DeliveryRule, Lease, Subscription, SubscriptionState};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use store::Stored;

use super::super::owned_draft;
use super::super::post::{Brought, Message};
use super::{AGAIN, FAR, Look, later};
use crate::events::Told;
use crate::failure::Failure;
use crate::gateway::Gateway;

/// A turn without a word; longer than one message takes.
const LEASE: SignedDuration = SignedDuration::from_secs(30);
/// After so long, or so many messages or pieces of the ledger, a turn ends: others wait for its place.
const TURN: SignedDuration = SignedDuration::from_secs(10);
const STEPS: usize = 100;
/// Where no rule of delivery holds, it is looked again for one.
const NO_RULE: SignedDuration = SignedDuration::from_mins(1);

/// How a turn ended.
#[derive(Clone, Copy, Debug)]
pub(super) enum Turn {
    /// All that it got to is done with up to an index, `next` of it by the row.
    Done { next: u64, seen: u64 },
    /// To be looked at again at a moment.
    Later(Timestamp),
    /// It does not run any more.
    Over,
}

impl Gateway {
    /// One turn at a subscription.
    pub(super) async fn take_turn(&self, name: &SubscriptionName, holder: &str, seen: u64) -> Turn {
        match self.try_turn(name, holder, seen).await {
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

    async fn try_turn(
        &self,
        name: &SubscriptionName,
        holder: &str,
        seen: u64,
    ) -> Result<Turn, Failure> {
        // Another gateway may have brought it: then there is nothing to write.
        let Some(row) = self.store.get::<Subscription>(name.as_str()).await? else {
            return Ok(Turn::Over);
        };
        let (next, end) = (row.value.next, *self.feed.tail().borrow());
        let look = self.look_in_feed(&self.sieve_of(&row.value), seen.max(next), end);
        if let Some(Look::Nothing(seen)) = look
            && seen.saturating_sub(next) <= FAR
        {
            return Ok(Turn::Done { next, seen });
        }
        match self.lease(name, holder).await? {
            Ok(row) => self.bring_some(row, holder, seen).await,
            Err(Some(due)) => Ok(Turn::Later(due)),
            Err(None) => Ok(Turn::Over),
        }
    }

    /// Brings what there is, as far as one turn goes. A look through the ledger is written down piece by piece: it may
    /// take longer than a lease.
    async fn bring_some(
        &self,
        mut row: Stored<Subscription>,
        holder: &str,
        seen: u64,
    ) -> Result<Turn, Failure> {
        let over = later(self.now(), TURN);
        let mut at = row.value.next.max(seen);
        for _ in 0..STEPS {
            let end = *self.feed.tail().borrow();
            let stops = *self.feed.closed().borrow() || self.now() >= over;
            // Whoever is suspended in its turn gets no more in it.
            if stops || self.standing_department(&row.value).is_none() {
                break;
            }
            let stepped = match self.look_on(&self.sieve_of(&row.value), at, end).await? {
                Look::Found(told) => self.bring_one(&row, holder, &told).await?,
                Look::Nothing(until) if until < end => {
                    let lease = self.lease_of(holder);
                    self.step_of(&row, holder, |value| value.leased(until, lease))
                        .await?
                }
                Look::Nothing(until) => {
                    at = until;
                    break;
                }
            };
            // Ended meanwhile, or another gateway's turn since this one was away for too long.
            let Some(next) = stepped else {
                return Ok(Turn::Later(later(self.now(), LEASE)));
            };
            if next.value.state != SubscriptionState::Active {
                return Ok(Turn::Over);
            }
            // Where it was looked on, the trouble of before stays until something is taken.
            let waits = next.value.lease.is_none();
            if let Some(trouble) = next.value.trouble.as_ref().filter(|_| waits) {
                return Ok(Turn::Later(trouble.retry_at));
            }
            at = next.value.next;
            row = next;
        }
        self.step_of(&row, holder, |value| value.released(at))
            .await?;
        Ok(Turn::Done { next: at, seen: at })
    }

    /// Brings one event and writes down what came of it; none where it is not this gateway's turn any more.
    async fn bring_one(
        &self,
        row: &Stored<Subscription>,
        holder: &str,
        told: &Told,
    ) -> Result<Option<Stored<Subscription>>, Failure> {
        // Without a rule, what fails could not be written down, and would come again and again.
        let Some(rule) = self.delivery_rule() else {
            let reason = "no rule in seeds/events.toml holds today".to_owned();
            let now = self.now();
            let held_up = |value: Subscription| value.held_up(reason, later(now, NO_RULE), now);
            return self.step_of(row, holder, held_up).await;
        };
        let message = message_of(&row.value, told);
        match self.bring(&row.value, message).await {
            Brought::Taken => {
                let lease = self.lease_of(holder);
                self.step_of(row, holder, |value| value.taken(told.next(), lease))
                    .await
            }
            Brought::Gone => {
                let reason = "the receiver answered HTTP 410".to_owned();
                self.step_of(row, holder, |value| value.paused(reason))
                    .await
            }
            Brought::Failed(reason) => {
                let now = self.now();
                let [chance, ..] = self.ids.secret();
                let failed = |value: Subscription| value.failed(&rule, reason, chance, now);
                self.step_of(row, holder, failed).await
            }
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

    fn lease_of(&self, holder: &str) -> Lease {
        Lease {
            holder: holder.to_owned(),
            until: later(self.now(), LEASE),
        }
    }

    fn delivery_rule(&self) -> Option<DeliveryRule> {
        let today = shaoyang_date(self.now());
        let rules = self.deliveries.rules.load();
        rules.iter().find(|rule| rule.holds_on(today)).cloned()
    }

    /// Brings a message about nothing, and says what went wrong, if anything did.
    ///
    /// # Errors
    /// A refusal, `NOT_FOUND`, `STATE_CONFLICT`.
    pub async fn test_subscription(
        &self,
        caller: &Caller,
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
