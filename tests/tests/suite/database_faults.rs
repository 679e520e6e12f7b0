//! PostgreSQL taken away in the middle: typed failures, then recovery, and nothing half done.

use std::sync::Arc;
use std::time::Duration;

use domain::reason::Reason;
use kit::city;
use kit::databases::{Database, on_postgresql};
use kit::drafts::{
    all_entries, assert_no_index_skipped, assert_no_use_skipped, change, grant_name,
    granted_intent, noon, request_id,
};
use kit::gateway::{TestGateway, act};
use kit::postgres::Server;
use kit::together;
use store::recorder::{RecordError, Recorder};
use store::{Store, StoreError};

/// Recovery that takes longer has failed; no test waits for it to pass.
const PATIENCE: Duration = Duration::from_secs(60);

/// Ends every other session on the database, and returns how many there were.
async fn terminate_sessions(database: &Database) -> i64 {
    database
        .number(
            "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity \
             WHERE datname = current_database() AND pid <> pg_backend_pid()",
        )
        .await
}

/// Tries until it succeeds, since each dead connection of the pool is found by using it.
async fn until_ok<T, E: std::fmt::Debug>(mut attempt: impl AsyncFnMut() -> Result<T, E>) -> T {
    let trying = async {
        loop {
            match attempt().await {
                Ok(value) => return value,
                Err(_) => tokio::task::yield_now().await,
            }
        }
    };
    tokio::time::timeout(PATIENCE, trying)
        .await
        .expect("no recovery")
}

async fn record(store: &Store, number: usize) -> Result<u64, StoreError> {
    let mut tx = store.begin("recording").await?;
    let index = tx.record(change(number), noon()).await?;
    tx.save().await?;
    Ok(index)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_whose_session_is_ended_fails_and_leaves_nothing() {
    on_postgresql(async |database| {
        let store = database.open().await;
        record(&store, 0).await.unwrap();
        let mut tx = store.begin("ended").await.unwrap();
        tx.record(change(1), noon()).await.unwrap();
        tx.insert(&city::department(0), Some(1), noon())
            .await
            .unwrap();
        assert!(terminate_sessions(database).await > 0);
        let failed = tx.save().await.unwrap_err();
        assert!(matches!(failed, StoreError::Driver { .. }), "{failed}");
        let next = until_ok(async || record(&store, 2).await).await;
        assert_eq!(next, 1, "the place of the lost entry is taken by the next");
        assert_eq!(assert_no_index_skipped(&store).await, 2);
        assert!(
            store
                .all::<domain::department::Department>()
                .await
                .unwrap()
                .is_empty()
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_recorder_acknowledged_survives_ended_sessions() {
    on_postgresql(async |database| {
        let store = database.open().await;
        let recorder = Recorder::start(store.clone());
        let mut acknowledged = Vec::new();
        for round in 0..6 {
            let numbers = round * 20..round * 20 + 20;
            let intents =
                numbers.map(|n| recorder.intent(granted_intent(n, 1), "a".to_owned(), noon()));
            let (results, _) = tokio::join!(together(intents), terminate_sessions(database));
            for result in results {
                match result {
                    Ok(receipt) => acknowledged.push(receipt),
                    Err(RecordError::Unavailable(_)) => {}
                    Err(used @ RecordError::AlreadyUsed { .. }) => panic!("{used}"),
                }
            }
        }
        let last = 1000;
        let last = until_ok(async || {
            recorder
                .intent(granted_intent(last, 1), "a".to_owned(), noon())
                .await
        })
        .await;
        acknowledged.push(last);
        let entries = all_entries(&store).await;
        for receipt in &acknowledged {
            let place = usize::try_from(receipt.index()).unwrap();
            assert_eq!(entries[place].entry.request_id(), receipt.request_id());
        }
        let size = assert_no_index_skipped(&store).await;
        assert_eq!(assert_no_use_skipped(&store, &grant_name(1)).await, size);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_gateway_names_the_ledger_when_its_sessions_are_ended_and_recovers() {
    on_postgresql(async |database| {
        let gateway = TestGateway::start(database).await;
        let operator = gateway.operator("owner").await;
        terminate_sessions(database).await;
        let request = gateway.new_request();
        let created = until_ok(async || {
            let act = act(&operator, &request, "create");
            let result = gateway.create_department(&act, city::department(0)).await;
            if let Err(failure) = &result {
                assert_eq!(
                    failure.reason,
                    Reason::LedgerUnavailable,
                    "{}",
                    failure.message
                );
            }
            result
        })
        .await;
        assert_eq!(created.value, city::department(0));
        // Tried under one request id, so made once, whatever became of the first attempts.
        assert_eq!(assert_no_index_skipped(&database.open().await).await, 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_loses_nothing_that_was_acknowledged() {
    let Some(server) = Server::own() else { return };
    let database = Database::on(Arc::clone(&server)).await;
    let store = database.open().await;
    let recorder = Recorder::start(store.clone());
    let mut acknowledged = Vec::new();
    let intents = (0..30).map(|n| recorder.intent(granted_intent(n, 1), "a".to_owned(), noon()));
    for receipt in together(intents).await {
        acknowledged.push(receipt.unwrap());
    }
    server.kill();
    let refused = recorder
        .intent(granted_intent(900, 1), "a".to_owned(), noon())
        .await;
    assert!(
        matches!(refused, Err(RecordError::Unavailable(_))),
        "{refused:?}"
    );
    server.start_again();
    until_ok(async || store.ledger_size().await).await;
    until_ok(async || record(&store, 901).await).await;
    let entries = all_entries(&store).await;
    for receipt in &acknowledged {
        let place = usize::try_from(receipt.index()).unwrap();
        assert_eq!(entries[place].entry.request_id(), receipt.request_id());
    }
    assert!(
        !entries
            .iter()
            .any(|stored| stored.entry.request_id() == request_id(900))
    );
    assert_no_index_skipped(&store).await;
    assert_eq!(assert_no_use_skipped(&store, &grant_name(1)).await, 30);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whether_the_store_keeps_what_is_written_is_found_out_by_writing() {
    let Some(server) = Server::own() else { return };
    let database = Database::on(Arc::clone(&server)).await;
    let gateway = TestGateway::start(&database).await;
    assert!(gateway.can_write().await);
    server.kill();
    assert!(!gateway.can_write().await);
    server.start_again();
    until_ok(async || gateway.can_write().await.then_some(()).ok_or("not yet")).await;
}
