//! Table mode over real databases: SQLite, PostgreSQL and MariaDB.

mod differential;
mod drifting;
mod encrypted;
mod flight;
mod injection;
mod registration;
mod resuming;
mod row_filters;
pub(crate) mod strategies;
pub(crate) mod wire;

use kit::databases::{Database, on_sqlite};
use kit::tables::Row;
use kit::tables::Tables;
use kit::tables::source::Source;

/// Runs a test over each database that is installed, with the gateway's own on SQLite.
async fn over_each(rows: &[Row], test: impl AsyncFn(&Tables, &Source)) {
    let run = async |source: Source, database: &Database| {
        let tables = Tables::over(database, &source, rows).await;
        test(&tables, &source).await;
        source.remove().await;
    };
    on_sqlite(async |database| run(Source::sqlite(), database).await).await;
    if let Some(source) = Source::postgres().await {
        on_sqlite(async |database| run(source, database).await).await;
    }
    if let Some(source) = Source::mysql() {
        on_sqlite(async |database| run(source, database).await).await;
    }
}
