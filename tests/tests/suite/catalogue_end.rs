//! An entry that leaves the catalogue, and applications that would use it longer.

use api::catalogue::v1 as catalogue;
use api::sharing::v1 as sharing;
use jiff::Span;
use jiff::civil::Date;
use kit::world::answer::refused;
use kit::world::story::{Story, submitted};
use kit::world::terms::application;
use kit::world::{Client, ask, new_id};

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
    let agreed = approve(&story.owner, &long, &last.to_string()).await;
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
        reason: "该目录即将停用".to_owned(),
        request_id: new_id(),
        etag: String::new(),
    };
    let mut applications = story.owner.applications();
    let refused = applications.refuse_application(ask(refuse)).await;
    refused.unwrap();
}
