//! The clock of a complaint: it runs on when it is passed on, and its cards go to whom it lies with.

use broker::{ClockFilter, NewAnswer, NewComplaint};
use domain::caller::Caller;
use domain::clock::card::Level;
use domain::clock::kept::KeptClock;
use domain::complaint::{About, ComplaintKind, ComplaintOutcome, PersonalText};
use domain::name::ComplaintName;
use domain::policy::shaoyang_date;
use jiff::civil::Date;
use jiff::{SignedDuration, Span};
use kit::city;
use kit::databases::Database;
use kit::gateway::{act, first_page};
use kit::tables::{CONSUMER, PROVIDER, Tables};

kit::on_each_database!(an_answer_that_is_late_earns_its_cards_where_it_lies);

fn text(text: &str) -> PersonalText {
    PersonalText::parse(text, 100).unwrap()
}

/// An officer with a certificate of today: one lives 30 days.
async fn officer(tables: &Tables, system: &str) -> Caller {
    let gateway = &tables.gateway;
    let operator = gateway.operator("root").await;
    gateway
        .officer(&operator, &city::owner_of(system), "wang")
        .await
}

fn go_behind(tables: &Tables, day: Date, days: i64) {
    let noon: jiff::Timestamp = format!("{day}T04:00:00Z").parse().unwrap();
    let there = noon + SignedDuration::from_hours(24 * days);
    let gateway = &tables.gateway;
    gateway.clock.advance(there.duration_since(gateway.now()));
}

async fn clock(tables: &Tables, name: &ComplaintName) -> KeptClock {
    let filter = ClockFilter {
        about: name.to_string(),
        ..ClockFilter::default()
    };
    // Who entered it sees its clock too.
    let reader = officer(tables, PROVIDER).await;
    let gateway = &tables.gateway;
    let found = gateway.kept_clocks(&reader, &filter, &first_page()).await;
    let mut rows = found.unwrap().rows;
    assert_eq!(rows.len(), 1, "one clock, wherever it lies");
    rows.remove(0).value
}

async fn an_answer_that_is_late_earns_its_cards_where_it_lies(database: &Database) {
    let tables = Tables::start(database).await;
    let gateway = &tables.gateway;
    let (window, leader) = (
        officer(&tables, PROVIDER).await,
        officer(&tables, CONSUMER).await,
    );
    let received = shaoyang_date(gateway.now()) - Span::new().days(3);
    let new = NewComplaint {
        kind: ComplaintKind::Disclosure,
        about: About::default(),
        statement: text("信息外泄"),
        contact: None,
        received: Some(received),
    };
    let request = gateway.new_request();
    let entering = act(&window, &request, "CreateComplaint");
    let entered = gateway.enter_complaint(&entering, new);
    let complaint = entered.await.unwrap().complaint.value;
    let kept = clock(&tables, &complaint.name).await;
    // Counted from the day on which whoever answers learns of it.
    assert_eq!(complaint.received, received);
    assert_eq!(kept.clock.day_zero(), shaoyang_date(gateway.now()));
    let due = kept.clock.due.unwrap();
    let department = |kept: &KeptClock| kept.waits_for.department(&gateway.snapshot()).cloned();
    assert_eq!(department(&kept), Some(city::owner_of(CONSUMER)));

    let request = gateway.new_request();
    let to = (city::owner_of(PROVIDER), text("由其维护"));
    let assigning = act(&leader, &request, "AssignComplaint");
    let assigned = gateway
        .assign_complaint(&assigning, &complaint.name, to, "")
        .await;
    assert_eq!(
        assigned.unwrap().value.state.clock().unwrap().due,
        Some(due)
    );
    go_behind(&tables, due, 14);
    gateway.run_clocks().await.unwrap();
    let kept = clock(&tables, &complaint.name).await;
    assert_eq!(department(&kept), Some(city::owner_of(PROVIDER)));
    let levels: Vec<Level> = kept.cards.iter().map(|card| card.level).collect();
    assert!(levels.ends_with(&[Level::Yellow, Level::Red]), "{levels:?}");

    let owner = officer(&tables, PROVIDER).await;
    let request = gateway.new_request();
    let answer = NewAnswer {
        outcome: ComplaintOutcome::NotUpheld,
        text: text("未发现外泄"),
    };
    let answering = act(&owner, &request, "AnswerComplaint");
    let answered = gateway.answer_complaint(&answering, &complaint.name, answer, "");
    assert_eq!(answered.await.unwrap().value.state.as_str(), "answered");
    assert!(clock(&tables, &complaint.name).await.ended.is_some());
}
