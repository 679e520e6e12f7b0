//! Entries on the negative list: published, and not shared because a law forbids it.

use api::catalogue::v1 as pb;
use api::catalogue::v1::resource_service_client::ResourceServiceClient;

use crate::Failure;
use crate::connection::{Connection, PAGE, all_pages};
use crate::output::word;

/// The entries of a department, or of all, that are published and not shared, and hold what is looked for.
pub(super) async fn all(
    connection: &Connection,
    owner: &str,
    query: &str,
) -> Result<Vec<pb::Resource>, Failure> {
    use pb::resource::State::{Published, Suspended};
    let departments: Vec<String> = Some(owner.to_owned())
        .filter(|owner| !owner.is_empty())
        .into_iter()
        .collect();
    let mut client = ResourceServiceClient::new(connection.channel.clone());
    all_pages(async |page_token| {
        let request = pb::SearchResourcesRequest {
            query: query.to_owned(),
            departments: departments.clone(),
            share_types: vec![pb::ShareType::NotShared.into()],
            states: vec![Published.into(), Suspended.into()],
            page_size: PAGE,
            page_token,
            ..pb::SearchResourcesRequest::default()
        };
        let page = client.search_resources(connection.ask(request)).await?;
        let page = page.into_inner();
        let entries = page.results.into_iter().filter_map(|row| row.resource);
        Ok((entries.collect(), page.next_page_token))
    })
    .await
}

/// As a line of the list of demands.
pub(super) fn row(entry: &pb::Resource) -> [String; 8] {
    let state = word(entry.state().as_str_name(), "STATE_");
    [
        entry.name.clone(),
        "entry".to_owned(),
        entry.title.clone(),
        entry.department.clone(),
        entry.department.clone(),
        state,
        String::new(),
        entry.share_condition.clone(),
    ]
}

/// The same for programs.
pub(super) fn json(entry: &pb::Resource) -> serde_json::Value {
    serde_json::json!({
        "name": entry.name,
        "kind": "entry",
        "title": entry.title,
        "department": entry.department,
        "owner": entry.department,
        "state": word(entry.state().as_str_name(), "STATE_"),
        "refusal_basis": entry.share_condition,
        "reason": entry.refusal_reason,
    })
}
