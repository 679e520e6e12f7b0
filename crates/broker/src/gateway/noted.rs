//! What the gateway itself notes on a tick: a day that passed, a thing that can be used.

use ledger::entry::Draft;
use store::{Noun, Stored};

use super::Gateway;
use crate::failure::Failure;

impl Gateway {
    /// Changes one row with its entry, where `step` still finds that it is due: another gateway, or somebody's act, may have
    /// been faster.
    ///
    /// # Errors
    /// The store's; what was noted before stays, and the next tick goes on.
    pub(crate) async fn note<T: Noun + Clone>(
        &self,
        what: &'static str,
        name: &str,
        step: impl FnOnce(T) -> Option<T>,
        draft: impl FnOnce(&T) -> Draft,
    ) -> Result<(), Failure> {
        let now = self.now();
        let mut tx = self.store.begin(what).await?;
        let found: Option<Stored<T>> = tx.get(name).await?;
        let due = found.and_then(|row| {
            let value = step(row.value.clone())?;
            Some((row, value))
        });
        let Some((before, value)) = due else {
            tx.forget().await;
            return Ok(());
        };
        let entry = tx.record(draft(&value), now).await?;
        tx.update(&before, &value, Some(entry), now).await?;
        tx.save().await?;
        self.refresh_after_change().await;
        Ok(())
    }
}
