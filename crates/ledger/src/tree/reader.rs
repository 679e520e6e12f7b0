//! Readers of stored hashes.

use std::cell::RefCell;
use std::collections::BTreeMap;

use tlog_tiles::{EMPTY_HASH, Error, Hash, HashReader};

use super::{TreeError, hashes_for_leaf, stored_hash_index_range};

/// Stored hashes fetched in advance, by stored-hash index.
#[derive(Debug, Clone, Default)]
pub struct MapReader(BTreeMap<u64, Hash>);

impl MapReader {
    /// An empty reader: enough to start an empty tree.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one stored hash.
    pub fn insert(&mut self, stored_index: u64, hash: Hash) {
        self.0.insert(stored_index, hash);
    }

    /// Integrates the next entry and returns the rows to store: stored-hash index and hash.
    ///
    /// The rows are remembered, so a batch is integrated by fetching
    /// [`required_for_append`](super::required_for_append) once and calling this for each entry in
    /// index order; [`root`](super::root) of the new size is then answered from here as well.
    ///
    /// # Errors
    /// When a needed hash is not here, or the tree would be too large.
    pub fn integrate(&mut self, index: u64, entry: &[u8]) -> Result<Vec<(u64, Hash)>, TreeError> {
        let hashes = hashes_for_leaf(index, entry, self)?;
        let rows: Vec<(u64, Hash)> = stored_hash_index_range(index)?.zip(hashes).collect();
        self.0.extend(rows.iter().copied());
        Ok(rows)
    }
}

impl FromIterator<(u64, Hash)> for MapReader {
    fn from_iter<T: IntoIterator<Item = (u64, Hash)>>(rows: T) -> Self {
        Self(rows.into_iter().collect())
    }
}

impl HashReader for MapReader {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, Error> {
        let read = |index: &u64| {
            let missing = || Error::InvalidInput(format!("stored hash {index} was not fetched"));
            self.0.get(index).copied().ok_or_else(missing)
        };
        indexes.iter().map(read).collect()
    }
}

/// Turns a wrong number of hashes into an error, where `tlog_tiles` would panic.
pub(super) struct Checked<'r, R>(pub(super) &'r R);

impl<R: HashReader> HashReader for Checked<'_, R> {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, Error> {
        let hashes = self.0.read_hashes(indexes)?;
        if hashes.len() == indexes.len() {
            Ok(hashes)
        } else {
            Err(Error::IndexesNotInTree)
        }
    }
}

/// Notes which stored hashes a computation asks for. What it asks for depends on sizes and indexes
/// only, never on the hashes, so any hash will do as an answer.
#[derive(Default)]
pub(super) struct Recorder(RefCell<Vec<u64>>);

impl Recorder {
    pub(super) fn record(
        computation: impl FnOnce(&Self) -> Result<(), TreeError>,
    ) -> Result<Vec<u64>, TreeError> {
        let recorder = Self::default();
        computation(&recorder)?;
        Ok(recorder.0.into_inner())
    }
}

impl HashReader for Recorder {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, Error> {
        self.0.borrow_mut().extend_from_slice(indexes);
        Ok(vec![EMPTY_HASH; indexes.len()])
    }
}
