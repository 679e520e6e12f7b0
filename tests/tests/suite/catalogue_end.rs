//! An entry that leaves the catalogue, and applications that would use it longer.

use api::catalogue::v1 as catalogue;
use api::sharing::v1 as sharing;
use jiff::Span;
use jiff::civil::Date;
use kit::databases::on_postgresql;
use kit::folder::Folder;
use kit::world::answer::refused;
use kit::world::story::{Story, submitted};
use kit::world::terms::application;
use kit::world::{Client, World, ask, new_id};

fn terms(story: &Story, start: Date, end: Date) -> sharing::Application {
    sharing::Application {
        start_date: start.to_string(),
        end_date: end.to_string(),
        ..application(&story.resource)
    }
}

async fn approve(
    who: &Client,
    name: &str,
    known: &str,
) -> Result<tonic::Response<sharing::ApproveApplicationResponse>, tonic::Status> {
    let request = sharing::ApproveApplicationRequest {
        name: name.to_owned(),
        request_id: new_id(),
        etag: String::new(),
        resource_last_day: known.to_owned(),
    };
    who.applications().approve_application(ask(request)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_agrees_unknowingly_to_uses_after_the_last_day() {
    let story = Story::of_marriages().await;
    let today =
        domain::policy::shaoyang_date(broker::clock::Clock::now(&broker::clock::SystemClock));
    let in_days = |days: i64| today.checked_add(Span::new().days(days)).unwrap();
    let last = in_days(40);
    let [late, long, declined] = [
        submitted(&story.applicant, terms(&story, in_days(41), in_days(90))).await,
        submitted(&story.applicant, terms(&story, today, in_days(90))).await,
        submitted(&story.applicant, terms(&story, in_days(41), in_days(60))).await,
    ];
    let retire = catalogue::RetireResourceRequest {
        name: story.resource.name.clone(),
        reason: "职责划转".to_owned(),
        last_day: last.to_string(),
        request_id: new_id(),
        etag: String::new(),
    };
    let announced = story.owner.resources().retire_resource(ask(retire)).await;
    announced.unwrap();

    let told = refused(approve(&story.owner, &late, &last.to_string()).await);
    assert_eq!(told.reason, "RESOURCE_STOPPED", "{told:?}");
    for part in [last.to_string(), in_days(41).to_string()] {
        assert!(told.message.contains(&part), "{}", told.message);
    }
    for known in ["", &in_days(41).to_string()] {
        let told = refused(approve(&story.owner, &long, known).await);
        assert_eq!(told.reason, "STATE_CONFLICT", "{told:?}");
        let advice = format!("resource_last_day = {last}");
        assert!(told.message.contains(&advice), "{}", told.message);
    }
    let told = refused(approve(&story.owner, &long, "soon").await);
    assert_eq!(told.fields(), ["resource_last_day"]);
    approve(&story.owner, &long, &last.to_string())
        .await
        .unwrap();
    // Whoever makes it count has to know it too.
    let second = story.owner.colleague().await;
    let told = refused(approve(second, &long, "").await);
    assert_eq!(told.reason, "STATE_CONFLICT", "{told:?}");
    let agreed = approve(second, &long, &last.to_string()).await;
    assert!(agreed.unwrap().into_inner().grant.is_some());
    let entries = story.auditor.entries().await;
    let approved = entries.iter().rev().find(|entry| {
        matches!(entry.kind(), ledger::entry::Kind::Change { event } if event == "sharing.application.approved")
    });
    assert_eq!(
        approved.unwrap().facts().text("resource_last_day"),
        Some(last.to_string().as_str())
    );

    // Whoever applies now is told before anybody's clock runs; what is pending can be declined.
    let request = sharing::CreateApplicationRequest {
        application: Some(terms(&story, in_days(41), in_days(90))),
        request_id: new_id(),
        validate_only: true,
    };
    let mut applications = story.applicant.applications();
    let told = refused(applications.create_application(ask(request)).await);
    let said = told.of_field("application.start_date");
    assert!(said.starts_with("ENTRY_RETIRED"), "{said}");
    let suspend = catalogue::SuspendResourceRequest {
        name: story.resource.name.clone(),
        reason: "数据核查".to_owned(),
        request_id: new_id(),
        etag: String::new(),
    };
    let stopped = story.owner.resources().suspend_resource(ask(suspend)).await;
    stopped.unwrap();
    let told = refused(approve(&story.owner, &declined, "").await);
    assert_eq!(told.reason, "RESOURCE_STOPPED", "{told:?}");
    let refuse = sharing::RefuseApplicationRequest {
        name: declined,
        ground: "no-duty".to_owned(),
        reason: "该目录即将停用".to_owned(),
        request_id: new_id(),
        ..sharing::RefuseApplicationRequest::default()
    };
    let mut applications = story.owner.applications();
    let refused = applications.refuse_application(ask(refuse)).await;
    refused.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_another_gateway_agreed_to_a_moment_ago_counts() {
    on_postgresql(async |database| {
        let url = database.url_text();
        let first = World::open_on(Folder::new("one"), Some(&url), None).await;
        let story = Story::of_marriages_in(first).await;
        let copy = story.world.folder().copy("two");
        // It looks at the store by itself once a second only.
        let seldom = "refresh_interval_ms = 1000\n";
        let second = World::open_with(copy, Some(&url), None, seldom).await;
        let owner = second.connect(story.owner.identity.clone()).await;
        let revoke = sharing::RevokeGrantRequest {
            name: story.grant.name.clone(),
            reason: "重新申请".to_owned(),
            request_id: new_id(),
            disposal_demand: String::new(),
        };
        story
            .owner
            .grants()
            .revoke_grant(ask(revoke))
            .await
            .unwrap();
        let name = submitted(&story.applicant, application(&story.resource)).await;
        kit::world::story::approved(&story.owner, &name).await;
        let recall = catalogue::RecallResourceRequest {
            name: story.resource.name.clone(),
            reason: "口径调整".to_owned(),
            request_id: new_id(),
            etag: String::new(),
        };
        let told = refused(owner.resources().recall_resource(ask(recall)).await);
        assert_eq!(told.reason, "STATE_CONFLICT", "{told:?}");
        assert!(told.message.contains("1 grants"), "{}", told.message);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_next_version_is_lost_to_no_recall_and_what_it_drops_is_not_agreed_to() {
    let story = Story::of_marriages().await;
    let revoke = sharing::RevokeGrantRequest {
        name: story.grant.name.clone(),
        reason: "重新申请".to_owned(),
        request_id: new_id(),
        disposal_demand: String::new(),
    };
    story
        .owner
        .grants()
        .revoke_grant(ask(revoke))
        .await
        .unwrap();
    let pending = submitted(&story.applicant, application(&story.resource)).await;
    let mut next = story.resource.clone();
    let gone = story.grant.items[0].clone();
    next.items.retain(|item| item.key != gone);
    let write = catalogue::UpdateResourceRequest {
        resource: Some(next),
        request_id: new_id(),
        validate_only: false,
    };
    let written = story.owner.resources().update_resource(ask(write)).await;
    written.unwrap();
    let recall = || catalogue::RecallResourceRequest {
        name: story.resource.name.clone(),
        reason: "口径调整".to_owned(),
        request_id: new_id(),
        etag: String::new(),
    };
    let told = refused(story.owner.resources().recall_resource(ask(recall())).await);
    assert!(told.message.contains("would be lost"), "{}", told.message);
    let sign = catalogue::RegisterResourceRequest {
        name: story.resource.name.clone(),
        request_id: new_id(),
        etag: String::new(),
    };
    story
        .owner
        .resources()
        .register_resource(ask(sign))
        .await
        .unwrap();
    let publish = catalogue::PublishResourceRequest {
        name: story.resource.name.clone(),
        request_id: new_id(),
        etag: String::new(),
    };
    story
        .publisher
        .resources()
        .publish_resource(ask(publish))
        .await
        .unwrap();
    // What was applied for is not there any more.
    let told = refused(approve(&story.owner, &pending, "").await);
    assert!(told.message.contains(&gone), "{}", told.message);
    assert_eq!(told.reason, "STATE_CONFLICT");
}
