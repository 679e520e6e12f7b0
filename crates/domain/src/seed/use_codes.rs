//! `use-codes.toml`: how long a use-code may live.

use super::entry::Entry;
use super::provenance::Provenance;
use crate::use_code::UseCodeRule;

/// Half a day: what is good for longer is no code that one reads out, but a password.
const LONGEST_S: u32 = 12 * 60 * 60;
/// Less is no time to type it in.
const SHORTEST_S: u32 = 60;

/// Reads the file.
pub(super) fn read(root: &Entry<'_>) -> Vec<UseCodeRule> {
    root.each("use_code", "from", |entry| {
        let longest_s = entry.number("longest_s", SHORTEST_S..LONGEST_S + 1);
        let (from, until) = entry.term();
        let provenance = Provenance::read(entry)?;
        Some(UseCodeRule {
            longest_s: longest_s?,
            from: from?,
            until,
            source: provenance.source,
            assumed: provenance.assumed,
        })
    })
}
