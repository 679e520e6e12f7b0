//! Corrections: open ones are policy's to know, one that is closed is told once, and a record is disputed once.

use domain::application::Signed;
use domain::clock::Clock;
use domain::correction::{Closed, Correction, CorrectionState};
use domain::name::{CorrectionName, ResourceName, SystemName};
use jiff::civil::date;
use kit::databases::Database;
use kit::drafts::noon;
use store::{Registry, Store, StoreError, Stored};

kit::on_each_database!(
    a_correction_is_read_as_it_was_written_with_its_clock,
    open_ones_are_in_the_registry_and_a_closed_one_is_told_once,
    a_consumer_disputes_a_record_once_at_a_time,
);

fn correction(number: u32) -> Correction {
    let id = format!("00000000-0000-4000-8000-{number:012}");
    Correction {
        name: CorrectionName::from_id(&id).unwrap(),
        resource: ResourceName::from_id("105001-000001").unwrap(),
        consumer: SystemName::from_id("yjs-platform").unwrap(),
        named_by: vec![kit::tables::key("row_id")],
        record: format!("record {number}"),
        mark: format!("mark {number}"),
        items: Vec::new(),
        evidence_index: Some(u64::from(number)),
        sealed: "sealed".to_owned(),
        raised: signed(),
        clock: Clock::new(noon(), Some(date(2022, 6, 16)), "CN-2025-809 CORR 26"),
        state: CorrectionState::Raised,
    }
}

fn signed() -> Signed {
    Signed {
        by: "somebody".to_owned(),
        at: noon(),
    }
}

fn closed(mut correction: Correction) -> Correction {
    correction.state = CorrectionState::Withdrawn(Closed {
        accepted: None,
        closed: signed(),
        answer: None,
    });
    correction
}

async fn insert(store: &Store, value: &Correction) -> Result<Stored<Correction>, StoreError> {
    let mut tx = store.begin("inserting").await?;
    let stored = tx.insert(value, None, noon()).await?;
    tx.save().await?;
    Ok(stored)
}

async fn update(store: &Store, before: &Stored<Correction>, value: &Correction) {
    let mut tx = store.begin("updating").await.unwrap();
    tx.update(before, value, None, noon()).await.unwrap();
    tx.save().await.unwrap();
}

async fn a_correction_is_read_as_it_was_written_with_its_clock(database: &Database) {
    let store = database.open().await;
    let written = insert(&store, &correction(1)).await.unwrap();
    let read: Option<Stored<Correction>> = store.get(written.value.name.as_str()).await.unwrap();
    assert_eq!(read.as_ref(), Some(&written));
    let look = async || {
        let clocks = store
            .clocks_to_look_at(date(2022, 12, 31), 10)
            .await
            .unwrap();
        let clocks = clocks.into_iter();
        let states = clocks.map(|row| (row.value.about.clone(), row.value.ended.is_some()));
        states.collect::<Vec<_>>()
    };
    let name = written.value.name.to_string();
    assert_eq!(look().await, [(name.clone(), false)]);
    update(&store, &written, &closed(correction(1))).await;
    assert_eq!(look().await, [(name, true)]);
}

async fn open_ones_are_in_the_registry_and_a_closed_one_is_told_once(database: &Database) {
    let (store, other) = (database.open().await, database.open().await);
    insert(&store, &closed(correction(1))).await.unwrap();
    let mut taken_up = correction(2);
    taken_up.state = CorrectionState::Accepted { accepted: signed() };
    insert(&store, &taken_up).await.unwrap();
    let third = insert(&store, &correction(3)).await.unwrap();
    let contents = other.contents().await.unwrap();
    assert_eq!(contents.corrections, [correction(3), taken_up]);
    let known = other.revision().await.unwrap();
    update(&store, &third, &closed(correction(3))).await;
    let Registry::Changed { rows, .. } = other.registry_since(known).await.unwrap() else {
        panic!("one row changed");
    };
    assert_eq!(rows.corrections, [closed(correction(3))]);
}

async fn a_consumer_disputes_a_record_once_at_a_time(database: &Database) {
    let store = database.open().await;
    let first = insert(&store, &correction(1)).await.unwrap();
    let again = Correction {
        mark: correction(1).mark,
        ..correction(2)
    };
    let refused = insert(&store, &again).await.unwrap_err();
    assert!(matches!(refused, StoreError::Exists(_)), "{refused}");
    update(&store, &first, &closed(correction(1))).await;
    insert(&store, &again).await.unwrap();
}
