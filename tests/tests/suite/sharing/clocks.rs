//! The scheduler of clocks: once among several gateways, again after a restart, and the edges of days and calendars.

use broker::{ClockFilter, Gateway};
use domain::application::MoveKind;
use domain::clock::card::Level;
use domain::clock::kept::KeptClock;
use domain::name::ApplicationName;
use jiff::Timestamp;
use kit::databases::{Database, on_postgresql};
use kit::drafts::all_entries;
use kit::gateway::{TestGateway, first_page};
use ledger::entry::Kind;

use super::cast::{Cast, Who};

kit::on_each_database!(
    cards_that_nobody_gave_are_given_after_a_restart,
    clocks_that_ran_before_any_were_kept_are_kept,
    the_edges_of_days_and_of_the_calendar_are_kept,
);

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// An application that was received at a moment.
async fn received(cast: &mut Cast, entry: usize, moment: &str) -> ApplicationName {
    cast.go_to(at(moment));
    cast.enrol_if_need_be().await;
    let today = domain::policy::shaoyang_date(at(moment));
    let name = cast.written(cast.terms(entry, today)).await.value.name;
    for (kind, who) in [
        (MoveKind::SignOff, Who::Consenter),
        (MoveKind::Submit, Who::Applicant),
    ] {
        cast.make(kind, who, &name, "").await.unwrap();
    }
    name
}

async fn clock_of(cast: &Cast, name: &ApplicationName) -> KeptClock {
    let filter = ClockFilter {
        about: name.to_string(),
        ..ClockFilter::default()
    };
    let operator = &cast.tables.operator;
    let found = cast
        .gateway()
        .kept_clocks(operator, &filter, &first_page())
        .await;
    let mut rows = found.unwrap().rows;
    assert_eq!(rows.len(), 1);
    rows.remove(0).value
}

fn cards(kept: &KeptClock) -> Vec<(Level, String)> {
    let cards = kept.cards.iter();
    cards
        .map(|card| (card.level, card.day.to_string()))
        .collect()
}

async fn cards_that_nobody_gave_are_given_after_a_restart(database: &Database) {
    let mut cast = Cast::enter(database).await;
    let name = received(&mut cast, 0, "2026-03-02T09:00:00+08:00").await;
    // For weeks nobody looked; the gateway that does is another one.
    let later = TestGateway::start_with_key(database, 1, 2).await.unwrap();
    later.load_seeds(&kit::city::SEEDS).await.unwrap();
    later
        .clock
        .advance(at("2026-03-31T09:00:00+08:00").duration_since(later.now()));
    assert_eq!(later.run_clocks().await.unwrap(), 2);
    assert_eq!(later.run_clocks().await.unwrap(), 0, "each is given once");
    let kept = clock_of(&cast, &name).await;
    let expected = [
        (Level::Yellow, "2026-03-17".to_owned()),
        (Level::Red, "2026-03-23".to_owned()),
    ];
    assert_eq!(cards(&kept), expected);
    let entries = all_entries(&database.open().await).await;
    let of = |event: &str| {
        let is_of = |kind: &Kind| matches!(kind, Kind::Change { event: own } if own == event);
        let mut entries = entries.iter().map(|stored| &stored.entry);
        let entry = entries.find(|entry| is_of(entry.kind())).unwrap();
        entry.facts().text("escalated_to").map(str::to_owned)
    };
    for event in ["compliance.card.yellow", "compliance.card.red"] {
        assert_eq!(
            of(event),
            Some(kit::city::owner_of(kit::tables::CONSUMER).to_string())
        );
    }
}

async fn clocks_that_ran_before_any_were_kept_are_kept(database: &Database) {
    let mut cast = Cast::enter(database).await;
    let name = received(&mut cast, 0, "2026-03-02T09:00:00+08:00").await;
    database.execute("DELETE FROM clocks").await;
    // Something else is kept before the first look of the newer gateway.
    let other = received(&mut cast, 0, "2026-03-12T09:00:00+08:00").await;
    let later = TestGateway::start_with_key(database, 1, 2).await.unwrap();
    later.load_seeds(&kit::city::SEEDS).await.unwrap();
    later
        .clock
        .advance(at("2026-03-17T09:00:00+08:00").duration_since(later.now()));
    assert_eq!(later.run_clocks().await.unwrap(), 1);
    assert_eq!(
        cards(&clock_of(&cast, &name).await),
        [(Level::Yellow, "2026-03-17".to_owned())]
    );
    assert!(cards(&clock_of(&cast, &other).await).is_empty());
}

async fn the_edges_of_days_and_of_the_calendar_are_kept(database: &Database) {
    let mut cast = Cast::enter(database).await;
    for (case, entry, moment, due, rule) in [
        (
            "the last second of a day",
            0,
            "2022-09-26T23:59:59+08:00",
            Some("2022-10-13"),
            "CN-2016-51 APP-CON 12",
        ),
        (
            "the first second of the next",
            0,
            "2022-09-27T00:00:00+08:00",
            Some("2022-10-14"),
            "CN-2016-51 APP-CON 12",
        ),
        (
            "before the spring festival",
            0,
            "2023-01-19T12:00:00+08:00",
            Some("2023-02-07"),
            "CN-2016-51 APP-CON 12",
        ),
        (
            "New Year's Eve of the next notice",
            1,
            "2022-12-31T12:00:00+08:00",
            Some("2023-01-03"),
            "CN-2016-51 APP-UNC 12",
        ),
        (
            "the last day of the measures of 2016",
            1,
            "2025-07-31T23:59:59+08:00",
            Some("2025-07-31"),
            "CN-2016-51 APP-UNC 12",
        ),
        (
            "the first day of Order 809",
            1,
            "2025-08-01T00:00:00+08:00",
            Some("2025-08-04"),
            "CN-2025-809 APP-UNC 21",
        ),
        (
            "National Day with its worked weekend",
            0,
            "2025-09-28T09:00:00+08:00",
            Some("2025-10-17"),
            "CN-2025-809 APP-CON 21",
        ),
        (
            "a year without a notice",
            0,
            "2026-12-25T09:00:00+08:00",
            None,
            "CN-2025-809 APP-CON: the notice of working days for 2027 is missing",
        ),
    ] {
        let name = received(&mut cast, entry, moment).await;
        let kept = clock_of(&cast, &name).await;
        let found = kept.clock.due.map(|day| day.to_string());
        assert_eq!(
            (found.as_deref(), kept.clock.rule.as_str()),
            (due, rule),
            "{case}"
        );
        // Whatever the calendar knows, the answer can be given.
        cast.make(MoveKind::Approve, Who::Owner, &name, "")
            .await
            .unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_gateways_that_look_at_once_one_gives_each_card() {
    on_postgresql(async |database| {
        let mut cast = Cast::enter(database).await;
        let mut names = Vec::new();
        for _ in 0..30 {
            names.push(received(&mut cast, 0, "2026-03-02T09:00:00+08:00").await);
        }
        let other = TestGateway::start_with_key(database, 1, 2).await.unwrap();
        other.load_seeds(&kit::city::SEEDS).await.unwrap();
        for day in ["2026-03-13", "2026-03-17", "2026-03-23"] {
            let moment = at(&format!("{day}T00:00:00+08:00"));
            cast.go_to(moment);
            other.clock.advance(moment.duration_since(other.now()));
            let (one, two): (&Gateway, &Gateway) = (cast.gateway(), &other);
            let given = tokio::join!(one.run_clocks(), two.run_clocks());
            assert_eq!(given.0.unwrap() + given.1.unwrap(), names.len(), "on {day}");
        }
        for name in &names {
            let levels: Vec<_> = cards(&clock_of(&cast, name).await);
            let levels: Vec<Level> = levels.into_iter().map(|(level, _)| level).collect();
            assert_eq!(levels, Level::ALL);
        }
    })
    .await;
}
