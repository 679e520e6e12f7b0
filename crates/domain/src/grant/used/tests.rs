use jiff::civil::date;

use super::*;
use crate::application::{Signed, Terms};
use crate::test_world::{FOOD_LICENCE, HOUSE_TRANSFER, at, grant, keys, matter};

const TODAY: Date = date(2022, 6, 1);

fn rule() -> UnusedRule {
    UnusedRule {
        days: 90,
        too_many: 10,
        leaves: 2,
        from: date(2022, 1, 1),
        until: None,
        source: "a test".to_owned(),
        assumed: true,
    }
}

fn day(calls: &[(ShareMode, u64)], rows: u64, items: &[&str], matters: &[&str]) -> UseDay {
    UseDay {
        calls: calls.iter().copied().collect(),
        rows,
        items: keys(items).into_iter().collect(),
        matters: matters.iter().map(|code| matter(code)).collect(),
    }
}

/// What is proposed, held against the terms as a narrowing of them: it is always one.
fn proposed(grant: &Grant, days: &[(Date, UseDay)], of_certificate: bool) -> Option<Terms> {
    let by_day = days.iter().cloned().collect();
    let found = grant.uses(&by_day, (90, TODAY), of_certificate);
    let least = grant.least(&found, &rule())?.of(&grant.terms);
    let faults = least.faults_as_less(&grant.terms, "terms");
    assert!(faults.is_empty(), "{faults:?}");
    Some(least)
}

fn broad() -> Grant {
    let mut broad = grant(1, "105001-000001");
    broad.terms.share_modes = vec![ShareMode::Api, ShareMode::Table];
    broad.terms.matters.push(matter(FOOD_LICENCE));
    broad
}

#[test]
fn what_was_not_used_is_proposed_to_go() {
    let used = day(&[(ShareMode::Api, 3)], 0, &["children"], &[HOUSE_TRANSFER]);
    let least = proposed(&broad(), &[(date(2022, 4, 1), used)], false).unwrap();
    assert_eq!(least.items, keys(&["children"]));
    assert_eq!(least.share_modes, [ShareMode::Api]);
    assert_eq!(least.matters, [matter(HOUSE_TRANSFER)]);
    assert_eq!(
        (least.end, least.quota),
        (broad().terms.end, Quota::default())
    );
}

#[test]
fn a_grant_of_which_nothing_was_used_ends_today() {
    let mut idle = broad();
    let before = (date(2022, 3, 3), day(&[(ShareMode::Api, 3)], 0, &[], &[]));
    let least = proposed(&idle, std::slice::from_ref(&before), false).unwrap();
    assert_eq!(least.end, TODAY);
    assert_eq!(least.items, idle.terms.items);
    // On the first of the ninety days it counts.
    let on_the_first = (date(2022, 3, 4), before.1);
    assert_ne!(proposed(&idle, &[on_the_first], false).unwrap().end, TODAY);
    idle.terms.end = TODAY;
    assert_eq!(
        proposed(&idle, &[], false),
        None,
        "it ends today in any case"
    );
}

#[test]
fn nothing_is_proposed_before_anybody_can_say() {
    let all = &["registration_number", "registration_date", "children"];
    let whole = day(&[(ShareMode::Api, 1)], 0, all, &[HOUSE_TRANSFER]);
    let used_up = grant(1, "105001-000001");
    assert_eq!(proposed(&used_up, &[(TODAY, whole)], false), None);
    let mut young = broad();
    young.terms.start = date(2022, 3, 5);
    assert_eq!(proposed(&young, &[], false), None);
    let mut changed = broad();
    let change = super::super::Changed {
        kind: super::super::ChangeKind::Amended,
        signed: Signed {
            by: "li".to_owned(),
            at: at("2022-03-05T04:00:00Z"),
        },
        reason: "more".to_owned(),
        consultation: String::new(),
    };
    changed.change = Some(change);
    assert_eq!(proposed(&changed, &[], false), None);
    let stopped = broad().suspend("why".to_owned(), "li".to_owned()).unwrap();
    assert_eq!(proposed(&stopped, &[], false), None);
    let mut by_mail = broad();
    by_mail.terms.share_modes = vec![ShareMode::Mail];
    assert_eq!(proposed(&by_mail, &[], false), None, "nobody sees its use");
}

#[test]
fn of_what_is_handed_over_otherwise_only_the_ways_are_told() {
    let mut mixed = broad();
    mixed.terms.share_modes = vec![ShareMode::Api, ShareMode::File, ShareMode::Mail];
    let used = day(&[(ShareMode::File, 1)], 0, &["children"], &[HOUSE_TRANSFER]);
    let least = proposed(&mixed, &[(TODAY, used)], false).unwrap();
    assert_eq!(least.share_modes, [ShareMode::File, ShareMode::Mail]);
    assert_eq!(
        (&least.items, &least.matters),
        (&mixed.terms.items, &mixed.terms.matters)
    );
    let least = proposed(&mixed, &[], false).unwrap();
    assert_eq!(
        (least.share_modes, least.end),
        (vec![ShareMode::Mail], mixed.terms.end)
    );
}

#[test]
fn far_more_rows_than_were_read_are_proposed_to_go() {
    let all = &["registration_number", "registration_date", "children"];
    let rows = |count: u64| {
        let calls = [(ShareMode::Table, 2), (ShareMode::Api, 5)];
        (
            TODAY,
            day(&calls, count, all, &[HOUSE_TRANSFER, FOOD_LICENCE]),
        )
    };
    let cases = [
        // Allowed, read in table mode, of a certificate, and what is proposed.
        (0, 30, false, Some(60)),
        (301, 30, false, Some(60)),
        (300, 30, false, None),
        // Each call of a certificate is a row too.
        (301, 30, true, None),
        (351, 30, true, Some(70)),
        // Nothing was read: that is no measure of how much would be.
        (0, 0, false, None),
    ];
    for (allowed, read, of_certificate, expected) in cases {
        let mut open = broad();
        open.terms.quota.rows_per_day = NonZeroU64::new(allowed);
        let least = proposed(&open, &[rows(read)], of_certificate);
        let found = least.and_then(|terms| terms.quota.rows_per_day);
        let case = format!("{read} of {allowed}, {of_certificate}");
        assert_eq!(found.map(NonZeroU64::get), expected, "{case}");
    }
}

#[test]
fn days_add_up_and_the_busiest_is_told() {
    let one = day(&[(ShareMode::Api, 3)], 4, &["children"], &[HOUSE_TRANSFER]);
    let mut two = day(&[(ShareMode::Api, 1)], 1, &[], &[FOOD_LICENCE]);
    two.add(one.clone());
    let by_day = [(date(2022, 5, 1), one), (date(2022, 5, 2), two)].into();
    let found = broad().uses(&by_day, (90, TODAY), false);
    assert_eq!((found.calls, found.rows), (7, 9));
    assert_eq!((found.busiest_calls, found.busiest_rows), (4, 5));
    assert_eq!(found.last, Some(date(2022, 5, 2)));
    assert_eq!((found.since, found.is_whole), (date(2022, 3, 4), true));
    assert_eq!(found.unused_items.len(), 2);
    assert_eq!(found.unused_modes, [ShareMode::Table]);
}

#[test]
fn the_rule_that_began_last_holds() {
    let earlier = UnusedRule {
        days: 30,
        until: Some(date(2022, 12, 31)),
        ..rule()
    };
    let later = UnusedRule {
        from: date(2022, 6, 1),
        ..rule()
    };
    let rules = [later, earlier];
    let days = |day| rule_on(&rules, day).map(|rule| rule.days);
    assert_eq!(days(date(2021, 12, 31)), None);
    assert_eq!(days(date(2022, 5, 31)), Some(30));
    assert_eq!(days(TODAY), Some(90));
}
