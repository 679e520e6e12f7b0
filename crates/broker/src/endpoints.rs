//! Endpoints: register, list. Changes and the end: see [`change`]; whether they answer: [`probing`]; planned maintenance:
//! [`maintenance`].

mod change;
mod heartbeat;
mod maintenance;
mod observed;
mod probing;

pub(crate) use heartbeat::Listening;
pub(crate) use observed::Observed;
pub use observed::{Observation, PeerCertificate, Tls};

use std::time::Duration;

use domain::caller::Caller;
use domain::credential::Principal;
use domain::endpoint::{Endpoint, Protocol};
use domain::fault::Cause;
use domain::name::{EndpointId, SystemName};
use domain::reason::Reason;
use domain::source::{SqlSource, View};
use ledger::entry::Draft;
use store::{Stored, Tx};

use crate::connections::resolve;
use crate::failure::Failure;
use crate::gateway::{Act, Gateway};
use crate::sql::Looked;

/// Endpoints of one system.
const MOST: usize = 16;
/// Endpoints that are read at once.
const PAGE: u32 = 100;
/// A look at an endpoint takes so long at most.
const PROBE: Duration = Duration::from_secs(5);

/// An endpoint that was registered or changed, and what was seen of it then.
#[derive(Clone, Debug)]
pub struct Probed {
    /// The endpoint.
    pub endpoint: Stored<Endpoint>,
    /// What a probe saw; none where it was removed meanwhile.
    pub seen: Option<Observation>,
}

impl Gateway {
    /// Registers an endpoint inside the allowed networks and probes it. The name of one that was removed is free.
    ///
    /// # Errors
    /// A refusal, `ALREADY_EXISTS`, or an address that may not be connected to.
    pub async fn create_endpoint(
        &self,
        act: &Act<'_>,
        endpoint: Endpoint,
    ) -> Result<Probed, Failure> {
        self.may_manage_endpoints(act.caller, &endpoint.system)?;
        self.must_be_reachable(act.caller, &endpoint).await?;
        let created = self
            .change(act, async |tx, now| {
                let removed = free(tx, &endpoint).await?;
                let draft = self
                    .endpoint_draft(
                        act.request_id.as_str(),
                        "registry.endpoint.created",
                        &endpoint,
                    )
                    .with_fact("actor", act.caller.principal().to_string());
                let entry = tx.record(draft, now).await?;
                tx.forget_heartbeat(&endpoint.name).await?;
                Ok(match removed {
                    Some(removed) => tx.update(&removed, &endpoint, Some(entry), now).await?,
                    None => tx.insert(&endpoint, Some(entry), now).await?,
                })
            })
            .await?;
        self.probed(act, created).await
    }

    /// The endpoints of one system, for its department and those who oversee: where a system
    /// stands in the network is nobody else's business. Those that were removed are left out unless wanted.
    ///
    /// # Errors
    /// `NOT_FOUND`; the store.
    pub async fn endpoints(
        &self,
        caller: &Caller,
        system: &SystemName,
        with_removed: bool,
    ) -> Result<Vec<Stored<Endpoint>>, Failure> {
        let owner = self.owner_of(system)?;
        if !(caller.oversees() || caller.is_of(&owner)) {
            return Err(Failure::not_found(system.as_str()));
        }
        let mut listed = Vec::new();
        let mut after = String::new();
        // Few are there at once; how many were removed in the course of years is not bounded.
        loop {
            let page = self
                .store
                .page::<Endpoint>(&after, system.as_str(), PAGE)
                .await?;
            let Some(last) = page.last() else { break };
            last.value.name.as_str().clone_into(&mut after);
            let shown = |row: &Stored<Endpoint>| with_removed || row.value.removed.is_none();
            listed.extend(page.into_iter().filter(shown));
        }
        Ok(listed)
    }

    /// Whether an endpoint may be what it says: an allowed address, views that fit, a library with an account.
    async fn must_be_reachable(&self, caller: &Caller, endpoint: &Endpoint) -> Result<(), Failure> {
        match &endpoint.protocol {
            Protocol::NetworkIdentity => {
                // Whoever resolves codes learns who asks about whom: the operator says who that is.
                caller.must_be_operator()?;
                self.must_be_allowed(endpoint).await
            }
            Protocol::Grpc | Protocol::HttpJson => self.must_be_allowed(endpoint).await,
            Protocol::Sql(source) => self.must_fit(endpoint, source).await,
            Protocol::CertificateLibrary(library) => self.must_be_library(endpoint, library).await,
            // Nobody connects to it.
            Protocol::FileDrop(_) => Ok(()),
        }
    }

    async fn must_be_allowed(&self, endpoint: &Endpoint) -> Result<(), Failure> {
        resolve(&endpoint.address, &self.settings.endpoint_networks)
            .await
            .map(drop)
            .map_err(|error| {
                let cause = Cause::new("ADDRESS_NOT_ALLOWED", error.to_string());
                Failure::field("endpoint.address", &cause)
            })
    }

    /// Looks at each view of a database before it is registered: every fault at once.
    async fn must_fit(&self, endpoint: &Endpoint, source: &SqlSource) -> Result<(), Failure> {
        let faults = source.faults(&self.snapshot(), &endpoint.system);
        if !faults.is_empty() {
            return Err(faults.into());
        }
        if endpoint.address.file().is_none() {
            self.must_be_allowed(endpoint).await?;
        }
        let looked = tokio::time::timeout(PROBE, self.look_at_views(endpoint, source)).await;
        let cause = match looked {
            Ok(Ok(_)) => return Ok(()),
            Ok(Err(Looked::Unfit(unfit))) => return Err(unfit.faults.into()),
            Ok(Err(Looked::Fault(fault))) => Cause::new("DATABASE_REFUSED", fault.message),
            Err(_) => Cause::new("DATABASE_REFUSED", "no answer within 5 seconds"),
        };
        Err(Failure::field("endpoint", &cause))
    }

    async fn look_at_views(
        &self,
        endpoint: &Endpoint,
        source: &SqlSource,
    ) -> Result<Option<Tls>, Looked> {
        let snapshot = self.snapshot();
        let resource = |view: &View| snapshot.resource(&view.resource).cloned();
        self.databases.look(endpoint, source, resource).await
    }

    /// The row of an endpoint that was not removed.
    pub(crate) async fn endpoint_there(
        &self,
        name: &EndpointId,
    ) -> Result<Stored<Endpoint>, Failure> {
        let found: Option<Stored<Endpoint>> = self.store.get(name.as_str()).await?;
        found
            .filter(is_there)
            .ok_or_else(|| Failure::not_found(&name.path()))
    }

    /// The system itself, its department's officers and the operator.
    pub(crate) fn may_manage_endpoints(
        &self,
        caller: &Caller,
        system: &SystemName,
    ) -> Result<(), Failure> {
        let own = matches!(caller.principal(), Principal::System { system: own } if own == system);
        if own {
            Ok(())
        } else {
            Ok(caller.must_manage(&self.owner_of(system)?)?)
        }
    }

    pub(crate) fn endpoint_draft(
        &self,
        request_id: &str,
        event: &str,
        endpoint: &Endpoint,
    ) -> Draft {
        let draft = Draft::change(event, request_id)
            .with_fact("system", endpoint.system.as_str())
            .with_fact("endpoint", endpoint.name.path())
            .with_fact("address", endpoint.address.to_string());
        let draft = match &endpoint.protocol {
            Protocol::Grpc => draft,
            Protocol::HttpJson => draft.with_fact("protocol", "http_json"),
            Protocol::NetworkIdentity => draft.with_fact("protocol", "network_identity"),
            Protocol::Sql(source) => draft.with_fact("database", source.engine.as_str()),
            Protocol::CertificateLibrary(library) => draft
                .with_fact("protocol", "certificate_library")
                .with_fact("signature_key", library.signer.key_id.as_str())
                .with_fact("public_key", library.signer.public_key.as_str()),
            Protocol::FileDrop(drop) => draft
                .with_fact("protocol", "file_drop")
                .with_fact("report_seconds", i64::from(drop.report_seconds())),
        };
        match self.owner_of(&endpoint.system) {
            Ok(owner) => draft.with_fact("department", owner.as_str()),
            Err(_) => draft,
        }
    }
}

/// Whether an endpoint was not removed.
pub(crate) fn is_there(row: &Stored<Endpoint>) -> bool {
    row.value.removed.is_none()
}

/// The removed endpoint whose name a new one takes, if there is one; counted where nobody else writes.
async fn free(tx: &mut Tx, endpoint: &Endpoint) -> Result<Option<Stored<Endpoint>>, Failure> {
    let all = tx.under::<Endpoint>(endpoint.system.as_str()).await?;
    let name = &endpoint.name;
    let taken = all.iter().find(|row| row.value.name == *name);
    if taken.is_none_or(|row| !is_there(row))
        && all.iter().filter(|row| is_there(row)).count() >= MOST
    {
        return Err(Failure::new(
            Reason::StateConflict,
            format!(
                "a system has at most {MOST} endpoints; remove one that is not needed any more"
            ),
        ));
    }
    Ok(all
        .into_iter()
        .find(|row| row.value.name == *name && !is_there(row)))
}
