//! Grants: immutable, versioned snapshots of what was agreed.
//!
//! `active ⇄ suspended → revoked | expired`. The terms of a version never change: what is narrowed, or agreed on anew, is
//! the next version of the same grant, and the one before is kept ([`GrantVersion`]).

mod misuse;
mod steps;
mod used;
mod version;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::application::{Signed, Terms};
use crate::clock::Clock;
use crate::clock::kept::{Running, WaitsFor};
use crate::name::{ApplicationName, GrantName, SystemName};

pub use misuse::{Disposal, LONGEST_ORDER_DAYS, MOST_REPORTS, Order, Report};
pub use steps::{GrantError, GrantStep, StepRule};
pub use used::{GrantUse, LONGEST_LOOK_DAYS, UnusedRule, UseDay, Verdict, rule_on};
pub use version::{Amendment, ChangeKind, Changed, GrantVersion};

/// Whether a grant may be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum GrantState {
    /// In force within its window.
    Active,
    /// Stopped for now (Order 809 art. 27).
    Suspended {
        /// Why.
        reason: String,
        /// By whom; somebody else must end it.
        by: String,
        /// What is to be put right before; none where nothing was ordered.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        order: Option<Box<Order>>,
    },
    /// Ended for good.
    Revoked {
        /// Why.
        reason: String,
        /// By whom.
        by: String,
    },
    /// Its last day is over.
    Expired,
}

impl GrantState {
    /// The word for people and programs.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended { .. } => "suspended",
            Self::Revoked { .. } => "revoked",
            Self::Expired => "expired",
        }
    }

    /// Whether it never comes back.
    pub fn is_over(&self) -> bool {
        match self {
            Self::Active | Self::Suspended { .. } => false,
            Self::Revoked { .. } | Self::Expired => true,
        }
    }
}

/// What was agreed. The terms never change; only whether they may be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// `grants/{UUID}`.
    pub name: GrantName,
    /// The version of the agreement, from 1.
    pub version: u32,
    /// The application it came from.
    pub application: ApplicationName,
    /// The terms, as agreed.
    pub terms: Terms,
    /// The version of the resource that was agreed on.
    pub resource_version: u32,
    /// The system that provides.
    pub provider: SystemName,
    /// Who agreed.
    pub approvers: Vec<String>,
    /// When the grant was made.
    pub created: Timestamp,
    /// How this version came to be; none for the first one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<Changed>,
    /// Who ended the latest suspension, and when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resumed: Option<Signed>,
    /// The misuse that was to be put right when it ended; none where nothing was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unrectified: Option<Box<Order>>,
    /// What the provider demanded of the data when it ended the grant; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub disposal_demand: String,
    /// What became of the data after the end; none before it was stated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disposal: Option<Disposal>,
    /// When the provider had to share, and when it could be used for the first time; none in grants of before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provision: Option<Provision>,
    /// Whether it may be used.
    pub state: GrantState,
}

/// The provider shares what it agreed to (Order 809 art. 22). Nobody states it: it is seen that an endpoint of the
/// provider serves, or that a file lies ready.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provision {
    /// The provider's clock.
    pub clock: Clock,
    /// When everything that was agreed on could be used; none before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provided: Option<Timestamp>,
}

impl Grant {
    /// The clocks that run: the provider has to share, the consumer has to put a misuse right. Of a grant that is over nobody has to.
    pub fn running(&self) -> Vec<Running<'_>> {
        let owner = || WaitsFor::OwnerOf(self.terms.resource.clone());
        let running = self
            .waits_for_provision()
            .and_then(|open| Running::of(owner(), &open.clock));
        let consumer = || WaitsFor::DepartmentOf(self.terms.consumer.clone());
        let ordered = self
            .order()
            .and_then(|order| Running::of(consumer(), &order.clock));
        running.into_iter().chain(ordered).collect()
    }

    /// What is to be put right before it goes on.
    pub fn order(&self) -> Option<&Order> {
        match &self.state {
            GrantState::Suspended { order, .. } => order.as_deref(),
            GrantState::Active | GrantState::Revoked { .. } | GrantState::Expired => None,
        }
    }

    /// What the provider still has to share.
    pub fn waits_for_provision(&self) -> Option<&Provision> {
        let open = self.provision.as_ref().filter(|one| one.provided.is_none());
        open.filter(|_| !self.state.is_over())
    }

    /// Everything that was agreed on can be used from now on.
    #[must_use]
    pub fn provided(mut self, now: Timestamp) -> Self {
        if let Some(open) = self.provision.as_mut().filter(|one| one.provided.is_none()) {
            open.provided = Some(now);
        }
        self
    }
}

#[cfg(test)]
mod tests;
