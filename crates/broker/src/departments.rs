//! Departments: register, read, list.

use domain::department::Department;
use domain::name::DepartmentName;
use ledger::entry::Draft;
use store::Stored;

use crate::failure::Failure;
use crate::gateway::{Act, Gateway};
use crate::page::{Page, PageRequest};

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
            let draft = Draft::change("registry.department.created", act.request_id.as_str())
                .with_fact("actor", act.caller.principal().to_string())
                .with_fact("department", department.name.as_str());
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
}
