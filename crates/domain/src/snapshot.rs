//! The registry as policy sees it: one immutable picture, replaced by the next one when it changes.

use std::hash::Hash;
use std::sync::Arc;

use rpds::HashTrieMapSync;

use crate::certificate::CertificateType;
use crate::credential::Credential;
use crate::department::Department;
use crate::endpoint::{Endpoint, Protocol};
use crate::grant::Grant;
use crate::http_api::Verb;
use crate::interface::{Interface, Method, MethodPath};
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
}

type Map<K, V> = HashTrieMapSync<K, V>;

impl Snapshot {
    /// Indexes the contents.
    pub fn new(contents: Contents) -> Self {
        Self::default().with(contents)
    }

    /// The picture after these rows were added, or took the place of those of the same names.
    #[must_use]
    pub fn with(&self, changed: Contents) -> Self {
        let mut next = self.clone();
        for department in changed.departments {
            next.departments
                .insert_mut(department.name.clone(), department);
        }
        for system in changed.systems {
            next.systems.insert_mut(system.name.clone(), system);
        }
        for endpoint in changed.endpoints {
            next.put_endpoint(endpoint);
        }
        // Before the resources that are reached through them.
        for interface in changed.interfaces {
            let name = interface.name.clone();
            next.interfaces.insert_mut(name, Arc::new(interface));
        }
        for credential in changed.credentials {
            next.credentials
                .insert_mut(credential.name.clone(), credential);
        }
        for resource in changed.resources {
            next.put_resource(resource);
        }
        for grant in changed.grants {
            next.put_grant(grant);
        }
        for matter in changed.matters {
            next.matters.insert_mut(matter.name.clone(), matter);
        }
        for kind in changed.certificate_types {
            next.certificate_types.insert_mut(kind.name.clone(), kind);
        }
        next
    }

    fn put_endpoint(&mut self, endpoint: Endpoint) {
        // The name holds the system, so an endpoint never moves to another.
        let system = endpoint.system.clone();
        let endpoint = Arc::new(endpoint);
        if endpoint.protocol == Protocol::NetworkIdentity {
            let name = endpoint.name.clone();
            self.resolvers.insert_mut(name, Arc::clone(&endpoint));
        }
        edit(&mut self.endpoints, &system, |list| {
            put(list, endpoint, |endpoint| &endpoint.name);
        });
    }

    fn put_resource(&mut self, resource: Resource) {
        let before = self.resources.get(&resource.name).cloned();
        if let Some(kind) = before.as_deref().and_then(published_as) {
            edit(&mut self.by_certificate_type, kind, |names| {
                names.retain(|name| *name != resource.name);
            });
        }
        if let Some(kind) = published_as(&resource) {
            edit(&mut self.by_certificate_type, kind, |names| {
                put(names, resource.name.clone(), |name| name);
            });
        }
        if let Some(before) = before.as_deref() {
            self.drop_routes(before);
        }
        self.put_routes(&resource);
        let name = resource.name.clone();
        self.resources.insert_mut(name, Arc::new(resource));
    }

    fn drop_routes(&mut self, resource: &Resource) {
        let operations = resource.api.iter().flat_map(|api| &api.operations);
        for operation in operations {
            let path = operation.method.on_gateway(&resource.system);
            edit(&mut self.routes, &path, |routes| {
                routes.retain(|route| *route.resource() != resource.name);
            });
        }
        edit(&mut self.http_paths, &resource.system, |paths| {
            paths.retain(|path| {
                self.routes
                    .get(path)
                    .is_some_and(|routes| !routes.is_empty())
            });
        });
    }

    fn put_routes(&mut self, resource: &Resource) {
        let interface = resource.api.as_ref().map(|api| &api.interface);
        let interface = interface
            .and_then(|name| self.interfaces.get(name))
            .cloned();
        // What is not published is not reached.
        let (Some(interface), Some(_)) = (interface, resource.version()) else {
            return;
        };
        for route in Route::of(resource, &interface) {
            let path = route.path().clone();
            if matches!(route.method(), Method::Http(_)) {
                edit(&mut self.http_paths, &resource.system, |paths| {
                    put(paths, path.clone(), |path| path);
                });
            }
            edit(&mut self.routes, &path, |routes| {
                put(routes, Arc::new(route), |route| route.resource());
            });
        }
    }

    fn put_grant(&mut self, grant: Grant) {
        if let Some(before) = self.grants.get(&grant.name).cloned() {
            self.edit_grants(&before, |list| {
                list.retain(|listed| listed.name != before.name);
            });
        }
        let grant = Arc::new(grant);
        self.edit_grants(&grant, |list| {
            put(list, Arc::clone(&grant), |grant| &grant.name);
        });
        self.grants.insert_mut(grant.name.clone(), grant);
    }

    /// Changes the list in which a grant stands.
    fn edit_grants(&mut self, grant: &Grant, change: impl FnOnce(&mut Vec<Arc<Grant>>)) {
        edit(&mut self.grants_of, &grant.terms.consumer, |of_consumer| {
            edit(of_consumer, &grant.terms.resource, change);
        });
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
        let fits = |path: &&MethodPath| {
            let route = self.routes.get(*path).and_then(|routes| routes.first());
            route.is_some_and(|route| route.takes(verb, own))
        };
        let parameters = |path: &&MethodPath| path.as_str().matches('{').count();
        paths.iter().filter(fits).min_by_key(parameters)
    }

    /// One interface.
    pub fn interface(&self, name: &InterfaceId) -> Option<&Arc<Interface>> {
        self.interfaces.get(name)
    }

    /// One department.
    pub fn department(&self, name: &DepartmentName) -> Option<&Department> {
        self.departments.get(name)
    }

    /// All departments, in the order of their names.
    pub fn departments(&self) -> impl Iterator<Item = &Department> {
        in_order(&self.departments)
    }

    /// The department competent for data sharing.
    pub fn competent(&self) -> Option<&Department> {
        self.departments().find(|department| department.competent)
    }

    /// One system.
    pub fn system(&self, name: &SystemName) -> Option<&System> {
        self.systems.get(name)
    }

    /// All systems, in the order of their names.
    pub fn systems(&self) -> impl Iterator<Item = &System> {
        in_order(&self.systems)
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

    /// One credential.
    pub fn credential(&self, name: &Fingerprint) -> Option<&Credential> {
        self.credentials.get(name)
    }

    /// One resource, at any stage.
    pub fn resource(&self, name: &ResourceName) -> Option<&Arc<Resource>> {
        self.resources.get(name)
    }

    /// All resources, in the order of their names.
    pub fn resources(&self) -> impl Iterator<Item = &Arc<Resource>> {
        in_order(&self.resources)
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

    /// The grants of a consumer on a resource, in any state.
    pub fn grants_of(&self, consumer: &SystemName, resource: &ResourceName) -> &[Arc<Grant>] {
        self.grants_of
            .get(consumer)
            .and_then(|of_consumer| of_consumer.get(resource))
            .map_or(&[], Vec::as_slice)
    }

    /// One matter.
    pub fn matter(&self, name: &MatterName) -> Option<&Matter> {
        self.matters.get(name)
    }

    /// One certificate type.
    pub fn certificate_type(&self, name: &CertificateTypeName) -> Option<&CertificateType> {
        self.certificate_types.get(name)
    }

    /// All certificate types, in the order of their names.
    pub fn certificate_types(&self) -> impl Iterator<Item = &CertificateType> {
        in_order(&self.certificate_types)
    }
}

/// The certificate type under which a resource is found, once a version of it is published.
fn published_as(resource: &Resource) -> Option<&CertificateTypeName> {
    let kind = resource.certificate_type.as_ref()?;
    resource.version().map(|_| kind)
}

/// Changes the value under a key, an empty one if there is none. What other pictures share of it is
/// copied.
fn edit<K: Clone + Eq + Hash, V: Clone + Default, R>(
    map: &mut Map<K, V>,
    key: &K,
    change: impl FnOnce(&mut V) -> R,
) -> R {
    if let Some(value) = map.get_mut(key) {
        return change(value);
    }
    let mut value = V::default();
    let result = change(&mut value);
    map.insert_mut(key.clone(), value);
    result
}

/// Puts a value into a list that is ordered by name, or in the place of the one with its name.
fn put<T, N: Ord + ?Sized>(list: &mut Vec<T>, value: T, name: impl Fn(&T) -> &N) {
    match list.binary_search_by(|listed| name(listed).cmp(name(&value))) {
        Ok(at) => {
            if let Some(listed) = list.get_mut(at) {
                *listed = value;
            }
        }
        Err(at) => list.insert(at, value),
    }
}

/// All values in the order of their keys; for pages and seeds, not for calls.
fn in_order<K: Ord + Eq + Hash, V>(map: &Map<K, V>) -> impl Iterator<Item = &V> {
    let mut rows: Vec<(&K, &V)> = map.iter().collect();
    rows.sort_unstable_by_key(|(key, _)| *key);
    rows.into_iter().map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::grant::GrantState;
    use crate::resource::ResourceState;
    use crate::test_world::{endpoint, grant, marriages, suspended, system, system_name};

    const RESOURCES: [&str; 2] = ["105001-000001", "105001-000002"];
    const TYPES: [&str; 2] = ["11100000MB0143028R001", "11100000MB0143028R002"];
    const SYSTEMS: [&str; 2] = ["yjs-platform", "marriage-registry"];

    #[derive(Clone, Debug)]
    enum Change {
        System(System),
        Endpoint(Endpoint),
        Resource(Resource),
        Grant(Grant),
    }

    fn change() -> impl Strategy<Value = Change> {
        (0..4, 0..4_u32, 0..2_usize, 0..2_usize, any::<bool>()).prop_map(
            |(noun, number, one, other, flag)| match noun {
                0 => {
                    let mut system = system(SYSTEMS[one], crate::test_world::APPROVAL);
                    if flag {
                        system.state = suspended();
                    }
                    Change::System(system)
                }
                1 => {
                    let mut endpoint = endpoint(&format!("{}.e{other}", SYSTEMS[one]));
                    if flag {
                        endpoint.health = crate::endpoint::Health::Unknown;
                    }
                    Change::Endpoint(endpoint)
                }
                2 => {
                    let mut resource = marriages(RESOURCES[one]);
                    resource.certificate_type = CertificateTypeName::from_id(TYPES[other]).ok();
                    if flag {
                        resource.state = ResourceState::Draft;
                    }
                    Change::Resource(resource)
                }
                _ => {
                    let mut grant = grant(number, RESOURCES[one]);
                    grant.terms.consumer = system_name(SYSTEMS[other]);
                    if flag {
                        grant.state = GrantState::Suspended {
                            reason: String::new(),
                            by: String::new(),
                        };
                    }
                    Change::Grant(grant)
                }
            },
        )
    }

    fn one(change: Change) -> Contents {
        let mut contents = Contents::default();
        match change {
            Change::System(system) => contents.systems.push(system),
            Change::Endpoint(endpoint) => contents.endpoints.push(endpoint),
            Change::Resource(resource) => contents.resources.push(resource),
            Change::Grant(grant) => contents.grants.push(grant),
        }
        contents
    }

    /// What stands in the end, in an order of its own.
    fn last_of_each(changes: &[Change]) -> Contents {
        let mut last: BTreeMap<String, Change> = BTreeMap::new();
        for change in changes {
            let name = match change {
                Change::System(system) => system.name.to_string(),
                Change::Endpoint(endpoint) => endpoint.name.to_string(),
                Change::Resource(resource) => resource.name.to_string(),
                Change::Grant(grant) => grant.name.to_string(),
            };
            last.insert(name, change.clone());
        }
        let mut contents = Contents::default();
        for change in last.into_values().rev() {
            let Contents {
                systems,
                endpoints,
                resources,
                grants,
                ..
            } = one(change);
            contents.systems.extend(systems);
            contents.endpoints.extend(endpoints);
            contents.resources.extend(resources);
            contents.grants.extend(grants);
        }
        contents
    }

    /// Everything that can be asked of a snapshot about these names.
    fn answers(snapshot: &Snapshot) -> String {
        let mut answers: Vec<String> = Vec::new();
        answers.extend(snapshot.systems().map(|system| format!("{system:?}")));
        answers.extend(snapshot.resources().map(|resource| format!("{resource:?}")));
        for id in TYPES {
            let kind = CertificateTypeName::from_id(id).unwrap();
            answers.push(format!("{id} {:?}", snapshot.resources_of_type(&kind)));
        }
        for id in SYSTEMS {
            let name = system_name(id);
            answers.push(format!("{id} {:?}", snapshot.system(&name)));
            answers.push(format!("{id} {:?}", snapshot.endpoints(&name)));
            for code in RESOURCES {
                let resource = ResourceName::from_id(code).unwrap();
                let grants = snapshot.grants_of(&name, &resource);
                answers.push(format!("{id} {code} {grants:?}"));
                for listed in grants {
                    assert!(Arc::ptr_eq(listed, snapshot.grant(&listed.name).unwrap()));
                }
            }
        }
        answers.join("\n")
    }

    proptest! {
        #[test]
        fn changes_one_by_one_make_what_is_built_anew(
            changes in prop::collection::vec(change(), 0..24),
        ) {
            let mut pictures = vec![Snapshot::default()];
            for change in &changes {
                let next = pictures[pictures.len() - 1].with(one(change.clone()));
                pictures.push(next);
            }
            // Later changes left every earlier picture as it was.
            for (count, picture) in pictures.iter().enumerate() {
                let anew = Snapshot::new(last_of_each(&changes[..count]));
                prop_assert_eq!(answers(picture), answers(&anew));
            }
        }
    }
}
