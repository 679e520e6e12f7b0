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
        let _place = self.vault.place(row.value.system.as_str())?;
        let mut upload = Upload::of(self, caller, row)?;
        let ended = upload.take_all(chunks, deadline).await;
        let kept = upload.keep().await;
        ended?;
        kept?;
        Ok(upload.row)
    }
}

/// An upload at work.
struct Upload<'a> {
    gateway: &'a Gateway,
    caller: &'a Caller,
    row: Stored<File>,
    progress: Progress,
    running: Running,
    /// What came and is not kept yet: less than a part.
    buffer: BytesMut,
}

impl<'a> Upload<'a> {
    fn of(gateway: &'a Gateway, caller: &'a Caller, row: Stored<File>) -> Result<Self, Failure> {
        let FileState::Receiving(progress) = &row.value.state else {
            let (name, state) = (row.value.name.as_str(), row.value.state.as_str());
            return Err(Failure::state(name, state, "receiving"));
        };
        let running = Running::of(progress, row.value.format);
        let running = running.map_err(|cause| Failure::new(Reason::Internal, cause.to_string()))?;
        Ok(Self {
            gateway,
            caller,
            progress: progress.clone(),
            running,
            row,
            buffer: BytesMut::new(),
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

    /// The offset at which the next chunk must begin.
    fn next(&self) -> u64 {
        let waiting = u64::try_from(self.buffer.len()).unwrap_or(u64::MAX);
        self.progress.received.saturating_add(waiting)
    }

    async fn take(&mut self, chunk: FileChunk) -> Result<(), Failure> {
        let next = self.next();
        if chunk.offset != next {
            let offset = chunk.offset;
            let message = format!("the chunk begins at {offset}; the file stands at {next}");
            return Err(Failure::new(Reason::FileOffsetWrong, message));
        }
        let length = u64::try_from(chunk.data.len()).unwrap_or(u64::MAX);
        if !(1..=CHUNK_BYTES).contains(&chunk.data.len()) {
            let cause = Cause::new("OUT_OF_RANGE", format!("give 1 to {CHUNK_BYTES} bytes"));
            return Err(Failure::field("data", &cause));
        }
        if next.saturating_add(length) > self.row.value.size {
            let message = format!("the file was said to have {} bytes", self.row.value.size);
            return Err(Failure::field("data", &Cause::new("TOO_LONG", message)));
        }
        let mut data = chunk.data;
        while !data.is_empty() {
            let room = part_bytes()
                .saturating_sub(self.buffer.len())
                .min(data.len());
            self.buffer.extend_from_slice(&data.split_to(room));
            if self.buffer.len() >= part_bytes() {
                self.keep().await?;
            }
        }
        Ok(())
    }

    /// Makes what came durable: the object, then the manifest.
    async fn keep(&mut self) -> Result<(), Failure> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        // Taken even if it cannot be kept: after a fault nothing is tried again.
        let bytes = std::mem::take(&mut self.buffer).freeze();
        // An upload goes on for a minute; the right to it is asked at each part.
        self.gateway.authenticate(self.caller.fingerprint())?;
        if self.progress.parts >= MOST_PARTS {
            let message = format!("the file has {MOST_PARTS} parts; send longer pieces");
            return Err(Failure::new(Reason::StateConflict, message));
        }
        let object = format!("{}/{}", self.row.value.name.id(), self.gateway.new_id());
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let hashed = hash(self.running.clone(), bytes.clone());
        let put = self.gateway.vault.put(&object, bytes);
        let ((running, digest), ()) = tokio::try_join!(hashed, put)?;
        let part = Part {
            number: self.progress.parts,
            start: self.progress.received,
            size,
            object,
            digest,
        };
        let mut progress = self.progress.clone();
        running.write(&mut progress);
        progress.parts = part.number.saturating_add(1);
        progress.received = part.end();
        match self.commit(&part, &progress).await {
            Ok(row) => {
                (self.row, self.progress, self.running) = (row, progress, running);
                Ok(())
            }
            Err(failure) => {
                // No manifest names it. Left behind, it goes with the file.
                let _ = self.gateway.vault.remove(&part.object).await;
                Err(failure)
            }
        }
    }

    /// One row more, if nobody else wrote since. Of two uploads of one file the slower ends here.
    async fn commit(&self, part: &Part, progress: &Progress) -> Result<Stored<File>, Failure> {
        let (gateway, before) = (self.gateway, &self.row);
        let now = gateway.now();
        let value = File {
            state: FileState::Receiving(progress.clone()),
            ..before.value.clone()
        };
        let mut tx = gateway.store.begin("keeping a part").await?;
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
