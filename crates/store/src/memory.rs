//! What one gateway remembers of its own writing. Nothing depends on it being there: it saves work,
//! and catches a change behind the gateway's back sooner.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use ledger::tree::Hash;

/// Segments remembered until they are integrated: minutes of full load.
const SEGMENTS: usize = 1 << 16;

/// Shared by all clones of a store.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    segments: Mutex<BTreeMap<u64, Hash>>,
    exchanged: Mutex<HashSet<String>>,
}

impl Memory {
    /// Keeps the digest of a segment that this gateway committed.
    pub(crate) fn keep(&self, first: u64, digest: Hash) {
        let mut segments = lock(&self.segments);
        segments.insert(first, digest);
        if segments.len() > SEGMENTS {
            segments.pop_first();
        }
    }

    /// The digest of a segment, if this gateway committed it not long ago.
    pub(crate) fn digest(&self, first: u64) -> Option<Hash> {
        lock(&self.segments).get(&first).copied()
    }

    /// Forgets segments that begin below an index: the tree vouches for them now.
    pub(crate) fn forget_below(&self, index: u64) {
        let mut segments = lock(&self.segments);
        *segments = segments.split_off(&index);
    }

    /// Whether it is durably proved that a system exchanged data. Such a proof is never withdrawn.
    pub(crate) fn has_exchanged(&self, system: &str) -> bool {
        lock(&self.exchanged).contains(system)
    }

    /// Keeps that this proof is durable.
    pub(crate) fn keep_exchanged(&self, systems: impl IntoIterator<Item = String>) {
        lock(&self.exchanged).extend(systems);
    }
}

/// Both hold plain values that are right after every single step, so a panic elsewhere while one was
/// locked leaves nothing half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
