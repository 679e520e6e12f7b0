//! Grants: immutable, versioned snapshots of what was agreed.
//!
//! `active ⇄ suspended → revoked | expired`. The terms of a version never change: what is narrowed, or agreed on anew, is
//! the next version of the same grant, and the one before is kept ([`GrantVersion`]).

mod version;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::application::{Signed, Terms};
use crate::clock::Clock;
use crate::clock::kept::{Running, WaitsFor};
use crate::name::{ApplicationName, GrantName, SystemName};

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

/// Why a grant could not change its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GrantError {
    /// The person who suspended it may not end the suspension.
    SamePerson,
    /// The present state does not allow it.
    State(GrantState),
}

impl Grant {
    /// The clock that runs: the provider has to share. Of a grant that is over nobody has to.
    pub fn running(&self) -> Vec<Running<'_>> {
        let owner = || WaitsFor::OwnerOf(self.terms.resource.clone());
        let running = self
            .waits_for_provision()
            .and_then(|open| Running::of(owner(), &open.clock));
        running.into_iter().collect()
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

    /// Stops its use.
    ///
    /// # Errors
    /// [`GrantError::State`] when it is not active.
    pub fn suspend(mut self, reason: String, by: String) -> Result<Self, GrantError> {
        match self.state {
            GrantState::Active => {
                self.state = GrantState::Suspended { reason, by };
                Ok(self)
            }
            other => Err(GrantError::State(other)),
        }
    }

    /// Ends a suspension.
    ///
    /// # Errors
    /// [`GrantError`].
    pub fn resume(mut self, signed: Signed) -> Result<Self, GrantError> {
        match self.state {
            GrantState::Suspended { by: first, .. } if first == signed.by => {
                Err(GrantError::SamePerson)
            }
            GrantState::Suspended { .. } => {
                self.state = GrantState::Active;
                self.resumed = Some(signed);
                Ok(self)
            }
            other => Err(GrantError::State(other)),
        }
    }

    /// Ends it for good.
    ///
    /// # Errors
    /// [`GrantError::State`] when it is over.
    pub fn revoke(mut self, reason: String, by: String) -> Result<Self, GrantError> {
        if self.state.is_over() {
            return Err(GrantError::State(self.state));
        }
        self.state = GrantState::Revoked { reason, by };
        Ok(self)
    }

    /// Ends it after its last day.
    ///
    /// # Errors
    /// [`GrantError::State`] before that, and when it is over.
    pub fn expire(mut self, today: Date) -> Result<Self, GrantError> {
        if self.state.is_over() || today <= self.terms.end {
            return Err(GrantError::State(self.state));
        }
        self.state = GrantState::Expired;
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_world::{NOON, at, grant};
    use jiff::civil::date;

    fn signed(by: &str) -> Signed {
        Signed {
            by: by.to_owned(),
            at: at(NOON),
        }
    }

    fn in_states() -> [Grant; 4] {
        let fresh = || grant(1, "105001-000001");
        let word = || "why".to_owned();
        [
            fresh(),
            fresh().suspend(word(), "wang".to_owned()).unwrap(),
            fresh().revoke(word(), "wang".to_owned()).unwrap(),
            fresh().expire(date(2022, 7, 1)).unwrap(),
        ]
    }

    #[test]
    fn each_state_allows_its_own_steps() {
        let words = in_states().map(|grant| grant.state.as_str());
        assert_eq!(words, ["active", "suspended", "revoked", "expired"]);
        let step = |take: fn(Grant) -> Result<Grant, GrantError>| {
            in_states().map(|grant| take(grant).ok().map(|grant| grant.state.as_str()))
        };
        let suspended = step(|grant| grant.suspend("why".to_owned(), "li".to_owned()));
        assert_eq!(suspended, [Some("suspended"), None, None, None]);
        assert_eq!(
            step(|grant| grant.resume(signed("li"))),
            [None, Some("active"), None, None]
        );
        let revoked = step(|grant| grant.revoke("why".to_owned(), "li".to_owned()));
        assert_eq!(revoked, [Some("revoked"), Some("revoked"), None, None]);
        let last = step(|grant| grant.expire(date(2022, 6, 30)));
        assert_eq!(last, [None; 4], "it can be used on its last day");
        let expired = step(|grant| grant.expire(date(2022, 7, 1)));
        assert_eq!(expired, [Some("expired"), Some("expired"), None, None]);
    }

    #[test]
    fn whoever_suspended_a_grant_may_not_end_it() {
        let [_, suspended, ..] = in_states();
        assert_eq!(
            suspended.clone().resume(signed("wang")),
            Err(GrantError::SamePerson)
        );
        let resumed = suspended.resume(signed("li")).unwrap();
        assert_eq!(resumed.resumed, Some(signed("li")));
    }

    #[test]
    fn a_wrong_step_names_the_present_state() {
        let [active, _, revoked, _] = in_states();
        assert_eq!(
            active.resume(signed("li")),
            Err(GrantError::State(GrantState::Active))
        );
        let state = revoked.state.clone();
        assert_eq!(
            revoked.resume(signed("wang")),
            Err(GrantError::State(state))
        );
    }

    #[test]
    fn no_step_touches_what_was_agreed() {
        let before = grant(1, "105001-000001");
        for after in in_states() {
            assert_eq!(
                Grant {
                    state: GrantState::Active,
                    ..after
                },
                before
            );
        }
    }

    #[test]
    fn a_grant_is_read_back_as_it_was_written() {
        for grant in in_states() {
            let text = serde_json::to_string(&grant).unwrap();
            assert_eq!(serde_json::from_str::<Grant>(&text).unwrap(), grant);
        }
    }
}
