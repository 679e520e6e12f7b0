//! Whom an event concerns: the one place that decides it. By default, nobody.

use jiff::civil::Date;

use super::Event;
use crate::caller::Caller;
use crate::credential::Principal;
use crate::grant::Grant;
use crate::name::{DepartmentName, ResourceName, SystemName};
use crate::snapshot::Snapshot;

/// Why an event is told to somebody; by it they see more or less of its facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Concern {
    /// It is about their own.
    Own,
    /// They hold a grant on what it is about.
    Holder,
    /// They oversee all.
    Overseen,
}

/// Who wants to hear of events, with what follows from the registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Viewer {
    who: Who,
    /// The systems whose grants are its own affair.
    own: Vec<SystemName>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Who {
    System(SystemName),
    Department {
        name: DepartmentName,
        competent: bool,
    },
    Overseer,
    Nobody,
}

/// What holders hear of an entry of the catalogue.
const ON_RESOURCES: [&str; 12] = [
    "catalogue.resource.published",
    "catalogue.resource.suspended",
    "catalogue.resource.resumed",
    "catalogue.resource.recalled",
    "catalogue.resource.retirement_announced",
    "catalogue.resource.retired",
    "catalogue.resource.drifted",
    "catalogue.resource.drift_ended",
    "catalogue.resource.data_updated",
    "catalogue.resource.update_required",
    "exchange.file.completed",
    "exchange.file.withdrawn",
];

/// What holders hear of a system that provides.
const ON_PROVIDERS: [&str; 10] = [
    "registry.endpoint.failing",
    "registry.endpoint.serving",
    "registry.endpoint.changed",
    "registry.endpoint.removed",
    "registry.endpoint.maintenance_announced",
    "registry.endpoint.maintenance_called_off",
    "registry.interface.created",
    "registry.system.suspended",
    "registry.system.resumed",
    "registry.system.retired",
];

/// What the department competent for data sharing leads.
const LED: [&str; 11] = [
    "catalogue.",
    // It consents to a longer time.
    "sharing.application.extension_",
    // It is filed with it (Order 809 art. 27).
    "sharing.grant.narrowed",
    "sharing.grant.rectification_",
    // It ends or stops a service that was agreed on.
    "sharing.grant.suspended",
    "sharing.grant.revoked",
    // It decides them.
    "sharing.dispute.",
    // It says with whom they lie.
    "sharing.complaint.",
    "compliance.",
    "registry.department.",
    "registry.system.",
];

/// The facts that name a department which has to do with it.
const DEPARTMENTS: [&str; 6] = [
    "department",
    "consumer_department",
    "provider_department",
    "entering_department",
    "owner",
    "successor",
];

/// Whether an event concerns somebody, and why: as a party, as a holder of grants by what the registry says now, or
/// because they oversee all.
pub fn concern(
    event: &Event,
    viewer: &Viewer,
    snapshot: &Snapshot,
    today: Date,
) -> Option<Concern> {
    match &viewer.who {
        Who::Nobody => return None,
        Who::Overseer => return Some(Concern::Overseen),
        Who::System(_) | Who::Department { .. } => {}
    }
    if viewer.is_party(event, snapshot) {
        return Some(Concern::Own);
    }
    viewer
        .holds(event, snapshot, today)
        .then_some(Concern::Holder)
}

impl Viewer {
    /// An authenticated caller.
    pub fn of(caller: &Caller, snapshot: &Snapshot) -> Self {
        match caller.principal() {
            Principal::System { system } => Self::system(system),
            Principal::Officer { department, .. } => Self::department(department, snapshot),
            Principal::Auditor { .. } | Principal::Operator { .. } => Self::bare(Who::Overseer),
            Principal::Gateway => Self::bare(Who::Nobody),
        }
    }

    /// A system.
    pub fn system(name: &SystemName) -> Self {
        Self {
            who: Who::System(name.clone()),
            own: vec![name.clone()],
        }
    }

    /// A department with its systems.
    pub fn department(name: &DepartmentName, snapshot: &Snapshot) -> Self {
        let row = snapshot.department(name);
        Self {
            who: Who::Department {
                name: name.clone(),
                competent: row.is_some_and(|row| row.competent),
            },
            own: snapshot.systems_of(name),
        }
    }

    /// For whom cursors are: those of one list are none of another.
    pub fn key(&self) -> &str {
        match &self.who {
            Who::System(name) => name.as_str(),
            Who::Department { name, .. } => name.as_str(),
            Who::Overseer => "all",
            Who::Nobody => "nobody",
        }
    }

    fn bare(who: Who) -> Self {
        Self {
            who,
            own: Vec::new(),
        }
    }

    fn is_party(&self, event: &Event, snapshot: &Snapshot) -> bool {
        let names =
            |keys: &[&str], name: &str| keys.iter().any(|key| event.fact(key) == Some(name));
        match &self.who {
            Who::System(own) => {
                names(&["system", "consumer", "provider"], own.as_str())
                    || applied_for(event, snapshot, |system, _| system == own)
            }
            Who::Department { name, competent } => {
                names(&DEPARTMENTS, name.as_str())
                    || self.is_of_own_system(event)
                    || applied_for(event, snapshot, |_, department| department == name)
                    || *competent && LED.iter().any(|led| event.name.starts_with(led))
            }
            Who::Overseer | Who::Nobody => false,
        }
    }

    /// Entries about certificates name their holder and no department.
    fn is_of_own_system(&self, event: &Event) -> bool {
        let named = DEPARTMENTS.iter().any(|key| event.fact(key).is_some());
        let system = event.fact("system").filter(|_| !named);
        system.is_some_and(|system| self.own.iter().any(|own| own.as_str() == system))
    }

    /// Whether one of its systems holds a grant that stands on what the event is about.
    fn holds(&self, event: &Event, snapshot: &Snapshot, today: Date) -> bool {
        let is = |names: &[&str]| names.contains(&event.name.as_str());
        if is(&ON_RESOURCES) {
            let resource = event.fact("resource").map(ResourceName::parse);
            let Some(Ok(resource)) = resource else {
                return false;
            };
            let mut held = self
                .own
                .iter()
                .flat_map(|own| snapshot.grants_of(own, &resource));
            return held.any(|grant| stands(grant, today));
        }
        let Some(provider) = event.fact("system").filter(|_| is(&ON_PROVIDERS)) else {
            return false;
        };
        let mut held = self.own.iter().flat_map(|own| snapshot.grants_held_by(own));
        held.any(|grant| grant.provider.as_str() == provider && stands(grant, today))
    }
}

/// Whether an application is for an entry whose system or department passes. Until it is handed over it is the
/// applicant's own matter, and from then on a rule says until when it is answered. Entries of today name the provider.
fn applied_for(
    event: &Event,
    snapshot: &Snapshot,
    passes: impl Fn(&SystemName, &DepartmentName) -> bool,
) -> bool {
    let is_named = event.fact("provider").is_some() || event.fact("due_rule").is_none();
    if !event.name.starts_with("sharing.application.") || is_named {
        return false;
    }
    let resource = event.fact("resource").map(ResourceName::parse);
    let Some(Ok(resource)) = resource else {
        return false;
    };
    let resource = snapshot.resource(&resource);
    resource.is_some_and(|resource| passes(&resource.system, &resource.department))
}

/// One that is suspended can be resumed.
fn stands(grant: &Grant, today: Date) -> bool {
    !grant.state.is_over() && today <= grant.terms.end
}
