//! Systems: register, read, list, change, suspend, resume. Imports: see [`import`]; the plan: [`steps`].

mod import;
mod steps;

use domain::department::Department;
use domain::fault::Cause;
use domain::name::{DepartmentName, SystemName};
use domain::policy::shaoyang_date;
use domain::system::{Hosting, Inventory, NetworkZone, ProtectionLevel, Statement, System};
use jiff::Timestamp;
use jiff::civil::Date;
use ledger::entry::Draft;
use store::{Stored, Tx};

pub use import::{ImportedSystem, SystemRow, SystemRows};
pub(crate) use steps::end_nothing_to_share;

use crate::failure::Failure;
use crate::gateway::{Act, Gateway, check_etag};
use crate::page::{Page, PageRequest};

/// The new values of the masked fields of a system. An inner none means that the value is not known any more.
#[derive(Clone, Debug, Default)]
pub struct SystemPatch {
    /// What people call it.
    pub display_name: Option<String>,
    /// Built by the department itself.
    pub self_built: Option<bool>,
    /// The document that it rests on that a system was not built by the department itself after all; may be empty for
    /// every other change.
    pub document: String,
    /// The part of the network it stands in.
    pub network_zone: Option<NetworkZone>,
    /// Where it runs.
    pub hosting: Option<Hosting>,
    /// Who built it.
    pub builder: Option<String>,
    /// Who maintains it.
    pub maintainer: Option<String>,
    /// What it is for.
    pub purpose: Option<String>,
    /// Who uses it.
    pub users: Option<String>,
    /// First day in use.
    pub launched: Option<Option<Date>>,
    /// Last day of the contract with the maintainer.
    pub maintenance_ends: Option<Option<Date>>,
    /// The level of protection.
    pub protection: Option<Option<ProtectionLevel>>,
    /// Kinds of database.
    pub databases: Option<Vec<String>>,
    /// Yearly cost in yuan.
    pub yearly_cost: Option<Option<u64>>,
    /// The machine room.
    pub machine_room: Option<String>,
}

impl Gateway {
    /// Registers a system of a registered department.
    ///
    /// # Errors
    /// A refusal, `ALREADY_EXISTS`, an unknown department, or what cannot be true of it.
    pub async fn create_system(
        &self,
        act: &Act<'_>,
        system: System,
        document: String,
    ) -> Result<Stored<System>, Failure> {
        act.caller.must_manage(&system.department)?;
        self.change(act, async |tx, now| {
            let system = system.clone().inventoried(stated(act, &document, now));
            let mut faults = system.inventory.faults(system.hosting);
            let owner: Option<Stored<Department>> = tx.get(system.department.as_str()).await?;
            let stands = may_own(
                &system.department,
                owner.as_ref().map(|row| &row.value),
                shaoyang_date(now),
            );
            faults.check("system.department", stands);
            faults.finish(Some(()))?;
            let entry = tx.record(created_draft(act, &system), now).await?;
            Ok(tx.insert(&system, Some(entry), now).await?)
        })
        .await
    }

    /// One system.
    ///
    /// # Errors
    /// `NOT_FOUND`.
    pub async fn system(&self, name: &SystemName) -> Result<Stored<System>, Failure> {
        self.store
            .get(name.as_str())
            .await?
            .ok_or_else(|| Failure::not_found(name.as_str()))
    }

    /// Systems in the order of their names, all or those of one department.
    ///
    /// # Errors
    /// A bad page token; the store.
    pub async fn systems(
        &self,
        page: &PageRequest,
        department: Option<&DepartmentName>,
    ) -> Result<Page<System>, Failure> {
        page.read(
            &self.store,
            "systems",
            department.map_or("", DepartmentName::as_str),
        )
        .await
    }

    /// Changes the masked fields of a system.
    ///
    /// # Errors
    /// A refusal, `NOT_FOUND`, `ETAG_MISMATCH`, or what cannot be true of it then.
    pub async fn update_system(
        &self,
        act: &Act<'_>,
        name: &SystemName,
        patch: SystemPatch,
        etag: &str,
    ) -> Result<Stored<System>, Failure> {
        self.change(act, async |tx, now| {
            let before = managed(tx, act, name).await?;
            check_etag(etag, &before, name.as_str())?;
            let document = patch.document.clone();
            let value = patched(before.value.clone(), patch);
            let mut faults = value.inventory.faults(value.hosting);
            if leaves_the_plan(&before.value, &value) && document.is_empty() {
                let text = "a system that was built by the department itself counts in the plan; name the document \
                    that says that it was not";
                faults.add("document", "REQUIRED", text);
            }
            faults.finish(Some(()))?;
            let draft = updated_draft(act, &before.value, &value);
            let draft = if document.is_empty() {
                draft
            } else {
                draft.with_fact("document", document)
            };
            let entry = tx.record(draft, now).await?;
            Ok(tx.update(&before, &value, Some(entry), now).await?)
        })
        .await
    }

    /// Stops a system from calling and from being called.
    ///
    /// # Errors
    /// A refusal for anybody but the operator, `NOT_FOUND`, `STATE_CONFLICT`.
    pub async fn suspend_system(
        &self,
        act: &Act<'_>,
        name: &SystemName,
        reason: String,
    ) -> Result<Stored<System>, Failure> {
        act.caller.must_be_operator()?;
        self.change(act, async |tx, now| {
            let before = managed(tx, act, name).await?;
            let value = before
                .value
                .clone()
                .suspend(reason.clone())
                .map_err(|state| Failure::state(name.as_str(), state.as_str(), "active"))?;
            let draft =
                system_draft(act, "registry.system.suspended", &value).with_fact("reason", reason);
            let entry = tx.record(draft, now).await?;
            Ok(tx.update(&before, &value, Some(entry), now).await?)
        })
        .await
    }

    /// Ends a suspension.
    ///
    /// # Errors
    /// A refusal for anybody but the operator, `NOT_FOUND`, `STATE_CONFLICT`.
    pub async fn resume_system(
        &self,
        act: &Act<'_>,
        name: &SystemName,
    ) -> Result<Stored<System>, Failure> {
        act.caller.must_be_operator()?;
        self.change(act, async |tx, now| {
            let before = managed(tx, act, name).await?;
            let value = before
                .value
                .clone()
                .resume()
                .map_err(|state| Failure::state(name.as_str(), state.as_str(), "suspended"))?;
            let draft = system_draft(act, "registry.system.resumed", &value);
            let entry = tx.record(draft, now).await?;
            Ok(tx.update(&before, &value, Some(entry), now).await?)
        })
        .await
    }
}

/// Whether a department can own a system today.
fn may_own(
    name: &DepartmentName,
    department: Option<&Department>,
    today: Date,
) -> Result<(), Cause> {
    let Some(department) = department else {
        let message = format!("{name} is not registered; register it first");
        return Err(Cause::new("UNKNOWN_DEPARTMENT", message));
    };
    match &department.successor {
        Some(successor) if department.has_ended(today) => {
            let message = format!("{name} was merged into {successor}; name that one");
            Err(Cause::new("DEPARTMENT_ENDED", message))
        }
        None if department.has_ended(today) => {
            let message = format!("{name} has ended; name the one that has its duties now");
            Err(Cause::new("DEPARTMENT_ENDED", message))
        }
        Some(_) | None if today < department.valid_from => {
            let message = format!("{name} begins on {}", department.valid_from);
            Err(Cause::new("DEPARTMENT_NOT_BEGUN", message))
        }
        Some(_) | None => Ok(()),
    }
}

/// What the caller states now, on a document.
fn stated(act: &Act<'_>, document: &str, now: Timestamp) -> Statement {
    Statement {
        document: document.to_owned(),
        by: act.caller.principal().to_string(),
        at: now,
    }
}

fn created_draft(act: &Act<'_>, system: &System) -> Draft {
    let draft = system_draft(act, "registry.system.created", system);
    match &system.steps.inventoried {
        Some(statement) => draft.with_fact("document", statement.document.as_str()),
        None => draft,
    }
}

fn system_draft(act: &Act<'_>, event: &str, system: &System) -> Draft {
    Draft::change(event, act.request_id.as_str())
        .with_fact("actor", act.caller.principal().to_string())
        .with_fact("system", system.name.as_str())
        .with_fact("department", system.department.as_str())
        .with_fact("state", system.state.as_str())
}

/// Whether a system counted in the plan as one that its department built, and does no longer.
fn leaves_the_plan(before: &System, after: &System) -> bool {
    before.self_built && !after.self_built
}

/// A change of what is said of a system. Whether it counts in the plan is told where it changed.
fn updated_draft(act: &Act<'_>, before: &System, after: &System) -> Draft {
    let draft = system_draft(act, "registry.system.updated", after);
    if before.self_built == after.self_built {
        return draft;
    }
    draft.with_fact("self_built", after.self_built)
}

async fn managed(tx: &mut Tx, act: &Act<'_>, name: &SystemName) -> Result<Stored<System>, Failure> {
    let before: Stored<System> = tx
        .get(name.as_str())
        .await?
        .ok_or_else(|| Failure::not_found(name.as_str()))?;
    act.caller.must_manage(&before.value.department)?;
    Ok(before)
}

fn patched(mut system: System, patch: SystemPatch) -> System {
    system.display_name = patch.display_name.unwrap_or(system.display_name);
    system.self_built = patch.self_built.unwrap_or(system.self_built);
    system.network_zone = patch.network_zone.unwrap_or(system.network_zone);
    system.hosting = patch.hosting.unwrap_or(system.hosting);
    system.builder = patch.builder.unwrap_or(system.builder);
    system.maintainer = patch.maintainer.unwrap_or(system.maintainer);
    let before = system.inventory;
    system.inventory = Inventory {
        purpose: patch.purpose.unwrap_or(before.purpose),
        users: patch.users.unwrap_or(before.users),
        launched: patch.launched.unwrap_or(before.launched),
        maintenance_ends: patch.maintenance_ends.unwrap_or(before.maintenance_ends),
        protection: patch.protection.unwrap_or(before.protection),
        databases: patch.databases.unwrap_or(before.databases),
        yearly_cost: patch.yearly_cost.unwrap_or(before.yearly_cost),
        machine_room: patch.machine_room.unwrap_or(before.machine_room),
    };
    system
}
