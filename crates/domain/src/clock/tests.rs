use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::reference::{EMBEDDED, Reference, ReferenceFiles, SeedText};
use crate::test_world::at;

fn law() -> Law<'static> {
    Law {
        regimes: &EMBEDDED.regimes,
        calendar: &EMBEDDED.calendar,
    }
}

/// Noon in Shaoyang.
fn noon(day: Date) -> Timestamp {
    at(&format!("{day}T04:00:00Z"))
}

fn answer(received: Date) -> Clock {
    law()
        .begin(Rule::AnswerConditional, noon(received))
        .unwrap()
}

#[test]
fn it_knows_the_rule_that_set_it() {
    let clock = answer(date(2026, 3, 2));
    assert_eq!(clock.rule_of_regime(), Some(Rule::AnswerConditional));
    let unlimited = law()
        .begin(Rule::Share, at("2022-06-01T04:00:00Z"))
        .unwrap();
    assert_eq!(
        (unlimited.due, unlimited.rule_of_regime()),
        (None, Some(Rule::Share))
    );
}

#[test]
fn the_day_begins_at_midnight_in_shaoyang() {
    // 23:59:59 and 00:00:00 there are 15:59:59 and 16:00:00 of the day before in UTC.
    let late = law()
        .begin(Rule::AnswerConditional, at("2026-03-02T15:59:59Z"))
        .unwrap();
    let next = law()
        .begin(Rule::AnswerConditional, at("2026-03-02T16:00:00Z"))
        .unwrap();
    assert_eq!(
        (late.due, next.due),
        (Some(date(2026, 3, 16)), Some(date(2026, 3, 17)))
    );
}

#[test]
fn what_was_left_is_counted_again_after_a_pause() {
    let calendar = &EMBEDDED.calendar;
    // Ten working days from Monday, 2 March 2026: Monday the 16th.
    for (case, stopped, resumed, due) in [
        (
            "over a weekend",
            date(2026, 3, 6),
            date(2026, 3, 9),
            date(2026, 3, 17),
        ),
        (
            "for a week",
            date(2026, 3, 4),
            date(2026, 3, 11),
            date(2026, 3, 23),
        ),
        (
            "the same day",
            date(2026, 3, 4),
            date(2026, 3, 4),
            date(2026, 3, 16),
        ),
        (
            "on its first day",
            date(2026, 3, 2),
            date(2026, 3, 3),
            date(2026, 3, 17),
        ),
        (
            "on its last day",
            date(2026, 3, 16),
            date(2026, 3, 18),
            date(2026, 3, 18),
        ),
        (
            "until a day off",
            date(2026, 3, 16),
            date(2026, 3, 21),
            date(2026, 3, 23),
        ),
        // The holiday of 3 May 2026 to 5 May, with 9 May worked.
        (
            "into the holidays",
            date(2026, 3, 13),
            date(2026, 4, 30),
            date(2026, 5, 6),
        ),
    ] {
        let clock = answer(date(2026, 3, 2));
        let paused = clock.pause(noon(stopped), "material");
        assert!(!paused.is_overdue(date(2026, 12, 31)), "{case}");
        let runs = paused.resume(noon(resumed), calendar);
        assert_eq!(runs.due, Some(due), "{case}");
        assert!(
            runs.paused().is_none() && runs.is_overdue(due.tomorrow().unwrap()),
            "{case}"
        );
    }
}

#[test]
fn a_pause_does_not_bring_a_last_day_back() {
    let clock = answer(date(2026, 3, 2)).pause(noon(date(2026, 3, 17)), "an offer");
    let runs = clock.resume(noon(date(2026, 3, 30)), &EMBEDDED.calendar);
    assert_eq!(runs.due, Some(date(2026, 3, 16)));
    assert!(runs.is_overdue(date(2026, 3, 17)));
}

#[test]
fn an_extension_is_counted_behind_the_last_day() {
    let clock = answer(date(2026, 3, 2)).extend(10, noon(date(2026, 3, 3)), &EMBEDDED.calendar);
    assert_eq!(
        (clock.due, clock.extended),
        (Some(date(2026, 3, 30)), Some(10))
    );
}

/// The calendar with a notice for 2027 that is made up: no holiday but its first day.
fn later() -> Reference {
    let text = include_str!("../../../../seeds/calendar.toml");
    let more = "\n[[notice]]\nyear = 2027\nsource = \"made up for a test\"\noff = [\"2027-01-01\"]\nwork = []\n";
    let file = |file, text| SeedText { file, text };
    Reference::parse(ReferenceFiles {
        regions: file("regions", include_str!("../../../../seeds/regions.toml")),
        calendar: file("calendar", &format!("{text}{more}")),
        regimes: file("regimes", include_str!("../../../../seeds/regimes.toml")),
        uscc_kinds: file("kinds", include_str!("../../../../seeds/uscc-kinds.toml")),
    })
    .unwrap()
}

#[test]
fn past_the_calendar_the_last_day_is_not_known_until_its_notice_is_loaded() {
    let later = later();
    let law_of_later = Law {
        regimes: &later.regimes,
        calendar: &later.calendar,
    };
    let calendar = &EMBEDDED.calendar;
    let (december, january) = (date(2026, 12, 21), date(2027, 1, 11));
    // Eight working days are left of 2026; New Year's Day is a Friday.
    let clock = answer(december);
    assert_eq!((clock.due, clock.missing_notice), (None, Some(2027)));
    assert!(!clock.is_overdue(date(2028, 1, 1)) && clock.rule.contains("for 2027 is missing"));
    assert_eq!(clock.rule_of_regime(), Some(Rule::AnswerConditional));
    assert_eq!(clock.clone().settle(law()), clock);
    let settled = clock.clone().settle(law_of_later);
    assert_eq!(
        (settled.due, settled.missing_notice),
        (Some(date(2027, 1, 5)), None)
    );
    // What happened to it meanwhile is counted then.
    let clock = clock
        .pause(noon(date(2026, 12, 31)), "material")
        .resume(noon(january), calendar);
    assert_eq!(
        clock.clone().settle(law_of_later).due,
        Some(date(2027, 1, 13))
    );
    let clock = clock.extend(3, noon(january), calendar);
    assert_eq!(clock.settle(law_of_later).due, Some(date(2027, 1, 18)));
    // One that was known, and goes on into that year.
    let clock = answer(date(2026, 12, 10)).pause(noon(date(2026, 12, 11)), "offer");
    let clock = clock.resume(noon(date(2026, 12, 30)), calendar);
    assert_eq!((clock.due, clock.missing_notice), (None, Some(2027)));
    assert_eq!(clock.settle(law_of_later).due, Some(date(2027, 1, 13)));
}

#[test]
fn a_clock_settles_as_it_would_have_run_with_the_whole_calendar() {
    let later = later();
    let whole = Law {
        regimes: &later.regimes,
        calendar: &later.calendar,
    };
    let day = |n: i32| date(2026, 12, 1) + jiff::Span::new().days(n);
    for begin in 0..31 {
        for (stop, resume, longer) in [(2, 9, 1), (5, 30, 4), (12, 40, 3), (3, 8, 20), (20, 45, 2)]
        {
            // The longer time counts before the pause, or after it.
            let play = |law: Law<'_>| {
                let received = noon(day(begin));
                let mut clock = law.begin(Rule::AnswerConditional, received).unwrap();
                let extend =
                    |clock: Clock| clock.extend(10, noon(day(begin + longer)), law.calendar);
                if longer <= stop {
                    clock = extend(clock);
                }
                clock = clock.pause(noon(day(begin + stop)), "material");
                clock = clock.resume(noon(day(begin + resume)), law.calendar);
                if longer > stop { extend(clock) } else { clock }
            };
            let (known, settled) = (play(whole), play(law()).settle(whole));
            assert_eq!(settled.due, known.due, "{begin} {stop} {resume} {longer}");
        }
    }
}

#[test]
fn a_clock_of_before_is_read() {
    let text =
        r#"{"received":"2026-03-02T04:00:00Z","due":"2026-03-16","rule":"CN-2025-809 APP-CON 21"}"#;
    let clock: Clock = serde_json::from_str(text).unwrap();
    assert_eq!(clock, answer(date(2026, 3, 2)));
    assert_eq!(serde_json::to_string(&clock).unwrap(), text);
}

proptest! {
    #[test]
    fn a_pause_gives_back_at_least_what_it_took(start in 0..1000_i32, stop in 0..14_i32, still in 0..40_i32) {
        let day = |n: i32| date(2022, 1, 4) + jiff::Span::new().days(n);
        let calendar = &EMBEDDED.calendar;
        let clock = answer(day(start));
        let due = clock.due.unwrap();
        let (stopped, resumed) = (day(start + stop), day(start + stop + still));
        let runs = clock.pause(noon(stopped), "x").resume(noon(resumed), calendar);
        let after = runs.due.unwrap();
        prop_assert!(after >= due);
        if stopped <= due {
            let left = calendar.working_days_between(stopped, due).unwrap();
            prop_assert!(calendar.working_days_between(resumed, after).unwrap() >= left.min(1) * left);
            prop_assert_eq!(calendar.is_working_day(after), Ok(true));
        }
    }
}
