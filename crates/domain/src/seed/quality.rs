//! `quality.toml`: the score of a catalogue entry.

use std::collections::BTreeMap;

use super::entry::Entry;
use super::provenance::Provenance;
use crate::quality::{QualityRule, QualityTerms};

/// Reads the file.
pub(super) fn read(root: &Entry<'_>) -> Vec<QualityRule> {
    root.each("quality", "from", |entry| {
        let metadata = entry.number("metadata", 0..101);
        let answering = entry.number("answering", 0..101);
        let matching = entry.number("matching", 0..101);
        let updated = entry.number("updated", 0..101);
        let days = days(entry);
        let good = entry.number("good", 0..101);
        let fair = entry.number("fair", 0..101);
        let (from, until) = entry.term();
        let provenance = Provenance::read(entry)?;
        let terms = QualityTerms {
            metadata: metadata?,
            answering: answering?,
            matching: matching?,
            updated: updated?,
            days,
            good: good?,
            fair: fair?,
        };
        if terms.fair > terms.good {
            entry.fault_at("fair", "it begins above what is good");
            return None;
        }
        if terms.metadata + terms.answering + terms.matching + terms.updated == 0 {
            entry.fault_at("metadata", "one part must weigh something");
            return None;
        }
        Some(QualityRule {
            terms,
            from: from?,
            until,
            source: provenance.source,
            assumed: provenance.assumed,
        })
    })
}

/// Days by the code of a cycle, one row each.
fn days(entry: &Entry<'_>) -> BTreeMap<u8, u32> {
    let rows = entry.each("days", "cycle", |row| {
        let cycle = row.number("cycle", 1..10)?;
        let days = row.number("within", 1..4001)?;
        Some((u8::try_from(cycle).ok()?, days))
    });
    rows.into_iter().collect()
}
