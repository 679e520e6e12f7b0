//! What changes of a grant is its next version; the one before stays as it was.

use std::str::FromStr as _;

use api::sharing::v1 as sharing;
use api::sharing::v1::grant::State;
use api::sharing::v1::grant::change::Kind as How;
use kit::world::answer::{Told, refused};
use kit::world::story::{Story, agree, approve, signed_off, submitted};
use kit::world::terms::{application, whole_application};
use kit::world::{ask, new_id};
use ledger::entry::Kind;
use sandbox::people;

use super::{narrow, read, versions};

const CONSULTED: &str = "2026-11-26 与业务科电话协商，对方同意";

fn only(items: &[String]) -> sharing::LesserTerms {
    sharing::LesserTerms {
        items: items.to_vec(),
        ..sharing::LesserTerms::default()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_consumer_gives_up_is_gone_at_once_and_the_version_before_is_kept() {
    let story = Story::of_marriages().await;
    let holder = people::HUSBAND;
    let one = &story.grant.items[..1];
    let narrowed = narrow(&story.applicant, &story.grant, only(one), "").await;
    let narrowed = narrowed.unwrap().into_inner();
    assert_eq!((narrowed.version, &narrowed.items[..]), (2, one));
    let change = narrowed.change.clone().unwrap();
    assert_eq!(
        (change.kind(), change.reason.as_str()),
        (How::Narrowed, "实际只用到这些")
    );
    // What is named and covered no more is refused; what is left is answered, and the record names the version.
    let mut all = story.lookup_request(&holder);
    all.items.clone_from(&story.grant.items);
    let told = refused(story.send(all).await);
    assert_eq!(told.reason, "ITEM_NOT_COVERED");
    let answer = story.lookup(&holder).await.unwrap().into_inner();
    assert_eq!(answer.receipt.unwrap().grant_version, 2);
    let kept = versions(&story.owner, &story.grant.name).await;
    let numbers: Vec<i32> = kept.iter().map(|one| one.version).collect();
    assert_eq!(numbers, [1, 2]);
    let first = kept[0].terms.clone().unwrap();
    assert_eq!(first.items, story.grant.items);
    assert_eq!(kept[0].end_time, kept[1].begin_time);
    assert_eq!(kept[1].end_time, None);
    assert_eq!(read(&story.platform, &story).await, narrowed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_says_how_it_consulted_and_the_competent_department_hears_of_it() {
    let story = Story::of_marriages().await;
    let one = &story.grant.items[..1];
    let silent = narrow(&story.owner, &story.grant, only(one), "").await;
    let told = refused(silent);
    assert_eq!(
        (told.reason.as_str(), told.fields()),
        ("REQUEST_INVALID", vec!["consultation"])
    );
    let needless = narrow(&story.applicant, &story.grant, only(one), CONSULTED).await;
    assert_eq!(refused(needless).fields(), ["consultation"]);
    narrow(&story.owner, &story.grant, only(one), CONSULTED)
        .await
        .unwrap();
    let entries = story.auditor.entries().await;
    let entry = entries
        .iter()
        .find(|entry| matches!(entry.kind(), Kind::Change { event } if event == "sharing.grant.narrowed"))
        .unwrap();
    assert_eq!(entry.facts().text("side"), Some("provider"));
    let kept = versions(&story.platform, &story.grant.name).await;
    let change = kept[1].change.clone().unwrap();
    assert_eq!(change.consultation, CONSULTED);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_of_what_would_be_left_is_told_at_once_and_nothing_is_kept() {
    let story = Story::of_marriages().await;
    let before = read(&story.owner, &story).await;
    let terms = sharing::LesserTerms {
        items: vec!["holder_name_2".to_owned()],
        end_date: "2029-01-01".to_owned(),
        ..sharing::LesserTerms::default()
    };
    let told = refused(narrow(&story.owner, &story.grant, terms, "").await);
    assert_eq!(
        told.fields(),
        ["terms.items", "terms.end_date", "consultation"]
    );
    let nothing = sharing::LesserTerms::default();
    let told = refused(narrow(&story.applicant, &story.grant, nothing, "").await);
    assert_eq!(told.fields(), ["terms"]);
    assert_eq!(read(&story.owner, &story).await, before);
    assert_eq!(versions(&story.owner, &story.grant.name).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_of_a_grant_is_agreed_on_by_two_people_and_is_its_next_version() {
    let story = Story::of_marriages().await;
    let more = sharing::Application {
        amends: story.grant.name.clone(),
        ..whole_application(&story.resource)
    };
    let wide = agree(&story.applicant, &story.owner, more).await;
    assert_eq!((&wide.name, wide.version), (&story.grant.name, 2));
    assert!(wide.items.len() > story.grant.items.len());
    assert_ne!(wide.application, story.grant.application);
    assert_eq!(wide.approvers.len(), 2);
    assert_eq!(wide.change.clone().unwrap().kind(), How::Amended);
    assert_eq!(wide.create_time, story.grant.create_time);
    let kept = versions(&story.applicant, &story.grant.name).await;
    assert_eq!(kept[0].application, story.grant.application);
    assert_eq!(kept[1].application, wide.application);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_ended_meanwhile_is_not_amended() {
    let story = Story::of_marriages().await;
    let amends = |name: &str| sharing::Application {
        amends: name.to_owned(),
        ..application(&story.resource)
    };
    let asked = amends(&story.grant.name);
    let waiting = submitted(&story.applicant, asked.clone()).await;
    let revoke = sharing::RevokeGrantRequest {
        name: story.grant.name.clone(),
        reason: "不再共享".to_owned(),
        request_id: new_id(),
        disposal_demand: String::new(),
    };
    story
        .owner
        .grants()
        .revoke_grant(ask(revoke))
        .await
        .unwrap();
    approve(&story.owner, &waiting).await.unwrap();
    let second = story.owner.colleague().await;
    let told = refused(approve(second, &waiting).await);
    assert_eq!(told.reason, "STATE_CONFLICT");
    assert!(told.message.contains("is revoked"), "{}", told.message);
    for (named, code) in [
        (story.grant.name.as_str(), "GRANT_OVER"),
        (
            "grants/00000000-0000-4000-8000-000000000999",
            "UNKNOWN_GRANT",
        ),
    ] {
        let request = sharing::CreateApplicationRequest {
            application: Some(amends(named)),
            request_id: new_id(),
            validate_only: false,
        };
        let mut applications = story.applicant.applications();
        let made = applications.create_application(ask(request)).await;
        let told = Told::of(&made.unwrap_err());
        assert_eq!(told.fields(), ["application.amends"]);
        assert!(
            told.of_field("application.amends").contains(code),
            "{told:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_ended_a_suspension_stands_in_every_later_record() {
    let story = Story::of_marriages().await;
    let name = story.grant.name.clone();
    let suspend = sharing::SuspendGrantRequest {
        name: name.clone(),
        reason: "用途存疑".to_owned(),
        request_id: new_id(),
    };
    story
        .owner
        .grants()
        .suspend_grant(ask(suspend))
        .await
        .unwrap();
    let resume = sharing::ResumeGrantRequest {
        name,
        request_id: new_id(),
    };
    let second = story.owner.colleague().await;
    let resumed = second.grants().resume_grant(ask(resume)).await.unwrap();
    let resumed = resumed.into_inner();
    assert_eq!(resumed.state(), State::Active);
    assert!(!resumed.resumed_by.is_empty());
    let request = story.lookup_request(&people::HUSBAND);
    let id = request.request_id.clone();
    story.send(request).await.unwrap();
    let entries = story.auditor.entries().await;
    let intent = entries
        .iter()
        .find(|entry| entry.request_id() == id)
        .unwrap();
    let by = intent.facts().text("resumed_by");
    assert_eq!(by, Some(resumed.resumed_by.as_str()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_takes_the_place_of_a_grant_leaves_no_gap_and_is_not_over() {
    let story = Story::of_marriages().await;
    let today = jiff::civil::Date::from_str(&story.grant.start_date).unwrap();
    let day = |days: i64| (today + jiff::Span::new().days(days)).to_string();
    let codes = async |start: String, end: String, amends: &str| {
        let request = sharing::CreateApplicationRequest {
            application: Some(sharing::Application {
                amends: amends.to_owned(),
                start_date: start,
                end_date: end,
                ..application(&story.resource)
            }),
            request_id: new_id(),
            validate_only: true,
        };
        let mut applications = story.applicant.applications();
        let made = applications.create_application(ask(request)).await;
        let faults = made.err().map(|status| Told::of(&status));
        let faults = faults.map(|told| told.fields().into_iter().map(str::to_owned).collect());
        faults.unwrap_or_else(Vec::<String>::new)
    };
    let (gap, over) = ("application.start_date", "application.end_date");
    for (start, end, amends, expected) in [
        (day(0), day(400), story.grant.name.as_str(), vec![]),
        (day(5), day(400), story.grant.name.as_str(), vec![gap]),
        (day(5), day(400), "", vec![]),
        (day(-9), day(-1), "", vec![over]),
    ] {
        assert_eq!(codes(start.clone(), end, amends).await, expected, "{start}");
    }
    let yesterday = sharing::LesserTerms {
        end_date: day(-1),
        ..sharing::LesserTerms::default()
    };
    let told = refused(narrow(&story.applicant, &story.grant, yesterday, "").await);
    assert!(told.fields().contains(&"terms.end_date"), "{told:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_who_amend_one_version_the_second_takes_nothing_away_from_the_first() {
    let story = Story::of_marriages().await;
    let amends = || sharing::Application {
        amends: story.grant.name.clone(),
        ..whole_application(&story.resource)
    };
    let fewer = sharing::Application {
        items: story.grant.items.clone(),
        ..amends()
    };
    let written = signed_off(&story.applicant, fewer.clone()).await;
    let second = submitted(&story.applicant, fewer).await;
    let wide = agree(&story.applicant, &story.owner, amends()).await;
    assert_eq!(wide.version, 2);
    approve(&story.owner, &second).await.unwrap();
    let other = story.owner.colleague().await;
    let told = refused(approve(other, &second).await);
    assert_eq!(told.reason, "STATE_CONFLICT");
    assert!(told.message.contains("has version 2"), "{}", told.message);
    assert_eq!(read(&story.platform, &story).await, wide);
    // Whoever has not handed it over yet hears of it at once.
    let request = sharing::SubmitApplicationRequest {
        name: written,
        request_id: new_id(),
        etag: String::new(),
    };
    let mut applications = story.applicant.applications();
    let told = refused(applications.submit_application(ask(request)).await);
    assert!(
        told.of_field("application.amends")
            .contains("GRANT_CHANGED"),
        "{told:?}"
    );
}
