//! `budgets.toml`: how often certificates may be asked for.

use super::entry::Entry;
use super::provenance::Provenance;
use crate::budget::{Budget, Counted, Scope};

/// A day: past it a budget is a quota, and those are agreed with a grant.
const LONGEST_S: u32 = 24 * 60 * 60;

/// Reads the file.
pub(super) fn read(root: &Entry<'_>) -> Vec<Budget> {
    let budgets = root.each("budget", "scope", |entry| {
        let scope = entry.parsed("scope", Scope::parse);
        let counted = entry.parsed("counts", Counted::parse);
        let most = entry.number("most", 1..1_000_000_001);
        let window_s = entry.number("window_s", 1..LONGEST_S + 1);
        let (from, until) = entry.term();
        let provenance = Provenance::read(entry)?;
        Some(Budget {
            scope: scope?,
            counted: counted?,
            most: most?,
            window_s: window_s?,
            from: from?,
            until,
            source: provenance.source,
            assumed: provenance.assumed,
        })
    });
    if budgets.is_empty() {
        root.fault("without a budget nobody who guesses is stopped; give at least one");
    }
    budgets
}
