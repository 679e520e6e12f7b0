//! The way of a complaint over TLS: who has to answer, what waits for whom, what the receipt tells.

use api::catalogue::v1::work_item::Kind as Waiting;
use api::sharing::v1 as pb;
use api::sharing::v1::complaint::{Kind, Outcome, State};
use kit::world::answer::refused;
use kit::world::story::Story;

use super::{
    ANSWER, CONTACT, REASON, STATEMENT, answer, assign, by_receipt, close, done, entered, forward,
    get, told_of, waits, withdraw, wrong_data,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_complaint_finds_who_answers_it_and_its_receipt_tells_the_answer() {
    let story = Story::of_marriages().await;
    let window = story.world.enrol_officer("市教育局", "zhou").await;
    let complaint = pb::Complaint {
        grant: story.grant.name.clone(),
        ..wrong_data()
    };
    let (made, receipt) = entered(&window, complaint).await;
    let name = made.name.as_str();
    assert_eq!((receipt.len(), receipt.matches('-').count()), (29, 2));
    assert_eq!(made.state(), State::Received);
    assert!(made.due_rule.contains("COMPL"));
    assert_eq!(made.statement, STATEMENT, "who entered it may read it");
    assert_eq!(made.routing[0].routed_by, "provides_grant");
    let owner = story.world.register_department("市民政局").await;
    assert_eq!(made.responsible, owner);
    assert_eq!(
        waits(&story.owner, &owner, name).await,
        [Waiting::AnswerComplaint]
    );

    let seen = done(get(&story.owner, name).await);
    assert_eq!(
        (seen.statement.as_str(), seen.contact.as_str()),
        (STATEMENT, CONTACT)
    );
    // Any other window tells how far it is.
    let other = &story.platform;
    let status = by_receipt(other, &receipt.to_lowercase()).await;
    let status = status.unwrap().into_inner();
    assert_eq!(
        (status.state(), &status.responsible),
        (State::Received, &owner)
    );
    assert_eq!(
        (&status.due_date, status.answer.as_str()),
        (&made.due_date, "")
    );
    assert!(!status.why.is_empty());

    let answered = done(answer(&story.owner, name).await);
    assert_eq!(
        (answered.state(), answered.outcome()),
        (State::Answered, Outcome::Upheld)
    );
    assert_eq!(waits(&story.owner, &owner, name).await, []);
    let entering = &made.entering_department;
    assert_eq!(
        waits(&window, entering, name).await,
        [Waiting::TellComplainant]
    );
    let late = refused(withdraw(&window, name).await);
    assert_eq!(
        (late.reason.as_str(), late.rule.as_str()),
        ("STATE_CONFLICT", "complaint.state")
    );
    assert_eq!(late.legal, ["answered", "CloseComplaint"]);
    let status = by_receipt(other, &receipt).await.unwrap().into_inner();
    assert_eq!(
        (status.answer.as_str(), status.outcome()),
        (ANSWER, Outcome::Upheld)
    );
    let closed = done(close(&window, name).await);
    assert_eq!(closed.state(), State::Closed);
    assert!(closed.legal_methods.is_empty());
    assert_eq!(waits(&window, entering, name).await, []);
    let status = by_receipt(&window, &receipt).await.unwrap().into_inner();
    assert_eq!(
        (status.state(), status.answer.as_str()),
        (State::Closed, ANSWER)
    );
    for who in [&window, &story.owner, &story.publisher, &story.auditor] {
        assert_eq!(told_of(who).await, ["entered", "answered", "closed"]);
    }
    let stranger = story.world.enrol_officer("市人社局", "wu").await;
    assert!(told_of(&stranger).await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_names_nothing_is_assigned_and_what_lies_wrong_is_passed_on() {
    let story = Story::of_marriages().await;
    let window = story.world.enrol_officer("市教育局", "zhou").await;
    let (made, receipt) = entered(&window, wrong_data()).await;
    let name = made.name.as_str();
    let (leader, owner) = (&story.publisher, &story.owner);
    let [civil, education, labour] = [
        story.world.register_department("市民政局").await,
        story.world.register_department("市教育局").await,
        story.world.register_department("市人社局").await,
    ];
    assert_eq!(made.routing[0].routed_by, "nothing_named");
    assert_eq!(refused(get(owner, name).await).reason, "NOT_FOUND");
    assert_eq!(
        refused(assign(&window, name, &civil).await).reason,
        "ROLE_NOT_ALLOWED"
    );
    let unknown = refused(assign(leader, name, "departments/11430500XY00000206").await);
    assert!(
        unknown
            .of_field("department")
            .starts_with("UNKNOWN_DEPARTMENT")
    );
    let assigned = done(assign(leader, name, &civil).await);
    assert_eq!(assigned.responsible, civil);
    assert_eq!(assigned.routing[1].reason, REASON);
    assert_eq!(
        assigned.due_date, made.due_date,
        "the person does not wait longer"
    );

    let own = refused(forward(owner, name, &civil).await);
    assert_eq!(own.rule, "complaint.to-itself");
    assert_eq!(own.legal[0], "received");
    let forwarded = done(forward(owner, name, &education).await);
    assert_eq!(forwarded.statement, "", "it is not theirs any more");
    assert_eq!(refused(get(owner, name).await).reason, "NOT_FOUND");
    let status = by_receipt(leader, &receipt).await.unwrap().into_inner();
    assert_eq!(status.responsible, education);
    let second = story.world.enrol_officer("市人社局", "wu").await;
    done(forward(&window, name, &labour).await);
    done(forward(&second, name, &education).await);
    let often = refused(forward(&window, name, &civil).await);
    assert_eq!(often.rule, "complaint.forwards");
    assert!(often.message.contains("assign"), "{}", often.message);
    done(assign(leader, name, &civil).await);
    let answered = done(answer(owner, name).await);
    assert_eq!(answered.routing.len(), 6);
    assert_eq!(done(close(owner, name).await).state(), State::Closed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_complaint_goes_where_it_belongs() {
    let story = Story::of_marriages().await;
    let window = story.world.enrol_officer("市教育局", "zhou").await;
    let civil = story.world.register_department("市民政局").await;
    let approval = story.world.register_department("市行政审批服务局").await;
    let named = |grant: bool, resource: bool, department: &str, kind: Kind| pb::Complaint {
        kind: kind.into(),
        grant: if grant {
            story.grant.name.clone()
        } else {
            String::new()
        },
        resource: if resource {
            story.resource.name.clone()
        } else {
            String::new()
        },
        department: department.to_owned(),
        ..wrong_data()
    };
    for (complaint, responsible, why) in [
        (
            named(true, true, "", Kind::Disclosure),
            &approval,
            "uses_grant",
        ),
        (
            named(true, true, "", Kind::WrongData),
            &civil,
            "provides_grant",
        ),
        (
            named(false, true, &approval, Kind::Other),
            &civil,
            "provides_entry",
        ),
        (
            named(false, false, &civil, Kind::NotServed),
            &civil,
            "named",
        ),
        (
            named(false, false, "", Kind::UnlawfulUse),
            &approval,
            "nothing_named",
        ),
    ] {
        let (made, _) = entered(&window, complaint).await;
        let found = (&made.responsible, made.routing[0].routed_by.as_str());
        assert_eq!(found, (responsible, why));
    }
}
