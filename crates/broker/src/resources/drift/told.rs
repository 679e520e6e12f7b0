//! Who is told of a drift: the owner, who reviews or oversees, and who holds grants.

use std::sync::Arc;

use domain::caller::Caller;
use domain::grant::{Grant, GrantState};
use domain::name::SystemName;
use domain::policy::shaoyang_date;
use domain::resource::{Resource, ResourceState};
use domain::snapshot::Snapshot;
use domain::system::System;
use domain::watch::Drift;

use crate::gateway::Gateway;

/// Where one entry drifts, for who is concerned.
#[derive(Clone, Debug)]
pub struct ResourceDrift {
    /// The entry.
    pub resource: Arc<Resource>,
    /// What differs.
    pub drift: Drift,
}

impl Gateway {
    /// Where entries drift that concern a caller: their own department's, those they hold grants on, or all for who
    /// oversees or reviews.
    pub fn drifts(&self, caller: &Caller) -> Vec<ResourceDrift> {
        let snapshot = self.snapshot();
        let own = own_systems(caller, &snapshot);
        let known = self.watching.all();
        let mut drifts: Vec<ResourceDrift> = known
            .values()
            .filter_map(|watch| {
                let resource = snapshot.resource(&watch.resource)?;
                // Of what has left the catalogue nothing is promised any more.
                if matches!(resource.state, ResourceState::Retired { .. }) {
                    return None;
                }
                let drift = watch.drift.clone()?;
                self.tells_of(caller, &own, resource)
                    .then(|| ResourceDrift {
                        resource: Arc::clone(resource),
                        drift,
                    })
            })
            .collect();
        drifts.sort_by(|one, other| one.resource.name.cmp(&other.resource.name));
        drifts
    }

    /// Whether a caller, whose systems are given, is told where what is served of an entry differs.
    pub(crate) fn tells_of(
        &self,
        caller: &Caller,
        own: &[SystemName],
        resource: &Resource,
    ) -> bool {
        let (snapshot, today) = (self.snapshot(), shaoyang_date(self.now()));
        let stands = |grant: &Arc<Grant>| {
            !matches!(grant.state, GrantState::Revoked { .. }) && today <= grant.terms.end
        };
        let holds = |system: &SystemName| {
            let grants = snapshot.grants_of(system, &resource.name);
            grants.iter().any(stands)
        };
        !self.hides_work(caller, resource) || own.iter().any(holds)
    }
}

/// The systems whose grants are a caller's own affair.
pub(crate) fn own_systems(caller: &Caller, snapshot: &Snapshot) -> Vec<SystemName> {
    let is_own = |system: &&System| {
        caller.system().is_ok_and(|own| *own == system.name) || caller.is_of(&system.department)
    };
    let own = snapshot.systems().filter(is_own);
    own.map(|system| system.name.clone()).collect()
}
