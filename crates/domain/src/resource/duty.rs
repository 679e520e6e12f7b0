//! The duty to bring a published entry up to date after a law or a duty of its department changed
//! (Order 809 art. 17): who has until when, longer with consent, and closed by the next publication.

#[cfg(test)]
mod tests;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::Resource;
use super::stage::{ResourceState, Why};
use crate::clock::{Clock, Law};
use crate::regime::{DueError, Rule};

/// An entry must be brought up to date.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateDuty {
    /// Who recorded it, and the document that changed.
    pub why: Why,
    /// The day the change took effect: day 0 of the owner's clock, by the regime in force on it.
    pub effective: Date,
    /// The owner's clock: the next version is signed off.
    pub update: Clock,
    /// The clock of the competent department, as it runs when that is signed off on the owner's last day.
    pub publish: Clock,
    /// Who consented to a longer time of the owner, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extended: Option<Why>,
}

/// Why a duty could not be recorded, or its time made longer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DutyError {
    /// The entry is not published.
    State(ResourceState),
    /// It has such a duty already, of this document.
    Open(String),
    /// It has none.
    None,
    /// The change has not taken effect yet.
    NotYet,
    /// The time was made longer before.
    Extended,
    /// The owner's last day has passed.
    Over(Date),
    /// The regime of that day lets nobody make it longer.
    NoExtension,
    /// The due date cannot be computed.
    Due(DueError),
}

impl From<DueError> for DutyError {
    fn from(error: DueError) -> Self {
        Self::Due(error)
    }
}

/// The review of what is signed off on a last day; without one there is none either.
fn review(law: Law<'_>, update: &Clock, why: &Why) -> Result<Clock, DueError> {
    match update.due {
        Some(last) => law.clock(Rule::CatalogueReview, last, why.at),
        None => Ok(update.clone()),
    }
}

impl UpdateDuty {
    /// Begins the clocks by the regime in force on the day the change took effect.
    ///
    /// # Errors
    /// [`DutyError::NotYet`] before that day, [`DutyError::Due`].
    pub fn begin(why: Why, effective: Date, today: Date, law: Law<'_>) -> Result<Self, DutyError> {
        if effective > today {
            return Err(DutyError::NotYet);
        }
        let update = law.clock(Rule::CatalogueUpdate, effective, why.at)?;
        let publish = review(law, &update, &why)?;
        Ok(Self {
            why,
            effective,
            update,
            publish,
            extended: None,
        })
    }

    /// Gives the owner the longer time that the regime allows with the consent of the competent department.
    ///
    /// # Errors
    /// [`DutyError::Extended`], [`DutyError::Over`], [`DutyError::NoExtension`], [`DutyError::Due`].
    fn extend(mut self, why: Why, today: Date, law: Law<'_>) -> Result<Self, DutyError> {
        if self.extended.is_some() {
            return Err(DutyError::Extended);
        }
        let rule = Rule::CatalogueUpdate;
        let due = law.regimes.due(rule, self.effective, law.calendar)?;
        let last = self.update.due.unwrap_or(due.date);
        if last < today {
            return Err(DutyError::Over(last));
        }
        let longer = due.extended(law.calendar)?;
        self.update.due = Some(longer.ok_or(DutyError::NoExtension)?);
        self.publish = review(law, &self.update, &why)?;
        self.extended = Some(why);
        Ok(self)
    }
}

impl Resource {
    /// Notes that it must be brought up to date. Its next publication closes that.
    ///
    /// # Errors
    /// [`DutyError::State`] when it is not published, [`DutyError::Open`] when it has such a duty.
    pub fn require_update(mut self, duty: UpdateDuty) -> Result<Self, DutyError> {
        match self.state {
            ResourceState::Published { .. } | ResourceState::Suspended { .. } => {}
            other => return Err(DutyError::State(other)),
        }
        if let Some(open) = self.progress.update {
            return Err(DutyError::Open(open.why.reason));
        }
        self.progress.update = Some(duty);
        Ok(self)
    }

    /// The competent department consents to a longer time.
    ///
    /// # Errors
    /// [`DutyError::None`], and as the law of the day the duty began has it.
    pub fn extend_update(mut self, why: Why, today: Date, law: Law<'_>) -> Result<Self, DutyError> {
        let duty = self.progress.update.take().ok_or(DutyError::None)?;
        self.progress.update = Some(duty.extend(why, today, law)?);
        Ok(self)
    }
}
