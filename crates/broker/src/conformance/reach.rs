//! Connections for the cases: like those of every call, but for what is shown.

use contract::{Connected, NoWay, Reach, Shown, speaking_http2};
use domain::endpoint::Endpoint;

use crate::gateway::Gateway;

/// The way to the endpoint under examination.
pub(super) struct Way<'a> {
    pub(super) gateway: &'a Gateway,
    pub(super) endpoint: &'a Endpoint,
}

impl Reach for Way<'_> {
    async fn dial(&self, shown: Shown) -> Result<Connected, NoWay> {
        let (connections, endpoint) = (&self.gateway.connections, self.endpoint);
        let dialer = match shown {
            Shown::Gateway => connections.dialer(endpoint),
            other => connections
                .dialer_showing(other, &self.gateway.authorities(), endpoint)
                .map_err(|failure| NoWay::Ours(failure.message))?,
        };
        let dialled = dialer.dial().await;
        let (stream, _) =
            dialled.map_err(|error| NoWay::Theirs(format!("no connection: {error}")))?;
        speaking_http2(stream)
    }
}
