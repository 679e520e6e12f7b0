//! How the files of links go: at the link's end their bytes are removed, then an entry proves it.

use domain::file_link::{FileLink, LinkState};
use jiff::Timestamp;
use store::Stored;

use crate::failure::Failure;
use crate::files::{AGAIN, BATCH, LOOKS};
use crate::gateway::Gateway;

impl Gateway {
    /// Removes the files of links whose time is over. Called on a tick; several gateways may do so at
    /// once, and what a crash left is taken up again.
    ///
    /// # Errors
    /// The first [`Failure`]; one file that cannot be removed does not keep the others, and is tried again
    /// a minute later.
    pub async fn tidy_file_links(&self) -> Result<(), Failure> {
        let mut tidied = Ok(());
        for _ in 0..LOOKS {
            let due = self.store.file_links_due(self.now(), BATCH).await?;
            let is_last = due.len() < usize::try_from(BATCH).unwrap_or(usize::MAX);
            for row in due {
                let done = self.remove_link(&row).await;
                if let Err(failure) = &done {
                    tracing::warn!(link = %row.value.name, reason = %failure.reason, "a file is not removed yet");
                    self.put_off(&row.value).await?;
                }
                tidied = tidied.and(done);
            }
            if is_last {
                break;
            }
        }
        tidied
    }

    async fn put_off(&self, link: &FileLink) -> Result<(), Failure> {
        let again = self.now().saturating_add(AGAIN).unwrap_or(Timestamp::MAX);
        let mut tx = self.store.begin("putting a removal off").await?;
        tx.set_link_due(&link.name, Some(again)).await?;
        tx.save().await?;
        Ok(())
    }

    async fn remove_link(&self, row: &Stored<FileLink>) -> Result<(), Failure> {
        // No new answer begins after the end, so nobody needs the bytes any more.
        self.vault.remove_all(&row.value.object).await?;
        let now = self.now();
        let mut tx = self.store.begin("removing a file link").await?;
        let before = tx.get::<FileLink>(row.value.name.as_str()).await?;
        let Some(before) = before.filter(|before| before.value.is_over(now)) else {
            return Ok(());
        };
        let LinkState::Open { reads } = before.value.state else {
            return Ok(());
        };
        let value = FileLink {
            state: LinkState::Removed { at: now },
            ..before.value.clone()
        };
        let draft = self
            .link_draft("exchange.file_link.removed", &value)
            .with_fact("reads", i64::from(reads));
        let entry = tx.record(draft, now).await?;
        tx.update(&before, &value, Some(entry), now).await?;
        tx.set_link_due(&value.name, None).await?;
        tx.save().await?;
        Ok(())
    }
}
