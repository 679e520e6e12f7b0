//! Departments: register, read, list, change. Mergers: see [`merge`].

mod merge;

use domain::department::{Area, Department};
use domain::name::DepartmentName;
use domain::policy::shaoyang_date;
use ledger::entry::Draft;
use store::{Stored, Tx};

use crate::failure::Failure;
use crate::gateway::{Act, Gateway, check_etag};
use crate::page::{Page, PageRequest};

pub use merge::Merger;

/// The new values of the masked fields of a department.
#[derive(Clone, Debug, Default)]
pub struct DepartmentPatch {
    /// The full official name.
    pub full_name: Option<String>,
    /// The name people use.
    pub short_name: Option<String>,
    /// Directly under a national or provincial body.
    pub vertical: Option<bool>,
    /// A party or discipline body.
    pub party_body: Option<bool>,
    /// Where it is competent; the inner value is none where it is stated no longer.
    pub area: Option<Option<Area>>,
}

impl Gateway {
    /// Registers a department.
    ///
    /// # Errors
    /// A refusal for anybody but the operator; `ALREADY_EXISTS`.
    pub async fn create_department(
        &self,
        act: &Act<'_>,
        department: Department,
    ) -> Result<Stored<Department>, Failure> {
        act.caller.must_be_operator()?;
        self.change(act, async |tx, now| {
            let faults = department.day_faults(shaoyang_date(now));
            if !faults.is_empty() {
                return Err(faults.into());
            }
            let draft = department_draft(act, "registry.department.created", &department);
            let entry = tx.record(draft, now).await?;
            Ok(tx.insert(&department, Some(entry), now).await?)
        })
        .await
    }

    /// One department.
    ///
    /// # Errors
    /// `NOT_FOUND`.
    pub async fn department(&self, name: &DepartmentName) -> Result<Stored<Department>, Failure> {
        self.store
            .get(name.as_str())
            .await?
            .ok_or_else(|| Failure::not_found(name.as_str()))
    }

    /// Departments in the order of their names.
    ///
    /// # Errors
    /// A bad page token; the store.
    pub async fn departments(&self, page: &PageRequest) -> Result<Page<Department>, Failure> {
        page.read(&self.store, "departments", "").await
    }

    /// Changes the masked fields of a department.
    ///
    /// # Errors
    /// A refusal for anybody but the operator, `NOT_FOUND`, `ETAG_MISMATCH`, `ALREADY_EXISTS` for a short
    /// name that another has.
    pub async fn update_department(
        &self,
        act: &Act<'_>,
        name: &DepartmentName,
        patch: DepartmentPatch,
        etag: &str,
    ) -> Result<Stored<Department>, Failure> {
        act.caller.must_be_operator()?;
        self.change(act, async |tx, now| {
            let before = known(tx, name).await?;
            check_etag(etag, &before, name.as_str())?;
            let value = patched(before.value.clone(), patch);
            let draft = department_draft(act, "registry.department.updated", &value);
            let entry = tx.record(draft, now).await?;
            Ok(tx.update(&before, &value, Some(entry), now).await?)
        })
        .await
    }
}

async fn known(tx: &mut Tx, name: &DepartmentName) -> Result<Stored<Department>, Failure> {
    let found = tx.get(name.as_str()).await?;
    found.ok_or_else(|| Failure::not_found(name.as_str()))
}

fn department_draft(act: &Act<'_>, event: &str, department: &Department) -> Draft {
    Draft::change(event, act.request_id.as_str())
        .with_fact("actor", act.caller.principal().to_string())
        .with_fact("department", department.name.as_str())
        .with_fact("full_name", department.full_name.as_str())
        .with_fact("short_name", department.short_name.as_str())
}

fn patched(mut department: Department, patch: DepartmentPatch) -> Department {
    department.full_name = patch.full_name.unwrap_or(department.full_name);
    department.short_name = patch.short_name.unwrap_or(department.short_name);
    department.vertical = patch.vertical.unwrap_or(department.vertical);
    department.party_body = patch.party_body.unwrap_or(department.party_body);
    department.area = patch.area.unwrap_or(department.area);
    department
}
