use std::num::NonZeroU64;

use jiff::civil::date;

use super::*;
use crate::application::{Signed, Terms};
use crate::clock::Clock;
use crate::grant::{ChangeKind, Changed, Provision};
use crate::quota::Quota;
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
        codes: 0,
        rows,
        items: keys(items).into_iter().collect(),
        matters: matters.iter().map(|code| matter(code)).collect(),
    }
}

/// What is proposed, held against the terms as a narrowing of them: it is always one, and limits rows only where they are
/// counted.
fn proposed(grant: &Grant, days: &[(Date, UseDay)], of_certificate: bool) -> Option<Terms> {
    let by_day = days.iter().cloned().collect();
    let found = grant.uses(&by_day, (90, TODAY), of_certificate, &[]);
    let verdict = grant.verdict(&found, (90, Some(&rule())), true);
    let least = verdict.least()?.of(&grant.terms);
    let faults = least.faults_as_less(&grant.terms, "terms");
    assert!(faults.is_empty(), "{faults:?}");
    let counted = |mode: &ShareMode| mode.counts_rows(of_certificate);
    let is_counted = least.share_modes.iter().all(counted);
    assert!(
        is_counted || least.quota.rows_per_day.is_none(),
        "{least:?}"
    );
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

/// Says why nothing is proposed of a grant that nobody used.
fn verdict(grant: &Grant) -> Verdict {
    let found = grant.uses(&BTreeMap::new(), (90, TODAY), false, &[]);
    grant.verdict(&found, (90, Some(&rule())), true)
}

#[test]
fn nothing_is_proposed_before_anybody_can_say() {
    let late = at("2022-03-05T04:00:00Z");
    let signed = || Signed {
        by: "li".to_owned(),
        at: late,
    };
    let mut young = broad();
    young.terms.start = date(2022, 3, 5);
    let mut changed = broad();
    changed.change = Some(Changed {
        kind: ChangeKind::Amended,
        signed: signed(),
        reason: "more".to_owned(),
        consultation: String::new(),
    });
    let mut resumed = broad();
    resumed.resumed = Some(signed());
    let provision = |provided| {
        Some(Provision {
            clock: Clock::new(at("2022-02-28T00:00:00Z"), None, "SHARE".to_owned()),
            provided,
        })
    };
    let (mut unprovided, mut late_provided) = (broad(), broad());
    unprovided.provision = provision(None);
    late_provided.provision = provision(Some(late));
    for early in [&young, &changed, &resumed, &unprovided, &late_provided] {
        assert!(matches!(verdict(early), Verdict::TooEarly), "{early:?}");
    }
    late_provided.provision = provision(Some(at("2022-03-04T04:00:00Z")));
    assert!(matches!(verdict(&late_provided), Verdict::LessWouldDo(_)));
    let mut over = broad();
    over.terms.end = date(2022, 5, 31);
    let stopped = broad().suspend("why".to_owned(), "li".to_owned()).unwrap();
    for stopped in [&over, &stopped] {
        assert!(matches!(verdict(stopped), Verdict::Stopped), "{stopped:?}");
    }
    let mut by_mail = broad();
    by_mail.terms.share_modes = vec![ShareMode::Mail];
    assert!(matches!(verdict(&by_mail), Verdict::NotSeen));
    let (grant, rule) = (broad(), rule());
    let found = grant.uses(&BTreeMap::new(), (89, TODAY), false, &[]);
    let said = |days, rule, can| grant.verdict(&found, (days, rule), can);
    assert!(
        matches!(said(89, Some(&rule), true), Verdict::TooEarly),
        "too few"
    );
    assert!(matches!(said(90, Some(&rule), false), Verdict::Stopped));
    assert!(matches!(said(90, None, true), Verdict::NoRule));
}

#[test]
fn what_is_needed_though_nobody_asks_for_it_stays() {
    let all = &["registration_number", "registration_date", "children"];
    let whole = day(&[(ShareMode::Api, 1)], 0, all, &[HOUSE_TRANSFER]);
    let used_up = grant(1, "105001-000001");
    assert_eq!(proposed(&used_up, &[(TODAY, whole)], false), None);
    // By it rows are named that somebody disputes.
    let some = day(&[(ShareMode::Api, 1)], 0, &all[..1], &[HOUSE_TRANSFER]);
    let by_day = [(TODAY, some)].into();
    let found = used_up.uses(&by_day, (90, TODAY), false, &keys(&["children"]));
    assert_eq!(found.unused_items, keys(&["registration_date"]));
    // Rows of a read that had begun before the first of the days are no measure of what was asked for.
    let rest = day(&[], 7, &[], &[]);
    assert_eq!(proposed(&broad(), &[(date(2022, 3, 4), rest)], false), None);
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
    use ShareMode::{Api, File, Mail, Table};
    type Modes = &'static [ShareMode];
    let all = &["registration_number", "registration_date", "children"];
    let cases: [(Modes, Modes, u64, u64, bool, Option<u64>); 12] = [
        // The modes that there are and those that were used, rows allowed and read, of a certificate, and what is proposed.
        (&[Table], &[Table], 0, 30, false, Some(60)),
        (&[Table], &[Table], 301, 30, false, Some(60)),
        (&[Table], &[Table], 300, 30, false, None),
        // Nothing was read: that is no measure of how much would be.
        (&[Table], &[Table], 0, 0, false, None),
        // Rows are not counted in all that is left.
        (&[Api, Table], &[Api, Table], 0, 30, false, None),
        (&[File, Table], &[File, Table], 0, 30, false, None),
        (&[Mail, Table], &[Table], 0, 30, false, None),
        (&[Api, Table], &[Table], 0, 30, false, Some(60)),
        // Each call of a certificate is a row too; here there is one.
        (&[Api, Table], &[Api, Table], 0, 30, true, Some(62)),
        (&[Api, Table], &[Api, Table], 310, 30, true, None),
        // Where only look-ups are left nothing lies open as a whole.
        (&[Api, Table], &[Api], 0, 0, true, None),
        (&[Api], &[Api], 11, 0, true, Some(2)),
    ];
    for (modes, used, allowed, read, of_certificate, expected) in cases {
        let mut open = broad();
        open.terms.share_modes = modes.to_vec();
        open.terms.quota.rows_per_day = NonZeroU64::new(allowed);
        let calls: Vec<_> = used.iter().map(|mode| (*mode, 1)).collect();
        let day = day(&calls, read, all, &[HOUSE_TRANSFER, FOOD_LICENCE]);
        let least = proposed(&open, &[(TODAY, day)], of_certificate);
        let found = least.and_then(|terms| terms.quota.rows_per_day);
        let found = found.map(NonZeroU64::get).filter(|most| *most != allowed);
        let case = format!("{modes:?} {used:?} {read} of {allowed}, {of_certificate}");
        assert_eq!(found, expected, "{case}");
    }
}

#[test]
fn days_add_up_and_the_busiest_is_told() {
    let one = day(&[(ShareMode::Api, 3)], 4, &["children"], &[HOUSE_TRANSFER]);
    let mut two = day(&[(ShareMode::Api, 1)], 1, &[], &[FOOD_LICENCE]);
    two.codes = 2;
    two.add(one.clone());
    let by_day = [(date(2022, 5, 1), one), (date(2022, 5, 2), two)].into();
    let found = broad().uses(&by_day, (90, TODAY), false, &[]);
    assert_eq!((found.calls, found.rows), (9, 9));
    assert_eq!((found.busiest_calls, found.busiest_rows), (6, 5));
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
