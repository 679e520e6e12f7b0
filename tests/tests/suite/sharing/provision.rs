//! Provision: what was agreed to waits until it can be used, and that is seen once.

use broker::WorkItemFilter;
use domain::work_item::WorkItemKind;
use kit::databases::Database;
use kit::drafts::all_entries;
use kit::gateway::first_page;
use kit::tables::Tables;
use kit::tables::source::Source;
use ledger::entry::Kind;

kit::on_each_database!(what_was_agreed_to_waits_until_an_endpoint_serves_it);

async fn waits(tables: &Tables) -> bool {
    let all = WorkItemFilter::default();
    let found = tables
        .gateway
        .work_items(&tables.owner, &all, &first_page())
        .await;
    let mut rows = found.unwrap().rows.into_iter();
    rows.any(|item| item.kind == WorkItemKind::ProvideGrant)
}

async fn what_was_agreed_to_waits_until_an_endpoint_serves_it(database: &Database) {
    let tables = Tables::start(database).await;
    let grant = tables.agree(None, &[]).await;
    let provision = grant.provision.clone().unwrap();
    assert_eq!(provision.provided, None, "nobody stated it");
    tables.gateway.note_provisions().await.unwrap();
    assert!(waits(&tables).await);

    let source = Source::sqlite();
    source.load(&[]).await;
    tables.register(source.endpoint(&tables)).await.unwrap();
    for _ in 0..2 {
        tables.gateway.note_provisions().await.unwrap();
    }
    let row = tables
        .gateway
        .grant(&tables.owner, &grant.name)
        .await
        .unwrap();
    assert_eq!(
        row.value.provision.unwrap().provided,
        Some(tables.gateway.now())
    );
    assert!(!waits(&tables).await);
    let entries = all_entries(&database.open().await).await;
    let is_of =
        |kind: &Kind| matches!(kind, Kind::Change { event } if event == "sharing.grant.provided");
    let told = entries
        .iter()
        .filter(|stored| is_of(stored.entry.kind()))
        .count();
    assert_eq!(told, 1);

    // Where it can be used already there is nothing to wait for.
    let second = tables.agree(None, &[]).await;
    assert_eq!(
        second.provision.unwrap().provided,
        Some(tables.gateway.now())
    );
}
