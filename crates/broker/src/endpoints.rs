//! Endpoints: register, probe, list.

use std::time::Duration;

use domain::caller::Caller;
use domain::credential::Principal;
use domain::endpoint::{Endpoint, Health};
use domain::name::{EndpointId, SystemName};
use domain::reason::Reason;
use ledger::entry::Draft;
use store::Stored;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::connections::resolve;
use crate::failure::Failure;
use crate::gateway::{Act, Gateway};

/// Endpoints of one system.
const MOST: usize = 16;
const PROBE: Duration = Duration::from_secs(5);

impl Gateway {
    /// Registers an endpoint inside the allowed networks and probes it.
    ///
    /// # Errors
    /// A refusal, `ALREADY_EXISTS`, or an address that may not be connected to.
    pub async fn create_endpoint(
        &self,
        act: &Act<'_>,
        endpoint: Endpoint,
    ) -> Result<Stored<Endpoint>, Failure> {
        self.may_manage_endpoints(act.caller, &endpoint.system)?;
        if self.snapshot().endpoints(&endpoint.system).len() >= MOST {
            return Err(Failure::new(
                Reason::StateConflict,
                format!("a system has at most {MOST} endpoints"),
            ));
        }
        resolve(&endpoint.address, &self.settings.endpoint_networks)
            .await
            .map_err(|error| {
                let cause = domain::fault::Cause::new("ADDRESS_NOT_ALLOWED", error.to_string());
                Failure::field("endpoint.address", &cause)
            })?;
        let created = self
            .change(act, async |tx, now| {
                let draft = self
                    .endpoint_draft(
                        act.request_id.as_str(),
                        "registry.endpoint.created",
                        &endpoint,
                    )
                    .with_fact("actor", act.caller.principal().to_string());
                let entry = tx.record(draft, now).await?;
                Ok(tx.insert(&endpoint, Some(entry), now).await?)
            })
            .await?;
        self.probe_stored(created).await
    }

    /// The endpoints of one system, for its department and those who oversee: where a system
    /// stands in the network is nobody else's business.
    ///
    /// # Errors
    /// `NOT_FOUND`; the store.
    pub async fn endpoints(
        &self,
        caller: &Caller,
        system: &SystemName,
    ) -> Result<Vec<Stored<Endpoint>>, Failure> {
        let owner = self.owner_of(system)?;
        if !(caller.oversees() || caller.is_of(&owner)) {
            return Err(Failure::not_found(system.as_str()));
        }
        Ok(self
            .store
            .page::<Endpoint>("", system.as_str(), 100)
            .await?)
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
        let probes = rows.into_iter().map(|row| self.probe_stored(row));
        for probed in futures_util::future::join_all(probes).await {
            probed?;
        }
        Ok(())
    }

    async fn probe_stored(&self, before: Stored<Endpoint>) -> Result<Stored<Endpoint>, Failure> {
        let health = self.look(&before.value).await;
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

    async fn look(&self, endpoint: &Endpoint) -> Health {
        let seen = tokio::time::timeout(PROBE, self.check_health(endpoint)).await;
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
            .map_err(|status| format!("the health check ended with {:?}", status.code()))?;
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

    fn endpoint_draft(&self, request_id: &str, event: &str, endpoint: &Endpoint) -> Draft {
        let draft = Draft::change(event, request_id)
            .with_fact("system", endpoint.system.as_str())
            .with_fact("endpoint", endpoint.name.path())
            .with_fact("address", endpoint.address.to_string());
        match self.owner_of(&endpoint.system) {
            Ok(owner) => draft.with_fact("department", owner.as_str()),
            Err(_) => draft,
        }
    }
}
