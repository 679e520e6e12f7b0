//! The only place with SQL: migrations and transactions on SQLite and PostgreSQL.
//!
//! A state change and its ledger entry share one transaction ([`Tx`]); entries of exchanges are
//! group-committed ([`recorder::Recorder`]); the Merkle tree follows behind ([`Store::integrate`]).

mod batch;
mod budgets;
mod changes;
mod claims;
mod clocks;
mod counts;
mod credentials;
mod db;
mod entries;
mod error;
mod file_links;
mod files;
mod grant_uses;
mod heartbeats;
mod memory;
mod migrate;
mod noun;
mod progress;
mod read;
pub mod recorder;
mod registry;
mod segment;
mod signatures;
mod statuses;
#[cfg_attr(
    feature = "unrecorded",
    expect(dead_code, reason = "this build does not record")
)]
mod tail;
mod tree;
mod tx;
#[cfg(feature = "unrecorded")]
mod unrecorded;
mod use_codes;

pub use budgets::{BudgetKey, BudgetWindow};
pub use changes::Changes;
pub use db::DatabaseUrl;
pub use entries::{EntryFilter, StoredEntry};
pub use error::StoreError;
pub use files::Part;
pub use grant_uses::UseDays;
pub use noun::{Noun, Stored};
pub use registry::Registry;
pub use signatures::Remembered;
pub use statuses::{Announced, StatusList, StatusRow};
pub use tree::{Hashes, Published};
pub use tx::{Earlier, Tx};

use std::sync::Arc;

use db::Db;
use memory::Memory;

/// An open, migrated database.
#[derive(Clone, Debug)]
pub struct Store {
    db: Db,
    memory: Arc<Memory>,
}

impl Store {
    /// Opens the database, refuses one that would forget what it acknowledged, and migrates it.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be reached, is unfit, or belongs to a newer version.
    pub async fn open(url: &DatabaseUrl) -> Result<Self, StoreError> {
        let db = db::open(url).await?;
        migrate::run(&db).await?;
        Ok(Self {
            db,
            memory: Arc::default(),
        })
    }

    /// Whether a server keeps it, for several gateways.
    pub(crate) fn is_served(&self) -> bool {
        matches!(self.db, Db::Postgres(_))
    }

    /// Writes something durably that changes nothing. Only a commit finds out whether there is room for one.
    ///
    /// # Errors
    /// [`StoreError`] when the store keeps nothing.
    pub async fn try_writing(&self) -> Result<(), StoreError> {
        const SAME: &str = "UPDATE ledger_head SET revision = revision WHERE id = 1";
        const WHAT: &str = "trying to write";
        match &self.db {
            Db::Sqlite { writer, .. } => sqlx::query(SAME).execute(writer).await.map(drop),
            Db::Postgres(pool) => sqlx::query(SAME).execute(pool).await.map(drop),
        }
        .map_err(StoreError::driver(WHAT))
    }

    /// Closes the connections, waiting for work under way.
    pub async fn close(&self) {
        match &self.db {
            Db::Sqlite { readers, writer } => {
                readers.close().await;
                writer.close().await;
            }
            Db::Postgres(pool) => pool.close().await,
        }
    }
}

/// Microseconds since 1970, the form of all times in the database.
pub(crate) fn micros(time: jiff::Timestamp) -> i64 {
    time.as_microsecond()
}

pub(crate) fn from_micros(micros: i64) -> jiff::Timestamp {
    jiff::Timestamp::from_microsecond(micros).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
}

/// Ledger indexes are unsigned outside and BIGINT inside; 2^63 entries never come about.
pub(crate) fn to_db(index: u64) -> i64 {
    i64::try_from(index).unwrap_or(i64::MAX)
}

pub(crate) fn from_db(index: i64) -> u64 {
    u64::try_from(index).unwrap_or_default()
}
