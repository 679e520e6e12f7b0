//! An exchange that nobody is asked for: it is answered out of what is kept.

use domain::policy::Permit;
use jiff::Timestamp;
use ledger::entry::{Draft, Fact};

use super::{Ending, Receipt, Use};
use crate::failure::Failure;
use crate::gateway::Gateway;
use crate::step::Step;

impl Gateway {
    /// Makes the one entry of a use durable: what was asked, and what is about to leave. An intent is
    /// there to be found when the gateway dies while a provider is asked; nobody is asked here, so one
    /// entry before the release promises as much as two.
    pub(crate) async fn serve(
        &self,
        used: &Use,
        permit: &Permit,
        scope: Vec<(&'static str, Fact)>,
        ending: Ending,
        as_of: Timestamp,
    ) -> Result<Receipt, Failure> {
        let draft = Draft::served(used.request_id.as_str());
        let mut draft = self
            .stated(draft, used, permit, scope)
            .with_fact("disposition", ending.disposition)
            .with_fact("released", ending.released)
            .with_fact("from_cache", true)
            .with_fact("as_of", format!("{as_of:.6}"));
        for (key, fact) in ending.facts {
            // `items` is what was asked for, as in an intent; not all of it need have a value.
            let key = if key == "items" {
                "released_items"
            } else {
                key
            };
            draft = draft.with_fact(key, fact);
        }
        let caller = used.caller.principal().to_string();
        let written = self.recorder.served(draft, &caller, self.now());
        let served = self.in_time(used.deadline, written).await?;
        self.step(Step::OutcomeRecorded).await;
        Ok(Receipt::served(served))
    }
}
