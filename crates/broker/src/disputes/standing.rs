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
        let today = shaoyang_date(self.now());
        let settled = |dispute: Dispute| dispute.settled(self.law());
        let rows: Vec<Stored<Dispute>> = self.store.in_state("coordinated").await?;
        for row in rows {
            let name = row.value.name.clone();
            // Before the turn of a transaction is taken: most can be taken further still.
            if settled(row.value).stands(today).is_none() {
                continue;
            }
            let stands = |dispute: Dispute| settled(dispute).stands(today);
            let draft =
                |value: &Dispute| self.dispute_draft(&self.new_id(), "gateway", "stands", value);
            let what = "noting a decision that stands";
            self.note(what, name.as_str(), stands, draft).await?;
        }
        Ok(())
    }
}
