//! Group commit: many concurrent exchanges share one durable commit, each waits for its own entry.

use jiff::Timestamp;
use ledger::entry::{Draft, Entry, Sealed};
use ledger::receipt::{ChangeReceipt, IntentReceipt, OutcomeReceipt, ServedReceipt};
use tokio::sync::{mpsc, oneshot};

use crate::Store;
use crate::batch::{self, Answer};
use crate::claims::claim;
use crate::error::StoreError;

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

/// Records exchanges. Cheap to clone; the work is done by one task.
#[derive(Clone, Debug)]
pub struct Recorder {
    jobs: mpsc::Sender<Job>,
}

impl Recorder {
    /// Starts the task that records; it ends when the last `Recorder` is dropped.
    pub fn start(store: Store) -> Self {
        let (jobs, queue) = mpsc::channel::<Job>(BATCH * 4);
        #[cfg(not(feature = "unrecorded"))]
        tokio::spawn(record(store, queue));
        #[cfg(feature = "unrecorded")]
        tokio::spawn(async move {
            drop(store);
            crate::unrecorded::answer(queue).await;
        });
        Self { jobs }
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
        let queued = match &job.work {
            // What was asked must be told: there are no more of these than calls at work.
            Work::Outcome { .. } => self.jobs.send(job).await.is_ok(),
            // A full queue refuses instead of waiting: the caller sheds load with its own reason.
            Work::Intent { .. } | Work::Refusal => self.jobs.try_send(job).is_ok(),
        };
        if !queued {
            return Err(RecordError::Unavailable(None));
        }
        // No answer: the batch could not be committed.
        answer.await.map_err(|_| RecordError::Unavailable(None))?
    }
}

#[cfg_attr(
    feature = "unrecorded",
    expect(dead_code, reason = "this build does not record")
)]
async fn record(store: Store, mut queue: mpsc::Receiver<Job>) {
    let mut batch = Vec::with_capacity(BATCH);
    while queue.recv_many(&mut batch, BATCH).await > 0 {
        record_batch(&store, std::mem::take(&mut batch)).await;
        // Who was just answered often has the next entry ready: let it join the commit.
        tokio::task::yield_now().await;
    }
}

async fn record_batch(store: &Store, batch: Vec<Job>) {
    let entries = batch.len();
    match batch::record(store, batch).await {
        Ok(answers) => {
            let abandoned: Vec<Job> = answers.into_iter().filter_map(answer).collect();
            if !abandoned.is_empty() {
                Box::pin(record_batch(store, abandoned)).await;
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
    let intent = IntentReceipt::assertion(&entry)?;
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
