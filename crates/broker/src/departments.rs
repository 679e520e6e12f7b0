//! Departments: register, read, list, change. How they end: see [`merge`] and [`end`].

mod end;
mod merge;

use domain::department::{Area, Department};
use domain::fault::Cause;
use domain::name::DepartmentName;
use domain::policy::shaoyang_date;
use jiff::Timestamp;
use jiff::civil::Date;
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
    /// Competent for data sharing. One department is: it takes over from the one that was.
    pub competent: Option<bool>,
    /// The first day.
    pub valid_from: Option<Date>,
    /// The last day, ahead; the inner value is none where none is stated any longer.
    pub valid_until: Option<Option<Date>>,
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
            let mut faults = department.day_faults(shaoyang_date(now));
            let known: Option<Stored<Department>> = tx.get(department.name.as_str()).await?;
            let competent = department.competent && department.valid_until.is_none() && known.is_none();
            if competent && let Some(other) = competent_ones(tx).await?.first() {
                let text = format!(
                    "{} is competent for data sharing; register the department without, then let it take over",
                    other.value.name
                );
                faults.add("department.competent", "ALREADY", text);
            }
            if let Some(successor) = &department.successor {
                let found: Option<Stored<Department>> = tx.get(successor.as_str()).await?;
                if found.is_none() {
                    let text = format!("{successor} is not registered; register it first");
                    faults.add("department.successor", "UNKNOWN_DEPARTMENT", text);
                }
            }
            faults.finish(Some(()))?;
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
            if let Some(competent) = patch.competent {
                hand_over(tx, act, &before.value, competent, now).await?;
            }
            let days = (patch.valid_from, patch.valid_until);
            let mut value = patched(before.value.clone(), patch);
            if days.0.is_some() || days.1.is_some() {
                value = value.with_days(days.0, days.1, shaoyang_date(now))?;
            }
            let last = value.valid_until.map(|day| day.to_string());
            let draft = department_draft(act, "registry.department.updated", &value)
                .with_fact("competent", value.competent)
                .with_fact("valid_from", value.valid_from.to_string())
                .with_fact("valid_until", last.unwrap_or_default());
            let entry = tx.record(draft, now).await?;
            Ok(tx.update(&before, &value, Some(entry), now).await?)
        })
        .await
    }
}

/// Whether a department is competent for data sharing, from now on: one that becomes it takes over from whoever was,
/// in the same transaction. The city always has one that publishes and never two.
async fn hand_over(
    tx: &mut Tx,
    act: &Act<'_>,
    to: &Department,
    competent: bool,
    now: Timestamp,
) -> Result<(), Failure> {
    let fault = |code, text: &str| {
        let cause = Cause::new(code, text);
        Err(Failure::field("department.competent", &cause))
    };
    let others = competent_ones(tx).await?.into_iter();
    let others: Vec<Stored<Department>> = others.filter(|row| row.value.name != to.name).collect();
    if !competent {
        if to.competent && to.valid_until.is_none() && others.is_empty() {
            let text =
                "the city would have nobody who publishes; name the department that takes over";
            return fault("REQUIRED", text);
        }
        return Ok(());
    }
    if !to.exists_on(shaoyang_date(now)) {
        let text = "it does not exist today; name a department that does";
        return fault("DOES_NOT_EXIST", text);
    }
    if let Some(last) = to.valid_until {
        let text = format!(
            "it ends on {last}, and the city would have nobody who publishes; name one that stays"
        );
        return fault("ENDS", &text);
    }
    for before in others {
        let value = Department {
            competent: false,
            ..before.value.clone()
        };
        let draft = department_draft(act, "registry.department.handed_over", &value)
            .with_fact("successor", to.name.as_str());
        let entry = tx.record(draft, now).await?;
        tx.update(&before, &value, Some(entry), now).await?;
    }
    Ok(())
}

/// The departments that are competent for data sharing: one, once a city has begun.
async fn competent_ones(tx: &mut Tx) -> Result<Vec<Stored<Department>>, Failure> {
    let mut all = tx.under::<Department>("").await?;
    all.retain(|row| row.value.competent && row.value.valid_until.is_none());
    Ok(all)
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
    department.competent = patch.competent.unwrap_or(department.competent);
    department
}
