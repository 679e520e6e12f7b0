//! Resources: draft, read, list. Their life: see [`life`], [`changes`] and [`stops`].

mod changes;
pub(crate) mod drift;
mod duties;
pub mod facet;
mod grading;
mod import;
mod life;
pub(crate) mod quality;
mod rules;
pub(crate) mod search;
mod stops;

pub use changes::ResourceChange;
pub(crate) use changes::Unnoted;
pub use import::{Code, ImportedResource, ResourceRow};

use domain::caller::Caller;
use domain::fault::Cause;
use domain::name::{DepartmentName, ResourceName};
use domain::resource::{Asked, Resource};
use domain::system::System;
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
        self.change(act, async |tx, now| {
            self.must_keep_rules(&resource, Asked::Always)?;
            must_own_system(tx, &resource).await?;
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
            .map(|row| self.shown(caller, row))
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
        let visible = |resource: &Resource| self.sees(caller, resource);
        let page = page.read_visible(&self.store, "resources", parent, visible);
        let mut page = page.await?;
        page.rows = page
            .rows
            .into_iter()
            .map(|row| self.shown(caller, row))
            .collect();
        Ok(page)
    }

    /// An entry as a caller sees it: what is written at beside a published one is its department's own, and that of
    /// who reviews or oversees.
    pub fn shown(&self, caller: &Caller, mut row: Stored<Resource>) -> Stored<Resource> {
        if row.value.state.is_public() && self.hides_work(caller, &row.value) {
            let progress = std::mem::take(&mut row.value.progress);
            row.value.progress.retiring = progress.retiring;
        }
        row
    }

    /// Whether a caller has no more to do with an entry than everybody.
    pub(crate) fn hides_work(&self, caller: &Caller, resource: &Resource) -> bool {
        let snapshot = self.snapshot();
        let own = caller
            .department()
            .and_then(|name| snapshot.department(name));
        !caller.oversees() && life::hides_work(own, resource)
    }

    pub(crate) fn sees(&self, caller: &Caller, resource: &Resource) -> bool {
        resource.state.is_public() || !self.hides_work(caller, resource)
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

/// The system of a new entry is still its department's, also where a merger was faster.
async fn must_own_system(tx: &mut Tx, resource: &Resource) -> Result<(), Failure> {
    let system: Option<Stored<System>> = tx.get(resource.system.as_str()).await?;
    if system.is_some_and(|row| row.value.department == resource.department) {
        return Ok(());
    }
    let message = format!(
        "{} is not a system of {}",
        resource.system, resource.department
    );
    Err(Failure::field(
        "resource.system",
        &Cause::new("NOT_OWNED", message),
    ))
}

fn resource_draft(act: &Act<'_>, event: &str, resource: &Resource) -> Draft {
    Draft::change(event, act.request_id.as_str())
        .with_fact("actor", act.caller.principal().to_string())
        .with_fact("resource", resource.name.as_str())
        .with_fact("system", resource.system.as_str())
        .with_fact("department", resource.department.as_str())
        .with_fact("state", resource.state.as_str())
}
