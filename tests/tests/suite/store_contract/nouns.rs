//! Rows: written, read, changed, listed, taken back.

use std::fmt::Debug;

use domain::complaint::Complaint;
use domain::department::Department;
use domain::system::System;
use jiff::SignedDuration;
use kit::city;
use kit::databases::Database;
use kit::drafts::{change, noon};
use store::{Noun, Registry, Store, StoreError, Stored};

kit::on_each_database!(
    every_kind_of_row_is_read_as_it_was_written,
    a_row_that_is_not_there_is_not_an_error,
    a_taken_name_is_refused,
    a_taken_alias_is_refused_and_no_alias_is_never_taken,
    a_row_is_found_by_its_alias,
    a_change_counts_up_and_keeps_the_making,
    a_change_of_an_outdated_row_is_refused,
    a_change_to_a_taken_alias_is_refused,
    pages_give_every_row_once_and_in_order,
    pages_of_one_parent_hold_its_rows_only,
    a_dropped_transaction_changes_nothing,
    a_forgotten_transaction_changes_nothing,
    what_is_not_saved_is_seen_by_nobody_else,
    all_that_policy_needs_is_read_at_once,
    what_changed_since_a_revision_is_told_row_by_row,
    who_was_away_too_long_reads_everything,
);

/// Inserts one row in a transaction of its own.
async fn insert<T: Noun>(store: &Store, value: &T) -> Stored<T> {
    let mut tx = store.begin("inserting").await.unwrap();
    let stored = tx.insert(value, None, noon()).await.unwrap();
    tx.save().await.unwrap();
    stored
}

async fn round_trip<T: Noun + PartialEq + Debug>(store: &Store, value: &T) {
    let mut tx = store.begin("writing").await.unwrap();
    // Nanoseconds are beyond what a row keeps.
    let now = noon() + SignedDuration::from_nanos(1_234_567);
    let entry = tx.record(change(0), now).await.unwrap();
    let inserted = tx.insert(value, Some(entry), now).await.unwrap();
    assert_eq!(
        tx.get(value.key()).await.unwrap().as_ref(),
        Some(&inserted),
        "in the transaction"
    );
    tx.save().await.unwrap();
    let read: Stored<T> = store.get(value.key()).await.unwrap().unwrap();
    assert_eq!(read, inserted);
    assert_eq!(&read.value, value);
    assert_eq!(read.etag(), "r1");
    assert_eq!(
        (read.create_entry, read.update_entry),
        (Some(entry), Some(entry))
    );
    assert_eq!(read.create_time, noon() + SignedDuration::from_micros(1234));
    assert_eq!(store.all::<T>().await.unwrap(), [read]);
}

async fn every_kind_of_row_is_read_as_it_was_written(database: &Database) {
    let store = database.open().await;
    let marriages = city::resource("marriage-registrations");
    let terms = city::terms("yjs-platform", &marriages);
    round_trip(&store, &city::department(0)).await;
    round_trip(&store, &city::system("yjs-platform")).await;
    round_trip(
        &store,
        &city::endpoint("marriage-registry.main", "[::1]:9443"),
    )
    .await;
    round_trip(&store, &city::credential(1)).await;
    round_trip(&store, &city::enrolment_token(1)).await;
    round_trip(&store, &marriages).await;
    round_trip(&store, &city::application(1, terms.clone())).await;
    round_trip(&store, &city::dispute(1, &terms)).await;
    round_trip(&store, &city::complaint(1)).await;
    round_trip(&store, &city::grant(1, terms, "marriage-registry")).await;
    round_trip(&store, &city::matter(0)).await;
    round_trip(&store, &city::certificate_type(0)).await;
    round_trip(&store, &city::plan()).await;
}

async fn a_row_that_is_not_there_is_not_an_error(database: &Database) {
    let store = database.open().await;
    let name = city::department(0).name;
    assert_eq!(store.get::<Department>(name.as_str()).await.unwrap(), None);
    assert!(store.all::<Department>().await.unwrap().is_empty());
    let mut tx = store.begin("reading").await.unwrap();
    assert_eq!(tx.get::<Department>(name.as_str()).await.unwrap(), None);
}

async fn a_row_is_found_by_its_alias(database: &Database) {
    let store = database.open().await;
    let rows = [1, 2].map(city::complaint);
    for complaint in &rows {
        insert(&store, complaint).await;
    }
    for complaint in &rows {
        let found: Option<Stored<Complaint>> = store.by_alias(&complaint.receipt).await.unwrap();
        assert_eq!(&found.unwrap().value, complaint);
    }
    let none: Option<Stored<Complaint>> = store.by_alias("nobody's").await.unwrap();
    assert_eq!(none, None);
}

async fn a_taken_name_is_refused(database: &Database) {
    let store = database.open().await;
    let first = insert(&store, &city::system("yjs-platform")).await;
    let mut tx = store.begin("inserting").await.unwrap();
    let other = System {
        display_name: "another".to_owned(),
        ..first.value.clone()
    };
    let refused = tx.insert(&other, None, noon()).await.unwrap_err();
    assert!(
        matches!(&refused, StoreError::Exists(name) if name == first.value.name.as_str()),
        "{refused}"
    );
    tx.forget().await;
    assert_eq!(
        store.get::<System>(first.value.key()).await.unwrap(),
        Some(first)
    );
}

async fn a_taken_alias_is_refused_and_no_alias_is_never_taken(database: &Database) {
    let store = database.open().await;
    let first = insert(&store, &city::department(0)).await;
    let mut tx = store.begin("inserting").await.unwrap();
    let same_short_name = Department {
        short_name: first.value.short_name.clone(),
        ..city::department(1)
    };
    let refused = tx.insert(&same_short_name, None, noon()).await.unwrap_err();
    assert!(matches!(refused, StoreError::Exists(_)), "{refused}");
    tx.forget().await;
    // Systems have no alias, and may be many.
    insert(&store, &city::system("yjs-platform")).await;
    insert(&store, &city::system("yjs-acceptance")).await;
}

async fn a_change_counts_up_and_keeps_the_making(database: &Database) {
    let store = database.open().await;
    let first = insert(&store, &city::system("yjs-platform")).await;
    let later = noon() + SignedDuration::from_hours(1);
    let mut tx = store.begin("changing").await.unwrap();
    let entry = tx.record(change(1), later).await.unwrap();
    let stopped = first.value.clone().suspend("audit".to_owned()).unwrap();
    let second = tx
        .update(&first, &stopped, Some(entry), later)
        .await
        .unwrap();
    tx.save().await.unwrap();
    assert_eq!(
        store.get::<System>(stopped.key()).await.unwrap().as_ref(),
        Some(&second)
    );
    assert_eq!((second.etag().as_str(), &second.value), ("r2", &stopped));
    assert_eq!((second.create_time, second.update_time), (noon(), later));
    assert_eq!(
        (second.create_entry, second.update_entry),
        (None, Some(entry))
    );
}

async fn a_change_of_an_outdated_row_is_refused(database: &Database) {
    let store = database.open().await;
    let first = insert(&store, &city::system("yjs-platform")).await;
    let stopped = first.value.clone().suspend("audit".to_owned()).unwrap();
    let mut tx = store.begin("changing").await.unwrap();
    tx.update(&first, &stopped, None, noon()).await.unwrap();
    tx.save().await.unwrap();
    let mut tx = store.begin("changing").await.unwrap();
    let refused = tx
        .update(&first, &first.value, None, noon())
        .await
        .unwrap_err();
    assert!(matches!(refused, StoreError::Changed(_)), "{refused}");
    tx.forget().await;
    let kept: Stored<System> = store.get(stopped.key()).await.unwrap().unwrap();
    assert_eq!((kept.value, kept.revision), (stopped, 2));
}

async fn a_change_to_a_taken_alias_is_refused(database: &Database) {
    let store = database.open().await;
    let first = insert(&store, &city::department(0)).await;
    let second = insert(&store, &city::department(1)).await;
    let renamed = Department {
        short_name: first.value.short_name,
        ..second.value.clone()
    };
    let mut tx = store.begin("changing").await.unwrap();
    let refused = tx
        .update(&second, &renamed, None, noon())
        .await
        .unwrap_err();
    assert!(matches!(refused, StoreError::Exists(_)), "{refused:?}");
    tx.forget().await;
    assert_eq!(
        store.get::<Department>(second.value.key()).await.unwrap(),
        Some(second)
    );
}

async fn pages_give_every_row_once_and_in_order(database: &Database) {
    let store = database.open().await;
    let count = city::department_count();
    // Not in the order of their names.
    for index in (0..count).rev() {
        insert(&store, &city::department(index)).await;
    }
    let mut names: Vec<String> = Vec::new();
    loop {
        let after = names.last().cloned().unwrap_or_default();
        let page = store.page::<Department>(&after, "", 7).await.unwrap();
        if page.is_empty() {
            break;
        }
        assert_eq!(page.len(), 7.min(count - names.len()));
        names.extend(page.into_iter().map(|row| row.value.name.to_string()));
    }
    assert_eq!(names.len(), count);
    assert!(names.is_sorted(), "{names:?}");
    let all = store.all::<Department>().await.unwrap();
    assert!(
        all.iter()
            .map(|row| row.value.name.as_str())
            .eq(names.iter().map(String::as_str))
    );
}

async fn pages_of_one_parent_hold_its_rows_only(database: &Database) {
    let store = database.open().await;
    for id in ["yjs-platform", "marriage-registry", "yjs-acceptance"] {
        insert(&store, &city::system(id)).await;
    }
    let parent = city::owner_of("yjs-platform");
    let ids = async |after: &str, limit| -> Vec<String> {
        let page = store
            .page::<System>(after, parent.as_str(), limit)
            .await
            .unwrap();
        page.into_iter()
            .map(|row| row.value.name.id().to_owned())
            .collect()
    };
    assert_eq!(ids("", 10).await, ["yjs-acceptance", "yjs-platform"]);
    assert_eq!(ids("", 1).await, ["yjs-acceptance"]);
    assert_eq!(ids("systems/yjs-acceptance", 10).await, ["yjs-platform"]);
}

/// Does one of everything that a transaction can do.
async fn touch_everything(store: &Store, present: &Stored<Department>) -> store::Tx {
    let mut tx = store.begin("touching").await.unwrap();
    let entry = tx.record(change(1), noon()).await.unwrap();
    tx.insert(&city::system("yjs-platform"), Some(entry), noon())
        .await
        .unwrap();
    let renamed = Department {
        full_name: "renamed".to_owned(),
        ..present.value.clone()
    };
    tx.update(present, &renamed, Some(entry), noon())
        .await
        .unwrap();
    tx.remember("caller", "request", "digest", "answer")
        .await
        .unwrap();
    tx
}

async fn assert_untouched(store: &Store, present: &Stored<Department>, revision: i64) {
    assert_eq!(store.ledger_size().await.unwrap(), 0);
    assert_eq!(
        store.all::<Department>().await.unwrap(),
        std::slice::from_ref(present)
    );
    assert!(store.all::<System>().await.unwrap().is_empty());
    assert_eq!(store.revision().await.unwrap(), revision);
    let mut tx = store.begin("asking").await.unwrap();
    assert_eq!(
        tx.earlier("caller", "request", "digest").await.unwrap(),
        None
    );
    // The next writer is not hindered, and takes the first place.
    assert_eq!(tx.record(change(2), noon()).await.unwrap(), 0);
}

async fn a_dropped_transaction_changes_nothing(database: &Database) {
    let store = database.open().await;
    let present = insert(&store, &city::department(0)).await;
    let revision = store.revision().await.unwrap();
    drop(touch_everything(&store, &present).await);
    assert_untouched(&store, &present, revision).await;
}

async fn a_forgotten_transaction_changes_nothing(database: &Database) {
    let store = database.open().await;
    let present = insert(&store, &city::department(0)).await;
    let revision = store.revision().await.unwrap();
    touch_everything(&store, &present).await.forget().await;
    assert_untouched(&store, &present, revision).await;
}

async fn what_is_not_saved_is_seen_by_nobody_else(database: &Database) {
    let store = database.open().await;
    let present = insert(&store, &city::department(0)).await;
    let open = touch_everything(&store, &present).await;
    assert_eq!(
        store.all::<Department>().await.unwrap(),
        std::slice::from_ref(&present)
    );
    assert_eq!(store.ledger_size().await.unwrap(), 0);
    let receipts = open.save().await.unwrap();
    assert_eq!(
        receipts
            .iter()
            .map(|receipt| receipt.index())
            .collect::<Vec<_>>(),
        [0]
    );
    assert_eq!(store.ledger_size().await.unwrap(), 1);
    assert_eq!(store.all::<System>().await.unwrap().len(), 1);
}

async fn all_that_policy_needs_is_read_at_once(database: &Database) {
    let store = database.open().await;
    let marriages = city::resource("marriage-registrations");
    let terms = city::terms("yjs-platform", &marriages);
    insert(&store, &city::department(0)).await;
    insert(&store, &city::system("yjs-platform")).await;
    insert(
        &store,
        &city::endpoint("marriage-registry.main", "127.0.0.1:9443"),
    )
    .await;
    insert(&store, &city::credential(1)).await;
    insert(&store, &marriages).await;
    insert(&store, &city::grant(1, terms, "marriage-registry")).await;
    insert(&store, &city::matter(0)).await;
    insert(&store, &city::certificate_type(0)).await;
    let contents = store.contents().await.unwrap();
    let counts = [
        contents.departments.len(),
        contents.systems.len(),
        contents.endpoints.len(),
        contents.credentials.len(),
        contents.resources.len(),
        contents.grants.len(),
        contents.matters.len(),
        contents.certificate_types.len(),
    ];
    assert_eq!(counts, [1; 8]);
    assert_eq!(contents.resources, [marriages]);
}

/// What changed since a revision, as the names of systems and grants, and the revision now.
async fn changed_since(store: &Store, known: i64) -> (i64, Vec<String>) {
    match store.registry_since(known).await.unwrap() {
        Registry::Same => (known, Vec::new()),
        Registry::Changed { revision, rows, .. } => {
            let systems = rows.systems.iter().map(|system| system.name.to_string());
            let grants = rows.grants.iter().map(|grant| grant.name.to_string());
            (revision, systems.chain(grants).collect())
        }
        Registry::Whole { .. } => panic!("everything was read since {known}"),
    }
}

async fn what_changed_since_a_revision_is_told_row_by_row(database: &Database) {
    let (store, other) = (database.open().await, database.open().await);
    let system = city::system("marriage-registry");
    let mut tx = store.begin("inserting").await.unwrap();
    let first = tx.insert(&system, None, noon()).await.unwrap();
    tx.save().await.unwrap();
    let Registry::Whole { revision, rows } = other.registry_since(-1).await.unwrap() else {
        panic!("a gateway that knows nothing reads everything");
    };
    assert_eq!(rows.systems, std::slice::from_ref(&system));
    assert_eq!(
        changed_since(&other, revision).await,
        (revision, Vec::new())
    );
    // An act that changed nothing in memory moves the revision and no row.
    let mut tx = store.begin("recording").await.unwrap();
    tx.record(change(0), noon()).await.unwrap();
    tx.insert(&city::plan(), None, noon()).await.unwrap();
    tx.save().await.unwrap();
    let (after_act, rows) = changed_since(&other, revision).await;
    assert!(after_act > revision && rows.is_empty());
    // Several changes since are told together, each row once and as it is now.
    let terms = city::terms("yjs-platform", &city::resource("marriage-registrations"));
    let grant = city::grant(1, terms, "marriage-registry");
    let mut tx = store.begin("changing").await.unwrap();
    tx.insert(&grant, None, noon()).await.unwrap();
    tx.update(&first, &system, None, noon()).await.unwrap();
    tx.save().await.unwrap();
    let (now, rows) = changed_since(&other, after_act).await;
    assert_eq!(rows, [system.name.to_string(), grant.name.to_string()]);
    assert_eq!(changed_since(&other, revision).await, (now, rows));
    assert_eq!(store.revision().await.unwrap(), now);
}

async fn who_was_away_too_long_reads_everything(database: &Database) {
    let store = database.open().await;
    let mut known = Vec::new();
    for id in ["marriage-registry", "yjs-platform"] {
        known.push(store.revision().await.unwrap());
        let mut tx = store.begin("inserting").await.unwrap();
        tx.insert(&city::system(id), None, noon()).await.unwrap();
        tx.save().await.unwrap();
    }
    let dropped = database
        .execute(&format!(
            "DELETE FROM registry_changes WHERE revision <= {}",
            known[1]
        ))
        .await;
    assert_eq!(dropped, 1);
    let (_, rows) = changed_since(&store, known[1]).await;
    assert_eq!(rows, ["systems/yjs-platform"]);
    let seen = store.registry_since(known[0]).await.unwrap();
    assert!(matches!(seen, Registry::Whole { rows, .. } if rows.systems.len() == 2));
}
