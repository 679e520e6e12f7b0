//! Ends without a successor: a department is abolished, and nothing is left that anybody would have to answer for.

use domain::complaint::Complaint;
use domain::correction::Correction;
use domain::demand::Demand;
use domain::department::Department;
use domain::name::DepartmentName;
use domain::policy::shaoyang_date;
use domain::reason::Reason;
use domain::resource::{Resource, ResourceState};
use domain::system::{System, SystemState};
use jiff::civil::Date;
use store::{Stored, Tx};

use super::merge::refused;
use super::{department_draft, known};
use crate::failure::Failure;
use crate::gateway::{Act, Gateway, check_etag};

/// Names of what is left that a refusal tells; the rest is counted.
const TOLD: usize = 20;

impl Gateway {
    /// Ends a department that nobody takes over. Its systems and entries are out of service by then, and its demands
    /// closed; else it is merged into whoever answers for them from then on.
    ///
    /// # Errors
    /// A refusal for anybody but the operator, `NOT_FOUND`, `ETAG_MISMATCH`, `STATE_CONFLICT` with what is left, or
    /// what is wrong with the day.
    pub async fn end_department(
        &self,
        act: &Act<'_>,
        name: &DepartmentName,
        last_day: Date,
        document: String,
        etag: &str,
    ) -> Result<Stored<Department>, Failure> {
        act.caller.must_be_operator()?;
        self.change(act, async |tx, now| {
            let before = known(tx, name).await?;
            check_etag(etag, &before, name.as_str())?;
            let value = before
                .value
                .clone()
                .end(last_day, document, shaoyang_date(now))
                .map_err(|error| refused(name, &error))?;
            let left = left_of(tx, name).await?;
            if !left.is_empty() {
                return Err(still_answers(name, &left));
            }
            let draft = department_draft(act, "registry.department.ended", &value)
                .with_fact("last_day", last_day.to_string())
                .with_fact("document", value.end_document.as_str());
            let entry = tx.record(draft, now).await?;
            Ok(tx.update(&before, &value, Some(entry), now).await?)
        })
        .await
    }
}

/// Names of what a department still answers for. A draft binds nobody and stays where it is.
async fn left_of(tx: &mut Tx, name: &DepartmentName) -> Result<Vec<String>, Failure> {
    let systems = tx.under::<System>(name.as_str()).await?.into_iter();
    let systems = systems.filter(|row| row.value.state != SystemState::Retired);
    let mut left: Vec<String> = systems.map(|row| row.value.name.to_string()).collect();
    let entries = tx.under::<Resource>(name.as_str()).await?.into_iter();
    let entries = entries.filter(|row| is_at_work(&row.value.state));
    left.extend(entries.map(|row| row.value.name.to_string()));
    let demands = tx.under::<Demand>("").await?.into_iter();
    let open = demands.filter(|row| row.value.clone().take_over(name, name).is_some());
    left.extend(open.map(|row| row.value.name.to_string()));
    let complaints = tx.under::<Complaint>("").await?.into_iter();
    let open = complaints.filter(|row| row.value.clone().take_over(name, name).is_some());
    left.extend(open.map(|row| row.value.name.to_string()));
    left.extend(corrections_left(tx, name).await?);
    Ok(left)
}

/// Names of corrections that it has to answer still: of its retired entries too, since nobody else would close them.
async fn corrections_left(tx: &mut Tx, name: &DepartmentName) -> Result<Vec<String>, Failure> {
    let open = tx.under::<Correction>("").await?.into_iter();
    let mut left = Vec::new();
    for row in open.filter(|row| row.value.is_open()) {
        let entry: Option<Stored<Resource>> = tx.get(row.value.resource.as_str()).await?;
        if entry.is_some_and(|entry| entry.value.department == *name) {
            left.push(row.value.name.to_string());
        }
    }
    Ok(left)
}

fn is_at_work(state: &ResourceState) -> bool {
    match state {
        ResourceState::Draft | ResourceState::Retired { .. } => false,
        ResourceState::Registered { .. }
        | ResourceState::Published { .. }
        | ResourceState::Suspended { .. } => true,
    }
}

fn still_answers(name: &DepartmentName, left: &[String]) -> Failure {
    let told: Vec<&str> = left.iter().take(TOLD).map(String::as_str).collect();
    let more = left.len().saturating_sub(TOLD);
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    Failure::new(
        Reason::StateConflict,
        format!(
            "{name} still answers for {}{more}; retire systems and entries and close demands, complaints and corrections first, or merge the department \
             into the one that takes them over",
            told.join(", ")
        ),
    )
}
