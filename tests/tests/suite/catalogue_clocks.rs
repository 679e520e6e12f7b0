//! The clocks of an entry, by the calendar: until when it is reviewed, and until when whoever uses it is waited for.

use broker::{Failure, PageRequest, WorkItemFilter};
use domain::name::ResourceName;
use domain::policy::shaoyang_date;
use domain::reason::Reason;
use domain::resource::{Metadata, Resource};
use jiff::civil::date;
use jiff::{SignedDuration, Timestamp};
use kit::city;
use kit::databases::Database;
use kit::drafts::all_entries;
use kit::gateway::{TestGateway, act};
use kit::tables::{CONSUMER, PROVIDER, Tables, key};
use ledger::entry::{Entry, Kind};

kit::on_each_database!(
    a_review_is_due_by_the_law_and_the_calendar_of_the_day_it_begins,
    what_nobody_took_note_of_is_published_when_the_notice_has_ended,
    a_grant_that_was_agreed_to_later_has_a_notice_of_its_own,
);

const SECOND: SignedDuration = SignedDuration::from_secs(1);

/// Days on which an entry is signed off, in the order of time, with the last day of its review and what that rests on.
const REVIEWS: [(&str, Option<&str>, &str); 7] = [
    ("2022-06-01T12:00:00+08:00", None, "CAT-REV sets no limit"),
    // The last second of the measures of 2016, and the first one of Order 809: a Friday.
    ("2025-07-31T23:59:59+08:00", None, "CAT-REV sets no limit"),
    (
        "2025-08-01T00:00:00+08:00",
        Some("2025-08-05"),
        "CN-2025-809 CAT-REV 17",
    ),
    // A Monday.
    (
        "2025-09-22T09:00:00+08:00",
        Some("2025-09-24"),
        "CN-2025-809 CAT-REV 17",
    ),
    // A Friday before a Sunday of work.
    (
        "2025-09-26T17:00:00+08:00",
        Some("2025-09-29"),
        "CN-2025-809 CAT-REV 17",
    ),
    // The last day before a holiday of eight days.
    (
        "2025-09-30T23:59:59+08:00",
        Some("2025-10-10"),
        "CN-2025-809 CAT-REV 17",
    ),
    // A Friday before a Saturday of work.
    (
        "2025-10-10T00:00:00+08:00",
        Some("2025-10-13"),
        "CN-2025-809 CAT-REV 17",
    ),
];

fn go_to(gateway: &TestGateway, moment: &str) {
    let moment: Timestamp = moment.parse().unwrap();
    gateway.clock.advance(moment.duration_since(gateway.now()));
}

/// The people of the story with certificates of today: those of three years before have ended.
async fn enrol_anew(tables: &mut Tables) {
    let gateway = &tables.gateway;
    let operator = gateway.operator("root").await;
    let (provider, competent) = (city::owner_of(PROVIDER), city::owner_of(CONSUMER));
    tables.owner = gateway.officer(&operator, &provider, "wang").await;
    tables.publisher = gateway.officer(&operator, &competent, "li").await;
}

async fn register(tables: &Tables, name: &ResourceName) -> Resource {
    let request = tables.gateway.new_request();
    let registering = act(&tables.owner, &request, "RegisterResource");
    let registered = tables.gateway.register_resource(&registering, name, "");
    registered.await.unwrap().value
}

async fn give_back(tables: &Tables, name: &ResourceName) {
    let request = tables.gateway.new_request();
    let returning = act(&tables.publisher, &request, "ReturnResource");
    let reasons = vec![(String::new(), "再看".to_owned())];
    let returned = tables
        .gateway
        .return_resource(&returning, name, reasons, "");
    returned.await.unwrap();
}

/// Signs off a next version that leaves out an item.
async fn break_uses(tables: &Tables) -> Resource {
    let mut next = tables.resource.clone();
    next.items.retain(|item| item.key != key("note"));
    let request = tables.gateway.new_request();
    let updating = act(&tables.owner, &request, "UpdateResource");
    let updated = tables.gateway.update_resource(&updating, next, "");
    updated.await.unwrap();
    register(tables, &tables.resource.name).await
}

async fn publish(tables: &Tables) -> Result<Resource, Failure> {
    let request = tables.gateway.new_request();
    let publishing = act(&tables.publisher, &request, "PublishResource");
    let name = &tables.resource.name;
    let published = tables.gateway.publish_resource(&publishing, name, "").await;
    published.map(|row| row.value)
}

/// What waits with a last day, and whether that is over.
async fn overdue(tables: &Tables) -> Vec<(String, bool)> {
    let gateway = &tables.gateway;
    let page = PageRequest::new(0, "").unwrap();
    let filter = WorkItemFilter::default();
    let found = gateway.work_items(&tables.publisher, &filter, &page).await;
    let (found, today) = (found.unwrap(), shaoyang_date(gateway.now()));
    let late = found.rows.iter().filter(|item| item.is_overdue(today));
    assert_eq!(late.count(), found.overdue);
    let dated = found.rows.iter().filter_map(|item| {
        let due = item.due?.to_string();
        Some((due, item.is_overdue(today)))
    });
    dated.collect()
}

async fn latest(database: &Database, named: &str) -> Entry {
    let entries = all_entries(&database.open().await).await;
    let of = |entry: &Entry| matches!(entry.kind(), Kind::Change { event } if event == named);
    let mut latest = entries.into_iter().map(|stored| stored.entry).rev();
    latest.find(of).unwrap()
}

async fn a_review_is_due_by_the_law_and_the_calendar_of_the_day_it_begins(database: &Database) {
    let mut tables = Tables::start(database).await;
    let gateway = &tables.gateway;
    let name = ResourceName::from_id("102001-000777").unwrap();
    let draft = Resource {
        name: name.clone(),
        title: "企业年度报告信息".to_owned(),
        metadata: Metadata {
            share_scope: "本市政府部门".to_owned(),
            share_purpose: "办理政务服务事项".to_owned(),
            data_class: "测试".to_owned(),
            secrecy_review: "虚构数据，保密审查记录".to_owned(),
            impact_assessment: "虚构数据，影响评估记录".to_owned(),
            head_approval: "虚构数据，审签文件".to_owned(),
            ..Metadata::default()
        },
        ..city::resource("enterprise-registrations")
    };
    let request = gateway.new_request();
    let creating = act(&tables.owner, &request, "CreateResource");
    gateway.create_resource(&creating, draft).await.unwrap();
    for (moment, due, rule) in REVIEWS {
        go_to(&tables.gateway, moment);
        enrol_anew(&mut tables).await;
        let review = register(&tables, &name).await.progress.review.unwrap();
        assert_eq!(review.received, tables.gateway.now());
        let told = review.due.map(|day| day.to_string());
        assert_eq!((told.as_deref(), review.rule.as_str()), (due, rule));
        let entry = latest(database, "catalogue.resource.registered").await;
        let facts = entry.facts();
        let recorded = (facts.text("due"), facts.text("due_rule"));
        assert_eq!(recorded, (Some(due.unwrap_or_default()), Some(rule)));
        assert_eq!(facts.text("head_approval"), Some("虚构数据，审签文件"));
        give_back(&tables, &name).await;
    }
}

async fn what_nobody_took_note_of_is_published_when_the_notice_has_ended(database: &Database) {
    let tables = Tables::start(database).await;
    let gateway = &tables.gateway;
    let grant = tables.agree(None, &[]).await;
    // Signed off on 1 June, a Wednesday: ten working days, with three days of 端午节 between.
    let last_day = Some(date(2022, 6, 16));
    let signed = break_uses(&tables).await;
    assert_eq!(signed.progress.notice_ends, last_day);
    let change = gateway
        .resource_change(&tables.owner, &signed.name)
        .await
        .unwrap();
    assert_eq!(change.notice_ends, last_day);
    let hits = change.hits.iter();
    let waited: Vec<_> = hits.map(|(hit, noted)| (&hit.grant, *noted)).collect();
    assert_eq!(waited, [(&grant.name, false)]);

    for moment in ["2022-06-15T12:00:00+08:00", "2022-06-16T23:59:59+08:00"] {
        go_to(gateway, moment);
        let early = publish(&tables).await.unwrap_err();
        assert_eq!(early.reason, Reason::StateConflict, "{moment}");
        for told in [grant.name.as_str(), "or after 2022-06-16"] {
            assert!(early.message.contains(told), "{}", early.message);
        }
    }
    assert_eq!(overdue(&tables).await, [("2022-06-16".to_owned(), false)]);
    gateway.clock.advance(SECOND);
    assert_eq!(overdue(&tables).await, [("2022-06-16".to_owned(), true)]);
    let published = publish(&tables).await.unwrap();
    assert_eq!(overdue(&tables).await, []);
    assert_eq!(published.version(), Some(2));
    assert_eq!(published.items.len(), tables.resource.items.len() - 1);
    assert_eq!(published.progress.next, None);
    let entry = latest(database, "catalogue.resource.published").await;
    assert_eq!(entry.facts().integer("breaking"), Some(1));
}

async fn a_grant_that_was_agreed_to_later_has_a_notice_of_its_own(database: &Database) {
    let tables = Tables::start(database).await;
    let gateway = &tables.gateway;
    let signed = break_uses(&tables).await;
    assert_eq!(signed.progress.notice_ends, None, "it breaks no use yet");
    // A Friday: ten working days are two weeks.
    go_to(gateway, "2022-06-10T12:00:00+08:00");
    let grant = tables.agree(None, &[]).await;
    assert_eq!(shaoyang_date(grant.created), date(2022, 6, 10));
    go_to(gateway, "2022-06-24T23:59:59+08:00");
    let early = publish(&tables).await.unwrap_err();
    assert!(
        early.message.contains("or after 2022-06-24"),
        "{}",
        early.message
    );
    gateway.clock.advance(SECOND);
    assert_eq!(publish(&tables).await.unwrap().version(), Some(2));
}
