//! Turns, waits and places of receivers.

use jiff::civil::date;

use super::*;
use crate::fault::FaultCause as _;
use crate::test_world::{at, system_name};

fn subscription() -> Subscription {
    Subscription {
        name: SubscriptionName::from_id("00000000-0000-4000-8000-000000000001").unwrap(),
        owner: Owner::System {
            system: system_name("yjs-platform"),
        },
        receiver: system_name("yjs-platform"),
        url: WebhookUrl::parse("https://10.1.2.3:9443/events").unwrap(),
        filter: EventFilter::default(),
        state: SubscriptionState::Active,
        next: 7,
        trouble: None,
        lease: None,
    }
}

fn rule() -> DeliveryRule {
    DeliveryRule {
        first_wait_s: 5,
        factor: 4,
        longest_wait_s: 3600,
        jitter_percent: 20,
        give_up_s: 600,
        from: date(2022, 1, 1),
        until: None,
        source: "test".to_owned(),
        assumed: true,
    }
}

fn lease(holder: &str, until: &str) -> Lease {
    Lease {
        holder: holder.to_owned(),
        until: at(until),
    }
}

const NOON: &str = "2022-06-01T04:00:00Z";
const LATER: &str = "2022-06-01T04:00:30Z";

#[test]
fn one_gateway_at_a_time_has_its_turn_and_a_dead_one_is_followed() {
    let free = subscription();
    assert_eq!(free.must_be_due("one", at(NOON)), Ok(()));
    let held = free.leased(7, lease("one", LATER));
    assert_eq!(held.must_be_due("one", at(NOON)), Ok(()), "its own");
    assert_eq!(held.must_be_due("two", at(NOON)), Err(Some(at(LATER))));
    assert_eq!(held.must_be_due("two", at(LATER)), Ok(()), "it is over");
    assert!(held.is_held_by("one") && !held.is_held_by("two"));
    let taken = held.taken(9, lease("one", LATER));
    assert_eq!(taken.next, 9);
    let done = taken.released(12);
    assert_eq!((done.next, done.must_be_due("two", at(NOON))), (12, Ok(())));
    let paused = done.paused("410".to_owned());
    assert_eq!(paused.must_be_due("two", at(NOON)), Err(None));
    assert!(!paused.is_held_by("two"));
}

#[test]
fn waits_grow_up_to_the_longest_and_jitter_adds_a_fifth_at_most() {
    let wait = |attempts, chance| rule().wait(attempts, chance).as_millis();
    let plain: Vec<_> = (1..8).map(|attempts| wait(attempts, 0)).collect();
    assert_eq!(
        plain,
        [
            5_000, 20_000, 80_000, 320_000, 1_280_000, 3_600_000, 3_600_000
        ]
    );
    assert_eq!((wait(1, 255), wait(7, 255)), (6_000, 4_320_000));
    assert!((5_000..=6_000).contains(&wait(1, 100)));
    assert_eq!(wait(u32::MAX, 0), 3_600_000);
}

#[test]
fn what_fails_for_too_long_waits_for_somebody_who_resumes() {
    let refused = || "HTTP 500".to_owned();
    let first = subscription().failed(&rule(), refused(), 0, at(NOON));
    let trouble = first.trouble.clone().unwrap();
    assert_eq!(
        (trouble.attempts, trouble.retry_at),
        (1, at("2022-06-01T04:00:05Z"))
    );
    assert_eq!(
        first.must_be_due("one", at(NOON)),
        Err(Some(trouble.retry_at))
    );
    assert_eq!(first.must_be_due("one", trouble.retry_at), Ok(()));
    let second = first.failed(&rule(), refused(), 0, at("2022-06-01T04:09:59Z"));
    assert_eq!(second.state, SubscriptionState::Active);
    let third = second
        .clone()
        .failed(&rule(), refused(), 0, at("2022-06-01T04:10:00Z"));
    assert_eq!(third.state.as_str(), "failing");
    assert_eq!(third.next, 7, "nothing is skipped");
    let again = third.resumed().unwrap();
    assert_eq!(
        (again.trouble.clone(), again.state.as_str()),
        (None, "active")
    );
    assert!(again.clone().resumed().is_err());
    // One that was taken ends the row.
    let taken = second.taken(8, lease("one", LATER));
    assert_eq!(taken.trouble, None);
    let ended = again.ended().unwrap();
    assert!(ended.clone().ended().is_err() && ended.resumed().is_err());
}

#[test]
fn time_in_which_nobody_tried_is_no_failure_of_the_receiver() {
    let refused = || "HTTP 500".to_owned();
    // Due five seconds later; an hour and a fifth is the longest wait.
    let first = subscription().failed(&rule(), refused(), 0, at(NOON));
    let tried = first
        .clone()
        .failed(&rule(), refused(), 0, at("2022-06-01T05:12:05Z"));
    assert_eq!(tried.state.as_str(), "failing", "late, but tried");
    let anew = at("2022-06-01T05:12:06Z");
    let untried = first.failed(&rule(), refused(), 0, anew);
    let trouble = untried.trouble.clone().unwrap();
    assert_eq!(untried.state, SubscriptionState::Active);
    assert_eq!((trouble.since, trouble.attempts), (anew, 2));
    let given_up = untried.failed(&rule(), refused(), 0, at("2022-06-01T05:22:06Z"));
    assert_eq!(given_up.state.as_str(), "failing", "it counts again");
}

#[test]
fn what_is_held_up_by_the_gateway_says_why_and_is_no_failure_of_the_receiver() {
    let failed = subscription().failed(&rule(), "HTTP 500".to_owned(), 0, at(NOON));
    let leased = failed.leased(7, lease("one", LATER));
    let held_up = leased.held_up("no rule".to_owned(), at(LATER), at(NOON));
    assert_eq!(held_up.must_be_due("two", at(NOON)), Err(Some(at(LATER))));
    assert_eq!(held_up.must_be_due("two", at(LATER)), Ok(()));
    let trouble = held_up.trouble.unwrap();
    assert_eq!((trouble.attempts, trouble.reason.as_str()), (1, "no rule"));
    let first = subscription().held_up("no rule".to_owned(), at(LATER), at(NOON));
    assert_eq!((first.trouble.unwrap().attempts, first.next), (0, 7));
}

#[test]
fn a_receiver_is_reached_by_https_at_a_place() {
    for (text, written) in [
        (
            "https://10.1.2.3:9443/events",
            "https://10.1.2.3:9443/events",
        ),
        (
            "https://hooks.example/a/b-c_d.e~f",
            "https://hooks.example:443/a/b-c_d.e~f",
        ),
        ("https://[::1]:9443", "https://[::1]:9443/"),
        (" https://10.1.2.3/ ", "https://10.1.2.3:443/"),
    ] {
        let url = WebhookUrl::parse(text).unwrap();
        assert_eq!(url.to_string(), written);
        assert_eq!(WebhookUrl::parse(written).unwrap(), url);
    }
    for bad in [
        "http://10.1.2.3/",
        "10.1.2.3:9443",
        "https://user@10.1.2.3/",
        "https://10.1.2.3/?key=secret",
        "https://10.1.2.3/#there",
        "https://10.1.2.3/../admin",
        "https://10.1.2.3/%2e%2e/",
        "https://10.1.2.3/名",
        "https:///events",
        "https://10.1.2.3:0/",
        "",
    ] {
        assert!(WebhookUrl::parse(bad).is_err(), "{bad}");
    }
    let long = |bytes: usize| format!("https://10.1.2.3/{}", "a".repeat(bytes));
    assert!(WebhookUrl::parse(&long(254)).is_ok());
    let code = WebhookUrl::parse(&long(255)).unwrap_err();
    assert_eq!(code.code(), "NOT_A_WEBHOOK_URL");
}
