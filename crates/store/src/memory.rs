//! What one gateway remembers of its own writing. Nothing depends on it being there: it saves work,
//! and catches a change behind the gateway's back sooner.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use ledger::tree::Hash;

use crate::progress::ByUse;

/// Segments remembered until they are integrated: minutes of full load.
const SEGMENTS: usize = 1 << 16;

/// Shared by all clones of a store.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    segments: Mutex<BTreeMap<u64, Hash>>,
    proved: Mutex<[HashSet<String>; 2]>,
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

    /// Which of these facts are not known to be durably proved. Such a proof is never withdrawn.
    pub(crate) fn unproved<'a>(
        &self,
        facts: impl IntoIterator<Item = (&'a str, ByUse)>,
    ) -> Vec<(&'a str, ByUse)> {
        let proved = lock(&self.proved);
        let [exchanged, provided] = &*proved;
        let is_new = |(system, fact): &(&str, ByUse)| match fact {
            ByUse::Exchanged => !exchanged.contains(*system),
            ByUse::Provided => !provided.contains(*system),
        };
        facts.into_iter().filter(is_new).collect()
    }

    /// Keeps that these proofs are durable.
    pub(crate) fn keep_proved(&self, facts: impl IntoIterator<Item = (String, ByUse)>) {
        let mut proved = lock(&self.proved);
        let [exchanged, provided] = &mut *proved;
        for (system, fact) in facts {
            match fact {
                ByUse::Exchanged => exchanged.insert(system),
                ByUse::Provided => provided.insert(system),
            };
        }
    }
}

/// Both hold plain values that are right after every single step, so a panic elsewhere while one was
/// locked leaves nothing half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
