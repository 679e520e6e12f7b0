//! What waits for whom at each stage.

use jiff::civil::date;

use super::*;
use crate::resource::{Progress, Retiring, Return, UpdateDuty, Why};
use crate::test_world::{APPROVAL, CIVIL_AFFAIRS, NOON, at, department_name, marriages};

/// Any other department: the competent one, or one that uses the entry.
fn other() -> DepartmentName {
    department_name(APPROVAL)
}

fn clock(due: Option<Date>) -> Clock {
    Clock {
        received: at(NOON),
        due,
        rule: "CN-2025-809 CAT-REV 17".to_owned(),
    }
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
