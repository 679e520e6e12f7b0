//! An endpoint moves, or is removed.

use std::sync::Arc;

use domain::endpoint::{Endpoint, EndpointPatch, Protocol, left};
use domain::name::{EndpointId, ResourceName};
use domain::policy::shaoyang_date;
use domain::reason::Reason;
use domain::resource::Resource;
use domain::snapshot::Snapshot;
use jiff::Timestamp;
use store::Stored;

use super::Probed;
use crate::failure::Failure;
use crate::gateway::{Act, Gateway, check_etag};

/// Entries of the catalogue that a refusal names.
const NAMED: usize = 5;

impl Gateway {
    /// Changes the masked fields of an endpoint and probes it at its new place. Where anything differs, what it
    /// passed before counts no longer: the system conforms again when a run of the new place is passed.
    ///
    /// # Errors
    /// A refusal, `NOT_FOUND`, `ETAG_MISMATCH`, an address that may not be connected to, a description that does
    /// not fit, `STATE_CONFLICT` where it leaves out what is reached by it alone.
    pub async fn update_endpoint(
        &self,
        act: &Act<'_>,
        name: &EndpointId,
        patch: EndpointPatch,
        etag: &str,
    ) -> Result<Probed, Failure> {
        let known = self.endpoint_there(name).await?;
        self.may_manage_endpoints(act.caller, &known.value.system)?;
        // Looked at before the transaction: nobody is asked within one.
        let wanted = known.value.changed(patch.clone())?;
        self.must_be_reachable(act.caller, &wanted).await?;
        let changed = self
            .change(act, async |tx, now| {
                let before = self.managed_endpoint(tx, act, name).await?;
                check_etag(etag, &before, &name.path())?;
                let value = before.value.changed(patch)?;
                if !value.is_where(&wanted) {
                    let message = format!("{} was changed at the same time", name.path());
                    return Err(Failure::new(Reason::EtagMismatch, message));
                }
                if value == before.value {
                    // Nothing to tell of, and what it passed stands.
                    return Ok(before);
                }
                self.must_not_be_needed(&before.value, Some(&value), now)?;
                let draft = self
                    .endpoint_draft(act.request_id.as_str(), "registry.endpoint.changed", &value)
                    .with_fact("actor", act.caller.principal().to_string())
                    .with_fact("former_address", before.value.address.to_string());
                let entry = tx.record(draft, now).await?;
                tx.forget_heartbeat(name).await?;
                Ok(tx.update(&before, &value, Some(entry), now).await?)
            })
            .await?;
        self.probed(act, changed).await
    }

    /// Removes an endpoint, unless something published or granted is reached by it alone.
    ///
    /// # Errors
    /// A refusal, `NOT_FOUND`, `ETAG_MISMATCH`, `STATE_CONFLICT` with the names of the entries.
    pub async fn delete_endpoint(
        &self,
        act: &Act<'_>,
        name: &EndpointId,
        etag: &str,
    ) -> Result<Stored<Endpoint>, Failure> {
        self.change(act, async |tx, now| {
            let before = self.managed_endpoint(tx, act, name).await?;
            if before.value.protocol == Protocol::NetworkIdentity {
                act.caller.must_be_operator()?;
            }
            check_etag(etag, &before, &name.path())?;
            self.must_not_be_needed(&before.value, None, now)?;
            let conforms = self.others_conform(tx, &before.value).await?;
            let value = before.value.clone().remove(now);
            let draft = self
                .endpoint_draft(
                    act.request_id.as_str(),
                    "registry.endpoint.removed",
                    &before.value,
                )
                .with_fact("actor", act.caller.principal().to_string())
                .with_fact("system_conforms", conforms);
            let entry = tx.record(draft, now).await?;
            Ok(tx.update(&before, &value, Some(entry), now).await?)
        })
        .await
    }

    /// What is published, and what is granted, needs a way; `after` is what takes the endpoint's place. The registry is
    /// as the transaction sees it: acts look at what others wrote before they go on.
    fn must_not_be_needed(
        &self,
        endpoint: &Endpoint,
        after: Option<&Endpoint>,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let (snapshot, today) = (self.snapshot(), shaoyang_date(now));
        let system = &endpoint.system;
        let stands = |entry: &Resource| entry.system == *system && entry.stands_on(today);
        let grants = snapshot.standing_grants_on(system, today).into_iter();
        // A call goes to the system that the grant names, whoever holds the entry by now.
        let grants = grants.filter(|grant| grant.provider == *system);
        let granted =
            grants.filter_map(|grant| Some((grant, snapshot.resource(&grant.terms.resource)?)));
        let others = snapshot.endpoints(system).iter().cloned();
        let others = others.filter(|other| other.name != endpoint.name);
        let others: Vec<Arc<Endpoint>> = others
            .chain(after.map(|after| Arc::new(after.clone())))
            .collect();
        let over_http = |entry: &Resource| snapshot.is_over_http(entry);
        let published = snapshot.resources_where(stands);
        let lost = endpoint.alone_reaches(&others, published, granted, over_http);
        if lost.is_empty() {
            return Ok(());
        }
        let named: Vec<&str> = lost.iter().take(NAMED).map(ResourceName::as_str).collect();
        let message = format!(
            "{} entries of the catalogue are reached by {} alone, among them {}; register another endpoint for them \
             first, or change what this one is",
            lost.len(),
            endpoint.name.path(),
            named.join(", ")
        );
        Err(Failure::new(Reason::StateConflict, message))
    }

    /// Lets go of what is kept of endpoints that are gone or elsewhere in the next picture of the registry.
    pub(crate) fn leave(&self, before: &[Arc<Endpoint>], next: &Snapshot) {
        let now = |endpoint: &Endpoint| next.endpoint(&endpoint.system, &endpoint.name);
        for name in left(before.iter(), now) {
            self.connections.forget(&name);
            self.lines.forget(&name);
            self.libraries.forget(&name);
            self.databases.forget(&name);
            self.observed.forget(&name);
        }
    }
}
