//! The registry as policy sees it: one immutable picture, replaced as a whole when it changes.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::certificate::CertificateType;
use crate::credential::Credential;
use crate::department::Department;
use crate::endpoint::Endpoint;
use crate::grant::Grant;
use crate::interface::{Interface, MethodPath};
use crate::matter::Matter;
use crate::name::{
    CertificateTypeName, DepartmentName, Fingerprint, GrantName, InterfaceId, MatterName,
    ResourceName, SystemName,
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
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    departments: BTreeMap<DepartmentName, Department>,
    systems: BTreeMap<SystemName, System>,
    endpoints: BTreeMap<SystemName, Vec<Endpoint>>,
    interfaces: BTreeMap<InterfaceId, Arc<Interface>>,
    routes: HashMap<MethodPath, Vec<Arc<Route>>>,
    credentials: BTreeMap<Fingerprint, Credential>,
    resources: BTreeMap<ResourceName, Arc<Resource>>,
    grants: BTreeMap<GrantName, Arc<Grant>>,
    grants_of: BTreeMap<(SystemName, ResourceName), Vec<Arc<Grant>>>,
    by_certificate_type: BTreeMap<CertificateTypeName, Vec<ResourceName>>,
    matters: BTreeMap<MatterName, Matter>,
    certificate_types: BTreeMap<CertificateTypeName, CertificateType>,
}

impl Snapshot {
    /// Indexes the contents.
    pub fn new(contents: Contents) -> Self {
        let mut snapshot = Self {
            departments: index(contents.departments, |d| d.name.clone()),
            systems: index(contents.systems, |s| s.name.clone()),
            credentials: index(contents.credentials, |c| c.name.clone()),
            matters: index(contents.matters, |m| m.name.clone()),
            certificate_types: index(contents.certificate_types, |t| t.name.clone()),
            ..Self::default()
        };
        for endpoint in contents.endpoints {
            snapshot
                .endpoints
                .entry(endpoint.system.clone())
                .or_default()
                .push(endpoint);
        }
        for interface in contents.interfaces {
            snapshot
                .interfaces
                .insert(interface.name.clone(), Arc::new(interface));
        }
        for resource in contents.resources {
            snapshot.add_routes(&resource);
            if let (Some(kind), Some(_)) = (&resource.certificate_type, resource.version()) {
                let names = snapshot
                    .by_certificate_type
                    .entry(kind.clone())
                    .or_default();
                names.push(resource.name.clone());
            }
            snapshot
                .resources
                .insert(resource.name.clone(), Arc::new(resource));
        }
        for grant in contents.grants {
            let grant = Arc::new(grant);
            let key = (grant.terms.consumer.clone(), grant.terms.resource.clone());
            snapshot
                .grants_of
                .entry(key)
                .or_default()
                .push(Arc::clone(&grant));
            snapshot.grants.insert(grant.name.clone(), grant);
        }
        snapshot
    }

    fn add_routes(&mut self, resource: &Resource) {
        let interface = resource.api.as_ref().map(|api| &api.interface);
        let Some(interface) = interface.and_then(|name| self.interfaces.get(name)) else {
            return;
        };
        // What is not published is not reached.
        if resource.version().is_none() {
            return;
        }
        for route in Route::of(resource, interface) {
            let path = route.method().path();
            self.routes.entry(path).or_default().push(Arc::new(route));
        }
    }

    /// The published resources that are reached through a method, by its path.
    pub fn routes(&self, path: &str) -> &[Arc<Route>] {
        self.routes.get(path).map_or(&[], Vec::as_slice)
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
        self.departments.values()
    }

    /// The department competent for data sharing.
    pub fn competent(&self) -> Option<&Department> {
        self.departments
            .values()
            .find(|department| department.competent)
    }

    /// One system.
    pub fn system(&self, name: &SystemName) -> Option<&System> {
        self.systems.get(name)
    }

    /// All systems, in the order of their names.
    pub fn systems(&self) -> impl Iterator<Item = &System> {
        self.systems.values()
    }

    /// The endpoints of a system.
    pub fn endpoints(&self, system: &SystemName) -> &[Endpoint] {
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
        self.resources.values()
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
            .get(&(consumer.clone(), resource.clone()))
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
        self.certificate_types.values()
    }
}

fn index<K: Ord, T>(rows: Vec<T>, key: impl Fn(&T) -> K) -> BTreeMap<K, T> {
    rows.into_iter().map(|row| (key(&row), row)).collect()
}
