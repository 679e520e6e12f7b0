//! Checking the entry lines one by one, and their order.

use std::io::BufRead;

use super::audit::Audit;
use super::entry_line::{EntryLine, Unreadable};
use super::fault::{Covers, FaultKind, Faults};
use super::front::Front;
use super::lines::Lines;
use super::{Scope, TRAILER_LINE};
use crate::entry::{Entry, EntryError};
use crate::tree::{leaf_hash, verify_inclusion};

/// Where the verification of the entries stands.
pub(super) struct Entries<'f> {
    front: &'f Front,
    audit: Audit,
    whole_log: bool,
    /// Entry lines so far.
    count: u64,
    /// The lowest index that may come next.
    next: u64,
    first_seen: Option<u64>,
}

impl<'f> Entries<'f> {
    pub(super) fn new(front: &'f Front) -> Self {
        let scope = front.header.as_ref().map(|header| header.scope.clone());
        Self {
            front,
            whole_log: scope == Some(Scope::Log),
            audit: Audit::new(scope),
            count: 0,
            next: 0,
            first_seen: None,
        }
    }

    /// What the entries say when they are read together.
    pub(super) fn into_audit(self) -> Audit {
        self.audit
    }

    /// Whether the entries end before this line. A trailer whose first line is damaged is still
    /// known by standing where the header says that the entries are at their end.
    pub(super) fn end_before(&self, line: &[u8]) -> bool {
        let claimed = self.front.header.as_ref().map(|header| header.entries);
        let all_seen = claimed.is_some_and(|claimed| self.count >= claimed);
        line == TRAILER_LINE.as_bytes() || (all_seen && !line.contains(&b'{'))
    }

    pub(super) fn take(&mut self, lines: &Lines<impl BufRead>, faults: &mut Faults) {
        self.count = self.count.saturating_add(1);
        let at = lines.number();
        let line = match EntryLine::parse(lines.text()) {
            Ok(line) if lines.is_whole() => line,
            Ok(EntryLine { index, .. }) => {
                let what = "it is too long or has no line end";
                return self.take_unreadable(
                    &Unreadable {
                        index: Some(index),
                        what,
                    },
                    at,
                    faults,
                );
            }
            Err(unreadable) => return self.take_unreadable(&unreadable, at, faults),
        };
        let decoded = Entry::decode(line.bytes);
        let index = self.place(&line, decoded.as_ref(), at, faults);
        if self.front.checkpoint.is_some() && !self.is_included(index, &line) {
            let what = "its bytes and proof do not lead to the root of the checkpoint".to_owned();
            faults.add(at, Covers::Entry(index), FaultKind::Inclusion, what);
        }
        let in_order = self.step_to(index, at, faults);
        match decoded {
            Ok(entry) if in_order => self.audit.take(&entry, index, at, faults),
            Ok(_) => {}
            Err(_) => self.audit.unread(),
        }
    }

    /// Establishes which entry a line holds.
    fn place(
        &self,
        line: &EntryLine<'_>,
        decoded: Result<&Entry, &EntryError>,
        at: u64,
        faults: &mut Faults,
    ) -> u64 {
        let (kind, index, what) = match decoded {
            Ok(entry) if entry.index() == line.index => return line.index,
            Ok(entry) => {
                // One of the two was changed: the one that the proof holds for was not.
                let inside = entry.index();
                let index = if self.is_included(inside, line) {
                    inside
                } else {
                    line.index
                };
                let what = format!(
                    "the line says index {}, the entry in it {inside}",
                    line.index
                );
                (FaultKind::Place, index, what)
            }
            Err(error) => (FaultKind::Form, line.index, error.to_string()),
        };
        faults.add(at, Covers::Entry(index), kind, what);
        index
    }

    fn take_unreadable(&mut self, line: &Unreadable, at: u64, faults: &mut Faults) {
        self.audit.unread();
        let what = line.what;
        if let Some(index) = line.index {
            let what = format!("its line cannot be read: {what}");
            faults.add(at, Covers::Entry(index), FaultKind::Line, what);
            self.step_to(index, at, faults);
            return;
        }
        let what = match self.next.checked_sub(1) {
            Some(last) => format!("the line after entry {last} cannot be read: {what}"),
            None => format!("a line before all entries cannot be read: {what}"),
        };
        faults.add_for_all(at, FaultKind::Line, what);
    }

    fn is_included(&self, index: u64, line: &EntryLine<'_>) -> bool {
        self.front.checkpoint.as_ref().is_some_and(|checkpoint| {
            let leaf = leaf_hash(line.bytes);
            let (size, root) = (checkpoint.size(), checkpoint.root());
            verify_inclusion(size, root, index, leaf, &line.proof).is_ok()
        })
    }

    /// Moves on to an index; `false` when the entry does not come in its order.
    fn step_to(&mut self, index: u64, at: u64, faults: &mut Faults) -> bool {
        if index < self.next {
            let what = "it is out of order or there twice".to_owned();
            faults.add(at, Covers::Entry(index), FaultKind::Order, what);
            return false;
        }
        // An index outside the log is a fault already; following it would hide what is missing.
        if self.front.size().is_some_and(|size| index >= size) {
            return false;
        }
        self.miss_up_to(index, at, faults);
        self.first_seen.get_or_insert(index);
        self.next = index.saturating_add(1);
        true
    }

    /// In a bundle of the whole log, nothing before `index` may be left out.
    fn miss_up_to(&self, index: u64, at: u64, faults: &mut Faults) {
        if !self.whole_log || index <= self.next {
            return;
        }
        let (first, last) = (self.next, index.saturating_sub(1));
        let covers = if first == last {
            Covers::Entry(first)
        } else {
            Covers::Entries { first, last }
        };
        let what = "missing where it belongs".to_owned();
        faults.add(at, covers, FaultKind::Missing, what);
    }

    pub(super) fn finish(&mut self, at: u64, faults: &mut Faults) {
        if let Some(size) = self.front.size() {
            self.miss_up_to(size, at, faults);
        }
        let Some(header) = &self.front.header else {
            return;
        };
        if header.entries != self.count {
            let what = format!(
                "the header says {} entries in the bundle, there are {}",
                header.entries, self.count
            );
            faults.add_for_all(2, FaultKind::Claim, what);
        }
        if self.whole_log && header.entries != header.size {
            let what = "the header claims the whole log but not all its entries";
            faults.add_for_all(2, FaultKind::Claim, what);
        }
    }

    /// The indexes that a fault of header, checkpoint or trailer concerns: those in the bundle, or
    /// every index of the log when the bundle may have held more than can be seen.
    pub(super) fn range(&self) -> Option<(u64, u64)> {
        let announced = self.front.header.as_ref().map(|header| header.entries);
        let all_seen = announced == Some(self.count) && !self.whole_log;
        let seen = self.first_seen.zip(self.next.checked_sub(1));
        let whole = self
            .front
            .size()
            .and_then(|size| size.checked_sub(1))
            .map(|last| (0, last));
        if all_seen {
            seen.or(whole)
        } else {
            whole.or(seen)
        }
    }
}
