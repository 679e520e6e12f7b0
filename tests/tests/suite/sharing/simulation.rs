//! Ten thousand applications through random legal and illegal moves over five years, on each database, and what comes after
//! them: no state that is not allowed, every card on its day by a second calendar, every refusal explained, and a ledger
//! that verifies.

mod applications;
mod checks;
mod complaints;
mod corrections;
mod disputes;
mod grants;

use std::collections::BTreeMap;

use jiff::civil::{Date, date};
use jiff::{Timestamp, ToSpan as _};
use kit::databases::Database;

use super::cast::Cast;
use applications::Applications;
use complaints::Complaints;
use corrections::Corrections;
use disputes::Disputes;
use grants::Grants;

kit::on_each_database!(ten_thousand_applications_over_five_years);

const APPLICATIONS: usize = 10_000;
const CORRECTIONS: usize = 600;
const DISPUTES: usize = 600;
const COMPLAINTS: usize = 600;
const FIRST: Date = date(2022, 1, 4);
const LAST: Date = date(2026, 12, 31);

/// `SplitMix64`: the same numbers in every run. Each noun throws its own, so that one more does not disturb the others.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % most
    }

    fn of<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.place_in(list)]
    }

    fn place_in<T>(&mut self, list: &[T]) -> usize {
        let place = self.below(u64::try_from(list.len()).unwrap());
        usize::try_from(place).unwrap()
    }
}

/// What is taken up on which day.
#[derive(Default)]
struct Agenda(BTreeMap<Date, Vec<usize>>);

impl Agenda {
    fn put(&mut self, day: Date, number: usize) {
        self.0.entry(day).or_default().push(number);
    }

    /// Mostly within the week, and once in a while when its clocks have long run out.
    fn put_later(&mut self, dice: &mut Dice, today: Date, number: usize) {
        let wait = *dice.of(&[1, 1, 2, 3, 5, 8, 13, 30]);
        self.put(today + i64::from(wait).days(), number);
    }

    fn take(&mut self, today: Date) -> Vec<usize> {
        self.0.remove(&today).unwrap_or_default()
    }
}

struct Play {
    cast: Cast,
    hours: Dice,
    applications: Applications,
    grants: Grants,
    corrections: Corrections,
    disputes: Disputes,
    complaints: Complaints,
}

fn moment(day: Date, hour: i8, minute: i8) -> Timestamp {
    let zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(8));
    day.at(hour, minute, 0, 0)
        .to_zoned(zone)
        .unwrap()
        .timestamp()
}

impl Play {
    async fn enter(database: &Database) -> Self {
        Self {
            cast: Cast::enter(database).await,
            hours: Dice(1),
            applications: Applications::new(),
            grants: Grants::new(),
            corrections: Corrections::new(),
            disputes: Disputes::new(),
            complaints: Complaints::new(),
        }
    }

    /// A day of which so much is over.
    async fn day(&mut self, today: Date, share: impl Fn(usize) -> usize) {
        self.begin_day(today).await;
        // At the last second too it is still this day.
        let late = self.hours.below(4) == 0;
        self.cast.go_to(if late {
            moment(today, 23, 59)
        } else {
            moment(today, 9, 0)
        });
        let (cast, grants) = (&self.cast, &mut self.grants);
        let begin = share(APPLICATIONS) - self.applications.written();
        self.applications.day(cast, grants, (today, begin)).await;
        grants.day(cast, &mut self.applications, today).await;
        let begin = share(CORRECTIONS) - self.corrections.tried;
        self.corrections.day(cast, grants, (today, begin)).await;
        let begin = share(DISPUTES) - self.disputes.tried;
        let about = (&self.applications, &*grants);
        self.disputes.day(cast, about, (today, begin)).await;
        let begin = share(COMPLAINTS) - self.complaints.entered();
        self.complaints.day(cast, grants, (today, begin)).await;
    }

    /// What the gateway does by itself, in the order of its jobs.
    async fn begin_day(&mut self, today: Date) {
        self.cast.go_to(moment(today, 0, 0));
        let gateway = self.cast.gateway();
        gateway.expire_grants().await.unwrap();
        gateway.note_standing_decisions().await.unwrap();
        gateway.run_clocks().await.unwrap();
        self.grants.expire(&self.cast, today).await;
        self.disputes.stand(&self.cast, today).await;
        self.applications.look(today);
        self.grants.look(today);
        self.corrections.look(today);
        self.disputes.look(today);
        self.complaints.look(today);
    }
}

async fn ten_thousand_applications_over_five_years(database: &Database) {
    let mut play = Play::enter(database).await;
    let days: Vec<Date> = FIRST
        .series(1.day())
        .take_while(|day| *day <= LAST)
        .collect();
    for (number, today) in days.iter().enumerate() {
        if number % 25 == 0 {
            play.cast.go_to(moment(*today, 0, 0));
            play.cast.enrol().await;
        }
        let share = |whole: usize| whole * (number + 1) / days.len();
        play.day(*today, share).await;
    }
    assert_eq!(play.applications.written(), APPLICATIONS);
    checks::all(&play).await;
}
