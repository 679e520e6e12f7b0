//! Grants: read, list, suspend, resume, revoke.

use domain::caller::Caller;
use domain::grant::{Grant, GrantError};
use domain::name::GrantName;
use domain::reason::Reason;
use ledger::entry::Draft;
use store::Stored;

use crate::exchange::with_parties;
use crate::failure::Failure;
use crate::gateway::{Act, Gateway};
use crate::page::{Page, PageRequest};

impl Gateway {
    /// One grant, if the caller is a party to it or oversees.
    ///
    /// # Errors
    /// `NOT_FOUND`.
    pub async fn grant(&self, caller: &Caller, name: &GrantName) -> Result<Stored<Grant>, Failure> {
        let found: Option<Stored<Grant>> = self.store.get(name.as_str()).await?;
        found
            .filter(|row| self.is_party(caller, &row.value))
            .ok_or_else(|| Failure::not_found(name.as_str()))
    }

    /// Grants that the caller may see, oldest first.
    ///
    /// # Errors
    /// A bad page token; the store.
    pub async fn grants(
        &self,
        caller: &Caller,
        page: &PageRequest,
    ) -> Result<Page<Grant>, Failure> {
        page.read_visible(&self.store, "grants", "", |grant| {
            self.is_party(caller, grant)
        })
        .await
    }

    /// Stops the use of a grant at once (Order 809 art. 27).
    ///
    /// # Errors
    /// A refusal, `NOT_FOUND`, `STATE_CONFLICT`.
    pub async fn suspend_grant(
        &self,
        act: &Act<'_>,
        name: &GrantName,
        reason: String,
    ) -> Result<Stored<Grant>, Failure> {
        self.move_grant(act, name, "sharing.grant.suspended", |grant, by| {
            grant.suspend(reason, by)
        })
        .await
    }

    /// Ends a suspension; another person than the one who suspended.
    ///
    /// # Errors
    /// A refusal, `NOT_FOUND`, `STATE_CONFLICT`, `SECOND_PERSON_NEEDED`.
    pub async fn resume_grant(
        &self,
        act: &Act<'_>,
        name: &GrantName,
    ) -> Result<Stored<Grant>, Failure> {
        self.move_grant(act, name, "sharing.grant.resumed", |grant, by| {
            grant.resume(&by)
        })
        .await
    }

    /// Ends a grant for good.
    ///
    /// # Errors
    /// A refusal, `NOT_FOUND`, `STATE_CONFLICT`.
    pub async fn revoke_grant(
        &self,
        act: &Act<'_>,
        name: &GrantName,
        reason: String,
    ) -> Result<Stored<Grant>, Failure> {
        self.move_grant(act, name, "sharing.grant.revoked", |grant, by| {
            grant.revoke(reason, by)
        })
        .await
    }

    async fn move_grant(
        &self,
        act: &Act<'_>,
        name: &GrantName,
        event: &'static str,
        step: impl FnOnce(Grant, String) -> Result<Grant, GrantError> + Send,
    ) -> Result<Stored<Grant>, Failure> {
        self.change(act, async |tx, now| {
            let before: Stored<Grant> = tx
                .get(name.as_str())
                .await?
                .ok_or_else(|| Failure::not_found(name.as_str()))?;
            act.caller
                .must_manage(&self.owner_of(&before.value.provider)?)?;
            let by = act.caller.principal().to_string();
            let value = step(before.value.clone(), by).map_err(|error| match error {
                GrantError::SamePerson => Failure::new(
                    Reason::SecondPersonNeeded,
                    "the person who suspended the grant may not end the suspension",
                ),
                GrantError::State(state) => {
                    Failure::state(name.as_str(), state.as_str(), "in the state before it")
                }
            })?;
            let entry = tx.record(self.grant_draft(act, event, &value), now).await?;
            Ok(tx.update(&before, &value, Some(entry), now).await?)
        })
        .await
    }

    /// Whether the caller stands on one side of the grant, or oversees.
    fn is_party(&self, caller: &Caller, grant: &Grant) -> bool {
        let snapshot = self.snapshot();
        let own = |name| {
            snapshot
                .system(name)
                .is_some_and(|system| caller.is_of(&system.department))
        };
        caller.oversees() || own(&grant.terms.consumer) || own(&grant.provider)
    }

    /// The entry of a change of a grant; both sides find it.
    pub(crate) fn grant_draft(&self, act: &Act<'_>, event: &str, grant: &Grant) -> Draft {
        let draft = Draft::change(event, act.request_id.as_str())
            .with_fact("actor", act.caller.principal().to_string())
            .with_fact("grant", grant.name.as_str())
            .with_fact("version", i64::from(grant.version))
            .with_fact("application", grant.application.as_str())
            .with_fact("resource", grant.terms.resource.as_str())
            .with_fact("state", grant.state.as_str());
        with_parties(
            self.with_special_terms(draft, &grant.terms),
            &self.snapshot(),
            &grant.terms.consumer,
            Some(&grant.provider),
        )
    }
}
