//! `grant-use.toml`: when a part of a grant counts as not used.

use super::entry::Entry;
use super::provenance::Provenance;
use crate::grant::{LONGEST_LOOK_DAYS, UnusedRule};

/// Reads the file. An empty one is right: then uses are told, and nothing is proposed.
pub(super) fn read(root: &Entry<'_>) -> Vec<UnusedRule> {
    root.each("grant_use", "days", |entry| {
        let days = entry.number("days", 1..LONGEST_LOOK_DAYS + 1);
        let too_many = entry.number("too_many", 2..1001);
        let leaves = entry.number("leaves", 1..1001);
        if let (Some(too_many), Some(leaves)) = (too_many, leaves)
            && leaves >= too_many
        {
            entry.fault_at("leaves", "what is left would be too many again");
        }
        let (from, until) = entry.term();
        let provenance = Provenance::read(entry)?;
        Some(UnusedRule {
            days: days?,
            too_many: too_many?,
            leaves: leaves?,
            from: from?,
            until,
            source: provenance.source,
            assumed: provenance.assumed,
        })
    })
}
