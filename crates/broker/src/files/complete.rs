//! The end of an upload: the content is what it was said to be and becomes visible, or it goes.

use domain::fault::Faults;
use domain::file::{
    Digest, Digests, Directory, END_BYTES, File, FileState, Progress, Why, directory,
};
use domain::name::FileName;
use domain::reason::Reason;
use domain::watch::{SeenIn, Sign, Update};
use store::Stored;

use super::digest::Running;
use super::removal::{Order, end_of};
use super::{file_draft, gone};
use crate::failure::Failure;
use crate::gateway::{Act, Gateway};

/// So much of the beginning tells the type.
const HEAD_BYTES: u64 = 1024;

impl Gateway {
    /// Judges a file that has all its bytes. It becomes visible, or is dropped for good.
    ///
    /// # Errors
    /// A refusal, `NOT_FOUND`, `STATE_CONFLICT` for one that is not complete yet or no longer under
    /// way, `FILE_CONTENT_REFUSED` with everything that is wrong with it.
    pub async fn complete_file(
        &self,
        act: &Act<'_>,
        name: &FileName,
    ) -> Result<Stored<File>, Failure> {
        let row = self.own_file(act.caller, name).await?;
        let judged = match &row.value.state {
            FileState::Receiving(progress) if progress.received == row.value.size => {
                Some(self.judge_file(&row.value, progress).await?)
            }
            FileState::Receiving(progress) => {
                let (received, size) = (progress.received, row.value.size);
                let message = format!("{received} of {size} bytes were received");
                return Err(Failure::new(Reason::StateConflict, message));
            }
            // A repetition finds its answer; anything else is refused below.
            _ => None,
        };
        let done = self
            .change(act, async |tx, now| {
                let Some((digests, faults)) = &judged else {
                    let state = row.value.state.as_str();
                    return Err(Failure::state(name.as_str(), state, "receiving"));
                };
                let by = act.caller.principal().to_string();
                let request = act.request_id.as_str();
                if !faults.is_empty() {
                    let order = Order {
                        wrong: faults.as_slice().iter().map(|f| f.field.clone()).collect(),
                        ..Order::new(Why::Rejected, &by, request)
                    };
                    return self.retire_file(tx, &row, &order, now).await;
                }
                let FileState::Receiving(progress) = &row.value.state else {
                    return Err(Failure::not_found(name.as_str()));
                };
                let parts = progress.parts;
                let value = File {
                    state: FileState::Visible {
                        digests: digests.clone(),
                        parts,
                        since: now,
                    },
                    ..row.value.clone()
                };
                let draft = file_draft("exchange.file.completed", request, &value)
                    .with_fact("actor", by)
                    .with_fact("parts", i64::from(parts))
                    .with_fact("retained_until", value.retention.until.to_string());
                let entry = tx.record(draft, now).await?;
                let stored = tx.update(&row, &value, Some(entry), now).await?;
                let update = Update {
                    at: now,
                    sign: Sign::File,
                };
                self.note_update(tx, act, &value.resource, update, now)
                    .await?;
                let ends = end_of(value.retention.until, now);
                tx.set_due(&value.name, Some(ends)).await?;
                Ok(stored)
            })
            .await?;
        if done.value.removal().is_none() {
            self.read_watches(std::slice::from_ref(&done.value.resource))
                .await?;
            // A repetition looks too: the gateway may have ended before it could.
            self.watch_columns(&done.value).await;
            return Ok(done);
        }
        let entry = done.update_entry;
        let done = self.removed_file(done).await;
        let faults = judged.map(|(_, faults)| faults).unwrap_or_default();
        Err(refused(&done.value, &faults, entry))
    }

    /// Looks at the columns of a file that became visible. It is not held up by them: what differs is told to its
    /// department and to who holds grants.
    async fn watch_columns(&self, file: &File) {
        let snapshot = self.snapshot();
        let Some(resource) = snapshot.resource(&file.resource) else {
            return;
        };
        let noted = match self.file_columns(file, resource).await {
            Ok(Some(changes)) => {
                self.note_drift(&file.resource, &changes, SeenIn::File)
                    .await
            }
            Ok(None) => Ok(()),
            Err(failure) => Err(failure),
        };
        if let Err(failure) = noted {
            let (resource, error) = (&file.resource, failure.message);
            tracing::warn!(%resource, error, "columns of a file were not looked at");
        }
    }

    /// The digests of a file, and what is wrong with it.
    async fn judge_file(
        &self,
        file: &File,
        progress: &Progress,
    ) -> Result<(Digests, Faults), Failure> {
        let internal =
            |cause: domain::fault::Cause| Failure::new(Reason::Internal, cause.to_string());
        let running = Running::of(progress, file.format).map_err(internal)?;
        let is_text = running.is_text();
        let digests = running.finish().map_err(internal)?;
        let mut faults = Faults::default();
        differs(
            &mut faults,
            "sha256",
            file.claimed.sha256.as_ref(),
            &digests.sha256,
        );
        differs(&mut faults, "sm3", file.claimed.sm3.as_ref(), &digests.sm3);
        let head = self.bytes_of(file, 0, HEAD_BYTES).await?;
        let mut fits = is_text && file.format.begins_so(&head);
        if fits && file.format.is_zip() {
            fits = self.is_archive(file).await?;
        }
        if !fits {
            let text = format!("the bytes are not those of {}", file.format.content_type());
            faults.add("content_type", "CONTENT_DIFFERS", text);
        }
        Ok((digests, faults))
    }

    /// Whether the list at the end of an archive is there, with the member that its type must have.
    async fn is_archive(&self, file: &File) -> Result<bool, Failure> {
        let start = file.size.saturating_sub(END_BYTES);
        let tail = self.bytes_of(file, start, END_BYTES).await?;
        let Some(found) = directory(&tail, file.size) else {
            return Ok(false);
        };
        let Some(member) = file.format.member() else {
            return Ok(true);
        };
        let list = self.bytes_of(file, found.start, found.length).await?;
        Ok(Directory::names(&list, member))
    }

    /// Some bytes of a file, as many as there are; never more than a few MiB are asked for.
    pub(super) async fn bytes_of(
        &self,
        file: &File,
        start: u64,
        most: u64,
    ) -> Result<Vec<u8>, Failure> {
        let end = file.size.min(start.saturating_add(most));
        let (mut bytes, mut place) = (Vec::new(), start);
        while place < end {
            let part = self.store.part_at(&file.name, place).await?;
            let parts = self.store.parts(&file.name, part.unwrap_or_default(), 1);
            let parts = parts.await?;
            let Some(part) = parts.first().filter(|part| part.start <= place) else {
                return Err(Failure::new(Reason::Internal, "the manifest has a gap"));
            };
            let range = place.saturating_sub(part.start)..end.min(part.end()) - part.start;
            bytes.extend_from_slice(&self.vault.get_range(&part.object, range).await?);
            place = part.end();
        }
        Ok(bytes)
    }
}

fn differs(faults: &mut Faults, field: &str, claimed: Option<&Digest>, found: &Digest) {
    if claimed.is_some_and(|claimed| claimed != found) {
        let text = format!("the bytes that came have {}", found.as_str());
        faults.add(field, "DIGEST_DIFFERS", text);
    }
}

/// The answer to a file that was not what it was said to be, also to a repetition of the request.
fn refused(file: &File, faults: &Faults, entry: Option<u64>) -> Failure {
    if file
        .removal()
        .is_none_or(|removal| removal.why != Why::Rejected)
    {
        return gone(file);
    }
    let message = "the content is not what it was said to be; the file was dropped";
    Failure {
        faults: faults.as_slice().to_vec(),
        entry,
        ..Failure::new(Reason::FileContentRefused, message)
    }
}
