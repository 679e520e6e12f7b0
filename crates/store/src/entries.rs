//! Reads of ledger entries.

use ledger::entry::Entry;

use crate::db::with_db;
use crate::error::StoreError;
use crate::{Store, from_db, to_db};

/// Which entries to list.
#[derive(Clone, Debug, Default)]
pub struct EntryFilter {
    /// Only those about this grant.
    pub grant: Option<String>,
    /// Only those that name this system on either side.
    pub system: Option<String>,
    /// Only those that name this department on either side.
    pub department: Option<String>,
}

/// An entry as stored.
#[derive(Clone, Debug)]
pub struct StoredEntry {
    /// The decoded entry.
    pub entry: Entry,
    /// The stored bytes; they are what the tree hashes.
    pub body: Vec<u8>,
}

const LIST: &str = "SELECT body FROM ledger_entries WHERE idx < $1 \
    AND ($2 = '' OR grant_name = $2) \
    AND ($3 = '' OR system = $3 OR peer = $3) \
    AND ($4 = '' OR department = $4 OR peer_department = $4) \
    ORDER BY idx DESC LIMIT $5";

const RANGE: &str = "SELECT body FROM ledger_entries WHERE idx >= $1 AND idx < $2 \
    AND ($3 = '' OR (grant_name = $3 AND kind <> 'change')) ORDER BY idx LIMIT $4";

const COUNT: &str = "SELECT COUNT(*) FROM ledger_entries \
    WHERE idx < $1 AND grant_name = $2 AND kind <> 'change'";

impl Store {
    /// How many entries are recorded.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn ledger_size(&self) -> Result<u64, StoreError> {
        let row: (i64,) = with_db!(&self.db, pool =>
            sqlx::query_as("SELECT size FROM ledger_head WHERE id = 1").fetch_one(pool).await)
        .map_err(StoreError::driver("reading the ledger's size"))?;
        Ok(from_db(row.0))
    }

    /// How many intents and outcomes below an index are about one grant.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn count_entries(&self, until: u64, grant: &str) -> Result<u64, StoreError> {
        let row: (i64,) = with_db!(&self.db, pool =>
            sqlx::query_as(COUNT).bind(to_db(until)).bind(grant).fetch_one(pool).await)
        .map_err(StoreError::driver("counting entries"))?;
        Ok(from_db(row.0))
    }

    /// Entries before an index, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn entries_before(
        &self,
        before: u64,
        filter: &EntryFilter,
        limit: u32,
    ) -> Result<Vec<StoredEntry>, StoreError> {
        let [grant, system, department] =
            [&filter.grant, &filter.system, &filter.department].map(|f| f.as_deref().unwrap_or(""));
        let rows: Vec<(Vec<u8>,)> = with_db!(&self.db, pool => sqlx::query_as(LIST)
            .bind(to_db(before))
            .bind(grant)
            .bind(system)
            .bind(department)
            .bind(i64::from(limit))
            .fetch_all(pool)
            .await)
        .map_err(StoreError::driver("listing entries"))?;
        rows.into_iter().map(|(body,)| stored_entry(body)).collect()
    }

    /// Entries of `from..until` in order, at most `limit`: all, or the intents and outcomes of one
    /// grant.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn entries_between(
        &self,
        from: u64,
        until: u64,
        grant: &str,
        limit: u32,
    ) -> Result<Vec<StoredEntry>, StoreError> {
        let rows: Vec<(Vec<u8>,)> = with_db!(&self.db, pool => sqlx::query_as(RANGE)
            .bind(to_db(from))
            .bind(to_db(until))
            .bind(grant)
            .bind(i64::from(limit))
            .fetch_all(pool)
            .await)
        .map_err(StoreError::driver("reading entries"))?;
        rows.into_iter().map(|(body,)| stored_entry(body)).collect()
    }
}

pub(crate) fn stored_entry(body: Vec<u8>) -> Result<StoredEntry, StoreError> {
    let entry = Entry::decode(&body).map_err(|_| StoreError::Inconsistent {
        table: "ledger_entries",
        name: "an entry".to_owned(),
    })?;
    Ok(StoredEntry { entry, body })
}
