//! Entries that must be brought up to date after a change of law or duties (Order 809 art. 17).

use domain::fault::Cause;
use domain::name::ResourceName;
use domain::policy::shaoyang_date;
use domain::reason::Reason;
use domain::regime::DueError;
use domain::resource::{DutyError, Resource, UpdateDuty};
use jiff::civil::Date;
use ledger::entry::Draft;
use store::Stored;

use super::stops::{save, why};
use super::{resource_draft, row};
use crate::failure::Failure;
use crate::gateway::{Act, Gateway};

impl Gateway {
    /// Records that a law or a duty changed, so that a published entry must be brought up to date. The clocks are
    /// those of the regime in force on the day it took effect; the next publication ends them.
    ///
    /// # Errors
    /// A refusal for anybody but officers of the owner and of the competent department, `NOT_FOUND`, a day that has
    /// not come or has no law, `STATE_CONFLICT` where it is not published or has such a duty, `ETAG_MISMATCH`.
    pub async fn require_resource_update(
        &self,
        act: &Act<'_>,
        name: &ResourceName,
        document: String,
        effective: Date,
        etag: &str,
    ) -> Result<Stored<Resource>, Failure> {
        self.change(act, async |tx, now| {
            let before = self.stoppable(tx, act, name, etag).await?;
            let (why, today) = (why(act, now, document), shaoyang_date(now));
            let duty = UpdateDuty::begin(why, effective, today, self.law());
            let value = duty.and_then(|duty| before.value.clone().require_update(duty));
            let value = value.map_err(|error| duty_failure(name, error))?;
            let draft = resource_draft(act, "catalogue.resource.update_required", &value);
            save(tx, &before, &value, with_duty(draft, &value), now).await
        })
        .await
    }

    /// The competent department consents to the longer time that the regime allows the owner.
    ///
    /// # Errors
    /// A refusal for anybody but officers of the competent department, `NOT_FOUND`, `STATE_CONFLICT` where there is
    /// no such duty, no longer time, or no time left; `ETAG_MISMATCH`.
    pub async fn extend_resource_update(
        &self,
        act: &Act<'_>,
        name: &ResourceName,
        reason: String,
        etag: &str,
    ) -> Result<Stored<Resource>, Failure> {
        act.caller.must_be_officer_of(&self.competent()?)?;
        self.change(act, async |tx, now| {
            let before = row(tx, name, etag).await?;
            let (why, today) = (why(act, now, reason.clone()), shaoyang_date(now));
            let value = before.value.clone().extend_update(why, today, self.law());
            let value = value.map_err(|error| duty_failure(name, error))?;
            let draft = resource_draft(act, "catalogue.resource.update_extended", &value)
                .with_fact("reason", reason);
            save(tx, &before, &value, with_duty(draft, &value), now).await
        })
        .await
    }
}

/// The facts of the duty that an entry has, if it has one.
pub(super) fn with_duty(draft: Draft, resource: &Resource) -> Draft {
    let Some(duty) = &resource.progress.update else {
        return draft;
    };
    let day = |day: Option<Date>| day.map_or_else(String::new, |day| day.to_string());
    draft
        .with_fact("update_document", duty.why.reason.as_str())
        .with_fact("update_effective", duty.effective.to_string())
        .with_fact("update_due", day(duty.update.due))
        .with_fact("update_due_rule", duty.update.rule.as_str())
        .with_fact("update_publish_due", day(duty.publish.due))
}

fn duty_failure(name: &ResourceName, error: DutyError) -> Failure {
    let conflict = |message: String| Failure::new(Reason::StateConflict, message);
    let effective = |code, text: String| Failure::field("effective_date", &Cause::new(code, text));
    match error {
        DutyError::State(state) => {
            Failure::state(name.as_str(), state.as_str(), "published or suspended")
        }
        DutyError::Open(document) => conflict(format!(
            "{name} must be brought up to date already, after {document}; let its next version take up both, and \
             record what is left once that is published"
        )),
        DutyError::None => conflict(format!(
            "{name} need not be brought up to date; record the change first"
        )),
        DutyError::NotYet => effective(
            "NOT_YET",
            "the change has not taken effect; record it on that day or later".to_owned(),
        ),
        DutyError::Extended => conflict(format!(
            "the time for {name} was made longer before, which the law allows once"
        )),
        DutyError::Over(last) => conflict(format!(
            "the time for {name} ended on {last}; what is overdue gets no longer time"
        )),
        DutyError::NoExtension => conflict(format!(
            "the law of the day the change took effect allows no longer time for {name}"
        )),
        DutyError::Due(error @ DueError::NoRegime { .. }) => effective("NO_LAW", error.to_string()),
        DutyError::Due(error) => Failure::new(Reason::Internal, format!("no due date: {error}")),
    }
}
