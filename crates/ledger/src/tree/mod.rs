//! The Merkle tree of RFC 6962 over the bytes of the entries.
//!
//! Only hashes of complete subtrees are kept, in the linear order of `tlog_tiles`: a tree of `n`
//! entries has [`stored_hash_count`]`(n)` of them, each written once and never changed. A store
//! keeps them in [`Tiles`] of 256.
//!
//! Reading from a database is asynchronous and [`HashReader`] is not. So each computation here has
//! a `required_for_…` function beside it: ask which stored hashes are needed, fetch them, put them
//! into a [`MapReader`], compute.

mod reader;
#[cfg(test)]
mod tests;
mod tiles;

use std::ops::Range;

use tlog_tiles::tlog;
pub use tlog_tiles::{EMPTY_HASH, HASH_SIZE, Hash, HashReader};

pub use reader::MapReader;
use reader::{Checked, Recorder};
pub use tiles::{TILE_WIDTH, TileId, Tiles, edge_tiles, tiles_of};

/// The most entries a tree may have. Stored-hash indexes stay below twice this, within an `i64`.
pub const MAX_SIZE: u64 = crate::entry::limits::NUMBER;

/// No proof is longer than the tree is high.
const MAX_PROOF: usize = 64;

/// The leaf hash of an entry: SHA-256 over a zero byte and the stored bytes.
#[must_use]
pub fn leaf_hash(entry: &[u8]) -> Hash {
    tlog::record_hash(entry)
}

/// How many stored hashes a tree of `size` entries has.
///
/// # Errors
/// When `size` is over [`MAX_SIZE`].
pub fn stored_hash_count(size: u64) -> Result<u64, TreeError> {
    check_size(size)?;
    Ok(tlog::stored_hash_count(size))
}

/// The stored-hash indexes that are written when the leaf at `index` is integrated.
///
/// # Errors
/// When `index` is not below [`MAX_SIZE`].
pub fn stored_hash_index_range(index: u64) -> Result<Range<u64>, TreeError> {
    let size = size_after(index)?;
    Ok(tlog::stored_hash_count(index)..tlog::stored_hash_count(size))
}

// === integrating ===

/// The hashes to store, from [`stored_hash_index_range`] on, when an entry is integrated.
///
/// Leaves MUST be integrated in index order, each once.
///
/// # Errors
/// When the reader lacks a hash that [`required_for_leaf`] names, or the tree would be too large.
pub fn hashes_for_leaf(
    index: u64,
    entry: &[u8],
    reader: &impl HashReader,
) -> Result<Vec<Hash>, TreeError> {
    size_after(index)?;
    Ok(tlog::stored_hashes(index, entry, &Checked(reader))?)
}

/// The stored hashes that [`hashes_for_leaf`] reads.
///
/// # Errors
/// When `index` is not below [`MAX_SIZE`].
pub fn required_for_leaf(index: u64) -> Result<Vec<u64>, TreeError> {
    Recorder::record(|recorder| hashes_for_leaf(index, &[], recorder).map(drop))
}

/// The stored hashes needed to integrate any number of entries after a tree of `size`, and to
/// compute the root before and after: the complete subtrees on its right edge.
///
/// # Errors
/// When `size` is over [`MAX_SIZE`].
pub fn required_for_append(size: u64) -> Result<Vec<u64>, TreeError> {
    required_for_root(size)
}

// === roots and proofs ===

/// The root of the first `size` entries.
///
/// # Errors
/// When the reader lacks a hash that [`required_for_root`] names.
pub fn root(size: u64, reader: &impl HashReader) -> Result<Hash, TreeError> {
    check_size(size)?;
    Ok(tlog::tree_hash(size, &Checked(reader))?)
}

/// The stored hashes that [`root`] reads.
///
/// # Errors
/// When `size` is over [`MAX_SIZE`].
pub fn required_for_root(size: u64) -> Result<Vec<u64>, TreeError> {
    Recorder::record(|recorder| root(size, recorder).map(drop))
}

/// The proof that the tree of `size` holds the entry at `index`.
///
/// # Errors
/// When `index` is outside the tree, or the reader lacks a hash that [`required_for_inclusion`]
/// names.
pub fn inclusion_proof(
    size: u64,
    index: u64,
    reader: &impl HashReader,
) -> Result<Vec<Hash>, TreeError> {
    check_size(size)?;
    if index >= size {
        return Err(TreeError::OutOfRange { index, size });
    }
    Ok(tlog::prove_record(size, index, &Checked(reader))?)
}

/// The stored hashes that [`inclusion_proof`] reads.
///
/// # Errors
/// When `index` is outside the tree.
pub fn required_for_inclusion(size: u64, index: u64) -> Result<Vec<u64>, TreeError> {
    Recorder::record(|recorder| inclusion_proof(size, index, recorder).map(drop))
}

/// The proof that the tree of `new` entries begins with the tree of `old` entries.
///
/// Every tree begins with the empty one; that proof is empty.
///
/// # Errors
/// When `old` is over `new`, or the reader lacks a hash that [`required_for_consistency`] names.
pub fn consistency_proof(
    old: u64,
    new: u64,
    reader: &impl HashReader,
) -> Result<Vec<Hash>, TreeError> {
    check_size(new)?;
    if old > new {
        return Err(TreeError::OutOfRange {
            index: old,
            size: new,
        });
    }
    if old == 0 {
        return Ok(Vec::new());
    }
    Ok(tlog::prove_tree(new, old, &Checked(reader))?)
}

/// The stored hashes that [`consistency_proof`] reads.
///
/// # Errors
/// When `old` is over `new`.
pub fn required_for_consistency(old: u64, new: u64) -> Result<Vec<u64>, TreeError> {
    Recorder::record(|recorder| consistency_proof(old, new, recorder).map(drop))
}

// === checks ===

/// Checks that the tree of `size` with `root` holds `leaf` at `index`. Any input is answered, none
/// panics; a proof that is too long or too short does not hold.
///
/// # Errors
/// [`TreeError::Proof`] when the proof does not hold; others when the numbers make no sense.
pub fn verify_inclusion(
    size: u64,
    root: Hash,
    index: u64,
    leaf: Hash,
    proof: &[Hash],
) -> Result<(), TreeError> {
    check_size(size)?;
    if index >= size {
        return Err(TreeError::OutOfRange { index, size });
    }
    if proof.len() > MAX_PROOF {
        return Err(TreeError::Proof);
    }
    tlog::check_record(&proof.to_vec(), size, root, index, leaf).map_err(|_| TreeError::Proof)
}

/// Checks that the tree of `new` entries with `new_root` begins with the tree of `old` entries with
/// `old_root`. Any input is answered, none panics.
///
/// # Errors
/// [`TreeError::Proof`] when the proof does not hold; others when the numbers make no sense.
pub fn verify_consistency(
    old: u64,
    old_root: Hash,
    new: u64,
    new_root: Hash,
    proof: &[Hash],
) -> Result<(), TreeError> {
    check_size(new)?;
    if old > new {
        return Err(TreeError::OutOfRange {
            index: old,
            size: new,
        });
    }
    if old == 0 {
        let holds = proof.is_empty() && old_root == EMPTY_HASH;
        let new_is_sound = new > 0 || new_root == EMPTY_HASH;
        return if holds && new_is_sound {
            Ok(())
        } else {
            Err(TreeError::Proof)
        };
    }
    if proof.len() > MAX_PROOF {
        return Err(TreeError::Proof);
    }
    tlog::check_tree(&proof.to_vec(), new, new_root, old, old_root).map_err(|_| TreeError::Proof)
}

fn check_size(size: u64) -> Result<(), TreeError> {
    if size <= MAX_SIZE {
        Ok(())
    } else {
        Err(TreeError::TooLarge(size))
    }
}

fn size_after(index: u64) -> Result<u64, TreeError> {
    let size = index.checked_add(1).ok_or(TreeError::TooLarge(index))?;
    check_size(size)?;
    Ok(size)
}

/// Why a computation on the tree failed.
#[derive(Debug, thiserror::Error)]
pub enum TreeError {
    /// Over [`MAX_SIZE`].
    #[error("a tree of {0} entries is larger than the ledger allows")]
    TooLarge(u64),
    /// Outside the tree.
    #[error("{index} is outside a tree of {size} entries")]
    OutOfRange {
        /// The index, or the older size.
        index: u64,
        /// The size of the tree.
        size: u64,
    },
    /// Stored hashes could not be read.
    #[error("stored hashes could not be read: {0}")]
    Read(#[from] tlog_tiles::Error),
    /// A tile that is missing, or not as wide as the tree makes it.
    #[error("the tile at level {}, position {} does not fit the tree", .0.level, .0.position)]
    Tile(TileId),
    /// The proof does not lead to the root.
    #[error("the proof does not hold")]
    Proof,
}
