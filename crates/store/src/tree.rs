//! The Merkle tree behind the entries: integration, checkpoints, and the hashes that proofs need.

use std::collections::BTreeSet;

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

    /// The proof that the tree of `size` holds the entry at `index`. `hashes` keeps what was read,
    /// so that the proofs of many entries read each hash about once.
    ///
    /// # Errors
    /// [`StoreError`], also when the index is outside the tree.
    pub async fn inclusion_proof(
        &self,
        size: u64,
        index: u64,
        hashes: &mut Hashes,
    ) -> Result<Vec<Hash>, StoreError> {
        let needed = tree::required_for_inclusion(size, index).map_err(broken)?;
        self.read_hashes(&needed, hashes).await?;
        tree::inclusion_proof(size, index, &hashes.reader).map_err(broken)
    }

    async fn has_unpublished(&self) -> Result<bool, StoreError> {
        const QUERY: &str = "SELECT CASE WHEN h.size > t.integrated THEN 1 ELSE 0 END \
            FROM ledger_head h, ledger_tree t WHERE h.id = 1 AND t.id = 1";
        let row: (i32,) = with_db!(&self.db, pool => sqlx::query_as(QUERY).fetch_one(pool).await)
            .map_err(StoreError::driver("reading the ledger's heads"))?;
        Ok(row.0 == 1)
    }

    async fn read_hashes(&self, indexes: &[u64], hashes: &mut Hashes) -> Result<(), StoreError> {
        if hashes.known.len() > HASHES_KEPT {
            *hashes = Hashes::default();
        }
        for index in indexes {
            if hashes.known.contains(index) {
                continue;
            }
            let row: (Vec<u8>,) = with_db!(&self.db, pool =>
                sqlx::query_as(HASH).bind(to_db(*index)).fetch_one(pool).await)
            .map_err(StoreError::driver("reading a hash"))?;
            hashes.reader.insert(*index, hash_of(*index, row.0)?);
            hashes.known.insert(*index);
        }
        Ok(())
    }
}

/// Stored hashes that were read before. They never change, so they can be kept.
#[derive(Debug, Default)]
pub struct Hashes {
    reader: MapReader,
    known: BTreeSet<u64>,
}

/// Hashes kept before the cache is emptied: a few megabytes.
const HASHES_KEPT: usize = 50_000;

const HASH: &str = "SELECT hash FROM ledger_hashes WHERE idx = $1";

impl Tx {
    /// Takes the tree's head, then reads how far the entries go. Entries below that are committed.
    async fn heads(&mut self) -> Result<(u64, u64), StoreError> {
        const TREE: &str =
            "UPDATE ledger_tree SET integrated = integrated WHERE id = 1 RETURNING integrated";
        const SIZE: &str = "SELECT size FROM ledger_head WHERE id = 1";
        let context = self.context();
        let (tree, size): ((i64,), (i64,)) = with_tx!(&mut self.inner, c => {
            let tree = sqlx::query_as(TREE)
                .fetch_one(&mut *c)
                .await
                .map_err(StoreError::driver(context))?;
            let size =
                sqlx::query_as(SIZE).fetch_one(c).await.map_err(StoreError::driver(context))?;
            (tree, size)
        });
        Ok((from_db(size.0), from_db(tree.0)))
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
        const HEAD: &str = "UPDATE ledger_tree SET integrated = $1 WHERE id = 1";
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
