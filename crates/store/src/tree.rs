//! The Merkle tree behind the entries: integration, checkpoints, and the hashes that proofs need.

use jiff::Timestamp;
use ledger::checkpoint::{Checkpoint, LogSigner};
use ledger::tree::{self, Hash, MapReader};

use crate::db::with_db;
use crate::entries::stored_entry;
use crate::error::StoreError;
use crate::tx::{Tx, with_tx};
use crate::{Store, from_db, from_micros, micros, to_db};

/// Entries that one integration takes in.
const BATCH: u64 = 1000;

/// A checkpoint as published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// How many entries it covers.
    pub size: u64,
    /// When it was signed.
    pub time: Timestamp,
    /// The signed note.
    pub note: String,
}

impl Store {
    /// Says whose log this is. The first gateway on a database decides; later ones must agree.
    ///
    /// # Errors
    /// [`StoreError::Unfit`] when the database belongs to another log.
    pub async fn claim_log(&self, origin: &str, key: &str) -> Result<(), StoreError> {
        const CLAIM: &str = "UPDATE ledger_head SET \
            origin = CASE origin WHEN '' THEN $1 ELSE origin END, \
            log_key = CASE log_key WHEN '' THEN $2 ELSE log_key END \
            WHERE id = 1 RETURNING origin, log_key";
        let mut tx = self.begin("claiming the log").await?;
        let context = tx.context();
        let (found, kept): (String, String) = with_tx!(&mut tx.inner, c =>
            sqlx::query_as(CLAIM).bind(origin).bind(key).fetch_one(c).await)
        .map_err(StoreError::driver(context))?;
        tx.commit().await?;
        if found == origin && kept == key {
            return Ok(());
        }
        Err(StoreError::Unfit(format!(
            "the database holds the log {found} under another key; use the data directory it was made with"
        )))
    }

    /// Takes recorded entries into the tree and signs a checkpoint over them. Returns it, or
    /// nothing when there was nothing new.
    ///
    /// Two gateways that do this at once take turns at the head, so no two checkpoints of one log
    /// can disagree.
    ///
    /// # Errors
    /// [`StoreError`]; nothing is published then.
    pub async fn integrate(
        &self,
        signer: &LogSigner,
        now: Timestamp,
    ) -> Result<Option<Published>, StoreError> {
        if !self.has_unpublished().await? {
            return Ok(None);
        }
        let mut tx = self.begin("integrating the ledger").await?;
        let (size, integrated) = tx.heads().await?;
        let until = size.min(integrated.saturating_add(BATCH));
        if until == integrated {
            tx.forget().await;
            return Ok(None);
        }
        let mut reader = tx
            .hashes(&tree::required_for_append(integrated).map_err(broken)?)
            .await?;
        for (index, body) in (integrated..).zip(tx.bodies(integrated, until).await?) {
            for (place, hash) in reader.integrate(index, &body).map_err(broken)? {
                tx.insert_hash(place, hash).await?;
            }
        }
        let root = tree::root(until, &reader).map_err(broken)?;
        let checkpoint = Checkpoint::new(signer.origin(), until, root).map_err(broken)?;
        let note = signer.sign(&checkpoint).map_err(broken)?;
        tx.publish(until, &note, now).await?;
        tx.commit().await?;
        Ok(Some(Published {
            size: until,
            time: now,
            note,
        }))
    }

    /// The latest checkpoint.
    ///
    /// # Errors
    /// [`StoreError`]; that none was signed yet is not an error.
    pub async fn checkpoint(&self) -> Result<Option<Published>, StoreError> {
        const QUERY: &str =
            "SELECT size, time, note FROM ledger_checkpoints ORDER BY size DESC LIMIT 1";
        let row: Option<(i64, i64, String)> =
            with_db!(&self.db, pool => sqlx::query_as(QUERY).fetch_optional(pool).await)
                .map_err(StoreError::driver("reading the checkpoint"))?;
        Ok(row.map(|(size, time, note)| Published {
            size: from_db(size),
            time: from_micros(time),
            note,
        }))
    }

    /// The proof that the tree of `size` holds the entry at `index`.
    ///
    /// # Errors
    /// [`StoreError`], also when the index is outside the tree.
    pub async fn inclusion_proof(&self, size: u64, index: u64) -> Result<Vec<Hash>, StoreError> {
        let needed = tree::required_for_inclusion(size, index).map_err(broken)?;
        let reader = self.hashes(&needed).await?;
        tree::inclusion_proof(size, index, &reader).map_err(broken)
    }

    async fn has_unpublished(&self) -> Result<bool, StoreError> {
        const QUERY: &str =
            "SELECT CASE WHEN size > integrated THEN 1 ELSE 0 END FROM ledger_head WHERE id = 1";
        let row: (i32,) = with_db!(&self.db, pool => sqlx::query_as(QUERY).fetch_one(pool).await)
            .map_err(StoreError::driver("reading the ledger's heads"))?;
        Ok(row.0 == 1)
    }

    async fn hashes(&self, indexes: &[u64]) -> Result<MapReader, StoreError> {
        let mut reader = MapReader::new();
        for index in indexes {
            let row: (Vec<u8>,) = with_db!(&self.db, pool =>
                sqlx::query_as(HASH).bind(to_db(*index)).fetch_one(pool).await)
            .map_err(StoreError::driver("reading a hash"))?;
            reader.insert(*index, hash_of(*index, row.0)?);
        }
        Ok(reader)
    }
}

const HASH: &str = "SELECT hash FROM ledger_hashes WHERE idx = $1";

impl Tx {
    async fn heads(&mut self) -> Result<(u64, u64), StoreError> {
        const QUERY: &str = "UPDATE ledger_head SET integrated = integrated WHERE id = 1 RETURNING size, integrated";
        let context = self.context();
        let row: (i64, i64) =
            with_tx!(&mut self.inner, c => sqlx::query_as(QUERY).fetch_one(c).await)
                .map_err(StoreError::driver(context))?;
        Ok((from_db(row.0), from_db(row.1)))
    }

    async fn hashes(&mut self, indexes: &[u64]) -> Result<MapReader, StoreError> {
        let mut reader = MapReader::new();
        let context = self.context();
        for index in indexes {
            let row: (Vec<u8>,) = with_tx!(&mut self.inner, c =>
                sqlx::query_as(HASH).bind(to_db(*index)).fetch_one(c).await)
            .map_err(StoreError::driver(context))?;
            reader.insert(*index, hash_of(*index, row.0)?);
        }
        Ok(reader)
    }

    async fn bodies(&mut self, from: u64, until: u64) -> Result<Vec<Vec<u8>>, StoreError> {
        const QUERY: &str =
            "SELECT body FROM ledger_entries WHERE idx >= $1 AND idx < $2 ORDER BY idx";
        let context = self.context();
        let rows: Vec<(Vec<u8>,)> = with_tx!(&mut self.inner, c =>
            sqlx::query_as(QUERY).bind(to_db(from)).bind(to_db(until)).fetch_all(c).await)
        .map_err(StoreError::driver(context))?;
        let bodies: Vec<Vec<u8>> = rows.into_iter().map(|(body,)| body).collect();
        // A row that somebody deleted or moved must not be signed over.
        for (index, body) in (from..until).zip(&bodies) {
            let decoded = stored_entry(body.clone())?;
            if decoded.entry.index() != index {
                return Err(misplaced(index));
            }
        }
        if u64::try_from(bodies.len()).ok() != until.checked_sub(from) {
            return Err(misplaced(from));
        }
        Ok(bodies)
    }

    async fn insert_hash(&mut self, index: u64, hash: Hash) -> Result<(), StoreError> {
        const QUERY: &str = "INSERT INTO ledger_hashes (idx, hash) VALUES ($1, $2)";
        let context = self.context();
        with_tx!(&mut self.inner, c => sqlx::query(QUERY)
            .bind(to_db(index))
            .bind(hash.0.to_vec())
            .execute(c)
            .await
            .map(|_| ()))
        .map_err(StoreError::driver(context))
    }

    async fn publish(&mut self, size: u64, note: &str, now: Timestamp) -> Result<(), StoreError> {
        const NOTE: &str = "INSERT INTO ledger_checkpoints (size, time, note) VALUES ($1, $2, $3)";
        const HEAD: &str = "UPDATE ledger_head SET integrated = $1 WHERE id = 1";
        let context = self.context();
        with_tx!(&mut self.inner, c => {
            sqlx::query(NOTE)
                .bind(to_db(size))
                .bind(micros(now))
                .bind(note)
                .execute(&mut *c)
                .await
                .map_err(StoreError::driver(context))?;
            sqlx::query(HEAD).bind(to_db(size)).execute(c).await.map(|_| ())
        })
        .map_err(StoreError::driver(context))
    }
}

fn hash_of(index: u64, bytes: Vec<u8>) -> Result<Hash, StoreError> {
    let bytes: [u8; 32] = bytes.try_into().map_err(|_| StoreError::Inconsistent {
        table: "ledger_hashes",
        name: index.to_string(),
    })?;
    Ok(Hash(bytes))
}

fn misplaced(index: u64) -> StoreError {
    StoreError::Inconsistent {
        table: "ledger_entries",
        name: format!("entry {index}"),
    }
}

fn broken(error: impl std::fmt::Display) -> StoreError {
    StoreError::Entry(error.to_string())
}
