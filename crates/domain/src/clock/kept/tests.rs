use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::clock::Law;
use crate::reference::EMBEDDED;
use crate::test_world::at;

fn rule() -> CardRule {
    CardRule {
        clocks: vec![Rule::AnswerConditional],
        warn_before: 1,
        yellow_after: 1,
        red_after: 5,
        from: date(2022, 1, 1),
        until: None,
        source: "test".to_owned(),
        assumed: true,
    }
}

fn noon(day: Date) -> Timestamp {
    at(&format!("{day}T04:00:00Z"))
}

const ABOUT: &str = "applications/01890000-0000-7000-8000-000000000001";

/// Ten working days from Monday, 2 March 2026: warned on Friday the 13th, due on Monday the 16th, yellow on the 17th, red
/// on the 23rd.
fn kept() -> KeptClock {
    let law = Law {
        regimes: &EMBEDDED.regimes,
        calendar: &EMBEDDED.calendar,
    };
    let clock = law
        .begin(Rule::AnswerConditional, noon(date(2026, 3, 2)))
        .unwrap();
    let running = Running::of(WaitsFor::Competent, &clock).unwrap();
    KeptClock::begin(ABOUT, &running).unwrap()
}

fn look(kept: &KeptClock, today: Date) -> Look {
    kept.look(&rule(), &EMBEDDED.calendar, today)
}

/// As the scheduler does it: every card that is found is written down.
fn looked(mut kept: KeptClock, today: Date) -> KeptClock {
    let found = look(&kept, today);
    let due = kept.clock.due.unwrap();
    for (level, day) in found.reached {
        kept.cards.push(Card {
            level,
            day,
            due,
            entry: 0,
        });
    }
    kept.look = found.next;
    kept
}

fn march(day: i8) -> Date {
    date(2026, 3, day)
}

#[test]
fn each_card_comes_on_its_day() {
    use Level::{Red, Warning, Yellow};
    let mut kept = kept();
    for (today, reached, next) in [
        (2, vec![], Some(13)),
        (12, vec![], Some(13)),
        (13, vec![(Warning, 13)], Some(17)),
        (16, vec![], Some(17)),
        (17, vec![(Yellow, 17)], Some(23)),
        (22, vec![], Some(23)),
        (23, vec![(Red, 23)], None),
        (31, vec![], None),
    ] {
        let found = look(&kept, march(today));
        let reached: Vec<_> = reached
            .into_iter()
            .map(|(level, day)| (level, march(day)))
            .collect();
        assert_eq!(
            (found.reached, found.next),
            (reached, next.map(march)),
            "on {today} March"
        );
        kept = looked(kept, march(today));
    }
    assert_eq!(kept.level(), Some(Red));
}

#[test]
fn what_was_missed_is_made_up_with_its_own_days_but_no_late_warning() {
    let found = look(&kept(), march(31));
    assert_eq!(
        found.reached,
        [(Level::Yellow, march(17)), (Level::Red, march(23))]
    );
    assert_eq!(found.next, None);
}

#[test]
fn what_is_done_in_time_earns_nothing_and_what_was_late_keeps_its_card() {
    for (ended, reached) in [
        (march(12), vec![]),
        (march(13), vec![]),
        (march(16), vec![]),
        (march(17), vec![(Level::Yellow, march(17))]),
        (march(22), vec![(Level::Yellow, march(17))]),
        (
            march(24),
            vec![(Level::Yellow, march(17)), (Level::Red, march(23))],
        ),
    ] {
        let found = look(&kept().end(noon(ended)), march(31));
        assert_eq!(
            (found.reached, found.next),
            (reached, None),
            "ended on {ended}"
        );
    }
}

#[test]
fn a_clock_that_stands_still_earns_nothing_until_it_runs_again() {
    let mut kept = looked(kept(), march(13));
    let still = kept.clock.clone().pause(noon(march(13)), "material");
    let running = Running::of(WaitsFor::Competent, &still).unwrap();
    kept = kept.follow(&running, march(13)).unwrap();
    assert_eq!(
        (kept.state(), look(&kept, march(31)).reached),
        ("paused", vec![])
    );
    let runs = still.clone().resume(noon(march(27)), &EMBEDDED.calendar);
    assert_eq!(runs.due, Some(march(30)));
    let running = Running::of(WaitsFor::Competent, &runs).unwrap();
    kept = kept.follow(&running, march(27)).unwrap();
    // It is warned of the new day too; the level stays.
    let found = look(&kept, march(27));
    assert_eq!(found.reached, [(Level::Warning, march(27))]);
    kept = looked(kept, march(27));
    assert_eq!((kept.cards.len(), kept.level()), (2, Some(Level::Warning)));
    assert_eq!(look(&kept, march(31)).reached, [(Level::Yellow, march(31))]);
}

#[test]
fn a_level_never_falls_and_nobody_is_warned_below_it() {
    let kept = looked(kept(), march(17));
    let longer = kept
        .clock
        .clone()
        .extend(10, noon(march(18)), &EMBEDDED.calendar);
    let running = Running::of(WaitsFor::Competent, &longer).unwrap();
    let kept = kept.follow(&running, march(18)).unwrap();
    assert_eq!(kept.level(), Some(Level::Yellow));
    let found = look(&kept, march(29));
    assert_eq!(
        (found.reached, found.next),
        (vec![], Some(date(2026, 4, 7)))
    );
}

#[test]
fn what_did_not_change_is_not_written_again() {
    let kept = kept();
    let clock = kept.clock.clone();
    let same = Running::of(WaitsFor::Competent, &clock).unwrap();
    assert!(kept.is(&same));
    assert_eq!(kept.follow(&same, march(5)), None);
}

#[test]
fn a_short_limit_is_warned_of_on_the_day_of_receipt_and_none_before_it() {
    let law = Law {
        regimes: &EMBEDDED.regimes,
        calendar: &EMBEDDED.calendar,
    };
    for (received, reached) in [
        // One working day by Order 809; none by the measures of 2016.
        (march(2), vec![(Level::Warning, march(2))]),
        (date(2022, 6, 1), vec![]),
    ] {
        let clock = law
            .begin(Rule::AnswerUnconditional, noon(received))
            .unwrap();
        let running = Running::of(WaitsFor::Competent, &clock).unwrap();
        let kept = KeptClock::begin(ABOUT, &running).unwrap();
        assert_eq!(look(&kept, received).reached, reached, "{received}");
    }
}

#[test]
fn without_the_calendar_of_its_year_a_card_waits() {
    let mut kept = kept();
    kept.clock.due = Some(date(2026, 12, 30));
    let found = look(&kept, date(2026, 12, 31));
    assert_eq!(found.reached, [(Level::Yellow, date(2026, 12, 31))]);
    assert_eq!(found.next, Some(date(2027, 1, 1)));
}

#[test]
fn a_warning_before_the_first_loaded_year_keeps_no_card_back() {
    let mut kept = kept();
    // The first working day that the calendar knows; the one before it is of another year.
    kept.clock.due = Some(date(2022, 1, 4));
    let found = look(&kept, date(2022, 1, 5));
    assert_eq!(found.reached, [(Level::Yellow, date(2022, 1, 5))]);
}

#[test]
fn days_on_which_it_stood_still_earn_no_card() {
    let calendar = &EMBEDDED.calendar;
    // Yellow on the 17th; it stands still from the 18th to the 31st, so that five days late are the 17th, the 18th and the
    // first three of April.
    let stood = kept().clock.pause(noon(march(18)), "offer");
    let runs = stood.clone().resume(noon(march(31)), calendar);
    let mut kept = looked(kept(), march(17));
    for (clock, today, reached) in [
        (&stood, march(31), vec![]),
        (&runs, march(31), vec![]),
        (&runs, date(2026, 4, 2), vec![]),
        (
            &runs,
            date(2026, 4, 3),
            vec![(Level::Red, date(2026, 4, 3))],
        ),
    ] {
        let running = Running::of(WaitsFor::Competent, clock).unwrap();
        kept = kept.follow(&running, today).unwrap_or(kept);
        assert_eq!(look(&kept, today).reached, reached, "on {today}");
    }
}

#[test]
fn what_was_earned_before_it_stood_still_is_not_lost() {
    let stood = kept().clock.pause(noon(march(18)), "offer");
    let running = Running::of(WaitsFor::Competent, &stood).unwrap();
    // Nobody looked on the 17th.
    let paused = kept().follow(&running, march(18)).unwrap();
    let yellow = [(Level::Yellow, march(17))];
    assert_eq!(look(&paused, march(18)).reached, yellow);
    let ended = paused.end(noon(march(31)));
    assert_eq!(look(&ended, march(31)).reached, yellow);
    assert!(ended.clock.paused().is_none());
}

#[test]
fn a_clock_without_a_limit_earns_nothing() {
    let mut kept = kept();
    kept.clock.due = None;
    assert_eq!(
        look(&kept, march(31)),
        Look {
            reached: vec![],
            next: None
        }
    );
}

#[test]
fn it_is_read_back_as_it_was_written() {
    let kept = looked(kept(), march(31)).end(noon(march(31)));
    let text = serde_json::to_string(&kept).unwrap();
    assert_eq!(serde_json::from_str::<KeptClock>(&text).unwrap(), kept);
    assert_eq!(
        kept.name.as_str(),
        "clocks/app-con.01890000-0000-7000-8000-000000000001.1772424000000000"
    );
}

proptest! {
    /// However seldom anybody looks, the yellow and the red card are those of who looks every day.
    #[test]
    fn the_cards_do_not_depend_on_when_anybody_looks(
        began in 0..1200_i32,
        ended in proptest::option::of(0..40_i32),
        looks in proptest::collection::vec(0..60_i32, 0..6),
    ) {
        let day = |n: i32| date(2022, 1, 4) + jiff::Span::new().days(n);
        let law = Law { regimes: &EMBEDDED.regimes, calendar: &EMBEDDED.calendar };
        let clock = law.begin(Rule::AnswerConditional, noon(day(began))).unwrap();
        let running = Running::of(WaitsFor::Competent, &clock).unwrap();
        let kept = KeptClock::begin(ABOUT, &running).unwrap();
        let play = |days: &[i32]| {
            let mut kept = kept.clone();
            for n in days {
                if let Some(end) = ended.filter(|end| end <= n)
                    && kept.ended.is_none()
                {
                    kept = kept.end(noon(day(began + end)));
                }
                kept = looked(kept, day(began + n));
            }
            let serious = kept.cards.iter().filter(|card| card.level > Level::Warning);
            serious.map(|card| (card.level, card.day)).collect::<Vec<_>>()
        };
        let daily: Vec<i32> = (0..=60).collect();
        let mut seldom = looks.clone();
        seldom.sort_unstable();
        seldom.push(60);
        prop_assert_eq!(play(&seldom), play(&daily));
    }
}
