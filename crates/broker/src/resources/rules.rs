//! What an entry is checked for beside its own form: the rules of the guides and laws, and what it refers to.

use domain::caller::Caller;
use domain::fault::Faults;
use domain::name::{DepartmentName, ResourceName};
use domain::policy::shaoyang_date;
use domain::resource::{Asked, Resource, ShareMode, Surroundings, Unread, check};
use domain::snapshot::Snapshot;
use domain::system::{SystemState, bare};

use crate::failure::Failure;
use crate::gateway::Gateway;

impl Gateway {
    /// Holds an entry to the rules of a step, its title against those of its department.
    ///
    /// # Errors
    /// Every fault.
    pub(super) fn must_keep_rules(&self, resource: &Resource, step: Asked) -> Result<(), Failure> {
        let same = same_title(&self.snapshot(), resource);
        let faults = self.entry_faults(resource, step, same.as_ref().map(ResourceName::as_str));
        Ok(faults.finish(Some(()))?)
    }

    /// What is wrong with an entry beside its form, as far as it could be read. Whoever may not write it hears nothing.
    pub fn faults_beside_form(
        &self,
        caller: &Caller,
        resource: &Resource,
        unread: &Unread,
    ) -> Faults {
        if caller.must_be_officer_of(&resource.department).is_err() {
            return Faults::default();
        }
        let same = same_title(&self.snapshot(), resource);
        let same = same.as_ref().map(ResourceName::as_str);
        unread.judged(&self.entry_faults(resource, Asked::Always, same))
    }

    /// Every fault of an entry at a step. `same_title` is another entry of the department whose title differs by
    /// no more than punctuation.
    pub(crate) fn entry_faults(
        &self,
        resource: &Resource,
        step: Asked,
        same_title: Option<&str>,
    ) -> Faults {
        let mut faults = resource.faults();
        let snapshot = self.snapshot();
        if let Some(kind) = &resource.certificate_type
            && snapshot.certificate_type(kind).is_none()
        {
            let text = format!("{kind} is not a known certificate type");
            faults.add(
                "resource.certificate_type",
                "UNKNOWN_CERTIFICATE_TYPE",
                text,
            );
        }
        self.check_api(resource, &mut faults);
        self.check_caching(resource, &mut faults);
        for (index, related) in resource.metadata.related.iter().enumerate() {
            if *related == resource.name {
                let text = "an entry is not related to itself";
                let place = format!("resource.related_resources[{index}]");
                faults.add(&place, "ITSELF", text);
            }
        }
        let system = snapshot.system(&resource.system);
        if system.is_some_and(|system| system.state == SystemState::Retired) {
            let text = format!(
                "{} is out of service; name the system that holds the data now",
                resource.system
            );
            faults.add("resource.system", "RETIRED", text);
        }
        let around = Surroundings {
            system_name: system.map_or("", |system| &system.display_name),
            same_title,
        };
        let today = shaoyang_date(self.now());
        let rules = self.entry_rules.load();
        let applying = rules.iter().filter(|rule| rule.applies(step, today));
        let by_rules = check(resource, around, applying);
        faults.within("", "", &by_rules);
        faults
    }

    /// Checks where the items stand in the answers of the provider's own service.
    fn check_api(&self, resource: &Resource, faults: &mut Faults) {
        let Some(api) = &resource.api else {
            return;
        };
        let snapshot = self.snapshot();
        let own = snapshot
            .interface(&api.interface)
            .filter(|interface| interface.system == resource.system);
        if let Some(interface) = own {
            api.check(&resource.items, &interface.descriptors, faults);
        } else {
            let text = format!("{} has no such interface", resource.system);
            faults.add("resource.api.interface", "UNKNOWN_INTERFACE", text);
        }
        if !resource.share_modes.contains(&ShareMode::Api) {
            let text = "a resource with operations is shared by API";
            faults.add("resource.share_modes", "REQUIRED", text);
        }
    }
}

/// Another entry of the same department whose title differs by no more than punctuation.
fn same_title(snapshot: &Snapshot, resource: &Resource) -> Option<ResourceName> {
    let title = bare(&resource.title);
    let is_other = |other: &Resource| {
        other.department == resource.department
            && other.name != resource.name
            && !other.is_retired()
            // The title that it will have counts as the one that it has.
            && (bare(&other.title) == title || bare(&other.at_work().title) == title)
    };
    // The least name, so that every gateway tells of the same one.
    let others = snapshot.resources_where(is_other);
    others.map(|other| &other.name).min().cloned()
}

/// The key under which titles of a department are compared.
pub(super) fn title_key(resource: &Resource) -> (DepartmentName, String) {
    (resource.department.clone(), bare(&resource.title))
}
