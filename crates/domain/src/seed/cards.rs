//! `cards.toml`: when a clock earns which card.

use super::entry::Entry;
use super::provenance::Provenance;
use crate::clock::card::CardRule;
use crate::regime::Rule;

/// Working days that a row may name.
const MOST: u32 = 250;

/// Reads the file. An empty one is right: then nobody is warned.
pub(super) fn read(root: &Entry<'_>) -> Vec<CardRule> {
    root.each("card", "from", |entry| {
        let clocks = entry.parsed_texts("clocks", str::parse::<Rule>);
        let days = |key, least| {
            let found = entry.number(key, least..MOST + 1)?;
            u16::try_from(found).ok()
        };
        let warn_before = days("warn_before", 0);
        let yellow_after = days("yellow_after", 1);
        let red_after = days("red_after", 1);
        let (from, until) = entry.term();
        if let (Some(yellow), Some(red)) = (yellow_after, red_after)
            && red < yellow
        {
            entry.fault_at("red_after", "the red card falls due before the yellow one");
        }
        if clocks.is_empty() {
            entry.fault_at("clocks", "name at least one clock");
        }
        let provenance = Provenance::read(entry)?;
        Some(CardRule {
            clocks,
            warn_before: warn_before?,
            yellow_after: yellow_after?,
            red_after: red_after?,
            from: from?,
            until,
            source: provenance.source,
            assumed: provenance.assumed,
        })
    })
}
