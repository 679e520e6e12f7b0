//! Records of use: the consumer makes them, both sides read them, and what the gateway counted stands beside.

use api::sharing::v1 as sharing;
use jiff::ToSpan as _;
use jiff::civil::Date;
use kit::world::answer::refused;
use kit::world::story::Story;
use kit::world::{Client, ask, new_id};
use ledger::entry::Kind;
use sandbox::people;
use tonic::{Response, Status};

use super::record_of;

async fn make(
    who: &Client,
    record: sharing::UseRecord,
    request_id: &str,
) -> Result<Response<sharing::UseRecord>, Status> {
    let request = sharing::CreateUseRecordRequest {
        use_record: Some(record),
        request_id: request_id.to_owned(),
        validate_only: false,
    };
    who.use_records().create_use_record(ask(request)).await
}

async fn records(who: &Client, grant: &str) -> Vec<sharing::UseRecord> {
    let request = sharing::ListUseRecordsRequest {
        grant: grant.to_owned(),
        ..sharing::ListUseRecordsRequest::default()
    };
    let found = who.use_records().list_use_records(ask(request)).await;
    found.unwrap().into_inner().use_records
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_stands_beside_what_the_gateway_counted_and_is_made_once() {
    let story = Story::of_marriages().await;
    for _ in 0..2 {
        story.lookup(&people::HUSBAND).await.unwrap();
    }
    let (id, record) = (new_id(), record_of(&story));
    let dry = sharing::CreateUseRecordRequest {
        use_record: Some(record.clone()),
        request_id: new_id(),
        validate_only: true,
    };
    let mut client = story.applicant.use_records();
    let tried = client.create_use_record(ask(dry)).await.unwrap();
    assert_eq!(tried.into_inner().counted_calls, 2);
    assert_eq!(records(&story.owner, "").await, []);
    let made = make(&story.applicant, record.clone(), &id).await.unwrap();
    let made = made.into_inner();
    assert_eq!((made.counted_calls, made.counted_rows), (2, 2));
    assert_eq!((made.grant_version, &made.effect), (1, &record.effect));
    let until: Date = made.until_date.parse().unwrap();
    assert_eq!(made.kept_until_date, (until + 3.years()).to_string());
    assert!(made.kept_rule.contains("RECORD 29"), "{}", made.kept_rule);
    // Lost and sent again it is the same one, and what was used since does not change it.
    story.lookup(&people::HUSBAND).await.unwrap();
    let again = make(&story.applicant, record, &id).await.unwrap();
    assert_eq!(again.into_inner(), made);
    for who in [&story.owner, &story.platform, &story.auditor] {
        assert_eq!(
            records(who, &story.grant.name).await,
            std::slice::from_ref(&made)
        );
        assert_eq!(records(who, "").await.len(), 1);
    }
    let entries = story.auditor.entries().await;
    let is_of = |kind: &Kind| matches!(kind, Kind::Change { event } if event == "sharing.use_record.created");
    let told: Vec<_> = entries.iter().filter(|entry| is_of(entry.kind())).collect();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].facts().text("use_record"), Some(made.name.as_str()));
    assert_eq!(
        told[0].facts().text("grant"),
        Some(story.grant.name.as_str())
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_of_a_record_is_told_at_once_and_nothing_is_kept() {
    let story = Story::of_marriages().await;
    let empty = sharing::UseRecord {
        grant: story.grant.name.clone(),
        since_date: "gestern".to_owned(),
        ..sharing::UseRecord::default()
    };
    let told = refused(make(&story.applicant, empty, &new_id()).await);
    let fields = [
        "since_date",
        "until_date",
        "scene",
        "process",
        "effect",
        "storage",
        "destruction",
    ];
    let fields = fields.map(|field| format!("use_record.{field}"));
    assert_eq!(told.fields(), fields);
    let early = sharing::UseRecord {
        since_date: "2020-01-01".to_owned(),
        until_date: "2099-01-01".to_owned(),
        ..record_of(&story)
    };
    let told = refused(make(&story.applicant, early, &new_id()).await);
    assert_eq!(
        told.fields(),
        ["use_record.until_date", "use_record.since_date"]
    );
    assert_eq!(records(&story.auditor, "").await, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_consumer_records_and_only_the_parties_inspect() {
    let story = Story::of_marriages().await;
    let told = refused(make(&story.owner, record_of(&story), &new_id()).await);
    assert_eq!(told.reason, "ROLE_NOT_ALLOWED");
    let stranger = story.world.enrol_officer("市教育局", "zhou").await;
    let told = refused(make(&stranger, record_of(&story), &new_id()).await);
    assert_eq!(told.reason, "NOT_FOUND");
    let made = make(&story.applicant, record_of(&story), &new_id()).await;
    let name = made.unwrap().into_inner().name;
    let request = sharing::GetUseRecordRequest { name };
    let hidden = stranger.use_records().get_use_record(ask(request)).await;
    assert_eq!(refused(hidden).reason, "NOT_FOUND");
    assert_eq!(records(&stranger, &story.grant.name).await, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_is_made_and_inspected_on_the_command_line() {
    let story = Story::of_marriages().await;
    let record = record_of(&story);
    let (world, grant) = (&story.world, story.grant.name.as_str());
    let create = [
        "use-records",
        "create",
        grant,
        "--since",
        &record.since_date,
        "--until",
        &record.until_date,
        "--scene",
        &record.scene,
        "--process",
        &record.process,
        "--effect",
        &record.effect,
        "--storage",
        &record.storage,
        "--destruction",
        &record.destruction,
    ];
    let ran = world.shuqiaoctl(&story.applicant, &create);
    assert_eq!(ran.code, 0, "{ran:?}");
    let name = ran.line("record")[1].to_owned();
    let show = ["use-records", "show", &name];
    let shown = world.shuqiaoctl(&story.owner, &show);
    assert_eq!(shown.line("destruction")[1], record.destruction);
    assert!(shown.line("kept").join(" ").contains("until"), "{shown:?}");
    let list = ["use-records", "list", "--grant", grant, "--output", "json"];
    let ran = world.shuqiaoctl(&story.auditor, &list);
    assert_eq!(ran.json()["name"], name.as_str());
}
