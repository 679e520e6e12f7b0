//! Grants step by step.

mod life;

use super::*;
use crate::application::Statement;
use crate::test_world::{NOON, at, grant};
use jiff::civil::date;

fn signed(by: &str) -> Signed {
    Signed {
        by: by.to_owned(),
        at: at(NOON),
    }
}

fn in_states() -> [Grant; 4] {
    let fresh = || grant(1, "105001-000001");
    let word = || "why".to_owned();
    [
        fresh(),
        fresh().suspend(word(), "wang".to_owned()).unwrap(),
        fresh()
            .revoke(word(), "wang".to_owned(), String::new())
            .unwrap(),
        fresh().expired(date(2022, 7, 1)).unwrap(),
    ]
}

#[test]
fn each_state_allows_its_own_steps() {
    let words = in_states().map(|grant| grant.state.as_str());
    assert_eq!(words, ["active", "suspended", "revoked", "expired"]);
    let step = |take: fn(Grant) -> Result<Grant, GrantError>| {
        in_states().map(|grant| take(grant).ok().map(|grant| grant.state.as_str()))
    };
    let suspended = step(|grant| grant.suspend("why".to_owned(), "li".to_owned()));
    assert_eq!(suspended, [Some("suspended"), None, None, None]);
    assert_eq!(
        step(|grant| grant.resume(signed("li"), |by| by == "li")),
        [None, Some("active"), None, None]
    );
    let revoked = step(|grant| grant.revoke("why".to_owned(), "li".to_owned(), String::new()));
    assert_eq!(revoked, [Some("revoked"), Some("revoked"), None, None]);
    let expired =
        |day| in_states().map(|grant| grant.expired(day).map(|grant| grant.state.as_str()));
    let last = expired(date(2022, 6, 30));
    assert_eq!(last, [None; 4], "it can be used on its last day");
    let over = expired(date(2022, 7, 1));
    assert_eq!(over, [Some("expired"), Some("expired"), None, None]);
}

#[test]
fn whoever_suspended_a_grant_may_not_end_it() {
    let [_, suspended, ..] = in_states();
    let same = suspended.clone().resume(signed("wang"), |by| by == "wang");
    assert_eq!(same.unwrap_err().rule, StepRule::SecondPerson);
    let resumed = suspended.resume(signed("li"), |by| by == "li").unwrap();
    assert_eq!(resumed.resumed, Some(signed("li")));
}

#[test]
fn a_wrong_step_names_the_state_the_rule_and_what_would_be_legal() {
    let [active, _, revoked, _] = in_states();
    let no = active.resume(signed("li"), |_| false).unwrap_err();
    assert_eq!((no.state, no.rule.id()), ("active", "grant.state"));
    let legal = no.legal_moves();
    assert_eq!(
        legal.list(),
        "NarrowGrant,SuspendGrant,OrderRectification,RevokeGrant"
    );
    let no = revoked.resume(signed("wang"), |_| false).unwrap_err();
    assert_eq!(no.legal_moves().list(), "StateDisposal");
    assert!(no.message("grants/1").contains("legal now: StateDisposal"));
}

#[test]
fn a_misuse_is_put_right_reported_and_judged_by_somebody_else() {
    let says = |by: &str| Statement {
        signed: signed(by),
        text: "说明".to_owned(),
    };
    let until = |day| Clock::new(at(NOON), Some(date(2022, 6, day)), "RECTIFY");
    let grant = grant(1, "105001-000001");
    let ordered = grant.order_rectification(says("wang"), until(10)).unwrap();
    assert_eq!(ordered.state.as_str(), "suspended");
    assert_eq!(ordered.running().len(), 1);
    let early = ordered.clone().resume(signed("li"), |by| by == "li");
    assert_eq!(early.unwrap_err().rule, StepRule::ReportFirst);
    let again = ordered.clone().order_rectification(says("li"), until(10));
    assert_eq!(again.unwrap_err().rule, StepRule::State);
    let reported = ordered.report_rectification(says("zhang")).unwrap();
    assert!(reported.order().unwrap().clock.paused().is_some());
    let twice = reported.clone().report_rectification(says("zhang"));
    assert_eq!(twice.unwrap_err().rule, StepRule::ReportOpen);
    let rejected = reported
        .reject_rectification(says("li"), until(20))
        .unwrap();
    let due = rejected.order().unwrap().clock.due;
    assert_eq!(due, Some(date(2022, 6, 20)));
    let unasked = rejected.clone().reject_rectification(says("li"), until(20));
    assert_eq!(unasked.unwrap_err().rule, StepRule::ReportFirst);
    let reported = rejected.report_rectification(says("zhang")).unwrap();
    let by_who_ordered = reported.clone().resume(signed("wang"), |by| by == "wang");
    assert_eq!(by_who_ordered.unwrap_err().rule, StepRule::SecondPerson);
    let resumed = reported.resume(signed("li"), |by| by == "li").unwrap();
    assert_eq!(resumed.state, GrantState::Active);
    assert_eq!(resumed.running().len(), 0);
}

#[test]
fn who_never_puts_it_right_reports_so_many_times() {
    let says = || Statement {
        signed: signed("zhang"),
        text: "说明".to_owned(),
    };
    let clock = || Clock::new(at(NOON), Some(date(2022, 6, 10)), "RECTIFY");
    let mut grant = grant(1, "105001-000001")
        .order_rectification(says(), clock())
        .unwrap();
    for _ in 0..MOST_REPORTS {
        grant = grant.report_rectification(says()).unwrap();
        grant = grant.reject_rectification(says(), clock()).unwrap();
    }
    let more = grant.clone().report_rectification(says());
    assert_eq!(more.unwrap_err().rule, StepRule::TooManyReports);
    let resumed = grant.clone().resume(signed("li"), |by| by == "li");
    assert!(resumed.is_ok(), "somebody else may let it go on");
    let expired = grant.expired(date(2022, 7, 1)).unwrap();
    assert_eq!(expired.unrectified.unwrap().reports.len(), MOST_REPORTS);
}

#[test]
fn what_became_of_the_data_is_stated_once_after_the_end() {
    let disposal = || Disposal {
        said: Statement {
            signed: signed("zhang"),
            text: "已删除".to_owned(),
        },
        done_on: date(2022, 6, 30),
    };
    let [active, suspended, revoked, expired] = in_states();
    for standing in [active, suspended] {
        let early = standing.dispose(disposal());
        assert_eq!(early.unwrap_err().rule, StepRule::State);
    }
    for over in [revoked, expired] {
        let stated = over.dispose(disposal()).unwrap();
        let twice = stated.dispose(disposal());
        assert_eq!(twice.unwrap_err().rule, StepRule::StatedAlready);
    }
}

#[test]
fn no_step_touches_what_was_agreed() {
    let before = grant(1, "105001-000001");
    for after in in_states() {
        assert_eq!(
            Grant {
                state: GrantState::Active,
                ..after
            },
            before
        );
    }
}

#[test]
fn a_grant_is_read_back_as_it_was_written() {
    for grant in in_states() {
        let text = serde_json::to_string(&grant).unwrap();
        assert_eq!(serde_json::from_str::<Grant>(&text).unwrap(), grant);
    }
}
