//! Drift that a probe sees: an endpoint tells another interface than the registered one, or a database has other views.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use domain::drift::{self, Change};
use domain::endpoint::Endpoint;
use domain::http_api::{DocumentPath, Served};
use domain::interface::{Descriptors, Interface, Method};
use domain::name::{EndpointId, ResourceName};
use domain::policy::shaoyang_date;
use domain::reason::Reason;
use domain::resource::Resource;
use domain::watch::SeenIn;
use tokio::time::{Instant, timeout_at};

use crate::failure::Failure;
use crate::gateway::Gateway;

/// All that is asked of one endpoint in one probe, and compared with what is registered, may take so long: the
/// probes of all others wait for it. What is not reached is not told.
const WITHIN: Duration = Duration::from_secs(5);

/// An interface, with the entries through it.
type Used = (Arc<Interface>, Vec<Arc<Resource>>);

impl Gateway {
    /// What an endpoint says of itself, held against what is registered and used; called after a probe of it.
    pub(crate) async fn watch_interface(&self, endpoint: &Endpoint) -> Result<(), Failure> {
        let until = Instant::now() + WITHIN;
        for (path, used) in self.used_by_path(endpoint) {
            // What several interfaces were told by is asked once, and kept no longer than it is compared.
            let told = timeout_at(until, self.tells(&endpoint.name, path.as_ref())).await;
            let now = match told {
                Ok(Ok(Some(now))) => now,
                Ok(Ok(None)) => continue,
                // Whoever is silent is seen by the probe itself, and not asked for more.
                Ok(Err(Silent)) | Err(_) => return Ok(()),
            };
            // Reading documents takes a while, and calls go on meanwhile.
            let compared = tokio::task::spawn_blocking(move || changed(&used, &now));
            let Ok(Ok(changed)) = timeout_at(until, compared).await else {
                return Ok(());
            };
            for (resource, changes) in changed {
                let snapshot = self.snapshot();
                let present = snapshot.resource(&resource.name);
                // Another version may have been published meanwhile.
                if present.is_some_and(|present| present.api == resource.api) {
                    self.note_drift(&resource.name, &changes, SeenIn::Probe)
                        .await?;
                }
            }
        }
        Ok(())
    }

    /// The interfaces that an endpoint tells, with the entries through them that stand in the catalogue, by the path of
    /// the document.
    fn used_by_path(&self, endpoint: &Endpoint) -> BTreeMap<Option<DocumentPath>, Vec<Used>> {
        let snapshot = self.snapshot();
        let today = shaoyang_date(self.now());
        let tells_itself = |one: &Interface| one.reflected_from.as_ref() == Some(&endpoint.name);
        let mut by_path: BTreeMap<Option<DocumentPath>, Vec<Used>> = BTreeMap::new();
        for interface in snapshot.interfaces_where(tells_itself) {
            let through = snapshot
                .resources_where(|entry| entry.stands_on(today) && is_through(entry, interface));
            let entries: Vec<_> = through.cloned().collect();
            if !entries.is_empty() {
                let path = interface.document_path.clone();
                let used = (Arc::clone(interface), entries);
                by_path.entry(path).or_default().push(used);
            }
        }
        by_path
    }

    /// What an endpoint tells now. An error of its own, or what is no description, tells of no change.
    async fn tells(
        &self,
        endpoint: &EndpointId,
        path: Option<&DocumentPath>,
    ) -> Result<Option<Descriptors>, Silent> {
        let told = match path {
            None => self.reflect(endpoint).await,
            Some(path) => match self.fetch_document(endpoint, path).await {
                Ok(document) => {
                    let read = move || Descriptors::served_openapi(document);
                    let read = tokio::task::spawn_blocking(read).await;
                    return Ok(read.ok().and_then(Result::ok));
                }
                Err(failure) => Err(failure),
            },
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

/// The entries through interfaces, with what is told otherwise now.
fn changed(used: &[Used], told: &Descriptors) -> Vec<(Arc<Resource>, Vec<Change>)> {
    let mut changed = Vec::new();
    for (interface, entries) in used {
        let registered = &interface.descriptors;
        if registered == told {
            continue;
        }
        let documents = Served::beside(registered, told);
        for resource in entries {
            let differing = match &documents {
                Some(documents) => of_documents(resource, documents),
                None => of_descriptors(resource, registered, told),
            };
            changed.push((Arc::clone(resource), differing));
        }
    }
    changed
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
