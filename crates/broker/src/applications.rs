//! Applications: write, submit, approve, refuse, read, list.

use domain::application::{Application, ApplicationState, Clock, Terms, Unusable};
use domain::caller::Caller;
use domain::fault::{FaultCause as _, Faults};
use domain::grant::{Grant, GrantState};
use domain::name::{ApplicationName, DepartmentName, GrantName, SystemName};
use domain::policy::shaoyang_date;
use domain::reason::Reason;
use domain::regime::Rule;
use domain::resource::{Resource, ShareMode, ShareType};
use domain::snapshot::Snapshot;
use jiff::Timestamp;
use jiff::civil::Date;
use ledger::entry::Draft;
use store::{Stored, Tx};

use crate::failure::Failure;
use crate::gateway::{Act, Gateway, check_etag};
use crate::page::{Page, PageRequest};

impl Gateway {
    /// Writes an application.
    ///
    /// # Errors
    /// A refusal, or all faults of the application.
    pub async fn create_application(
        &self,
        act: &Act<'_>,
        mut application: Application,
    ) -> Result<Stored<Application>, Failure> {
        act.caller
            .must_be_officer_of(&self.owner_of(&application.terms.consumer)?)?;
        application.applicant = act.caller.principal().to_string();
        self.change(act, async |tx, now| {
            let faults = term_faults(&self.snapshot(), &application, shaoyang_date(now));
            if !faults.is_empty() {
                return Err(faults.into());
            }
            let draft = self.application_draft(act, "sharing.application.created", &application)?;
            let entry = tx.record(draft, now).await?;
            Ok(tx.insert(&application, Some(entry), now).await?)
        })
        .await
    }

    /// Hands an application to the provider; the provider's clock starts.
    ///
    /// # Errors
    /// A refusal, `NOT_FOUND`, `STATE_CONFLICT`, `RESOURCE_STOPPED`, or a clock that cannot be computed.
    pub async fn submit_application(
        &self,
        act: &Act<'_>,
        name: &ApplicationName,
        etag: &str,
    ) -> Result<Stored<Application>, Failure> {
        self.change(act, async |tx, now| {
            let before = row(tx, name, etag).await?;
            act.caller
                .must_be_officer_of(&self.owner_of(&before.value.terms.consumer)?)?;
            let resource = self.applied_for(&before.value)?;
            let terms = &before.value.terms;
            must_fit(terms, &resource)?;
            match terms.must_be_usable(&resource, shaoyang_date(now), None) {
                // The provider is told when it agrees.
                Ok(()) | Err(Unusable::EndsBefore(_)) => {}
                Err(why @ Unusable::Stopped(_)) => return Err(unusable(terms, why)),
            }
            let clock = self.answer_clock(&resource, now)?;
            let value = before
                .value
                .clone()
                .submit(clock)
                .map_err(|state| Failure::state(name.as_str(), state.as_str(), "draft"))?;
            let draft = self.application_draft(act, "sharing.application.submitted", &value)?;
            let entry = tx.record(draft, now).await?;
            Ok(tx.update(&before, &value, Some(entry), now).await?)
        })
        .await
    }

    /// Agrees. The grant is made in the same transaction. `known` is the last day of an entry that will be retired,
    /// as whoever agrees was told of it.
    ///
    /// # Errors
    /// A refusal, `NOT_FOUND`, `STATE_CONFLICT`, `SECOND_PERSON_NEEDED`, `RESOURCE_STOPPED`.
    pub async fn approve_application(
        &self,
        act: &Act<'_>,
        name: &ApplicationName,
        known: Option<Date>,
        etag: &str,
    ) -> Result<(Stored<Application>, Stored<Grant>), Failure> {
        let approved = self
            .change(act, async |tx, now| {
                let before = row(tx, name, etag).await?;
                let resource = self.applied_for(&before.value)?;
                act.caller.must_be_officer_of(&resource.department)?;
                let by = act.caller.principal().to_string();
                if self.is_same_person(&before.value.applicant, act.caller) {
                    // Both sides are one department since a merger.
                    let message = "the person who wrote the application may not approve it";
                    return Err(Failure::new(Reason::SecondPersonNeeded, message));
                }
                let terms = &before.value.terms;
                must_fit(terms, &resource)?;
                terms
                    .must_be_usable(&resource, shaoyang_date(now), known)
                    .map_err(|why| unusable(terms, why))?;
                let grant = self.new_grant(act, &before.value, &resource, now)?;
                let value = before
                    .value
                    .clone()
                    .approve(grant.name.clone(), by)
                    .map_err(|state| Failure::state(name.as_str(), state.as_str(), "submitted"))?;
                let draft = self.application_draft(act, "sharing.application.approved", &value)?;
                let draft = match &resource.progress.retiring {
                    Some(retiring) => {
                        draft.with_fact("resource_last_day", retiring.last_day.to_string())
                    }
                    None => draft,
                };
                let entry = tx.record(draft, now).await?;
                let made = tx
                    .record(self.grant_draft(act, "sharing.grant.created", &grant), now)
                    .await?;
                tx.insert(&grant, Some(made), now).await?;
                Ok(tx.update(&before, &value, Some(entry), now).await?)
            })
            .await?;
        let ApplicationState::Approved { grant, .. } = &approved.value.state else {
            return Err(Failure::state(
                name.as_str(),
                approved.value.state.as_str(),
                "approved",
            ));
        };
        let grant = self.grant(act.caller, grant).await?;
        Ok((approved, grant))
    }

    /// Declines with a reason (Order 809 art. 21), whatever became of the entry since.
    ///
    /// # Errors
    /// A refusal, `NOT_FOUND`, `STATE_CONFLICT`.
    pub async fn refuse_application(
        &self,
        act: &Act<'_>,
        name: &ApplicationName,
        reason: String,
        etag: &str,
    ) -> Result<Stored<Application>, Failure> {
        self.change(act, async |tx, now| {
            let before = row(tx, name, etag).await?;
            act.caller
                .must_be_officer_of(&self.provider_of(&before.value)?)?;
            let by = act.caller.principal().to_string();
            let value = before
                .value
                .clone()
                .refuse(reason, by)
                .map_err(|state| Failure::state(name.as_str(), state.as_str(), "submitted"))?;
            let draft = self.application_draft(act, "sharing.application.refused", &value)?;
            let entry = tx.record(draft, now).await?;
            Ok(tx.update(&before, &value, Some(entry), now).await?)
        })
        .await
    }

    /// One application, if the caller is a party to it or oversees.
    ///
    /// # Errors
    /// `NOT_FOUND`.
    pub async fn application(
        &self,
        caller: &Caller,
        name: &ApplicationName,
    ) -> Result<Stored<Application>, Failure> {
        let found: Option<Stored<Application>> = self.store.get(name.as_str()).await?;
        found
            .filter(|row| self.is_applying(caller, &row.value))
            .ok_or_else(|| Failure::not_found(name.as_str()))
    }

    /// Applications that the caller may see, oldest first.
    ///
    /// # Errors
    /// A bad page token; the store.
    pub async fn applications(
        &self,
        caller: &Caller,
        page: &PageRequest,
    ) -> Result<Page<Application>, Failure> {
        page.read_visible(&self.store, "applications", "", |a| {
            self.is_applying(caller, a)
        })
        .await
    }

    /// A new application name.
    ///
    /// # Errors
    /// Never; the name's rule is asked once more.
    pub fn new_application_name(&self) -> Result<ApplicationName, Failure> {
        ApplicationName::from_id(&self.ids.uuid()).map_err(|cause| Failure::field("name", &cause))
    }

    /// The department that owns a system.
    pub(crate) fn owner_of(&self, system: &SystemName) -> Result<DepartmentName, Failure> {
        let snapshot = self.snapshot();
        let found = snapshot
            .system(system)
            .map(|system| system.department.clone());
        found.ok_or_else(|| Failure::not_found(system.as_str()))
    }

    fn is_applying(&self, caller: &Caller, application: &Application) -> bool {
        let snapshot = self.snapshot();
        let terms = &application.terms;
        let consumes = snapshot
            .system(&terms.consumer)
            .is_some_and(|s| caller.is_of(&s.department));
        // A draft is the applicant's own matter until it is handed over.
        let provides = application.state != ApplicationState::Draft
            && snapshot
                .resource(&terms.resource)
                .is_some_and(|r| caller.is_of(&r.department));
        caller.oversees() || consumes || provides
    }

    /// The entry, published or stopped since.
    fn applied_for(&self, application: &Application) -> Result<Resource, Failure> {
        let name = &application.terms.resource;
        let snapshot = self.snapshot();
        let found = snapshot
            .resource(name)
            .filter(|resource| resource.state.is_public());
        found
            .map(|resource| Resource::clone(resource))
            .ok_or_else(|| Failure::not_found(name.as_str()))
    }

    /// Who answers for the entry, at whatever stage it is now.
    fn provider_of(&self, application: &Application) -> Result<DepartmentName, Failure> {
        let name = &application.terms.resource;
        let snapshot = self.snapshot();
        let found = snapshot.resource(name);
        found
            .map(|resource| resource.department.clone())
            .ok_or_else(|| Failure::not_found(name.as_str()))
    }

    fn new_grant(
        &self,
        act: &Act<'_>,
        application: &Application,
        resource: &Resource,
        now: Timestamp,
    ) -> Result<Grant, Failure> {
        let name = GrantName::from_id(&self.ids.uuid())
            .map_err(|cause| Failure::field("grant", &cause))?;
        Ok(Grant {
            name,
            version: 1,
            application: application.name.clone(),
            terms: application.terms.clone(),
            resource_version: resource.version().unwrap_or_default(),
            provider: resource.system.clone(),
            approvers: vec![act.caller.principal().to_string()],
            created: now,
            state: GrantState::Active,
        })
    }

    /// The provider's clock by the regime in force on the day of receipt.
    fn answer_clock(&self, resource: &Resource, now: Timestamp) -> Result<Clock, Failure> {
        let rule = match resource.share_type {
            ShareType::Unconditional => Rule::AnswerUnconditional,
            ShareType::Conditional { .. } => Rule::AnswerConditional,
            ShareType::NotShared { .. } => {
                let message = format!("{} is not shared; it cannot be applied for", resource.name);
                return Err(Failure::new(Reason::StateConflict, message));
            }
        };
        self.limit(rule, now)
    }

    /// Says of terms what is not the rule. The row filter is named by a keyed hash: its values can be a
    /// person's. Its items are names.
    pub(crate) fn with_special_terms(&self, mut draft: Draft, terms: &Terms) -> Draft {
        if terms.issues_use_codes {
            draft = draft.with_fact("issues_use_codes", true);
        }
        let Some(filter) = &terms.row_filter else {
            return draft;
        };
        let items: Vec<String> = filter.keys().iter().map(ToString::to_string).collect();
        draft
            .with_fact("row_filter", self.row_filter_digest(filter))
            .with_fact("row_filter_items", items)
    }

    fn application_draft(
        &self,
        act: &Act<'_>,
        event: &str,
        application: &Application,
    ) -> Result<Draft, Failure> {
        let terms = &application.terms;
        let draft = Draft::change(event, act.request_id.as_str())
            .with_fact("actor", act.caller.principal().to_string())
            .with_fact("application", application.name.as_str())
            .with_fact("consumer", terms.consumer.as_str())
            .with_fact(
                "consumer_department",
                self.owner_of(&terms.consumer)?.as_str(),
            )
            .with_fact("resource", terms.resource.as_str())
            .with_fact("state", application.state.as_str());
        let draft = self.with_special_terms(draft, terms);
        Ok(match application.state.clock() {
            Some(clock) => {
                let due = clock.due.map_or_else(String::new, |due| due.to_string());
                draft
                    .with_fact("due", due)
                    .with_fact("due_rule", clock.rule.as_str())
            }
            None => draft,
        })
    }
}

async fn row(
    tx: &mut Tx,
    name: &ApplicationName,
    etag: &str,
) -> Result<Stored<Application>, Failure> {
    let before = tx
        .get(name.as_str())
        .await?
        .ok_or_else(|| Failure::not_found(name.as_str()))?;
    check_etag(etag, &before, name.as_str())?;
    Ok(before)
}

fn unusable(terms: &Terms, why: Unusable) -> Failure {
    match why {
        Unusable::Stopped(message) => Failure::new(Reason::ResourceStopped, message),
        Unusable::EndsBefore(last) => Failure::new(
            Reason::StateConflict,
            format!(
                "{} is retired after {last} and the term runs until {}: no use is served after that day. To agree all \
                 the same, give resource_last_day = {last}; else decline, and advise a term that ends in time",
                terms.resource, terms.end
            ),
        ),
    }
}

/// Checks an application against the catalogue: every fault at once.
/// What was applied for is still there.
fn must_fit(terms: &Terms, resource: &Resource) -> Result<(), Failure> {
    let misfit = terms.misfit(resource);
    misfit.map_or(Ok(()), |why| Err(Failure::new(Reason::StateConflict, why)))
}

fn term_faults(snapshot: &Snapshot, application: &Application, today: Date) -> Faults {
    let terms = &application.terms;
    let mut faults = Faults::default();
    let resource = snapshot
        .resource(&terms.resource)
        .filter(|resource| resource.version().is_some());
    if let Some(resource) = resource {
        for (index, key) in terms.items.iter().enumerate() {
            if resource.item(key).is_none() {
                let field = format!("application.items[{index}]");
                faults.add(
                    &field,
                    "UNKNOWN_ITEM",
                    format!("the resource has no item {key}"),
                );
            }
        }
        if terms.row_filter.is_some() && terms.share_modes != [ShareMode::Table] {
            let message = "a row filter narrows table mode; apply for other modes by themselves";
            faults.add("application.row_filter", "MODE_WITHOUT_ROWS", message);
        }
        if let Some(filter) = &terms.row_filter {
            for cause in filter.check(resource).err().unwrap_or_default() {
                faults.add("application.row_filter", cause.code(), cause.to_string());
            }
        }
        if terms.issues_use_codes
            && (resource.certificate_type.is_none() || terms.share_modes != [ShareMode::Api])
        {
            let message = "use-codes are for electronic certificates, and for API mode alone";
            faults.add("application.issues_use_codes", "ONLY_CERTIFICATES", message);
        }
        for mode in &terms.share_modes {
            check_mode(*mode, resource, &mut faults);
        }
        if snapshot
            .system(&terms.consumer)
            .is_some_and(|s| s.department == resource.department)
        {
            let message = "the resource is your own department's; no application is needed";
            faults.add("application.resource", "OWN_RESOURCE", message);
        }
    } else {
        let message = format!("{} is not published", terms.resource);
        faults.add("application.resource", "NOT_PUBLISHED", message);
    }
    for (index, matter) in terms.matters.iter().enumerate() {
        if snapshot.matter(matter).is_none() {
            let field = format!("application.matters[{index}]");
            faults.add(
                &field,
                "UNKNOWN_MATTER",
                format!("{matter} is not a known matter"),
            );
        }
    }
    for (field, missing) in [
        ("application.items", terms.items.is_empty()),
        ("application.share_modes", terms.share_modes.is_empty()),
        ("application.matters", terms.matters.is_empty()),
    ] {
        if missing {
            faults.add(field, "REQUIRED", "give at least one");
        }
    }
    window_faults(application, resource.map(AsRef::as_ref), today, &mut faults);
    faults
}

/// Whether a mode can be applied for: the gateway carries it, and the resource is shared by it.
fn check_mode(mode: ShareMode, resource: &Resource, faults: &mut Faults) {
    let field = "application.share_modes";
    let word = mode.as_str();
    if !resource.share_modes.contains(&mode) {
        let other = || format!("the resource is not shared by {word} mode");
        let text = resource.shared_outside().unwrap_or_else(other);
        faults.add(field, "UNKNOWN_MODE", text);
    } else if !mode.is_carried() {
        let text = format!(
            "by {word} data is handed over outside of the gateway, and no grant is needed here; ask {} for it",
            resource.department
        );
        faults.add(field, "NOT_CARRIED", text);
    }
}

fn window_faults(
    application: &Application,
    resource: Option<&Resource>,
    today: Date,
    faults: &mut Faults,
) {
    let terms = &application.terms;
    let usable = resource.map_or(Ok(()), |resource| {
        terms.must_be_usable(resource, today, None)
    });
    if let Err(Unusable::Stopped(message)) = usable {
        faults.add("application.start_date", "ENTRY_RETIRED", message);
    }
    if terms.end < terms.start {
        faults.add(
            "application.end_date",
            "BEFORE_START",
            "the last day lies before the first",
        );
    }
    let limit = terms.start.checked_add(jiff::Span::new().years(3));
    if limit.is_ok_and(|limit| terms.end > limit) {
        faults.add(
            "application.end_date",
            "TOO_LONG",
            "a grant lasts at most three years",
        );
    }
}
