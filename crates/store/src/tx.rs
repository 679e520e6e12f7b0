//! One transaction: reads, writes and the ledger entries that tell of them.
//!
//! Nothing is durable until [`Tx::save`]; a transaction that is dropped changes nothing.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use ledger::entry::{Draft, Entry};
use ledger::receipt::ChangeReceipt;
use ledger::tree::Hash;
use sqlx::{Postgres, Sqlite, Transaction};

use crate::counts::Counted;
use crate::db::{Db, ListSql};
use crate::error::{StoreError, is_unique_violation};
use crate::memory::Memory;
use crate::noun::{Noun, Stored};
use crate::read::{NounRow, stored};
use crate::registry::row_of;
use crate::segment::{Segment, json_list};
use crate::{Store, micros, to_db};

pub(crate) enum Inner {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

/// Runs the same expression on the connection of either engine.
macro_rules! with_tx {
    ($inner:expr, $connection:ident => $body:expr) => {
        match $inner {
            $crate::tx::Inner::Sqlite(tx) => {
                let $connection = &mut **tx;
                $body
            }
            $crate::tx::Inner::Postgres(tx) => {
                let $connection = &mut **tx;
                $body
            }
        }
    };
}
pub(crate) use with_tx;

/// An open transaction.
pub struct Tx {
    pub(crate) inner: Inner,
    pub(crate) entries: Vec<Entry>,
    /// Segments of this transaction with their digests.
    pub(crate) written: Vec<(u64, Hash)>,
    memory: Arc<Memory>,
    context: &'static str,
    /// Something about the registry was written, if only the entry of an act.
    changed: bool,
    /// The rows that were written: `TABLE NAME`.
    rows: BTreeSet<String>,
    in_turn: bool,
}

/// A state change that was asked for before under the same request id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Earlier {
    /// The same request: its answer, as it was kept.
    Same(String),
    /// Another request under the same id.
    Other,
}

/// Taken before the first read of a transaction, so that what it read is still so when it writes.
/// Without it, of two repetitions of one request the second would not find the first.
const TURN: &str = "SELECT value FROM ledger_counts WHERE name = '' FOR UPDATE";

/// Revisions whose changes are kept: a gateway that was away for longer reads everything again.
const REVISIONS_KEPT: i64 = 10_000;

const MOVE_REVISION: ListSql = ListSql {
    sqlite: "UPDATE ledger_head SET revision = revision + 1 WHERE id = 1; \
        INSERT INTO registry_changes (revision, changed) \
            SELECT h.revision, j.value FROM ledger_head h, json_each($1) AS j WHERE h.id = 1; \
        DELETE FROM registry_changes \
            WHERE revision <= (SELECT revision FROM ledger_head WHERE id = 1) - $2",
    postgres: "WITH moved AS (\
            UPDATE ledger_head SET revision = revision + 1 WHERE id = 1 RETURNING revision), \
        dropped AS (\
            DELETE FROM registry_changes WHERE revision <= (SELECT revision FROM moved) - $2) \
        INSERT INTO registry_changes (revision, changed) \
            SELECT m.revision, j.value \
            FROM moved m, json_array_elements_text($1::TEXT::JSON) AS j (value)",
};

impl Store {
    /// Begins a transaction; the name stands in error texts and logs.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn begin(&self, context: &'static str) -> Result<Tx, StoreError> {
        let inner = match &self.db {
            // A deferred transaction that turns into a writer fails with "busy" at once.
            Db::Sqlite { writer, .. } => Inner::Sqlite(
                writer
                    .begin_with("BEGIN IMMEDIATE")
                    .await
                    .map_err(StoreError::driver(context))?,
            ),
            Db::Postgres(pool) => {
                Inner::Postgres(pool.begin().await.map_err(StoreError::driver(context))?)
            }
        };
        Ok(Tx {
            inner,
            entries: Vec::new(),
            written: Vec::new(),
            memory: Arc::clone(&self.memory),
            context,
            changed: false,
            rows: BTreeSet::new(),
            in_turn: false,
        })
    }
}

impl Tx {
    /// One row by name.
    ///
    /// # Errors
    /// [`StoreError`]; absence is not an error.
    pub async fn get<T: Noun>(&mut self, name: &str) -> Result<Option<Stored<T>>, StoreError> {
        self.take_turn().await?;
        let row: Option<NounRow> = with_tx!(&mut self.inner, c =>
            sqlx::query_as(T::STATEMENTS.get).bind(name).fetch_optional(c).await)
        .map_err(StoreError::driver(self.context))?;
        row.map(|row| stored(row)).transpose()
    }

    /// All rows under a parent, in the order of their names.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn under<T: Noun>(&mut self, parent: &str) -> Result<Vec<Stored<T>>, StoreError> {
        self.take_turn().await?;
        let rows: Vec<NounRow> = with_tx!(&mut self.inner, c =>
            sqlx::query_as(T::STATEMENTS.page)
                .bind("")
                .bind(parent)
                .bind(i64::MAX)
                .fetch_all(c)
                .await)
        .map_err(StoreError::driver(self.context))?;
        rows.into_iter().map(stored).collect()
    }

    /// Adds a row. `entry` is the place of the ledger entry that tells of it; seeds have none.
    ///
    /// # Errors
    /// [`StoreError::Exists`] when the name or the alias is taken.
    pub async fn insert<T: Noun>(
        &mut self,
        value: &T,
        entry: Option<u64>,
        now: Timestamp,
    ) -> Result<Stored<T>, StoreError> {
        let stored = self.insert_row(value, entry, now).await?;
        if T::IS_TIMED && !value.running().is_empty() {
            // On the heap: most acts have no clock to keep, and all would carry the room for it.
            Box::pin(self.keep_clocks(value, entry, now)).await?;
        }
        Ok(stored)
    }

    /// Adds the row alone.
    pub(crate) async fn insert_row<T: Noun>(
        &mut self,
        value: &T,
        entry: Option<u64>,
        now: Timestamp,
    ) -> Result<Stored<T>, StoreError> {
        self.note_row(value);
        let body = body_of(value)?;
        with_tx!(&mut self.inner, c => sqlx::query(T::STATEMENTS.insert)
            .bind(value.key())
            .bind(value.parent())
            .bind(value.state())
            .bind(value.alias())
            .bind(&body)
            .bind(micros(now))
            .bind(entry.map(to_db))
            .execute(c)
            .await
            .map(|_| ()))
        .map_err(|error| {
            if is_unique_violation(&error) {
                StoreError::Exists(value.key().to_owned())
            } else {
                StoreError::driver(self.context)(error)
            }
        })?;
        stored((
            body,
            1,
            micros(now),
            micros(now),
            entry.map(to_db),
            entry.map(to_db),
        ))
    }

    /// Replaces a row that was read in this transaction or before.
    ///
    /// # Errors
    /// [`StoreError::Changed`] when somebody else was faster, [`StoreError::Exists`] when the alias
    /// is taken.
    pub async fn update<T: Noun>(
        &mut self,
        before: &Stored<T>,
        value: &T,
        entry: Option<u64>,
        now: Timestamp,
    ) -> Result<Stored<T>, StoreError> {
        let stored = self.update_row(before, value, entry, now).await?;
        if T::IS_TIMED {
            // On the heap: most acts have no clock to keep, and all would carry the room for it.
            Box::pin(self.keep_clocks(value, entry, now)).await?;
        }
        Ok(stored)
    }

    /// Replaces the row alone.
    pub(crate) async fn update_row<T: Noun>(
        &mut self,
        before: &Stored<T>,
        value: &T,
        entry: Option<u64>,
        now: Timestamp,
    ) -> Result<Stored<T>, StoreError> {
        self.note_row(value);
        let body = body_of(value)?;
        let rows = with_tx!(&mut self.inner, c => sqlx::query(T::STATEMENTS.update)
            .bind(value.key())
            .bind(value.parent())
            .bind(value.state())
            .bind(value.alias())
            .bind(&body)
            .bind(micros(now))
            .bind(entry.map(to_db))
            .bind(before.revision)
            .execute(c)
            .await
            .map(|done| done.rows_affected()))
        .map_err(|error| {
            if is_unique_violation(&error) {
                StoreError::Exists(value.key().to_owned())
            } else {
                StoreError::driver(self.context)(error)
            }
        })?;
        if rows != 1 {
            return Err(StoreError::Changed(value.key().to_owned()));
        }
        let created = micros(before.create_time);
        let first = before.create_entry.map(to_db);
        stored((
            body,
            before.revision + 1,
            created,
            micros(now),
            first,
            entry.map(to_db),
        ))
    }

    /// Whether this caller used this request id before, and for what.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn earlier(
        &mut self,
        caller: &str,
        request_id: &str,
        digest: &str,
    ) -> Result<Option<Earlier>, StoreError> {
        const QUERY: &str =
            "SELECT digest, answer FROM requests WHERE caller = $1 AND request_id = $2";
        self.take_turn().await?;
        let row: Option<(String, String)> = with_tx!(&mut self.inner, c =>
            sqlx::query_as(QUERY).bind(caller).bind(request_id).fetch_optional(c).await)
        .map_err(StoreError::driver(self.context))?;
        Ok(row.map(|(kept, answer)| {
            if kept == digest {
                Earlier::Same(answer)
            } else {
                Earlier::Other
            }
        }))
    }

    /// The revision of the registry as this transaction sees it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn revision(&mut self) -> Result<i64, StoreError> {
        let row: (i64,) = with_tx!(&mut self.inner, c =>
            sqlx::query_as("SELECT revision FROM ledger_head WHERE id = 1").fetch_one(c).await)
        .map_err(StoreError::driver(self.context))?;
        Ok(row.0)
    }

    /// Keeps the answer of a request for its repetitions.
    ///
    /// # Errors
    /// [`StoreError::Changed`] when the same request ran at the same time.
    pub async fn remember(
        &mut self,
        caller: &str,
        request_id: &str,
        digest: &str,
        answer: &str,
    ) -> Result<(), StoreError> {
        const QUERY: &str = "INSERT INTO requests (caller, request_id, digest, answer, entry) VALUES ($1, $2, $3, $4, $5)";
        let entry = self.entries.last().map(|entry| to_db(entry.index()));
        with_tx!(&mut self.inner, c => sqlx::query(QUERY)
            .bind(caller)
            .bind(request_id)
            .bind(digest)
            .bind(answer)
            .bind(entry)
            .execute(c)
            .await
            .map(|_| ()))
        .map_err(|error| {
            if is_unique_violation(&error) {
                StoreError::Changed(format!("request {request_id}"))
            } else {
                StoreError::driver(self.context)(error)
            }
        })
    }

    /// Places the entry that tells of a state change and returns its index. It becomes evidence
    /// with [`Tx::save`], together with the change.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn record(&mut self, draft: Draft, now: Timestamp) -> Result<u64, StoreError> {
        self.changed = true;
        let sealed = draft
            .seal()
            .map_err(|error| StoreError::Entry(error.to_string()))?;
        let mut counted = Counted::default();
        let takes = sealed.draft().takes_sequence_of().map(str::to_owned);
        counted.add(takes.as_deref());
        let (counts, _) = self.count(&counted, std::iter::empty()).await?;
        let index = counts.size().saturating_sub(1);
        let mut numbers = counts.numbers(&counted);
        let sequence = takes.and_then(|grant| numbers.next(&grant));
        let mut segment = Segment::new(index);
        let entry = segment.push(sealed, now, sequence)?;
        self.write_segment(segment).await?;
        self.prove(&entry).await?;
        self.entries.push(entry);
        Ok(index)
    }

    /// Makes everything durable and gives the proofs of the recorded changes.
    ///
    /// # Errors
    /// [`StoreError`]; the outcome is then unknown and the request id decides it.
    pub async fn save(mut self) -> Result<Vec<ChangeReceipt>, StoreError> {
        if self.changed {
            self.move_revision().await?;
        }
        let entries = std::mem::take(&mut self.entries);
        self.commit().await?;
        Ok(entries
            .iter()
            .filter_map(ChangeReceipt::assertion)
            .collect())
    }

    /// Takes everything back. Dropping does the same a little later.
    pub async fn forget(self) {
        // A failed rollback leaves nothing behind either: the pool closes the connection.
        let _ = match self.inner {
            Inner::Sqlite(tx) => tx.rollback().await,
            Inner::Postgres(tx) => tx.rollback().await,
        };
    }

    /// Something that gateways keep in memory changed, beside the registry.
    pub(crate) fn note_changed(&mut self, row: String) {
        self.changed = true;
        self.rows.insert(row);
    }

    fn note_row<T: Noun>(&mut self, value: &T) {
        if !T::IN_REGISTRY {
            return;
        }
        self.changed = true;
        self.rows.insert(row_of(T::STATEMENTS.table, value.key()));
    }

    /// Tells other gateways, and this one, what to read again.
    async fn move_revision(&mut self) -> Result<(), StoreError> {
        let mut rows = std::mem::take(&mut self.rows);
        if rows.is_empty() {
            rows.insert(String::new());
        }
        let text = self.list_sql(MOVE_REVISION);
        with_tx!(&mut self.inner, c => sqlx::query(text)
            .bind(json_list(&rows))
            .bind(REVISIONS_KEPT)
            .execute(c)
            .await
            .map(|_| ()))
        .map_err(StoreError::driver(self.context))
    }

    /// Waits for the writer before, on the engine that has several at once.
    async fn take_turn(&mut self) -> Result<(), StoreError> {
        if let Inner::Postgres(tx) = &mut self.inner
            && !self.in_turn
        {
            sqlx::query(TURN)
                .execute(&mut **tx)
                .await
                .map_err(StoreError::driver(self.context))?;
            self.in_turn = true;
        }
        Ok(())
    }

    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        let context = self.context;
        match self.inner {
            Inner::Sqlite(tx) => tx.commit().await,
            Inner::Postgres(tx) => tx.commit().await,
        }
        .map_err(StoreError::driver(context))?;
        for (first, digest) in self.written {
            self.memory.keep(first, digest);
        }
        Ok(())
    }

    pub(crate) fn list_sql(&self, pair: ListSql) -> &'static str {
        match &self.inner {
            Inner::Sqlite(_) => pair.sqlite,
            Inner::Postgres(_) => pair.postgres,
        }
    }

    pub(crate) fn context(&self) -> &'static str {
        self.context
    }
}

fn body_of<T: Noun>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|_| StoreError::Inconsistent {
        table: T::STATEMENTS.table,
        name: value.key().to_owned(),
    })
}
