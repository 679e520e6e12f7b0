//! The score of an entry follows what happens, and a change of what is served is told to who is concerned.

use api::catalogue::v1 as catalogue;
use api::registry::v1 as registry;
use http::Method;
use kit::folder::Folder;
use kit::world::answer::{made, refused};
use kit::world::conformed::request;
use kit::world::json::Speaks;
use kit::world::persons::{NOBODY, PERSON, Persons};
use kit::world::story::{Story, publish};
use kit::world::{Client, World, ask, new_id};
use ledger::entry::Kind;
use sandbox::provider::Behaviour;

/// Looks at a list of drifts are bounded by the time that the list itself takes.
const LOOKS: usize = 6000;

async fn quality(who: &Client, name: &str) -> catalogue::ResourceQuality {
    let request = catalogue::GetResourceQualityRequest {
        name: name.to_owned(),
    };
    let answer = who.resources().get_resource_quality(ask(request)).await;
    answer.unwrap().into_inner()
}

/// The points of a part; none where it does not apply.
fn points(quality: &catalogue::ResourceQuality, key: &str) -> Option<i32> {
    let part = quality.parts.iter().find(|part| part.key == key)?;
    assert_eq!(part.points == 100, part.lacks.is_empty(), "{part:?}");
    Some(part.points)
}

/// The drift of an entry, once it is known.
async fn until_drifting(who: &Client, name: &str) -> catalogue::ResourceDrift {
    for _ in 0..LOOKS {
        if let Some(found) = who
            .drifts()
            .await
            .into_iter()
            .find(|one| one.resource == name)
        {
            return found;
        }
    }
    panic!("{name} does not drift");
}

/// The service passes the conformance kit: its answer is what later ones are held against.
async fn conform(persons: &Persons) {
    let path = |id: &str| {
        Some(registry::SampleQuestion {
            json: Vec::new(),
            path: format!("/persons/{id}"),
        })
    };
    let sample = registry::ConformanceSample {
        resource: persons.grant.resource.clone(),
        calls: vec![registry::SampleCall {
            method: "GET /persons/{id}".to_owned(),
            found: path("430502190102030017"),
            absent: path(NOBODY),
        }],
        ..registry::ConformanceSample::default()
    };
    let run = request("systems/social-security/endpoints/http", vec![sample]);
    let run = persons.owner.endpoints().check_conformance(ask(run)).await;
    assert!(run.unwrap().into_inner().passed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_score_follows_what_happens() {
    let mut story = Story::of_marriages().await;
    let name = story.resource.name.clone();
    let first = quality(&story.platform, &name).await;
    assert!(first.assumed && !first.source.is_empty());
    assert_eq!(points(&first, "answering"), Some(100));
    assert_eq!(points(&first, "matching"), Some(0), "never tried");
    story.conform().await;
    let tried = quality(&story.owner, &name).await;
    assert_eq!(points(&tried, "matching"), Some(100));
    assert!(tried.score > first.score);

    story.provider.stop().await;
    story
        .owner
        .probe("systems/marriage-registry/endpoints/main")
        .await;
    let down = quality(&story.owner, &name).await;
    assert_eq!(points(&down, "answering"), Some(0));
    assert!(down.score < tried.score);

    // As of when the data is, its department says; not of a time to come, and not backwards.
    let report = |seconds: i64| catalogue::ReportResourceUpdateRequest {
        name: name.clone(),
        data_time: Some(prost_types::Timestamp { seconds, nanos: 0 }),
        request_id: new_id(),
    };
    let asked = report(1_700_000_000);
    for _ in 0..2 {
        let told = story
            .owner
            .resources()
            .report_resource_update(ask(asked.clone()))
            .await;
        let told = told.unwrap().into_inner();
        assert_eq!(told.data_time, asked.data_time);
    }
    for (seconds, code) in [(4_102_444_800, "IN_FUTURE"), (1_600_000_000, "NOT_LATER")] {
        let answer = story
            .owner
            .resources()
            .report_resource_update(ask(report(seconds)))
            .await;
        assert!(refused(answer).of_field("data_time").contains(code));
    }
}

/// One page of scores.
async fn worst(
    who: &Client,
    request: catalogue::ListResourceQualitiesRequest,
) -> catalogue::ListResourceQualitiesResponse {
    let answer = who.resources().list_resource_qualities(ask(request)).await;
    answer.unwrap().into_inner()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_entries_are_listed_with_the_worst_first() {
    use catalogue::resource_quality::Grade;
    let story = Story::of_marriages().await;
    story.conform().await;
    let good = story.resource.name.clone();
    let mut other = story.resource.clone();
    other.name = "resources/105001-000077".to_owned();
    other.title = "婚姻登记历史档案".to_owned();
    other.certificate_type = String::new();
    other.share_modes = vec![catalogue::ShareMode::Table.into()];
    publish(&story.owner, &story.publisher, &other).await;
    // A draft stands in no catalogue.
    let mut draft = other.clone();
    draft.name = "resources/105001-000078".to_owned();
    draft.title = "婚姻登记草稿".to_owned();
    let request = catalogue::CreateResourceRequest {
        resource: Some(draft),
        request_id: new_id(),
        validate_only: false,
    };
    made(story.owner.resources().create_resource(ask(request)).await);

    let all = worst(&story.platform, Default::default()).await;
    let listed: Vec<&str> = all.qualities.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(listed, [other.name.as_str(), &good]);
    let counted = (all.poor_count, all.fair_count, all.good_count);
    assert_eq!(counted.0 + counted.1 + counted.2, 2);
    for one in &all.qualities {
        let alone = quality(&story.platform, &one.name).await;
        assert_eq!((one.score, &one.parts), (alone.score, &alone.parts));
        assert!(!one.title.is_empty() && !one.department.is_empty());
    }
    // What there is to do at the endpoint is told to whom it concerns.
    let lacks = |page: &catalogue::ListResourceQualitiesResponse| {
        page.qualities[0]
            .parts
            .iter()
            .flat_map(|part| part.lacks.clone())
            .collect::<Vec<_>>()
    };
    let own = worst(&story.owner, Default::default()).await;
    let endpoint = "let the endpoint pass the conformance kit with it".to_owned();
    assert!(lacks(&own).contains(&endpoint));
    let bystander = story.world.enrol_officer("市教育局", "zhou").await;
    let theirs = worst(&bystander, Default::default()).await;
    assert_eq!(theirs.qualities.len(), 2);
    assert!(!lacks(&theirs).contains(&endpoint));

    // By pages, by grade and by department.
    let by_one = |token: &str| catalogue::ListResourceQualitiesRequest {
        page_size: 1,
        page_token: token.to_owned(),
        ..Default::default()
    };
    let first = worst(&story.owner, by_one("")).await;
    let second = worst(&story.owner, by_one(&first.next_page_token)).await;
    assert_eq!(second.qualities[0].name, good);
    assert_eq!(second.next_page_token, "");
    let of_grade = |grade: Grade| catalogue::ListResourceQualitiesRequest {
        grade: grade.into(),
        ..Default::default()
    };
    let poor = worst(&story.owner, of_grade(Grade::Poor)).await;
    assert_eq!(poor.qualities.len(), usize::try_from(counted.0).unwrap());
    assert!(poor.qualities.iter().all(|one| one.grade() == Grade::Poor));
    let elsewhere = catalogue::ListResourceQualitiesRequest {
        department: story.world.register_department("市卫健委").await,
        ..Default::default()
    };
    assert_eq!(worst(&story.owner, elsewhere).await, Default::default());
    let mut misused = of_grade(Grade::Fair);
    misused.page_token = first.next_page_token.clone();
    let answer = story
        .owner
        .resources()
        .list_resource_qualities(ask(misused))
        .await;
    assert!(
        refused(answer)
            .of_field("page_token")
            .contains("PAGE_TOKEN_INVALID")
    );

    let ran = story
        .world
        .shuqiaoctl(&story.owner, &["catalogue", "quality"]);
    let place = |name: &str| ran.said.find(name).unwrap();
    assert!(place(&other.name) < place(&good), "{}", ran.said);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_grade_that_falls_is_recorded_without_anybody_asking() {
    use catalogue::resource_quality::Grade;
    let folder = Folder::new("grades");
    let world = World::open_with(folder, None, None, "probe_interval_s = 1\n").await;
    let mut story = Story::of_marriages_in(world).await;
    let name = story.resource.name.clone();
    story.conform().await;
    let risen = until_recorded(&story.owner, &name, |grade| grade > Grade::Poor).await;
    story.provider.stop().await;
    let fallen = until_recorded(&story.owner, &name, |grade| grade < risen).await;
    let auditor = story.world.enrol_auditor("shen").await;
    let entries = auditor.entries().await;
    let changed = "catalogue.resource.quality_changed";
    let told: Vec<_> = entries
        .iter()
        .filter(|entry| matches!(entry.kind(), Kind::Change { event } if event == changed))
        .map(|entry| entry.facts().text("grade").unwrap().to_owned())
        .collect();
    let words = [risen, fallen].map(|grade| {
        let word = grade.as_str_name().trim_start_matches("GRADE_");
        word.to_ascii_lowercase()
    });
    assert_eq!(told, words);
}

/// The grade that is recorded, once it is one of these.
async fn until_recorded(
    who: &Client,
    name: &str,
    is: impl Fn(catalogue::resource_quality::Grade) -> bool,
) -> catalogue::resource_quality::Grade {
    for _ in 0..20 * LOOKS {
        let recorded = quality(who, name).await.recorded_grade();
        if is(recorded) {
            return recorded;
        }
    }
    panic!("{name} keeps its grade");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_renamed_field_in_live_traffic_is_told_to_owner_and_grant_holders() {
    let persons = Persons::granting(&["name"]).await;
    let name = persons.grant.resource.clone();
    conform(&persons).await;
    let call = async || {
        let path = "/social-security/persons/430502190102030017";
        persons
            .ask(Speaks::Http2, Method::GET, path, "30S", "")
            .await
    };
    assert_eq!(call().await.code, 200);
    assert_eq!(persons.owner.drifts().await, []);

    persons.answer_with(&PERSON.replace("\"name\": \"测试甲\"", "\"fullName\": \"测试甲\""));
    let bystander = persons.world.enrol_officer("市教育局", "zhou").await;
    let mut found = Vec::new();
    for _ in 0..LOOKS {
        // Each entry is looked at about once a second; the consumer's calls go on.
        assert_eq!(call().await.code, 200);
        found = persons.owner.drifts().await;
        if !found.is_empty() {
            break;
        }
    }
    let [drift] = found.as_slice() else {
        panic!("{found:?}")
    };
    assert_eq!(drift.resource, name);
    assert_eq!(drift.seen_in(), catalogue::resource_drift::SeenIn::Traffic);
    let [change] = drift.changes.as_slice() else {
        panic!("{drift:?}")
    };
    assert_eq!(change.kind(), catalogue::drift_change::Kind::Renamed);
    assert_eq!(
        (change.path.as_str(), change.seen.as_str()),
        ("person.name", "person.fullName")
    );
    // The consumer is told as well, and nobody whom it does not concern.
    assert_eq!(persons.platform.drifts().await, found);
    assert_eq!(persons.auditor.drifts().await, found);
    assert_eq!(bystander.drifts().await, []);
    assert_eq!(quality(&bystander, &name).await.drift, None);
    assert_eq!(
        points(&quality(&persons.owner, &name).await, "matching"),
        Some(0)
    );
    // It stands among what waits for both, and goes with it.
    let waits = async |who: &Client| {
        let found = who
            .work_items()
            .list_work_items(ask(Default::default()))
            .await;
        let found = found.unwrap().into_inner().work_items.into_iter();
        let drifts = found.filter(|item| item.kind() == catalogue::work_item::Kind::EntryDrifts);
        drifts.map(|item| item.about).collect::<Vec<_>>()
    };
    for who in [&persons.owner, &persons.platform] {
        assert!(waits(who).await.contains(&name));
    }
    assert_eq!(waits(&bystander).await, Vec::<String>::new());
    // Recorded once, with the grant that it concerns.
    let entries = persons.auditor.entries().await;
    let told: Vec<_> = entries
        .iter()
        .filter(|entry| entry.facts().text("seen_in") == Some("traffic"))
        .collect();
    assert_eq!(told.len(), 1);
    let ran = persons
        .world
        .shuqiaoctl(&persons.owner, &["catalogue", "drift"]);
    assert_eq!(ran.code, 1, "{}", ran.told);
    assert!(ran.said.contains("person.fullName"), "{}", ran.said);

    // As it was, and tried again: it is over.
    persons.answer_with(PERSON);
    conform(&persons).await;
    assert_eq!(persons.owner.drifts().await, []);
    assert_eq!(waits(&persons.owner).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_of_another_type_are_told_though_none_of_them_leaves() {
    let story = Story::of_enterprises().await;
    story
        .provider
        .running()
        .set_behaviour(Behaviour::MistypedItem);
    let (rows, ended) = story.read(story.read_request(10)).await;
    assert!(rows.is_empty() && ended.is_err());
    let drift = until_drifting(&story.owner, &story.resource.name).await;
    assert!(!drift.changes.is_empty());
    for change in &drift.changes {
        assert_eq!(change.kind(), catalogue::drift_change::Kind::Retyped);
        assert!(change.registered.starts_with("data type "), "{change:?}");
    }
    let quality = quality(&story.owner, &story.resource.name).await;
    assert_eq!(quality.drift.unwrap().resource, story.resource.name);
}
