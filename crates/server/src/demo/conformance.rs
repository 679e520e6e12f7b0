//! The providers of the story are tried against the contract, with the people that they hold for tests.

use api::registry::v1 as pb;
use api::registry::v1::endpoint_service_client::EndpointServiceClient;
use sandbox::people::{self, Holder};

use super::Error;
use super::actor::{ask, new_id};
use super::cast::Stage;
use super::expect::failed;
use super::report::{Story, Talk};
use super::sharing::Shared;

/// Each provider asks for the run of its own endpoint; only what was tried counts as connected.
pub(crate) async fn play(
    stage: &Stage,
    shared: &[Shared],
    story: &mut Story,
    talk: &Talk,
) -> Result<(), Error> {
    let mut cases = 0;
    for ((system, found, absent, holder_item), shared) in [
        ("marriage-registry", people::HUSBAND, people::STRANGER, ""),
        (
            "enterprise-registry",
            people::COMPANY,
            people::background_firm(9_000),
            "credit_code",
        ),
        ("realestate-registry", people::OWNER, people::STRANGER, ""),
    ]
    .into_iter()
    .zip(shared)
    {
        let sample = pb::ConformanceSample {
            resource: shared.resource.clone(),
            holder: Some(holder(&found)),
            absent_holder: Some(holder(&absent)),
            holder_item: holder_item.to_owned(),
            calls: Vec::new(),
        };
        let request = pb::CheckConformanceRequest {
            name: format!("systems/{system}/endpoints/main"),
            samples: vec![sample],
            request_id: new_id(),
            validate_only: false,
        };
        let channel = stage.actor(system)?.channel.clone();
        let answer = EndpointServiceClient::new(channel)
            .check_conformance(ask(request))
            .await
            .map_err(failed("trying an endpoint"))?
            .into_inner();
        cases += answer.findings.len();
        for finding in answer.findings {
            if finding.verdict() == pb::conformance_finding::Verdict::Failed {
                let told = format!("{system} fails {}: {}", finding.case, finding.saw);
                story.surprises.push(told);
            }
        }
    }
    talk.say(&format!(
        "  3 endpoints keep the contract of providers in {cases} cases: `shuqiaoctl conform` tries one"
    ));
    Ok(())
}

fn holder(holder: &Holder) -> pb::SampleHolder {
    pb::SampleHolder {
        type_code: holder.type_code.to_owned(),
        code: holder.code.clone().into_owned(),
    }
}
