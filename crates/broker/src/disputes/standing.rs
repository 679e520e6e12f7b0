//! Decisions that stand: nobody took them further in time. The gateway itself sees that day pass.

use domain::dispute::Dispute;
use domain::policy::shaoyang_date;
use store::Stored;

use crate::failure::Failure;
use crate::gateway::Gateway;

impl Gateway {
    /// Notes each decision of a competent department that nobody can take further any more.
    ///
    /// # Errors
    /// The store's; what was written stays, and the next look goes on.
    pub async fn note_standing_decisions(&self) -> Result<(), Failure> {
        let now = self.now();
        let today = shaoyang_date(now);
        let rows: Vec<Stored<Dispute>> = self.store.in_state("coordinated").await?;
        for row in rows {
            let name = row.value.name.clone();
            if self.with_last_day(row).value.stands(today).is_none() {
                continue;
            }
            let mut tx = self.store.begin("noting a decision that stands").await?;
            let found: Option<Stored<Dispute>> = tx.get(name.as_str()).await?;
            let stands = found.and_then(|row| {
                let before = self.with_last_day(row);
                let value = before.value.stands(today)?;
                Some((before, value))
            });
            // Another gateway was faster, or a party.
            let Some((before, value)) = stands else {
                tx.forget().await;
                continue;
            };
            let draft = self.dispute_draft(&self.new_id(), "gateway", "stands", &value);
            let entry = tx.record(draft, now).await?;
            tx.update(&before, &value, Some(entry), now).await?;
            tx.save().await?;
            self.refresh_after_change().await;
        }
        Ok(())
    }
}
