//! Reads of ledger entries.
//!
//! Segments that mention a name are found by an index as far as it reaches; behind it the mentions of
//! every segment are looked at. Which entries of a segment are meant is decided here, so that pages
//! are exact.

use ledger::entry::{Entry, Kind};

use crate::db::{ListSql, with_db};
use crate::error::StoreError;
use crate::segment::{Named, SegmentRow, ledger_end, lines, mention, mentioned, misplaced};
use crate::{Store, from_db, to_db};

/// Which entries to list.
#[derive(Clone, Debug, Default)]
pub struct EntryFilter {
    /// Only those about this grant.
    pub grant: Option<String>,
    /// Only those that name this system on either side.
    pub system: Option<String>,
    /// Only those that name this department on either side.
    pub department: Option<String>,
    /// Only changes of this event, for example `exchange.budget_spent`.
    pub event: Option<String>,
}

/// An entry as stored.
#[derive(Clone, Debug)]
pub struct StoredEntry {
    /// The decoded entry.
    pub entry: Entry,
    /// The stored bytes; they are what the tree hashes.
    pub body: Vec<u8>,
}

/// Segments read at a time.
pub(crate) const SEGMENTS: u32 = 16;

/// The mention is looked for as JSON spells it, quotes included; an empty one is found everywhere.
const BEFORE: ListSql = ListSql {
    sqlite: "SELECT first_index, entries, body FROM ledger_segments \
        WHERE first_index < $1 AND first_index >= $2 AND INSTR(mentions, $3) > 0 \
        ORDER BY first_index DESC LIMIT $4",
    postgres: "SELECT first_index, entries, body FROM ledger_segments \
        WHERE first_index < $1 AND first_index >= $2 AND STRPOS(mentions, $3) > 0 \
        ORDER BY first_index DESC LIMIT $4",
};

const BEFORE_ABOUT: &str = "SELECT s.first_index, s.entries, s.body \
    FROM ledger_mentions m JOIN ledger_segments s ON s.first_index = m.first_index \
    WHERE m.name = $1 AND m.first_index < $2 ORDER BY m.first_index DESC LIMIT $3";

/// From the segment that holds the first index on.
const FROM: ListSql = ListSql {
    sqlite: "SELECT first_index, entries, body FROM ledger_segments \
        WHERE first_index >= COALESCE(\
            (SELECT MAX(first_index) FROM ledger_segments WHERE first_index <= $1), 0) \
        AND first_index < $2 AND first_index + entries > $1 AND INSTR(mentions, $3) > 0 \
        ORDER BY first_index LIMIT $4",
    postgres: "SELECT first_index, entries, body FROM ledger_segments \
        WHERE first_index >= COALESCE(\
            (SELECT MAX(first_index) FROM ledger_segments WHERE first_index <= $1), 0) \
        AND first_index < $2 AND first_index + entries > $1 AND STRPOS(mentions, $3) > 0 \
        ORDER BY first_index LIMIT $4",
};

const FROM_ABOUT: &str = "SELECT s.first_index, s.entries, s.body \
    FROM ledger_mentions m JOIN ledger_segments s ON s.first_index = m.first_index \
    WHERE m.name = $1 AND m.first_index >= COALESCE(\
        (SELECT MAX(first_index) FROM ledger_segments WHERE first_index <= $2), 0) \
    AND m.first_index < $3 AND s.first_index + s.entries > $2 \
    ORDER BY m.first_index LIMIT $4";

impl EntryFilter {
    fn names(&self) -> impl Iterator<Item = (Named, &str)> {
        // The rarest first: by it segments are looked up.
        [
            (Named::Event, &self.event),
            (Named::Grant, &self.grant),
            (Named::System, &self.system),
            (Named::Department, &self.department),
        ]
        .into_iter()
        .filter_map(|(kind, name)| Some((kind, name.as_deref()?)))
    }

    fn matches(&self, entry: &Entry) -> bool {
        self.names()
            .all(|wanted| mentioned(entry).any(|found| found == wanted))
    }

    /// The names that the bytes of a matching entry hold. Names that JSON would write in another way
    /// are left out: what they are in is decoded.
    fn needles(&self) -> Vec<&[u8]> {
        let plain = |name: &&str| !name.bytes().any(|b| b < b' ' || b == b'"' || b == b'\\');
        self.names()
            .map(|(_, name)| name)
            .filter(plain)
            .map(str::as_bytes)
            .collect()
    }
}

impl Store {
    /// How many entries are recorded.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn ledger_size(&self) -> Result<u64, StoreError> {
        const QUERY: &str = concat!("SELECT ", ledger_end!());
        let row: (i64,) = with_db!(&self.db, pool => sqlx::query_as(QUERY).fetch_one(pool).await)
            .map_err(StoreError::driver("reading the ledger's size"))?;
        Ok(from_db(row.0))
    }

    /// How many intents and outcomes below an index are about one grant.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn count_entries(&self, until: u64, grant: &str) -> Result<u64, StoreError> {
        let mut count: u64 = 0;
        let mut from = 0;
        loop {
            let found = self.entries_between(from, until, grant, COUNTED).await?;
            let Some(last) = found.last() else {
                return Ok(count);
            };
            from = last.entry.index().saturating_add(1);
            count = count.saturating_add(u64::try_from(found.len()).unwrap_or_default());
        }
    }

    /// Entries before an index, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn entries_before(
        &self,
        before: u64,
        filter: &EntryFilter,
        limit: u32,
    ) -> Result<Vec<StoredEntry>, StoreError> {
        let most = usize::try_from(limit).unwrap_or(usize::MAX);
        let key = filter
            .names()
            .next()
            .map(|(kind, name)| mention(kind, name));
        // Read first: what is indexed later is read as a part of the tail then.
        let indexed = match key {
            None => 0,
            Some(_) => self.indexed().await?,
        };
        let spelled = key.as_deref().map(spelled).unwrap_or_default();
        let needles = filter.needles();
        let at_once = i64::from(SEGMENTS.min(limit));
        let mut found = Vec::new();
        let mut below = before;
        let mut in_tail = true;
        loop {
            let rows = match (&key, in_tail) {
                (Some(key), false) => self.segments_about(key, below, at_once).await?,
                _ => {
                    self.segments_before(below, indexed, &spelled, at_once)
                        .await?
                }
            };
            let last = rows.last().map(|row| from_db(row.0));
            for row in &rows {
                let wanted = lines(row)
                    .rev()
                    .filter(|(index, line)| *index < before && holds_all(line, &needles));
                for (index, line) in wanted {
                    let stored = stored_entry(index, line)?;
                    if filter.matches(&stored.entry) {
                        found.push(stored);
                    }
                    if found.len() >= most {
                        return Ok(found);
                    }
                }
            }
            match last {
                Some(first) => below = first,
                None if in_tail && key.is_some() => {
                    in_tail = false;
                    below = before.min(indexed);
                }
                None => return Ok(found),
            }
        }
    }

    /// Entries of `from..until` in order, at most `limit`: all, or the intents and outcomes of one
    /// grant.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn entries_between(
        &self,
        from: u64,
        until: u64,
        grant: &str,
        limit: u32,
    ) -> Result<Vec<StoredEntry>, StoreError> {
        let most = usize::try_from(limit).unwrap_or(usize::MAX);
        let indexed = match grant {
            "" => 0,
            _ => self.indexed().await?,
        };
        let about = |entry: &Entry| {
            grant.is_empty()
                || !matches!(entry.kind(), Kind::Change { .. })
                    && entry.grant().is_some_and(|used| used.name == grant)
        };
        let key = mention(Named::Grant, grant);
        let spelled = match grant {
            "" => String::new(),
            _ => spelled(&key),
        };
        let mut found = Vec::new();
        let mut next = from;
        loop {
            let rows = if next < indexed {
                self.segments_from_about(&key, next, until.min(indexed))
                    .await?
            } else {
                self.segments_from(next, until, &spelled).await?
            };
            for row in &rows {
                for (index, line) in lines(row).filter(|(at, _)| (next..until).contains(at)) {
                    if !holds_all(line, &[grant.as_bytes()]) {
                        continue;
                    }
                    let stored = stored_entry(index, line)?;
                    if about(&stored.entry) {
                        found.push(stored);
                    }
                    if found.len() >= most {
                        return Ok(found);
                    }
                }
            }
            match rows.last() {
                Some((first, entries, _)) => next = from_db(first.saturating_add(*entries)),
                // The index was read to its end.
                None if next < indexed => next = indexed,
                None => return Ok(found),
            }
        }
    }

    async fn segments_before(
        &self,
        before: u64,
        least: u64,
        mention: &str,
        limit: i64,
    ) -> Result<Vec<SegmentRow>, StoreError> {
        let text = self.db.list_sql(BEFORE);
        with_db!(&self.db, pool => sqlx::query_as(text)
            .bind(to_db(before))
            .bind(to_db(least))
            .bind(mention)
            .bind(limit)
            .fetch_all(pool)
            .await)
        .map_err(StoreError::driver("listing entries"))
    }

    async fn segments_about(
        &self,
        mention: &str,
        before: u64,
        limit: i64,
    ) -> Result<Vec<SegmentRow>, StoreError> {
        with_db!(&self.db, pool => sqlx::query_as(BEFORE_ABOUT)
            .bind(mention)
            .bind(to_db(before))
            .bind(limit)
            .fetch_all(pool)
            .await)
        .map_err(StoreError::driver("listing entries"))
    }

    pub(crate) async fn segments_from(
        &self,
        from: u64,
        until: u64,
        mention: &str,
    ) -> Result<Vec<SegmentRow>, StoreError> {
        let text = self.db.list_sql(FROM);
        with_db!(&self.db, pool => sqlx::query_as(text)
            .bind(to_db(from))
            .bind(to_db(until))
            .bind(mention)
            .bind(i64::from(SEGMENTS))
            .fetch_all(pool)
            .await)
        .map_err(StoreError::driver("reading entries"))
    }

    async fn segments_from_about(
        &self,
        mention: &str,
        from: u64,
        until: u64,
    ) -> Result<Vec<SegmentRow>, StoreError> {
        with_db!(&self.db, pool => sqlx::query_as(FROM_ABOUT)
            .bind(mention)
            .bind(to_db(from))
            .bind(to_db(until))
            .bind(i64::from(SEGMENTS))
            .fetch_all(pool)
            .await)
        .map_err(StoreError::driver("reading entries"))
    }
}

/// Entries decoded at a time to be counted.
const COUNTED: u32 = 1000;

pub(crate) fn stored_entry(index: u64, line: &[u8]) -> Result<StoredEntry, StoreError> {
    let entry = Entry::decode(line).map_err(|_| misplaced(index))?;
    if entry.index() != index {
        return Err(misplaced(index));
    }
    Ok(StoredEntry {
        entry,
        body: line.to_vec(),
    })
}

/// A mention as JSON spells it.
fn spelled(mention: &str) -> String {
    serde_json::Value::from(mention).to_string()
}

/// Whether all these bytes are somewhere in the line; saves decoding what cannot be meant.
pub(crate) fn holds_all(line: &[u8], needles: &[&[u8]]) -> bool {
    needles.iter().all(|needle| {
        needle.is_empty() || line.windows(needle.len()).any(|window| window == *needle)
    })
}
