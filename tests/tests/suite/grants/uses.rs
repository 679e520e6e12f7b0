//! What is used of grants is added up from the ledger, each entry once, and what nobody used can go in one step.

use std::collections::BTreeMap;

use broker::{GrantUseRow, NarrowedGrant, UsesFilter};
use domain::filter::Filter;
use domain::grant::{Grant, UseDay, Verdict};
use domain::policy::shaoyang_date;
use domain::resource::ShareMode;
use jiff::{SignedDuration, ToSpan as _};
use kit::city::SEEDS;
use kit::databases::Database;
use kit::gateway::{TestGateway, act, first_page};
use kit::tables::source::Source;
use kit::tables::{Tables, key};
use ledger::entry::Draft;
use proptest::test_runner::TestRunner;

use crate::tables::strategies::rows;

kit::on_each_database!(
    each_entry_is_added_up_once_whoever_adds,
    what_nobody_used_for_long_goes_in_one_step,
    a_grant_that_nobody_used_ends_in_one_step,
);

/// A table of 60 rows, and a grant on four of its items for a year from today.
async fn granted(database: &Database) -> (Tables, Source, Grant) {
    let tables = Tables::start(database).await;
    let mut seeds = SEEDS.clone();
    // As long as the certificates of a test last.
    seeds.grant_use[0].days = 20;
    tables.gateway.load_seeds(&seeds).await.unwrap();
    let source = Source::sqlite();
    source
        .load(&rows(&mut TestRunner::deterministic(), 60))
        .await;
    tables.register(source.endpoint(&tables)).await.unwrap();
    let today = shaoyang_date(tables.gateway.now());
    let mut terms = tables.terms(None, &["row_id", "name", "count", "fund"]);
    (terms.start, terms.end) = (today, today + 1.year());
    let grant = tables.agree_on(terms).await;
    tables.gateway.note_provisions().await.unwrap();
    (tables, source, grant)
}

/// Reads two items, and compares by a third.
async fn use_some(tables: &Tables) {
    let filter = Filter::Not(Box::new(Filter::Absent(key("count"))));
    let mut wish = tables.wish(Some(filter), Vec::new());
    wish.items = vec![key("row_id"), key("name")];
    tables.read(wish).await.ended.unwrap();
}

async fn uses(tables: &Tables, days: u32) -> GrantUseRow {
    let filter = UsesFilter {
        days,
        ..UsesFilter::default()
    };
    let (gateway, who) = (&tables.gateway, &tables.owner);
    let found = gateway.grant_uses(who, &first_page(), &filter).await;
    let mut rows = found.unwrap().rows;
    assert_eq!(rows.len(), 1);
    rows.remove(0)
}

async fn each_entry_is_added_up_once_whoever_adds(database: &Database) {
    let (tables, source, grant) = granted(database).await;
    let other = TestGateway::start_with_key(database, 1, 2).await.unwrap();
    // What lies before is more than is taken at a time.
    let store = database.open().await;
    let mut tx = store.begin("a backlog").await.unwrap();
    for _ in 0..2_100 {
        let draft = Draft::change("a.test", "r");
        tx.record(draft, tables.gateway.now()).await.unwrap();
    }
    tx.save().await.unwrap();
    other.add_up_uses().await.unwrap();
    let size = store.ledger_size().await.unwrap();
    assert_eq!(store.uses_added_until().await.unwrap(), size);
    for _ in 0..3 {
        use_some(&tables).await;
        let at_once = tokio::join!(
            tables.gateway.add_up_uses(),
            other.add_up_uses(),
            tables.gateway.add_up_uses(),
        );
        at_once.0.and(at_once.1).and(at_once.2).unwrap();
    }
    let today = shaoyang_date(tables.gateway.now());
    let found = store
        .uses_of([&grant.name].into_iter(), (today, today))
        .await;
    let used = &found.unwrap()[&grant.name][&today];
    assert_eq!(used.calls, BTreeMap::from([(ShareMode::Table, 3)]));
    let per_read = used.rows / 3;
    assert!(per_read > 0 && used.rows == per_read * 3, "{}", used.rows);
    let items = ["count", "name", "row_id"].map(key);
    assert!(used.items.iter().eq(items.iter()), "{:?}", used.items);
    // What somebody added already is not added again.
    let size = store.ledger_size().await.unwrap();
    assert_eq!(store.uses_added_until().await.unwrap(), size);
    let again = [(grant.name.clone(), [(today, UseDay::default())].into())].into();
    assert!(!store.add_uses((0, size), again).await.unwrap());
    source.remove().await;
}

async fn what_nobody_used_for_long_goes_in_one_step(database: &Database) {
    let (tables, source, grant) = granted(database).await;
    use_some(&tables).await;
    let early = uses(&tables, 0).await;
    assert!(matches!(early.verdict, Verdict::TooEarly), "{early:?}");
    let hours = SignedDuration::from_hours(24 * 19);
    tables.gateway.clock.advance(hours);
    let few = uses(&tables, 19).await;
    assert!(matches!(few.verdict, Verdict::TooEarly), "{few:?}");
    let late = uses(&tables, 0).await;
    assert_eq!(late.found.since, shaoyang_date(grant.created));
    assert_eq!((late.found.calls, late.found.busiest_calls), (1, 1));
    assert_eq!(late.found.unused_items, [key("fund")]);
    let terms = narrow_to(&tables, &late).await.terms;
    assert_eq!(terms.items, ["row_id", "name", "count"].map(key));
    let most = terms.quota.rows_per_day.unwrap().get();
    assert_eq!(most, late.found.busiest_rows * 2);
    let after = uses(&tables, 0).await;
    assert!(matches!(after.verdict, Verdict::TooEarly), "{after:?}");
    source.remove().await;
}

async fn a_grant_that_nobody_used_ends_in_one_step(database: &Database) {
    let (tables, source, grant) = granted(database).await;
    let hours = SignedDuration::from_hours(24 * 19);
    tables.gateway.clock.advance(hours);
    let today = shaoyang_date(tables.gateway.now());
    let idle = uses(&tables, 0).await;
    assert_eq!((idle.found.calls, idle.found.last), (0, None));
    let narrowed = narrow_to(&tables, &idle).await;
    assert_eq!((narrowed.terms.end, narrowed.version), (today, 2));
    assert_eq!(narrowed.terms.items, grant.terms.items);
    source.remove().await;
}

/// Takes what is proposed, as the provider: the grant after it.
async fn narrow_to(tables: &Tables, row: &GrantUseRow) -> Grant {
    let narrowed = NarrowedGrant {
        change: row.verdict.least().unwrap().clone(),
        reason: row.found.reason(),
        consultation: Some("已与业务科协商".to_owned()),
    };
    let request = tables.gateway.new_request();
    let narrowing = act(&tables.owner, &request, "NarrowGrant");
    let (name, etag) = (&row.grant.value.name, row.grant.etag());
    let done = tables
        .gateway
        .narrow_grant(&narrowing, name, narrowed, &etag);
    done.await.unwrap().value
}
