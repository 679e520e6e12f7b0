//! Uploads: chunks become parts. A part is an object first and a row of the manifest then, so what is
//! acknowledged is there, and an upload goes on from where the manifest ends.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use domain::caller::Caller;
use domain::fault::Cause;
use domain::file::{CHUNK_BYTES, File, FileState, MOST_PARTS, PART_BYTES, Progress};
use domain::name::FileName;
use domain::reason::Reason;
use futures_util::{Stream, StreamExt as _};
use store::{Part, StoreError, Stored};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::digest::{Running, part_digest};
use super::unfinished_at;
use crate::exchange::margin_before;
use crate::failure::Failure;
use crate::gateway::Gateway;

/// Some bytes of a file.
#[derive(Clone)]
pub struct FileChunk {
    /// Where they begin in the file.
    pub offset: u64,
    /// The bytes, 1 to 256 KiB.
    pub data: Bytes,
}

impl Gateway {
    /// Takes chunks until they end or the deadline comes near, and keeps whatever came: an upload that
    /// broke off goes on at the `received` of the file.
    ///
    /// # Errors
    /// A refusal, `NOT_FOUND`, `STATE_CONFLICT`, `FILE_OFFSET_WRONG` for a chunk that does not begin
    /// where the file ends or when another upload was faster, a chunk too long, or the store's. What
    /// came before the fault is kept.
    pub async fn receive_file(
        self: &Arc<Self>,
        caller: &Caller,
        name: &FileName,
        deadline: Instant,
        chunks: impl Stream<Item = Result<FileChunk, Failure>> + Unpin + Send,
    ) -> Result<Stored<File>, Failure> {
        let row = self.own_file(caller, name).await?;
        let _place = self.vault.place(&row.value.system)?;
        let mut upload = Upload::of(self, caller, row)?;
        let ended = upload.take_all(chunks, deadline).await;
        let kept = upload.finish().await;
        ended?;
        kept
    }
}

/// An upload at work. While one part is being made durable, the next one is received.
struct Upload {
    gateway: Arc<Gateway>,
    caller: Caller,
    size: u64,
    /// Where the next chunk must begin.
    next: u64,
    /// What came and is not on its way to the store: less than a part.
    buffer: BytesMut,
    /// How far the file is kept; none while a part is on its way, and after a fault.
    kept: Option<Kept>,
    keeping: Option<JoinHandle<Result<Kept, Failure>>>,
}

/// How far a file is kept.
struct Kept {
    row: Stored<File>,
    progress: Progress,
    running: Running,
}

impl Upload {
    fn of(gateway: &Arc<Gateway>, caller: &Caller, row: Stored<File>) -> Result<Self, Failure> {
        let FileState::Receiving(progress) = &row.value.state else {
            let (name, state) = (row.value.name.as_str(), row.value.state.as_str());
            return Err(Failure::state(name, state, "receiving"));
        };
        let running = Running::of(progress, row.value.format);
        let running = running.map_err(|cause| internal(&cause.to_string()))?;
        Ok(Self {
            gateway: Arc::clone(gateway),
            caller: caller.clone(),
            size: row.value.size,
            next: progress.received,
            buffer: BytesMut::new(),
            kept: Some(Kept {
                progress: progress.clone(),
                running,
                row,
            }),
            keeping: None,
        })
    }

    async fn take_all(
        &mut self,
        mut chunks: impl Stream<Item = Result<FileChunk, Failure>> + Unpin,
        deadline: Instant,
    ) -> Result<(), Failure> {
        // Back in time to say how far it came.
        let until = margin_before(deadline);
        loop {
            match tokio::time::timeout_at(until, chunks.next()).await {
                Ok(Some(chunk)) => self.take(chunk?).await?,
                Ok(None) => return Ok(()),
                Err(_) => {
                    let message = "the deadline came before the end; go on from received_size";
                    return Err(Failure::new(Reason::DeadlineExceeded, message));
                }
            }
        }
    }

    async fn take(&mut self, chunk: FileChunk) -> Result<(), Failure> {
        let next = self.next;
        if chunk.offset != next {
            let offset = chunk.offset;
            let message = format!("the chunk begins at {offset}; the file stands at {next}");
            return Err(Failure::new(Reason::FileOffsetWrong, message));
        }
        if !(1..=CHUNK_BYTES).contains(&chunk.data.len()) {
            let cause = Cause::new("OUT_OF_RANGE", format!("give 1 to {CHUNK_BYTES} bytes"));
            return Err(Failure::field("data", &cause));
        }
        let end = next.saturating_add(count(&chunk.data));
        if end > self.size {
            let message = format!("the file was said to have {} bytes", self.size);
            return Err(Failure::field("data", &Cause::new("TOO_LONG", message)));
        }
        self.next = end;
        let mut data = chunk.data;
        while !data.is_empty() {
            let room = part_bytes().saturating_sub(self.buffer.len());
            self.buffer
                .extend_from_slice(&data.split_to(room.min(data.len())));
            if self.buffer.len() >= part_bytes() {
                self.keep().await?;
            }
        }
        Ok(())
    }

    /// Sends what came on its way to the store, behind the part before it.
    async fn keep(&mut self) -> Result<(), Failure> {
        self.settle().await?;
        if self.buffer.is_empty() {
            return Ok(());
        }
        let bytes = std::mem::take(&mut self.buffer).freeze();
        // After a fault nothing is tried again.
        let Some(kept) = self.kept.take() else {
            return Err(internal("an earlier part was not kept"));
        };
        let (gateway, caller) = (Arc::clone(&self.gateway), self.caller.clone());
        let keeping = async move { gateway.keep_part(&caller, kept, bytes).await };
        self.keeping = Some(tokio::spawn(keeping));
        Ok(())
    }

    /// Waits until the part on its way is durable.
    async fn settle(&mut self) -> Result<(), Failure> {
        if let Some(keeping) = self.keeping.take() {
            let kept = keeping.await;
            self.kept = Some(kept.map_err(|_| internal("a part could not be kept"))??);
        }
        Ok(())
    }

    /// Keeps the rest and says how far the file came.
    async fn finish(mut self) -> Result<Stored<File>, Failure> {
        self.keep().await?;
        self.settle().await?;
        let kept = self.kept.map(|kept| kept.row);
        kept.ok_or_else(|| internal("an earlier part was not kept"))
    }
}

impl Gateway {
    /// Makes a part durable: the object, then the manifest.
    async fn keep_part(
        &self,
        caller: &Caller,
        before: Kept,
        bytes: Bytes,
    ) -> Result<Kept, Failure> {
        // An upload goes on for a minute; the right to it is asked at each part.
        self.authenticate(caller.fingerprint())?;
        if before.progress.parts >= MOST_PARTS {
            let message = format!("the file has {MOST_PARTS} parts; send longer pieces");
            return Err(Failure::new(Reason::StateConflict, message));
        }
        let object = format!("{}/{}", before.row.value.name.id(), self.new_id());
        let size = count(&bytes);
        let hashed = hash(before.running.clone(), bytes.clone());
        let put = self.vault.put(&object, bytes);
        let ((running, digest), ()) = tokio::try_join!(hashed, put)?;
        let part = Part {
            number: before.progress.parts,
            start: before.progress.received,
            size,
            object,
            digest,
        };
        let mut progress = before.progress.clone();
        running.write(&mut progress);
        progress.parts = part.number.saturating_add(1);
        progress.received = part.end();
        match self.commit_part(&before.row, &part, &progress).await {
            Ok(row) => Ok(Kept {
                row,
                progress,
                running,
            }),
            Err(failure) => {
                // No manifest names it. Left behind, it goes with the file.
                let _ = self.vault.remove(&part.object).await;
                Err(failure)
            }
        }
    }

    /// One row more, if nobody else wrote since. Of two uploads of one file the slower ends here.
    async fn commit_part(
        &self,
        before: &Stored<File>,
        part: &Part,
        progress: &Progress,
    ) -> Result<Stored<File>, Failure> {
        let now = self.now();
        let value = File {
            state: FileState::Receiving(progress.clone()),
            ..before.value.clone()
        };
        let mut tx = self.store.begin("keeping a part").await?;
        let updated = tx.update(before, &value, before.update_entry, now).await;
        let row = updated.map_err(|error| match error {
            StoreError::Changed(name) => {
                let message = format!("another request changed {name} meanwhile");
                Failure::new(Reason::FileOffsetWrong, message)
            }
            other => other.into(),
        })?;
        tx.add_part(&value.name, part).await?;
        tx.set_due(&value.name, Some(unfinished_at(now))).await?;
        tx.save().await?;
        Ok(row)
    }
}

fn internal(message: &str) -> Failure {
    Failure::new(Reason::Internal, message)
}

fn count(bytes: &Bytes) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

fn part_bytes() -> usize {
    usize::try_from(PART_BYTES).unwrap_or(usize::MAX)
}

/// Hashing a part takes tens of milliseconds: not on the threads that serve.
async fn hash(mut running: Running, bytes: Bytes) -> Result<(Running, String), Failure> {
    let hashed = tokio::task::spawn_blocking(move || {
        running.add(&bytes);
        let digest = part_digest(&bytes);
        (running, digest)
    });
    hashed
        .await
        .map_err(|_| Failure::new(Reason::Internal, "a part could not be hashed"))
}
