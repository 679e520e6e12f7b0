//! What is used of grants is added up from the ledger, each entry once, and what nobody used can go in one step.

use std::collections::BTreeMap;

use api::certificate::v1 as certificate;
use api::certificate::v1::create_use_code_request::Addressee;
use api::sharing::v1 as sharing;
use broker::{GrantUseRow, NarrowedGrant, UsesFilter};
use domain::fault::Faults;
use domain::filter::Filter;
use domain::grant::{Grant, UseDay};
use domain::policy::shaoyang_date;
use domain::resource::ShareMode;
use jiff::{SignedDuration, ToSpan as _};
use kit::city::SEEDS;
use kit::databases::Database;
use kit::gateway::{TestGateway, act, first_page};
use kit::tables::source::Source;
use kit::tables::{Tables, key};
use kit::world::answer::refused;
use kit::world::story::{Story, agree};
use kit::world::terms::{CASE, PLATFORM, application, purpose};
use kit::world::{ask, new_id};
use proptest::test_runner::TestRunner;
use sandbox::people;

use super::read;
use crate::tables::strategies::rows;

kit::on_each_database!(
    each_entry_is_added_up_once_whoever_adds,
    what_nobody_used_for_twenty_days_goes_in_one_step,
    a_grant_that_nobody_used_ends_in_one_step,
);

/// A table of 60 rows, and a grant on four of its items for a year from today.
async fn granted(database: &Database) -> (Tables, Source, Grant) {
    let tables = Tables::start(database).await;
    tables.gateway.load_seeds(&SEEDS).await.unwrap();
    let source = Source::sqlite();
    source
        .load(&rows(&mut TestRunner::deterministic(), 60))
        .await;
    tables.register(source.endpoint(&tables)).await.unwrap();
    let today = shaoyang_date(tables.gateway.now());
    let mut terms = tables.terms(None, &["row_id", "name", "count", "fund"]);
    (terms.start, terms.end) = (today, today + 1.year());
    let grant = tables.agree_on(terms).await;
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
    for _ in 0..3 {
        use_some(&tables).await;
        let at_once = tokio::join!(
            tables.gateway.add_up_uses(),
            other.add_up_uses(),
            tables.gateway.add_up_uses(),
        );
        at_once.0.and(at_once.1).and(at_once.2).unwrap();
    }
    let store = database.open().await;
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

async fn what_nobody_used_for_twenty_days_goes_in_one_step(database: &Database) {
    let (tables, source, grant) = granted(database).await;
    use_some(&tables).await;
    let early = uses(&tables, 20).await;
    assert!(
        !early.found.is_whole && early.proposal.is_none(),
        "too early to say"
    );
    tables
        .gateway
        .clock
        .advance(SignedDuration::from_hours(24 * 19));
    let late = uses(&tables, 20).await;
    assert_eq!(late.found.since, shaoyang_date(grant.created));
    assert_eq!((late.found.calls, late.found.busiest_calls), (1, 1));
    assert_eq!(late.found.unused_items, [key("fund")]);
    let (change, reason) = late.proposal.unwrap();
    let narrowed = NarrowedGrant {
        change,
        reason,
        consultation: Some("已与业务科协商".to_owned()),
    };
    let request = tables.gateway.new_request();
    let narrowing = act(&tables.owner, &request, "NarrowGrant");
    let etag = late.grant.etag();
    let done = tables
        .gateway
        .narrow_grant(&narrowing, &grant.name, narrowed, &etag)
        .await;
    let terms = done.unwrap().value.terms;
    assert_eq!(terms.items, ["row_id", "name", "count"].map(key));
    let most = terms.quota.rows_per_day.unwrap().get();
    assert_eq!(
        most,
        late.found.busiest_rows * 2,
        "no more rows than that were read"
    );
    let after = uses(&tables, 20).await;
    assert!(
        after.proposal.is_none() && !after.found.is_whole,
        "a version begins anew"
    );
    source.remove().await;
}

async fn a_grant_that_nobody_used_ends_in_one_step(database: &Database) {
    let (tables, source, grant) = granted(database).await;
    tables
        .gateway
        .clock
        .advance(SignedDuration::from_hours(24 * 89));
    let today = shaoyang_date(tables.gateway.now());
    let found = uses(&tables, 0).await;
    assert_eq!((found.found.calls, found.found.last), (0, None));
    let (change, _) = found.proposal.unwrap();
    assert_eq!(change.of(&grant.terms).end, today);
    assert!(
        change
            .of(&grant.terms)
            .faults_as_less(&grant.terms, "terms")
            == Faults::default()
    );
    source.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn either_side_sees_what_was_used_and_narrows_to_it_on_the_command_line() {
    let story = Story::of_marriages().await;
    let mut one = story.lookup_request(&people::HUSBAND);
    one.items = story.grant.items[..1].to_vec();
    story.send(one).await.unwrap();
    let name = story.grant.name.as_str();
    let world = &story.world;
    let list = ["grants", "uses", "--days", "1", "--output", "json"];
    for who in [&story.platform, &story.owner, &story.auditor] {
        let ran = world.shuqiaoctl(who, &list);
        assert_eq!(ran.code, 1, "something could go: {ran:?}");
        let told = ran.json();
        assert_eq!(
            (told["grant"].as_str(), told["calls"].as_i64()),
            (Some(name), Some(1))
        );
        let unused = told["unused_items"].as_array().unwrap().len();
        assert_eq!(unused, story.grant.items.len() - 1);
    }
    let by_rule = world.shuqiaoctl(&story.owner, &["grants", "uses", name]);
    assert!(
        by_rule.line(name).join(" ").contains("too early to say"),
        "{by_rule:?}"
    );
    let early = world.shuqiaoctl(&story.applicant, &["grants", "narrow-to-use", name]);
    assert_eq!(early.code, 1);
    assert!(early.told.contains("too early to say"), "{early:?}");
    let step = ["grants", "narrow-to-use", name, "--days", "1"];
    let silent = world.shuqiaoctl(&story.owner, &step);
    assert!(silent.told.contains("consultation"), "{silent:?}");
    let ran = world.shuqiaoctl(&story.applicant, &step);
    assert_eq!(ran.code, 0, "{ran:?}");
    let left = read(&story.platform, &story).await;
    assert_eq!(
        (left.version, &left.items[..]),
        (2, &story.grant.items[..1])
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_use_code_that_was_handed_out_is_a_use() {
    let story = Story::of_marriages().await;
    let issuing = sharing::Application {
        issues_use_codes: true,
        ..application(&story.resource)
    };
    let grant = agree(&story.applicant, &story.owner, issuing).await;
    let uses = async || {
        let request = sharing::ListGrantUsesRequest {
            grant: grant.name.clone(),
            days: 1,
            ..sharing::ListGrantUsesRequest::default()
        };
        let found = story.platform.grants().list_grant_uses(ask(request)).await;
        found.unwrap().into_inner().uses.remove(0)
    };
    let idle = uses().await;
    let terms = idle.proposal.unwrap().terms.unwrap();
    assert_eq!((idle.calls, terms.end_date), (0, idle.until_date));
    let code = certificate::CreateUseCodeRequest {
        holder: Some(people::HUSBAND.to_wire()),
        certificate_type: story.resource.certificate_type.clone(),
        matter: purpose().matter,
        case_number: CASE.to_owned(),
        addressee: Some(Addressee::System(format!("systems/{PLATFORM}"))),
        life_s: 0,
        request_id: new_id(),
    };
    let mut codes = story.platform.use_codes();
    codes.create_use_code(ask(code)).await.unwrap();
    let used = uses().await;
    assert_eq!(
        (used.calls, used.unused_items.len(), used.proposal),
        (1, 0, None)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn days_that_nobody_can_look_at_are_refused_and_strangers_see_nothing() {
    let story = Story::of_marriages().await;
    let request = |days: i32, grant: &str| sharing::ListGrantUsesRequest {
        days,
        grant: grant.to_owned(),
        ..sharing::ListGrantUsesRequest::default()
    };
    for days in [-1, 1097] {
        let told = story
            .owner
            .grants()
            .list_grant_uses(ask(request(days, "")))
            .await;
        assert_eq!(refused(told).fields(), ["days"]);
    }
    let stranger = story.world.enrol_system("enterprise-registry").await;
    let all = stranger.grants().list_grant_uses(ask(request(0, ""))).await;
    assert_eq!(all.unwrap().into_inner().uses, []);
    let mut grants = stranger.grants();
    let one = grants.list_grant_uses(ask(request(0, &story.grant.name)));
    assert_eq!(refused(one.await).reason, "NOT_FOUND");
}
