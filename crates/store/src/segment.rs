//! Segments: the entries of one commit as one row, and reading the entries back out of it.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use ledger::entry::{Entry, Kind, Sealed};
use ledger::tree::{Hash, leaf_hash};

use crate::db::Db;
use crate::error::StoreError;
use crate::tx::{Inner, Tx, with_tx};
use crate::{Store, from_db, to_db};

/// A segment being written.
pub(crate) struct Segment {
    first: u64,
    entries: u64,
    body: String,
    mentions: HashSet<String>,
    takes: Takes,
    leaves: Vec<Hash>,
    scratch: String,
}

/// What the entries of a segment take, so that they can be counted when they were recorded before.
#[derive(Debug, Default, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub(crate) struct Takes {
    /// Request ids that the first entries claim, one each.
    pub(crate) claims: Vec<String>,
    /// How many uses of which grants are among them.
    pub(crate) uses: HashMap<String, i64>,
    /// Intents whose request ids are free again.
    pub(crate) frees: Vec<u64>,
}

/// Where the ledger ends: how many entries are recorded.
macro_rules! ledger_end {
    () => {
        "COALESCE((SELECT first_index + entries FROM ledger_segments \
            ORDER BY first_index DESC LIMIT 1), 0)"
    };
}
pub(crate) use ledger_end;

/// A segment as stored: index of the first entry, number of entries, entries.
pub(crate) type SegmentRow = (i64, i64, Vec<u8>);

impl Segment {
    /// An empty one that begins at an index.
    pub(crate) fn new(first: u64) -> Self {
        Self {
            first,
            entries: 0,
            body: String::new(),
            mentions: HashSet::new(),
            takes: Takes::default(),
            leaves: Vec::new(),
            scratch: String::new(),
        }
    }

    /// Places the next entry.
    pub(crate) fn push(
        &mut self,
        sealed: Sealed,
        now: Timestamp,
        sequence: Option<u64>,
    ) -> Result<Entry, StoreError> {
        if self.entries > 0 {
            self.body.push('\n');
        }
        let begin = self.body.len();
        let index = self.first.saturating_add(self.entries);
        let entry = sealed
            .place(index, now, sequence, &mut self.body)
            .map_err(|error| StoreError::Entry(error.to_string()))?;
        self.entries = self.entries.saturating_add(1);
        if let Some(grant) = sequence.and_then(|_| entry.grant()) {
            self.takes.count(&grant.name);
        }
        let line = self.body.get(begin..).unwrap_or_default();
        self.leaves.push(leaf_hash(line.as_bytes()));
        for (kind, name) in mentioned(&entry) {
            self.scratch.clear();
            self.scratch.push_str(kind.prefix());
            self.scratch.push_str(name);
            if !self.mentions.contains(&self.scratch) {
                self.mentions.insert(self.scratch.clone());
            }
        }
        Ok(entry)
    }

    /// Says which request ids its first entries claim.
    pub(crate) fn claims(&mut self, claims: Vec<String>) {
        self.takes.claims = claims;
    }

    /// Says of which intents it frees the request ids.
    pub(crate) fn frees(&mut self, intents: Vec<u64>) {
        self.takes.frees = intents;
    }

    /// The index behind its last entry.
    pub(crate) fn end(&self) -> u64 {
        self.first.saturating_add(self.entries)
    }
}

impl Takes {
    fn count(&mut self, grant: &str) {
        if let Some(uses) = self.uses.get_mut(grant) {
            *uses = uses.saturating_add(1);
        } else {
            self.uses.insert(grant.to_owned(), 1);
        }
    }

    fn json(&self) -> String {
        // Texts and numbers under texts: there is nothing that JSON could not say.
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl Store {
    /// Appends a segment to an embedded ledger that ends where the segment begins, in a commit of its
    /// own, and gives back what it takes. Where the ledger ends elsewhere, nothing is written.
    pub(crate) async fn append(&self, segment: Segment) -> Result<Appended, StoreError> {
        const APPEND: &str = concat!(
            "INSERT INTO ledger_segments (first_index, entries, mentions, takes, body) \
                SELECT $1, $2, $3, $4, $5 WHERE $1 = ",
            ledger_end!()
        );
        let Db::Sqlite { writer, .. } = &self.db else {
            return Ok(Appended::Elsewhere(segment.takes));
        };
        let digest = digest_of(&segment.leaves);
        let written = sqlx::query(APPEND)
            .bind(to_db(segment.first))
            .bind(to_db(segment.entries))
            .bind(json_list(&segment.mentions))
            .bind(segment.takes.json())
            .bind(segment.body.into_bytes())
            .execute(writer)
            .await
            .map_err(StoreError::driver("recording exchanges"))?;
        if written.rows_affected() == 0 {
            return Ok(Appended::Elsewhere(segment.takes));
        }
        self.memory.keep(segment.first, digest);
        Ok(Appended::Here(segment.takes))
    }
}

/// What came of appending a segment.
pub(crate) enum Appended {
    /// It is durable.
    Here(Takes),
    /// The ledger ends at another place: somebody else has written.
    Elsewhere(Takes),
}

impl Tx {
    /// Writes a segment. The caller holds the counts and has counted its entries.
    pub(crate) async fn write_segment(&mut self, segment: Segment) -> Result<(), StoreError> {
        const INSERT: &str = "INSERT INTO ledger_segments \
            (first_index, entries, mentions, takes, body) VALUES ($1, $2, $3, $4, $5)";
        let context = self.context();
        let body = segment.body.into_bytes();
        let digest = digest_of(&segment.leaves);
        let takes = match &self.inner {
            Inner::Sqlite(_) => segment.takes.json(),
            // All gateways on a server count at once: nobody has to be told.
            Inner::Postgres(_) => "{}".to_owned(),
        };
        with_tx!(&mut self.inner, c => sqlx::query(INSERT)
            .bind(to_db(segment.first))
            .bind(to_db(segment.entries))
            .bind(json_list(&segment.mentions))
            .bind(takes)
            .bind(body)
            .execute(c)
            .await
            .map(|_| ()))
        .map_err(StoreError::driver(context))?;
        self.written.push((segment.first, digest));
        Ok(())
    }
}

/// The kind of a name in the mentions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    Grant,
    System,
    Department,
    Event,
}

impl Named {
    fn prefix(self) -> &'static str {
        match self {
            Self::Grant => "g:",
            Self::System => "s:",
            Self::Department => "d:",
            Self::Event => "e:",
        }
    }
}

/// The key under which a segment is found.
pub(crate) fn mention(kind: Named, name: &str) -> String {
    [kind.prefix(), name].concat()
}

/// Whom and what an entry is about: its grant, and the systems and departments on either side.
pub(crate) fn mentioned(entry: &Entry) -> impl Iterator<Item = (Named, &str)> {
    let text = |key: &str| entry.facts().text(key);
    let grant = entry.grant().map(|grant| grant.name.as_str());
    [
        (Named::Grant, grant.or_else(|| text("grant"))),
        (Named::System, text("consumer").or_else(|| text("system"))),
        (Named::System, text("provider")),
        (
            Named::Department,
            text("consumer_department").or_else(|| text("department")),
        ),
        (Named::Department, text("provider_department")),
        (Named::Event, event_of(entry)),
    ]
    .into_iter()
    .filter_map(|(kind, name)| Some((kind, name?)))
}

fn event_of(entry: &Entry) -> Option<&str> {
    match entry.kind() {
        Kind::Change { event } => Some(event),
        Kind::Intent | Kind::Outcome { .. } | Kind::Served => None,
    }
}

/// The stored bytes of the entries of a segment with their indexes, in order.
pub(crate) fn lines(row: &SegmentRow) -> impl DoubleEndedIterator<Item = (u64, &[u8])> {
    let (first, entries, body) = row;
    let lines: Vec<&[u8]> = body.split(|byte| *byte == b'\n').collect();
    let first = from_db(*first);
    // A row that does not hold what it says is told from one that does when it is integrated.
    let entries = usize::try_from(*entries).unwrap_or_default();
    lines
        .into_iter()
        .take(entries)
        .enumerate()
        .map(move |(offset, line)| {
            let offset = u64::try_from(offset).unwrap_or_default();
            (first.saturating_add(offset), line)
        })
}

/// The leaf hashes of a segment's entries, after looking whether they are what was recorded: by the
/// digest that this gateway kept, or entry by entry.
pub(crate) fn leaves(row: &SegmentRow, kept: Option<Hash>) -> Result<Vec<Hash>, StoreError> {
    let (first, entries, body) = row;
    let leaves: Vec<Hash> = lines(row).map(|(_, line)| leaf_hash(line)).collect();
    let whole = body.split(|byte| *byte == b'\n').count() == leaves.len();
    if !whole || i64::try_from(leaves.len()) != Ok(*entries) {
        return Err(misplaced(from_db(*first)));
    }
    if kept.is_some_and(|digest| digest == digest_of(&leaves)) {
        return Ok(leaves);
    }
    for (index, line) in lines(row) {
        let read = Entry::decode(line).map_err(|_| misplaced(index))?;
        if read.index() != index {
            return Err(misplaced(index));
        }
    }
    match kept {
        // Each entry can be read, and yet they are not the ones that were committed.
        Some(_) => Err(misplaced(from_db(*first))),
        None => Ok(leaves),
    }
}

/// One digest for all entries of a segment.
fn digest_of(leaves: &[Hash]) -> Hash {
    let joined: Vec<u8> = leaves.iter().flat_map(|leaf| leaf.0).collect();
    leaf_hash(&joined)
}

/// A list of texts for a statement that takes one.
pub(crate) fn json_list<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> String {
    let mut list = "[".to_owned();
    for text in texts {
        if list.len() > 1 {
            list.push(',');
        }
        list.push_str(&serde_json::Value::from(text.as_ref()).to_string());
    }
    list.push(']');
    list
}

pub(crate) fn misplaced(index: u64) -> StoreError {
    StoreError::Inconsistent {
        table: "ledger_segments",
        name: format!("entry {index}"),
    }
}
