//! Provision: whether a provider shares what it agreed to (Order 809 art. 22). It is seen and never stated: an endpoint
//! that serves, a file that lies ready.

use domain::endpoint::Endpoint;
use domain::grant::Grant;
use domain::resource::ShareMode;
use jiff::Timestamp;
use ledger::entry::Draft;
use store::Stored;

use crate::exchange::with_parties;
use crate::failure::Failure;
use crate::gateway::Gateway;

impl Gateway {
    /// Looks at all grants whose provider still has to share, and notes those that can be used now.
    ///
    /// # Errors
    /// The store's.
    pub async fn note_provisions(&self) -> Result<(), Failure> {
        let now = self.now();
        let snapshot = self.snapshot();
        let waiting = snapshot.grants_that_wait_for_provision();
        let answered = waiting.filter(|grant| self.is_answered_for(grant, now));
        for grant in answered {
            // Before the turn of a transaction is taken: most that wait for a file go on waiting.
            if !self.is_provided(grant, now).await? {
                continue;
            }
            let name = &grant.name;
            let mut tx = self.store.begin("noting a provision").await?;
            let found: Option<Stored<Grant>> = tx.get(name.as_str()).await?;
            // Another gateway was faster.
            let waits = found.filter(|row| {
                // Other terms than those that were looked at wait for the next tick.
                row.value.waits_for_provision().is_some() && row.value.version == grant.version
            });
            let Some(before) = waits else {
                tx.forget().await;
                continue;
            };
            let value = before.value.clone().provided(now);
            let entry = tx.record(self.provided_draft(&value), now).await?;
            tx.update(&before, &value, Some(entry), now).await?;
            tx.save().await?;
            self.refresh_after_change().await;
        }
        Ok(())
    }

    /// Whether everything that was agreed on can be used now.
    async fn is_provided(&self, grant: &Grant, now: Timestamp) -> Result<bool, Failure> {
        if !self.is_answered_for(grant, now) {
            return Ok(false);
        }
        let resource = grant.terms.resource.as_str();
        Ok(!is_by_file(grant) || self.store.has_visible_file(resource).await?)
    }

    /// The same at the moment of the agreement, as far as it is known without a look at files: those are seen on the next
    /// tick.
    pub(crate) fn is_provided_at_once(&self, grant: &Grant, now: Timestamp) -> bool {
        self.is_answered_for(grant, now) && !is_by_file(grant)
    }

    /// Whether an endpoint of the provider answers in each mode in which one is asked.
    fn is_answered_for(&self, grant: &Grant, now: Timestamp) -> bool {
        let snapshot = self.snapshot();
        let Some(resource) = snapshot.resource(&grant.terms.resource) else {
            return false;
        };
        let endpoints = snapshot.endpoints(&grant.provider);
        let over_http = snapshot.is_over_http(resource);
        let answers = |mode: &ShareMode| match mode {
            ShareMode::Api | ShareMode::Table => {
                let chosen = Endpoint::chosen(endpoints, *mode, resource, over_http, now);
                chosen.is_some_and(|endpoint| endpoint.health.is_serving())
            }
            ShareMode::File | ShareMode::Mail | ShareMode::Medium => true,
        };
        grant.terms.share_modes.iter().all(answers)
    }

    fn provided_draft(&self, grant: &Grant) -> Draft {
        let draft = Draft::change("sharing.grant.provided", self.new_id())
            .with_fact("actor", "gateway")
            .with_fact("grant", grant.name.as_str())
            .with_fact("version", i64::from(grant.version))
            .with_fact("application", grant.application.as_str())
            .with_fact("resource", grant.terms.resource.as_str());
        let provider = Some(&grant.provider);
        with_parties(draft, &self.snapshot(), &grant.terms.consumer, provider)
    }
}

fn is_by_file(grant: &Grant) -> bool {
    grant.terms.share_modes.contains(&ShareMode::File)
}
