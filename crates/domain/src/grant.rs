//! Grants: immutable, versioned snapshots of what was agreed.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::application::Terms;
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
    /// Whether it may be used.
    pub state: GrantState,
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
        match self.state {
            GrantState::Revoked { .. } => Err(GrantError::State(self.state)),
            _ => {
                self.state = GrantState::Revoked { reason, by };
                Ok(self)
            }
        }
    }
}
