//! What waits for whom at each stage.

use jiff::civil::date;

use super::*;
use crate::progress::Proofs;
use crate::resource::{Progress, Retiring, Return, UpdateDuty, Why};
use crate::system::{Statement, Step};
use crate::test_world::{
    APPROVAL, CIVIL_AFFAIRS, NOON, at, department, department_name, marriages, system,
};

/// Any other department: the competent one, or one that uses the entry.
fn other() -> DepartmentName {
    department_name(APPROVAL)
}

fn clock(due: Option<Date>) -> Clock {
    Clock::new(at(NOON), due, "CN-2025-809 CAT-REV 17")
}

fn why() -> Why {
    Why {
        by: "li".to_owned(),
        at: at(NOON),
        reason: "数据核查".to_owned(),
    }
}

fn update(owner: Date, competent: Date) -> UpdateDuty {
    UpdateDuty {
        why: why(),
        effective: date(2026, 3, 2),
        update: clock(Some(owner)),
        publish: clock(Some(competent)),
        extended: None,
    }
}

fn draft() -> Resource {
    Resource {
        state: ResourceState::Draft,
        progress: Progress::default(),
        ..marriages("105001-000001")
    }
}

/// Kind, department and last day of what waits.
fn waits(resource: &Resource) -> Vec<(WorkItemKind, bool, Option<Date>)> {
    let items = of_entry(resource, &other());
    items
        .into_iter()
        .map(|item| (item.kind, item.waits_for == other(), item.due))
        .collect()
}

#[test]
fn a_draft_waits_for_nobody_and_what_was_given_back_for_its_department() {
    let mut entry = draft();
    assert_eq!(waits(&entry), []);
    entry.progress.returned = Some(Return {
        by: "li".to_owned(),
        at: at(NOON),
        reasons: Vec::new(),
    });
    assert_eq!(waits(&entry), [(WorkItemKind::CorrectEntry, false, None)]);
}

#[test]
fn what_is_signed_off_waits_for_the_competent_department() {
    let review = date(2026, 3, 4);
    let signed = draft()
        .register("wang".to_owned(), at(NOON), clock(Some(review)))
        .unwrap();
    let expected = [(WorkItemKind::ReviewEntry, true, Some(review))];
    assert_eq!(waits(&signed), expected);
    // Also where it is the next version of what is published.
    let mut entry = marriages("105001-000001");
    entry.progress.next = Some(Box::new(signed));
    assert_eq!(waits(&entry), expected);
    // Who signed off late after a change of law leaves the reviewer the whole time of a review.
    entry.progress.update = Some(update(date(2026, 2, 20), date(2026, 2, 24)));
    assert_eq!(waits(&entry), expected);
}

#[test]
fn what_a_changed_law_asks_for_waits_for_its_department_until_it_is_signed_off() {
    let mut entry = marriages("105001-000001");
    assert_eq!(waits(&entry), []);
    entry.progress.update = Some(update(date(2026, 3, 16), date(2026, 3, 18)));
    let expected = [(WorkItemKind::UpdateEntry, false, Some(date(2026, 3, 16)))];
    assert_eq!(waits(&entry), expected);
    entry.progress.next = Some(Box::new(draft()));
    assert_eq!(waits(&entry), expected);
}

#[test]
fn who_uses_an_entry_is_told_that_it_stops() {
    let mut entry = marriages("105001-000001");
    let today = date(2026, 4, 30);
    assert_eq!(of_user(&entry, &other(), today), []);
    let last_day = date(2026, 4, 30);
    entry.progress.retiring = Some(Retiring {
        last_day,
        why: why(),
    });
    let stopped = entry.suspend(why()).unwrap();
    let told: Vec<_> = of_user(&stopped, &other(), today)
        .into_iter()
        .map(|item| (item.kind, item.due))
        .collect();
    let expected = [
        (WorkItemKind::EntryRetires, Some(last_day)),
        (WorkItemKind::EntrySuspended, None),
    ];
    assert_eq!(told, expected);
    // Not about its own act, and not once the day is over.
    assert_eq!(of_user(&stopped, &stopped.department, today), []);
    assert_eq!(of_user(&stopped, &other(), date(2026, 5, 1)), []);
}

#[test]
fn what_is_due_first_stands_first_and_what_has_no_day_last() {
    let item = |about: &str, due| WorkItem {
        about: about.to_owned(),
        due,
        ..WorkItem::of(
            WorkItemKind::ReviewEntry,
            "",
            "",
            &department_name(CIVIL_AFFAIRS),
            &clock(None),
        )
    };
    let mut items = [
        item("resources/1", None),
        item("resources/3", Some(date(2026, 3, 3))),
        item("resources/2", Some(date(2026, 3, 3))),
        item("resources/4", Some(date(2026, 3, 2))),
    ];
    items.sort_by(|one, two| one.place().cmp(&two.place()));
    let order = items.map(|item| item.about);
    let expected = ["resources/4", "resources/2", "resources/3", "resources/1"];
    assert_eq!(order, expected);
    let day = item("resources/1", Some(date(2026, 3, 3)));
    assert!(!day.is_overdue(date(2026, 3, 3)) && day.is_overdue(date(2026, 3, 4)));
}

#[test]
fn an_end_that_nobody_recorded_waits_from_the_day_after() {
    let mut one = department(CIVIL_AFFAIRS);
    let competent = department_name(APPROVAL);
    let (last, after) = (date(2026, 6, 30), date(2026, 7, 1));
    assert_eq!(of_department(&one, &competent, after), None, "no last day");
    one.valid_until = Some(last);
    assert_eq!(
        of_department(&one, &competent, last),
        None,
        "it still stands"
    );
    let item = of_department(&one, &competent, after).unwrap();
    assert_eq!((item.kind, item.due), (WorkItemKind::RecordEnd, Some(last)));
    assert_eq!(item.since, at("2026-06-30T16:00:00Z"));
    assert!(item.is_overdue(after));
    one.end_document = "邵编〔2026〕1号".to_owned();
    assert_eq!(of_department(&one, &competent, after), None, "recorded");
}

#[test]
fn a_statement_of_nothing_to_share_waits_until_it_is_agreed_to() {
    let competent = department_name(APPROVAL);
    let by = |who: &str| Statement {
        document: "说明".to_owned(),
        by: who.to_owned(),
        at: at(NOON),
    };
    let one = system("one", CIVIL_AFFAIRS);
    assert_eq!(of_system(&one, &competent), None);
    let proofs = Proofs::default();
    let stated = one
        .record(Step::NothingToShare, by("wang"), &proofs)
        .unwrap();
    let item = of_system(&stated, &competent).unwrap();
    assert_eq!(item.kind, WorkItemKind::ApproveNothingToShare);
    assert_eq!((item.about.as_str(), item.since), ("systems/one", at(NOON)));
    let agreed = stated.record(Step::NothingToShareApproval, by("li"), &proofs);
    assert_eq!(of_system(&agreed.unwrap(), &competent), None);
}
