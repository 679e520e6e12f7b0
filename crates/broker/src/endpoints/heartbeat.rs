//! Heartbeats: a system that nobody connects to says that it is there.

use std::sync::atomic::{AtomicI64, Ordering};

use domain::caller::Caller;
use domain::endpoint::{Endpoint, Protocol};
use domain::fault::Cause;
use domain::file_drop::{FileDrop, Heartbeat, Unwell};
use domain::name::EndpointId;
use jiff::Timestamp;
use store::{StoreError, Stored};

use crate::failure::Failure;
use crate::gateway::Gateway;

/// Since when this gateway can hear reports: its start, or the last time its store could not be read. An outage of
/// ours is no silence of theirs.
#[derive(Debug)]
pub(crate) struct Listening(AtomicI64);

impl Listening {
    pub(crate) fn since(now: Timestamp) -> Self {
        Self(AtomicI64::new(now.as_second()))
    }

    /// Nothing could be heard up to now.
    pub(crate) fn interrupted(&self, now: Timestamp) {
        self.0.store(now.as_second(), Ordering::Relaxed);
    }

    fn moment(&self) -> Timestamp {
        // It was made of one.
        Timestamp::from_second(self.0.load(Ordering::Relaxed)).unwrap_or(Timestamp::UNIX_EPOCH)
    }
}

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
        let row = self.endpoint_there(name).await?;
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
            // Another report of the same moment was faster; the next one stands again.
            Err(StoreError::Changed(_) | StoreError::Exists(_)) => {
                tx.forget().await;
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The latest report for an endpoint since it was registered or changed, and what it says: nothing where the
    /// reports cannot be read, for that is no fault of the system.
    pub(super) async fn hear(
        &self,
        endpoint: &Endpoint,
        drop: &FileDrop,
    ) -> (Option<Heartbeat>, Result<(), Unwell>) {
        let now = self.now();
        let Ok(heard) = self.heartbeat_of(&endpoint.name).await else {
            self.listening.interrupted(now);
            let why = "its reports cannot be read now";
            return (None, Err(Unwell::Untold(why)));
        };
        let said = drop.judge(heard.as_ref(), self.listening.moment(), now);
        (heard, said)
    }

    /// What the latest report for an endpoint says in a run of the conformance kit.
    ///
    /// # Errors
    /// The store's.
    pub(crate) async fn examine_reports(
        &self,
        endpoint: &Endpoint,
        drop: &FileDrop,
    ) -> Result<Result<(), Unwell>, Failure> {
        let heard = self.heartbeat_of(&endpoint.name).await?;
        Ok(drop.judge(heard.as_ref(), self.listening.moment(), self.now()))
    }

    async fn heartbeat_of(&self, name: &EndpointId) -> Result<Option<Heartbeat>, Failure> {
        let heard = self.store.get::<Heartbeat>(name.as_str()).await?;
        Ok(heard.map(|row| row.value))
    }
}
