//! The tail of an embedded ledger: segments that were appended before they were counted.
//!
//! One gateway writes to an embedded database. It knows where the ledger ends, which use of a grant
//! comes next and which request ids are claimed, so that a commit need not ask: it is one statement that
//! appends one row, on the condition that the ledger still ends there. What the row takes is written
//! beside it and counted later, for many commits at once. Whatever is out of the ordinary goes the way of
//! [`batch::record`], which counts first; and where somebody else has written after all, the condition
//! fails, and this follows what was written.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

use ledger::entry::{Entry, Kind};
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::batch::{Answer, Batch, Item};
use crate::counts::{Counted, Numbers};
use crate::db::Db;
use crate::error::StoreError;
use crate::progress::proved_by_use;
use crate::recorder::Done;
use crate::segment::{Appended, Segment, Takes};
use crate::{Store, batch, from_db, to_db};

/// Request ids that are known in memory, some ten bytes each. With more of them within the replay window
/// every commit asks the database.
const CLAIMED: usize = 4_000_000;

/// Grants whose last use is known in memory.
const NUMBERED: usize = 100_000;

/// After so long it is tried again to know the end of the ledger.
const PAUSE: Duration = Duration::from_mins(10);

/// Claims read at a time.
const READ: i64 = 20_000;

/// What the recorder knows of the end of the ledger.
pub(crate) enum Tail {
    /// A server has several gateways that write: nothing is known without asking.
    Shared,
    /// What is claimed is being read.
    Reading(oneshot::Receiver<Option<Known>>),
    /// The end is known.
    Known(Box<Known>),
    /// Nothing is known since then: too much is claimed, or it could not be read.
    Unknown(Instant),
    /// Nothing was read yet.
    Unread,
}

/// The end of the ledger as it was when this gateway looked last.
pub(crate) struct Known {
    /// The index of the next entry.
    next: u64,
    /// The last use of each grant that was used lately.
    numbers: HashMap<String, i64>,
    /// The request ids that may be claimed: all that are, and some that were.
    claimed: Claimed,
    /// Behind this index everything was written by this gateway, with numbers that it remembers.
    followed: u64,
}

/// A set of request ids that may say yes for one that it does not hold, by a chance of one in billions.
#[derive(Default)]
struct Claimed {
    hashes: HashSet<u64>,
    hasher: RandomState,
}

/// What came of appending a batch.
enum Came {
    /// It is durable.
    Recorded(Vec<Answer>),
    /// Somebody else has written.
    Elsewhere(Batch),
    /// It needs more than to be appended.
    Extraordinary(Batch),
}

/// Whether the next use of each grant of a batch is known.
enum Numbered {
    /// It is.
    All,
    /// Some are counted that are not known here.
    Behind,
    /// Some that somebody else wrote are not counted yet.
    Uncounted,
}

impl Tail {
    /// Begins to read what is claimed, where it is worth to know.
    pub(crate) fn begin(store: &Store) -> Self {
        if store.is_served() {
            return Self::Shared;
        }
        let (done, reading) = oneshot::channel();
        let store = store.clone();
        tokio::spawn(async move {
            let known = Known::read(&store).await.unwrap_or_else(|error| {
                tracing::warn!(%error, "the claimed request ids could not be read");
                None
            });
            // Nobody waits when the recorder has ended.
            let _ = done.send(known);
        });
        Self::Reading(reading)
    }

    /// Nothing known, and nobody reading.
    pub(crate) fn unread() -> Self {
        Self::Unread
    }

    /// Records a batch.
    ///
    /// # Errors
    /// [`StoreError`]; nothing of the batch is recorded then, or it is unknown whether it is.
    pub(crate) async fn record(
        &mut self,
        store: &Store,
        batch: Batch,
    ) -> Result<Vec<Answer>, StoreError> {
        if batch.is_empty() {
            return Ok(Vec::new());
        }
        self.look(store);
        let Self::Known(known) = self else {
            return batch::record(store, batch).await;
        };
        let recorded = known.record(store, batch).await;
        if recorded.is_err() || known.claimed.hashes.len() > CLAIMED {
            // What is durable of it is not known, or it takes too much room.
            *self = Self::begin(store);
        }
        recorded
    }

    /// Takes what was read, once it is there.
    fn look(&mut self, store: &Store) {
        let reads = match self {
            Self::Unread => true,
            Self::Unknown(since) => since.elapsed() > PAUSE,
            Self::Shared | Self::Reading(_) | Self::Known(_) => false,
        };
        if reads {
            *self = Self::begin(store);
        }
        if let Self::Reading(reading) = self {
            match reading.try_recv() {
                Ok(Some(known)) => *self = Self::Known(Box::new(known)),
                Ok(None) | Err(oneshot::error::TryRecvError::Closed) => {
                    *self = Self::Unknown(Instant::now());
                }
                Err(oneshot::error::TryRecvError::Empty) => {}
            }
        }
    }
}

impl Known {
    /// Reads what is claimed; nothing when that is too much.
    async fn read(store: &Store) -> Result<Option<Self>, StoreError> {
        store.count_tail().await?;
        // From here on everything is followed: what is claimed meanwhile is seen twice at most.
        let (next, _) = store.counted(std::iter::empty()).await?;
        let mut known = Self {
            next,
            numbers: HashMap::new(),
            claimed: Claimed::default(),
            followed: next,
        };
        let mut after = -1;
        while let Some((last, claims)) = store.claims_after(after).await? {
            after = last;
            known.claimed.extend(&claims);
            if known.claimed.hashes.len() > CLAIMED {
                return Ok(None);
            }
        }
        Ok(Some(known))
    }

    async fn record(&mut self, store: &Store, batch: Batch) -> Result<Vec<Answer>, StoreError> {
        let batch = match self.append(store, batch).await? {
            Came::Recorded(answers) => return Ok(answers),
            Came::Elsewhere(batch) => {
                self.follow(store).await?;
                match self.append(store, batch).await? {
                    Came::Recorded(answers) => return Ok(answers),
                    Came::Elsewhere(batch) | Came::Extraordinary(batch) => batch,
                }
            }
            Came::Extraordinary(batch) => batch,
        };
        let answers = batch::record(store, batch).await?;
        // What is durable is told, whatever comes of this: the next append would find out by itself.
        if let Err(error) = self.follow(store).await {
            tracing::warn!(%error, "the end of the ledger could not be followed");
        }
        Ok(answers)
    }

    async fn append(&mut self, store: &Store, batch: Batch) -> Result<Came, StoreError> {
        let counted = batch.counted();
        if self.is_behind(&batch) {
            return Ok(Came::Elsewhere(batch));
        }
        if !self.is_ordinary(store, &batch) {
            return Ok(Came::Extraordinary(batch));
        }
        match self.number(store, &counted).await? {
            Numbered::All => {}
            Numbered::Behind => return Ok(Came::Elsewhere(batch)),
            Numbered::Uncounted => return Ok(Came::Extraordinary(batch)),
        }
        let (segment, placed) = self.place(batch, &counted)?;
        let end = segment.end();
        match store.append(segment).await? {
            Appended::Here(takes) => {
                self.take(takes);
                self.next = end;
                let answers = placed.into_iter().map(|(done, entry)| (done, Ok(entry)));
                Ok(Came::Recorded(answers.collect()))
            }
            Appended::Elsewhere(takes) => displaced(placed, takes).map(Came::Elsewhere),
        }
    }

    /// Whether the batch tells of entries that are not known here.
    fn is_behind(&self, batch: &Batch) -> bool {
        let intent = |item: &Item| match item.sealed.draft().kind() {
            Kind::Outcome { intent } => Some(*intent),
            Kind::Change { .. } | Kind::Intent | Kind::Served => None,
        };
        let mut intents = batch.others.iter().filter_map(intent);
        intents.any(|intent| intent >= self.next)
    }

    /// Whether nothing has to be looked up: no request id can be claimed, and nothing is proved for the
    /// first time.
    fn is_ordinary(&self, store: &Store, batch: &Batch) -> bool {
        let proves = |item: &Item| {
            let draft = item.sealed.draft();
            let proves = proved_by_use(draft.kind(), draft.facts());
            let facts = proves.into_iter().flatten();
            !store.memory.unproved(facts).is_empty()
        };
        batch.repeated.is_empty()
            && !batch.claims().any(|claim| self.claimed.may_hold(claim))
            && !batch.others.iter().any(proves)
    }

    /// Learns the last uses of grants that were not used lately.
    async fn number(&mut self, store: &Store, counted: &Counted) -> Result<Numbered, StoreError> {
        if self.numbers.len() > NUMBERED {
            store.count_tail().await?;
            self.numbers.clear();
        }
        let new = || {
            let uses = counted.uses.keys();
            uses.filter(|grant| !self.numbers.contains_key(*grant))
        };
        if new().next().is_none() {
            return Ok(Numbered::All);
        }
        let (until, counts) = store.counted(new().map(String::as_str)).await?;
        // What is counted must be just what was followed: less lacks uses, more would be added twice.
        if until < self.followed {
            return Ok(Numbered::Uncounted);
        }
        if until > self.next {
            return Ok(Numbered::Behind);
        }
        let learned: Vec<(String, i64)> = new()
            .map(|grant| {
                let last = counts.get(grant).copied().unwrap_or_default();
                (grant.clone(), last)
            })
            .collect();
        self.numbers.extend(learned);
        Ok(Numbered::All)
    }

    /// Gives the entries their places at the end.
    fn place(
        &self,
        batch: Batch,
        counted: &Counted,
    ) -> Result<(Segment, Vec<(Done, Entry)>), StoreError> {
        let used = counted.uses.keys().map(|grant| {
            let last = self.numbers.get(grant).copied().unwrap_or_default();
            (grant.clone(), last)
        });
        let mut numbers = Numbers::after(used.collect());
        let mut segment = Segment::new(self.next);
        let (claims, intents): (Vec<_>, Vec<_>) = batch.intents.into_iter().unzip();
        segment.claims(claims);
        segment.frees(batch.frees);
        let mut placed = Vec::with_capacity(intents.len().saturating_add(batch.others.len()));
        for item in intents.into_iter().chain(batch.others) {
            let takes = item.sealed.draft().takes_sequence_of();
            let number = takes.and_then(|grant| numbers.next(grant));
            placed.push((item.done, segment.push(item.sealed, item.now, number)?));
        }
        Ok((segment, placed))
    }

    /// Remembers what was just written by this gateway.
    fn take(&mut self, takes: Takes) {
        self.claimed.extend(&takes.claims);
        for (grant, uses) in takes.uses {
            let last = self.numbers.entry(grant).or_default();
            *last = last.saturating_add(uses);
        }
    }

    /// Goes on to where the ledger ends now.
    async fn follow(&mut self, store: &Store) -> Result<(), StoreError> {
        loop {
            let rows = store.takes_from(self.next).await?;
            if rows.is_empty() {
                return Ok(());
            }
            for (first, entries, takes) in rows {
                let takes: Takes =
                    serde_json::from_str(&takes).map_err(|_| StoreError::Inconsistent {
                        table: "ledger_segments",
                        name: format!("what entry {first} takes"),
                    })?;
                self.claimed.extend(&takes.claims);
                for (grant, uses) in takes.uses {
                    // Of others the last use is read, once it is counted.
                    if let Some(last) = self.numbers.get_mut(&grant) {
                        *last = last.saturating_add(uses);
                    }
                }
                self.next = from_db(first.saturating_add(entries));
                self.followed = self.next;
            }
        }
    }
}

impl Claimed {
    fn extend(&mut self, claims: &[String]) {
        let hashes = claims
            .iter()
            .map(|claim| self.hasher.hash_one(claim.as_str()));
        self.hashes.extend(hashes);
    }

    fn may_hold(&self, claim: &str) -> bool {
        self.hashes.contains(&self.hasher.hash_one(claim))
    }
}

/// The batch again, of entries whose place was taken by somebody else.
fn displaced(placed: Vec<(Done, Entry)>, takes: Takes) -> Result<Batch, StoreError> {
    let mut batch = Batch {
        frees: takes.frees,
        ..Batch::default()
    };
    let mut claims = takes.claims.into_iter();
    for (done, entry) in placed {
        let now = entry.time();
        let sealed = entry
            .displaced()
            .map_err(|error| StoreError::Entry(error.to_string()))?;
        let item = Item { sealed, now, done };
        match claims.next() {
            Some(claim) => batch.intents.push((claim, item)),
            None => batch.others.push(item),
        }
    }
    Ok(batch)
}

impl Store {
    /// Counts the tail, in a transaction of its own.
    async fn count_tail(&self) -> Result<(), StoreError> {
        let mut tx = self.begin("counting the tail").await?;
        tx.count_tail().await?;
        tx.commit().await
    }

    /// What segments from an index on take: first index, number of entries, and what.
    async fn takes_from(&self, from: u64) -> Result<Vec<(i64, i64, String)>, StoreError> {
        const QUERY: &str = "SELECT first_index, entries, takes FROM ledger_segments \
            WHERE first_index >= $1 ORDER BY first_index LIMIT 256";
        let Db::Sqlite { readers, .. } = &self.db else {
            return Ok(Vec::new());
        };
        sqlx::query_as(QUERY)
            .bind(to_db(from))
            .fetch_all(readers)
            .await
            .map_err(StoreError::driver("following the ledger"))
    }

    /// Some claims behind an intent, with the last of these intents.
    async fn claims_after(&self, after: i64) -> Result<Option<(i64, Vec<String>)>, StoreError> {
        const QUERY: &str = "SELECT MAX(intent), json_group_array(claim) FROM (\
            SELECT intent, claim FROM exchange_requests WHERE intent > $1 ORDER BY intent LIMIT $2)";
        let Db::Sqlite { readers, .. } = &self.db else {
            return Ok(None);
        };
        let (last, claims): (Option<i64>, String) = sqlx::query_as(QUERY)
            .bind(after)
            .bind(READ)
            .fetch_one(readers)
            .await
            .map_err(StoreError::driver("reading claims"))?;
        let claims = serde_json::from_str(&claims).map_err(|_| StoreError::Inconsistent {
            table: "exchange_requests",
            name: "a claim".to_owned(),
        })?;
        Ok(last.map(|last| (last, claims)))
    }
}
