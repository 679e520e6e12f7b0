//! The grant that comes of an application, and whether the provider shares what it agreed to.

use domain::application::{Application, ApplicationState};
use domain::grant::{Grant, GrantState, Provision};
use domain::regime::Rule;
use jiff::Timestamp;
use store::Tx;

use crate::failure::Failure;
use crate::gateway::{Act, Gateway};

impl Gateway {
    /// Makes the grant in the transaction that agrees.
    pub(super) async fn insert_grant(
        &self,
        tx: &mut Tx,
        act: &Act<'_>,
        application: &Application,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let resource = self.applied_for(application)?;
        let ApplicationState::Approved {
            answering,
            grant,
            by,
        } = &application.state
        else {
            return Ok(());
        };
        let clock = self.limit(Rule::Share, now)?;
        let grant = Grant {
            name: grant.clone(),
            version: 1,
            application: application.name.clone(),
            terms: application.agreed().clone(),
            resource_version: resource.version().unwrap_or_default(),
            provider: resource.system.clone(),
            approvers: answering.approvers(by),
            created: now,
            provision: Some(Provision {
                clock,
                provided: None,
            }),
            state: GrantState::Active,
        };
        let grant = if self.is_provided_at_once(&grant, now) {
            grant.provided(now)
        } else {
            grant
        };
        let draft = self.grant_draft(act, "sharing.grant.created", &grant);
        let draft = match &resource.progress.retiring {
            Some(retiring) => draft.with_fact("resource_last_day", retiring.last_day.to_string()),
            None => draft,
        };
        let entry = tx.record(draft, now).await?;
        tx.insert(&grant, Some(entry), now).await?;
        Ok(())
    }
}
