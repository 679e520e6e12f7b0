//! Request ids of state changes: a repetition finds the answer that was given.

use kit::databases::Database;
use kit::drafts::{change, noon};
use store::{Earlier, StoreError};

kit::on_each_database!(
    a_repeated_request_finds_its_answer,
    a_request_id_of_another_request_is_told_apart,
    the_same_request_id_of_two_callers_is_two_requests,
    a_request_is_remembered_once,
);

async fn a_repeated_request_finds_its_answer(database: &Database) {
    let store = database.open().await;
    let mut tx = store.begin("first").await.unwrap();
    assert_eq!(tx.earlier("a", "1", "digest").await.unwrap(), None);
    tx.record(change(1), noon()).await.unwrap();
    tx.remember("a", "1", "digest", "systems/one")
        .await
        .unwrap();
    tx.save().await.unwrap();
    let mut tx = store.begin("second").await.unwrap();
    let earlier = tx.earlier("a", "1", "digest").await.unwrap();
    assert_eq!(earlier, Some(Earlier::Same("systems/one".to_owned())));
}

async fn a_request_id_of_another_request_is_told_apart(database: &Database) {
    let store = database.open().await;
    let mut tx = store.begin("first").await.unwrap();
    tx.remember("a", "1", "digest", "systems/one")
        .await
        .unwrap();
    tx.save().await.unwrap();
    let mut tx = store.begin("second").await.unwrap();
    assert_eq!(
        tx.earlier("a", "1", "another").await.unwrap(),
        Some(Earlier::Other)
    );
    assert_eq!(tx.earlier("a", "2", "digest").await.unwrap(), None);
}

async fn the_same_request_id_of_two_callers_is_two_requests(database: &Database) {
    let store = database.open().await;
    let mut tx = store.begin("first").await.unwrap();
    tx.remember("a", "1", "digest", "systems/one")
        .await
        .unwrap();
    assert_eq!(tx.earlier("b", "1", "digest").await.unwrap(), None);
    tx.remember("b", "1", "digest", "systems/two")
        .await
        .unwrap();
    tx.save().await.unwrap();
}

async fn a_request_is_remembered_once(database: &Database) {
    let store = database.open().await;
    let mut tx = store.begin("first").await.unwrap();
    tx.remember("a", "1", "digest", "systems/one")
        .await
        .unwrap();
    tx.save().await.unwrap();
    let mut tx = store.begin("second").await.unwrap();
    let refused = tx
        .remember("a", "1", "digest", "systems/one")
        .await
        .unwrap_err();
    assert!(matches!(refused, StoreError::Changed(_)), "{refused}");
}
