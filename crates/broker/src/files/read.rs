//! Downloads: file mode's exchange. Chunks leave under a durable intent; the outcome counts and digests
//! what was sent.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::basis::Basis;
use domain::fault::Cause;
use domain::file::{CHUNK_BYTES, File, FileState};
use domain::name::FileName;
use domain::policy::{Ask, Permit};
use domain::reason::Reason;
use domain::resource::ShareMode;
use domain::subject::RunningDigest;
use ledger::entry::Fact;
use ledger::receipt::IntentReceipt;
use store::{Part, Stored};
use tokio::sync::mpsc;

use super::digest::part_digest;
use super::receive::FileChunk;
use super::whole_number;
use crate::connections::ProviderFault;
use crate::exchange::{Ending, Receipt, Use, margin_before};
use crate::failure::Failure;
use crate::gateway::Gateway;
use crate::shares::Share;

/// Chunks under way to a slow consumer.
const CHUNKS: usize = 4;
/// Rows of the manifest that are read at a time.
const PARTS: u32 = 64;
/// The last part waits so long for a consumer that reads slowly.
const LAST_PART: Duration = Duration::from_secs(5);

/// What a system asks to read.
#[derive(Clone, Debug)]
pub struct ReadFile {
    /// The file.
    pub file: FileName,
    /// The first byte.
    pub offset: u64,
    /// At most so many bytes; none for all that follow.
    pub limit: Option<u64>,
}

/// A part of the answer.
#[derive(Clone)]
pub enum FilePart {
    /// Some bytes.
    Chunk(FileChunk),
    /// The last part.
    Receipt(Box<Receipt>),
}

/// A read that was permitted and recorded: its parts as they come; the last is a receipt or a failure.
pub type ReadingFile = mpsc::Receiver<Result<FilePart, Failure>>;

/// A read after the intent.
struct Work {
    used: Use,
    permit: Permit,
    intent: IntentReceipt,
    file: File,
    start: u64,
    end: u64,
    _place: Share,
}

/// What has left.
struct Sent {
    bytes: u64,
    digest: RunningDigest,
}

impl Gateway {
    /// Begins to read a file. Refusals come at once; chunks follow over the channel.
    ///
    /// # Errors
    /// A refusal by policy, `NOT_FOUND`, `FILE_DELETED`, an offset behind the end, or a ledger that
    /// cannot record.
    pub async fn read_file(
        self: &Arc<Self>,
        used: Use,
        read: ReadFile,
    ) -> Result<ReadingFile, Failure> {
        let row: Option<Stored<File>> = self.store.get(read.file.as_str()).await?;
        let file = row
            .ok_or_else(|| Failure::not_found(read.file.as_str()))?
            .value;
        if !file.is_visible(self.now()) {
            return Err(self.hidden(&used.caller, &file));
        }
        let permit = self.permit(&used, &ask(&used, &file)?).await?;
        if read.offset >= file.size {
            let message = format!("the file has {} bytes", file.size);
            return Err(Failure::field(
                "offset",
                &Cause::new("OUT_OF_RANGE", message),
            ));
        }
        let place = self.vault.place(used.caller.system()?)?;
        let intent = self.intend(&used, &permit, scope(&file, &read)).await?;
        let limit = read.limit.unwrap_or(file.size);
        let work = Work {
            used,
            permit,
            intent,
            start: read.offset,
            end: file.size.min(read.offset.saturating_add(limit)),
            file,
            _place: place,
        };
        let (parts, reading) = mpsc::channel(CHUNKS);
        let gateway = Arc::clone(self);
        // On a task of its own: a consumer that goes away does not stop the outcome entry.
        tokio::spawn(async move { gateway.send_file(work, parts).await });
        Ok(reading)
    }

    async fn send_file(&self, work: Work, parts: mpsc::Sender<Result<FilePart, Failure>>) {
        let mut sent = Sent {
            bytes: 0,
            digest: self.keys.pseudonyms.running("file"),
        };
        let until = margin_before(work.used.deadline);
        let pumped = tokio::time::timeout_at(until, self.pump_file(&work, &parts, &mut sent)).await;
        let done = pumped.unwrap_or_else(|_| {
            let message = "the deadline came before the end; go on behind what arrived";
            Err(ProviderFault::new(Reason::DeadlineExceeded, message))
        });
        let mut ending = match &done {
            Ok(disposition) => Ending::bare(disposition),
            Err(fault) => Ending::failed(fault),
        };
        // Bytes that left before a fault are disclosure all the same.
        ending.released |= sent.bytes > 0;
        ending.frees = !ending.released;
        ending.facts.extend(counted(&work, sent));
        let concluded = self.conclude(&work.used, &work.permit, &work.intent, ending);
        let last = match (concluded.await, done) {
            (Ok(receipt), Ok(_)) => Ok(FilePart::Receipt(Box::new(receipt))),
            (Ok(receipt), Err(fault)) => {
                Err(Failure::from(fault).recorded(receipt.outcome_index()))
            }
            (Err(failure), _) => Err(failure),
        };
        // A consumer that went away gets no last part; the ledger has it.
        let _ = tokio::time::timeout(LAST_PART, parts.send(last)).await;
    }

    async fn pump_file(
        &self,
        work: &Work,
        parts: &mpsc::Sender<Result<FilePart, Failure>>,
        sent: &mut Sent,
    ) -> Result<&'static str, ProviderFault> {
        let name = &work.file.name;
        let first = self.store.part_at(name, work.start).await;
        let mut next = first.map_err(store_failed)?.unwrap_or_default();
        let mut place = work.start;
        while place < work.end {
            let found = self.store.parts(name, next, PARTS).await;
            let found = found.map_err(store_failed)?;
            if found.is_empty() {
                return Err(self.why_gone(&work.file).await);
            }
            for part in found.iter().take_while(|part| part.start < work.end) {
                let Ok(bytes) = self.kept_part(part).await else {
                    return Err(self.why_gone(&work.file).await);
                };
                let from = place.saturating_sub(part.start);
                let to = work.end.min(part.end()).saturating_sub(part.start);
                if !self.send_part(work, parts, sent, bytes, from, to).await? {
                    return Ok("cancelled");
                }
                place = part.end().min(work.end);
                next = part.number.saturating_add(1);
            }
        }
        Ok("delivered")
    }

    /// The bytes of a part, which are those that were received: a part that changed in the store stays
    /// behind.
    async fn kept_part(&self, part: &Part) -> Result<Bytes, Failure> {
        let bytes = self.vault.get(&part.object).await?;
        let hashed = bytes.clone();
        let digest = tokio::task::spawn_blocking(move || part_digest(&hashed)).await;
        if digest.ok().as_ref() == Some(&part.digest) {
            return Ok(bytes);
        }
        tracing::error!(object = part.object, "an object is not what was received");
        Err(Failure::new(
            Reason::Internal,
            "an object is not what was received",
        ))
    }

    /// Sends bytes of a part in chunks; false when nobody waits for them any more.
    async fn send_part(
        &self,
        work: &Work,
        parts: &mpsc::Sender<Result<FilePart, Failure>>,
        sent: &mut Sent,
        bytes: Bytes,
        from: u64,
        to: u64,
    ) -> Result<bool, ProviderFault> {
        let place = |bytes: u64| usize::try_from(bytes).unwrap_or(usize::MAX);
        let whole = bytes.len();
        let mut rest = bytes.slice(place(from).min(whole)..place(to).min(whole));
        while !rest.is_empty() {
            self.still_permitted(&work.used, &work.permit)?;
            let data = rest.split_to(CHUNK_BYTES.min(rest.len()));
            let offset = work.start.saturating_add(sent.bytes);
            let chunk = FileChunk {
                offset,
                data: data.clone(),
            };
            if parts.send(Ok(FilePart::Chunk(chunk))).await.is_err() {
                return Ok(false);
            }
            sent.digest.add(&data);
            sent.bytes = sent
                .bytes
                .saturating_add(u64::try_from(data.len()).unwrap_or_default());
        }
        Ok(true)
    }

    /// Why bytes of a file cannot be had: it went meanwhile, or the gateway lost them.
    async fn why_gone(&self, file: &File) -> ProviderFault {
        let row = self.store.get::<File>(file.name.as_str()).await;
        match row {
            Ok(Some(row)) if !matches!(row.value.state, FileState::Visible { .. }) => {
                let failure = super::gone(&row.value);
                ProviderFault::new(failure.reason, failure.message)
            }
            _ => ProviderFault::new(Reason::Internal, "the gateway's store of files failed"),
        }
    }
}

fn store_failed(error: store::StoreError) -> ProviderFault {
    let failure = Failure::from(error);
    ProviderFault::new(failure.reason, failure.message)
}

/// What policy is asked: a file leaves as a whole, so every item that it holds must be granted.
fn ask(used: &Use, file: &File) -> Result<Ask, Failure> {
    Ok(Ask {
        consumer: used.caller.system()?.clone(),
        resources: vec![file.resource.clone()],
        mode: ShareMode::File,
        matter: Some(used.purpose.matter.clone()),
        operator_named: used.purpose.operator.is_some(),
        items: file.items.clone(),
        whole: false,
        compared: Vec::new(),
        grant: None,
        basis: Basis::Duty,
        issuing: false,
    })
}

/// What the intent says of the scope.
fn scope(file: &File, read: &ReadFile) -> Vec<(&'static str, Fact)> {
    let mut scope = vec![
        ("file", file.name.as_str().into()),
        ("offset", whole_number(read.offset).into()),
    ];
    if let Some(limit) = read.limit {
        scope.push(("byte_limit", whole_number(limit).into()));
    }
    if let Some(digests) = file.digests() {
        scope.push(("sha256", digests.sha256.as_str().into()));
        scope.push(("sm3", digests.sm3.as_str().into()));
    }
    scope
}

/// What the outcome says of the bytes. The digest is keyed: a few bytes could be guessed from a plain one.
fn counted(work: &Work, sent: Sent) -> Vec<(&'static str, Fact)> {
    let mut facts = vec![
        ("file", work.file.name.as_str().into()),
        ("bytes", whole_number(sent.bytes).into()),
        ("whole", (sent.bytes == work.file.size).into()),
    ];
    if sent.bytes > 0 {
        facts.push(("digest", sent.digest.finish().into()));
    }
    facts
}
