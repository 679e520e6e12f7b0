//! Each step of the life of an entry, and the steps that are refused.

use super::*;
use crate::test_world::{APPROVAL, CIVIL_AFFAIRS, NOON, at, department_name, grant, marriages};
use jiff::civil::date;

fn clock() -> Clock {
    Clock::new(at(NOON), Some(date(2022, 6, 6)), "CN-2025-809 CAT-REV 17")
}

fn why() -> Why {
    Why {
        by: "li".to_owned(),
        at: at(NOON),
        reason: "数据核查".to_owned(),
    }
}

fn returned() -> Return {
    Return {
        by: "li".to_owned(),
        at: at(NOON),
        reasons: vec![("summary".to_owned(), "写明用途".to_owned())],
    }
}

fn draft() -> Resource {
    Resource {
        state: ResourceState::Draft,
        ..marriages("105001-000001")
    }
}

fn registered() -> Resource {
    draft()
        .register("wang".to_owned(), at(NOON), clock())
        .unwrap()
}

fn published() -> Resource {
    registered().publish("li".to_owned(), at(NOON)).unwrap()
}

fn renamed() -> Resource {
    Resource {
        title: "新名".to_owned(),
        ..draft()
    }
}

#[test]
fn an_entry_goes_from_draft_to_registered_to_published_through_two_people() {
    assert_eq!((draft().state.as_str(), draft().version()), ("draft", None));
    assert_eq!(
        (registered().state.as_str(), registered().version()),
        ("registered", None)
    );
    assert_eq!(registered().progress.review, Some(clock()));
    let published = published();
    assert_eq!(
        (published.state.as_str(), published.version()),
        ("published", Some(1))
    );
    assert!(published.progress.is_empty());
    let ResourceState::Published {
        registered_by, by, ..
    } = published.state
    else {
        panic!("not published")
    };
    assert_eq!((registered_by.as_str(), by.as_str()), ("wang", "li"));
    let refused = registered().publish("wang".to_owned(), at(NOON));
    assert_eq!(refused, Err(PublishError::SamePerson));
}

#[test]
fn the_next_version_is_written_beside_and_takes_the_place_when_published() {
    let written = published().write(renamed()).unwrap();
    assert_eq!(
        (written.title.as_str(), written.version()),
        ("结婚登记信息", Some(1))
    );
    assert_eq!(written.at_work().title, "新名");
    let discarded = written.clone().write(published()).unwrap();
    assert_eq!(discarded, published(), "the same as published");
    let again = written
        .write(Resource {
            title: "再改".to_owned(),
            ..draft()
        })
        .unwrap();
    let signed = again
        .register("wang".to_owned(), at(NOON), clock())
        .unwrap();
    assert_eq!(signed.version(), Some(1));
    assert_eq!(
        signed.clone().write(renamed()),
        Err(StageError::NextRegistered)
    );
    assert_eq!(
        signed.clone().publish("wang".to_owned(), at(NOON)),
        Err(PublishError::SamePerson)
    );
    let next = signed.publish("li".to_owned(), at(NOON)).unwrap();
    assert_eq!((next.title.as_str(), next.version()), ("再改", Some(2)));
    assert_eq!(next.first_published(), Some(at(NOON)));
    let first_published = Some(at(NOON));
    let nothing_else = Progress {
        first_published,
        ..Progress::default()
    };
    assert_eq!(next.progress, nothing_else);
}

#[test]
fn what_is_given_back_says_why_until_it_is_signed_off_again() {
    let back = registered().give_back(returned()).unwrap();
    assert_eq!(back.state, ResourceState::Draft);
    assert_eq!(back.progress.returned, Some(returned()));
    let corrected = back.write(renamed()).unwrap();
    assert_eq!(
        corrected.progress.returned,
        Some(returned()),
        "still to be read"
    );
    let signed = corrected
        .register("wang".to_owned(), at(NOON), clock())
        .unwrap();
    assert_eq!(signed.progress.returned, None);
    // The same of a next version; what is published stays.
    let next = published().write(renamed()).unwrap();
    let next = next.register("wang".to_owned(), at(NOON), clock()).unwrap();
    let next = next.give_back(returned()).unwrap();
    assert_eq!(
        (next.version(), next.at_work().progress.returned.is_some()),
        (Some(1), true)
    );
    assert!(draft().give_back(returned()).is_err() && published().give_back(returned()).is_err());
}

#[test]
fn a_suspension_and_its_end_leave_the_publication_as_it_was() {
    let stopped = published().suspend(why()).unwrap();
    let said = stopped.stopped_on(date(2022, 6, 1)).unwrap();
    assert!(said.contains("数据核查"), "{said}");
    assert_eq!((stopped.version(), stopped.last_version()), (None, 1));
    assert!(stopped.state.is_public());
    assert_eq!(stopped.clone().resume().unwrap(), published());
    assert!(stopped.suspend(why()).is_err() && published().resume().is_err());
    assert!(draft().suspend(why()).is_err());
}

#[test]
fn a_next_version_ends_no_suspension_and_no_retirement() {
    let signed = |resource: Resource| {
        let next = resource.write(renamed()).unwrap();
        next.register("wang".to_owned(), at(NOON), clock()).unwrap()
    };
    let stopped = signed(published().suspend(why()).unwrap());
    let refused = stopped.publish("li".to_owned(), at(NOON)).unwrap_err();
    assert!(matches!(
        refused,
        PublishError::State(ResourceState::Suspended { .. })
    ));
    let retiring = Retiring {
        last_day: date(2022, 6, 30),
        why: why(),
    };
    let announced = published().announce_retirement(retiring.clone()).unwrap();
    let next = signed(announced)
        .publish("li".to_owned(), at(NOON))
        .unwrap();
    assert_eq!(
        (next.version(), next.progress.retiring),
        (Some(2), Some(retiring))
    );
}

#[test]
fn a_publication_taken_back_goes_on_with_the_next_number() {
    let back = published().recall(returned()).unwrap();
    assert_eq!((back.version(), back.last_version()), (None, 1));
    let again = back.register("wang".to_owned(), at(NOON), clock()).unwrap();
    let again = again.publish("li".to_owned(), at(NOON)).unwrap();
    assert_eq!(again.version(), Some(2));
    assert!(draft().recall(returned()).is_err());
}

#[test]
fn an_entry_is_retired_after_its_last_day_and_not_on_it() {
    let retiring = Retiring {
        last_day: date(2022, 6, 30),
        why: why(),
    };
    let announced = published().announce_retirement(retiring).unwrap();
    assert_eq!(announced.version(), Some(1), "used until then");
    assert_eq!(announced.stopped_on(date(2022, 6, 30)), None);
    assert!(announced.stopped_on(date(2022, 7, 1)).is_some());
    assert!(announced.clone().retire(date(2022, 6, 30)).is_err());
    let gone = announced.retire(date(2022, 7, 1)).unwrap();
    assert_eq!(
        (gone.state.as_str(), gone.version(), gone.last_version()),
        ("retired", None, 1)
    );
    assert!(published().retire(date(2022, 7, 1)).is_err());
    assert!(gone.write(renamed()).is_err());
}

#[test]
fn a_change_is_acknowledged_once_a_department_while_it_is_registered() {
    let note_of = |grants: &[u32]| Acknowledgement {
        department: department_name(CIVIL_AFFAIRS),
        by: "zhao".to_owned(),
        at: at(NOON),
        grants: grants.iter().map(|number| held(*number)).collect(),
    };
    let note = || note_of(&[1]);
    let written = published().write(renamed()).unwrap();
    assert_eq!(written.clone().acknowledge(note()), Err(StageError::NoNext));
    let signed = written
        .register("wang".to_owned(), at(NOON), clock())
        .unwrap();
    let noted = signed
        .acknowledge(note())
        .unwrap()
        .acknowledge(note())
        .unwrap();
    assert_eq!(noted.progress.acknowledged.len(), 1);
    let more = noted.clone().acknowledge(note_of(&[1, 2])).unwrap();
    let kept = &more.progress.acknowledged;
    assert_eq!((kept.len(), kept[0].grants.len()), (1, 2));
    assert_eq!(
        noted.give_back(returned()).unwrap().progress.acknowledged,
        []
    );
}

fn held(number: u32) -> GrantName {
    grant(number, "105001-000001").name
}

#[test]
fn note_is_taken_of_each_grant_whoever_holds_it_later() {
    let note = Acknowledgement {
        department: department_name(CIVIL_AFFAIRS),
        by: "zhao".to_owned(),
        at: at(NOON),
        grants: vec![held(1)],
    };
    let (own, other) = (department_name(CIVIL_AFFAIRS), department_name(APPROVAL));
    for holder in [Some(&own), Some(&other), None] {
        assert!(note.is_of(&held(1), holder));
        assert!(!note.is_of(&held(2), holder));
    }
    // One of before the grants were kept speaks for its department.
    let old = Acknowledgement {
        grants: Vec::new(),
        ..note
    };
    assert!(old.is_of(&held(2), Some(&own)) && !old.is_of(&held(2), Some(&other)));
}

#[test]
fn every_stage_is_read_back_as_it_was_written() {
    let all = [
        draft(),
        registered(),
        published(),
        published().write(renamed()).unwrap(),
        published().suspend(why()).unwrap(),
    ];
    for resource in all {
        let text = serde_json::to_string(&resource).unwrap();
        assert_eq!(serde_json::from_str::<Resource>(&text).unwrap(), resource);
    }
}
