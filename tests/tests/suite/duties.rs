//! What waits for whom stands in one list, with its last day, until it was done.

use std::slice::from_ref;

use api::catalogue::v1 as pb;
use api::catalogue::v1::duty::Kind;
use kit::world::answer::{made, refused};
use kit::world::story::{Story, submitted};
use kit::world::terms::application;
use kit::world::{Client, ask, new_id};

async fn duties(who: &Client, request: pb::ListDutiesRequest) -> pb::ListDutiesResponse {
    let answer = who.duties().list_duties(ask(request)).await;
    answer.unwrap().into_inner()
}

/// Kind and subject of what waits for somebody's department.
async fn waits(who: &Client) -> Vec<(Kind, String)> {
    let found = duties(who, pb::ListDutiesRequest::default()).await;
    assert_eq!(usize::try_from(found.total_count), Ok(found.duties.len()));
    let found = found.duties.into_iter();
    found.map(|duty| (duty.kind(), duty.about)).collect()
}

async fn register_next(story: &Story) -> String {
    let name = story.resource.name.clone();
    let request = pb::GetResourceRequest { name: name.clone() };
    let found = story.owner.resources().get_resource(ask(request)).await;
    let mut next = found.unwrap().into_inner();
    next.items
        .retain(|item| !story.grant.items.contains(&item.key));
    next.etag.clear();
    let request = pb::UpdateResourceRequest {
        resource: Some(next),
        request_id: new_id(),
        validate_only: false,
    };
    made(story.owner.resources().update_resource(ask(request)).await);
    let request = pb::RegisterResourceRequest {
        name: name.clone(),
        request_id: new_id(),
        etag: String::new(),
    };
    made(
        story
            .owner
            .resources()
            .register_resource(ask(request))
            .await,
    );
    name
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_next_version_waits_for_its_reviewer_and_for_whom_it_breaks() {
    let story = Story::of_marriages().await;
    let bystander = story.world.enrol_officer("市教育局", "zhou").await;
    for who in [&story.owner, &story.applicant, &story.publisher] {
        assert_eq!(waits(who).await, []);
    }
    let name = register_next(&story).await;
    let review = (Kind::ReviewEntry, name.clone());
    let note = (Kind::AcknowledgeChange, name.clone());
    assert_eq!(waits(&story.owner).await, []);
    assert_eq!(waits(&bystander).await, []);
    // The earliest last day first. Who holds the grant is of the competent department here.
    let holder = &story.applicant;
    for who in [
        &story.publisher,
        holder,
        &story.auditor,
        &story.world.operator,
    ] {
        assert_eq!(waits(who).await, [review.clone(), note.clone()]);
    }
    let all = duties(&story.auditor, pb::ListDutiesRequest::default()).await;
    let [review, note] = all.duties.as_slice() else {
        panic!("{all:?}")
    };
    assert!(review.rule.contains("CAT-REV") && !review.due_date.is_empty());
    assert!(!note.due_date.is_empty() && !note.what.is_empty());
    assert_eq!(review.title, story.resource.title);
    assert!(!review.overdue && all.overdue_count == 0);
    let of = |department: &str| pb::ListDutiesRequest {
        department: department.to_owned(),
        ..Default::default()
    };
    let theirs = duties(&story.auditor, of(&note.department)).await;
    assert_eq!(theirs.duties, all.duties);
    let elsewhere = story.world.register_department("市卫健委").await;
    let nothing = duties(&story.auditor, of(&elsewhere)).await;
    assert_eq!(nothing, pb::ListDutiesResponse::default());
    let overdue = pb::ListDutiesRequest {
        overdue_only: true,
        ..Default::default()
    };
    assert_eq!(duties(&story.auditor, overdue).await.duties, []);
    let by_one = |token: &str| pb::ListDutiesRequest {
        page_size: 1,
        page_token: token.to_owned(),
        ..Default::default()
    };
    let first = duties(&story.auditor, by_one("")).await;
    let second = duties(&story.auditor, by_one(&first.next_page_token)).await;
    assert_eq!(first.duties.as_slice(), from_ref(review));
    assert_eq!(second.duties.as_slice(), from_ref(note));
    assert_eq!(
        (second.next_page_token.as_str(), second.total_count),
        ("", 2)
    );
    let bad = story.auditor.duties().list_duties(ask(by_one("x"))).await;
    assert!(
        refused(bad)
            .of_field("page_token")
            .contains("PAGE_TOKEN_INVALID")
    );

    let ran = story.world.shuqiaoctl(&story.applicant, &["duties"]);
    assert_eq!(ran.code, 0, "{}", ran.told);
    assert!(
        ran.said.contains(&name) && ran.said.contains("take note of it"),
        "{}",
        ran.said
    );

    let request = pb::AcknowledgeResourceChangeRequest {
        name: name.clone(),
        request_id: new_id(),
    };
    made(
        story
            .applicant
            .resources()
            .acknowledge_resource_change(ask(request))
            .await,
    );
    assert_eq!(
        waits(&story.applicant).await,
        [(Kind::ReviewEntry, name.clone())]
    );
    let request = pb::ReturnResourceRequest {
        name: name.clone(),
        reasons: vec![pb::ReturnReason {
            field: "items".to_owned(),
            text: "保留信息项".to_owned(),
        }],
        request_id: new_id(),
        etag: String::new(),
    };
    made(
        story
            .publisher
            .resources()
            .return_resource(ask(request))
            .await,
    );
    assert_eq!(waits(&story.owner).await, [(Kind::CorrectEntry, name)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_uses_an_entry_is_told_when_it_stops() {
    let story = Story::of_marriages().await;
    let name = story.resource.name.clone();
    let request = pb::SuspendResourceRequest {
        name: name.clone(),
        reason: "数据核查".to_owned(),
        request_id: new_id(),
        etag: String::new(),
    };
    made(story.owner.resources().suspend_resource(ask(request)).await);
    let stopped = (Kind::EntrySuspended, name.clone());
    assert_eq!(waits(&story.applicant).await.as_slice(), from_ref(&stopped));
    let request = pb::RetireResourceRequest {
        name: name.clone(),
        reason: "业务停办".to_owned(),
        last_day: "2099-12-31".to_owned(),
        request_id: new_id(),
        etag: String::new(),
    };
    made(story.owner.resources().retire_resource(ask(request)).await);
    let retires = (Kind::EntryRetires, name);
    assert_eq!(waits(&story.applicant).await, [retires, stopped]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn demands_and_applications_wait_for_who_has_to_answer() {
    let story = Story::of_marriages().await;
    let demand = pb::Demand {
        kind: pb::demand::Kind::Need.into(),
        title: "婚姻登记档案".to_owned(),
        description: "办理公租房申请时核验婚姻状况".to_owned(),
        legal_basis: "公共租赁住房管理办法第八条".to_owned(),
        ..pb::Demand::default()
    };
    let request = pb::CreateDemandRequest {
        demand: Some(demand),
        request_id: new_id(),
        validate_only: false,
    };
    let raised = story.applicant.demands().create_demand(ask(request)).await;
    let demand = raised.unwrap().into_inner().name;
    let assigned = (Kind::AssignDemand, demand.clone());
    assert!(waits(&story.publisher).await.contains(&assigned));
    assert_eq!(waits(&story.owner).await, []);
    let request = pb::GetResourceRequest {
        name: story.resource.name.clone(),
    };
    let found = story.owner.resources().get_resource(ask(request)).await;
    let request = pb::AssignDemandRequest {
        name: demand.clone(),
        owner: found.unwrap().into_inner().department,
        request_id: new_id(),
        etag: String::new(),
    };
    made(story.publisher.demands().assign_demand(ask(request)).await);
    let answer = (Kind::AnswerDemand, demand);
    assert_eq!(waits(&story.owner).await.as_slice(), from_ref(&answer));

    let applied = submitted(&story.applicant, application(&story.resource)).await;
    let found = waits(&story.owner).await;
    assert_eq!(found.len(), 2);
    assert!(found.contains(&answer));
    assert!(found.contains(&(Kind::AnswerApplication, applied)));
}
