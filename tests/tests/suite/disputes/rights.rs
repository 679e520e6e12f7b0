//! Who may do what about a dispute, again and at once; and the command.

use api::registry::v1 as registry;
use api::sharing::v1 as pb;
use api::sharing::v1::dispute::State;
use kit::together;
use kit::world::answer::refused;
use kit::world::story::{signed_off, submitted};
use kit::world::terms::application;
use kit::world::{Client, ask, new_id};

use super::{
    STATEMENT, Sides, TERMS, accept, decide, done, escalate, give_up, propose, raise, ruling,
    withdraw,
};

async fn listed(who: &Client, request: pb::ListDisputesRequest) -> Vec<String> {
    let found = who.disputes().list_disputes(ask(request)).await;
    let found = found.unwrap().into_inner().disputes.into_iter();
    found.map(|one| one.name).collect()
}

async fn all(who: &Client) -> Vec<String> {
    listed(who, pb::ListDisputesRequest::default()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stranger_finds_nothing_and_the_wrong_role_is_told_so() {
    let sides = Sides::meet().await;
    let (user, owner, leader) = (&sides.user, sides.owner(), sides.leader());
    let stranger = sides.story.world.enrol_officer("市教育局", "zhou").await;
    let hidden = refused(raise(&stranger, &sides.grant).await);
    assert_eq!(hidden.reason, "NOT_FOUND");
    let raised = done(raise(user, &sides.grant).await);
    let name = raised.name.as_str();
    for answer in [
        propose(&stranger, name).await,
        accept(&stranger, name).await,
        give_up(&stranger, name).await,
        escalate(&stranger, name).await,
        withdraw(&stranger, name).await,
    ] {
        assert_eq!(refused(answer).reason, "NOT_FOUND");
    }
    let get = || pb::GetDisputeRequest {
        name: name.to_owned(),
    };
    let told = refused(stranger.disputes().get_dispute(ask(get())).await);
    assert_eq!(told.reason, "NOT_FOUND");
    assert!(all(&stranger).await.is_empty());
    for who in [user, owner, leader, &sides.story.auditor] {
        let seen = who.disputes().get_dispute(ask(get())).await.unwrap();
        assert_eq!(seen.into_inner().statement, STATEMENT);
        assert_eq!(all(who).await, [name]);
    }
    // Who only decides takes no part in the negotiation, and no party decides.
    assert_eq!(
        refused(propose(leader, name).await).reason,
        "ROLE_NOT_ALLOWED"
    );
    for who in [user, owner, &stranger, &sides.story.auditor] {
        let told = refused(decide(who, ruling(name)).await);
        assert_eq!(told.reason, "ROLE_NOT_ALLOWED");
    }
    assert_eq!(
        refused(withdraw(owner, name).await).reason,
        "ROLE_NOT_ALLOWED"
    );
    let withdrawn = done(withdraw(user, name).await);
    assert_eq!(withdrawn.state(), State::Withdrawn);
    assert_eq!(withdrawn.withdraw_reason, "已自行解决");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_party_has_one_open_dispute_about_the_same_thing() {
    let sides = Sides::meet().await;
    let (user, owner) = (&sides.user, sides.owner());
    let first = done(raise(user, &sides.grant).await);
    let second = refused(raise(user, &sides.grant).await);
    assert_eq!(second.reason, "STATE_CONFLICT");
    assert!(second.message.contains(&first.name), "{}", second.message);
    let others = done(raise(owner, &sides.grant).await);
    assert_eq!(others.department, first.other_department);
    done(withdraw(user, &first.name).await);
    done(raise(user, &sides.grant).await);
    let about = pb::ListDisputesRequest {
        subject: sides.grant.clone(),
        states: vec![State::Withdrawn.into()],
        ..pb::ListDisputesRequest::default()
    };
    assert_eq!(listed(owner, about).await, [first.name]);
    let wrong = pb::ListDisputesRequest {
        subject: "systems/x".to_owned(),
        states: vec![99],
        ..pb::ListDisputesRequest::default()
    };
    let told = refused(owner.disputes().list_disputes(ask(wrong)).await);
    assert_eq!(told.fields(), ["subject", "states[0]"]);

    // An application is disputed once the other side knows of it.
    let terms = || pb::Application {
        consumer: "systems/enterprise-registry".to_owned(),
        ..application(&sides.story.resource)
    };
    let kept = signed_off(user, terms()).await;
    let own = refused(raise(user, &kept).await);
    assert!(
        own.of_field("dispute.subject")
            .starts_with("NOT_HANDED_OVER")
    );
    assert_eq!(refused(raise(owner, &kept).await).reason, "NOT_FOUND");
    let handed_over = submitted(user, terms()).await;
    let raised = done(raise(user, &handed_over).await);
    assert_eq!(raised.subject, handed_over);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_request_is_one_dispute_and_a_stale_etag_changes_nothing() {
    let sides = Sides::meet().await;
    let user = &sides.user;
    let request = pb::CreateDisputeRequest {
        dispute: Some(pb::Dispute {
            subject: sides.grant.clone(),
            statement: STATEMENT.to_owned(),
            ..pb::Dispute::default()
        }),
        request_id: new_id(),
        validate_only: false,
    };
    let checked = pb::CreateDisputeRequest {
        request_id: new_id(),
        validate_only: true,
        ..request.clone()
    };
    done(user.disputes().create_dispute(ask(checked)).await);
    assert!(all(user).await.is_empty());
    let create = async || done(user.disputes().create_dispute(ask(request.clone())).await);
    let first = create().await;
    for again in together((0..4).map(|_| create())).await {
        assert_eq!(again, first);
    }
    done(propose(sides.owner(), &first.name).await);
    let stale = pb::DeclineSettlementRequest {
        name: first.name.clone(),
        reason: "不同意".to_owned(),
        request_id: new_id(),
        etag: first.etag.clone(),
    };
    let told = refused(user.disputes().decline_settlement(ask(stale)).await);
    assert_eq!(told.reason, "ETAG_MISMATCH");
    let nothing = pb::CreateDisputeRequest {
        dispute: Some(pb::Dispute {
            statement: "长".repeat(1001),
            ..pb::Dispute::default()
        }),
        ..pb::CreateDisputeRequest::default()
    };
    let told = refused(user.disputes().create_dispute(ask(nothing)).await);
    let fields = ["request_id", "dispute.subject", "dispute.statement"];
    assert_eq!(told.fields(), fields);
    let empty = refused(decide(sides.leader(), pb::DecideDisputeRequest::default()).await);
    let fields = ["request_id", "name", "favour", "text", "document"];
    assert_eq!(empty.fields(), fields);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_goes_the_whole_way() {
    let sides = Sides::meet().await;
    let run = |who: &Client, words: &[&str]| {
        let words = [&["--output", "json", "disputes"], words].concat();
        let ran = sides.story.world.shuqiaoctl(who, &words);
        assert_eq!(ran.code, 0, "{ran:?}");
        ran.json()
    };
    let (user, owner, leader) = (&sides.user, sides.owner(), sides.leader());
    let raised = run(user, &["raise", &sides.grant, "--statement", STATEMENT]);
    let name = raised["name"].as_str().unwrap().to_owned();
    let name = name.as_str();
    run(owner, &["propose", name, "--terms", TERMS]);
    run(user, &["decline", name, "--reason", "时间过长"]);
    run(owner, &["give-up", name]);
    run(user, &["escalate", name]);
    let words = ["decide", name, "--favour", "other", "--text", "维持现状"];
    let words = [&words[..], &["--document", "邵数协〔2026〕4号"]].concat();
    assert_eq!(run(leader, &words)["state"], "coordinated");
    assert_eq!(run(user, &["escalate", name])["level"], 3);
    let listed = run(
        owner,
        &["list", "--state", "deciding", "--about", &sides.grant],
    );
    assert_eq!(listed["name"], name);
    // Who took it further does not undo what was decided.
    let words = ["disputes", "withdraw", name, "--reason", "不再争议"];
    let undone = sides.story.world.shuqiaoctl(user, &words);
    assert_eq!(undone.code, 1);
    assert!(
        undone.told.contains("legal now: DecideDispute"),
        "{undone:?}"
    );
    let words = ["decide", name, "--favour", "other", "--text", "维持原决定"];
    let document = ["--document", "邵政函〔2026〕9号", "--document-date"];
    let today = today();
    let words = [&words[..], &document[..], &[today.as_str()]].concat();
    assert_eq!(run(leader, &words)["state"], "decided");
    let shown = sides
        .story
        .world
        .shuqiaoctl(user, &["disputes", "show", name]);
    assert_eq!(shown.line("state"), ["state", "decided"]);
    assert!(shown.said.contains("维持现状"), "{}", shown.said);
    let other = raise(owner, &sides.grant).await;
    let other = done(other).name;
    run(user, &["propose", &other, "--terms", TERMS]);
    assert_eq!(run(owner, &["accept", &other])["state"], "settled");
    let early = sides
        .story
        .world
        .shuqiaoctl(owner, &["disputes", "escalate", &other]);
    assert_eq!(early.code, 1);
    assert!(early.told.contains("dispute.state"), "{}", early.told);
    done_by_now(&sides).await;
}

fn today() -> String {
    let now = broker::clock::Clock::now(&broker::clock::SystemClock);
    domain::policy::shaoyang_date(now).to_string()
}

/// Each dispute came to its end.
async fn done_by_now(sides: &Sides) {
    let open = pb::ListDisputesRequest {
        states: vec![State::Negotiating.into(), State::Deciding.into()],
        ..pb::ListDisputesRequest::default()
    };
    assert!(listed(sides.leader(), open).await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_who_take_it_further_at_once_one_does() {
    let sides = Sides::meet().await;
    let (user, owner) = (&sides.user, sides.owner());
    let raised = done(raise(user, &sides.grant).await);
    let name = raised.name.as_str();
    done(give_up(user, name).await);
    done(give_up(owner, name).await);
    let (one, other) = tokio::join!(escalate(user, name), escalate(owner, name));
    let late = match (one, other) {
        (Ok(_), Err(late)) | (Err(late), Ok(_)) => refused::<pb::Dispute>(Err(late)),
        (one, other) => panic!("{one:?} {other:?}"),
    };
    assert_eq!(
        late.legal,
        ["coordinating", "DecideDispute,WithdrawDispute"]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_merger_takes_disputes_and_complaints_along() {
    let sides = Sides::meet().await;
    let (user, owner) = (&sides.user, sides.owner());
    let raised = done(raise(owner, &sides.grant).await);
    let enter = pb::CreateComplaintRequest {
        complaint: Some(pb::Complaint {
            kind: pb::complaint::Kind::Other.into(),
            department: raised.department.clone(),
            statement: "窗口未予更正".to_owned(),
            ..pb::Complaint::default()
        }),
        request_id: new_id(),
        validate_only: false,
    };
    let entered = owner.complaints().create_complaint(ask(enter)).await;
    let complaint = entered.unwrap().into_inner().complaint.unwrap();
    assert_eq!(complaint.responsible, raised.department);
    let world = &sides.story.world;
    let successor = world.register_department("市人社局").await;
    let merger = registry::MergeDepartmentRequest {
        name: raised.department.clone(),
        successor: successor.clone(),
        valid_until: "2026-01-31".to_owned(),
        document: "邵编发〔2026〕1号（虚构）".to_owned(),
        request_id: new_id(),
        etag: String::new(),
    };
    let mut departments = world.operator.departments();
    departments.merge_department(ask(merger)).await.unwrap();

    let heir = world.enrol_officer("市人社局", "heir").await;
    let proposed = done(propose(user, &raised.name).await);
    assert_eq!(
        (&proposed.department, &proposed.waits_for),
        (&successor, &successor)
    );
    assert_eq!(
        done(accept(&heir, &raised.name).await).state(),
        State::Settled
    );
    let get = pb::GetComplaintRequest {
        name: complaint.name,
    };
    let seen = heir.complaints().get_complaint(ask(get)).await.unwrap();
    let seen = seen.into_inner();
    assert_eq!(
        (&seen.responsible, &seen.entering_department),
        (&successor, &successor)
    );
    assert_eq!(seen.statement, "窗口未予更正");
}
