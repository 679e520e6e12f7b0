//! Traffic behind the demo: lookups by the platform, a few a second.

use std::collections::BTreeSet;
use std::time::Duration;

use api::catalogue::v1::GetResourceRequest;
use api::catalogue::v1::resource_service_client::ResourceServiceClient;
use api::certificate::v1::certificate_service_client::CertificateServiceClient;
use api::certificate::v1::lookup_certificate_request::Key;
use api::certificate::v1::{Disposition, LookupCertificateRequest};
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
    let mut missed = BTreeSet::new();
    let turns = targets.iter().cycle().zip(holders.iter().cycle());
    for (number, ((certificate_type, matter), holder)) in (1_u64..).zip(turns) {
        ticks.tick().await;
        // Nobody asks again and again for what is not there; it would spend the budget of misses.
        let pair = (certificate_type.clone(), holder.code.clone());
        if missed.contains(&pair) && !number.is_multiple_of(20) {
            continue;
        }
        let request = LookupCertificateRequest {
            certificate_type: certificate_type.clone(),
            key: Some(Key::Holder(holder.to_wire())),
            purpose: Some(Purpose {
                matter: matter.clone(),
                case_number: format!("SY-2022-{:06}", number % 1_000_000),
                operator: format!("window-{:02}", number % 20),
            }),
            items: Vec::new(),
            request_id: new_id(),
            ..LookupCertificateRequest::default()
        };
        let answered = CertificateServiceClient::new(platform.channel.clone())
            .lookup_certificate(ask(request))
            .await;
        match answered {
            Ok(answer) if answer.get_ref().disposition() != Disposition::Found => {
                missed.insert(pair);
            }
            Ok(_) => {}
            Err(status) => {
                tracing::debug!(code = ?status.code(), "a call of the traffic was not served");
            }
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
