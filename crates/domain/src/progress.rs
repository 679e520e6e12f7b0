//! Progress: computed from what happened, never typed.
//!
//! A system is connected when five facts are proved: it is registered, it has published a resource,
//! its endpoint passed the conformance kit and answered the last probe, and data went between it and another
//! department's system. Order 809 and the city's task 15 name no measure; the five facts are assumed and shown
//! as such.

use std::collections::BTreeMap;

use crate::department::Department;
use crate::name::SystemName;
use crate::snapshot::Snapshot;
use crate::system::{AssetCounts, Stage, System, SystemState};

/// The facts a plan demands of a system, in order.
pub const FACTS: [&str; 5] = [
    "registered",
    "published",
    "conformed",
    "answering",
    "exchanged",
];

/// What proves a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The ledger index.
    pub entry: u64,
    /// The fact itself was not seen: it is agreed that the system has nothing to share, which stands for it.
    pub agreed: bool,
}

impl Proof {
    fn seen(entry: u64) -> Self {
        Self {
            entry,
            agreed: false,
        }
    }

    fn agreed(entry: u64) -> Self {
        Self {
            entry,
            agreed: true,
        }
    }
}

/// Ledger indexes that prove the facts of one system; none where unproved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Proofs {
    /// Its registration.
    pub registered: Option<u64>,
    /// The first publication of a resource of its own, while one is in the catalogue.
    pub published: Option<u64>,
    /// The run of the conformance kit that its endpoints passed, while none has failed since.
    pub conformed: Option<u64>,
    /// The probe that found its endpoint serving, while it still is.
    pub answering: Option<u64>,
    /// The first delivered exchange with another department's system.
    pub exchanged: Option<u64>,
    /// The first delivered exchange in which another department's system read data of its own. A system is
    /// connected without it, but not sharing.
    pub provided: Option<u64>,
    /// The competent department's approval that it has nothing to share, while no entry of it was published since.
    pub nothing_to_share: Option<u64>,
}

impl Proofs {
    /// What proves the facts, in the order of [`FACTS`]: those that make a system connected. Where it is agreed that it
    /// has nothing to share, that stands for what it cannot do: publish, and be tried with what it published.
    pub fn facts(&self) -> [Option<Proof>; 5] {
        [
            self.registered.map(Proof::seen),
            self.catalogued(),
            self.or_agreed(self.conformed),
            self.answering.map(Proof::seen),
            self.exchanged.map(Proof::seen),
        ]
    }

    /// What proves that all it has to share stands in the catalogue.
    pub fn catalogued(&self) -> Option<Proof> {
        self.or_agreed(self.published)
    }

    /// What proves that it shares what it has.
    pub fn shared(&self) -> Option<Proof> {
        self.or_agreed(self.provided)
    }

    fn or_agreed(&self, seen: Option<u64>) -> Option<Proof> {
        seen.map(Proof::seen)
            .or_else(|| self.nothing_to_share.map(Proof::agreed))
    }

    /// Whether all facts are proved.
    pub fn complete(&self) -> bool {
        self.facts().iter().all(Option::is_some)
    }
}

/// How far one system has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SystemProgress {
    /// The system.
    pub system: SystemName,
    /// What people call it.
    pub display_name: String,
    /// Counts in the denominator: self-built, in use, and neither to be merged or retired nor exempt.
    pub counted: bool,
    /// All facts are proved.
    pub connected: bool,
    /// How far it has come in the steps of the plan.
    pub stage: Stage,
    /// What was taken out of use with it, as its department stated.
    pub assets: AssetCounts,
    /// The proofs.
    pub proofs: Proofs,
}

/// How far one department has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DepartmentProgress {
    /// The department.
    pub department: Department,
    /// Its systems.
    pub systems: Vec<SystemProgress>,
}

impl DepartmentProgress {
    /// Its counted systems.
    pub fn system_count(&self) -> usize {
        self.systems.iter().filter(|system| system.counted).count()
    }

    /// Those of them that are connected.
    pub fn connected_count(&self) -> usize {
        self.systems
            .iter()
            .filter(|system| system.counted && system.connected)
            .count()
    }

    /// Its counted systems that have come to this stage and no further.
    pub fn at_stage(&self, stage: Stage) -> usize {
        let counted = self.systems.iter().filter(|system| system.counted);
        counted.filter(|system| system.stage == stage).count()
    }

    /// What was taken out of use with its systems, with those too that do not count: most rooms are closed because
    /// their systems are.
    pub fn assets(&self) -> AssetCounts {
        self.systems.iter().map(|system| system.assets).sum()
    }

    /// Share of connected systems in percent, rounded down; none without a counted system, since
    /// nothing to connect is not the same as everything connected.
    pub fn percent(&self) -> Option<u32> {
        let all = self.system_count();
        u32::try_from((self.connected_count() * 100).checked_div(all)?).ok()
    }
}

/// Computes the board: departments that own a system, in the order of the register.
pub fn board(
    snapshot: &Snapshot,
    proofs: &BTreeMap<SystemName, Proofs>,
) -> Vec<DepartmentProgress> {
    let mut rows: Vec<DepartmentProgress> = Vec::new();
    for department in snapshot.departments() {
        let systems: Vec<SystemProgress> = snapshot
            .systems()
            .filter(|system| system.department == department.name)
            .map(|system| {
                system_progress(
                    system,
                    proofs.get(&system.name).copied().unwrap_or_default(),
                )
            })
            .collect();
        if !systems.is_empty() {
            rows.push(DepartmentProgress {
                department: department.clone(),
                systems,
            });
        }
    }
    rows
}

fn system_progress(system: &System, proofs: Proofs) -> SystemProgress {
    SystemProgress {
        system: system.name.clone(),
        display_name: system.display_name.clone(),
        counted: system.self_built && system.state != SystemState::Retired && system.steps.counts(),
        connected: proofs.complete() && system.is_active(),
        stage: system.steps.stage(&proofs),
        assets: AssetCounts::of(&system.steps.assets),
        proofs,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::{Asset, AssetKind, Disposal, Statement, Step};
    use crate::test_world::{
        ALL_PROVED as ALL, APPROVAL, CIVIL_AFFAIRS, NOON, World, at, suspended, system,
    };

    /// The row of the approval department when it owns these systems.
    fn row(systems: Vec<System>, proofs: &[(&str, Proofs)]) -> DepartmentProgress {
        let mut contents = World::good().contents;
        contents.systems = systems;
        let proofs = proofs
            .iter()
            .map(|(id, proofs)| (SystemName::from_id(id).unwrap(), *proofs))
            .collect();
        let mut rows = board(&Snapshot::new(contents), &proofs);
        assert_eq!(rows.len(), 1, "one department owns systems");
        rows.remove(0)
    }

    fn counts(row: &DepartmentProgress) -> (usize, usize, Option<u32>) {
        (row.connected_count(), row.system_count(), row.percent())
    }

    #[test]
    fn a_system_is_connected_by_all_its_facts_and_by_nothing_less() {
        for missing in 0..FACTS.len() {
            let mut proofs = ALL;
            *[
                &mut proofs.registered,
                &mut proofs.published,
                &mut proofs.conformed,
                &mut proofs.answering,
                &mut proofs.exchanged,
            ][missing] = None;
            assert!(!proofs.complete(), "without {}", FACTS[missing]);
            assert_eq!(proofs.facts()[missing], None, "without {}", FACTS[missing]);
            let row = row(vec![system("one", APPROVAL)], &[("one", proofs)]);
            assert_eq!(counts(&row), (0, 1, Some(0)), "without {}", FACTS[missing]);
        }
        let row = row(vec![system("one", APPROVAL)], &[("one", ALL)]);
        assert_eq!(counts(&row), (1, 1, Some(100)));
        assert_eq!(row.systems[0].proofs, ALL);
    }

    #[test]
    fn percent_is_rounded_down_so_that_only_all_is_a_hundred() {
        for (connected, all, percent) in [(1, 3, 33), (2, 3, 66), (199, 200, 99), (3, 3, 100)] {
            let ids: Vec<String> = (0..all).map(|number| format!("sys-{number}")).collect();
            let systems = ids.iter().map(|id| system(id, APPROVAL)).collect();
            let proofs: Vec<(&str, Proofs)> = ids
                .iter()
                .take(connected)
                .map(|id| (id.as_str(), ALL))
                .collect();
            assert_eq!(
                counts(&row(systems, &proofs)),
                (connected, all, Some(percent))
            );
        }
    }

    #[test]
    fn a_department_without_a_counted_system_has_no_percent() {
        let bought = System {
            self_built: false,
            ..system("bought", APPROVAL)
        };
        let row = row(vec![bought], &[("bought", ALL)]);
        assert_eq!(counts(&row), (0, 0, None));
        assert!(!row.systems[0].counted);
    }

    #[test]
    fn a_retired_system_leaves_the_denominator() {
        let retired = System {
            state: SystemState::Retired,
            ..system("old", APPROVAL)
        };
        let row = row(
            vec![retired, system("new", APPROVAL)],
            &[("old", ALL), ("new", ALL)],
        );
        assert_eq!(counts(&row), (1, 1, Some(100)));
    }

    #[test]
    fn a_suspended_system_counts_but_is_not_connected() {
        let stopped = System {
            state: suspended(),
            ..system("one", APPROVAL)
        };
        let row = row(
            vec![stopped, system("two", APPROVAL)],
            &[("one", ALL), ("two", ALL)],
        );
        assert_eq!(counts(&row), (1, 2, Some(50)));
    }

    #[test]
    fn counted_systems_stand_at_one_stage_and_rooms_count_with_every_system() {
        let statement = || Statement {
            document: "邵放组办字〔2022〕7号".to_owned(),
            by: "wang".to_owned(),
            at: at(NOON),
        };
        let with = |id: &str, disposal: Disposal, rooms: u32| {
            let asset = Asset {
                kind: AssetKind::MachineRoom,
                description: "三楼机房".to_owned(),
                count: rooms,
                retired_on: None,
            };
            let record = |system: System, step| system.record(step, statement(), &ALL).unwrap();
            let system = record(system(id, APPROVAL), Step::Disposal(disposal));
            record(system, Step::Asset(asset))
        };
        let closed = System {
            state: SystemState::Retired,
            ..with("closed", Disposal::Retire, 2)
        };
        let kept = with("kept", Disposal::Keep, 1);
        let row = row(
            vec![system("new", APPROVAL), kept, closed],
            &[("kept", ALL)],
        );
        let at = Stage::ALL.map(|stage| row.at_stage(stage));
        assert_eq!(at, [1, 0, 1, 0, 0, 0, 0]);
        assert_eq!(at.iter().sum::<usize>(), row.system_count());
        assert_eq!(row.assets().machine_rooms, 3);
        let rooms = row.systems.iter().map(|one| one.assets.machine_rooms);
        assert_eq!(rooms.collect::<Vec<_>>(), [2, 1, 0]);
    }

    #[test]
    fn departments_without_systems_are_left_out_and_the_others_are_in_order() {
        let contents = World::good().contents;
        let rows = board(&Snapshot::new(contents.clone()), &BTreeMap::new());
        let codes: Vec<&str> = rows.iter().map(|row| row.department.name.id()).collect();
        assert_eq!(codes, [APPROVAL, CIVIL_AFFAIRS]);
        let rows = board(
            &Snapshot::new(crate::snapshot::Contents {
                systems: Vec::new(),
                ..contents
            }),
            &BTreeMap::new(),
        );
        assert!(rows.is_empty());
    }
}
