//! A watch from its first message to its end.

use std::time::Duration;

use api::registry::v1::RevokeTlsCertificateRequest;
use api::sharing::v1 as pb;
use api::sharing::v1::watch_events_request::Start;
use kit::databases::Database;
use kit::folder::Folder;
use kit::world::answer::{Told, refused};
use kit::world::story::{Story, agree};
use kit::world::terms::application;
use kit::world::{World, ask, new_id};
use sandbox::client::with_deadline;

use super::{listed, names, next, resume, revoke, suspend, watch};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_sides_are_told_as_it_happens_and_nobody_else() {
    let story = Story::of_marriages().await;
    let bystander = story.world.enrol_officer("市教育局", "zhou").await;
    let sharing = ["sharing"];
    let now = || Start::FromNow(true);
    let (mut platform, _) = watch(&story.platform, now(), &sharing).await;
    let (mut owner, _) = watch(&story.owner, now(), &sharing).await;
    let (mut nobody, _) = watch(&bystander, now(), &sharing).await;
    let grant = agree(&story.applicant, &story.owner, application(&story.resource)).await;
    suspend(&story, &story.owner).await;

    let mut told = Vec::new();
    for _ in 0..6 {
        told.push(next(&mut platform).await);
    }
    let expected = [
        "sharing.application.created",
        "sharing.application.signed_off",
        "sharing.application.submitted",
        "sharing.application.approved",
        "sharing.grant.created",
        "sharing.grant.suspended",
    ];
    assert_eq!(names(&told), expected);
    assert_eq!(told[4].about["grant"], grant.name);
    let suspended = &told[5];
    assert_eq!(suspended.about["grant"], story.grant.name);
    assert_eq!(suspended.about["consumer"], story.grant.consumer);
    assert_eq!(suspended.facts["state"], "suspended");
    assert_eq!(suspended.title, "a grant was suspended");
    assert!(!suspended.about.contains_key("actor") && !suspended.facts.contains_key("reason"));
    // Until it was handed over it was the applicant's own matter, and what one of the provider's people proposed is theirs.
    let mut seen = Vec::new();
    for _ in 0..5 {
        seen.push(next(&mut owner).await);
    }
    let proposed = "sharing.application.approval_proposed";
    let own = [&expected[2..3], &[proposed], &expected[3..]].concat();
    assert_eq!(names(&seen), own);
    let entries = story.applicant.entries().await;
    let is_proposed = |entry: &ledger::entry::Entry| matches!(entry.kind(), ledger::entry::Kind::Change { event } if event == proposed);
    assert!(!entries.iter().any(is_proposed), "nor do the entries tell");
    // The bystander hears of what is its own, and of nothing before it.
    let own = story.world.register_system("education-credentials").await;
    let (mut own_department, _) =
        watch(&bystander, Start::Since(epoch()), &["registry.system"]).await;
    assert_eq!(next(&mut own_department).await.about["system"], own);
    assert_eq!(listed(&bystander, &sharing).await, []);
    drop(story.world.terminate());
    let last = nobody.message().await;
    assert!(!matches!(
        last,
        Ok(Some(pb::WatchEventsResponse { event: Some(_), .. }))
    ));
}

fn epoch() -> prost_types::Timestamp {
    prost_types::Timestamp::default()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_was_cut_off_goes_on_by_its_cursor() {
    let story = Story::of_marriages().await;
    let platform = &story.platform;
    let (mut first, begin) = watch(platform, Start::FromNow(true), &["sharing.grant"]).await;
    suspend(&story, &story.owner).await;
    let told = next(&mut first).await;
    drop(first);
    // Unheard of while nobody listens.
    resume(&story, &story.world.operator).await;
    let (mut second, _) = watch(platform, Start::Cursor(told.cursor.clone()), &[]).await;
    assert_eq!(next(&mut second).await.name, "sharing.grant.resumed");
    revoke(&story, &story.owner).await;
    assert_eq!(next(&mut second).await.name, "sharing.grant.revoked");

    // From the first cursor all comes again, in the same words.
    let (mut again, _) = watch(platform, Start::Cursor(begin), &["sharing.grant"]).await;
    assert_eq!(next(&mut again).await, told);
    assert_eq!(next(&mut again).await.name, "sharing.grant.resumed");
    assert_eq!(next(&mut again).await.name, "sharing.grant.revoked");

    // After a restart too, which the watch is told of in order.
    drop((second, told));
    let identity = platform.identity.clone();
    let (well, folder) = story.world.terminate();
    assert!(well, "a watch does not hold a stop up");
    assert!(again.message().await.is_ok_and(|message| message.is_none()));
    let world = World::open(folder).await;
    let platform = world.connect(identity).await;
    let all = listed(&platform, &["sharing.grant"]).await;
    let ends = ["suspended", "resumed", "revoked"];
    let last: Vec<_> = names(&all)[all.len() - 3..].to_vec();
    assert_eq!(last, ends.map(|end| format!("sharing.grant.{end}")));
    let (mut third, _) = watch(
        &platform,
        Start::Cursor(all[0].cursor.clone()),
        &["sharing.grant"],
    )
    .await;
    assert_eq!(next(&mut third).await, all[1]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watch_ends_with_its_certificate_and_a_bad_start_is_refused() {
    let story = Story::of_marriages().await;
    let platform = &story.platform;
    let (mut watching, cursor) = watch(platform, Start::FromNow(true), &[]).await;
    for (start, field) in [
        (None, "start"),
        (Some(Start::FromNow(false)), "start"),
        (Some(Start::Cursor("0.1".to_owned())), "cursor"),
        (Some(Start::Cursor(String::new())), "cursor"),
    ] {
        let request = pb::WatchEventsRequest {
            start,
            filter: None,
        };
        let told = refused(platform.events().watch_events(ask(request)).await);
        assert_eq!(told.reason, "REQUEST_INVALID", "{field}");
    }
    // A cursor is its own caller's.
    let request = pb::WatchEventsRequest {
        start: Some(Start::Cursor(cursor)),
        filter: None,
    };
    let told = refused(story.owner.events().watch_events(ask(request)).await);
    assert_eq!(told.reason, "REQUEST_INVALID");

    let request = RevokeTlsCertificateRequest {
        name: platform.certificate_name(),
        reason: "密钥外泄".to_owned(),
        request_id: new_id(),
        renewals: false,
    };
    let mut enrolment = story.world.operator.enrolment();
    enrolment
        .revoke_tls_certificate(ask(request))
        .await
        .unwrap();
    let status = loop {
        match watching.message().await {
            Ok(message) => assert!(message.is_some(), "it ended without a reason"),
            Err(status) => break status,
        }
    };
    assert_eq!(Told::of(&status).reason, "TLS_CERTIFICATE_REVOKED");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watch_ends_in_order_before_its_deadline() {
    let story = Story::of_marriages().await;
    let request = pb::WatchEventsRequest {
        start: Some(Start::FromNow(true)),
        filter: None,
    };
    let request = with_deadline(request, Duration::from_secs(2));
    let mut events = story.platform.events();
    let mut watch = events.watch_events(request).await.unwrap().into_inner();
    while let Some(message) = watch.message().await.unwrap() {
        assert_eq!(message.event, None);
    }
}

kit::on_each_database!(what_one_gateway_changes_another_tells);

async fn what_one_gateway_changes_another_tells(database: &Database) {
    let url = database.url_text();
    let first = World::open_on(Folder::new("one"), Some(&url), None).await;
    let story = Story::of_marriages_in(first).await;
    let copy = story.world.folder().copy("two");
    let second = World::open_on(copy, Some(&url), None).await;
    let elsewhere = second.connect(story.platform.identity.clone()).await;
    let (mut there, _) = watch(&elsewhere, Start::FromNow(true), &["sharing.grant"]).await;
    suspend(&story, &story.owner).await;
    let told = next(&mut there).await;
    assert_eq!(told.name, "sharing.grant.suspended");
    // The cursor of one is good on the other.
    resume(&story, &story.world.operator).await;
    let (mut here, _) = watch(&story.platform, Start::Cursor(told.cursor), &[]).await;
    assert_eq!(next(&mut here).await.name, "sharing.grant.resumed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn holders_are_told_of_what_their_grants_are_on() {
    let story = Story::of_marriages().await;
    let (mut platform, _) = watch(
        &story.platform,
        Start::FromNow(true),
        &["catalogue", "registry"],
    )
    .await;
    let (mut stranger, _) = {
        let stranger = story.world.enrol_system("enterprise-registry").await;
        watch(
            &stranger,
            Start::FromNow(true),
            &["catalogue", "registry.endpoint"],
        )
        .await
    };
    let request = api::catalogue::v1::SuspendResourceRequest {
        name: story.resource.name.clone(),
        reason: "数据有误".to_owned(),
        request_id: new_id(),
        etag: String::new(),
    };
    let mut resources = story.owner.resources();
    resources.suspend_resource(ask(request)).await.unwrap();
    let told = next(&mut platform).await;
    assert_eq!(told.name, "catalogue.resource.suspended");
    assert_eq!(told.about["resource"], story.resource.name);
    let now = broker::clock::Clock::now(&broker::clock::SystemClock);
    let start = now.as_second() + 3600;
    let at = |seconds| Some(prost_types::Timestamp { seconds, nanos: 0 });
    let request = api::registry::v1::AnnounceMaintenanceRequest {
        name: "systems/marriage-registry/endpoints/main".to_owned(),
        maintenance: Some(api::registry::v1::Maintenance {
            start_time: at(start),
            end_time: at(start + 3600),
            reason: "更换存储设备".to_owned(),
        }),
        request_id: new_id(),
    };
    let mut endpoints = story.provider.client.endpoints();
    endpoints.announce_maintenance(ask(request)).await.unwrap();
    let told = next(&mut platform).await;
    assert_eq!(told.name, "registry.endpoint.maintenance_announced");
    assert!(told.facts.contains_key("start") && told.facts.contains_key("end"));
    drop(story.world.terminate());
    while let Ok(Some(message)) = stranger.message().await {
        assert_eq!(message.event, None);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_event_holds_a_person_or_what_one_typed() {
    let story = Story::of_marriages().await;
    suspend(&story, &story.owner).await;
    let request = RevokeTlsCertificateRequest {
        name: story.applicant.certificate_name(),
        reason: "密钥外泄".to_owned(),
        request_id: new_id(),
        renewals: false,
    };
    let mut enrolment = story.world.operator.enrolment();
    enrolment
        .revoke_tls_certificate(ask(request))
        .await
        .unwrap();
    let request = api::registry::v1::SuspendSystemRequest {
        name: "systems/marriage-registry".to_owned(),
        reason: "检修设备".to_owned(),
        request_id: new_id(),
    };
    let mut systems = story.world.operator.systems();
    systems.suspend_system(ask(request)).await.unwrap();
    let entries = story.auditor.entry_bodies().await.concat();
    let entries = String::from_utf8(entries).unwrap();
    let told = format!("{:?}", listed(&story.auditor, &[]).await);
    for mark in ["officers/", "operators/", "检修设备"] {
        // The mark is real: the ledger holds it.
        assert!(entries.contains(mark), "{mark}");
        assert!(!told.contains(mark), "{mark}");
    }
    for typed in ["用途存疑", "密钥外泄"] {
        assert!(!told.contains(typed), "{typed}");
    }
    assert!(
        told.contains("registry.tls_certificate.revoked")
            && told.contains("registry.system.suspended")
    );
}
