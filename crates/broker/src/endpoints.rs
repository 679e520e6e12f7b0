//! Endpoints: register, probe, list. Changes and the end: see [`change`]; planned maintenance: [`maintenance`].

mod change;
mod heartbeat;
mod maintenance;
mod observed;

pub(crate) use observed::Observed;
pub use observed::{Observation, Tls};

use std::time::Duration;

use domain::caller::Caller;
use domain::credential::Principal;
use domain::endpoint::{Endpoint, Health, Protocol};
use domain::fault::Cause;
use domain::name::{EndpointId, SystemName};
use domain::reason::Reason;
use domain::source::{SqlSource, View};
use futures_util::StreamExt as _;
use ledger::entry::Draft;
use store::{Stored, Tx};
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::connections::resolve;
use crate::failure::Failure;
use crate::gateway::{Act, Gateway};
use crate::sql::Looked;

/// Endpoints of one system.
const MOST: usize = 16;
/// Endpoints that are read at once.
const PAGE: u32 = 100;
const PROBE: Duration = Duration::from_secs(5);
/// Endpoints that are looked at at once: each costs a connection, and a city has hundreds.
const AT_ONCE: usize = 16;

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

    /// Connects to an endpoint now and records what was seen.
    ///
    /// # Errors
    /// A refusal, `NOT_FOUND`.
    pub async fn probe_endpoint(
        &self,
        caller: &Caller,
        name: &EndpointId,
    ) -> Result<Stored<Endpoint>, Failure> {
        let row: Stored<Endpoint> = self
            .store
            .get(name.as_str())
            .await?
            .filter(is_there)
            .ok_or_else(|| Failure::not_found(&name.path()))?;
        self.may_manage_endpoints(caller, &row.value.system)?;
        self.probe_stored(row).await
    }

    /// Probes all endpoints; called on a tick.
    ///
    /// # Errors
    /// The store's; a failing provider is a result, not an error.
    pub async fn probe_all(&self) -> Result<(), Failure> {
        let rows = self.store.all::<Endpoint>().await?;
        let snapshot = self.snapshot();
        self.observed.retain(|name| {
            let system = name.system().ok();
            system.is_some_and(|system| snapshot.endpoint(&system, name).is_some())
        });
        let rows = rows.into_iter().filter(is_there);
        let probes = futures_util::stream::iter(rows).map(|row| self.probe_stored(row));
        let mut probes = probes.buffer_unordered(AT_ONCE);
        while let Some(probed) = probes.next().await {
            probed?;
        }
        Ok(())
    }

    /// What this gateway's latest probe of an endpoint saw.
    pub fn observation(&self, endpoint: &EndpointId) -> Option<Observation> {
        self.observed.of(endpoint)
    }

    /// What an act made of an endpoint, with what a probe sees of it; stored unless the act only tries.
    async fn probed(&self, act: &Act<'_>, row: Stored<Endpoint>) -> Result<Probed, Failure> {
        if act.validate_only {
            let (health, seen) = self.see(&row.value).await;
            let mut endpoint = row;
            endpoint.value.health = health;
            let seen = Some(seen);
            return Ok(Probed { endpoint, seen });
        }
        let endpoint = self.probe_stored(row).await?;
        let seen = self.observed.of(&endpoint.value.name);
        Ok(Probed { endpoint, seen })
    }

    /// Looks at an endpoint. Nothing is kept of it.
    async fn see(&self, endpoint: &Endpoint) -> (Health, Observation) {
        let began = tokio::time::Instant::now();
        let health = self.look(endpoint).await;
        let took = began.elapsed();
        let (at, error) = match &health {
            Health::Failing { at, error } => (*at, Some(error.clone())),
            Health::Serving { at } => (*at, None),
            Health::Unknown => (self.now(), None),
        };
        let tls = match &error {
            None => self.tls_of(endpoint).await,
            // Whoever does not answer is not asked a second time.
            Some(_) => None,
        };
        let failures = 0;
        let seen = Observation {
            at,
            took,
            tls,
            error,
            failures,
        };
        (health, seen)
    }

    /// Whether an endpoint is still there, and where it was.
    fn is_current(&self, endpoint: &Endpoint) -> bool {
        let snapshot = self.snapshot();
        let present = snapshot.endpoint(&endpoint.system, &endpoint.name);
        present.is_some_and(|present| present.is_where(endpoint))
    }

    async fn probe_stored(&self, before: Stored<Endpoint>) -> Result<Stored<Endpoint>, Failure> {
        if !is_there(&before) {
            // A repeated request about one that was removed meanwhile.
            return Ok(before);
        }
        if !self.is_current(&before.value) {
            return Ok(before);
        }
        let (health, seen) = self.see(&before.value).await;
        if health == Health::Unknown || !self.is_current(&before.value) {
            // Nothing was seen; or it moved or was removed meanwhile, and what was seen says nothing of what it is now.
            return Ok(before);
        }
        let answered = seen.error.is_none();
        self.observed.keep(&before.value.name, seen);
        if answered {
            not_noted(self.watch_interface(&before.value).await);
        }
        let serving = health.is_serving();
        let unchanged =
            before.value.health.is_serving() == serving && before.value.health != Health::Unknown;
        if unchanged {
            return Ok(before);
        }
        let value = Endpoint {
            health,
            ..before.value.clone()
        };
        let event = if serving {
            "registry.endpoint.serving"
        } else {
            "registry.endpoint.failing"
        };
        let now = self.now();
        let mut tx = self.store.begin("recording a probe").await?;
        let entry = tx
            .record(self.endpoint_draft(&self.ids.uuid(), event, &value), now)
            .await?;
        let stored = match tx.update(&before, &value, Some(entry), now).await {
            // Another probe of the same moment was faster; what it saw is as good.
            Err(store::StoreError::Changed(name)) => {
                tx.forget().await;
                let row = self.store.get(&name).await?;
                return row.ok_or_else(|| Failure::not_found(&name));
            }
            written => written?,
        };
        tx.save().await?;
        self.refresh_after_change().await;
        Ok(stored)
    }

    /// The TLS connection to an endpoint that has one, seen by opening it.
    async fn tls_of(&self, endpoint: &Endpoint) -> Option<Tls> {
        match endpoint.protocol {
            Protocol::Grpc | Protocol::HttpJson | Protocol::NetworkIdentity => {}
            Protocol::Sql(_) | Protocol::CertificateLibrary(_) | Protocol::FileDrop(_) => {
                return None;
            }
        }
        let (stream, certificate) = self.connections.dialer(endpoint).dial().await.ok()?;
        let (_, connection) = stream.get_ref();
        Some(Tls {
            version: format!("{:?}", connection.protocol_version()?),
            cipher_suite: format!("{:?}", connection.negotiated_cipher_suite()?.suite()),
            certificate,
        })
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
            Ok(Ok(())) => return Ok(()),
            Ok(Err(Looked::Unfit(unfit))) => return Err(unfit.faults.into()),
            Ok(Err(Looked::Fault(fault))) => Cause::new("DATABASE_REFUSED", fault.message),
            Err(_) => Cause::new("DATABASE_REFUSED", "no answer within 5 seconds"),
        };
        Err(Failure::field("endpoint", &cause))
    }

    async fn look_at_views(&self, endpoint: &Endpoint, source: &SqlSource) -> Result<(), Looked> {
        let snapshot = self.snapshot();
        let resource = |view: &View| snapshot.resource(&view.resource).cloned();
        self.databases.look(endpoint, source, resource).await
    }

    async fn check(&self, endpoint: &Endpoint) -> Result<(), String> {
        match &endpoint.protocol {
            Protocol::Grpc | Protocol::NetworkIdentity => self.check_health(endpoint).await,
            Protocol::HttpJson => self.check_http(endpoint).await,
            Protocol::Sql(source) => match self.look_at_views(endpoint, source).await {
                Ok(()) => Ok(()),
                Err(Looked::Fault(fault)) => Err(fault.message),
                Err(Looked::Unfit(unfit)) => {
                    if self.is_current(endpoint) {
                        not_noted(self.watch_views(&unfit.changes).await);
                    }
                    Err(unfit.faults.to_string())
                }
            },
            Protocol::CertificateLibrary(library) => self.check_library(endpoint, library).await,
            Protocol::FileDrop(drop) => self.check_heartbeat(endpoint, drop).await,
        }
    }

    async fn look(&self, endpoint: &Endpoint) -> Health {
        if self.is_unheard(endpoint).await {
            return Health::Unknown;
        }
        let seen = tokio::time::timeout(PROBE, self.check(endpoint)).await;
        let at = self.now();
        match seen {
            Ok(Ok(())) => Health::Serving { at },
            Ok(Err(error)) => Health::Failing { at, error },
            Err(_) => Health::Failing {
                at,
                error: "no answer within 5 seconds".to_owned(),
            },
        }
    }

    /// Whether the registered system is there and speaks HTTP/2. What it serves has no health check
    /// that all agree on, and a request to any path of it could have an effect.
    async fn check_http(&self, endpoint: &Endpoint) -> Result<(), String> {
        let dialled = self.connections.dialer(endpoint).dial().await;
        let (stream, _) = dialled.map_err(|error| format!("no connection: {error}"))?;
        match stream.get_ref().1.alpn_protocol() {
            Some(b"h2") => Ok(()),
            _ => Err("the endpoint does not speak HTTP/2".to_owned()),
        }
    }

    async fn check_health(&self, endpoint: &Endpoint) -> Result<(), String> {
        let line = self
            .connections
            .line(endpoint)
            .map_err(|fault| fault.message)?;
        let request = tonic_health::pb::HealthCheckRequest {
            service: String::new(),
        };
        let answer = HealthClient::new(line.channel.clone())
            .check(request)
            .await
            .map_err(|status| unanswered(&status))?;
        self.connections
            .check_peer(&line, endpoint)
            .map_err(|fault| fault.message)?;
        match answer.into_inner().status() {
            ServingStatus::Serving => Ok(()),
            other => Err(format!("the health check says {}", other.as_str_name())),
        }
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

/// What was seen beside a probe and cannot be kept is no fault of the provider: it is seen again.
fn not_noted(noted: Result<(), Failure>) {
    if let Err(failure) = noted {
        let error = failure.message;
        tracing::warn!(error, "a change of what is served was not recorded");
    }
}

/// Why a health check had no answer: the innermost cause where no connection came about, as a closed port, a place
/// outside of the networks or a certificate of somebody else; the code where the system itself said no.
fn unanswered(status: &tonic::Status) -> String {
    let first = std::error::Error::source(status);
    let causes = std::iter::successors(first, |cause| cause.source());
    match causes.last() {
        Some(cause) => format!("no connection: {cause}"),
        None => format!("the health check ended with {:?}", status.code()),
    }
}
