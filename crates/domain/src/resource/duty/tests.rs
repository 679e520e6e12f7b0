use jiff::civil::date;

use super::*;
use crate::reference::EMBEDDED;
use crate::resource::Return;
use crate::test_world::{NOON, at, marriages};

const LATER: Date = date(2026, 12, 1);

fn law() -> Law<'static> {
    Law {
        regimes: &EMBEDDED.regimes,
        calendar: &EMBEDDED.calendar,
    }
}

fn why(reason: &str) -> Why {
    Why {
        by: "li".to_owned(),
        at: at(NOON),
        reason: reason.to_owned(),
    }
}

fn duty(effective: Date) -> Result<UpdateDuty, DutyError> {
    UpdateDuty::begin(why("国务院令第809号"), effective, LATER, law())
}

fn entry() -> Resource {
    marriages("105001-000001")
}

#[test]
fn the_clocks_run_over_holiday_weeks_by_the_regime_of_the_day() {
    // Effective, the owner's last day, with consent, and the last days of publication after each.
    let cases = [
        // An ordinary week.
        ((2026, 3, 2), (3, 16), (3, 23), (3, 18), (3, 25)),
        // Into 国庆: 1 to 7 October off, Saturday 10 October worked.
        ((2026, 9, 28), (10, 16), (10, 23), (10, 20), (10, 27)),
        // On a day off: the first working day is day 1.
        ((2026, 10, 3), (10, 20), (10, 27), (10, 22), (10, 29)),
        // Over 春节: 15 to 23 February off, Saturdays 14 and 28 worked.
        ((2026, 2, 9), (2, 28), (3, 6), (3, 3), (3, 10)),
        // Over 劳动节: 1 to 5 May off, Saturday 9 May worked.
        ((2026, 4, 20), (5, 7), (5, 13), (5, 9), (5, 15)),
        // The first day of Order 809.
        ((2025, 8, 1), (8, 15), (8, 22), (8, 19), (8, 26)),
        // 国庆 and 中秋 2025: 1 to 8 October off, 28 September and 11 October worked.
        ((2025, 9, 22), (10, 11), (10, 17), (10, 14), (10, 21)),
    ];
    for ((year, month, day), due, longer, published, later) in cases {
        let effective = date(year, month, day);
        let on = |(month, day)| Some(date(year, month, day));
        let begun = duty(effective).unwrap();
        assert_eq!(
            (begun.update.due, begun.publish.due),
            (on(due), on(published)),
            "{effective}"
        );
        assert_eq!(begun.update.rule, "CN-2025-809 CAT-UPD 17");
        assert_eq!(begun.publish.rule, "CN-2025-809 CAT-REV 17");
        let extended = begun.extend(why("数据量大"), effective, law()).unwrap();
        assert_eq!(
            (extended.update.due, extended.publish.due),
            (on(longer), on(later)),
            "{effective} extended"
        );
    }
}

#[test]
fn the_law_of_before_has_its_own_numbers_and_no_longer_time() {
    let begun = duty(date(2025, 7, 31)).unwrap();
    assert_eq!(begun.update.due, Some(date(2025, 8, 21)));
    assert_eq!(begun.update.rule, "CN-2016-51 CAT-UPD 8");
    // Signed off on a day of Order 809, it is reviewed by Order 809.
    assert_eq!(begun.publish.due, Some(date(2025, 8, 25)));
    let extended = begun.extend(why("数据量大"), date(2025, 8, 1), law());
    assert_eq!(extended, Err(DutyError::NoExtension));
    // Reviewed while no law set a number.
    let old = duty(date(2022, 9, 26)).unwrap();
    assert_eq!(
        (old.update.due, old.publish.due),
        (Some(date(2022, 10, 20)), None)
    );
}

#[test]
fn a_change_that_is_not_in_effect_or_before_all_regimes_begins_nothing() {
    assert!(duty(LATER).is_ok());
    assert_eq!(duty(LATER.tomorrow().unwrap()), Err(DutyError::NotYet));
    let unknown = date(2016, 9, 4);
    let begun = UpdateDuty::begin(why("法"), unknown, unknown, law());
    assert!(matches!(begun, Err(DutyError::Due(_))), "{begun:?}");
}

#[test]
fn beyond_the_calendar_it_begins_without_a_last_day_that_could_be_moved() {
    let day = date(2026, 12, 30);
    let begun = UpdateDuty::begin(why("法"), day, day, law()).unwrap();
    assert_eq!(
        (begun.update.due, begun.update.missing_notice),
        (None, Some(2027))
    );
    let longer = begun.extend(why("数据量大"), day, law());
    assert!(matches!(longer, Err(DutyError::Due(_))), "{longer:?}");
}

#[test]
fn consent_comes_once_and_in_time() {
    let begun = duty(date(2026, 9, 28)).unwrap();
    let [last, late] = [date(2026, 10, 16), date(2026, 10, 17)];
    let over = begun.clone().extend(why("数据量大"), late, law());
    assert_eq!(over, Err(DutyError::Over(last)));
    let required = entry().require_update(begun).unwrap();
    let longer = required
        .extend_update(why("数据量大"), last, law())
        .unwrap();
    let again = longer.extend_update(why("数据量大"), last, law());
    assert_eq!(again, Err(DutyError::Extended));
    let none = entry().extend_update(why("数据量大"), last, law());
    assert_eq!(none, Err(DutyError::None));
}

#[test]
fn a_duty_stays_until_the_next_publication() {
    let begun = || duty(date(2026, 9, 28)).unwrap();
    let draft = Resource {
        state: ResourceState::Draft,
        ..entry()
    };
    let refused = draft.require_update(begun());
    assert_eq!(refused, Err(DutyError::State(ResourceState::Draft)));
    let required = entry().require_update(begun()).unwrap();
    let twice = required.clone().require_update(begun());
    assert_eq!(twice, Err(DutyError::Open("国务院令第809号".to_owned())));

    let has_duty = |resource: &Resource| resource.progress.update == Some(begun());
    let mut content = entry();
    content.summary = "修订后的说明".to_owned();
    let suspended = required.clone().suspend(why("核查")).unwrap();
    assert!(has_duty(&suspended) && has_duty(&suspended.resume().unwrap()));
    let written = required.clone().write(content.clone()).unwrap();
    let signed = written
        .register("wang".to_owned(), at(NOON), begun().publish)
        .unwrap();
    assert!(has_duty(&signed));
    let published = signed.publish("li".to_owned(), at(NOON)).unwrap();
    assert_eq!(published.progress.update, None);

    // Taken back to be corrected, it is still to be brought up to date.
    let returned = Return {
        by: "li".to_owned(),
        at: at(NOON),
        reasons: Vec::new(),
    };
    let recalled = required.recall(returned).unwrap();
    assert!(has_duty(&recalled));
    let corrected = recalled.write(content).unwrap();
    assert!(has_duty(&corrected));
    let text = serde_json::to_string(&corrected).unwrap();
    assert_eq!(serde_json::from_str::<Resource>(&text).unwrap(), corrected);
}
