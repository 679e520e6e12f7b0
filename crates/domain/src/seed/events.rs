//! `events.toml`: when a delivery that failed is tried again.

use super::entry::Entry;
use super::provenance::Provenance;
use crate::subscription::DeliveryRule;

/// A month: who is away for longer starts anew.
const LONGEST_S: u32 = 31 * 24 * 60 * 60;

/// Reads the file.
pub(super) fn read(root: &Entry<'_>) -> Vec<DeliveryRule> {
    root.each("delivery", "from", |entry| {
        let first_wait_s = entry.number("first_wait_s", 1..LONGEST_S);
        let factor = entry.number("factor", 1..101);
        let longest_wait_s = entry.number("longest_wait_s", 1..LONGEST_S);
        let jitter_percent = entry.number("jitter_percent", 0..101);
        let give_up_s = entry.number("give_up_s", 1..LONGEST_S);
        let (from, until) = entry.term();
        if let (Some(first), Some(longest)) = (first_wait_s, longest_wait_s)
            && longest < first
        {
            entry.fault_at("longest_wait_s", "it is shorter than the first wait");
        }
        let provenance = Provenance::read(entry)?;
        Some(DeliveryRule {
            first_wait_s: first_wait_s?,
            factor: factor?,
            longest_wait_s: longest_wait_s?,
            jitter_percent: jitter_percent?,
            give_up_s: give_up_s?,
            from: from?,
            until,
            source: provenance.source,
            assumed: provenance.assumed,
        })
    })
}
