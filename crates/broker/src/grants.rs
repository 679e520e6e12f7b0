//! Grants: read, list, narrow, expire, and their versions; their steps stand in a file of their own.

mod steps;
mod used;

use domain::application::{Narrowing, Signed, Terms};
use domain::caller::Caller;
use domain::grant::{ChangeKind, Changed, Grant, GrantError, GrantVersion, StepRule};
use domain::name::GrantName;
use domain::policy::shaoyang_date;
use domain::reason::Reason;
use ledger::entry::Draft;
use store::Stored;

use crate::applications::{filter_faults, row_quota_faults};
use crate::exchange::with_parties;
use crate::failure::Failure;
use crate::gateway::{Act, Gateway, check_etag};
use crate::page::{Page, PageRequest};

pub(crate) use used::Uses;
pub use used::{GrantUsePage, GrantUseRow, UsesFilter};

/// How a grant is narrowed.
#[derive(Clone, Debug)]
pub struct NarrowedGrant {
    /// What is left of it.
    pub change: Narrowing,
    /// Why.
    pub reason: String,
    /// How the consumer was consulted, where the provider narrows.
    pub consultation: Option<String>,
}

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

    /// Puts a next version of less in the place of the present one, at once. The consumer gives up what it does not need;
    /// the provider does so for a reason, after it consulted the consumer, and the competent department hears of it
    /// (Order 809 art. 27).
    ///
    /// # Errors
    /// A refusal, `NOT_FOUND`, every fault of what is left, `STATE_CONFLICT`, `ETAG_MISMATCH`.
    pub async fn narrow_grant(
        &self,
        act: &Act<'_>,
        name: &GrantName,
        narrowed: NarrowedGrant,
        etag: &str,
    ) -> Result<Stored<Grant>, Failure> {
        self.change(act, async |tx, now| {
            let found: Option<Stored<Grant>> = tx.get(name.as_str()).await?;
            let before = found.filter(|row| self.is_party(act.caller, &row.value));
            let before = before.ok_or_else(|| Failure::not_found(name.as_str()))?;
            let grant = &before.value;
            let (consumer, provider) = (
                self.owner_of(&grant.terms.consumer)?,
                self.owner_of(&grant.provider)?,
            );
            let gives_up = act.caller.must_be_officer_of(&consumer).is_ok();
            if !gives_up {
                act.caller.must_be_officer_of(&provider)?;
            }
            check_etag(etag, &before, name.as_str())?;
            let terms = self.narrowed(grant, &narrowed, gives_up)?;
            let change = Changed {
                kind: ChangeKind::Narrowed,
                signed: Signed {
                    by: act.caller.principal().to_string(),
                    at: now,
                },
                reason: narrowed.reason,
                consultation: narrowed.consultation.unwrap_or_default(),
            };
            let next = grant.clone().narrow(terms, change);
            let (value, earlier) = next.map_err(|error| unmoved(name, &error))?;
            let side = if gives_up { "consumer" } else { "provider" };
            let draft = self
                .grant_draft(act, "sharing.grant.narrowed", &value)
                .with_fact("side", side);
            let entry = tx.record(draft, now).await?;
            tx.insert(&earlier, Some(entry), now).await?;
            Ok(tx.update(&before, &value, Some(entry), now).await?)
        })
        .await
    }

    /// What is left, with every fault of it.
    fn narrowed(
        &self,
        grant: &Grant,
        narrowed: &NarrowedGrant,
        gives_up: bool,
    ) -> Result<Terms, Failure> {
        let terms = narrowed.change.of(&grant.terms);
        let mut faults = terms.faults_as_less(&grant.terms, "terms");
        let today = shaoyang_date(self.now());
        if terms.end < today {
            let message = format!(
                "leave it until {today} at least; to end it, revoke it, or let its provider do so"
            );
            faults.add("terms.end_date", "OVER", message);
        }
        match (gives_up, &narrowed.consultation) {
            (false, None) => {
                let message = "say how the consumer was consulted: with whom, when, what was said (Order 809 art. 27)";
                faults.add("consultation", "REQUIRED", message);
            }
            (true, Some(_)) => {
                let message = "you give up what is yours and need nobody's consent; leave it out";
                faults.add("consultation", "NOT_ASKED", message);
            }
            (true, None) | (false, Some(_)) => {}
        }
        let snapshot = self.snapshot();
        let entry = snapshot.resource(&terms.resource);
        if let Some(entry) = entry {
            if let (Some(_), Some(whole)) = (&narrowed.change.row_filter, &terms.row_filter) {
                filter_faults(whole, &terms, entry, "terms.row_filter", &mut faults);
            }
            row_quota_faults(&terms, entry, "terms", &mut faults);
        }
        if faults.is_empty() {
            Ok(terms)
        } else {
            Err(faults.into())
        }
    }

    /// The versions of a grant, the first one first; on the last page the one in force stands last.
    ///
    /// # Errors
    /// `NOT_FOUND`, a bad page token, the store's.
    pub async fn grant_versions(
        &self,
        caller: &Caller,
        name: &GrantName,
        page: &PageRequest,
    ) -> Result<Page<GrantVersion>, Failure> {
        let grant = self.grant(caller, name).await?;
        let mut versions: Page<GrantVersion> = page
            .read(&self.store, "grant_versions", name.as_str())
            .await?;
        if versions.next.is_empty() {
            versions.rows.push(Stored {
                value: grant.value.as_version(),
                revision: grant.revision,
                create_time: grant.value.began(),
                update_time: grant.update_time,
                create_entry: grant.update_entry,
                update_entry: grant.update_entry,
            });
        }
        Ok(versions)
    }

    /// Ends the grants whose last day is over, each with its entry.
    ///
    /// # Errors
    /// The store's.
    pub async fn expire_grants(&self) -> Result<(), Failure> {
        let today = shaoyang_date(self.now());
        let snapshot = self.snapshot();
        let over = snapshot
            .grants()
            .filter(|grant| !grant.state.is_over() && grant.terms.end < today);
        for grant in over {
            let draft = |value: &Grant| {
                let draft = Draft::change("sharing.grant.expired", self.new_id());
                self.about_grant(draft.with_fact("actor", "gateway"), value)
            };
            let step = |found: Grant| found.expired(today);
            self.note("ending a grant", grant.name.as_str(), step, draft)
                .await?;
        }
        Ok(())
    }

    /// Whether the caller stands on one side of the grant, leads the sharing of the city, or oversees.
    pub(crate) fn is_party(&self, caller: &Caller, grant: &Grant) -> bool {
        let snapshot = self.snapshot();
        let own = |name| {
            snapshot
                .system(name)
                .is_some_and(|system| caller.is_of(&system.department))
        };
        let competent = snapshot.competent();
        let leads = competent.is_some_and(|one| caller.is_of(&one.name));
        caller.oversees() || leads || own(&grant.terms.consumer) || own(&grant.provider)
    }

    /// The entry of a change of a grant; both sides find it.
    pub(crate) fn grant_draft(&self, act: &Act<'_>, event: &str, grant: &Grant) -> Draft {
        let draft = Draft::change(event, act.request_id.as_str())
            .with_fact("actor", act.caller.principal().to_string());
        self.about_grant(draft, grant)
    }

    /// What every entry of a grant says.
    fn about_grant(&self, draft: Draft, grant: &Grant) -> Draft {
        let draft = draft
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

/// The step was not legal: the state, the rule, and what would be.
pub(crate) fn unmoved(name: &GrantName, error: &GrantError) -> Failure {
    let reason = match error.rule {
        StepRule::SecondPerson => Reason::SecondPersonNeeded,
        StepRule::State
        | StepRule::ReportFirst
        | StepRule::ReportOpen
        | StepRule::TooManyReports
        | StepRule::StatedAlready => Reason::StateConflict,
    };
    Failure::illegal(reason, error.message(name.as_str()), error.legal_moves())
}
