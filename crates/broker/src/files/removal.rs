//! How files go: first nobody sees them, then their bytes are removed, then an entry proves it. Whatever
//! is between two steps when the process dies, [`Gateway::tidy_files`] takes up again.

use domain::file::{File, FileState, Removal, Why};
use domain::name::FileName;
use domain::reason::Reason;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use store::{Stored, Tx};

use super::{file_draft, unfinished_at};
use crate::failure::Failure;
use crate::gateway::Gateway;

/// Files that one look takes up.
pub(crate) const BATCH: u32 = 100;
/// Looks of one tick: a tick a minute removes more than can come in one.
pub(crate) const LOOKS: u32 = 100;
/// A file that cannot be removed is tried again after so long, behind those that can.
pub(crate) const AGAIN: SignedDuration = SignedDuration::from_mins(1);
/// By whom a file goes when nobody asked for it.
const GATEWAY: &str = "gateway";

/// Why a file goes, and at whose wish.
pub(super) struct Order<'a> {
    pub(super) why: Why,
    pub(super) by: &'a str,
    pub(super) request_id: &'a str,
    /// What was not as it was said to be.
    pub(super) wrong: Vec<String>,
}

impl<'a> Order<'a> {
    pub(super) fn new(why: Why, by: &'a str, request_id: &'a str) -> Self {
        Self {
            why,
            by,
            request_id,
            wrong: Vec::new(),
        }
    }
}

impl Gateway {
    /// Takes a file out of sight, with the entry that tells of it, in a transaction of the caller's.
    pub(super) async fn retire_file(
        &self,
        tx: &mut Tx,
        before: &Stored<File>,
        order: &Order<'_>,
        now: Timestamp,
    ) -> Result<Stored<File>, Failure> {
        let file = &before.value;
        let removal = Removal {
            why: order.why,
            by: order.by.to_owned(),
            request_id: order.request_id.to_owned(),
            at: now,
            digests: file.digests().cloned(),
            bytes: file.received(),
        };
        let value = File {
            state: FileState::Deleting(removal),
            ..file.clone()
        };
        let event = format!("exchange.file.{}", order.why.as_str());
        let mut draft = file_draft(&event, order.request_id, &value).with_fact("actor", order.by);
        if !order.wrong.is_empty() {
            draft = draft.with_fact("wrong", order.wrong.clone());
        }
        let entry = tx.record(draft, now).await?;
        let stored = tx.update(before, &value, Some(entry), now).await?;
        tx.set_due(&value.name, Some(now)).await?;
        Ok(stored)
    }

    /// Removes the bytes of a file that is out of sight, as far as that goes now; the job does the rest.
    pub(super) async fn removed_file(&self, row: Stored<File>) -> Stored<File> {
        match self.remove_file(&row.value).await {
            Ok(Some(removed)) => removed,
            Ok(None) => row,
            Err(failure) => {
                tracing::warn!(file = %row.value.name, reason = %failure.reason, "a file is not removed yet");
                row
            }
        }
    }

    /// Removes the bytes, and records that they are gone. None when somebody else did.
    async fn remove_file(&self, file: &File) -> Result<Option<Stored<File>>, Failure> {
        self.vault.remove_all(file.name.id()).await?;
        let now = self.now();
        let mut tx = self.store.begin("recording a removal").await?;
        let before = tx.get::<File>(file.name.as_str()).await?;
        let Some(before) = before else {
            return Ok(None);
        };
        let FileState::Deleting(removal) = &before.value.state else {
            return Ok(None);
        };
        let value = File {
            state: FileState::Deleted {
                removal: removal.clone(),
                at: now,
            },
            ..before.value.clone()
        };
        let draft = file_draft("exchange.file.deleted", &removal.request_id, &value)
            .with_fact("actor", removal.by.as_str())
            .with_fact("reason", removal.why.as_str())
            .with_fact("removed_bytes", super::whole_number(removal.bytes));
        let entry = tx.record(draft, now).await?;
        let stored = tx.update(&before, &value, Some(entry), now).await?;
        tx.drop_parts(&value.name).await?;
        tx.set_due(&value.name, None).await?;
        tx.save().await?;
        tracing::info!(file = %value.name, why = removal.why.as_str(), "a file was removed");
        Ok(Some(stored))
    }

    /// Looks at the files that are due: terms that ended, uploads that nobody went on with, removals that
    /// were begun. Called on a tick; several gateways may do so at once.
    ///
    /// # Errors
    /// The first [`Failure`]; one file that cannot be removed does not keep the others, and is tried again
    /// a minute later.
    pub async fn tidy_files(&self) -> Result<(), Failure> {
        let now = self.now();
        let mut tidied = Ok(());
        for _ in 0..LOOKS {
            let due = self.store.files_due(now, BATCH).await?;
            let is_last = due.len() < usize::try_from(BATCH).unwrap_or(usize::MAX);
            for row in due {
                let name = row.value.name.clone();
                let done = self.tidy_file(row, now).await;
                if let Err(failure) = &done {
                    tracing::warn!(file = %name, reason = %failure.reason, "a file is not removed yet");
                    self.put_file_off(&name).await?;
                }
                tidied = tidied.and(done);
            }
            if is_last {
                break;
            }
        }
        tidied
    }

    async fn put_file_off(&self, name: &FileName) -> Result<(), Failure> {
        let again = self.now().saturating_add(AGAIN).unwrap_or(Timestamp::MAX);
        let mut tx = self.store.begin("putting a removal off").await?;
        tx.set_due(name, Some(again)).await?;
        tx.save().await?;
        Ok(())
    }

    async fn tidy_file(&self, row: Stored<File>, now: Timestamp) -> Result<(), Failure> {
        let going = match &row.value.state {
            FileState::Deleting(_) => Some(row),
            FileState::Receiving(_) if unfinished_at(row.update_time) <= now => {
                self.retire_alone(&row, Why::Abandoned, now).await?
            }
            FileState::Visible { .. } if row.value.is_over(now) => {
                self.retire_alone(&row, Why::Expired, now).await?
            }
            // Somebody was faster since the list was read.
            FileState::Receiving(_) | FileState::Visible { .. } | FileState::Deleted { .. } => None,
        };
        if let Some(row) = going {
            self.remove_file(&row.value).await?;
        }
        Ok(())
    }

    /// Takes a file out of sight when nobody asked for it. None when it changed meanwhile.
    async fn retire_alone(
        &self,
        row: &Stored<File>,
        why: Why,
        now: Timestamp,
    ) -> Result<Option<Stored<File>>, Failure> {
        let mut tx = self.store.begin("retiring a file").await?;
        let request = self.ids.uuid();
        let order = Order::new(why, GATEWAY, &request);
        match self.retire_file(&mut tx, row, &order, now).await {
            Ok(retired) => {
                tx.save().await?;
                Ok(Some(retired))
            }
            Err(failure) if failure.reason == Reason::EtagMismatch => Ok(None),
            Err(failure) => Err(failure),
        }
    }
}

/// The first moment after a day in Shaoyang.
pub(super) fn end_of(day: Date, now: Timestamp) -> Timestamp {
    let zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(8));
    let next = day.checked_add(1.day()).ok();
    let start = next.and_then(|next| next.to_zoned(zone).ok());
    start.map_or(now, |start| start.timestamp())
}
