//! Routes: which published resource stands behind a method of API mode.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use arc_swap::ArcSwap;

use crate::http_api::{Promise, Verb};
use crate::interface::{Interface, Method, MethodPath};
use crate::item::ItemKey;
use crate::mask::Mask;
use crate::name::ResourceName;
use crate::operation::Operation;
use crate::policy::Permit;
use crate::resource::Resource;

/// Sets of items whose masks are kept compiled for one route.
const MASKS: usize = 1024;

/// One operation of one published resource.
pub struct Route {
    resource: ResourceName,
    operation: Operation,
    method: Method,
    /// What the method is called by on the gateway.
    path: MethodPath,
    /// By granted items: grants of the same items share a mask. Read without a lock.
    masks: ArcSwap<HashMap<Vec<ItemKey>, Arc<Mask>>>,
    interface: Arc<Interface>,
    /// Read out of a document when it is asked for first.
    promise: OnceLock<Promise>,
}

impl Route {
    /// The routes of a published resource through its interface.
    pub fn of(resource: &Resource, interface: &Arc<Interface>) -> Vec<Self> {
        let operations = resource.api.iter().flat_map(|api| &api.operations);
        operations
            .filter_map(|operation| {
                Some(Self {
                    resource: resource.name.clone(),
                    path: operation.method.on_gateway(&resource.system),
                    method: interface.descriptors.method(&operation.method)?,
                    operation: operation.clone(),
                    masks: ArcSwap::default(),
                    interface: Arc::clone(interface),
                    promise: OnceLock::new(),
                })
            })
            .collect()
    }

    /// The resource.
    pub fn resource(&self) -> &ResourceName {
        &self.resource
    }

    /// Where the items stand.
    pub fn operation(&self) -> &Operation {
        &self.operation
    }

    /// The method.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// What the method is called by on the gateway.
    pub fn path(&self) -> &MethodPath {
        &self.path
    }

    /// Whether an HTTP request, by its method and the path behind the system's id, is for this one.
    pub fn takes(&self, verb: Verb, path: &str) -> bool {
        match &self.method {
            Method::Grpc(_) => false,
            Method::Http(operation) => operation.verb() == verb && operation.takes(path),
        }
    }

    /// What its document promises of an answer at the places of the operation: nothing where it has none, or one that
    /// was taken before documents were held to.
    pub fn promise(&self) -> &Promise {
        self.promise.get_or_init(|| {
            let document = self.interface.descriptors.binding_document();
            match (&self.method, document) {
                (Method::Http(own), Some(document)) => document.promise(own, &self.operation),
                (Method::Grpc(_) | Method::Http(_), _) => Promise::default(),
            }
        })
    }

    /// How exact its path is: of two that a request is for, the greater is meant.
    pub(crate) fn exactness(&self) -> (std::cmp::Reverse<usize>, usize) {
        match &self.method {
            Method::Grpc(_) => Default::default(),
            Method::Http(operation) => operation.path().exactness(),
        }
    }

    /// What lets the permitted items out of an answer, and nothing else.
    pub fn mask(&self, permit: &Permit) -> Arc<Mask> {
        let known = self.masks.load();
        if let Some(mask) = known.get(permit.items()) {
            return Arc::clone(mask);
        }
        // Paths were checked when the resource was written. If one led nowhere all the same, the
        // mask of nothing lets nothing out.
        let mask = Arc::new(
            self.operation
                .mask(&self.method, permit.items())
                .unwrap_or_default(),
        );
        let mut more = if known.len() < MASKS {
            HashMap::clone(&known)
        } else {
            HashMap::new()
        };
        more.insert(permit.items().to_vec(), Arc::clone(&mask));
        self.masks.store(Arc::new(more));
        mask
    }
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Route({} -> {})", self.path(), self.resource)
    }
}
