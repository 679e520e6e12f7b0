//! Planned maintenance: announced, called off.

use domain::endpoint::{Endpoint, Maintenance};
use domain::name::EndpointId;
use domain::reason::Reason;
use jiff::Timestamp;
use store::{Stored, Tx};

use super::is_there;
use crate::failure::Failure;
use crate::gateway::{Act, Gateway};

impl Gateway {
    /// Announces a window in which an endpoint is not asked. Callers are told until when.
    ///
    /// # Errors
    /// A refusal, `NOT_FOUND`, all faults of the window.
    pub async fn announce_maintenance(
        &self,
        act: &Act<'_>,
        name: &EndpointId,
        window: Maintenance,
    ) -> Result<Stored<Endpoint>, Failure> {
        self.change(act, async |tx, now| {
            let before = self.managed_endpoint(tx, act, name).await?;
            let mut faults = window.faults(now);
            let value = before.value.clone().announce(window.clone(), now);
            let value = faults.check("maintenance", value);
            let value = faults.finish(value)?;
            let draft = self
                .endpoint_draft(
                    act.request_id.as_str(),
                    "registry.endpoint.maintenance_announced",
                    &value,
                )
                .with_fact("actor", act.caller.principal().to_string())
                .with_fact("start", window.start.to_string())
                .with_fact("end", window.end.to_string())
                .with_fact("reason", window.reason.as_str());
            let entry = tx.record(draft, now).await?;
            Ok(tx.update(&before, &value, Some(entry), now).await?)
        })
        .await
    }

    /// Calls off the window that begins at a moment, or ends it when it has begun.
    ///
    /// # Errors
    /// A refusal, `NOT_FOUND`, `STATE_CONFLICT` where no window begins then.
    pub async fn call_off_maintenance(
        &self,
        act: &Act<'_>,
        name: &EndpointId,
        start: Timestamp,
    ) -> Result<Stored<Endpoint>, Failure> {
        self.change(act, async |tx, now| {
            let before = self.managed_endpoint(tx, act, name).await?;
            let value = before.value.clone().call_off(start).ok_or_else(|| {
                let message = format!("no window of {} begins at {start}", name.path());
                Failure::new(Reason::StateConflict, message)
            })?;
            let draft = self
                .endpoint_draft(
                    act.request_id.as_str(),
                    "registry.endpoint.maintenance_called_off",
                    &value,
                )
                .with_fact("actor", act.caller.principal().to_string())
                .with_fact("start", start.to_string());
            let entry = tx.record(draft, now).await?;
            Ok(tx.update(&before, &value, Some(entry), now).await?)
        })
        .await
    }

    pub(crate) async fn managed_endpoint(
        &self,
        tx: &mut Tx,
        act: &Act<'_>,
        name: &EndpointId,
    ) -> Result<Stored<Endpoint>, Failure> {
        let found: Option<Stored<Endpoint>> = tx.get(name.as_str()).await?;
        let row = found
            .filter(is_there)
            .ok_or_else(|| Failure::not_found(&name.path()))?;
        self.may_manage_endpoints(act.caller, &row.value.system)?;
        Ok(row)
    }
}
