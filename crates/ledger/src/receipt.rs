//! Receipts: values that stand for a recorded entry.
//!
//! Whoever holds a receipt may rely on the entry being *recorded*: it is durable, has its index,
//! and survives the death of the process. It says nothing about *integrated* or *published*; an
//! inclusion proof under a checkpoint does. The fields are private, so that a receipt is only ever
//! made by `assertion`, a name that can be searched for.

use jiff::Timestamp;

use crate::entry::{Entry, GrantUse, Kind};

/// Proof that an intent is recorded: the provider may be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntentReceipt {
    index: u64,
    time: Timestamp,
    request_id: String,
    grant: Option<GrantUse>,
}

/// Proof that an outcome is recorded: the answer may be released.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutcomeReceipt {
    index: u64,
    time: Timestamp,
    intent: u64,
    sequence: Option<u64>,
}

/// Proof that a served exchange is recorded: the answer may be released. It gives no right to ask a
/// provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServedReceipt {
    index: u64,
    time: Timestamp,
    request_id: String,
    grant: Option<GrantUse>,
}

/// Proof that a change is recorded, in the transaction of that change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeReceipt {
    index: u64,
    time: Timestamp,
}

impl IntentReceipt {
    /// Claims that `entry` is recorded; `None` when it is not an intent.
    ///
    /// Only the store, after its commit, may claim this. It MUST NOT do so before the commit has
    /// been confirmed as durable, nor when the result of the commit is unknown.
    #[must_use]
    pub fn assertion(entry: &Entry) -> Option<Self> {
        match entry.kind() {
            Kind::Intent => Some(Self {
                index: entry.index(),
                time: entry.time(),
                request_id: entry.request_id().to_owned(),
                grant: entry.grant().cloned(),
            }),
            Kind::Change { .. } | Kind::Outcome { .. } | Kind::Served => None,
        }
    }

    /// The index of the intent.
    #[must_use]
    pub fn index(&self) -> u64 {
        self.index
    }

    /// When the intent was placed.
    #[must_use]
    pub fn time(&self) -> Timestamp {
        self.time
    }

    /// The request it belongs to.
    #[must_use]
    pub fn request_id(&self) -> &str {
        &self.request_id
    }

    /// The numbered use of a grant, for a granted exchange.
    #[must_use]
    pub fn grant(&self) -> Option<&GrantUse> {
        self.grant.as_ref()
    }

    /// The sequence number under its grant, for a granted exchange.
    #[must_use]
    pub fn sequence(&self) -> Option<u64> {
        self.grant.as_ref().map(|grant| grant.sequence)
    }
}

impl OutcomeReceipt {
    /// Claims that `entry` is recorded; `None` when it is not an outcome.
    ///
    /// Only the store, after its commit, may claim this. It MUST NOT do so before the commit has
    /// been confirmed as durable, nor when the result of the commit is unknown.
    #[must_use]
    pub fn assertion(entry: &Entry) -> Option<Self> {
        match entry.kind() {
            Kind::Outcome { intent } => Some(Self {
                index: entry.index(),
                time: entry.time(),
                intent: *intent,
                sequence: entry.grant().map(|grant| grant.sequence),
            }),
            Kind::Change { .. } | Kind::Intent | Kind::Served => None,
        }
    }

    /// The index of the outcome.
    #[must_use]
    pub fn index(&self) -> u64 {
        self.index
    }

    /// When the outcome was placed.
    #[must_use]
    pub fn time(&self) -> Timestamp {
        self.time
    }

    /// The index of the intent it closes.
    #[must_use]
    pub fn intent(&self) -> u64 {
        self.intent
    }

    /// The sequence number under its grant, for a granted exchange.
    #[must_use]
    pub fn sequence(&self) -> Option<u64> {
        self.sequence
    }
}

impl ServedReceipt {
    /// Claims that `entry` is recorded; `None` when it is not a served exchange.
    ///
    /// Only the store, after its commit, may claim this. It MUST NOT do so before the commit has
    /// been confirmed as durable, nor when the result of the commit is unknown.
    #[must_use]
    pub fn assertion(entry: &Entry) -> Option<Self> {
        match entry.kind() {
            Kind::Served => Some(Self {
                index: entry.index(),
                time: entry.time(),
                request_id: entry.request_id().to_owned(),
                grant: entry.grant().cloned(),
            }),
            Kind::Change { .. } | Kind::Intent | Kind::Outcome { .. } => None,
        }
    }

    /// The index of the entry.
    #[must_use]
    pub fn index(&self) -> u64 {
        self.index
    }

    /// When it was placed.
    #[must_use]
    pub fn time(&self) -> Timestamp {
        self.time
    }

    /// The request it belongs to.
    #[must_use]
    pub fn request_id(&self) -> &str {
        &self.request_id
    }

    /// The numbered use of a grant.
    #[must_use]
    pub fn grant(&self) -> Option<&GrantUse> {
        self.grant.as_ref()
    }
}

impl ChangeReceipt {
    /// Claims that `entry` is recorded; `None` when it is not a change.
    ///
    /// Only the store, after its commit, may claim this. It MUST NOT do so before the commit has
    /// been confirmed as durable, nor when the result of the commit is unknown.
    #[must_use]
    pub fn assertion(entry: &Entry) -> Option<Self> {
        match entry.kind() {
            Kind::Change { .. } => Some(Self {
                index: entry.index(),
                time: entry.time(),
            }),
            Kind::Intent | Kind::Outcome { .. } | Kind::Served => None,
        }
    }

    /// The index of the change.
    #[must_use]
    pub fn index(&self) -> u64 {
        self.index
    }

    /// When the change was placed.
    #[must_use]
    pub fn time(&self) -> Timestamp {
        self.time
    }
}
