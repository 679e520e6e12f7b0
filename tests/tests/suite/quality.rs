//! The score of an entry follows what happens, and a change of what is served is told to who is concerned.

use api::catalogue::v1 as catalogue;
use api::registry::v1 as registry;
use http::Method;
use kit::world::answer::refused;
use kit::world::conformed::request;
use kit::world::json::Speaks;
use kit::world::persons::{NOBODY, PERSON, Persons};
use kit::world::story::Story;
use kit::world::{Client, ask, new_id};
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
