//! What the gateway sees of endpoints, as a caller has it seen and is told of it.

use api::catalogue::v1 as catalogue;
use api::registry::v1 as registry;

use super::{Client, ask, new_id};

impl Client {
    /// The drifts that it is told of.
    ///
    /// # Panics
    /// When they cannot be listed.
    pub async fn drifts(&self) -> Vec<catalogue::ResourceDrift> {
        let request = ask(catalogue::ListResourceDriftsRequest {});
        let answer = self.resources().list_resource_drifts(request).await;
        answer.unwrap().into_inner().drifts
    }

    /// Has an endpoint of its department probed.
    ///
    /// # Panics
    /// When that is refused.
    pub async fn probe(&self, endpoint: &str) {
        let request = registry::ProbeEndpointRequest {
            name: endpoint.to_owned(),
            request_id: new_id(),
        };
        let probed = self.endpoints().probe_endpoint(ask(request)).await;
        probed.unwrap();
    }
}
