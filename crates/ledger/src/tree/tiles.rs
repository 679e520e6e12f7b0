//! Stored hashes in tiles of 256, as in C2SP tlog-tiles: what a store keeps of the tree.
//!
//! A tile of level `l` lists hashes of complete subtrees of `256^l` entries, 256 of them when it is
//! full. The levels between are computed from these, so a tree of `n` entries takes about `n / 255`
//! rows instead of `2n`.

use std::collections::{BTreeMap, BTreeSet};

use tlog_tiles::{Error, Hash, HashReader, Tile};

use super::{HASH_SIZE, TreeError, check_size};

/// Hashes of a full tile.
pub const TILE_WIDTH: u64 = 256;
const HEIGHT: u8 = 8;
/// Levels of the largest tree: 53 bits in steps of eight.
const LEVELS: u8 = 7;

/// Which tile: its level, counted in steps of eight from the leaves, and its position there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TileId {
    /// 0 for leaves, 1 for subtrees of 256 of them, and so on.
    pub level: u8,
    /// From 0, left to right.
    pub position: u64,
}

/// Tiles fetched in advance, and those that were made.
#[derive(Debug, Clone, Default)]
pub struct Tiles(BTreeMap<TileId, Vec<u8>>);

/// The tiles that hold these stored hashes.
#[must_use]
pub fn tiles_of(stored_indexes: &[u64]) -> BTreeSet<TileId> {
    stored_indexes.iter().copied().map(tile_of).collect()
}

/// The tiles at the right edge of a tree of `size` that are not full, with the number of their
/// hashes: what is needed to append, and to compute the root before and after.
///
/// # Errors
/// When `size` is over [`MAX_SIZE`](super::MAX_SIZE).
pub fn edge_tiles(size: u64) -> Result<Vec<(TileId, usize)>, TreeError> {
    check_size(size)?;
    let edge = |level: u8| {
        let count = size >> (u32::from(HEIGHT) * u32::from(level));
        let width = usize::try_from(count % TILE_WIDTH).unwrap_or_default();
        let position = count / TILE_WIDTH;
        (width > 0).then_some((TileId { level, position }, width))
    };
    Ok((0..LEVELS).filter_map(edge).collect())
}

impl Tiles {
    /// No tiles: enough to start an empty tree.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a tile as stored: its hashes, joined.
    ///
    /// # Errors
    /// [`TreeError::Tile`] when these are not 1 to 256 hashes.
    pub fn insert(&mut self, id: TileId, hashes: Vec<u8>) -> Result<(), TreeError> {
        let full = HASH_SIZE << HEIGHT;
        if hashes.is_empty() || hashes.len() > full || !hashes.len().is_multiple_of(HASH_SIZE) {
            return Err(TreeError::Tile(id));
        }
        self.0.insert(id, hashes);
        Ok(())
    }

    /// The bytes of a tile as it is to be stored.
    #[must_use]
    pub fn get(&self, id: TileId) -> Option<&[u8]> {
        self.0.get(&id).map(Vec::as_slice)
    }

    /// Whether this tile is here.
    #[must_use]
    pub fn contains(&self, id: TileId) -> bool {
        self.0.contains_key(&id)
    }

    /// How many tiles are here.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether no tile is here.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Appends leaves to a tree of `size` whose [`edge_tiles`] are here, and returns the tiles that
    /// changed.
    ///
    /// # Errors
    /// [`TreeError::Tile`] when a tile of the edge is missing or of another width.
    pub fn append(
        &mut self,
        size: u64,
        leaves: impl IntoIterator<Item = Hash>,
    ) -> Result<BTreeSet<TileId>, TreeError> {
        let mut changed = BTreeSet::new();
        for (index, leaf) in (size..).zip(leaves) {
            check_size(index.saturating_add(1))?;
            let (mut hash, mut place, mut level) = (leaf, index, 0);
            loop {
                let position = place / TILE_WIDTH;
                let id = TileId { level, position };
                changed.insert(id);
                let Some(whole) = self.push(id, place % TILE_WIDTH, hash)? else {
                    break;
                };
                (hash, place, level) = (whole, position, level + 1);
            }
        }
        Ok(changed)
    }

    /// Puts one hash behind the others of its tile; returns the hash of a tile that became full.
    fn push(&mut self, id: TileId, offset: u64, hash: Hash) -> Result<Option<Hash>, TreeError> {
        let tile = self.0.entry(id).or_default();
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        if offset.checked_mul(HASH_SIZE) != Some(tile.len()) {
            return Err(TreeError::Tile(id));
        }
        tile.extend_from_slice(&hash.0);
        let full = tile.len() == HASH_SIZE << HEIGHT;
        Ok(full.then(|| Tile::subtree_hash(tile)))
    }
}

impl HashReader for Tiles {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, Error> {
        let read = |index: &u64| {
            let id = tile_of(*index);
            let missing = || Error::InvalidInput(format!("{id:?} was not fetched"));
            let hashes = self.0.get(&id).ok_or_else(missing)?;
            let width = u32::try_from(hashes.len() / HASH_SIZE).map_err(|_| missing())?;
            if width == 0 || width > 1 << HEIGHT {
                return Err(missing());
            }
            Tile::new(HEIGHT, id.level, id.position, width, false).hash_at_index(hashes, *index)
        };
        indexes.iter().map(read).collect()
    }
}

fn tile_of(stored_index: u64) -> TileId {
    let tile = Tile::from_index(HEIGHT, stored_index);
    TileId {
        level: tile.level(),
        position: tile.level_index(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{MapReader, inclusion_proof, leaf_hash, required_for_inclusion, root};
    use super::*;

    fn leaf(index: u64) -> Vec<u8> {
        format!("entry {index}").into_bytes()
    }

    #[test]
    fn tiles_give_the_hashes_that_single_rows_give() {
        let mut rows = MapReader::new();
        let mut tiles = Tiles::new();
        let mut size = 0;
        for step in [1, 3, 250, 1, 1, 2, 255, 1000, 66_000] {
            let leaves: Vec<Hash> = (size..size + step).map(|n| leaf_hash(&leaf(n))).collect();
            for index in size..size + step {
                rows.integrate(index, &leaf(index)).unwrap();
            }
            tiles.append(size, leaves).unwrap();
            size += step;
            assert_eq!(root(size, &tiles).unwrap(), root(size, &rows).unwrap());
            for index in [0, size / 2, size - 1] {
                let proof = inclusion_proof(size, index, &rows).unwrap();
                assert_eq!(inclusion_proof(size, index, &tiles).unwrap(), proof);
            }
        }
        assert_eq!(tiles.len(), 264 + 2 + 1);
    }

    #[test]
    fn the_edge_is_enough_to_go_on_and_for_both_roots() {
        let mut whole = Tiles::new();
        let leaves = |range: std::ops::Range<u64>| range.map(|n| leaf_hash(&leaf(n)));
        whole.append(0, leaves(0..70_000)).unwrap();
        for size in [1, 255, 256, 257, 512, 65_536, 65_537, 69_999] {
            let mut edge = Tiles::new();
            for (id, width) in edge_tiles(size).unwrap() {
                let bytes = whole.get(id).unwrap();
                edge.insert(id, bytes[..width * HASH_SIZE].to_vec())
                    .unwrap();
            }
            assert_eq!(root(size, &edge).unwrap(), root(size, &whole).unwrap());
            let changed = edge.append(size, leaves(size..70_000)).unwrap();
            assert_eq!(root(70_000, &edge).unwrap(), root(70_000, &whole).unwrap());
            for id in changed {
                assert_eq!(edge.get(id), whole.get(id), "{id:?} at {size}");
            }
        }
    }

    #[test]
    fn a_proof_needs_few_tiles() {
        let needed = required_for_inclusion(70_000, 12_345).unwrap();
        assert!(tiles_of(&needed).len() <= 5);
    }

    #[test]
    fn a_tile_of_another_width_is_refused() {
        let mut tiles = Tiles::new();
        let id = TileId {
            level: 0,
            position: 0,
        };
        assert!(tiles.insert(id, vec![0; 33]).is_err());
        assert!(tiles.insert(id, vec![0; 32 * 257]).is_err());
        assert!(tiles.insert(id, Vec::new()).is_err());
        tiles.insert(id, vec![0; 64]).unwrap();
        assert!(tiles.append(1, [leaf_hash(b"x")]).is_err());
        assert!(tiles.append(3, [leaf_hash(b"x")]).is_err());
        assert!(tiles.append(2, [leaf_hash(b"x")]).is_ok());
    }
}
