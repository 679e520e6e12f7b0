//! Grants over their life: versions, narrowed and amended, quotas, networks, the end.

mod misuse;
mod networks;
mod quotas;
mod records;
mod uses;
mod uses_told;
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

/// A record of the use of the grant on the day on which it was made.
pub(super) fn record_of(story: &Story) -> sharing::UseRecord {
    let made = story.grant.create_time.unwrap();
    let made = jiff::Timestamp::from_second(made.seconds).unwrap();
    let day = domain::policy::shaoyang_date(made).to_string();
    sharing::UseRecord {
        grant: story.grant.name.clone(),
        since_date: day.clone(),
        until_date: day,
        scene: "不动产转移登记核验婚姻状况".to_owned(),
        process: "窗口人员逐件核验".to_owned(),
        effect: "免交结婚证复印件".to_owned(),
        storage: "仅存核验结果，随登记档案保管".to_owned(),
        destruction: "未留存原始数据".to_owned(),
        ..sharing::UseRecord::default()
    }
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
