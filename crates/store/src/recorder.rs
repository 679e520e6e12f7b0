//! Group commit: many concurrent exchanges share one durable commit, each waits for its own entry.

use jiff::Timestamp;
use ledger::entry::{Draft, Entry};
use ledger::receipt::{ChangeReceipt, IntentReceipt, OutcomeReceipt};
use tokio::sync::{mpsc, oneshot};

use crate::error::StoreError;
use crate::tx::{Tx, with_tx};
use crate::{Store, from_db, to_db};

/// Entries that one commit may carry.
const BATCH: usize = 256;

/// Why an exchange could not be recorded. Nothing may be asked or released then.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The request id was used before for an exchange that is under way or was delivered.
    #[error("the request id was used for entry {intent}")]
    AlreadyUsed {
        /// The intent entry of that exchange.
        intent: u64,
    },
    /// The store cannot write.
    #[error("the ledger cannot record")]
    Unavailable(#[source] Option<StoreError>),
}

enum Work {
    Intent { draft: Draft, caller: String },
    Outcome { draft: Draft, reopen: Option<u64> },
    Refusal { draft: Draft },
}

impl Work {
    fn draft(&self) -> &Draft {
        match self {
            Self::Intent { draft, .. } | Self::Outcome { draft, .. } | Self::Refusal { draft } => {
                draft
            }
        }
    }

    fn into_draft(self) -> Draft {
        match self {
            Self::Intent { draft, .. } | Self::Outcome { draft, .. } | Self::Refusal { draft } => {
                draft
            }
        }
    }
}

struct Job {
    work: Work,
    now: Timestamp,
    done: oneshot::Sender<Recorded>,
}

/// Records exchanges. Cheap to clone; the work is done by one task.
#[derive(Clone, Debug)]
pub struct Recorder {
    jobs: mpsc::Sender<Job>,
}

impl Recorder {
    /// Starts the task that records; it ends when the last `Recorder` is dropped.
    pub fn start(store: Store) -> Self {
        let (jobs, mut queue) = mpsc::channel::<Job>(BATCH * 4);
        tokio::spawn(async move {
            let mut batch = Vec::with_capacity(BATCH);
            while queue.recv_many(&mut batch, BATCH).await > 0 {
                record_batch(&store, std::mem::take(&mut batch)).await;
            }
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
        let entry = self.send(Work::Intent { draft, caller }, now).await?;
        IntentReceipt::assertion(&entry)
            .ok_or_else(|| RecordError::Unavailable(Some(StoreError::not_a_receipt(&entry))))
    }

    /// Records how an exchange ended. `released` says whether anything is about to leave; when
    /// nothing is, the request id may be used again.
    ///
    /// # Errors
    /// [`RecordError`]; nothing may be released then.
    pub async fn outcome(
        &self,
        draft: Draft,
        intent: &IntentReceipt,
        released: bool,
        now: Timestamp,
    ) -> Result<OutcomeReceipt, RecordError> {
        let reopen = (!released).then(|| intent.index());
        let entry = self.send(Work::Outcome { draft, reopen }, now).await?;
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
        let entry = self.send(Work::Refusal { draft }, now).await?;
        ChangeReceipt::assertion(&entry)
            .ok_or_else(|| RecordError::Unavailable(Some(StoreError::not_a_receipt(&entry))))
    }

    async fn send(&self, work: Work, now: Timestamp) -> Result<Entry, RecordError> {
        // Checked alone, so that one bad draft cannot spoil the batch of others.
        work.draft().check().map_err(|error| {
            RecordError::Unavailable(Some(StoreError::Entry(error.to_string())))
        })?;
        let (done, answer) = oneshot::channel();
        // A full queue refuses instead of waiting: the caller sheds load with its own reason.
        self.jobs
            .try_send(Job { work, now, done })
            .map_err(|_| RecordError::Unavailable(None))?;
        answer.await.map_err(|_| RecordError::Unavailable(None))?
    }
}

async fn record_batch(store: &Store, batch: Vec<Job>) {
    let mut waiting = Vec::with_capacity(batch.len());
    match try_batch(store, batch, &mut waiting).await {
        Ok(()) => {
            let abandoned: Vec<Job> = waiting.into_iter().filter_map(answer).collect();
            if !abandoned.is_empty() {
                Box::pin(record_batch(store, abandoned)).await;
            }
        }
        Err(error) => {
            tracing::error!(error = %error, entries = waiting.len(), "the ledger cannot record");
            for (done, _) in waiting {
                let _ = done.send(Err(RecordError::Unavailable(None)));
            }
        }
    }
}

/// Tells a caller. One that gave up while its intent was written will not ask the provider, so the
/// intent is closed and its request id is free for the retry.
fn answer((done, result): (oneshot::Sender<Recorded>, Recorded)) -> Option<Job> {
    let Err(Ok(entry)) = done.send(result) else {
        return None;
    };
    let intent = IntentReceipt::assertion(&entry)?;
    let draft = Draft::outcome(&intent)
        .with_fact("disposition", "abandoned")
        .with_fact("released", false);
    let (done, _) = oneshot::channel();
    let work = Work::Outcome {
        draft,
        reopen: Some(intent.index()),
    };
    Some(Job {
        work,
        now: entry.time(),
        done,
    })
}

type Recorded = Result<Entry, RecordError>;
/// Told only after the commit: the intent that holds a request id may be of the same batch.
type Waiting = Vec<(oneshot::Sender<Recorded>, Recorded)>;

async fn try_batch(
    store: &Store,
    batch: Vec<Job>,
    waiting: &mut Waiting,
) -> Result<(), StoreError> {
    let mut tx = store.begin("recording exchanges").await?;
    let mut next = tx.lock_head().await?;
    for job in batch {
        // Its caller gave up before anything was written: there is nothing to record.
        if matches!(job.work, Work::Intent { .. }) && job.done.is_closed() {
            continue;
        }
        let claimed = match &job.work {
            Work::Intent { draft, caller } => tx.claim(caller, draft.request_id(), next).await?,
            Work::Outcome { reopen, .. } => {
                if let Some(intent) = reopen {
                    tx.reopen(*intent).await?;
                }
                None
            }
            Work::Refusal { .. } => None,
        };
        if let Some(intent) = claimed {
            waiting.push((job.done, Err(RecordError::AlreadyUsed { intent })));
            continue;
        }
        let entry = tx.append(job.work.into_draft(), next, job.now).await?;
        next = next.saturating_add(1);
        waiting.push((job.done, Ok(entry)));
    }
    tx.set_size(next).await?;
    tx.commit().await
}

impl Tx {
    /// Claims the request id for the intent at `index`, or returns the intent that holds it.
    async fn claim(
        &mut self,
        caller: &str,
        request_id: &str,
        index: u64,
    ) -> Result<Option<u64>, StoreError> {
        const CLAIM: &str = "INSERT INTO exchange_requests (caller, request_id, intent) \
            VALUES ($1, $2, $3) ON CONFLICT (caller, request_id) DO NOTHING";
        const HOLDER: &str =
            "SELECT intent FROM exchange_requests WHERE caller = $1 AND request_id = $2";
        let context = self.context();
        let rows = with_tx!(&mut self.inner, c => sqlx::query(CLAIM)
            .bind(caller)
            .bind(request_id)
            .bind(to_db(index))
            .execute(c)
            .await
            .map(|done| done.rows_affected()))
        .map_err(StoreError::driver(context))?;
        if rows == 1 {
            return Ok(None);
        }
        let row: (i64,) = with_tx!(&mut self.inner, c =>
            sqlx::query_as(HOLDER).bind(caller).bind(request_id).fetch_one(c).await)
        .map_err(StoreError::driver(context))?;
        Ok(Some(from_db(row.0)))
    }

    /// Frees the request id of an exchange that released nothing.
    async fn reopen(&mut self, intent: u64) -> Result<(), StoreError> {
        const FREE: &str = "DELETE FROM exchange_requests WHERE intent = $1";
        let context = self.context();
        with_tx!(&mut self.inner, c =>
            sqlx::query(FREE).bind(to_db(intent)).execute(c).await.map(|_| ()))
        .map_err(StoreError::driver(context))
    }
}
