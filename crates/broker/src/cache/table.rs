//! The table of kept answers: bounded by number and bytes, in the order in which they end.
//!
//! Its own and not a crate's: announced changes must find every answer about a certificate or a holder,
//! and an answer that was on its way while one was announced must not come in. A cache with listeners
//! would need the same two indexes beside it, kept in step with what it throws out.

use std::collections::{BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;
use std::time::Duration;

use domain::name::CertificateTypeName;
use tokio::time::Instant;

use super::{Kept, Scope};

/// Answers kept at once.
const MOST: usize = 100_000;
/// Bytes that they may take.
const MOST_BYTES: usize = 64 * 1024 * 1024;
/// What an answer takes in the indexes, beside itself.
const INDEXED: usize = 256;

/// A mark of a certificate or a holder, of one certificate type. Two that should collide make one
/// announcement drop too much, never too little.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Tag(u64);

impl Tag {
    /// Of a keyed hash.
    pub(crate) fn of(kind: &CertificateTypeName, digest: &str) -> Self {
        let mut hasher = DefaultHasher::new();
        kind.as_str().hash(&mut hasher);
        digest.hash(&mut hasher);
        Self(hasher.finish())
    }
}

/// How much had been announced of a certificate type when an issuer was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Turn {
    of_all: u64,
    of_type: u64,
}

/// One answer in its place.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) kept: Arc<Kept>,
    pub(super) tags: Vec<Tag>,
    pub(super) bytes: usize,
    pub(super) answered: Instant,
    pub(super) ends: Instant,
}

#[derive(Debug, Default)]
pub(super) struct Table {
    slots: HashMap<Scope, Slot>,
    /// Not a list by tag: one holder's answers can be as many as there are sets of items to ask for.
    tagged: BTreeSet<(Tag, Scope)>,
    ends: BTreeSet<(Instant, Scope)>,
    bytes: usize,
    /// Announcements by certificate type; there are as many as the city has types.
    turns: HashMap<CertificateTypeName, u64>,
    cleared: u64,
}

impl Table {
    pub(super) fn turn(&self, kind: &CertificateTypeName) -> Turn {
        Turn {
            of_all: self.cleared,
            of_type: self.turns.get(kind).copied().unwrap_or_default(),
        }
    }

    pub(super) fn get(
        &self,
        scope: &Scope,
        most: Option<Duration>,
        now: Instant,
    ) -> Option<Arc<Kept>> {
        let slot = self.slots.get(scope)?;
        let age = now.saturating_duration_since(slot.answered);
        let serves = now < slot.ends && most.is_none_or(|most| age <= most);
        serves.then(|| Arc::clone(&slot.kept))
    }

    pub(super) fn keep(
        &mut self,
        kind: &CertificateTypeName,
        turn: Turn,
        scope: Scope,
        slot: Slot,
    ) {
        if turn != self.turn(kind) || slot.bytes > MOST_BYTES / 64 {
            return;
        }
        self.drop_one(&scope);
        self.bytes = self.bytes.saturating_add(slot.bytes + INDEXED);
        self.ends.insert((slot.ends, scope));
        for tag in &slot.tags {
            self.tagged.insert((*tag, scope));
        }
        self.slots.insert(scope, slot);
        // What ends first goes first: it would have served least.
        while self.slots.len() > MOST || self.bytes > MOST_BYTES {
            let Some((_, first)) = self.ends.first().copied() else {
                break;
            };
            self.drop_one(&first);
        }
    }

    pub(super) fn forget(
        &mut self,
        kind: &CertificateTypeName,
        tags: impl IntoIterator<Item = Tag>,
    ) {
        let turn = self.turns.entry(kind.clone()).or_default();
        *turn = turn.wrapping_add(1);
        for tag in tags {
            let all = (tag, Scope::FIRST)..=(tag, Scope::LAST);
            let tagged: Vec<Scope> = self.tagged.range(all).map(|(_, scope)| *scope).collect();
            for scope in tagged {
                self.drop_one(&scope);
            }
        }
    }

    pub(super) fn clear(&mut self) {
        self.cleared = self.cleared.wrapping_add(1);
        self.slots.clear();
        self.tagged.clear();
        self.ends.clear();
        self.bytes = 0;
    }

    pub(super) fn sweep(&mut self, now: Instant) {
        while let Some((ends, scope)) = self.ends.first().copied() {
            if ends > now {
                return;
            }
            self.drop_one(&scope);
        }
    }

    fn drop_one(&mut self, scope: &Scope) {
        let Some(slot) = self.slots.remove(scope) else {
            return;
        };
        self.bytes = self.bytes.saturating_sub(slot.bytes + INDEXED);
        self.ends.remove(&(slot.ends, *scope));
        for tag in slot.tags {
            self.tagged.remove(&(tag, *scope));
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::certificate::CertificateState;
    use jiff::Timestamp;

    use super::*;

    fn kind(code: &str) -> CertificateTypeName {
        CertificateTypeName::from_id(code).unwrap()
    }

    fn marriage() -> CertificateTypeName {
        kind("11100000XY9000019E001")
    }

    fn scope(number: u32) -> Scope {
        let mut bytes = [0; 32];
        bytes[..4].copy_from_slice(&number.to_be_bytes());
        Scope(bytes)
    }

    fn slot(answered: Instant, seconds: u64, tags: &[Tag]) -> Slot {
        Slot {
            kept: Arc::new(Kept {
                identifier: "one".to_owned(),
                state: CertificateState::Valid,
                expires: None,
                items: Vec::new(),
                as_of: Timestamp::UNIX_EPOCH,
                signed: None,
            }),
            tags: tags.to_vec(),
            bytes: 100,
            answered,
            ends: answered + Duration::from_secs(seconds),
        }
    }

    fn kept(table: &mut Table, number: u32, slot: Slot) {
        let turn = table.turn(&marriage());
        table.keep(&marriage(), turn, scope(number), slot);
    }

    /// Nothing is left behind in any index.
    fn assert_empty(table: &Table) {
        assert!(table.slots.is_empty() && table.tagged.is_empty() && table.ends.is_empty());
        assert_eq!(table.bytes, 0);
    }

    #[test]
    fn an_answer_serves_until_its_end_and_to_whoever_takes_its_age() {
        let (mut table, begun) = (Table::default(), Instant::now());
        kept(&mut table, 1, slot(begun, 10, &[]));
        let found = |table: &Table, most: Option<u64>, after: u64| {
            let (most, after) = (most.map(Duration::from_secs), Duration::from_secs(after));
            table.get(&scope(1), most, begun + after).is_some()
        };
        for (most, after, serves) in [
            (None, 0, true),
            (None, 9, true),
            (None, 10, false),
            (Some(5), 5, true),
            (Some(5), 6, false),
        ] {
            assert_eq!(found(&table, most, after), serves, "{most:?} {after}");
        }
        assert!(table.get(&scope(2), None, begun).is_none());
        table.sweep(begun + Duration::from_secs(9));
        assert!(found(&table, None, 1));
        table.sweep(begun + Duration::from_secs(10));
        assert_empty(&table);
    }

    #[test]
    fn an_announced_change_drops_all_answers_with_its_tag_and_no_other() {
        let (mut table, now) = (Table::default(), Instant::now());
        let tag = |digest: &str| Tag::of(&marriage(), digest);
        kept(
            &mut table,
            1,
            slot(now, 10, &[tag("id"), tag("husband"), tag("wife")]),
        );
        kept(
            &mut table,
            2,
            slot(now, 10, &[tag("id"), tag("husband"), tag("wife")]),
        );
        kept(
            &mut table,
            3,
            slot(now, 10, &[tag("other"), tag("husband")]),
        );
        table.forget(&marriage(), [tag("wife")]);
        assert!(table.get(&scope(1), None, now).is_none());
        assert!(table.get(&scope(2), None, now).is_none());
        assert!(table.get(&scope(3), None, now).is_some());
        // Of another type the same holder has another tag.
        let other = kind("11100000MB03271699001");
        table.forget(&other, [Tag::of(&other, "husband")]);
        assert!(table.get(&scope(3), None, now).is_some());
        table.forget(&marriage(), [tag("husband")]);
        assert_empty(&table);
    }

    #[test]
    fn an_answer_that_was_on_its_way_while_a_change_was_announced_is_not_kept() {
        let (mut table, now) = (Table::default(), Instant::now());
        let asked = table.turn(&marriage());
        table.forget(&marriage(), []);
        table.keep(&marriage(), asked, scope(1), slot(now, 10, &[]));
        assert_empty(&table);
        // One announced of another type does not matter; everything forgotten does.
        let asked = table.turn(&marriage());
        table.forget(&kind("11100000MB03271699001"), []);
        table.keep(&marriage(), asked, scope(1), slot(now, 10, &[]));
        assert!(table.get(&scope(1), None, now).is_some());
        let asked = table.turn(&marriage());
        table.clear();
        table.keep(&marriage(), asked, scope(1), slot(now, 10, &[]));
        assert_empty(&table);
    }

    #[test]
    fn what_is_too_much_makes_the_first_to_end_go() {
        let (mut table, now) = (Table::default(), Instant::now());
        let big = |seconds| Slot {
            bytes: MOST_BYTES / 64,
            ..slot(now, seconds, &[])
        };
        for number in 0..64_u32 {
            kept(&mut table, number, big(100 - u64::from(number)));
        }
        assert!(table.bytes <= MOST_BYTES && table.slots.len() == 63);
        assert!(table.get(&scope(63), None, now).is_none());
        let too_big = Slot {
            bytes: MOST_BYTES / 64 + 1,
            ..slot(now, 1000, &[])
        };
        kept(&mut table, 100, too_big);
        assert!(table.get(&scope(100), None, now).is_none());
        // Put in again, it takes its room once.
        let before = table.bytes;
        kept(&mut table, 0, big(50));
        assert_eq!(table.bytes, before);
        table.clear();
        for number in 0..=100_000_u32 {
            kept(&mut table, number, slot(now, 10 + u64::from(number), &[]));
        }
        assert_eq!(table.slots.len(), MOST);
        assert!(table.get(&scope(0), None, now).is_none());
    }
}
