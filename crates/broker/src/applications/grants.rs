//! The grant that comes of an application, new or as the next version of one, and whether the provider shares what it agreed
//! to.

use domain::application::{Application, ApplicationState, Signed};
use domain::grant::{Amendment, ChangeKind, Changed, Grant, GrantError, GrantState, Provision};
use domain::name::GrantName;
use domain::reason::Reason;
use domain::regime::Rule;
use domain::resource::Resource;
use jiff::Timestamp;
use ledger::entry::Draft;
use store::{Stored, Tx};

use crate::failure::Failure;
use crate::gateway::{Act, Gateway};

/// What was agreed to.
struct Agreed<'a> {
    application: &'a Application,
    resource: Resource,
    grant: &'a GrantName,
    approvers: Vec<String>,
    provision: Provision,
}

impl Gateway {
    /// Makes the grant, or its next version, in the transaction that agrees.
    pub(super) async fn agree(
        &self,
        tx: &mut Tx,
        act: &Act<'_>,
        application: &Application,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let ApplicationState::Approved {
            answering,
            grant,
            by,
        } = &application.state
        else {
            return Ok(());
        };
        let agreed = Agreed {
            application,
            resource: self.applied_for(application)?,
            grant,
            approvers: answering.approvers(by),
            provision: Provision {
                clock: self.limit(Rule::Share, now)?,
                provided: None,
            },
        };
        match &application.amends {
            None => self.insert_grant(tx, act, agreed, now).await,
            Some(_) => self.amend_grant(tx, act, agreed, now).await,
        }
    }

    async fn insert_grant(
        &self,
        tx: &mut Tx,
        act: &Act<'_>,
        agreed: Agreed<'_>,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let grant = Grant {
            name: agreed.grant.clone(),
            version: 1,
            application: agreed.application.name.clone(),
            terms: agreed.application.agreed().clone(),
            resource_version: agreed.resource.version().unwrap_or_default(),
            provider: agreed.resource.system.clone(),
            approvers: agreed.approvers,
            created: now,
            change: None,
            resumed: None,
            unrectified: None,
            disposal_demand: String::new(),
            disposal: None,
            provision: Some(agreed.provision),
            state: GrantState::Active,
        };
        let grant = self.provided_or_not(grant, now);
        let draft = self.grant_draft(act, "sharing.grant.created", &grant);
        let entry = tx.record(ending(draft, &agreed.resource), now).await?;
        tx.insert(&grant, Some(entry), now).await?;
        Ok(())
    }

    async fn amend_grant(
        &self,
        tx: &mut Tx,
        act: &Act<'_>,
        agreed: Agreed<'_>,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let name = agreed.grant.as_str();
        let found: Option<Stored<Grant>> = tx.get(name).await?;
        let before = found.ok_or_else(|| Failure::not_found(name))?;
        if Some(before.value.version) != agreed.application.base {
            let version = before.value.version;
            let message = format!(
                "{name} has version {version} since this was written; let the applicant withdraw it, read the grant and \
                 apply for what is still missing"
            );
            return Err(Failure::new(Reason::StateConflict, message));
        }
        let amendment = Amendment {
            application: agreed.application.name.clone(),
            terms: agreed.application.agreed().clone(),
            resource_version: agreed.resource.version().unwrap_or_default(),
            provider: agreed.resource.system.clone(),
            approvers: agreed.approvers,
            provision: Some(agreed.provision),
            change: Changed {
                kind: ChangeKind::Amended,
                signed: Signed {
                    by: act.caller.principal().to_string(),
                    at: now,
                },
                reason: agreed.application.scene.clone(),
                consultation: String::new(),
            },
        };
        let amended = before.value.clone().amend(amendment);
        let (grant, earlier) = amended.map_err(|error| over(name, &error))?;
        let grant = self.provided_or_not(grant, now);
        let draft = self.grant_draft(act, "sharing.grant.amended", &grant);
        let entry = tx.record(ending(draft, &agreed.resource), now).await?;
        tx.insert(&earlier, Some(entry), now).await?;
        tx.update(&before, &grant, Some(entry), now).await?;
        Ok(())
    }

    fn provided_or_not(&self, grant: Grant, now: Timestamp) -> Grant {
        if self.is_provided_at_once(&grant, now) {
            grant.provided(now)
        } else {
            grant
        }
    }
}

/// Names the last day of an entry that will be retired.
fn ending(draft: Draft, resource: &Resource) -> Draft {
    match &resource.progress.retiring {
        Some(retiring) => draft.with_fact("resource_last_day", retiring.last_day.to_string()),
        None => draft,
    }
}

/// The grant was ended, or stopped for a misuse, while it was applied for more of it.
fn over(name: &str, error: &GrantError) -> Failure {
    let state = error.state;
    let message = format!(
        "{name} is {state}, and nothing more is agreed on it now; let the applicant withdraw this and apply anew"
    );
    Failure::new(Reason::StateConflict, message)
}
