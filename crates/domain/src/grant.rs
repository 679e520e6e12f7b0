//! Grants: immutable, versioned snapshots of what was agreed.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::application::Terms;
use crate::clock::Clock;
use crate::clock::kept::{Running, WaitsFor};
use crate::name::{ApplicationName, GrantName, SystemName};

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
}

impl GrantState {
    /// The word for people and programs.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended { .. } => "suspended",
            Self::Revoked { .. } => "revoked",
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
    /// When it was made.
    pub created: Timestamp,
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
    /// The clock that runs: the provider has to share. Of a grant that was revoked nobody has to.
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
        open.filter(|_| !matches!(self.state, GrantState::Revoked { .. }))
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
    pub fn resume(mut self, by: &str) -> Result<Self, GrantError> {
        match self.state {
            GrantState::Suspended { by: first, .. } if first == by => Err(GrantError::SamePerson),
            GrantState::Suspended { .. } => {
                self.state = GrantState::Active;
                Ok(self)
            }
            other => Err(GrantError::State(other)),
        }
    }

    /// Ends it for good.
    ///
    /// # Errors
    /// [`GrantError::State`] when it was revoked before.
    pub fn revoke(mut self, reason: String, by: String) -> Result<Self, GrantError> {
        if matches!(self.state, GrantState::Revoked { .. }) {
            return Err(GrantError::State(self.state));
        }
        self.state = GrantState::Revoked { reason, by };
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_world::grant;

    fn in_states() -> [Grant; 3] {
        let fresh = || grant(1, "105001-000001");
        let word = || "why".to_owned();
        [
            fresh(),
            fresh().suspend(word(), "wang".to_owned()).unwrap(),
            fresh().revoke(word(), "wang".to_owned()).unwrap(),
        ]
    }

    #[test]
    fn each_state_allows_its_own_steps() {
        let words = in_states().map(|grant| grant.state.as_str());
        assert_eq!(words, ["active", "suspended", "revoked"]);
        let step = |take: fn(Grant) -> Result<Grant, GrantError>| {
            in_states().map(|grant| take(grant).ok().map(|grant| grant.state.as_str()))
        };
        let suspended = step(|grant| grant.suspend("why".to_owned(), "li".to_owned()));
        assert_eq!(suspended, [Some("suspended"), None, None]);
        assert_eq!(
            step(|grant| grant.resume("li")),
            [None, Some("active"), None]
        );
        let revoked = step(|grant| grant.revoke("why".to_owned(), "li".to_owned()));
        assert_eq!(revoked, [Some("revoked"), Some("revoked"), None]);
    }

    #[test]
    fn whoever_suspended_a_grant_may_not_end_it() {
        let [_, suspended, _] = in_states();
        assert_eq!(suspended.resume("wang"), Err(GrantError::SamePerson));
    }

    #[test]
    fn a_wrong_step_names_the_present_state() {
        let [active, _, revoked] = in_states();
        assert_eq!(
            active.resume("li"),
            Err(GrantError::State(GrantState::Active))
        );
        let state = revoked.state.clone();
        assert_eq!(revoked.resume("wang"), Err(GrantError::State(state)));
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
