//! Opening: a database is brought to this version, or refused.

use kit::databases::{Database, on_postgresql};
use kit::drafts::{change, noon};
use store::{Store, StoreError};

kit::on_each_database!(
    opening_again_keeps_everything,
    a_database_of_a_newer_version_is_refused,
    a_database_whose_migration_was_another_is_refused,
);

async fn opening_again_keeps_everything(database: &Database) {
    let store = database.open().await;
    let mut tx = store.begin("recording").await.unwrap();
    tx.record(change(0), noon()).await.unwrap();
    tx.save().await.unwrap();
    store.close().await;
    assert_eq!(database.open().await.ledger_size().await.unwrap(), 1);
}

/// On PostgreSQL alone: an embedded database belongs to one gateway.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_that_open_a_new_database_at_once_both_succeed() {
    on_postgresql(async |database| {
        let url = database.url();
        let (one, other) = tokio::join!(Store::open(&url), Store::open(&url));
        assert_eq!(one.unwrap().ledger_size().await.unwrap(), 0);
        assert_eq!(other.unwrap().ledger_size().await.unwrap(), 0);
    })
    .await;
}

async fn a_database_of_a_newer_version_is_refused(database: &Database) {
    database.open().await.close().await;
    let added = database
        .execute(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
             SELECT 999, 'from the future', success, checksum, 0 FROM _sqlx_migrations WHERE version = 1",
        )
        .await;
    assert_eq!(added, 1);
    let refused = Store::open(&database.url()).await.unwrap_err();
    assert!(
        matches!(&refused, StoreError::Unfit(text) if text.contains("999")),
        "{refused}"
    );
}

async fn a_database_whose_migration_was_another_is_refused(database: &Database) {
    database.open().await.close().await;
    let blob = match database.url() {
        store::DatabaseUrl::Sqlite(_) => "X'00'",
        store::DatabaseUrl::Postgres(_) => "'\\x00'::bytea",
    };
    let changed = database
        .execute(&format!(
            "UPDATE _sqlx_migrations SET checksum = {blob} WHERE version = 1"
        ))
        .await;
    assert_eq!(changed, 1);
    let refused = Store::open(&database.url()).await.unwrap_err();
    assert!(matches!(refused, StoreError::Unfit(_)), "{refused}");
}
