//! Appending one entry within a transaction that holds the head.

use jiff::Timestamp;
use ledger::entry::{Draft, Entry, Kind};

use crate::error::StoreError;
use crate::tx::{Tx, with_tx};
use crate::{from_db, micros, to_db};

const INSERT: &str = "INSERT INTO ledger_entries \
    (idx, time, kind, event, grant_name, system, department, peer, peer_department, body) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";

const NEXT_USE: &str = "INSERT INTO ledger_grants (grant_name, sequence) VALUES ($1, 1) \
    ON CONFLICT (grant_name) DO UPDATE SET sequence = ledger_grants.sequence + 1 RETURNING sequence";

impl Tx {
    /// Writes the entry at `index`. The caller holds the head and advances it.
    pub(crate) async fn append(
        &mut self,
        draft: Draft,
        index: u64,
        now: Timestamp,
    ) -> Result<Entry, StoreError> {
        let sequence = self.sequence_of(&draft).await?;
        let entry = draft
            .place(index, now, sequence)
            .map_err(|error| StoreError::Entry(error.to_string()))?;
        let body = entry.encode();
        let text = |key: &str| entry.facts().text(key).map(str::to_owned);
        let (kind, event) = kind_and_event(entry.kind());
        let context = self.context();
        with_tx!(&mut self.inner, c => sqlx::query(INSERT)
            .bind(to_db(index))
            .bind(micros(entry.time()))
            .bind(kind)
            .bind(event)
            .bind(entry.grant().map(|g| g.name.clone()).or_else(|| text("grant")))
            .bind(text("consumer").or_else(|| text("system")))
            .bind(text("consumer_department").or_else(|| text("department")))
            .bind(text("provider"))
            .bind(text("provider_department"))
            .bind(body)
            .execute(c)
            .await
            .map(|_| ()))
        .map_err(StoreError::driver(context))?;
        self.prove(&entry).await?;
        Ok(entry)
    }

    /// A granted intent takes the next number of its grant; an outcome brings its intent's along.
    async fn sequence_of(&mut self, draft: &Draft) -> Result<Option<u64>, StoreError> {
        let Some(grant) = draft.takes_sequence_of() else {
            return Ok(None);
        };
        let context = self.context();
        let row: (i64,) = with_tx!(&mut self.inner, c =>
            sqlx::query_as(NEXT_USE).bind(grant).fetch_one(c).await)
        .map_err(StoreError::driver(context))?;
        Ok(Some(from_db(row.0)))
    }
}

fn kind_and_event(kind: &Kind) -> (&'static str, Option<String>) {
    match kind {
        Kind::Change { event } => ("change", Some(event.clone())),
        Kind::Intent => ("intent", None),
        Kind::Outcome { .. } => ("outcome", None),
    }
}
