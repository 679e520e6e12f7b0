//! The Merkle tree behind the entries: integration, checkpoints, and the hashes that proofs need.

use std::collections::HashSet;

use jiff::Timestamp;
use ledger::checkpoint::{Checkpoint, LogSigner, LogVerifier};
use ledger::tree::{self, Hash, HashReader as _, MapReader, TileId, Tiles};

use crate::db::{ListSql, with_db};
use crate::error::StoreError;
use crate::segment::{self, ledger_end, misplaced};
use crate::tx::{Tx, with_tx};
use crate::{Store, from_db, from_micros, micros, to_db};

/// Entries that one integration takes in.
const BATCH: u64 = 4096;

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
    /// nothing when there was nothing new, or another gateway was faster.
    ///
    /// Everything is read and hashed before the transaction, so that who records waits for a few
    /// writes only. Two gateways that do this at once take turns at the head of the tree, so no two
    /// checkpoints of one log can disagree.
    ///
    /// # Errors
    /// [`StoreError`]; nothing is published then. [`StoreError::Inconsistent`] when an entry is not
    /// what was recorded, or the tree is not what was signed.
    pub async fn integrate(
        &self,
        signer: &LogSigner,
        now: Timestamp,
    ) -> Result<Option<Published>, StoreError> {
        let (size, integrated) = self.heads().await?;
        let until = size.min(integrated.saturating_add(BATCH));
        if until == integrated {
            return Ok(None);
        }
        let leaves = self.leaves(integrated, until).await?;
        let mut tiles = self.edge(integrated, signer).await?;
        let changed = tiles.append(integrated, leaves).map_err(broken)?;
        let root = tree::root(until, &tiles).map_err(broken)?;
        let checkpoint = Checkpoint::new(signer.origin(), until, root).map_err(broken)?;
        let note = signer.sign(&checkpoint).map_err(broken)?;
        let mut tx = self.begin("integrating the ledger").await?;
        if !tx.move_tree(integrated, until).await? {
            tx.forget().await;
            return Ok(None);
        }
        for id in changed {
            tx.write_tile(id, tiles.get(id).unwrap_or_default()).await?;
        }
        let (indexed, whole) = (indexed(integrated), indexed(until));
        if indexed < whole {
            tx.index_mentions(indexed, whole).await?;
        }
        tx.count_tail().await?;
        tx.publish(until, &note, now).await?;
        tx.drop_old_claims(now).await?;
        tx.commit().await?;
        self.memory.forget_below(until.saturating_sub(SEGMENT_MOST));
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
    /// so that the proofs of many entries read each tile about once.
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
        if hashes.known.len() > HASHES_KEPT {
            *hashes = Hashes::default();
        }
        let missing = needed.into_iter().filter(|at| !hashes.known.contains(at));
        let missing: Vec<u64> = missing.collect();
        for id in tree::tiles_of(&missing) {
            if !hashes.tiles.contains(id) {
                let tile = self.tile(id).await?.ok_or_else(|| unfit_tile(id))?;
                hashes.tiles.insert(id, tile).map_err(|_| unfit_tile(id))?;
            }
        }
        let found = hashes.tiles.read_hashes(&missing).map_err(broken)?;
        for (at, hash) in missing.into_iter().zip(found) {
            hashes.reader.insert(at, hash);
            hashes.known.insert(at);
        }
        tree::inclusion_proof(size, index, &hashes.reader).map_err(broken)
    }

    /// How far the index of mentions reaches.
    pub(crate) async fn indexed(&self) -> Result<u64, StoreError> {
        Ok(indexed(self.heads().await?.1))
    }

    /// How many entries are recorded, and how many of them the tree holds.
    async fn heads(&self) -> Result<(u64, u64), StoreError> {
        const QUERY: &str = concat!(
            "SELECT ",
            ledger_end!(),
            ", integrated FROM ledger_tree WHERE id = 1"
        );
        let row: (i64, i64) =
            with_db!(&self.db, pool => sqlx::query_as(QUERY).fetch_one(pool).await)
                .map_err(StoreError::driver("reading the ledger's heads"))?;
        Ok((from_db(row.0), from_db(row.1)))
    }

    /// The leaf hashes of `from..until`. An entry that somebody removed, moved or changed is not
    /// signed over.
    async fn leaves(&self, from: u64, until: u64) -> Result<Vec<Hash>, StoreError> {
        let mut leaves = Vec::with_capacity(usize::try_from(BATCH).unwrap_or_default());
        let mut next = from;
        while next < until {
            let rows = self.segments_from(next, until, "").await?;
            if rows.is_empty() {
                return Err(misplaced(next));
            }
            for row in &rows {
                let first = from_db(row.0);
                // The first row may begin before what is wanted, never after it.
                let skipped = next.checked_sub(first).ok_or_else(|| misplaced(next))?;
                let hashes = segment::leaves(row, self.memory.digest(first))?;
                let end = first.saturating_add(u64::try_from(hashes.len()).unwrap_or_default());
                let wanted = until.min(end).saturating_sub(next);
                let skipped = usize::try_from(skipped).unwrap_or(usize::MAX);
                let wanted = usize::try_from(wanted).unwrap_or_default();
                leaves.extend(hashes.into_iter().skip(skipped).take(wanted));
                next = until.min(end);
            }
        }
        Ok(leaves)
    }

    /// The tiles at the right edge of the tree, held against the checkpoint that was signed over it:
    /// a tile that somebody changed would put the next checkpoint at odds with this one.
    async fn edge(&self, size: u64, signer: &LogSigner) -> Result<Tiles, StoreError> {
        const NOTE: &str = "SELECT note FROM ledger_checkpoints WHERE size = $1";
        let mut tiles = Tiles::new();
        for (id, width) in tree::edge_tiles(size).map_err(broken)? {
            let mut tile = self.tile(id).await?.ok_or_else(|| unfit_tile(id))?;
            // Another gateway may have gone on meanwhile; hashes that are there never change.
            tile.truncate(width.saturating_mul(tree::HASH_SIZE));
            tiles.insert(id, tile).map_err(|_| unfit_tile(id))?;
        }
        if size == 0 {
            return Ok(tiles);
        }
        let note: Option<(String,)> = with_db!(&self.db, pool =>
            sqlx::query_as(NOTE).bind(to_db(size)).fetch_optional(pool).await)
        .map_err(StoreError::driver("reading the checkpoint"))?;
        let verifier = LogVerifier::parse(&signer.verifier_key()).map_err(broken)?;
        let checkpoint = note.and_then(|(note,)| verifier.open(&note).ok());
        let root = tree::root(size, &tiles).map_err(broken)?;
        if checkpoint.is_none_or(|signed| signed.size() != size || signed.root() != root) {
            return Err(StoreError::Inconsistent {
                table: "ledger_tiles",
                name: format!("the tree of {size} entries is not the one that was signed"),
            });
        }
        Ok(tiles)
    }

    async fn tile(&self, id: TileId) -> Result<Option<Vec<u8>>, StoreError> {
        const QUERY: &str = "SELECT hashes FROM ledger_tiles WHERE level = $1 AND position = $2";
        let row: Option<(Vec<u8>,)> = with_db!(&self.db, pool => sqlx::query_as(QUERY)
            .bind(i64::from(id.level))
            .bind(to_db(id.position))
            .fetch_optional(pool)
            .await)
        .map_err(StoreError::driver("reading a tile"))?;
        Ok(row.map(|(hashes,)| hashes))
    }
}

/// Hashes of the tree that were read before. They never change, so they can be kept.
#[derive(Debug, Default)]
pub struct Hashes {
    reader: MapReader,
    known: HashSet<u64>,
    tiles: Tiles,
}

/// Hashes kept before the cache is emptied: a few megabytes.
const HASHES_KEPT: usize = 50_000;

/// Segments reach no further than this behind their first entry.
const SEGMENT_MOST: u64 = crate::recorder::BATCH as u64;

const INDEX: ListSql = ListSql {
    sqlite: "INSERT INTO ledger_mentions (name, first_index) \
        SELECT j.value, s.first_index FROM ledger_segments s, json_each(s.mentions) AS j \
        WHERE s.first_index >= $1 AND s.first_index < $2 ORDER BY 1, 2",
    postgres: "INSERT INTO ledger_mentions (name, first_index) \
        SELECT j.value, s.first_index FROM ledger_segments s, \
        json_array_elements_text(s.mentions::JSON) AS j (value) \
        WHERE s.first_index >= $1 AND s.first_index < $2 ORDER BY 1, 2",
};

/// Entries whose mentions are indexed together. The index is kept by name, so each name costs a page
/// each time; how many segments mention it does not matter.
const BLOCK: u64 = 8192;

/// How far the index of mentions reaches in a tree of this size: segments that begin below are in it.
fn indexed(integrated: u64) -> u64 {
    integrated - integrated % BLOCK
}

impl Tx {
    /// Moves the head of the tree on, unless somebody else did.
    async fn move_tree(&mut self, from: u64, until: u64) -> Result<bool, StoreError> {
        const QUERY: &str =
            "UPDATE ledger_tree SET integrated = $2 WHERE id = 1 AND integrated = $1";
        let context = self.context();
        let moved = with_tx!(&mut self.inner, c => sqlx::query(QUERY)
            .bind(to_db(from))
            .bind(to_db(until))
            .execute(c)
            .await
            .map(|done| done.rows_affected()))
        .map_err(StoreError::driver(context))?;
        Ok(moved == 1)
    }

    async fn write_tile(&mut self, id: TileId, hashes: &[u8]) -> Result<(), StoreError> {
        const QUERY: &str = "INSERT INTO ledger_tiles (level, position, hashes) \
            VALUES ($1, $2, $3) \
            ON CONFLICT (level, position) DO UPDATE SET hashes = excluded.hashes";
        let context = self.context();
        with_tx!(&mut self.inner, c => sqlx::query(QUERY)
            .bind(i64::from(id.level))
            .bind(to_db(id.position))
            .bind(hashes)
            .execute(c)
            .await
            .map(|_| ()))
        .map_err(StoreError::driver(context))
    }

    /// Makes the segments that begin in `from..until` found by whom and what they mention.
    async fn index_mentions(&mut self, from: u64, until: u64) -> Result<(), StoreError> {
        let context = self.context();
        let text = self.list_sql(INDEX);
        with_tx!(&mut self.inner, c => sqlx::query(text)
            .bind(to_db(from))
            .bind(to_db(until))
            .execute(c)
            .await
            .map(|_| ()))
        .map_err(StoreError::driver(context))
    }

    async fn publish(&mut self, size: u64, note: &str, now: Timestamp) -> Result<(), StoreError> {
        const NOTE: &str = "INSERT INTO ledger_checkpoints (size, time, note) VALUES ($1, $2, $3)";
        let context = self.context();
        with_tx!(&mut self.inner, c => sqlx::query(NOTE)
            .bind(to_db(size))
            .bind(micros(now))
            .bind(note)
            .execute(c)
            .await
            .map(|_| ()))
        .map_err(StoreError::driver(context))
    }
}

fn unfit_tile(id: TileId) -> StoreError {
    StoreError::Inconsistent {
        table: "ledger_tiles",
        name: format!("level {} position {}", id.level, id.position),
    }
}

fn broken(error: impl std::fmt::Display) -> StoreError {
    StoreError::Entry(error.to_string())
}
