//! Subscriptions (订阅): events are brought to a receiver instead of being watched for.
//!
//! Delivered is at least once and in order. The row says how far its receiver has come, when it is tried again, and
//! which gateway is at it.

#[cfg(test)]
mod tests;
mod url;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::event::EventFilter;
use crate::name::{DepartmentName, SubscriptionName, SystemName};

pub use url::WebhookUrl;

/// Most subscriptions of one owner that have not ended.
pub const MOST: usize = 16;

/// Where events of one owner are brought to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    /// `subscriptions/{UUID}`.
    pub name: SubscriptionName,
    /// Whose events.
    pub owner: Owner,
    /// The system that takes them: its TLS certificate stands at the other end.
    pub receiver: SystemName,
    /// Where.
    pub url: WebhookUrl,
    /// Which of them.
    pub filter: EventFilter,
    /// Whether they are brought.
    pub state: SubscriptionState,
    /// The first entry of the ledger that is not done with.
    pub next: u64,
    /// Deliveries in a row that failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<Trouble>,
    /// Who brings them now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease: Option<Lease>,
}

/// Whose events a subscription is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Owner {
    /// A system's.
    System {
        /// Which.
        system: SystemName,
    },
    /// A department's.
    Department {
        /// Which.
        department: DepartmentName,
    },
}

/// Whether events are brought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum SubscriptionState {
    /// They are.
    Active,
    /// The receiver said that it wants no more; somebody may resume.
    Paused {
        /// What it answered.
        reason: String,
    },
    /// It took nothing for too long; somebody may resume.
    Failing {
        /// What went wrong last.
        reason: String,
    },
    /// For good.
    Ended,
}

/// Deliveries that failed one after another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// How many.
    pub attempts: u32,
    /// Since when, without a while in which nobody tried.
    pub since: Timestamp,
    /// What went wrong last, in one sentence that holds nothing of the answer.
    pub reason: String,
    /// When it is tried again.
    pub retry_at: Timestamp,
}

/// A gateway's turn at a subscription. Whoever dies in it is followed by another when it is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// The running gateway, by an id that it drew when it started.
    pub holder: String,
    /// Until when, unless it says so again.
    pub until: Timestamp,
}

/// When a delivery that failed is tried again, with its dates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryRule {
    /// Before the second attempt.
    pub first_wait_s: u32,
    /// Each wait is so many times the one before.
    pub factor: u32,
    /// No wait is longer, but for the jitter.
    pub longest_wait_s: u32,
    /// So much is added at most, by chance.
    pub jitter_percent: u32,
    /// Where all failed for so long, the subscription fails; a while in which nobody tried starts it anew.
    pub give_up_s: u32,
    /// The first day on which it holds.
    pub from: Date,
    /// The last one; none while it holds.
    pub until: Option<Date>,
    /// Where the numbers are from.
    pub source: String,
    /// The source does not name them.
    pub assumed: bool,
}

// === impl Subscription ===

impl Subscription {
    /// Whether a gateway may take its turn now, and if not, when to look again.
    ///
    /// # Errors
    /// When to look again; none where it does not run.
    pub fn must_be_due(&self, holder: &str, now: Timestamp) -> Result<(), Option<Timestamp>> {
        if self.state != SubscriptionState::Active {
            return Err(None);
        }
        let other = self.lease.as_ref().filter(|lease| lease.holder != holder);
        if let Some(lease) = other.filter(|lease| now < lease.until) {
            return Err(Some(lease.until));
        }
        match &self.trouble {
            Some(trouble) if now < trouble.retry_at => Err(Some(trouble.retry_at)),
            Some(_) | None => Ok(()),
        }
    }

    /// Whether it is this gateway's turn still.
    pub fn is_held_by(&self, holder: &str) -> bool {
        self.state == SubscriptionState::Active
            && self
                .lease
                .as_ref()
                .is_some_and(|lease| lease.holder == holder)
    }

    /// The same in the hands of a gateway, which is done with everything before an index.
    #[must_use]
    pub fn leased(self, next: u64, lease: Lease) -> Self {
        Self {
            next,
            lease: Some(lease),
            ..self
        }
    }

    /// The same after its receiver took what was brought.
    #[must_use]
    pub fn taken(self, next: u64, lease: Lease) -> Self {
        Self {
            trouble: None,
            ..self.leased(next, lease)
        }
    }

    /// The same where nothing is left for now.
    #[must_use]
    pub fn released(self, next: u64) -> Self {
        Self {
            next,
            lease: None,
            ..self
        }
    }

    /// The same after a delivery failed: tried again later, or failing where that went on for too long.
    #[must_use]
    pub fn failed(self, rule: &DeliveryRule, reason: String, chance: u8, now: Timestamp) -> Self {
        let before = self.trouble.as_ref();
        let attempts = before
            .map_or(0, |trouble| trouble.attempts)
            .saturating_add(1);
        // Time in which nobody tried, as with all gateways down, is no failure of the receiver.
        let went_on =
            |trouble: &&Trouble| now.duration_since(trouble.retry_at) <= rule.longest_wait();
        let since = before.filter(went_on).map_or(now, |trouble| trouble.since);
        let wait = rule.wait(attempts, chance);
        let given_up =
            now.duration_since(since) >= SignedDuration::from_secs(rule.give_up_s.into());
        let state = if given_up {
            SubscriptionState::Failing {
                reason: reason.clone(),
            }
        } else {
            self.state
        };
        Self {
            state,
            trouble: Some(Trouble {
                attempts,
                since,
                reason,
                retry_at: now.checked_add(wait).unwrap_or(now),
            }),
            lease: None,
            ..self
        }
    }

    /// The same where nothing can be brought for a cause of the gateway's own: that is no failure of the receiver.
    #[must_use]
    pub fn held_up(self, reason: String, retry_at: Timestamp, now: Timestamp) -> Self {
        let before = self.trouble.as_ref();
        Self {
            trouble: Some(Trouble {
                attempts: before.map_or(0, |trouble| trouble.attempts),
                since: now,
                reason,
                retry_at,
            }),
            lease: None,
            ..self
        }
    }

    /// The same after its receiver said that it wants no more.
    #[must_use]
    pub fn paused(self, reason: String) -> Self {
        Self {
            state: SubscriptionState::Paused { reason },
            trouble: None,
            lease: None,
            ..self
        }
    }

    /// The same, brought again: all that was missed first.
    ///
    /// # Errors
    /// The state in which there is nothing to resume.
    pub fn resumed(self) -> Result<Self, SubscriptionState> {
        match self.state {
            SubscriptionState::Paused { .. } | SubscriptionState::Failing { .. } => Ok(Self {
                state: SubscriptionState::Active,
                trouble: None,
                lease: None,
                ..self
            }),
            state @ (SubscriptionState::Active | SubscriptionState::Ended) => Err(state),
        }
    }

    /// The same, over for good.
    ///
    /// # Errors
    /// The state where it has ended.
    pub fn ended(self) -> Result<Self, SubscriptionState> {
        if self.state == SubscriptionState::Ended {
            return Err(self.state);
        }
        Ok(Self {
            state: SubscriptionState::Ended,
            trouble: None,
            lease: None,
            ..self
        })
    }
}

impl Owner {
    /// The name of the system or the department.
    pub fn as_str(&self) -> &str {
        match self {
            Self::System { system } => system.as_str(),
            Self::Department { department } => department.as_str(),
        }
    }
}

impl SubscriptionState {
    /// The word in the store and in the ledger.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Paused { .. } => "paused",
            Self::Failing { .. } => "failing",
            Self::Ended => "ended",
        }
    }
}

impl DeliveryRule {
    /// Whether it holds on a day.
    pub fn holds_on(&self, day: Date) -> bool {
        self.from <= day && self.until.is_none_or(|last| day <= last)
    }

    /// The longest wait, with all that chance may add.
    fn longest_wait(&self) -> SignedDuration {
        let seconds = i64::from(self.longest_wait_s);
        let more = seconds.saturating_mul(self.jitter_percent.into()) / 100;
        SignedDuration::from_secs(seconds.saturating_add(more))
    }

    /// How long to wait after so many attempts failed, with a chance between 0 and 255.
    pub fn wait(&self, attempts: u32, chance: u8) -> SignedDuration {
        let longest = u64::from(self.longest_wait_s);
        let power = u64::from(self.factor).saturating_pow(attempts.saturating_sub(1));
        let wait = u64::from(self.first_wait_s)
            .saturating_mul(power)
            .min(longest);
        // In milliseconds: of a second, a fifth is something.
        let millis = wait.saturating_mul(1000);
        let most = millis.saturating_mul(u64::from(self.jitter_percent)) / 100;
        let more = most.saturating_mul(u64::from(chance)) / 255;
        SignedDuration::from_millis(i64::try_from(millis.saturating_add(more)).unwrap_or(i64::MAX))
    }
}
