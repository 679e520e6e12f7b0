//! Interfaces: register, read, list. Described by whoever registers them, or by the endpoint: see
//! [`reflection`] and [`document`].

mod document;
mod reflection;

use domain::endpoint::Endpoint;
use domain::fault::Cause;
use domain::http_api::DocumentPath;
use domain::interface::{Descriptors, Interface};
use domain::name::{EndpointId, InterfaceId, SystemName};
use domain::reason::Reason;
use ledger::entry::Draft;
use store::Stored;

use crate::connections::ProviderFault;
use crate::failure::Failure;
use crate::gateway::{Act, Begun, Gateway};

/// Interfaces of one system.
const MOST: usize = 64;

/// An interface to be registered.
#[derive(Clone, Debug)]
pub struct NewInterface {
    /// Its name.
    pub name: InterfaceId,
    /// The system.
    pub system: SystemName,
    /// What its services look like.
    pub description: Description,
}

/// Where the description of an interface comes from.
#[derive(Clone, Debug)]
pub enum Description {
    /// From whoever registers it.
    Sent(Descriptors),
    /// From this endpoint of the same system: by server reflection, or the document that it serves at a path.
    Told(EndpointId, Option<DocumentPath>),
}

/// Why an endpoint gave no description.
enum Unread {
    /// It did not answer as it should.
    Fault(ProviderFault),
    /// What it told is no description that can be registered.
    Unfit(Cause),
}

impl From<ProviderFault> for Unread {
    fn from(fault: ProviderFault) -> Self {
        Self::Fault(fault)
    }
}

impl From<Cause> for Unread {
    fn from(cause: Cause) -> Self {
        Self::Unfit(cause)
    }
}

impl Gateway {
    /// Registers the description of a system's own services.
    ///
    /// # Errors
    /// A refusal, `ALREADY_EXISTS`, one interface too many, or an endpoint that does not tell its own.
    pub async fn create_interface(
        &self,
        act: &Act<'_>,
        new: NewInterface,
    ) -> Result<Stored<Interface>, Failure> {
        self.may_manage_endpoints(act.caller, &new.system)?;
        let owner = self.owner_of(&new.system)?;
        let interface = match new.description {
            Description::Sent(descriptors) => Interface {
                name: new.name,
                system: new.system,
                descriptors,
                reflected_from: None,
                document_path: None,
            },
            Description::Told(endpoint, path) => {
                // The endpoint may be gone when the answer is asked for once more.
                if let Some(before) = self.interface_before(act).await? {
                    return Ok(before);
                }
                // Nor is it asked for nothing.
                must_have_room(self.interfaces(&new.system).await?.len())?;
                Interface {
                    name: new.name,
                    system: new.system,
                    descriptors: self.told(&endpoint, path.as_ref()).await?,
                    reflected_from: Some(endpoint),
                    document_path: path,
                }
            }
        };
        let system = &interface.system;
        self.change(act, async |tx, now| {
            must_have_room(tx.under::<Interface>(system.as_str()).await?.len())?;
            let draft = Draft::change("registry.interface.created", act.request_id.as_str())
                .with_fact("actor", act.caller.principal().to_string())
                .with_fact("system", system.as_str())
                .with_fact("department", owner.as_str())
                .with_fact("interface", interface.name.path())
                .with_fact("digest", interface.descriptors.digest());
            let draft = match &interface.reflected_from {
                Some(endpoint) => draft.with_fact("reflected_from", endpoint.path()),
                None => draft,
            };
            let draft = match &interface.document_path {
                Some(path) => draft.with_fact("document_path", path.as_str()),
                None => draft,
            };
            let entry = tx.record(draft, now).await?;
            Ok(tx.insert(&interface, Some(entry), now).await?)
        })
        .await
    }

    /// What an endpoint tells of its services, as it can be registered.
    async fn told(
        &self,
        endpoint: &EndpointId,
        path: Option<&DocumentPath>,
    ) -> Result<Descriptors, Failure> {
        match path {
            None => self.reflect(endpoint).await,
            Some(path) => {
                let document = self.fetch_document(endpoint, path).await?;
                Ok(Descriptors::parse_openapi(document, document::FIELD)?)
            }
        }
    }

    /// The endpoint to ask. What its address allows was checked when it was registered, and is again by
    /// whoever dials.
    fn telling(&self, name: &EndpointId) -> Result<Endpoint, Failure> {
        let unfit = |cause: &Cause| Failure::field(reflection::FIELD, cause);
        let system = name.system().map_err(|cause| unfit(&cause))?;
        let snapshot = self.snapshot();
        let mut all = snapshot.endpoints(&system).iter();
        let endpoint = all.find(|endpoint| endpoint.name == *name).ok_or_else(|| {
            let message = format!("{} is not registered; list the endpoints", name.path());
            unfit(&Cause::new("UNKNOWN_ENDPOINT", message))
        })?;
        Ok(Endpoint::clone(endpoint))
    }

    /// What the same request registered before.
    async fn interface_before(&self, act: &Act<'_>) -> Result<Option<Stored<Interface>>, Failure> {
        match self.begin(act).await? {
            Begun::New(tx) => {
                // Nobody else waits while the endpoint is asked.
                tx.forget().await;
                Ok(None)
            }
            Begun::Before(mut tx, name) => Ok(tx.get(&name).await?),
        }
    }

    /// One interface. A description of methods holds no data, so every known caller may read it:
    /// who is to call a service must be able to generate a client.
    ///
    /// # Errors
    /// `NOT_FOUND`.
    pub async fn interface(&self, name: &InterfaceId) -> Result<Stored<Interface>, Failure> {
        let found = self.store.get(name.as_str()).await?;
        found.ok_or_else(|| Failure::not_found(&name.path()))
    }

    /// The interfaces of one system.
    ///
    /// # Errors
    /// The store's.
    pub async fn interfaces(&self, system: &SystemName) -> Result<Vec<Stored<Interface>>, Failure> {
        Ok(self
            .store
            .page::<Interface>("", system.as_str(), 100)
            .await?)
    }
}

fn must_have_room(interfaces: usize) -> Result<(), Failure> {
    if interfaces < MOST {
        return Ok(());
    }
    let message = format!("a system has at most {MOST} interfaces");
    Err(Failure::new(Reason::StateConflict, message))
}
