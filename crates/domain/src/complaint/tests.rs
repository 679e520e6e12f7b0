//! Who has to answer a complaint, and its moves case by case.

use jiff::civil::{Date, date};

use super::*;
use crate::fault::FaultCause as _;
use crate::reference::EMBEDDED;
use crate::regime::Rule;
use crate::subject::PseudonymKey;
use crate::test_world::{APPROVAL, CIVIL_AFFAIRS, at, department_name, grant};
use crate::use_code::PlainCode;
use ComplaintKind::{Disclosure, NotServed, Other, UnlawfulUse, WrongData};

fn march(day: i8) -> Date {
    date(2026, 3, day)
}

fn noon(day: Date) -> jiff::Timestamp {
    at(&format!("{day}T04:00:00Z"))
}

fn signed(day: Date) -> Signed {
    Signed {
        by: "zhang".to_owned(),
        at: noon(day),
    }
}

fn sealed() -> Sealed {
    Sealed::new("c2VhbGVk".to_owned())
}

/// Received on Monday, 2 March 2026: due on Monday the 23rd.
fn received() -> Complaint {
    let law = Law {
        regimes: &EMBEDDED.regimes,
        calendar: &EMBEDDED.calendar,
    };
    let clock = law.begin(Rule::AnswerComplaint, noon(march(2))).unwrap();
    Complaint {
        name: ComplaintName::from_id("00000000-0000-4000-8000-000000000007").unwrap(),
        receipt: "0".repeat(32),
        kind: ComplaintKind::WrongData,
        about: About::default(),
        entered: signed(march(2)),
        entered_by: department_name(APPROVAL),
        received: march(2),
        statement: sealed(),
        contact: Some(sealed()),
        routing: vec![Routed {
            to: WaitsFor::Competent,
            why: RoutedBy::NothingNamed,
            signed: signed(march(2)),
            reason: None,
        }],
        state: ComplaintState::Received { clock },
    }
}

fn step(kind: MoveKind, to: &str) -> Move {
    match kind {
        MoveKind::Forward => Move::Forward(department_name(to), sealed()),
        MoveKind::Assign => Move::Assign(department_name(to), sealed()),
        MoveKind::Answer => Move::Answer(ComplaintOutcome::Upheld, sealed()),
        MoveKind::Close => Move::Close,
        MoveKind::Withdraw => Move::Withdraw,
    }
}

impl Complaint {
    fn tried(&self, kind: MoveKind, to: &str) -> Result<Self, Illegal> {
        let competent = department_name("11430500XY00000206");
        let responsible = match self.responsible() {
            WaitsFor::Department(name) => name.clone(),
            WaitsFor::Competent | WaitsFor::OwnerOf(_) | WaitsFor::DepartmentOf(_) => competent,
        };
        let act = Act {
            by: "zhang",
            now: noon(march(3)),
            responsible: &responsible,
        };
        self.make(step(kind, to), &act)
    }

    fn done(&self, kind: MoveKind) -> Self {
        self.tried(kind, CIVIL_AFFAIRS).unwrap()
    }
}

#[test]
fn who_uses_data_answers_for_its_use_and_who_provides_it_for_what_it_says() {
    let agreed = grant(1, "105001-000001");
    let other = grant(2, "105001-000002");
    let about = |with_grant: bool, with_entry: bool, with_department: bool| About {
        grant: with_grant.then(|| agreed.name.clone()),
        resource: with_entry.then(|| other.terms.resource.clone()),
        department: with_department.then(|| department_name(CIVIL_AFFAIRS)),
    };
    let user = || WaitsFor::DepartmentOf(agreed.terms.consumer.clone());
    let provider = || WaitsFor::OwnerOf(agreed.terms.resource.clone());
    let entry = || WaitsFor::OwnerOf(other.terms.resource.clone());
    let named = || WaitsFor::Department(department_name(CIVIL_AFFAIRS));
    for kind in [Disclosure, NotServed, Other, UnlawfulUse, WrongData] {
        let by_grant = match kind {
            WrongData => (provider(), RoutedBy::ProvidesGrant),
            Disclosure | NotServed | Other | UnlawfulUse => (user(), RoutedBy::UsesGrant),
        };
        for (about, expected) in [
            (about(true, false, false), by_grant.clone()),
            (about(true, true, true), by_grant),
            (
                about(false, true, false),
                (entry(), RoutedBy::ProvidesEntry),
            ),
            (about(false, true, true), (entry(), RoutedBy::ProvidesEntry)),
            (about(false, false, true), (named(), RoutedBy::Named)),
            (
                about(false, false, false),
                (WaitsFor::Competent, RoutedBy::NothingNamed),
            ),
        ] {
            let known = Known::of(&about, about.grant.as_ref().map(|_| &agreed));
            assert_eq!(route(kind, known), expected, "{kind:?} {about:?}");
        }
    }
}

#[test]
fn it_is_passed_on_three_times_and_never_to_where_it_lies() {
    let mut complaint = received();
    for to in [CIVIL_AFFAIRS, APPROVAL, CIVIL_AFFAIRS] {
        complaint = complaint.tried(MoveKind::Forward, to).unwrap();
        let same = complaint.tried(MoveKind::Forward, to).unwrap_err();
        assert!(matches!(
            same.rule,
            ComplaintRule::ToItself | ComplaintRule::TooManyForwards
        ));
        let same = complaint.tried(MoveKind::Assign, to).unwrap_err();
        assert_eq!(same.rule, ComplaintRule::ToItself);
        assert_eq!(
            complaint.responsible(),
            &WaitsFor::Department(department_name(to))
        );
    }
    let often = complaint.tried(MoveKind::Forward, APPROVAL).unwrap_err();
    assert_eq!(often.rule, ComplaintRule::TooManyForwards);
    assert_eq!(
        often.legal_moves().list(),
        "AssignComplaint,AnswerComplaint,WithdrawComplaint"
    );
    for number in 0..MOST_ASSIGNMENTS {
        let to = [APPROVAL, CIVIL_AFFAIRS][number % 2];
        complaint = complaint.tried(MoveKind::Assign, to).unwrap();
    }
    let often = complaint.tried(MoveKind::Assign, APPROVAL).unwrap_err();
    assert_eq!(often.rule, ComplaintRule::TooManyAssignments);
    // The person does not wait longer for it.
    let due = complaint.state.clock().and_then(|clock| clock.due);
    assert_eq!(due, Some(march(23)));
    complaint.done(MoveKind::Answer);
}

fn cases() -> [(Complaint, &'static str); 4] {
    let all = "ForwardComplaint,AssignComplaint,AnswerComplaint,WithdrawComplaint";
    let answered = received().done(MoveKind::Answer);
    [
        (received(), all),
        (answered.clone(), "CloseComplaint"),
        (answered.done(MoveKind::Close), ""),
        (received().done(MoveKind::Withdraw), ""),
    ]
}

#[test]
fn an_illegal_move_says_state_rule_and_what_would_be_legal() {
    for (complaint, legal) in cases() {
        let state = complaint.state.as_str();
        for kind in MoveKind::ALL {
            let is_legal = complaint.legal().contains(kind);
            match complaint.tried(*kind, CIVIL_AFFAIRS) {
                Ok(_) => assert!(is_legal, "{state} {kind:?}"),
                Err(illegal) => {
                    assert!(!is_legal, "{state} {kind:?}");
                    let told = illegal.legal_moves();
                    assert_eq!((told.state, told.list().as_str()), (state, legal));
                    assert_eq!(told.rule, "complaint.state");
                    assert!(illegal.message("complaints/1").contains(state));
                }
            }
        }
    }
}

#[test]
fn its_clock_runs_until_it_is_answered() {
    let [received, answered, closed, withdrawn] = cases().map(|(complaint, _)| complaint);
    assert_eq!(received.running().len(), 1);
    assert!(received.is_overdue(march(24)) && !received.is_overdue(march(23)));
    for over in [answered, closed, withdrawn] {
        assert!(over.running().is_empty() && !over.is_overdue(march(31)));
    }
}

#[test]
fn what_is_open_goes_over_to_a_successor() {
    let (from, heir) = (
        department_name(APPROVAL),
        department_name("11430500XY0000055Q"),
    );
    let went = received().take_over(&from, &heir).unwrap();
    assert_eq!(went.entered_by, heir);
    let named = department_name(CIVIL_AFFAIRS);
    let forwarded = received().done(MoveKind::Forward);
    let went = forwarded.take_over(&named, &heir).unwrap();
    assert_eq!(went.responsible(), &WaitsFor::Department(heir.clone()));
    assert_eq!(received().take_over(&named, &heir), None);
    let [_, _, closed, withdrawn] = cases().map(|(complaint, _)| complaint);
    for over in [closed, withdrawn] {
        assert_eq!(over.take_over(&from, &heir), None);
    }
}

#[test]
fn a_complaint_is_read_back_as_it_was_written() {
    for (complaint, _) in cases() {
        let text = serde_json::to_string(&complaint).unwrap();
        assert_eq!(serde_json::from_str::<Complaint>(&text).unwrap(), complaint);
        assert_eq!(
            ComplaintState::OPEN.contains(&complaint.state.as_str()),
            !complaint.legal().is_empty()
        );
    }
}

#[test]
fn texts_about_people_are_shown_by_no_debug() {
    let text = PersonalText::parse("我的信息\r\n被泄露", 20).unwrap();
    assert_eq!(text.expose(), "我的信息\n被泄露");
    assert_eq!(format!("{text:?}"), "PersonalText(…)");
    let shown = format!("{:?}", received());
    assert!(!shown.contains("c2VhbGVk"), "{shown}");
    for (text, code) in [
        ("", "REQUIRED"),
        ("一二三四", "TOO_LONG"),
        ("a\u{7}", "CONTROL_CHARACTER"),
    ] {
        let cause = PersonalText::parse(text, 3).unwrap_err();
        assert_eq!(cause.code(), code);
        assert!(text.is_empty() || !cause.to_string().contains(text));
    }
}

#[test]
fn a_receipt_is_read_as_it_is_typed_and_kept_as_a_hash() {
    let plain = PlainCode::new([7; 16]);
    let shown = plain.expose();
    assert!(receipt_of(&shown.to_lowercase()).unwrap() == plain);
    let other = receipt_of("123").unwrap_err();
    assert_eq!(other.code(), "NOT_A_RECEIPT");
    let keys = PseudonymKey::new([1; 32]);
    let hash = receipt_hash(&keys, &plain);
    assert_eq!(hash.len(), 32);
    assert_ne!(
        hash,
        plain.name(&keys).unwrap().id(),
        "not that of a use-code"
    );
}
