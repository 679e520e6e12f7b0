//! What the entries say when they are read together.

use std::collections::BTreeMap;

use super::Scope;
use super::fault::{Covers, FaultKind, Faults};
use super::report::{GrantSummary, OpenIntent, Summary};
use crate::entry::{Entry, GrantUse, Kind};

/// How many open intents a report lists; the rest is counted.
const LISTED: usize = 1000;

/// Follows intents, outcomes and grant numbers through the entries in index order.
#[derive(Default)]
pub(super) struct Audit {
    scope: Option<Scope>,
    summary: Summary,
    /// Intents without outcome so far, by index.
    open: BTreeMap<u64, OpenIntent>,
    /// The highest sequence number so far, by grant name.
    sequences: BTreeMap<String, u64>,
    unread: u64,
}

impl Audit {
    pub(super) fn new(scope: Option<Scope>) -> Self {
        Self {
            scope,
            ..Self::default()
        }
    }

    /// Notes an entry whose content is lost, which later faults may be a consequence of.
    pub(super) fn unread(&mut self) {
        self.unread = self.unread.saturating_add(1);
    }

    /// Takes the next entry. `index` is its place as established by the caller.
    pub(super) fn take(&mut self, entry: &Entry, index: u64, line: u64, faults: &mut Faults) {
        let mut fault = |kind, what| faults.add(line, Covers::Entry(index), kind, what);
        count(&mut self.summary.entries);
        if let Some(Scope::Grant(name)) = &self.scope
            && entry.grant().is_none_or(|grant| grant.name != *name)
        {
            fault(
                FaultKind::Foreign,
                format!("the entry is not a use of {name}"),
            );
        }
        let broken = match entry.kind() {
            Kind::Change { .. } => {
                count(&mut self.summary.changes);
                None
            }
            Kind::Intent => {
                count(&mut self.summary.intents);
                self.open.insert(index, OpenIntent::new(entry, index));
                let gap = entry.grant().and_then(|grant| self.take_number(grant));
                gap.map(|what| (FaultKind::Sequence, what))
            }
            // Begun and ended in one entry: it takes a number, and leaves nothing open.
            Kind::Served => {
                count(&mut self.summary.served);
                let gap = entry.grant().and_then(|grant| self.take_number(grant));
                gap.map(|what| (FaultKind::Sequence, what))
            }
            Kind::Outcome { intent } => {
                count(&mut self.summary.outcomes);
                self.close(*intent, entry)
                    .map(|what| (FaultKind::Pairing, what))
            }
        };
        if let Some((kind, what)) = broken {
            fault(kind, self.with_doubt(what));
        }
    }

    /// The counts and the open intents at the end.
    pub(super) fn finish(self) -> (Summary, Vec<OpenIntent>) {
        let grants = self.sequences.into_iter();
        let summary = Summary {
            open_intents: u64::try_from(self.open.len()).unwrap_or(u64::MAX),
            grants: grants
                .map(|(name, highest)| GrantSummary { name, highest })
                .collect(),
            ..self.summary
        };
        (summary, self.open.into_values().take(LISTED).collect())
    }

    fn take_number(&mut self, grant: &GrantUse) -> Option<String> {
        let last = self.sequences.get(&grant.name).copied().unwrap_or(0);
        self.sequences
            .insert(grant.name.clone(), last.max(grant.sequence));
        if last.checked_add(1) == Some(grant.sequence) {
            return None;
        }
        let name = &grant.name;
        Some(format!(
            "use {} of {name} follows on use {last}",
            grant.sequence
        ))
    }

    fn close(&mut self, intent: u64, outcome: &Entry) -> Option<String> {
        let Some(opened) = self.open.remove(&intent) else {
            return Some(format!(
                "it is the outcome of {intent}, which is no open intent here: absent, of another \
                 kind, or closed already"
            ));
        };
        let fits =
            opened.request_id == outcome.request_id() && opened.grant.as_ref() == outcome.grant();
        (!fits).then(|| {
            format!("it names another request, grant, version or sequence than its intent {intent}")
        })
    }

    fn with_doubt(&self, what: String) -> String {
        match self.unread {
            0 => what,
            unread => format!("{what} (may follow from {unread} unreadable before it)"),
        }
    }
}

fn count(counter: &mut u64) {
    *counter = counter.saturating_add(1);
}
