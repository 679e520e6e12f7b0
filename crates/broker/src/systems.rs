//! Systems: register, read, list, change, suspend, resume.

use domain::fault::FieldFault;
use domain::name::{DepartmentName, SystemName};
use domain::reason::Reason;
use domain::system::{Hosting, NetworkZone, System};
use ledger::entry::Draft;
use store::{Stored, Tx};

use crate::failure::Failure;
use crate::gateway::{Act, Gateway, check_etag};
use crate::page::{Page, PageRequest};

/// The new values of the masked fields of a system.
#[derive(Clone, Debug, Default)]
pub struct SystemPatch {
    /// What people call it.
    pub display_name: Option<String>,
    /// The part of the network it stands in.
    pub network_zone: Option<NetworkZone>,
    /// Where it runs.
    pub hosting: Option<Hosting>,
    /// Who built it.
    pub builder: Option<String>,
    /// Who maintains it.
    pub maintainer: Option<String>,
}

impl Gateway {
    /// Registers a system of a registered department.
    ///
    /// # Errors
    /// A refusal, `ALREADY_EXISTS`, or an unknown department.
    pub async fn create_system(
        &self,
        act: &Act<'_>,
        system: System,
    ) -> Result<Stored<System>, Failure> {
        act.caller.must_manage(&system.department)?;
        if self.snapshot().department(&system.department).is_none() {
            let mut failure = Failure::new(Reason::RequestInvalid, "the owner is not registered");
            failure.faults.push(FieldFault {
                field: "system.department".to_owned(),
                code: "UNKNOWN_DEPARTMENT".to_owned(),
                message: format!("{} is not registered; register it first", system.department),
            });
            return Err(failure);
        }
        self.change(act, async |tx, now| {
            let draft = system_draft(act, "registry.system.created", &system);
            let entry = tx.record(draft, now).await?;
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
    /// A refusal, `NOT_FOUND`, `ETAG_MISMATCH`.
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
            let value = patched(before.value.clone(), patch);
            let entry = tx
                .record(system_draft(act, "registry.system.updated", &value), now)
                .await?;
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
                .suspend(reason)
                .map_err(|state| Failure::state(name.as_str(), state.as_str(), "active"))?;
            let draft = system_draft(act, "registry.system.suspended", &value);
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

fn system_draft(act: &Act<'_>, event: &str, system: &System) -> Draft {
    Draft::change(event, act.request_id.as_str())
        .with_fact("actor", act.caller.principal().to_string())
        .with_fact("system", system.name.as_str())
        .with_fact("department", system.department.as_str())
        .with_fact("state", system.state.as_str())
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
    system.network_zone = patch.network_zone.unwrap_or(system.network_zone);
    system.hosting = patch.hosting.unwrap_or(system.hosting);
    system.builder = patch.builder.unwrap_or(system.builder);
    system.maintainer = patch.maintainer.unwrap_or(system.maintainer);
    system
}
