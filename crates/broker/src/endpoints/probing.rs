//! Probes: whether an endpoint answers, on a tick and whenever somebody asks.

use domain::caller::Caller;
use domain::endpoint::{Endpoint, Health, Protocol};
use domain::file_drop::Unwell;
use domain::name::EndpointId;
use futures_util::StreamExt as _;
use store::Stored;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use super::{Observation, PROBE, Probed, Tls, is_there};
use crate::failure::Failure;
use crate::gateway::{Act, Gateway};
use crate::sql::Looked;

/// Endpoints that are looked at at once: each costs a connection, and a city has hundreds.
const AT_ONCE: usize = 16;

impl Gateway {
    /// Connects to an endpoint now and records what was seen.
    ///
    /// # Errors
    /// A refusal, `NOT_FOUND`.
    pub async fn probe_endpoint(
        &self,
        caller: &Caller,
        name: &EndpointId,
    ) -> Result<Stored<Endpoint>, Failure> {
        let row = self.endpoint_there(name).await?;
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
        let probes = futures_util::stream::iter(rows).map(|row| self.probe_again(row));
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
    pub(super) async fn probed(
        &self,
        act: &Act<'_>,
        row: Stored<Endpoint>,
    ) -> Result<Probed, Failure> {
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
        let (health, tls, heartbeat) = if let Protocol::FileDrop(drop) = &endpoint.protocol {
            let (heard, said) = self.hear(endpoint, drop).await;
            (self.health_of(said), None, heard)
        } else {
            let (health, tls) = self.look(endpoint).await;
            (health, tls, None)
        };
        let took = began.elapsed();
        let (at, error) = match &health {
            Health::Failing { at, error } => (*at, Some(error.clone())),
            Health::Serving { at } => (*at, None),
            Health::Unknown => (self.now(), None),
        };
        let tls = match (&error, tls) {
            (None, None) => self.tls_of(endpoint).await,
            (None, seen) => seen,
            // Whoever does not answer is not asked a second time.
            (Some(_), _) => None,
        };
        let failures = 0;
        let seen = Observation {
            at,
            took,
            tls,
            error,
            failures,
            heartbeat,
        };
        (health, seen)
    }

    /// Whether an endpoint is still there, and where it was.
    fn is_current(&self, endpoint: &Endpoint) -> bool {
        let snapshot = self.snapshot();
        let present = snapshot.endpoint(&endpoint.system, &endpoint.name);
        present.is_some_and(|present| present.is_where(endpoint))
    }

    /// A probe that somebody asked for: what it sees stands.
    pub(super) async fn probe_stored(
        &self,
        before: Stored<Endpoint>,
    ) -> Result<Stored<Endpoint>, Failure> {
        self.probe_row(before, 1).await
    }

    /// One of many, on a tick. What answered before has failed when it fails twice in a row: a moment's trouble on
    /// the way is worth no entry.
    async fn probe_again(&self, before: Stored<Endpoint>) -> Result<Stored<Endpoint>, Failure> {
        let is_heard = matches!(before.value.protocol, Protocol::FileDrop(_));
        // Whoever is heard was given patience already.
        self.probe_row(before, if is_heard { 1 } else { 2 }).await
    }

    /// Looks at an endpoint, and records where its health changed; a failure counts from so many in a row on.
    async fn probe_row(
        &self,
        before: Stored<Endpoint>,
        patience: u32,
    ) -> Result<Stored<Endpoint>, Failure> {
        if !is_there(&before) {
            // A repeated request about one that was removed meanwhile.
            return Ok(before);
        }
        if !self.is_current(&before.value) {
            return Ok(before);
        }
        let (health, seen) = self.see(&before.value).await;
        if !self.is_current(&before.value) {
            // It moved or was removed meanwhile: what was seen says nothing of what it is now.
            return Ok(before);
        }
        let answered = seen.error.is_none();
        let failures = self.observed.keep(&before.value.name, seen);
        let is_late = failures >= patience;
        let stored = self.record_health(before, health, is_late).await?;
        // How it is stands before anything else is asked of it.
        if answered {
            not_noted(self.watch_interface(&stored.value).await);
        }
        Ok(stored)
    }

    /// Records the health of an endpoint where it changed; a failure counts where patience is at its end.
    async fn record_health(
        &self,
        before: Stored<Endpoint>,
        health: Health,
        is_late: bool,
    ) -> Result<Stored<Endpoint>, Failure> {
        let serving = health.is_serving();
        let unchanged =
            before.value.health.is_serving() == serving && before.value.health != Health::Unknown;
        let is_passing = !serving && before.value.health.is_serving() && !is_late;
        if unchanged || is_passing || health == Health::Unknown {
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

    /// The TLS connection to an endpoint whose probe does not show it, seen by opening another.
    async fn tls_of(&self, endpoint: &Endpoint) -> Option<Tls> {
        match endpoint.protocol {
            Protocol::Grpc | Protocol::NetworkIdentity => {}
            Protocol::HttpJson
            | Protocol::Sql(_)
            | Protocol::CertificateLibrary(_)
            | Protocol::FileDrop(_) => return None,
        }
        let (stream, _) = self.connections.dialer(endpoint).dial().await.ok()?;
        Tls::of(stream.get_ref().1)
    }

    /// Whether an endpoint answers; its TLS connection, where the answer came on one that can be seen.
    async fn check(&self, endpoint: &Endpoint) -> Result<Option<Tls>, String> {
        match &endpoint.protocol {
            Protocol::Grpc | Protocol::NetworkIdentity => {
                self.check_health(endpoint).await.map(|()| None)
            }
            Protocol::HttpJson => self.check_http(endpoint).await,
            Protocol::Sql(source) => match self.look_at_views(endpoint, source).await {
                Ok(tls) => Ok(tls),
                Err(Looked::Fault(fault)) => Err(fault.message),
                Err(Looked::Unfit(unfit)) => {
                    if self.is_current(endpoint) {
                        not_noted(self.watch_views(&unfit.changes).await);
                    }
                    Err(unfit.faults.to_string())
                }
            },
            Protocol::CertificateLibrary(library) => self.check_library(endpoint, library).await,
            Protocol::FileDrop(_) => Err("it is heard, and not looked at".to_owned()),
        }
    }

    /// What the reports of a system say of its endpoint.
    fn health_of(&self, said: Result<(), Unwell>) -> Health {
        let at = self.now();
        match said {
            Ok(()) => Health::Serving { at },
            Err(Unwell::Failing(error)) => Health::Failing { at, error },
            Err(Unwell::Untold(_)) => Health::Unknown,
        }
    }

    async fn look(&self, endpoint: &Endpoint) -> (Health, Option<Tls>) {
        let seen = tokio::time::timeout(PROBE, self.check(endpoint)).await;
        let at = self.now();
        match seen {
            Ok(Ok(tls)) => (Health::Serving { at }, tls),
            Ok(Err(error)) => (Health::Failing { at, error }, None),
            Err(_) => {
                let error = "no answer within 5 seconds".to_owned();
                (Health::Failing { at, error }, None)
            }
        }
    }

    /// Whether the registered system is there and speaks HTTP/2. What it serves has no health check
    /// that all agree on, and a request to any path of it could have an effect.
    async fn check_http(&self, endpoint: &Endpoint) -> Result<Option<Tls>, String> {
        let dialled = self.connections.dialer(endpoint).dial().await;
        let (stream, _) = dialled.map_err(|error| format!("no connection: {error}"))?;
        let (_, connection) = stream.get_ref();
        match connection.alpn_protocol() {
            Some(b"h2") => Ok(Tls::of(connection)),
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
