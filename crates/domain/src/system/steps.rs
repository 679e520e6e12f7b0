//! How far a system has come in the plan: the seven steps of the city's task 15.
//!
//! Three stages are seen by the gateway and never stated: catalogued, connected, sharing. The others are stated by
//! a person and rest on a document. A stage is reached when every one before it is, in the order of the
//! document.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::System;
use super::asset::{self, Asset, StatedAsset};
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
    /// What becomes of it.
    pub disposal: Option<Stated<Disposal>>,
    /// Its move to the cloud.
    pub cloud: Option<Stated<Cloud>>,
    /// Assets taken out of use with it, at most [`MOST_ASSETS`](asset::MOST_ASSETS) with those taken back.
    pub assets: Vec<StatedAsset>,
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
    /// A resource of its own is published.
    Catalogued,
    /// Moved to the city cloud, or exempt.
    OnCloud,
    /// Interconnected.
    Connected,
    /// Another department has read data of its own.
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
                goes_on == Some(true) && proofs.published.is_some(),
            ),
            (Stage::OnCloud, self.cloud.is_some()),
            (Stage::Connected, proofs.complete()),
            (Stage::Sharing, proofs.provided.is_some()),
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
        let disposal = self.disposal.iter().map(|stated| &stated.statement);
        let cloud = self.cloud.iter().map(|stated| &stated.statement);
        let assets = self.assets.iter().map(|stated| &stated.statement);
        disposal
            .chain(cloud)
            .chain(assets)
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
        let ends = match &step {
            Step::Disposal(disposal) => {
                matches!(disposal, Disposal::Merge { .. } | Disposal::Retire)
            }
            Step::Asset(_) | Step::AssetWithdrawal(_) => !self.steps.counts(),
            Step::Cloud(_) | Step::Acceptance => false,
        };
        if self.steps.accepted.is_some() && !ends {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::{AssetKind, MOST_ASSETS, SystemState};
    use crate::test_world::{APPROVAL, NOON, at, system, system_name};

    const ALL: Proofs = Proofs {
        registered: Some(1),
        published: Some(2),
        conformed: Some(6),
        answering: Some(3),
        exchanged: Some(4),
        provided: Some(5),
    };

    fn by(who: &str) -> Statement {
        Statement {
            document: "邵放组办字〔2022〕7号".to_owned(),
            by: who.to_owned(),
            at: at(NOON),
        }
    }

    fn after(steps: &[Step]) -> System {
        steps.iter().fold(system("one", APPROVAL), |system, step| {
            system.record(step.clone(), by("wang"), &ALL).unwrap()
        })
    }

    #[test]
    fn who_stated_a_step_that_was_stated_anew_does_not_accept() {
        let keep = || Step::Disposal(Disposal::Keep);
        let moved = Step::Cloud(Cloud::Moved { batch: 2 });
        let system = system("one", APPROVAL);
        let system = system.record(keep(), by("wang"), &ALL).unwrap();
        let system = system.record(keep(), by("li"), &ALL).unwrap();
        let system = system.record(moved, by("li"), &ALL).unwrap();
        let refused = system.clone().record(Step::Acceptance, by("wang"), &ALL);
        assert_eq!(refused, Err(StepError::SamePerson));
        assert!(system.record(Step::Acceptance, by("chen"), &ALL).is_ok());
    }

    #[test]
    fn the_inventory_follows_a_move_to_the_cloud() {
        let mut before = system("one", APPROVAL);
        before.hosting = crate::system::Hosting::MachineRoom;
        before.inventory.machine_room = "市政务大楼 3 楼".to_owned();
        let record = |step| before.clone().record(step, by("wang"), &ALL).unwrap();
        assert_eq!(
            record(Step::Cloud(Cloud::Exempt)).inventory,
            before.inventory
        );
        let moved = record(Step::Cloud(Cloud::Moved { batch: 2 }));
        assert_eq!(moved.hosting, crate::system::Hosting::CityCloud);
        assert!(moved.inventory.faults(moved.hosting).is_empty());
    }

    #[test]
    fn each_stage_needs_all_before_it() {
        let keep = Step::Disposal(Disposal::Keep);
        let moved = Step::Cloud(Cloud::Moved { batch: 2 });
        let kept = after(std::slice::from_ref(&keep));
        let on_cloud = after(&[keep.clone(), moved.clone()]);
        let accepted = on_cloud.clone().record(Step::Acceptance, by("li"), &ALL);
        let without = |field: fn(&mut Proofs)| {
            let mut proofs = ALL;
            field(&mut proofs);
            proofs
        };
        let cases = [
            (after(&[]), ALL, Stage::Inventoried),
            (after(&[moved]), ALL, Stage::Inventoried),
            (kept.clone(), Proofs::default(), Stage::Disposed),
            (kept, ALL, Stage::Catalogued),
            (
                on_cloud.clone(),
                without(|p| p.published = None),
                Stage::Disposed,
            ),
            (
                on_cloud.clone(),
                without(|p| p.answering = None),
                Stage::OnCloud,
            ),
            (
                on_cloud.clone(),
                without(|p| p.provided = None),
                Stage::Connected,
            ),
            (on_cloud, ALL, Stage::Sharing),
            (accepted.unwrap(), ALL, Stage::Accepted),
            (
                after(&[keep, Step::Cloud(Cloud::Exempt)]),
                ALL,
                Stage::Sharing,
            ),
        ];
        for (number, (system, proofs, stage)) in cases.into_iter().enumerate() {
            assert_eq!(system.steps.stage(&proofs), stage, "case {number}");
        }
    }

    #[test]
    fn what_is_merged_retired_or_exempt_goes_no_further_and_does_not_count() {
        let into = system_name("two");
        for disposal in [Disposal::Merge { into }, Disposal::Retire, Disposal::Exempt] {
            let system = after(&[Step::Disposal(disposal), Step::Cloud(Cloud::Exempt)]);
            assert_eq!(system.steps.stage(&ALL), Stage::Disposed);
            assert!(!system.steps.counts());
        }
        assert!(
            after(&[]).steps.counts() && after(&[Step::Disposal(Disposal::Keep)]).steps.counts()
        );
    }

    #[test]
    fn a_step_that_cannot_be_is_refused_with_its_reason() {
        let ready = after(&[Step::Disposal(Disposal::Keep), Step::Cloud(Cloud::Exempt)]);
        let itself = Disposal::Merge {
            into: system_name("one"),
        };
        let asset = || {
            Step::Asset(Asset {
                kind: AssetKind::Server,
                description: "机架服务器".to_owned(),
                count: 2,
                retired_on: None,
            })
        };
        let full = after(&vec![asset(); MOST_ASSETS]);
        let retired = System {
            state: SystemState::Retired,
            ..ready.clone()
        };
        let accepted = ready
            .clone()
            .record(Step::Acceptance, by("li"), &ALL)
            .unwrap();
        let cases = [
            (after(&[]), Step::Disposal(itself), StepError::IntoItself),
            (full, asset(), StepError::TooManyAssets),
            (
                after(&[]),
                Step::Acceptance,
                StepError::NotSharing(Stage::Inventoried),
            ),
            (ready, Step::Acceptance, StepError::SamePerson),
            (
                retired.clone(),
                Step::Cloud(Cloud::Exempt),
                StepError::Retired,
            ),
            (
                accepted.clone(),
                Step::Disposal(Disposal::Exempt),
                StepError::Accepted,
            ),
            (accepted.clone(), asset(), StepError::Accepted),
            (
                accepted.clone(),
                Step::AssetWithdrawal(1),
                StepError::Accepted,
            ),
        ];
        for (system, step, expected) in cases {
            assert_eq!(system.record(step, by("wang"), &ALL), Err(expected));
        }
        assert!(retired.record(asset(), by("wang"), &ALL).is_ok());
        // Superseded later, it is closed down like every other, with its machines.
        let closed = accepted.record(Step::Disposal(Disposal::Retire), by("wang"), &ALL);
        let closed = closed.unwrap().record(asset(), by("wang"), &ALL).unwrap();
        assert!(closed.steps.accepted.is_some() && !closed.steps.counts());
        let corrected = closed.record(Step::AssetWithdrawal(1), by("wang"), &ALL);
        assert!(corrected.unwrap().steps.assets[0].withdrawn.is_some());
    }

    #[test]
    fn steps_are_read_back_as_they_were_written() {
        let system = after(&[
            Step::Disposal(Disposal::Merge {
                into: system_name("two"),
            }),
            Step::Cloud(Cloud::Moved { batch: 3 }),
        ]);
        let text = serde_json::to_string(&system).unwrap();
        assert_eq!(serde_json::from_str::<System>(&text).unwrap(), system);
    }
}
