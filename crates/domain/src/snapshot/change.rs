//! The next picture: what changed is put in, the rest is shared with the one before.

use std::hash::Hash;
use std::sync::Arc;

use super::{Contents, Map, Snapshot};
use crate::correction::Correction;
use crate::endpoint::{Endpoint, Protocol};
use crate::grant::Grant;
use crate::interface::Method;
use crate::name::CertificateTypeName;
use crate::resource::Resource;
use crate::route::Route;

impl Snapshot {
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
        for correction in changed.corrections {
            next.put_correction(&correction);
        }
        next
    }

    fn put_endpoint(&mut self, endpoint: Endpoint) {
        // The name holds the system, so an endpoint never moves to another.
        let system = endpoint.system.clone();
        let endpoint = Arc::new(endpoint);
        let name = endpoint.name.clone();
        if endpoint.removed.is_some() {
            self.resolvers.remove_mut(&name);
            edit(&mut self.endpoints, &system, |list| {
                list.retain(|listed| listed.name != name);
            });
            return;
        }
        if endpoint.protocol == Protocol::NetworkIdentity {
            self.resolvers.insert_mut(name, Arc::clone(&endpoint));
        } else {
            self.resolvers.remove_mut(&name);
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
        // What was never published is not reached. What was stopped is, so that policy says why.
        let Some(interface) = interface.filter(|_| resource.state.is_public()) else {
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

    /// An open correction disputes its record; one that is closed does no more.
    fn put_correction(&mut self, correction: &Correction) {
        let resource = &correction.resource;
        let is_undisputed = edit(&mut self.disputes, resource, |disputes| {
            if correction.is_open() {
                disputes.put(correction);
            } else {
                disputes.remove(correction);
            }
            disputes.is_empty()
        });
        if is_undisputed {
            self.disputes.remove_mut(resource);
        }
    }

    /// Changes the list in which a grant stands.
    fn edit_grants(&mut self, grant: &Grant, change: impl FnOnce(&mut Vec<Arc<Grant>>)) {
        edit(&mut self.grants_of, &grant.terms.consumer, |of_consumer| {
            edit(of_consumer, &grant.terms.resource, change);
        });
    }
}

/// The certificate type under which a resource is found, once a version of it is published.
fn published_as(resource: &Resource) -> Option<&CertificateTypeName> {
    let kind = resource.certificate_type.as_ref()?;
    resource.state.is_public().then_some(kind)
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
