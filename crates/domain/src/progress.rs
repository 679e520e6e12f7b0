//! Progress: computed from what happened, never typed.
//!
//! A system is connected when four facts are proved: it is registered, it has published a resource,
//! its endpoint answered the last probe, and data went between it and another department's system.
//! Order 809 and the city's task 15 name no measure; the four facts are assumed and shown as such.

use std::collections::BTreeMap;

use crate::department::Department;
use crate::name::SystemName;
use crate::snapshot::Snapshot;
use crate::system::{System, SystemState};

/// The facts a plan demands of a system, in order.
pub const FACTS: [&str; 4] = ["registered", "published", "answering", "exchanged"];

/// Ledger indexes that prove the facts of one system; none where unproved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Proofs {
    /// Its registration.
    pub registered: Option<u64>,
    /// The first publication of a resource of its own.
    pub published: Option<u64>,
    /// The probe that found its endpoint serving, while it still is.
    pub answering: Option<u64>,
    /// The first delivered exchange with another department's system.
    pub exchanged: Option<u64>,
}

impl Proofs {
    /// The indexes in the order of [`FACTS`].
    pub fn as_array(&self) -> [Option<u64>; 4] {
        [self.registered, self.published, self.answering, self.exchanged]
    }

    /// Whether all facts are proved.
    pub fn complete(&self) -> bool {
        self.as_array().iter().all(Option::is_some)
    }
}

/// How far one system has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SystemProgress {
    /// The system.
    pub system: SystemName,
    /// What people call it.
    pub display_name: String,
    /// Counts in the denominator: self-built and in use.
    pub counted: bool,
    /// All facts are proved.
    pub connected: bool,
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
        self.systems.iter().filter(|system| system.counted && system.connected).count()
    }

    /// Share of connected systems in percent, rounded down; none without a counted system, since
    /// nothing to connect is not the same as everything connected.
    pub fn percent(&self) -> Option<u32> {
        let all = self.system_count();
        u32::try_from((self.connected_count() * 100).checked_div(all)?).ok()
    }
}

/// Computes the board: departments that own a system, in the order of the register.
pub fn board(snapshot: &Snapshot, proofs: &BTreeMap<SystemName, Proofs>) -> Vec<DepartmentProgress> {
    let mut rows: Vec<DepartmentProgress> = Vec::new();
    for department in snapshot.departments() {
        let systems: Vec<SystemProgress> = snapshot
            .systems()
            .filter(|system| system.department == department.name)
            .map(|system| system_progress(system, proofs.get(&system.name).copied().unwrap_or_default()))
            .collect();
        if !systems.is_empty() {
            rows.push(DepartmentProgress { department: department.clone(), systems });
        }
    }
    rows
}

fn system_progress(system: &System, proofs: Proofs) -> SystemProgress {
    SystemProgress {
        system: system.name.clone(),
        display_name: system.display_name.clone(),
        counted: system.self_built && system.state != SystemState::Retired,
        connected: proofs.complete() && system.is_active(),
        proofs,
    }
}
