//! Each level over TLS: what is said, whose turn it is, what is told and kept of it.

use api::catalogue::v1::work_item::Kind;
use api::registry::v1 as registry;
use api::sharing::v1 as pb;
use api::sharing::v1::dispute::{Favour, State};
use kit::world::answer::refused;
use kit::world::{Client, ask, new_id};
use prost_types::FieldMask;

use super::{
    DOCUMENT, RULING, STATEMENT, Sides, TERMS, accept, decide, decline, done, escalate, give_up,
    propose, raise, ruling, waits, withdraw,
};

/// Names of the events about disputes that somebody is told, oldest first.
async fn told(who: &Client) -> Vec<String> {
    let request = pb::ListEventsRequest {
        filter: Some(pb::EventFilter {
            kinds: vec!["sharing.dispute".to_owned()],
            ..pb::EventFilter::default()
        }),
        ..pb::ListEventsRequest::default()
    };
    let found = who.events().list_events(ask(request)).await;
    let events = found.unwrap().into_inner().events.into_iter();
    events
        .map(|event| {
            for text in [STATEMENT, TERMS, RULING] {
                assert!(!format!("{event:?}").contains(text));
            }
            let name = event.name.strip_prefix("sharing.dispute.").unwrap();
            name.to_owned()
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parties_that_agree_settle_it_between_themselves() {
    let sides = Sides::meet().await;
    let (user, owner) = (&sides.user, sides.owner());
    let raised = done(raise(user, &sides.grant).await);
    let name = raised.name.as_str();
    assert_eq!((raised.state(), raised.level), (State::Negotiating, 1));
    // Where the notice of the next year is missing there is no last day yet, and always the rule.
    assert!(raised.due_rule.contains("DISP-1"));
    assert_eq!(raised.waits_for, raised.other_department);
    assert_eq!(
        raised.legal_methods,
        ["ProposeSettlement", "GiveUpNegotiation", "WithdrawDispute"]
    );
    let provider = &raised.other_department;
    assert_eq!(waits(owner, provider, name).await, [Kind::NegotiateDispute]);
    assert_eq!(waits(user, &raised.department, name).await, []);

    let proposed = done(propose(owner, name).await);
    assert_eq!(proposed.waits_for, raised.department);
    let own = refused(accept(owner, name).await);
    assert_eq!(own.rule, "dispute.other-party");
    let declined = done(decline(user, name).await);
    assert_eq!(declined.proposals[0].reason, "时间过长");
    done(propose(user, name).await);
    let settled = done(accept(owner, name).await);
    assert_eq!((settled.state(), settled.level), (State::Settled, 1));
    assert_eq!(settled.proposals[1].terms, TERMS);
    assert!(settled.legal_methods.is_empty() && settled.due_date.is_empty());
    assert_eq!(waits(owner, provider, name).await, []);
    let late = refused(withdraw(user, name).await);
    assert_eq!(
        (late.reason.as_str(), late.rule.as_str()),
        ("STATE_CONFLICT", "dispute.state")
    );
    assert_eq!(late.legal, ["settled", ""]);

    // The grant is as it was.
    let request = pb::GetGrantRequest {
        name: sides.grant.clone(),
    };
    let grant = user.grants().get_grant(ask(request)).await.unwrap();
    assert_eq!(grant.into_inner().state(), pb::grant::State::Active);
    let expected = [
        "raised",
        "settlement_proposed",
        "settlement_declined",
        "settlement_proposed",
        "settled",
    ];
    for who in [user, owner, sides.leader(), &sides.story.auditor] {
        assert_eq!(told(who).await, expected);
    }
    let bystander = sides.story.world.enrol_officer("市教育局", "zhou").await;
    assert!(told(&bystander).await.is_empty());
    nothing_is_kept(&sides).await;
}

/// What people wrote stands in no entry and in no log.
async fn nothing_is_kept(sides: &Sides) {
    let log = sides.story.world.log();
    let bodies = sides.story.auditor.entry_bodies().await;
    for text in [STATEMENT, TERMS, RULING] {
        assert!(!log.contains(text), "{text}");
        for body in &bodies {
            assert!(!String::from_utf8_lossy(body).contains(text), "{text}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_negotiated_in_vain_is_decided_on_two_further_levels() {
    let sides = Sides::meet().await;
    let (user, owner, leader) = (&sides.user, sides.owner(), sides.leader());
    let raised = done(raise(user, &sides.grant).await);
    let name = raised.name.as_str();
    let early = refused(escalate(user, name).await);
    assert_eq!(
        (early.reason.as_str(), early.rule.as_str()),
        ("STATE_CONFLICT", "dispute.negotiate-first")
    );
    let legal = "ProposeSettlement,GiveUpNegotiation,WithdrawDispute";
    assert_eq!(early.legal, ["negotiating", legal]);
    let unasked = refused(decide(leader, ruling(name)).await);
    assert_eq!(unasked.rule, "dispute.state");
    done(give_up(user, name).await);
    let again = refused(give_up(user, name).await);
    assert_eq!(again.rule, "dispute.said-already");
    let failed = done(give_up(owner, name).await);
    assert_eq!(failed.given_up.len(), 2);

    let second = done(escalate(owner, name).await);
    assert_eq!((second.state(), second.level), (State::Coordinating, 2));
    assert!(second.due_rule.contains("DISP-2"));
    let competent = second.waits_for.clone();
    assert_eq!(waits(leader, &competent, name).await, [Kind::DecideDispute]);
    let coordinated = done(decide(leader, ruling(name)).await);
    assert_eq!(
        (coordinated.state(), coordinated.level),
        (State::Coordinated, 2)
    );
    assert_eq!(coordinated.waits_for, raised.other_department);
    assert_eq!(coordinated.legal_methods, ["EscalateDispute"]);
    assert!(coordinated.due_rule.contains("DISP-ESC") && !coordinated.overdue);
    for (who, department) in [
        (user, &raised.department),
        (owner, &raised.other_department),
    ] {
        assert_eq!(
            waits(who, department, name).await,
            [Kind::TakeDisputeFurther]
        );
    }
    let decided = refused(withdraw(user, name).await);
    assert_eq!(decided.legal, ["coordinated", "EscalateDispute"]);

    let third = done(escalate(owner, name).await);
    assert_eq!((third.state(), third.level), (State::Deciding, 3));
    assert!(third.due_rule.contains("DISP-3"));
    let undated = refused(decide(leader, ruling(name)).await);
    assert_eq!(undated.fields(), ["document_date"]);
    let ahead = pb::DecideDisputeRequest {
        document_date: "2999-01-04".to_owned(),
        ..ruling(name)
    };
    let ahead = refused(decide(leader, ahead).await);
    assert!(ahead.of_field("document_date").starts_with("OUT_OF_RANGE"));
    let of_government = pb::DecideDisputeRequest {
        favour: Favour::Partly.into(),
        document_date: "2026-03-20".to_owned(),
        document: "邵政决〔2026〕1号".to_owned(),
        ..ruling(name)
    };
    let last = done(decide(leader, of_government).await);
    assert_eq!((last.state(), last.level), (State::Decided, 3));
    let rulings: Vec<_> = last
        .rulings
        .iter()
        .map(|one| (one.level, one.favour()))
        .collect();
    assert_eq!(rulings, [(2, Favour::Raiser), (3, Favour::Partly)]);
    assert_eq!(last.rulings[0].document, DOCUMENT);
    assert_eq!(last.escalations.len(), 2);
    assert_eq!(refused(escalate(user, name).await).legal, ["decided", ""]);
    let expected = [
        "raised",
        "given_up",
        "given_up",
        "escalated",
        "decided",
        "escalated",
        "decided",
    ];
    for who in [user, owner, leader] {
        assert_eq!(told(who).await, expected);
    }
    nothing_is_kept(&sides).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_coordinates_in_their_own_cause() {
    let sides = Sides::meet().await;
    // Who applied for the platform is of the competent department.
    let (party, owner) = (&sides.story.applicant, sides.owner());
    let raised = done(raise(owner, &sides.story.grant.name).await);
    let name = raised.name.as_str();
    done(propose(party, name).await);
    done(decline(owner, name).await);
    done(escalate(owner, name).await);
    let own = refused(decide(sides.leader(), ruling(name)).await);
    assert!(
        own.of_field("forwarded_to").starts_with("REQUIRED"),
        "{own:?}"
    );
    let forwarded = pb::DecideDisputeRequest {
        forwarded_to: "湖南省数据局".to_owned(),
        ..ruling(name)
    };
    let decided = done(decide(sides.leader(), forwarded).await);
    assert_eq!(decided.rulings[0].forwarded_to, "湖南省数据局");
    let entries = sides.story.auditor.entries().await;
    let facts = entries.last().unwrap().facts();
    assert_eq!(facts.text("forwarded_to"), Some("湖南省数据局"));
    assert_eq!(facts.text("favour"), Some("raiser"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parties_of_different_areas_have_a_common_superior() {
    let sides = Sides::meet().await;
    let (user, owner, leader) = (&sides.user, sides.owner(), sides.leader());
    let raised = done(raise(user, &sides.grant).await);
    let name = raised.name.as_str();
    for (department, area) in [
        (&raised.department, "430502"),
        (&raised.other_department, "430503"),
    ] {
        let request = registry::UpdateDepartmentRequest {
            department: Some(registry::Department {
                name: department.clone(),
                area: area.to_owned(),
                ..registry::Department::default()
            }),
            update_mask: Some(FieldMask {
                paths: vec!["area".to_owned()],
            }),
            request_id: new_id(),
        };
        let mut departments = sides.story.world.operator.departments();
        departments.update_department(ask(request)).await.unwrap();
    }
    done(give_up(user, name).await);
    done(give_up(owner, name).await);
    done(escalate(user, name).await);
    let alone = refused(decide(leader, ruling(name)).await);
    let told = alone.of_field("forwarded_to");
    assert!(told.contains("different areas"), "{told}");
    let forwarded = pb::DecideDisputeRequest {
        forwarded_to: "邵阳市数据局".to_owned(),
        ..ruling(name)
    };
    let decided = done(decide(leader, forwarded).await);
    assert_eq!(decided.state(), State::Coordinated);
    // The people's government decides itself.
    done(escalate(owner, name).await);
    let twice = refused(
        decide(
            leader,
            pb::DecideDisputeRequest {
                forwarded_to: "邵阳市数据局".to_owned(),
                ..ruling(name)
            },
        )
        .await,
    );
    assert_eq!(twice.fields(), ["document_date", "forwarded_to"]);
}
