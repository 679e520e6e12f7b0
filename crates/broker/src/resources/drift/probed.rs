//! Drift that a probe sees: an endpoint tells another interface than the registered one, or a database has other views.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::drift::{self, Change};
use domain::endpoint::Endpoint;
use domain::http_api::{DocumentPath, Served};
use domain::interface::{Descriptors, Interface, Method};
use domain::name::{EndpointId, ResourceName};
use domain::reason::Reason;
use domain::resource::Resource;
use domain::watch::SeenIn;

use crate::failure::Failure;
use crate::gateway::Gateway;

impl Gateway {
    /// What an endpoint says of itself, held against what is registered and used; called after a probe of it.
    pub(crate) async fn watch_interface(&self, endpoint: &Endpoint) -> Result<(), Failure> {
        let snapshot = self.snapshot();
        let tells_itself = |one: &Interface| one.reflected_from.as_ref() == Some(&endpoint.name);
        let registered = snapshot.interfaces_where(tells_itself);
        let is_used = |one: &&Arc<Interface>| {
            let mut through = snapshot.resources_where(|entry| is_through(entry, one));
            through.next().is_some()
        };
        let registered: Vec<_> = registered.filter(is_used).cloned().collect();
        // What several interfaces were told by is asked once.
        let mut told: Vec<(Option<&DocumentPath>, Option<Descriptors>)> = Vec::new();
        for interface in &registered {
            let path = interface.document_path.as_ref();
            if !told.iter().any(|(asked, _)| *asked == path) {
                // Whoever is silent is seen by the probe itself, and not asked for more.
                let Ok(now) = self.tells(&endpoint.name, path).await else {
                    return Ok(());
                };
                told.push((path, now));
            }
            let found = told.iter().find(|(asked, _)| *asked == path);
            let Some(now) = found.and_then(|(_, now)| now.as_ref()) else {
                continue;
            };
            for (resource, changes) in self.changed(interface, now) {
                self.note_drift(&resource, &changes, SeenIn::Probe).await?;
            }
        }
        Ok(())
    }

    /// What an endpoint tells now. An error of its own, or what is no description, tells of no change.
    async fn tells(
        &self,
        endpoint: &EndpointId,
        path: Option<&DocumentPath>,
    ) -> Result<Option<Descriptors>, Silent> {
        let told = match path {
            None => self.reflect(endpoint).await,
            Some(path) => {
                let document = self.fetch_document(endpoint, path).await;
                match document.map(Descriptors::served_openapi) {
                    Ok(read) => return Ok(read.ok()),
                    Err(failure) => Err(failure),
                }
            }
        };
        let is_silent = |failure: &Failure| {
            let reason = failure.reason;
            matches!(
                reason,
                Reason::ProviderTimeout | Reason::ProviderUnavailable
            )
        };
        match told {
            Ok(told) => Ok(Some(told)),
            Err(failure) if is_silent(&failure) => Err(Silent),
            Err(_) => Ok(None),
        }
    }

    /// The entries through an interface, with what is told otherwise now.
    fn changed(
        &self,
        interface: &Interface,
        told: &Descriptors,
    ) -> Vec<(ResourceName, Vec<Change>)> {
        let registered = &interface.descriptors;
        if registered == told {
            return Vec::new();
        }
        let documents = Served::beside(registered, told);
        let snapshot = self.snapshot();
        let entries = snapshot.resources_where(|entry| is_through(entry, interface));
        entries
            .map(|resource| {
                let changes = match &documents {
                    Some(documents) => of_documents(resource, documents),
                    None => of_descriptors(resource, registered, told),
                };
                (resource.name.clone(), changes)
            })
            .collect()
    }

    /// What a probe found different about the views of a database.
    pub(crate) async fn watch_views(&self, seen: &[(ResourceName, Change)]) -> Result<(), Failure> {
        let mut of: BTreeMap<&ResourceName, Vec<Change>> = BTreeMap::new();
        for (resource, change) in seen {
            of.entry(resource).or_default().push(change.clone());
        }
        for (resource, changes) in of {
            self.note_drift(resource, &changes, SeenIn::Probe).await?;
        }
        Ok(())
    }
}

/// An endpoint that does not answer.
struct Silent;

fn is_through(entry: &Resource, interface: &Interface) -> bool {
    let api = entry.api.as_ref();
    api.is_some_and(|api| api.interface == interface.name)
}

/// Where the methods of an entry are described otherwise by another document.
fn of_documents(resource: &Resource, documents: &Served<'_>) -> Vec<Change> {
    let operations = resource.api.iter().flat_map(|api| &api.operations);
    operations
        .flat_map(|operation| documents.changes(operation))
        .collect()
}

/// The same of descriptor sets.
fn of_descriptors(
    resource: &Resource,
    registered: &Descriptors,
    told: &Descriptors,
) -> Vec<Change> {
    let operations = resource.api.iter().flat_map(|api| &api.operations);
    operations
        .flat_map(|operation| {
            let both = (
                registered.method(&operation.method),
                told.method(&operation.method),
            );
            match both {
                (Some(Method::Grpc(own)), Some(Method::Grpc(now))) => {
                    drift::against_description(&own.output(), &now.output(), operation)
                }
                (Some(_), None) => vec![Change::Missing {
                    path: operation.method.to_string(),
                }],
                _ => Vec::new(),
            }
        })
        .collect()
}
