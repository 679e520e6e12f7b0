//! Grants over their life: versions, narrowed and amended, quotas, networks, the end.

mod misuse;
mod networks;
mod quotas;
mod versions;

use api::sharing::v1 as sharing;
use kit::world::story::Story;
use kit::world::{Client, ask, new_id};
use tonic::{Response, Status};

/// A grant is narrowed by somebody.
async fn narrow(
    who: &Client,
    grant: &sharing::Grant,
    terms: sharing::LesserTerms,
    consultation: &str,
) -> Result<Response<sharing::Grant>, Status> {
    let request = sharing::NarrowGrantRequest {
        name: grant.name.clone(),
        terms: Some(terms),
        reason: "实际只用到这些".to_owned(),
        consultation: consultation.to_owned(),
        request_id: new_id(),
        ..sharing::NarrowGrantRequest::default()
    };
    who.grants().narrow_grant(ask(request)).await
}

/// All versions of a grant.
async fn versions(who: &Client, grant: &str) -> Vec<sharing::GrantVersion> {
    let request = sharing::ListGrantVersionsRequest {
        parent: grant.to_owned(),
        ..sharing::ListGrantVersionsRequest::default()
    };
    let page = who.grants().list_grant_versions(ask(request)).await;
    page.unwrap().into_inner().versions
}

/// The grant as it is now.
async fn read(who: &Client, story: &Story) -> sharing::Grant {
    let name = story.grant.name.clone();
    let request = sharing::GetGrantRequest { name };
    who.grants()
        .get_grant(ask(request))
        .await
        .unwrap()
        .into_inner()
}
