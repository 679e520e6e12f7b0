//! What waits for whom stands in one list, with its last day, until it was done.

use std::slice::from_ref;

use api::catalogue::v1 as pb;
use api::catalogue::v1::work_item::Kind;
use domain::regime::Rule;
use kit::law::due_today;
use kit::world::answer::{made, refused};
use kit::world::story::{Story, agree, sign_off, submitted};
use kit::world::terms::application;
use kit::world::{Client, ask, new_id};

async fn items(who: &Client, request: pb::ListWorkItemsRequest) -> pb::ListWorkItemsResponse {
    let answer = who.work_items().list_work_items(ask(request)).await;
    answer.unwrap().into_inner()
}

/// Kind and subject of what waits for somebody's department.
async fn waits(who: &Client) -> Vec<(Kind, String)> {
    let found = items(who, pb::ListWorkItemsRequest::default()).await;
    assert_eq!(
        usize::try_from(found.total_count),
        Ok(found.work_items.len())
    );
    let found = found.work_items.into_iter();
    found.map(|item| (item.kind(), item.about)).collect()
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
    sign_off(&story.owner, &name).await;
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
    let all = items(&story.auditor, pb::ListWorkItemsRequest::default()).await;
    let [review, note] = all.work_items.as_slice() else {
        panic!("{all:?}")
    };
    assert!(review.rule.contains("CAT-REV"), "{review:?}");
    assert_eq!(review.due_date, due_today(Rule::CatalogueReview));
    assert_eq!(note.due_date, due_today(Rule::GiveNotice));
    assert!(!note.what.is_empty());
    assert_eq!(review.title, story.resource.title);
    assert!(!review.overdue && all.overdue_count == 0);
    let of = |department: &str| pb::ListWorkItemsRequest {
        department: department.to_owned(),
        ..Default::default()
    };
    let theirs = items(&story.auditor, of(&note.department)).await;
    assert_eq!(theirs.work_items, all.work_items);
    let elsewhere = story.world.register_department("市卫健委").await;
    let nothing = items(&story.auditor, of(&elsewhere)).await;
    assert_eq!(nothing, pb::ListWorkItemsResponse::default());
    let overdue = pb::ListWorkItemsRequest {
        overdue_only: true,
        ..Default::default()
    };
    assert_eq!(items(&story.auditor, overdue).await.work_items, []);
    let by_one = |token: &str| pb::ListWorkItemsRequest {
        page_size: 1,
        page_token: token.to_owned(),
        ..Default::default()
    };
    let first = items(&story.auditor, by_one("")).await;
    let second = items(&story.auditor, by_one(&first.next_page_token)).await;
    assert_eq!(first.work_items.as_slice(), from_ref(review));
    assert_eq!(second.work_items.as_slice(), from_ref(note));
    assert_eq!(
        (second.next_page_token.as_str(), second.total_count),
        ("", 2)
    );
    let bad = story
        .auditor
        .work_items()
        .list_work_items(ask(by_one("x")))
        .await;
    assert!(
        refused(bad)
            .of_field("page_token")
            .contains("PAGE_TOKEN_INVALID")
    );

    let ran = story.world.shuqiaoctl(&story.applicant, &["work-items"]);
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
    // One holder is of the competent department, which sees more than its own; the other is not.
    story.world.register_system("social-security").await;
    let other = story.world.enrol_officer("市人社局", "sun").await;
    let terms = api::sharing::v1::Application {
        consumer: "systems/social-security".to_owned(),
        ..application(&story.resource)
    };
    agree(&other, &story.owner, terms).await;
    let bystander = story.world.enrol_officer("市教育局", "zhou").await;
    let name = register_next(&story).await;
    let note = (Kind::AcknowledgeChange, name.clone());
    assert_eq!(waits(&other).await.as_slice(), from_ref(&note));

    let request = pb::SuspendResourceRequest {
        name: name.clone(),
        reason: "数据核查".to_owned(),
        request_id: new_id(),
        etag: String::new(),
    };
    made(story.owner.resources().suspend_resource(ask(request)).await);
    let stopped = (Kind::EntrySuspended, name.clone());
    assert_eq!(waits(&other).await, [note.clone(), stopped.clone()]);
    let request = pb::RetireResourceRequest {
        name: name.clone(),
        reason: "业务停办".to_owned(),
        last_day: "2099-12-31".to_owned(),
        request_id: new_id(),
        etag: String::new(),
    };
    made(story.owner.resources().retire_resource(ask(request)).await);
    let retires = (Kind::EntryRetires, name.clone());
    assert_eq!(
        waits(&other).await,
        [note.clone(), retires.clone(), stopped.clone()]
    );
    // The competent department sees of both holders the change, and that the entry stops of its own alone.
    let review = (Kind::ReviewEntry, name);
    let expected = [review, note.clone(), note, retires, stopped];
    assert_eq!(waits(&story.publisher).await, expected);
    assert_eq!(waits(&story.auditor).await.len(), 7);
    for who in [&story.owner, &bystander] {
        assert_eq!(waits(who).await, []);
    }
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
