//! The gateway's evidence ledger as a caller sees it: how much of it is signed.

use std::time::Duration;

use api::evidence::v1::GetCheckpointRequest;
use api::evidence::v1::evidence_service_client::EvidenceServiceClient;
use sandbox::client::with_deadline;
use tokio::time::{interval, timeout};
use tonic::transport::Channel;

use crate::Error;

/// How often the signed checkpoint is looked at.
const LOOK: Duration = Duration::from_millis(50);

/// By then all that was recorded is signed: a gateway signs twice a second.
const PATIENCE: Duration = Duration::from_secs(30);

/// The ledger behind one contender.
#[derive(Clone, Debug)]
pub struct Ledger {
    channel: Channel,
    /// What each call leaves: an intent and an outcome, or one entry that is both.
    entries_per_call: u64,
}

impl Ledger {
    /// Over the connection of anybody whom the gateway knows.
    pub fn new(channel: Channel, entries_per_call: u64) -> Self {
        Self {
            channel,
            entries_per_call,
        }
    }

    /// How many entries the latest signed checkpoint covers.
    ///
    /// # Errors
    /// When the gateway does not say.
    pub async fn signed(&self) -> Result<u64, Error> {
        let request = with_deadline(GetCheckpointRequest {}, PATIENCE);
        let checkpoint = EvidenceServiceClient::new(self.channel.clone())
            .get_checkpoint(request)
            .await
            .map_err(|status| format!("no checkpoint: {}", status.message()))?;
        Ok(u64::try_from(checkpoint.into_inner().tree_size)?)
    }

    /// Waits until a checkpoint covers the entries of so many calls beyond what was signed before.
    ///
    /// # Errors
    /// When it does not after half a minute: then the calls were not all recorded.
    pub async fn covers(&self, before: u64, calls: u64) -> Result<(), Error> {
        let wanted = before + calls * self.entries_per_call;
        let mut looks = interval(LOOK);
        let covered = async {
            loop {
                looks.tick().await;
                if self.signed().await? >= wanted {
                    return Ok(());
                }
            }
        };
        match timeout(PATIENCE, covered).await {
            Ok(done) => done,
            Err(_) => Err(format!(
                "{calls} calls, but the ledger holds {} entries of {wanted}",
                self.signed().await?
            )
            .into()),
        }
    }
}
