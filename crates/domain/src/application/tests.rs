use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::regime::Rule;

mod play;

use play::{Play, grounds, march};

#[test]
fn the_straight_way_takes_two_people_on_either_side() {
    use MoveKind::{Approve, SignOff, Submit};
    let mut play = Play::begin();
    assert_eq!(
        play.rule_against(Submit, "zhang", march(2)),
        "application.state"
    );
    assert_eq!(
        play.rule_against(SignOff, "zhang", march(2)),
        "application.second-person"
    );
    play.done(SignOff, "zhao", march(2))
        .done(Submit, "zhang", march(2));
    assert_eq!((play.state(), play.due()), ("submitted", Some(march(16))));
    assert_eq!(
        play.rule_against(Approve, "zhang", march(3)),
        "application.second-person"
    );
    play.done(Approve, "wang", march(3));
    assert_eq!(play.state(), "submitted");
    assert_eq!(
        play.rule_against(Approve, "wang", march(4)),
        "application.second-person"
    );
    play.done(Approve, "sun", march(4));
    let ApplicationState::Approved { answering, by, .. } = &play.application.state else {
        panic!("{:?}", play.application.state);
    };
    assert_eq!(answering.approvers(by), ["wang", "sun"]);
    assert_eq!(play.application.agreed(), &play.application.terms);
    let kinds: Vec<_> = play
        .application
        .history
        .iter()
        .map(|step| step.kind)
        .collect();
    assert_eq!(kinds, [SignOff, Submit, Approve, Approve]);
}

#[test]
fn who_writes_it_anew_takes_the_consent_back() {
    let mut play = Play::begin();
    play.done(MoveKind::SignOff, "zhao", march(2));
    play.done(MoveKind::Edit, "zhao", march(2));
    assert_eq!(
        (play.state(), play.application.applicant.as_str()),
        ("draft", "zhao")
    );
    // Now it is the other one who may consent.
    assert_eq!(
        play.rule_against(MoveKind::SignOff, "zhao", march(2)),
        "application.second-person"
    );
    play.done(MoveKind::SignOff, "zhang", march(2));
}

#[test]
fn material_is_asked_for_once_and_is_not_the_providers_time() {
    use MoveKind::{RequestMaterial, SupplyMaterial};
    let mut play = Play::submitted();
    play.done(RequestMaterial, "wang", march(6));
    let waits: Vec<_> = play
        .application
        .running()
        .into_iter()
        .map(|one| one.rule)
        .collect();
    assert_eq!(waits, [Rule::AnswerConditional, Rule::SupplyMaterial]);
    play.done(SupplyMaterial, "zhang", march(13));
    // Six working days were left after Friday the 6th.
    assert_eq!((play.state(), play.due()), ("submitted", Some(march(23))));
    assert_eq!(
        play.rule_against(RequestMaterial, "wang", march(16)),
        "application.material-once"
    );
}

#[test]
fn after_the_last_day_neither_material_nor_time_is_to_be_had() {
    let play = Play::submitted();
    for kind in [MoveKind::RequestMaterial, MoveKind::RequestExtension] {
        assert!(play.tried(kind, "wang", march(16)).is_ok());
        assert_eq!(
            play.rule_against(kind, "wang", march(17)),
            "application.in-time"
        );
    }
}

#[test]
fn whoever_asked_for_material_does_not_decline_before_the_applicants_time_is_over() {
    let mut play = Play::submitted();
    play.done(MoveKind::RequestMaterial, "wang", march(6));
    let refused = |play: &Play, which: usize, day| {
        let step = Move::Refuse {
            ground: Box::new(grounds()[which].clone()),
            law: "数据安全法第三十八条".to_owned(),
            reason: "理由".to_owned(),
        };
        play.make(step, "wang", day)
            .map_err(|illegal| illegal.rule.id())
    };
    // Ten working days from the 6th: Friday the 20th.
    for day in [march(9), march(20)] {
        assert_eq!(refused(&play, 2, day), Err("application.material-first"));
    }
    assert_eq!(
        refused(&play, 0, march(23)),
        Err("application.material-first")
    );
    assert!(refused(&play, 2, march(23)).is_ok());
    play.done(MoveKind::SupplyMaterial, "zhang", march(23));
    assert_eq!(
        refused(&play, 2, march(24)),
        Err("application.material-unasked")
    );
    assert!(refused(&play, 0, march(24)).is_ok());
}

#[test]
fn whoever_says_that_a_law_forbids_it_names_the_law() {
    let play = Play::submitted();
    let [_, forbids, _] = &grounds();
    let step = |law: &str| Move::Refuse {
        ground: Box::new(forbids.clone()),
        law: law.to_owned(),
        reason: "依法不予共享".to_owned(),
    };
    let error = play.make(step(""), "wang", march(3)).unwrap_err();
    assert_eq!(error.rule, MoveRule::LawMissing);
    let refused = play
        .make(step("档案法第二十八条"), "wang", march(3))
        .unwrap();
    assert_eq!(refused.state.as_str(), "refused");
}

#[test]
fn a_longer_time_takes_the_consent_and_the_notice_in_either_order() {
    use MoveKind::{ConsentExtension, NotifyExtension, RequestExtension};
    for order in [
        [ConsentExtension, NotifyExtension],
        [NotifyExtension, ConsentExtension],
    ] {
        let mut play = Play::submitted();
        play.done(RequestExtension, "wang", march(13));
        play.done(order[0], "li", march(16));
        assert_eq!(play.due(), Some(march(16)), "one fact alone does not count");
        play.done(order[1], "li", march(16));
        assert_eq!(play.due(), Some(march(23)));
        assert_eq!(
            play.rule_against(RequestExtension, "wang", march(17)),
            "application.extension-once"
        );
    }
    let mut play = Play::submitted();
    play.done(RequestExtension, "wang", march(13))
        .done(ConsentExtension, "li", march(16));
    assert_eq!(
        play.rule_against(NotifyExtension, "wang", march(17)),
        "application.in-time"
    );
    assert_eq!(
        play.due(),
        Some(march(16)),
        "without the notice it is overdue"
    );
}

#[test]
fn a_longer_time_is_what_the_regime_of_the_day_of_receipt_allows() {
    let asked = |play: &Play, days, day| {
        let step = Move::RequestExtension(days, "核对".to_owned());
        play.make(step, "wang", day)
            .map_err(|illegal| illegal.rule)
            .err()
    };
    let play = Play::submitted();
    assert_eq!(asked(&play, 10, march(3)), None);
    for days in [0, 11] {
        assert_eq!(
            asked(&play, days, march(3)),
            Some(MoveRule::ExtensionTooLong(10))
        );
    }
    let mut before = Play::begin();
    let day = date(2022, 6, 1);
    before
        .done(MoveKind::SignOff, "zhao", day)
        .done(MoveKind::Submit, "zhang", day);
    assert_eq!(asked(&before, 5, day), Some(MoveRule::NoExtension));
}

#[test]
fn an_offer_takes_two_people_and_the_applicant() {
    use MoveKind::{AcceptOffer, Approve, DeclineOffer, Offer};
    let mut play = Play::submitted();
    play.done(Offer, "wang", march(4));
    assert_eq!(play.state(), "submitted");
    assert_eq!(
        play.rule_against(Approve, "wang", march(4)),
        "application.second-person"
    );
    play.done(Approve, "sun", march(5));
    assert_eq!(play.state(), "offered");
    let declined = play.tried(DeclineOffer, "zhang", march(12)).unwrap();
    let answering = declined.state.answering().unwrap();
    assert_eq!(
        (declined.state.as_str(), answering.offers.len()),
        ("submitted", 1)
    );
    // Seven working days were left after Thursday the 5th.
    assert_eq!(answering.clock.due, Some(march(23)));
    play.done(AcceptOffer, "zhang", march(12));
    let ApplicationState::Approved { answering, by, .. } = &play.application.state else {
        panic!("{:?}", play.application.state);
    };
    assert_eq!(answering.approvers(by), ["wang", "sun"]);
    assert_eq!(play.application.agreed().items.len(), 1);
    assert_eq!(
        play.application.terms.items.len(),
        3,
        "what was asked for stays readable"
    );
}

#[test]
fn an_offer_that_nobody_answers_is_taken_back() {
    let mut play = Play::submitted();
    play.done(MoveKind::Offer, "wang", march(4))
        .done(MoveKind::Approve, "sun", march(5));
    play.done(MoveKind::WithdrawOffer, "wang", march(31));
    let answering = play.application.state.answering().unwrap();
    assert_eq!(
        (play.state(), &answering.offers[0].answer),
        ("submitted", &OfferAnswer::Withdrawn)
    );
    // Seven working days were left after Thursday the 5th; 4 to 6 April are off.
    assert_eq!(play.due(), Some(date(2026, 4, 10)));
    assert_eq!(
        play.rule_against(MoveKind::AcceptOffer, "zhang", march(31)),
        "application.state"
    );
}

#[test]
fn what_the_entry_says_is_agreed_to_with_the_submission_alone() {
    let mut play = Play::submitted();
    let later = play.tried(MoveKind::Approve, "wang", march(2)).unwrap();
    play.done(MoveKind::AutoApprove, "zhang", march(2));
    let ApplicationState::Approved { answering, by, .. } = &play.application.state else {
        panic!("{:?}", play.application.state);
    };
    assert_eq!(answering.approvers(by), ["wang", "li"]);
    play.application = later;
    assert_eq!(
        play.rule_against(MoveKind::AutoApprove, "zhang", march(2)),
        "application.state"
    );
}

#[test]
fn an_illegal_move_says_state_rule_and_what_would_be_legal() {
    let play = Play::submitted();
    let error = play
        .tried(MoveKind::AcceptOffer, "zhang", march(3))
        .unwrap_err();
    assert_eq!(
        (error.state, error.rule.id()),
        ("submitted", "application.state")
    );
    assert_eq!(
        error.legal_moves().list(),
        "WithdrawApplication,RequestMaterial,RequestExtension,ApproveApplication,OfferTerms,RefuseApplication"
    );
    let mut over = Play::submitted();
    over.done(MoveKind::Withdraw, "zhang", march(3));
    for kind in MoveKind::ALL {
        let error = over.tried(*kind, "wang", march(4)).unwrap_err();
        assert_eq!(
            (error.state, error.legal.as_slice()),
            ("withdrawn", &[][..]),
            "{kind:?}"
        );
    }
}

#[test]
fn applications_of_before_are_read() {
    let head = r#""name":"applications/00000000-0000-4000-8000-000000000001","terms":TERMS,"scene":"s","applicant":"a""#;
    let terms = serde_json::to_string(&Play::begin().application.terms).unwrap();
    let head = head.replace("TERMS", &terms);
    let clock =
        r#"{"received":"2026-03-02T04:00:00Z","due":"2026-03-16","rule":"CN-2025-809 APP-CON 21"}"#;
    for (state, word) in [
        (r#"{"state":"draft"}"#.to_owned(), "draft"),
        (
            format!(r#"{{"state":"submitted","clock":{clock}}}"#),
            "submitted",
        ),
        (
            format!(
                r#"{{"state":"approved","clock":{clock},"grant":"grants/00000000-0000-4000-8000-000000000001","by":"li"}}"#
            ),
            "approved",
        ),
        (
            format!(r#"{{"state":"refused","clock":{clock},"reason":"why","by":"li"}}"#),
            "refused",
        ),
    ] {
        let text = format!("{{{head},\"state\":{state}}}");
        let read: Application = serde_json::from_str(&text).unwrap();
        assert_eq!(read.state.as_str(), word);
    }
}

fn any_kind() -> impl Strategy<Value = MoveKind> {
    // What the entry says is not a move of anybody.
    let own = MoveKind::ALL
        .iter()
        .filter(|kind| **kind != MoveKind::AutoApprove);
    proptest::sample::select(own.copied().collect::<Vec<_>>())
}

/// What holds in every state, however it was reached.
fn must_hold(application: &Application) {
    let state = &application.state;
    let text = serde_json::to_string(application).unwrap();
    assert_eq!(
        &serde_json::from_str::<Application>(&text).unwrap(),
        application
    );
    assert_eq!(state.is_over(), application.legal().is_empty());
    assert_eq!(state.is_under_way(), !application.running().is_empty());
    let is_listed = ApplicationState::UNDER_WAY.contains(&state.as_str());
    assert_eq!(state.is_under_way(), is_listed, "{state:?}");
    let Some(answering) = state.answering() else {
        assert!(application.running().is_empty());
        return;
    };
    let waits = matches!(
        state,
        ApplicationState::MaterialRequested(_) | ApplicationState::Offered(_)
    );
    assert_eq!(answering.clock.paused().is_some(), waits, "{state:?}");
    assert_eq!(application.running().is_empty(), state.is_over());
    for signed in [&answering.material].into_iter().flatten() {
        assert!(!signed.missing.is_empty());
    }
    let open = |offer: &&Offer| offer.answer == OfferAnswer::Open;
    let opened = answering.offers.iter().filter(open).count();
    assert_eq!(
        opened == 1,
        matches!(state, ApplicationState::Offered(_)),
        "{state:?}"
    );
    for offer in &answering.offers {
        let [first, second] = offer.approvers.as_slice() else {
            panic!("{offer:?}");
        };
        assert!(
            first.by != second.by
                && offer
                    .terms
                    .faults_as_less(&application.terms, "offer")
                    .is_empty()
        );
    }
    let is_extended = answering
        .extension
        .as_ref()
        .is_some_and(ExtensionRequest::counts);
    assert_eq!(
        answering.clock.extended.is_some(),
        is_extended,
        "{answering:?}"
    );
    if let ApplicationState::Approved { by, .. } = state {
        let approvers = answering.approvers(by);
        assert!(
            approvers.len() == 2 && approvers[0] != approvers[1],
            "{approvers:?}"
        );
        assert!(!approvers.contains(&application.applicant));
        let mut steps = application.history.iter().rev();
        let consent = steps.find(|step| step.kind == MoveKind::SignOff).unwrap();
        assert!(!approvers.contains(&consent.signed.by));
    }
}

proptest! {
    #[test]
    fn no_row_of_moves_reaches_what_is_not_allowed(
        start in 0..900_i32,
        moves in proptest::collection::vec((any_kind(), 0..5_usize, 0..9_i32), 0..40),
    ) {
        let people = ["zhang", "zhao", "wang", "sun", "li"];
        let mut play = Play::begin();
        let mut day = date(2022, 1, 4) + jiff::Span::new().days(start);
        for (kind, who, later) in moves {
            day += jiff::Span::new().days(later);
            let legal = play.application.legal();
            match play.tried(kind, people[who], day) {
                Ok(next) => {
                    prop_assert!(legal.contains(&kind));
                    prop_assert_eq!(next.history.last().unwrap().kind, kind);
                    play.application = next;
                }
                Err(illegal) => {
                    prop_assert_eq!(illegal.state, play.state());
                    prop_assert_eq!(&illegal.legal, &legal);
                    prop_assert!(illegal.rule != MoveRule::State || !legal.contains(&kind));
                }
            }
            must_hold(&play.application);
        }
    }
}
