//! `caching.toml`: how long the city lets an issuer's answer be kept.

use super::entry::Entry;
use super::provenance::Provenance;
use crate::caching::CacheLimit;

/// A day: what is older is for the issuer to say.
const LONGEST_S: u32 = 24 * 60 * 60;

/// Reads the file. An empty one is right: then nothing is kept.
pub(super) fn read(root: &Entry<'_>) -> Vec<CacheLimit> {
    root.each("cache", "most_s", |entry| {
        let most_s = entry.number("most_s", 0..LONGEST_S + 1);
        let (from, until) = entry.term();
        let provenance = Provenance::read(entry)?;
        Some(CacheLimit {
            most_s: most_s?,
            from: from?,
            until,
            source: provenance.source,
            assumed: provenance.assumed,
        })
    })
}
