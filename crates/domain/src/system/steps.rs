//! How far a system has come in the plan: the seven steps of the city's task 15.
//!
//! Three stages are seen by the gateway and never stated: catalogued, connected, sharing. The others are stated by
//! a person and rest on a document. A stage is reached when every one before it is, in the order of the
//! document.

#[cfg(test)]
mod tests;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::System;
use super::asset::{self, Asset, StatedAsset};
use super::nothing_to_share::{self, NothingToShare};
use crate::name::SystemName;
use crate::progress::Proofs;

/// What becomes of a system once the inventory is known (清理整合).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "disposal", rename_all = "snake_case")]
pub enum Disposal {
    /// It stays.
    Keep,
    /// Its work goes over to another system.
    Merge {
        /// Which.
        into: SystemName,
    },
    /// It is closed down.
    Retire,
    /// It is outside of the plan.
    Exempt,
}

impl Disposal {
    /// The word in the ledger.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Merge { .. } => "merge",
            Self::Retire => "retire",
            Self::Exempt => "exempt",
        }
    }

    /// Whether the system goes on through the plan.
    pub fn goes_on(&self) -> bool {
        *self == Self::Keep
    }
}

/// The move to the city cloud.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "cloud", rename_all = "snake_case")]
pub enum Cloud {
    /// It has moved.
    Moved {
        /// With which batch, from 1.
        batch: u16,
    },
    /// It need not move.
    Exempt,
}

/// Who stated something, when, and on what ground.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// The document it rests on.
    pub document: String,
    /// Who stated it.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// Something stated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stated<T> {
    /// What.
    #[serde(flatten)]
    pub what: T,
    /// By whom and why.
    pub statement: Statement,
}

/// What was stated of a system.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Steps {
    /// Its entry into the inventory; none of what was registered before a document was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inventoried: Option<Statement>,
    /// What becomes of it.
    pub disposal: Option<Stated<Disposal>>,
    /// Its move to the cloud.
    pub cloud: Option<Stated<Cloud>>,
    /// Assets taken out of use with it, at most [`MOST_ASSETS`](asset::MOST_ASSETS) with those taken back.
    pub assets: Vec<StatedAsset>,
    /// It has nothing to share.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nothing_to_share: Option<NothingToShare>,
    /// Its acceptance.
    pub accepted: Option<Statement>,
    /// Everybody who ever stated a step, also one that was stated anew since.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stated_by: Vec<String>,
}

/// One step to be recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// What becomes of it.
    Disposal(Disposal),
    /// Its move to the cloud.
    Cloud(Cloud),
    /// One more asset taken out of use.
    Asset(Asset),
    /// An asset that was stated by mistake, by its number from 1.
    AssetWithdrawal(u16),
    /// It has nothing to share, as its department says.
    NothingToShare,
    /// The competent department agrees.
    NothingToShareApproval,
    /// It has something to share after all, as one of both says.
    NothingToShareWithdrawal,
    /// Its acceptance by the competent department.
    Acceptance,
}

impl Step {
    /// The word in the ledger.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Disposal(_) => "disposal",
            Self::Cloud(_) => "cloud",
            Self::Asset(_) => "asset",
            Self::AssetWithdrawal(_) => "asset-withdrawal",
            Self::NothingToShare => "nothing-to-share",
            Self::NothingToShareApproval => "nothing-to-share-approval",
            Self::NothingToShareWithdrawal => "nothing-to-share-withdrawal",
            Self::Acceptance => "acceptance",
        }
    }
}

/// The stages of task 15, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Registered.
    Inventoried,
    /// It is settled what becomes of it.
    Disposed,
    /// A resource of its own is published, or it is agreed that it has none to share.
    Catalogued,
    /// Moved to the city cloud, or exempt.
    OnCloud,
    /// Interconnected.
    Connected,
    /// Another department has read data of its own, or it is agreed that it has none to share.
    Sharing,
    /// Accepted.
    Accepted,
}

impl Stage {
    /// All of them, in order.
    pub const ALL: [Self; 7] = [
        Self::Inventoried,
        Self::Disposed,
        Self::Catalogued,
        Self::OnCloud,
        Self::Connected,
        Self::Sharing,
        Self::Accepted,
    ];

    /// The word for people and programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Inventoried => "inventoried",
            Self::Disposed => "disposed",
            Self::Catalogued => "catalogued",
            Self::OnCloud => "on-cloud",
            Self::Connected => "connected",
            Self::Sharing => "sharing",
            Self::Accepted => "accepted",
        }
    }
}

/// Why a step cannot be recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepError {
    /// The system was accepted; what was stated before stands.
    Accepted,
    /// It is out of service.
    Retired,
    /// A system cannot go over into itself.
    IntoItself,
    /// There are as many assets as are kept.
    TooManyAssets,
    /// The asset would be taken out of use after the day of its statement.
    NotRetiredYet,
    /// No asset has this number.
    NoSuchAsset,
    /// The asset was taken back before.
    AlreadyWithdrawn,
    /// Nothing was stated that could be approved or taken back.
    NothingStated,
    /// It was approved before.
    AlreadyApproved,
    /// It is not sharing yet; this is how far it has come.
    NotSharing(Stage),
    /// Whoever stated an earlier step does not accept it.
    SamePerson,
}

impl Steps {
    /// The furthest stage of a system with these statements and proofs.
    pub fn stage(&self, proofs: &Proofs) -> Stage {
        let goes_on = self.disposal.as_ref().map(|d| d.what.goes_on());
        let reached = [
            (Stage::Disposed, goes_on.is_some()),
            (
                Stage::Catalogued,
                goes_on == Some(true) && proofs.catalogued().is_some(),
            ),
            (Stage::OnCloud, self.cloud.is_some()),
            (Stage::Connected, proofs.complete()),
            (Stage::Sharing, proofs.shared().is_some()),
            (Stage::Accepted, self.accepted.is_some()),
        ];
        let run = reached.iter().take_while(|(_, done)| *done);
        run.last().map_or(Stage::Inventoried, |(stage, _)| *stage)
    }

    /// Whether the system counts in the plan: one that is merged, retired or exempt does not.
    pub fn counts(&self) -> bool {
        self.disposal.as_ref().is_none_or(|d| d.what.goes_on())
    }

    /// Everybody who stated a step.
    fn stated_by(&self) -> impl Iterator<Item = &str> {
        let inventoried = self.inventoried.iter();
        let disposal = self.disposal.iter().map(|stated| &stated.statement);
        let cloud = self.cloud.iter().map(|stated| &stated.statement);
        let assets = self.assets.iter().map(|stated| &stated.statement);
        let nothing = self.nothing_to_share.iter();
        let nothing = nothing.flat_map(|one| one.approval.iter().chain([&one.statement]));
        inventoried
            .chain(disposal)
            .chain(cloud)
            .chain(assets)
            .chain(nothing)
            .map(|statement| statement.by.as_str())
            .chain(self.stated_by.iter().map(String::as_str))
    }
}

impl System {
    /// Records a step.
    ///
    /// # Errors
    /// What stands in the way; the system is as it was.
    pub fn record(
        mut self,
        step: Step,
        statement: Statement,
        proofs: &Proofs,
    ) -> Result<Self, StepError> {
        let of_assets = matches!(step, Step::Asset(_) | Step::AssetWithdrawal(_));
        if self.state == super::SystemState::Retired && !of_assets {
            return Err(StepError::Retired);
        }
        // What was accepted stands, until the system is superseded years later.
        let is_late = match &step {
            Step::Disposal(disposal) => {
                matches!(disposal, Disposal::Merge { .. } | Disposal::Retire)
            }
            Step::Asset(_) | Step::AssetWithdrawal(_) => !self.steps.counts(),
            // They say what is so today, and leave the acceptance as it is.
            Step::NothingToShare
            | Step::NothingToShareApproval
            | Step::NothingToShareWithdrawal => true,
            Step::Cloud(_) | Step::Acceptance => false,
        };
        if self.steps.accepted.is_some() && !is_late {
            return Err(StepError::Accepted);
        }
        let by = statement.by.clone();
        match step {
            Step::Disposal(Disposal::Merge { into }) if into == self.name => {
                return Err(StepError::IntoItself);
            }
            Step::Disposal(what) => self.steps.disposal = Some(Stated { what, statement }),
            Step::Cloud(what) => {
                if matches!(what, Cloud::Moved { .. }) {
                    // The inventory follows: it says where the system is. A machine room that it leaves empty is a
                    // record of its own, an asset.
                    self.hosting = super::Hosting::CityCloud;
                    self.inventory.machine_room.clear();
                }
                self.steps.cloud = Some(Stated { what, statement });
            }
            Step::Asset(what) => asset::state(&mut self.steps.assets, what, statement)?,
            Step::AssetWithdrawal(number) => {
                asset::withdraw(&mut self.steps.assets, number, statement)?;
            }
            Step::NothingToShare => {
                self.steps.nothing_to_share = Some(NothingToShare::stated(statement));
            }
            Step::NothingToShareApproval => {
                nothing_to_share::approve(self.steps.nothing_to_share.as_mut(), statement)?;
            }
            Step::NothingToShareWithdrawal => {
                let stated = self.steps.nothing_to_share.take();
                stated.ok_or(StepError::NothingStated)?;
            }
            Step::Acceptance => {
                let stage = self.steps.stage(proofs);
                if stage < Stage::Sharing {
                    return Err(StepError::NotSharing(stage));
                }
                if self.steps.stated_by().any(|by| by == statement.by) {
                    return Err(StepError::SamePerson);
                }
                self.steps.accepted = Some(statement);
            }
        }
        if !self.steps.stated_by.contains(&by) {
            self.steps.stated_by.push(by);
        }
        Ok(self)
    }
}
