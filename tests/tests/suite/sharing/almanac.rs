//! A second working-day calendar, made from the State Council's notices without the product's: a list of all working
//! days, in which one counts by position.

use std::sync::LazyLock;

use jiff::civil::{Date, Weekday, date};

/// From and to, by month and day.
type Run = [(i8, i8); 2];

/// Days off.
const OFF: [(i16, &[Run]); 5] = [
    (
        2022,
        &[
            [(1, 1), (1, 3)],
            [(1, 31), (2, 6)],
            [(4, 3), (4, 5)],
            [(4, 30), (5, 4)],
            [(6, 3), (6, 5)],
            [(9, 10), (9, 12)],
            [(10, 1), (10, 7)],
            [(12, 31), (12, 31)],
        ],
    ),
    (
        2023,
        &[
            [(1, 1), (1, 2)],
            [(1, 21), (1, 27)],
            [(4, 5), (4, 5)],
            [(4, 29), (5, 3)],
            [(6, 22), (6, 24)],
            [(9, 29), (10, 6)],
        ],
    ),
    (
        2024,
        &[
            [(1, 1), (1, 1)],
            [(2, 10), (2, 17)],
            [(4, 4), (4, 6)],
            [(5, 1), (5, 5)],
            [(6, 10), (6, 10)],
            [(9, 15), (9, 17)],
            [(10, 1), (10, 7)],
        ],
    ),
    (
        2025,
        &[
            [(1, 1), (1, 1)],
            [(1, 28), (2, 4)],
            [(4, 4), (4, 6)],
            [(5, 1), (5, 5)],
            [(5, 31), (6, 2)],
            [(10, 1), (10, 8)],
        ],
    ),
    (
        2026,
        &[
            [(1, 1), (1, 3)],
            [(2, 15), (2, 23)],
            [(4, 4), (4, 6)],
            [(5, 1), (5, 5)],
            [(6, 19), (6, 21)],
            [(9, 25), (9, 27)],
            [(10, 1), (10, 7)],
        ],
    ),
];

/// Saturdays and Sundays that are worked.
const WORKED: [(i16, &[(i8, i8)]); 5] = [
    (
        2022,
        &[(1, 29), (1, 30), (4, 2), (4, 24), (5, 7), (10, 8), (10, 9)],
    ),
    (
        2023,
        &[(1, 28), (1, 29), (4, 23), (5, 6), (6, 25), (10, 7), (10, 8)],
    ),
    (
        2024,
        &[
            (2, 4),
            (2, 18),
            (4, 7),
            (4, 28),
            (5, 11),
            (9, 14),
            (9, 29),
            (10, 12),
        ],
    ),
    (2025, &[(1, 26), (2, 8), (4, 27), (9, 28), (10, 11)]),
    (2026, &[(1, 4), (2, 14), (2, 28), (5, 9), (9, 20), (10, 10)]),
];

static WORKING: LazyLock<Vec<Date>> = LazyLock::new(|| {
    let days = date(2022, 1, 1).series(jiff::Span::new().days(1));
    let days = days.take_while(|day| day.year() <= 2026);
    days.filter(|day| is_worked(*day)).collect()
});

pub(super) fn is_worked(day: Date) -> bool {
    let own = (day.month(), day.day());
    let of_year = |year: &i16| *year == day.year();
    let off = OFF.iter().find(|(year, _)| of_year(year)).unwrap().1;
    let worked = WORKED.iter().find(|(year, _)| of_year(year)).unwrap().1;
    let is_weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
    let is_off = off.iter().any(|[from, to]| *from <= own && own <= *to);
    !is_off && (!is_weekend || worked.contains(&own))
}

/// How many working days lie on or before a day.
fn position(day: Date) -> usize {
    WORKING.partition_point(|working| *working <= day)
}

/// The `n`-th working day after a day; for 0 that day, or the next working day where it is off. None behind the last
/// notice.
pub(super) fn after(day: Date, n: usize) -> Option<Date> {
    if n == 0 && is_worked(day) {
        return Some(day);
    }
    WORKING.get(position(day) + n.max(1) - 1).copied()
}

/// The last working day before a day; none before the first notice.
pub(super) fn before(day: Date) -> Option<Date> {
    let place = position(day.yesterday().ok()?).checked_sub(1)?;
    WORKING.get(place).copied()
}

/// The working days after `from`, up to and with `to`.
pub(super) fn between(from: Date, to: Date) -> usize {
    position(to).saturating_sub(position(from))
}

#[test]
fn both_calendars_agree_on_every_day() {
    let product = &kit::city::SEEDS.reference.calendar;
    let days = date(2022, 1, 10).series(jiff::Span::new().days(1));
    for day in days.take_while(|day| *day <= date(2026, 11, 15)) {
        assert_eq!(product.is_working_day(day), Ok(is_worked(day)), "{day}");
        for n in [0_u16, 1, 2, 5, 10, 20] {
            assert_eq!(
                product.add_working_days(day, n).ok(),
                after(day, n.into()),
                "{n} after {day}"
            );
        }
        assert_eq!(
            product.working_days_before(day, 1),
            Ok(before(day).unwrap()),
            "before {day}"
        );
    }
}
