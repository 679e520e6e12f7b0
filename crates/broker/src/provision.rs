//! Provision: whether a provider shares what it agreed to (Order 809 art. 22). It is seen and never stated: an endpoint
//! that serves, a file that lies ready.

use domain::endpoint::Endpoint;
use domain::grant::Grant;
use domain::resource::ShareMode;
use jiff::Timestamp;
use ledger::entry::Draft;

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
            // Other terms than those that were looked at wait for the next tick.
            let step = |found: Grant| {
                let waits = found.waits_for_provision().is_some();
                (waits && found.version == grant.version).then(|| found.provided(now))
            };
            let draft = |value: &Grant| self.provided_draft(value);
            self.note("noting a provision", grant.name.as_str(), step, draft)
                .await?;
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
