//! The registry as policy sees it: one immutable picture, replaced by the next one when it changes.

mod change;
#[cfg(test)]
mod tests;

use std::hash::Hash;
use std::sync::Arc;

use jiff::civil::Date;
use rpds::HashTrieMapSync;

use crate::certificate::CertificateType;
use crate::correction::{Correction, Disputes};
use crate::credential::Credential;
use crate::department::Department;
use crate::endpoint::Endpoint;
use crate::grant::Grant;
use crate::http_api::Verb;
use crate::interface::{Interface, MethodPath};
use crate::matter::Matter;
use crate::name::{
    CertificateTypeName, DepartmentName, EndpointId, Fingerprint, GrantName, InterfaceId,
    MatterName, ResourceName, SystemName,
};
use crate::resource::Resource;
use crate::route::Route;
use crate::system::System;

/// Everything a snapshot is built from.
#[derive(Clone, Debug, Default)]
pub struct Contents {
    /// Departments.
    pub departments: Vec<Department>,
    /// Systems.
    pub systems: Vec<System>,
    /// Endpoints.
    pub endpoints: Vec<Endpoint>,
    /// Interfaces.
    pub interfaces: Vec<Interface>,
    /// Credentials.
    pub credentials: Vec<Credential>,
    /// Resources at every stage.
    pub resources: Vec<Resource>,
    /// Grants in every state.
    pub grants: Vec<Grant>,
    /// Matters.
    pub matters: Vec<Matter>,
    /// Certificate types.
    pub certificate_types: Vec<CertificateType>,
    /// Corrections that are open, or were closed just now.
    pub corrections: Vec<Correction>,
}

/// One immutable picture of the registry.
///
/// A later picture shares with the earlier one whatever did not change, so one changed grant among a
/// million costs as much as one among a hundred, and readers of the earlier one are left alone.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    departments: Map<DepartmentName, Department>,
    systems: Map<SystemName, System>,
    endpoints: Map<SystemName, Vec<Arc<Endpoint>>>,
    /// Those that resolve network identity codes: one, as a rule.
    resolvers: Map<EndpointId, Arc<Endpoint>>,
    interfaces: Map<InterfaceId, Arc<Interface>>,
    routes: Map<MethodPath, Vec<Arc<Route>>>,
    /// Those of the routes that are HTTP requests, by the system that serves them.
    http_paths: Map<SystemName, Vec<MethodPath>>,
    credentials: Map<Fingerprint, Credential>,
    resources: Map<ResourceName, Arc<Resource>>,
    grants: Map<GrantName, Arc<Grant>>,
    /// By consumer, then by resource: so that neither name is cloned to look.
    grants_of: Map<SystemName, Map<ResourceName, Vec<Arc<Grant>>>>,
    by_certificate_type: Map<CertificateTypeName, Vec<ResourceName>>,
    matters: Map<MatterName, Matter>,
    certificate_types: Map<CertificateTypeName, CertificateType>,
    /// Of entries of which something is disputed, and of no others.
    disputes: Map<ResourceName, Disputes>,
}

type Map<K, V> = HashTrieMapSync<K, V>;

impl Snapshot {
    /// Indexes the contents.
    pub fn new(contents: Contents) -> Self {
        Self::default().with(contents)
    }

    /// The published resources that are reached through a method, by its path.
    pub fn routes(&self, path: &str) -> &[Arc<Route>] {
        self.routes.get(path).map_or(&[], Vec::as_slice)
    }

    /// What an HTTP request is for, by its method and its path on the gateway: the most exact of the
    /// published paths that fit.
    pub fn http_path(&self, verb: Verb, path: &str) -> Option<&MethodPath> {
        let (system, _) = path.strip_prefix('/')?.split_once('/')?;
        let own = path.get(1 + system.len()..)?;
        let paths = self.http_paths.get(&SystemName::from_id(system).ok()?)?;
        let exact = |path| {
            // Documents of one system may differ in what else fits.
            let mut routes = self.routes(MethodPath::as_str(path)).iter();
            let route = routes.find(|route| route.takes(verb, own))?;
            Some((route.exactness(), path))
        };
        let fitting = paths.iter().filter_map(exact);
        fitting
            .max_by_key(|(exact, _)| *exact)
            .map(|(_, path)| path)
    }

    /// One interface.
    pub fn interface(&self, name: &InterfaceId) -> Option<&Arc<Interface>> {
        self.interfaces.get(name)
    }

    /// The interfaces for which something holds, in no order.
    pub fn interfaces_where(
        &self,
        holds: impl Fn(&Interface) -> bool,
    ) -> impl Iterator<Item = &Arc<Interface>> {
        self.interfaces.values().filter(move |one| holds(one))
    }

    /// One department.
    pub fn department(&self, name: &DepartmentName) -> Option<&Department> {
        self.departments.get(name)
    }

    /// All departments, in the order of their names.
    pub fn departments(&self) -> impl Iterator<Item = &Department> {
        in_order(&self.departments)
    }

    /// The department competent for data sharing; not one that went over into another. It has no last day ahead.
    pub fn competent(&self) -> Option<&Department> {
        self.departments()
            .find(|department| department.competent && department.valid_until.is_none())
    }

    /// Whether the methods of an entry's own are called by HTTP/JSON.
    pub fn is_over_http(&self, resource: &Resource) -> bool {
        let api = resource.api.as_ref();
        let interface = api.and_then(|api| self.interface(&api.interface));
        interface.is_some_and(|interface| interface.descriptors.is_openapi())
    }

    /// One system.
    pub fn system(&self, name: &SystemName) -> Option<&System> {
        self.systems.get(name)
    }

    /// All systems, in the order of their names.
    pub fn systems(&self) -> impl Iterator<Item = &System> {
        in_order(&self.systems)
    }

    /// The systems of a department, in no order.
    pub fn systems_of(&self, department: &DepartmentName) -> Vec<SystemName> {
        let own = self.systems.values();
        let own = own.filter(|system| system.department == *department);
        own.map(|system| system.name.clone()).collect()
    }

    /// The endpoint to ask whom a network identity code stands for: of an active system, and rather one
    /// that answered its last probe.
    pub fn resolver(&self) -> Option<&Arc<Endpoint>> {
        let active = self.resolvers.values().filter(|endpoint| {
            let system = self.system(&endpoint.system);
            system.is_some_and(System::is_active)
        });
        active.max_by_key(|endpoint| (endpoint.health.is_serving(), &endpoint.name))
    }

    /// The endpoints of a system.
    pub fn endpoints(&self, system: &SystemName) -> &[Arc<Endpoint>] {
        self.endpoints.get(system).map_or(&[], Vec::as_slice)
    }

    /// One endpoint.
    pub fn endpoint(&self, system: &SystemName, name: &EndpointId) -> Option<&Arc<Endpoint>> {
        let mut all = self.endpoints(system).iter();
        all.find(|endpoint| endpoint.name == *name)
    }

    /// All endpoints, in no order.
    pub fn all_endpoints(&self) -> impl Iterator<Item = &Arc<Endpoint>> {
        self.endpoints.values().flatten()
    }

    /// One credential.
    pub fn credential(&self, name: &Fingerprint) -> Option<&Credential> {
        self.credentials.get(name)
    }

    /// All credentials, the revoked and those that are over too, in no order.
    pub fn credentials(&self) -> impl Iterator<Item = &Credential> {
        self.credentials.values()
    }

    /// One resource, at any stage.
    pub fn resource(&self, name: &ResourceName) -> Option<&Arc<Resource>> {
        self.resources.get(name)
    }

    /// All resources, in the order of their names.
    pub fn resources(&self) -> impl Iterator<Item = &Arc<Resource>> {
        in_order(&self.resources)
    }

    /// The resources for which something holds, in no order: what is looked for on a tick or in every act is not
    /// sorted first.
    pub fn resources_where(
        &self,
        holds: impl Fn(&Resource) -> bool,
    ) -> impl Iterator<Item = &Arc<Resource>> {
        self.resources
            .values()
            .filter(move |resource| holds(resource))
    }

    /// The published resources that are certificates of a type.
    pub fn resources_of_type(&self, kind: &CertificateTypeName) -> &[ResourceName] {
        self.by_certificate_type
            .get(kind)
            .map_or(&[], Vec::as_slice)
    }

    /// One grant.
    pub fn grant(&self, name: &GrantName) -> Option<&Arc<Grant>> {
        self.grants.get(name)
    }

    /// The grants whose provider still has to share, in no order.
    pub fn grants_that_wait_for_provision(&self) -> impl Iterator<Item = &Arc<Grant>> {
        let all = self.grants.values();
        all.filter(|grant| grant.waits_for_provision().is_some())
    }

    /// All grants, in any state and no order.
    pub fn grants(&self) -> impl Iterator<Item = &Arc<Grant>> {
        self.grants.values()
    }

    /// The grants of a consumer on a resource, in any state.
    pub fn grants_of(&self, consumer: &SystemName, resource: &ResourceName) -> &[Arc<Grant>] {
        self.grants_of
            .get(consumer)
            .and_then(|of_consumer| of_consumer.get(resource))
            .map_or(&[], Vec::as_slice)
    }

    /// All grants of a consumer, in any state and no order.
    pub fn grants_held_by(&self, consumer: &SystemName) -> impl Iterator<Item = &Arc<Grant>> {
        let of_consumer = self.grants_of.get(consumer).into_iter();
        of_consumer.flat_map(|by_resource| by_resource.values().flatten())
    }

    /// The grants on a resource that are not revoked and whose window has not ended, in the order of their names. Reads
    /// every grant: for acts that change or end something, not for calls.
    pub fn standing_grants_of(&self, resource: &ResourceName, today: Date) -> Vec<&Arc<Grant>> {
        self.standing_grants(today, |grant| grant.terms.resource == *resource)
    }

    /// All grants that are not revoked and whose window has not ended, in the order of their names.
    pub fn all_standing_grants(&self, today: Date) -> Vec<&Arc<Grant>> {
        self.standing_grants(today, |_| true)
    }

    /// The grants on resources of a system that are not revoked and whose window has not ended, in the order of
    /// their names. Reads every grant: for acts that end something, not for calls.
    pub fn standing_grants_on(&self, provider: &SystemName, today: Date) -> Vec<&Arc<Grant>> {
        self.standing_grants(today, |grant| {
            let resource = self.resource(&grant.terms.resource);
            // A later version of an entry may be another system's, and the grant still reads from this one.
            grant.provider == *provider
                || resource.is_some_and(|resource| resource.system == *provider)
        })
    }

    fn standing_grants(&self, today: Date, wanted: impl Fn(&Grant) -> bool) -> Vec<&Arc<Grant>> {
        let stands = |grant: &&Arc<Grant>| {
            // One that is suspended can be resumed.
            !grant.state.is_over() && today <= grant.terms.end && wanted(grant)
        };
        let mut grants: Vec<_> = self.grants.values().filter(stands).collect();
        grants.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        grants
    }

    /// One matter.
    pub fn matter(&self, name: &MatterName) -> Option<&Matter> {
        self.matters.get(name)
    }

    /// One certificate type.
    pub fn certificate_type(&self, name: &CertificateTypeName) -> Option<&CertificateType> {
        self.certificate_types.get(name)
    }

    /// What is disputed of an entry; none where nothing is.
    pub fn disputes(&self, resource: &ResourceName) -> Option<&Disputes> {
        // As a rule nothing is in the whole city, and no name has to be looked for.
        if self.disputes.is_empty() {
            return None;
        }
        self.disputes.get(resource)
    }

    /// All certificate types, in the order of their names.
    pub fn certificate_types(&self) -> impl Iterator<Item = &CertificateType> {
        in_order(&self.certificate_types)
    }
}

/// All values in the order of their keys; for pages and seeds, not for calls.
fn in_order<K: Ord + Eq + Hash, V>(map: &Map<K, V>) -> impl Iterator<Item = &V> {
    let mut rows: Vec<(&K, &V)> = map.iter().collect();
    rows.sort_unstable_by_key(|(key, _)| *key);
    rows.into_iter().map(|(_, value)| value)
}
