//! Heartbeats: a system that nobody connects to says that it is there.

use domain::caller::Caller;
use domain::endpoint::{Endpoint, Protocol};
use domain::fault::Cause;
use domain::file_drop::{FileDrop, Heartbeat};
use domain::name::EndpointId;
use store::{StoreError, Stored};

use super::is_there;
use crate::failure::Failure;
use crate::gateway::Gateway;

impl Gateway {
    /// Takes the report of a system that brings files, and judges its endpoint by it. A report is no act: the
    /// ledger is told when it changes how the endpoint stands.
    ///
    /// # Errors
    /// A refusal, `NOT_FOUND`, `NOT_OF_PROTOCOL` for an endpoint that is connected to.
    pub async fn report_heartbeat(
        &self,
        caller: &Caller,
        name: &EndpointId,
        waiting: u32,
        refused: u32,
    ) -> Result<Stored<Endpoint>, Failure> {
        let row: Stored<Endpoint> = self
            .store
            .get(name.as_str())
            .await?
            .filter(is_there)
            .ok_or_else(|| Failure::not_found(&name.path()))?;
        let endpoint = &row.value;
        caller.must_be_system(&endpoint.system)?;
        if !matches!(endpoint.protocol, Protocol::FileDrop(_)) {
            let text =
                "only a file drop is reported for; the gateway connects to this endpoint itself";
            return Err(Failure::field("name", &Cause::new("NOT_OF_PROTOCOL", text)));
        }
        let heartbeat = Heartbeat {
            endpoint: name.clone(),
            system: endpoint.system.clone(),
            at: self.now(),
            waiting,
            refused,
        };
        self.keep_heartbeat(&heartbeat).await?;
        self.probe_stored(row).await
    }

    async fn keep_heartbeat(&self, heartbeat: &Heartbeat) -> Result<(), Failure> {
        let mut tx = self.store.begin("keeping a heartbeat").await?;
        let before = tx.get::<Heartbeat>(heartbeat.endpoint.as_str()).await?;
        let kept = match &before {
            Some(before) => tx.update(before, heartbeat, None, heartbeat.at).await,
            None => tx.insert(heartbeat, None, heartbeat.at).await,
        };
        match kept {
            Ok(_) => Ok(tx.save().await.map(drop)?),
            // Another report of the same moment was faster, and says the same.
            Err(StoreError::Changed(_) | StoreError::Exists(_)) => {
                tx.forget().await;
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Whether it is a file drop whose system has not reported yet: nothing can be said of it.
    pub(crate) async fn is_unheard(&self, endpoint: &Endpoint) -> bool {
        let is_drop = matches!(endpoint.protocol, Protocol::FileDrop(_));
        let key = endpoint.name.as_str();
        is_drop && matches!(self.store.get::<Heartbeat>(key).await, Ok(None))
    }

    /// Whether a system reports as often as it was registered, and nothing that it brought was refused.
    pub(crate) async fn check_heartbeat(
        &self,
        endpoint: &Endpoint,
        drop: &FileDrop,
    ) -> Result<(), String> {
        let heard = self
            .store
            .get::<Heartbeat>(endpoint.name.as_str())
            .await
            .map_err(|_| "its reports cannot be read now".to_owned())?;
        drop.judge(heard.as_ref().map(|row| &row.value), self.now())
    }
}
