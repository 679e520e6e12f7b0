//! Applications: a system asks for a resource for a purpose.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::item::ItemKey;
use crate::name::{ApplicationName, GrantName, MatterName, ResourceName, SystemName};
use crate::resource::ShareMode;

/// What is asked for (Order 809 art. 20).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// The system that will use the data.
    pub consumer: SystemName,
    /// The resource.
    pub resource: ResourceName,
    /// The items.
    pub items: Vec<ItemKey>,
    /// By which ways.
    pub share_modes: Vec<ShareMode>,
    /// The matters it is for.
    pub matters: Vec<MatterName>,
    /// The law, regulation or duty it rests on.
    pub legal_basis: String,
    /// First day of use.
    pub start: Date,
    /// Last day of use.
    pub end: Date,
    /// Each call must name the clerk it is made for.
    pub operator_required: bool,
}

/// The provider's clock: when it began and when it ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clock {
    /// When the application was received.
    pub received: Timestamp,
    /// Last day for the answer; none where the regime sets no limit.
    pub due: Option<Date>,
    /// Regime, rule and article that set it.
    pub rule: String,
}

/// The stage of an application.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ApplicationState {
    /// Written, not signed off.
    Draft,
    /// With the provider; its clock runs.
    Submitted {
        /// The clock.
        clock: Clock,
    },
    /// Agreed.
    Approved {
        /// The clock, stopped.
        clock: Clock,
        /// The grant that came of it.
        grant: GrantName,
        /// By whom.
        by: String,
    },
    /// Declined.
    Refused {
        /// The clock, stopped.
        clock: Clock,
        /// Why.
        reason: String,
        /// By whom.
        by: String,
    },
}

impl ApplicationState {
    /// The word for people and programs.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Submitted { .. } => "submitted",
            Self::Approved { .. } => "approved",
            Self::Refused { .. } => "refused",
        }
    }

    /// The provider's clock, once it has begun.
    pub fn clock(&self) -> Option<&Clock> {
        match self {
            Self::Draft => None,
            Self::Submitted { clock } | Self::Approved { clock, .. } | Self::Refused { clock, .. } => {
                Some(clock)
            }
        }
    }
}

/// A request for sharing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Application {
    /// `applications/{UUID}`.
    pub name: ApplicationName,
    /// What is asked for.
    pub terms: Terms,
    /// How the data will be used.
    pub scene: String,
    /// Who wrote it.
    pub applicant: String,
    /// The stage.
    pub state: ApplicationState,
}

impl Application {
    /// Hands it to the provider.
    ///
    /// # Errors
    /// The present state, when it is not a draft.
    pub fn submit(mut self, clock: Clock) -> Result<Self, ApplicationState> {
        match self.state {
            ApplicationState::Draft => {
                self.state = ApplicationState::Submitted { clock };
                Ok(self)
            }
            other => Err(other),
        }
    }

    /// Agrees.
    ///
    /// # Errors
    /// The present state, when it is not submitted.
    pub fn approve(mut self, grant: GrantName, by: String) -> Result<Self, ApplicationState> {
        match self.state {
            ApplicationState::Submitted { clock } => {
                self.state = ApplicationState::Approved { clock, grant, by };
                Ok(self)
            }
            other => Err(other),
        }
    }

    /// Declines.
    ///
    /// # Errors
    /// The present state, when it is not submitted.
    pub fn refuse(mut self, reason: String, by: String) -> Result<Self, ApplicationState> {
        match self.state {
            ApplicationState::Submitted { clock } => {
                self.state = ApplicationState::Refused { clock, reason, by };
                Ok(self)
            }
            other => Err(other),
        }
    }
}
