//! Group commit: many concurrent exchanges share one durable commit, each waits for its own entry.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use ledger::entry::{Draft, Entry, Sealed};
use ledger::receipt::{ChangeReceipt, IntentReceipt, OutcomeReceipt, ServedReceipt};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::Store;
use crate::batch::{Answer, Batch};
use crate::claims::claim;
use crate::error::StoreError;
#[cfg(not(feature = "unrecorded"))]
use crate::tail::Tail;
#[cfg(feature = "unrecorded")]
use crate::unrecorded::Tail;

/// Entries that one commit may carry.
pub(crate) const BATCH: usize = 256;

/// Why an exchange could not be recorded. Nothing may be asked or released then.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The request id was used before for an exchange that is under way or was delivered within the
    /// last day.
    #[error("the request id was used for entry {intent}")]
    AlreadyUsed {
        /// The intent entry of that exchange.
        intent: u64,
    },
    /// The store cannot write.
    #[error("the ledger cannot record")]
    Unavailable(#[source] Option<StoreError>),
}

/// What an entry does beside being recorded.
pub(crate) enum Work {
    /// Claims a request id; of an intent, or of a served exchange.
    Intent { claim: String },
    /// Frees the request id of its intent, if it may ask again.
    Outcome { frees: Option<u64> },
    /// Nothing.
    Refusal,
}

/// One entry to be recorded, and who waits for it.
pub(crate) struct Job {
    pub(crate) sealed: Sealed,
    pub(crate) work: Work,
    pub(crate) now: Timestamp,
    pub(crate) done: Done,
}

pub(crate) type Done = oneshot::Sender<Recorded>;
pub(crate) type Recorded = Result<Entry, RecordError>;

/// Intents that may wait for a commit. More are refused, so that the caller sheds load with a reason.
const WAITING: usize = BATCH * 4;

/// Records exchanges. Cheap to clone.
#[derive(Clone)]
pub struct Recorder {
    desk: Arc<Desk>,
}

/// Where entries wait. Whoever brings one while nobody writes starts the writing, on its own thread, so
/// that an entry is handed to another thread by the database alone.
struct Desk {
    store: Store,
    /// Where the connections of a server live; an embedded database is written to from everywhere.
    home: Option<Handle>,
    waiting: Mutex<Waiting>,
}

struct Waiting {
    jobs: Vec<Job>,
    /// What the next writer needs; absent while somebody writes.
    idle: Option<Tail>,
}

/// Somebody writes. However that ends, the next one can.
struct Writing {
    desk: Arc<Desk>,
    tail: Option<Tail>,
}

impl Recorder {
    /// Starts recording, with the present runtime as its home.
    pub fn start(store: Store) -> Self {
        let home = store.is_served().then(Handle::current);
        let idle = Some(Tail::begin(&store));
        let waiting = Waiting {
            jobs: Vec::new(),
            idle,
        };
        Self {
            desk: Arc::new(Desk {
                store,
                home,
                waiting: Mutex::new(waiting),
            }),
        }
    }

    /// Records the intent of an exchange. When this returns, the entry is durable.
    ///
    /// # Errors
    /// [`RecordError`]; the provider must not be asked then.
    pub async fn intent(
        &self,
        draft: Draft,
        caller: String,
        now: Timestamp,
    ) -> Result<IntentReceipt, RecordError> {
        let claim = claim(&caller, draft.request_id());
        let entry = self.send(draft, Work::Intent { claim }, now).await?;
        IntentReceipt::assertion(&entry)
            .ok_or_else(|| RecordError::Unavailable(Some(StoreError::not_a_receipt(&entry))))
    }

    /// Records an exchange that nobody is asked for, whole. When this returns, the entry is durable. It
    /// claims its request id as an intent does, and keeps it: what is recorded may leave.
    ///
    /// # Errors
    /// [`RecordError`]; nothing may be released then.
    pub async fn served(
        &self,
        draft: Draft,
        caller: &str,
        now: Timestamp,
    ) -> Result<ServedReceipt, RecordError> {
        let claim = claim(caller, draft.request_id());
        let entry = self.send(draft, Work::Intent { claim }, now).await?;
        ServedReceipt::assertion(&entry)
            .ok_or_else(|| RecordError::Unavailable(Some(StoreError::not_a_receipt(&entry))))
    }

    /// Records how an exchange ended. `frees` says whether the same request id may ask again.
    ///
    /// # Errors
    /// [`RecordError`]; nothing may be released then.
    pub async fn outcome(
        &self,
        draft: Draft,
        intent: &IntentReceipt,
        frees: bool,
        now: Timestamp,
    ) -> Result<OutcomeReceipt, RecordError> {
        let frees = frees.then(|| intent.index());
        let entry = self.send(draft, Work::Outcome { frees }, now).await?;
        OutcomeReceipt::assertion(&entry)
            .ok_or_else(|| RecordError::Unavailable(Some(StoreError::not_a_receipt(&entry))))
    }

    /// Records that a call was refused. Refusals share commits too: a flood of them must not cost
    /// more than the calls it pretends to be.
    ///
    /// # Errors
    /// [`RecordError`].
    pub async fn refusal(
        &self,
        draft: Draft,
        now: Timestamp,
    ) -> Result<ChangeReceipt, RecordError> {
        let entry = self.send(draft, Work::Refusal, now).await?;
        ChangeReceipt::assertion(&entry)
            .ok_or_else(|| RecordError::Unavailable(Some(StoreError::not_a_receipt(&entry))))
    }

    async fn send(&self, draft: Draft, work: Work, now: Timestamp) -> Result<Entry, RecordError> {
        // Sealed here, so that one bad draft cannot spoil the batch of others, and callers encode
        // beside each other instead of one after the other.
        let sealed = draft.seal().map_err(|error| {
            RecordError::Unavailable(Some(StoreError::Entry(error.to_string())))
        })?;
        let (done, answer) = oneshot::channel();
        let job = Job {
            sealed,
            work,
            now,
            done,
        };
        let mut awaited = Awaited {
            answer,
            desk: Arc::clone(&self.desk),
        };
        if !self.desk.bring(job) {
            return Err(RecordError::Unavailable(None));
        }
        // No answer: the batch could not be committed.
        let answered = (&mut awaited.answer).await;
        answered.map_err(|_| RecordError::Unavailable(None))?
    }
}

/// An answer that somebody waits for. Given up at the moment at which it comes, it was sent and not heard: the
/// same is done then as for one that could not be sent.
struct Awaited {
    answer: oneshot::Receiver<Recorded>,
    desk: Arc<Desk>,
}

impl Drop for Awaited {
    fn drop(&mut self) {
        self.answer.close();
        let unheard = self.answer.try_recv();
        // Without a runtime the process is ending.
        if let Ok(Ok(entry)) = unheard
            && Handle::try_current().is_ok()
            && let Some(job) = abandoned(&entry)
        {
            self.desk.bring(job);
        }
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder").finish_non_exhaustive()
    }
}

impl Desk {
    /// Lets an entry wait for the next commit. Says no when too many do.
    fn bring(self: &Arc<Self>, job: Job) -> bool {
        // What was asked must be told: there are no more outcomes than calls at work.
        let must = matches!(job.work, Work::Outcome { .. });
        let mut waiting = self.waiting();
        if !must && waiting.jobs.len() >= WAITING {
            return false;
        }
        waiting.jobs.push(job);
        if let Some(tail) = waiting.idle.take() {
            drop(waiting);
            let writer = Writing {
                desk: Arc::clone(self),
                tail: Some(tail),
            };
            match &self.home {
                Some(home) => drop(home.spawn(writer.write())),
                None => drop(tokio::spawn(writer.write())),
            }
        }
        true
    }

    /// Takes what one commit carries, or ends the writing.
    fn take(&self, tail: &mut Option<Tail>) -> Vec<Job> {
        let mut waiting = self.waiting();
        if waiting.jobs.is_empty() {
            waiting.idle = tail.take();
        }
        let most = waiting.jobs.len().min(BATCH);
        waiting.jobs.drain(..most).collect()
    }

    /// Every change of what waits is whole, so a panic elsewhere leaves nothing half done.
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Writing {
    async fn write(mut self) {
        loop {
            let jobs = self.desk.take(&mut self.tail);
            let Some(tail) = &mut self.tail else {
                return;
            };
            record_batch(&self.desk.store, tail, jobs).await;
            // Who was just answered often has the next entry ready: let it join the commit.
            tokio::task::yield_now().await;
        }
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        if self.tail.is_none() {
            return;
        }
        // Broken off, as when its thread ends: nobody who waits is told that something is recorded.
        let mut waiting = self.desk.waiting();
        waiting.jobs.clear();
        waiting.idle = Some(Tail::unread());
    }
}

async fn record_batch(store: &Store, tail: &mut Tail, jobs: Vec<Job>) {
    let entries = jobs.len();
    match tail.record(store, Batch::sort(jobs)).await {
        Ok(answers) => {
            let abandoned: Vec<Job> = answers.into_iter().filter_map(answer).collect();
            if !abandoned.is_empty() {
                Box::pin(record_batch(store, tail, abandoned)).await;
            }
        }
        Err(error) => tracing::error!(error = %error, entries, "the ledger cannot record"),
    }
}

/// Tells a caller. One that gave up while its intent was written will not ask the provider, so the
/// intent is closed and its request id is free for the retry.
fn answer((done, result): Answer) -> Option<Job> {
    let Err(Ok(entry)) = done.send(result) else {
        return None;
    };
    abandoned(&entry)
}

/// What closes an intent that nobody heard of.
fn abandoned(entry: &Entry) -> Option<Job> {
    let intent = IntentReceipt::assertion(entry)?;
    let draft = Draft::outcome(&intent)
        .with_fact("disposition", "abandoned")
        .with_fact("released", false);
    let (done, _) = oneshot::channel();
    Some(Job {
        sealed: draft.seal().ok()?,
        work: Work::Outcome {
            frees: Some(intent.index()),
        },
        now: entry.time(),
        done,
    })
}
