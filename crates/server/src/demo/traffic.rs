//! Traffic behind the demo: lookups by the platform, a few a second.

use std::time::Duration;

use api::catalogue::v1::GetResourceRequest;
use api::catalogue::v1::resource_service_client::ResourceServiceClient;
use api::certificate::v1::LookupCertificateRequest;
use api::certificate::v1::certificate_service_client::CertificateServiceClient;
use api::certificate::v1::lookup_certificate_request::Key;
use api::sharing::v1 as pb;
use api::sharing::v1::grant_service_client::GrantServiceClient;
use api::value::v1::Purpose;
use sandbox::people;

use super::actor::{Actor, ask, new_id};

/// Between two calls.
const PAUSE: Duration = Duration::from_millis(400);

/// Calls until the task is ended. A call that fails is no reason to stop: that is what is shown.
pub(crate) async fn run(platform: Actor) {
    let mut ticks = tokio::time::interval(PAUSE);
    let targets = targets(&platform).await;
    let holders = [
        &people::HUSBAND,
        &people::WIFE,
        &people::SHOP,
        &people::COMPANY,
        &people::OWNER,
    ];
    let turns = targets.iter().cycle().zip(holders.iter().cycle());
    for ((certificate_type, matter), holder) in turns {
        ticks.tick().await;
        let request = LookupCertificateRequest {
            certificate_type: certificate_type.clone(),
            key: Some(Key::Holder(holder.to_wire())),
            purpose: Some(Purpose {
                matter: matter.clone(),
                case_number: "SY-2022-000002".to_owned(),
                operator: "window-03".to_owned(),
            }),
            items: Vec::new(),
            request_id: new_id(),
        };
        let answered = CertificateServiceClient::new(platform.channel.clone())
            .lookup_certificate(ask(request))
            .await;
        if let Err(status) = answered {
            tracing::debug!(code = ?status.code(), "a call of the traffic was not served");
        }
    }
}

/// What the platform may look up: certificate type and matter of each of its grants.
async fn targets(platform: &Actor) -> Vec<(String, String)> {
    let listed = GrantServiceClient::new(platform.channel.clone())
        .list_grants(ask(pb::ListGrantsRequest::default()))
        .await;
    let grants = listed
        .map(|answer| answer.into_inner().grants)
        .unwrap_or_default();
    let mut targets = Vec::new();
    for grant in grants {
        let request = GetResourceRequest {
            name: grant.resource,
        };
        let found = ResourceServiceClient::new(platform.channel.clone())
            .get_resource(ask(request))
            .await;
        if let (Ok(resource), Some(matter)) = (found, grant.matters.into_iter().next()) {
            targets.push((resource.into_inner().certificate_type, matter));
        }
        // What is no certificate is not looked up.
        targets.retain(|(certificate_type, _)| !certificate_type.is_empty());
    }
    targets
}
