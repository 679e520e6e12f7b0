//! Misuse: stopped, ordered to be put right, reported, judged by somebody else; and what becomes of the data in the end.

use api::catalogue::v1::work_item::Kind as Item;
use api::sharing::v1 as sharing;
use api::sharing::v1::grant::State;
use domain::policy::shaoyang_date;
use kit::world::answer::{Told, refused};
use kit::world::story::Story;
use kit::world::{Client, ask, new_id};
use sandbox::people;
use tonic::{Response, Status};

use super::read;
use crate::disputes::Sides;

fn in_days(days: i64) -> String {
    let now = broker::clock::Clock::now(&broker::clock::SystemClock);
    (shaoyang_date(now) + jiff::Span::new().days(days)).to_string()
}

async fn order(
    who: &Client,
    story: &Story,
    due_date: String,
) -> Result<Response<sharing::Grant>, Status> {
    let request = sharing::OrderRectificationRequest {
        name: story.grant.name.clone(),
        misuse: "把查询结果另存后提供给第三方".to_owned(),
        due_date,
        request_id: new_id(),
        etag: String::new(),
    };
    who.grants().order_rectification(ask(request)).await
}

async fn report(who: &Client, story: &Story) -> Result<Response<sharing::Grant>, Status> {
    let request = sharing::ReportRectificationRequest {
        name: story.grant.name.clone(),
        statement: "已收回并删除副本，停用导出功能".to_owned(),
        request_id: new_id(),
        etag: String::new(),
    };
    who.grants().report_rectification(ask(request)).await
}

async fn resume(who: &Client, story: &Story) -> Result<Response<sharing::Grant>, Status> {
    let request = sharing::ResumeGrantRequest {
        name: story.grant.name.clone(),
        request_id: new_id(),
    };
    who.grants().resume_grant(ask(request)).await
}

async fn dispose(
    who: &Client,
    story: &Story,
    done_on: String,
) -> Result<Response<sharing::Grant>, Status> {
    let request = sharing::StateDisposalRequest {
        name: story.grant.name.clone(),
        statement: "全部数据及副本已删除".to_owned(),
        done_on,
        request_id: new_id(),
        etag: String::new(),
    };
    who.grants().state_disposal(ask(request)).await
}

/// Whether something of a kind waits for whoever asks about the grant.
async fn waits(who: &Client, story: &Story, kind: Item) -> bool {
    let items = who.waiting(&story.grant.name).await;
    items.iter().any(|item| item.kind() == kind)
}

/// The methods that are legal in place of a refused one.
fn legal(status: &Status) -> String {
    use tonic_types::StatusExt as _;
    let details = status.get_error_details();
    let info = details.error_info().unwrap();
    info.metadata.get("legal").cloned().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_misuse_stops_the_grant_until_it_was_put_right_and_somebody_else_says_so() {
    let story = Story::of_marriages().await;
    let second = story.owner.colleague().await;
    let ordered = order(&story.owner, &story, in_days(7)).await.unwrap();
    let ordered = ordered.into_inner();
    assert_eq!(ordered.state(), State::Suspended);
    let rectification = ordered.rectification.clone().unwrap();
    assert_eq!(rectification.due_date, in_days(7));
    assert_eq!(rectification.due_rule, "CN-2025-809 RECTIFY 27");
    let told = refused(story.lookup(&people::HUSBAND).await);
    assert_eq!(told.reason, "GRANT_SUSPENDED");
    assert!(waits(&story.applicant, &story, Item::RectifyUse).await);

    // Nobody gets out of it by giving the grant up, or by the operator's hand.
    let less = sharing::LesserTerms {
        items: story.grant.items[..1].to_vec(),
        ..sharing::LesserTerms::default()
    };
    let narrowed = super::narrow(&story.applicant, &story.grant, less, "").await;
    assert_eq!(refused(narrowed).rule, "grant.state");
    let operator = refused(resume(&story.world.operator, &story).await);
    assert_eq!(operator.reason, "ROLE_NOT_ALLOWED");

    // Nothing was reported yet.
    let early = resume(second, &story).await.unwrap_err();
    assert_eq!(Told::of(&early).rule, "grant.report-first");
    assert_eq!(legal(&early), "ReportRectification,RevokeGrant");
    report(&story.applicant, &story).await.unwrap();
    assert!(waits(&story.owner, &story, Item::JudgeRectification).await);
    assert!(!waits(&story.applicant, &story, Item::RectifyUse).await);

    let reject = sharing::RejectRectificationRequest {
        name: story.grant.name.clone(),
        reason: "未说明第三方如何删除".to_owned(),
        due_date: in_days(3),
        request_id: new_id(),
        etag: String::new(),
    };
    let rejected = second.grants().reject_rectification(ask(reject)).await;
    let rectification = rejected.unwrap().into_inner().rectification.unwrap();
    assert_eq!(rectification.due_date, in_days(3));
    assert_eq!(rectification.reports[0].rejection, "未说明第三方如何删除");
    report(&story.applicant, &story).await.unwrap();

    let same = refused(resume(&story.owner, &story).await);
    assert_eq!(same.reason, "SECOND_PERSON_NEEDED");
    let resumed = resume(second, &story).await.unwrap().into_inner();
    assert_eq!(resumed.state(), State::Active);
    assert_eq!(resumed.rectification, None);
    story.lookup(&people::HUSBAND).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_day_to_put_it_right_lies_ahead_and_not_too_far() {
    let story = Story::of_marriages().await;
    for days in [-1, 0, 91] {
        let told = refused(order(&story.owner, &story, in_days(days)).await);
        assert_eq!(told.fields(), ["due_date"], "{days}");
    }
    assert_eq!(read(&story.owner, &story).await.state(), State::Active);
    // The farthest day that may be set.
    order(&story.owner, &story, in_days(90)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_became_of_the_data_is_stated_after_the_end() {
    let story = Story::of_marriages().await;
    let early = dispose(&story.applicant, &story, in_days(0)).await;
    assert_eq!(Told::of(&early.unwrap_err()).rule, "grant.state");
    let revoke = sharing::RevokeGrantRequest {
        name: story.grant.name.clone(),
        reason: "不再需要".to_owned(),
        request_id: new_id(),
        disposal_demand: "三日内删除全部副本".to_owned(),
    };
    story
        .owner
        .grants()
        .revoke_grant(ask(revoke))
        .await
        .unwrap();
    assert!(waits(&story.applicant, &story, Item::StateDisposal).await);
    let ahead = refused(dispose(&story.applicant, &story, in_days(1)).await);
    assert_eq!(ahead.fields(), ["done_on"]);
    let foreign = refused(dispose(&story.owner, &story, in_days(0)).await);
    assert_eq!(foreign.reason, "ROLE_NOT_ALLOWED");
    let stated = dispose(&story.applicant, &story, in_days(0)).await.unwrap();
    let stated = stated.into_inner();
    assert_eq!(stated.disposal_demand, "三日内删除全部副本");
    assert_eq!(stated.disposal.unwrap().done_on, in_days(0));
    assert_eq!(stated.legal_methods, Vec::<String>::new());
    assert!(!waits(&story.applicant, &story, Item::StateDisposal).await);
    let twice = dispose(&story.applicant, &story, in_days(0)).await;
    assert_eq!(Told::of(&twice.unwrap_err()).rule, "grant.disposal-once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_competent_department_ordered_it_alone_judges() {
    let sides = Sides::meet().await;
    let (owner, leader) = (sides.owner(), sides.leader());
    let Sides { story, user, grant } = &sides;
    let request = sharing::OrderRectificationRequest {
        name: grant.clone(),
        misuse: "超出办件范围查询".to_owned(),
        due_date: in_days(7),
        request_id: new_id(),
        etag: String::new(),
    };
    leader
        .grants()
        .order_rectification(ask(request))
        .await
        .unwrap();
    let request = sharing::ReportRectificationRequest {
        name: grant.clone(),
        statement: "已停止".to_owned(),
        request_id: new_id(),
        etag: String::new(),
    };
    user.grants()
        .report_rectification(ask(request))
        .await
        .unwrap();
    let reject = || sharing::RejectRectificationRequest {
        name: grant.clone(),
        reason: "未附清单".to_owned(),
        due_date: in_days(3),
        request_id: new_id(),
        etag: String::new(),
    };
    let resume = || sharing::ResumeGrantRequest {
        name: grant.clone(),
        request_id: new_id(),
    };
    for foreign in [owner, &story.world.operator] {
        let told = refused(foreign.grants().reject_rectification(ask(reject())).await);
        assert_eq!(told.reason, "ROLE_NOT_ALLOWED");
        let told = refused(foreign.grants().resume_grant(ask(resume())).await);
        assert_eq!(told.reason, "ROLE_NOT_ALLOWED");
    }
    // It reads what it judges, and lets it go on by another person than who ordered.
    let get = sharing::GetGrantRequest {
        name: grant.clone(),
    };
    let read = leader
        .grants()
        .get_grant(ask(get))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(read.rectification.unwrap().reports[0].statement, "已停止");
    let same = refused(leader.grants().resume_grant(ask(resume())).await);
    assert_eq!(same.reason, "SECOND_PERSON_NEEDED");
    let second = leader.colleague().await;
    let resumed = second.grants().resume_grant(ask(resume())).await.unwrap();
    assert_eq!(resumed.into_inner().state(), State::Active);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_competent_department_orders_nothing_in_its_own_cause() {
    let story = Story::of_marriages().await;
    // Here it is the consumer itself.
    for who in [&story.publisher, &story.applicant] {
        let told = refused(order(who, &story, in_days(7)).await);
        assert_eq!(told.reason, "ROLE_NOT_ALLOWED");
    }
}
