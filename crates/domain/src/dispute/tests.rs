//! Disputes through their levels, move by move.

use jiff::civil::{Date, date};
use proptest::prelude::*;

use super::*;
use crate::application::Statement;
use crate::clock::Clock;
use crate::fault::FaultCause as _;
use crate::name::DepartmentName;
use crate::reference::EMBEDDED;
use crate::regime::Rule;
use crate::test_world::{APPROVAL, CIVIL_AFFAIRS, at, department_name, grant};
use crate::work_item::{WorkItemKind, of_dispute};
use Party::{Consumer, Provider};
use WorkItemKind::{DecideDispute, NegotiateDispute, TakeDisputeFurther};

fn march(day: i8) -> Date {
    date(2026, 3, day)
}

fn april(day: i8) -> Date {
    date(2026, 4, day)
}

fn noon(day: Date) -> jiff::Timestamp {
    at(&format!("{day}T04:00:00Z"))
}

fn clock(rule: Rule, day: Date) -> Clock {
    let law = Law {
        regimes: &EMBEDDED.regimes,
        calendar: &EMBEDDED.calendar,
    };
    law.begin(rule, noon(day)).unwrap()
}

fn signed(day: Date) -> Signed {
    Signed {
        by: "zhang".to_owned(),
        at: noon(day),
    }
}

fn ruling(favour: Favour, day: Date) -> Ruling {
    Ruling {
        text: Statement {
            signed: signed(day),
            text: "应当提供".to_owned(),
        },
        document: "邵数协〔2026〕1号".to_owned(),
        document_date: Some(day),
        favour,
        forwarded_to: String::new(),
    }
}

/// Raised by the consumer on Monday, 2 March 2026: due on Monday the 16th.
fn raised() -> Dispute {
    let agreed = grant(1, "105001-000001");
    Dispute {
        name: DisputeName::from_id("00000000-0000-4000-8000-000000000009").unwrap(),
        subject: DisputeSubject::Grant(agreed.name),
        consumer: agreed.terms.consumer,
        resource: agreed.terms.resource,
        raiser: Consumer,
        raised: signed(march(2)),
        statement: "数据长期未更新".to_owned(),
        state: DisputeState::Negotiating(Box::new(Negotiation::begin(clock(
            Rule::Negotiate,
            march(2),
        )))),
    }
}

fn step(kind: MoveKind, day: Date, level: Level) -> Move {
    let text = || "理由".to_owned();
    match kind {
        MoveKind::Propose => Move::Propose("月底前补齐".to_owned()),
        MoveKind::Accept => Move::Accept,
        MoveKind::Decline => Move::Decline(text()),
        MoveKind::GiveUp => Move::GiveUp,
        MoveKind::Escalate => Move::Escalate(match level {
            Level::Negotiation => clock(Rule::Coordinate, day),
            Level::Coordination | Level::Government => clock(Rule::DecideFinally, day),
        }),
        MoveKind::Decide => Move::Decide(
            Box::new(ruling(Favour::Raiser, day)),
            clock(Rule::TakeFurther, day),
        ),
        MoveKind::Withdraw => Move::Withdraw(text()),
    }
}

impl Dispute {
    fn tried(&self, kind: MoveKind, party: Party, day: Date) -> Result<Self, Illegal> {
        let act = Act {
            by: "zhang",
            party,
            now: noon(day),
        };
        self.make(step(kind, day, self.state.level()), &act)
    }

    fn done(&self, kind: MoveKind, party: Party, day: Date) -> Self {
        self.tried(kind, party, day).unwrap()
    }

    fn no(&self, kind: MoveKind, party: Party, day: Date) -> &'static str {
        self.tried(kind, party, day).unwrap_err().rule.id()
    }

    fn due(&self) -> Option<Date> {
        self.state.clock().and_then(|clock| clock.due)
    }
}

fn declined() -> Dispute {
    let proposed = raised().done(MoveKind::Propose, Provider, march(3));
    proposed.done(MoveKind::Decline, Consumer, march(4))
}

fn coordinating() -> Dispute {
    declined().done(MoveKind::Escalate, Consumer, march(5))
}

/// Decided on 9 March: may be taken further until the 23rd.
fn coordinated() -> Dispute {
    coordinating().done(MoveKind::Decide, Consumer, march(9))
}

fn deciding() -> Dispute {
    coordinated().done(MoveKind::Escalate, Provider, march(20))
}

#[test]
fn a_proposal_that_the_other_party_accepts_settles_it() {
    let proposed = raised().done(MoveKind::Propose, Consumer, march(3));
    assert_eq!(
        proposed.no(MoveKind::Accept, Consumer, march(3)),
        "dispute.other-party"
    );
    let settled = proposed.done(MoveKind::Accept, Provider, march(3));
    assert_eq!(settled.state.as_str(), "settled");
    assert_eq!(settled.state.level(), Level::Negotiation);
    assert!(settled.legal(march(3)).is_empty() && settled.running().is_empty());
}

#[test]
fn negotiation_comes_first() {
    let fresh = raised();
    for party in Party::BOTH {
        assert_eq!(
            fresh.no(MoveKind::Escalate, party, march(16)),
            "dispute.negotiate-first"
        );
    }
    let proposed = fresh.done(MoveKind::Propose, Provider, march(3));
    let one_gave_up = fresh.done(MoveKind::GiveUp, Provider, march(3));
    for (case, dispute, day, legal) in [
        ("a proposal lies open", &proposed, march(16), false),
        (
            "one party alone says that it failed",
            &one_gave_up,
            march(16),
            false,
        ),
        (
            "both do",
            &one_gave_up.done(MoveKind::GiveUp, Consumer, march(3)),
            march(3),
            true,
        ),
        ("a proposal was declined", &declined(), march(4), true),
        (
            "another one lies open since",
            &declined().done(MoveKind::Propose, Consumer, march(5)),
            march(5),
            false,
        ),
        ("the last day has passed", &fresh, march(17), true),
        ("it has, whatever lies open", &proposed, march(17), true),
    ] {
        let tried = dispute.tried(MoveKind::Escalate, Consumer, day);
        assert_eq!(tried.is_ok(), legal, "{case}");
        assert_eq!(
            dispute.legal(day).contains(&MoveKind::Escalate),
            legal,
            "{case}"
        );
    }
}

#[test]
fn who_proposes_again_takes_back_that_it_failed() {
    let talking = raised().done(MoveKind::GiveUp, Consumer, march(3));
    assert_eq!(
        talking.no(MoveKind::GiveUp, Consumer, march(3)),
        "dispute.said-already"
    );
    let proposed = talking.done(MoveKind::Propose, Consumer, march(4));
    assert!(proposed.state.negotiation().given_up.is_empty());
    assert_eq!(
        proposed.no(MoveKind::GiveUp, Provider, march(4)),
        "dispute.open-proposal"
    );
}

#[test]
fn ten_proposals_are_enough() {
    let mut dispute = raised();
    for round in 0..MOST_PROPOSALS {
        let by = Party::BOTH[round % 2];
        dispute = dispute.done(MoveKind::Propose, by, march(3));
        assert_eq!(
            dispute.no(MoveKind::Propose, by.other(), march(3)),
            "dispute.open-proposal"
        );
        dispute = dispute.done(MoveKind::Decline, by.other(), march(3));
    }
    assert_eq!(
        dispute.no(MoveKind::Propose, Consumer, march(3)),
        "dispute.proposals"
    );
    dispute.done(MoveKind::Escalate, Consumer, march(3));
}

#[test]
fn each_level_has_its_clock_and_its_turn() {
    let provider = Some(Turn::Party(Provider));
    let consumer = Some(Turn::Party(Consumer));
    let competent = Some(Turn::Competent);
    let proposed = raised().done(MoveKind::Propose, Provider, march(3));
    for (case, dispute, turn, rule, due) in [
        ("raised", raised(), provider, "DISP-1", march(16)),
        (
            "proposed to the raiser",
            proposed,
            consumer,
            "DISP-1",
            march(16),
        ),
        ("declined", declined(), consumer, "DISP-1", march(16)),
        (
            "at the competent department",
            coordinating(),
            competent,
            "DISP-2",
            march(19),
        ),
        (
            "decided for the raiser",
            coordinated(),
            provider,
            "DISP-ESC",
            march(23),
        ),
        // Without 6 April, the day off of the festival.
        (
            "at the government",
            deciding(),
            competent,
            "DISP-3",
            april(20),
        ),
    ] {
        assert_eq!((dispute.turn(), dispute.due()), (turn, Some(due)), "{case}");
        let running = dispute.running();
        assert_eq!(running.len(), 1, "{case}");
        assert_eq!(running[0].rule.id(), rule, "{case}");
    }
    assert!(raised().is_overdue(march(17)) && !raised().is_overdue(march(16)));
    assert!(!coordinated().is_overdue(march(31)), "a right that lapses");
}

#[test]
fn a_decision_that_nobody_takes_further_in_time_stands() {
    let decided = coordinated();
    assert_eq!(decided.stands(march(23)), None, "its last day");
    decided.done(MoveKind::Escalate, Consumer, march(23));
    let late = decided
        .tried(MoveKind::Escalate, Consumer, march(24))
        .unwrap_err();
    assert_eq!(late.rule, DisputeRule::InTime(march(23)));
    assert!(late.legal.is_empty());
    let stands = decided.stands(march(24)).unwrap();
    assert_eq!(
        (stands.state.as_str(), stands.state.level()),
        ("decided", Level::Coordination)
    );
    assert_eq!(stands.state.rulings().len(), 1);
    for other in [raised(), coordinating(), deciding(), stands] {
        assert_eq!(other.stands(april(30)), None);
    }
}

#[test]
fn what_the_government_decides_is_final() {
    let decided = deciding().done(MoveKind::Decide, Consumer, april(1));
    assert_eq!(
        (decided.state.as_str(), decided.state.level()),
        ("decided", Level::Government)
    );
    let rulings = decided.state.rulings();
    let levels: Vec<u8> = rulings.iter().map(|(level, _)| level.number()).collect();
    assert_eq!(levels, [2, 3]);
    let by: Vec<Party> = decided
        .state
        .escalations()
        .iter()
        .map(|one| one.by)
        .collect();
    assert_eq!(by, [Consumer, Provider]);
    assert!(decided.legal(april(1)).is_empty());
}

/// State, day, and what is legal there.
type Case = (Dispute, Date, &'static str);

fn cases() -> [Case; 9] {
    let settled = raised().done(MoveKind::Propose, Consumer, march(3)).done(
        MoveKind::Accept,
        Provider,
        march(3),
    );
    let withdrawn = coordinating().done(MoveKind::Withdraw, Consumer, march(6));
    [
        (
            raised(),
            march(3),
            "ProposeSettlement,GiveUpNegotiation,WithdrawDispute",
        ),
        (
            raised().done(MoveKind::Propose, Consumer, march(3)),
            march(3),
            "AcceptSettlement,DeclineSettlement,WithdrawDispute",
        ),
        (
            declined(),
            march(4),
            "ProposeSettlement,GiveUpNegotiation,EscalateDispute,WithdrawDispute",
        ),
        (coordinating(), march(6), "DecideDispute,WithdrawDispute"),
        (coordinated(), march(10), "EscalateDispute"),
        (deciding(), march(21), "DecideDispute"),
        (settled, march(4), ""),
        (
            deciding().done(MoveKind::Decide, Consumer, april(1)),
            april(2),
            "",
        ),
        (withdrawn, march(7), ""),
    ]
}

#[test]
fn an_illegal_move_says_state_rule_and_what_would_be_legal() {
    for (dispute, day, legal) in cases() {
        let state = dispute.state.as_str();
        for kind in MoveKind::ALL {
            let is_legal = dispute.legal(day).contains(kind);
            let tried = Party::BOTH.map(|party| dispute.tried(*kind, party, day));
            assert_eq!(
                is_legal,
                tried.iter().any(Result::is_ok),
                "{state} {kind:?}"
            );
            for illegal in tried.into_iter().filter_map(Result::err) {
                let told = illegal.legal_moves();
                assert_eq!(
                    (told.state, told.list().as_str()),
                    (state, legal),
                    "{kind:?}"
                );
                assert!(told.rule.starts_with("dispute."));
                assert!(illegal.message("disputes/1").contains(state));
            }
        }
    }
}

#[test]
fn a_dispute_is_read_back_as_it_was_written() {
    for (dispute, day, _) in cases() {
        let text = serde_json::to_string(&dispute).unwrap();
        assert_eq!(serde_json::from_str::<Dispute>(&text).unwrap(), dispute);
        assert_eq!(dispute.state.is_open(), !dispute.legal(day).is_empty());
        assert_eq!(
            dispute.state.is_open(),
            DisputeState::OPEN.contains(&dispute.state.as_str())
        );
    }
}

#[test]
fn a_subject_is_an_application_or_a_grant() {
    let id = "00000000-0000-4000-8000-000000000001";
    for name in [format!("grants/{id}"), format!("applications/{id}")] {
        assert_eq!(DisputeSubject::parse(&name).unwrap().as_str(), name);
    }
    for (text, code) in [("", "REQUIRED"), ("demands/1", "WRONG_COLLECTION")] {
        assert_eq!(DisputeSubject::parse(text).unwrap_err().code(), code);
    }
}

#[test]
fn it_waits_for_whose_turn_it_is() {
    let [consumer, provider] = [APPROVAL, CIVIL_AFFAIRS].map(department_name);
    let competent = department_name("11430500XY00000206");
    let waits = |dispute: &Dispute| -> Vec<(WorkItemKind, DepartmentName)> {
        let items = of_dispute(dispute, "婚姻登记", [&consumer, &provider], &competent);
        items
            .into_iter()
            .map(|item| (item.kind, item.waits_for))
            .collect()
    };
    assert_eq!(waits(&raised()), [(NegotiateDispute, provider.clone())]);
    assert_eq!(waits(&declined()), [(NegotiateDispute, consumer.clone())]);
    assert_eq!(waits(&coordinating()), [(DecideDispute, competent.clone())]);
    assert_eq!(
        waits(&coordinated()),
        [
            (TakeDisputeFurther, consumer.clone()),
            (TakeDisputeFurther, provider.clone())
        ]
    );
    assert_eq!(waits(&deciding()), [(DecideDispute, competent.clone())]);
    assert!(waits(&coordinated().stands(march(24)).unwrap()).is_empty());
}

fn any_kind() -> impl Strategy<Value = MoveKind> {
    proptest::sample::select(MoveKind::ALL)
}

proptest! {
    #[test]
    fn no_row_of_moves_reaches_what_is_not_allowed(
        moves in proptest::collection::vec((any_kind(), any::<bool>(), 0..6_i32), 0..60),
    ) {
        let (mut dispute, mut day) = (raised(), march(2));
        for (kind, is_consumer, later) in moves {
            day += jiff::Span::new().days(later);
            let party = if is_consumer { Consumer } else { Provider };
            let (legal, level) = (dispute.legal(day), dispute.state.level());
            match dispute.tried(kind, party, day) {
                Ok(next) => {
                    prop_assert!(legal.contains(&kind));
                    dispute = next;
                }
                Err(illegal) => {
                    prop_assert_eq!(illegal.state, dispute.state.as_str());
                    prop_assert_eq!(&illegal.legal, &legal);
                    prop_assert!(illegal.rule != DisputeRule::State || !legal.contains(&kind));
                }
            }
            let state = &dispute.state;
            // It only rises, one level at a time, and each came by somebody's step.
            prop_assert!(state.level() >= level && state.level().number() <= level.number() + 1);
            prop_assert_eq!(state.escalations().len() + 1, usize::from(state.level().number()));
            prop_assert!(state.rulings().len() <= state.escalations().len());
            prop_assert!(state.negotiation().proposals.len() <= MOST_PROPOSALS);
            prop_assert_eq!(state.is_open(), dispute.turn().is_some() && state.clock().is_some());
        }
    }
}
