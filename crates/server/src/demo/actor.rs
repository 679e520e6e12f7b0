//! An actor: somebody with a TLS certificate who calls the gateway.

use std::time::Duration;

use sandbox::client::{GatewayAddress, connect, with_deadline};
use sandbox::identity::Identity;
use tonic::transport::Channel;

use super::Error;

/// The consuming platform of the story.
pub(crate) const PLATFORM: &str = "yjs-platform";

/// The story's calls wait so long.
const WAIT: Duration = Duration::from_secs(10);

/// Somebody who calls the gateway.
#[derive(Clone)]
pub(crate) struct Actor {
    /// What the story calls it.
    pub(crate) name: String,
    /// Its connection.
    pub(crate) channel: Channel,
}

impl Actor {
    /// Connects with an identity.
    pub(crate) async fn enter(
        name: &str,
        gateway: &GatewayAddress,
        identity: &Identity,
    ) -> Result<Self, Error> {
        let channel = connect(gateway, Some(identity)).await?;
        Ok(Self {
            name: name.to_owned(),
            channel,
        })
    }
}

/// A request with the story's deadline.
pub(crate) fn ask<T>(message: T) -> tonic::Request<T> {
    with_deadline(message, WAIT)
}

/// A new request id.
#[expect(clippy::disallowed_methods, reason = "the demo is a client of its own")]
pub(crate) fn new_id() -> String {
    uuid::Uuid::now_v7().hyphenated().to_string()
}
