//! The end of a grant: it is written down once, on the day after its last one.

use domain::grant::GrantState;
use domain::policy::shaoyang_date;
use domain::resource::ShareMode;
use kit::databases::Database;
use kit::drafts::all_entries;
use kit::tables::Tables;
use ledger::entry::Kind;

kit::on_each_database!(a_grant_expires_once_after_its_last_day);

async fn a_grant_expires_once_after_its_last_day(database: &Database) {
    let tables = Tables::start(database).await;
    let today = shaoyang_date(tables.gateway.now());
    let mut terms = tables.terms(None, &[]);
    terms.share_modes = vec![ShareMode::Table];
    (terms.start, terms.end) = (today, today);
    let grant = tables.agree_on(terms).await;
    let other = tables.agree(None, &[]).await;
    let state = async |grant: &domain::grant::Grant| {
        let row = tables.gateway.grant(&tables.owner, &grant.name).await;
        row.unwrap().value.state
    };
    tables.gateway.expire_grants().await.unwrap();
    assert_eq!(state(&grant).await, GrantState::Active, "its last day");
    tables
        .gateway
        .clock
        .advance(jiff::SignedDuration::from_hours(24));
    for _ in 0..2 {
        tables.gateway.expire_grants().await.unwrap();
    }
    assert_eq!(state(&grant).await, GrantState::Expired);
    assert_eq!(state(&other).await, GrantState::Active);
    let entries = all_entries(&database.open().await).await;
    let is_of =
        |kind: &Kind| matches!(kind, Kind::Change { event } if event == "sharing.grant.expired");
    let told = entries.iter().filter(|stored| is_of(stored.entry.kind()));
    assert_eq!(told.count(), 1);
}
