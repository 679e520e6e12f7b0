//! Mergers: a department ends, and what it answered for goes over to its successor.
//!
//! Grants and applications name systems and resources, never departments, so they stand as they were agreed and are
//! decided by whoever answers for these; so do the proofs of progress. What is changed is who answers: the owner of each
//! system, the provider of each entry and of its next version, whoever raised or has to answer an open demand, and whoever
//! entered or has to answer an open complaint of a person. The entries of before stay under the name of the department that existed then.

use domain::complaint::Complaint;
use domain::demand::Demand;
use domain::department::{Department, EndError};
use domain::fault::Cause;
use domain::name::DepartmentName;
use domain::policy::shaoyang_date;
use domain::reason::Reason;
use domain::resource::Resource;
use domain::system::System;
use jiff::Timestamp;
use jiff::civil::Date;
use ledger::entry::Draft;
use store::{Stored, Tx};

use super::known;
use crate::failure::Failure;
use crate::gateway::{Act, Gateway, check_etag};

/// What is asked for: into whom, when, and on what ground.
#[derive(Clone, Debug)]
pub struct Merger {
    /// Who takes over.
    pub successor: DepartmentName,
    /// The last day of the department that ends.
    pub last_day: Date,
    /// The document that orders it.
    pub document: String,
}

impl Gateway {
    /// Ends a department that was merged into another. Its systems, catalogue entries and open demands
    /// go over in the same transaction, each with an entry of its own.
    ///
    /// # Errors
    /// A refusal for anybody but the operator, `NOT_FOUND`, `ETAG_MISMATCH`, `STATE_CONFLICT`, or what is
    /// wrong with the successor or the day.
    pub async fn merge_department(
        &self,
        act: &Act<'_>,
        name: &DepartmentName,
        merger: Merger,
        etag: &str,
    ) -> Result<Stored<Department>, Failure> {
        act.caller.must_be_operator()?;
        self.change(act, async |tx, now| {
            let before = known(tx, name).await?;
            check_etag(etag, &before, name.as_str())?;
            let successor: Option<Stored<Department>> = tx.get(merger.successor.as_str()).await?;
            let successor = successor.ok_or_else(|| {
                let text = format!("{} is not registered; register it first", merger.successor);
                Failure::field("successor", &Cause::new("UNKNOWN_DEPARTMENT", text))
            })?;
            let today = shaoyang_date(now);
            let value = before
                .value
                .clone()
                .merge(&successor.value, merger.last_day, merger.document, today)
                .map_err(|error| refused(name, &error))?;
            let went = Went {
                act,
                now,
                from: name,
                to: &successor.value.name,
            };
            let systems = went.systems(tx).await?;
            let resources = went.resources(tx).await?;
            let demands = went.demands(tx).await?;
            let complaints = went.complaints(tx).await?;
            let draft = went
                .draft("registry.department.merged")
                .with_fact("department", name.as_str())
                .with_fact("last_day", merger.last_day.to_string())
                .with_fact("document", value.end_document.as_str())
                .with_fact("systems", systems)
                .with_fact("resources", resources)
                .with_fact("demands", demands)
                .with_fact("complaints", complaints);
            let entry = tx.record(draft, now).await?;
            Ok(tx.update(&before, &value, Some(entry), now).await?)
        })
        .await
    }
}

/// What goes over from one department to another.
struct Went<'a> {
    act: &'a Act<'a>,
    now: Timestamp,
    from: &'a DepartmentName,
    to: &'a DepartmentName,
}

impl Went<'_> {
    fn draft(&self, event: &str) -> Draft {
        Draft::change(event, self.act.request_id.as_str())
            .with_fact("actor", self.act.caller.principal().to_string())
            .with_fact("successor", self.to.as_str())
    }

    async fn systems(&self, tx: &mut Tx) -> Result<i64, Failure> {
        let mut count = 0;
        for before in tx.under::<System>(self.from.as_str()).await? {
            let mut value = before.value.clone();
            value.department = self.to.clone();
            let draft = self
                .draft("registry.system.taken_over")
                .with_fact("system", value.name.as_str())
                .with_fact("department", self.from.as_str());
            let entry = tx.record(draft, self.now).await?;
            tx.update(&before, &value, Some(entry), self.now).await?;
            count += 1;
        }
        Ok(count)
    }

    async fn resources(&self, tx: &mut Tx) -> Result<i64, Failure> {
        let mut count = 0;
        for before in tx.under::<Resource>(self.from.as_str()).await? {
            let mut value = before.value.clone();
            value.department = self.to.clone();
            if let Some(next) = &mut value.progress.next {
                next.department = self.to.clone();
            }
            let draft = self
                .draft("catalogue.resource.taken_over")
                .with_fact("resource", value.name.as_str())
                .with_fact("system", value.system.as_str())
                .with_fact("department", self.from.as_str());
            let entry = tx.record(draft, self.now).await?;
            tx.update(&before, &value, Some(entry), self.now).await?;
            count += 1;
        }
        Ok(count)
    }

    /// All are looked at: a demand is listed under who raised it, not under who has to answer.
    async fn demands(&self, tx: &mut Tx) -> Result<i64, Failure> {
        let mut count = 0;
        for before in tx.under::<Demand>("").await? {
            let Some(value) = before.value.clone().take_over(self.from, self.to) else {
                continue;
            };
            let draft = self
                .draft("catalogue.demand.taken_over")
                .with_fact("demand", value.name.as_str())
                .with_fact("department", self.from.as_str());
            let entry = tx.record(draft, self.now).await?;
            tx.update(&before, &value, Some(entry), self.now).await?;
            count += 1;
        }
        Ok(count)
    }

    /// All are looked at: a complaint is listed under who entered it, not under who has to answer.
    async fn complaints(&self, tx: &mut Tx) -> Result<i64, Failure> {
        let mut count = 0;
        for before in tx.under::<Complaint>("").await? {
            let Some(value) = before.value.clone().take_over(self.from, self.to) else {
                continue;
            };
            let draft = self
                .draft("sharing.complaint.taken_over")
                .with_fact("complaint", value.name.as_str())
                .with_fact("department", self.from.as_str());
            let entry = tx.record(draft, self.now).await?;
            tx.update(&before, &value, Some(entry), self.now).await?;
            count += 1;
        }
        Ok(count)
    }
}

/// What is told of a department whose end cannot be recorded.
pub(super) fn refused(name: &DepartmentName, error: &EndError) -> Failure {
    let field = |field, code, text: &str| Failure::field(field, &Cause::new(code, text));
    match error {
        EndError::Ended(day) => {
            Failure::state(name.as_str(), &format!("ended since {day}"), "not ended")
        }
        EndError::IntoItself => field(
            "successor",
            "INTO_ITSELF",
            "name another department than the one that ends",
        ),
        EndError::SuccessorEnded => field(
            "successor",
            "DEPARTMENT_ENDED",
            "the successor has ended itself; name the one that took it over",
        ),
        EndError::SuccessorNotBegun(day) => field(
            "successor",
            "DEPARTMENT_NOT_BEGUN",
            &format!("the successor begins on {day}; record the merger on that day or later"),
        ),
        EndError::BeforeItBegan => field(
            "valid_until",
            "BEFORE_IT_BEGAN",
            "the last day lies before the department's first",
        ),
        EndError::NotYet => field(
            "valid_until",
            "NOT_YET",
            "the last day has not come; state it as the department's last day now, and record its end on that day or \
             later",
        ),
        EndError::Competent => Failure::new(
            Reason::StateConflict,
            format!(
                "{name} is competent for data sharing and no successor is; the city would have nobody who publishes; let \
                 another take that over first"
            ),
        ),
    }
}
