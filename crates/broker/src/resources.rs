//! Resources: draft, register, publish, read, list.

pub mod facet;
mod import;
mod rules;
pub(crate) mod search;

pub use import::{Code, ImportedResource, ResourceRow};

use domain::caller::Caller;
use domain::fault::Faults;
use domain::name::{DepartmentName, ResourceName};
use domain::reason::Reason;
use domain::resource::{Asked, PublishError, Resource, ResourceState};
use ledger::entry::Draft;
use store::{Stored, Tx};

use crate::failure::Failure;
use crate::gateway::{Act, Gateway, check_etag};
use crate::page::{Page, PageRequest};

impl Gateway {
    /// Writes a draft of an entry.
    ///
    /// # Errors
    /// A refusal, all faults of the entry, `ALREADY_EXISTS`.
    pub async fn create_resource(
        &self,
        act: &Act<'_>,
        resource: Resource,
    ) -> Result<Stored<Resource>, Failure> {
        act.caller.must_be_officer_of(&resource.department)?;
        let same = rules::same_title(&self.snapshot(), &resource);
        no_faults(self.entry_faults(
            &resource,
            Asked::Always,
            same.as_ref().map(ResourceName::as_str),
        ))?;
        self.change(act, async |tx, now| {
            let draft = resource_draft(act, "catalogue.resource.created", &resource);
            let entry = tx.record(draft, now).await?;
            Ok(tx.insert(&resource, Some(entry), now).await?)
        })
        .await
    }

    /// One entry, if the caller may see it.
    ///
    /// # Errors
    /// `NOT_FOUND`.
    pub async fn resource(
        &self,
        caller: &Caller,
        name: &ResourceName,
    ) -> Result<Stored<Resource>, Failure> {
        let found: Option<Stored<Resource>> = self.store.get(name.as_str()).await?;
        found
            .filter(|row| self.sees(caller, &row.value))
            .ok_or_else(|| Failure::not_found(name.as_str()))
    }

    /// Entries that the caller may see, in the order of their names.
    ///
    /// # Errors
    /// A bad page token; the store.
    pub async fn resources(
        &self,
        caller: &Caller,
        page: &PageRequest,
        department: Option<&DepartmentName>,
    ) -> Result<Page<Resource>, Failure> {
        let parent = department.map_or("", DepartmentName::as_str);
        page.read_visible(&self.store, "resources", parent, |r| self.sees(caller, r))
            .await
    }

    /// The providing department signs an entry off (Order 809 art. 13).
    ///
    /// # Errors
    /// A refusal, `NOT_FOUND`, `STATE_CONFLICT`, `ETAG_MISMATCH`.
    pub async fn register_resource(
        &self,
        act: &Act<'_>,
        name: &ResourceName,
        etag: &str,
    ) -> Result<Stored<Resource>, Failure> {
        self.change(act, async |tx, now| {
            let before = row(tx, name, etag).await?;
            act.caller.must_be_officer_of(&before.value.department)?;
            if before.value.state == ResourceState::Draft {
                let same = rules::same_title(&self.snapshot(), &before.value);
                no_faults(self.entry_faults(
                    &before.value,
                    Asked::ToRegister,
                    same.as_ref().map(ResourceName::as_str),
                ))?;
            }
            let by = act.caller.principal().to_string();
            let value = before
                .value
                .clone()
                .register(by, now)
                .map_err(|state| Failure::state(name.as_str(), state.as_str(), "draft"))?;
            let draft = resource_draft(act, "catalogue.resource.registered", &value);
            let entry = tx.record(draft, now).await?;
            Ok(tx.update(&before, &value, Some(entry), now).await?)
        })
        .await
    }

    /// The competent department publishes an entry (Order 809 art. 16).
    ///
    /// # Errors
    /// A refusal, `NOT_FOUND`, `STATE_CONFLICT`, `SECOND_PERSON_NEEDED`, `ETAG_MISMATCH`.
    pub async fn publish_resource(
        &self,
        act: &Act<'_>,
        name: &ResourceName,
        etag: &str,
    ) -> Result<Stored<Resource>, Failure> {
        act.caller.must_be_officer_of(&self.competent()?)?;
        self.change(act, async |tx, now| {
            let before = row(tx, name, etag).await?;
            let by = act.caller.principal().to_string();
            let value = before
                .value
                .clone()
                .publish(by, now)
                .map_err(|error| match error {
                    PublishError::SamePerson => Failure::new(
                        Reason::SecondPersonNeeded,
                        "the person who registered the entry may not publish it",
                    ),
                    PublishError::State(state) => {
                        Failure::state(name.as_str(), state.as_str(), "registered")
                    }
                })?;
            let draft = resource_draft(act, "catalogue.resource.published", &value);
            let entry = tx.record(draft, now).await?;
            Ok(tx.update(&before, &value, Some(entry), now).await?)
        })
        .await
    }

    pub(crate) fn sees(&self, caller: &Caller, resource: &Resource) -> bool {
        matches!(resource.state, ResourceState::Published { .. })
            || caller.oversees()
            || caller.is_of(&resource.department)
            || self
                .snapshot()
                .competent()
                .is_some_and(|department| caller.is_of(&department.name))
    }
}

async fn row(tx: &mut Tx, name: &ResourceName, etag: &str) -> Result<Stored<Resource>, Failure> {
    let before = tx
        .get(name.as_str())
        .await?
        .ok_or_else(|| Failure::not_found(name.as_str()))?;
    check_etag(etag, &before, name.as_str())?;
    Ok(before)
}

fn no_faults(faults: Faults) -> Result<(), Failure> {
    if faults.is_empty() {
        return Ok(());
    }
    Err(faults.into())
}

fn resource_draft(act: &Act<'_>, event: &str, resource: &Resource) -> Draft {
    Draft::change(event, act.request_id.as_str())
        .with_fact("actor", act.caller.principal().to_string())
        .with_fact("resource", resource.name.as_str())
        .with_fact("system", resource.system.as_str())
        .with_fact("department", resource.department.as_str())
        .with_fact("state", resource.state.as_str())
}
