//! How a move of a complaint is made: whose it is, by the state machine, with its entry, in one transaction.

use domain::complaint::{self, Complaint, Move, PersonalText};
use domain::name::{ComplaintName, DepartmentName};
use domain::reason::Reason;
use jiff::Timestamp;
use store::{Stored, Tx};

use super::seal::Field;
use super::{NewAnswer, is_entering_system};
use crate::demands::must_stand;
use crate::failure::Failure;
use crate::gateway::{Act, Gateway, check_etag};

/// Whose move it is.
#[derive(Clone, Copy, Debug)]
enum Whose {
    /// Officers of the department that has to answer.
    Responsible,
    /// Officers of the competent department.
    Competent,
    /// Officers of the department that entered it, and the system that did.
    Entering,
    /// Either of the two that deal with the person.
    EnteringOrResponsible,
}

impl Gateway {
    /// Passes it on to another department. Officers of the one that has to answer.
    ///
    /// # Errors
    /// A refusal, `NOT_FOUND`, an unknown department, `STATE_CONFLICT`, `ETAG_MISMATCH`.
    pub async fn forward_complaint(
        &self,
        act: &Act<'_>,
        name: &ComplaintName,
        (to, reason): (DepartmentName, PersonalText),
        etag: &str,
    ) -> Result<Stored<Complaint>, Failure> {
        let step = async |tx: &mut Tx, before: &Complaint, now| {
            must_stand(tx, &to, "department", now).await?;
            let reason = self.sealed_reason(before, &reason)?;
            Ok(Move::Forward(to, reason))
        };
        self.make_complaint_move(act, name, etag, Whose::Responsible, step)
            .await
    }

    /// Says who has to answer. Officers of the competent department.
    ///
    /// # Errors
    /// A refusal, `NOT_FOUND`, an unknown department, `STATE_CONFLICT`, `ETAG_MISMATCH`.
    pub async fn assign_complaint(
        &self,
        act: &Act<'_>,
        name: &ComplaintName,
        (to, reason): (DepartmentName, PersonalText),
        etag: &str,
    ) -> Result<Stored<Complaint>, Failure> {
        let step = async |tx: &mut Tx, before: &Complaint, now| {
            must_stand(tx, &to, "department", now).await?;
            let reason = self.sealed_reason(before, &reason)?;
            Ok(Move::Assign(to, reason))
        };
        self.make_complaint_move(act, name, etag, Whose::Competent, step)
            .await
    }

    /// Answers it. Officers of the department that has to.
    ///
    /// # Errors
    /// A refusal, `NOT_FOUND`, `STATE_CONFLICT`, `ETAG_MISMATCH`.
    pub async fn answer_complaint(
        &self,
        act: &Act<'_>,
        name: &ComplaintName,
        answer: NewAnswer,
        etag: &str,
    ) -> Result<Stored<Complaint>, Failure> {
        let step = async |_: &mut Tx, before: &Complaint, _| {
            let text = self.sealed_of_complaint(&before.name, Field::Answer, &answer.text)?;
            Ok(Move::Answer(answer.outcome, text))
        };
        self.make_complaint_move(act, name, etag, Whose::Responsible, step)
            .await
    }

    /// The person was told. Officers of the department that entered it or answered it, and the system that entered it.
    ///
    /// # Errors
    /// A refusal, `NOT_FOUND`, `STATE_CONFLICT`, `ETAG_MISMATCH`.
    pub async fn close_complaint(
        &self,
        act: &Act<'_>,
        name: &ComplaintName,
        etag: &str,
    ) -> Result<Stored<Complaint>, Failure> {
        let step = async |_: &mut Tx, _: &Complaint, _| Ok(Move::Close);
        self.make_complaint_move(act, name, etag, Whose::EnteringOrResponsible, step)
            .await
    }

    /// Takes it back on the person's wish. Officers of the department that entered it, and the system that did.
    ///
    /// # Errors
    /// A refusal, `NOT_FOUND`, `STATE_CONFLICT`, `ETAG_MISMATCH`.
    pub async fn withdraw_complaint(
        &self,
        act: &Act<'_>,
        name: &ComplaintName,
        etag: &str,
    ) -> Result<Stored<Complaint>, Failure> {
        let step = async |_: &mut Tx, _: &Complaint, _| Ok(Move::Withdraw);
        self.make_complaint_move(act, name, etag, Whose::Entering, step)
            .await
    }

    /// Makes one move. `step` says which, after a look at what the complaint is now.
    async fn make_complaint_move(
        &self,
        act: &Act<'_>,
        name: &ComplaintName,
        etag: &str,
        whose: Whose,
        step: impl AsyncFnOnce(&mut Tx, &Complaint, Timestamp) -> Result<Move, Failure>,
    ) -> Result<Stored<Complaint>, Failure> {
        self.change(act, async |tx, now| {
            let found: Option<Stored<Complaint>> = tx.get(name.as_str()).await?;
            let before = found.map(|row| self.with_its_day(row));
            let before = before.ok_or_else(|| Failure::not_found(name.as_str()))?;
            let responsible = self.must_make(whose, act, &before.value)?;
            check_etag(etag, &before, name.as_str())?;
            let step = step(tx, &before.value, now).await?;
            let event = step.kind().event();
            let by = act.caller.principal().to_string();
            let making = complaint::Act {
                by: &by,
                now,
                responsible: &responsible,
            };
            let value = before.value.make(step, &making).map_err(|illegal| {
                let message = illegal.message(name.as_str());
                Failure::illegal(Reason::StateConflict, message, illegal.legal_moves())
            })?;
            let draft = self.complaint_draft(act.request_id.as_str(), act, event, &value);
            let entry = tx.record(draft, now).await?;
            Ok(tx.update(&before, &value, Some(entry), now).await?)
        })
        .await
    }

    /// Whether the caller may make a move: to who may not see the complaint it is not there. The department that has to
    /// answer.
    fn must_make(
        &self,
        whose: Whose,
        act: &Act<'_>,
        complaint: &Complaint,
    ) -> Result<DepartmentName, Failure> {
        let caller = act.caller;
        if !self.sees_complaint(caller, complaint) {
            // Whoever is no officer and no system has the wrong role whatever it is about.
            super::must_be_of_a_department(caller)?;
            return Err(Failure::not_found(complaint.name.as_str()));
        }
        let responsible = self.responsible_for(complaint);
        let responsible = responsible.ok_or_else(|| Failure::not_found(complaint.name.as_str()))?;
        let entering = || {
            let is_own = is_entering_system(caller, complaint);
            is_own || caller.must_be_officer_of(&complaint.entered_by).is_ok()
        };
        match whose {
            Whose::Entering | Whose::EnteringOrResponsible if entering() => {}
            Whose::Entering => caller.must_be_officer_of(&complaint.entered_by)?,
            Whose::Competent => caller.must_be_officer_of(&self.competent()?)?,
            Whose::Responsible | Whose::EnteringOrResponsible => {
                caller.must_be_officer_of(&responsible)?;
            }
        }
        Ok(responsible)
    }

    /// Why it is passed on, sealed for the step that is made of it.
    fn sealed_reason(
        &self,
        before: &Complaint,
        reason: &PersonalText,
    ) -> Result<domain::complaint::Sealed, Failure> {
        let step = Field::Reason(before.routing.len());
        self.sealed_of_complaint(&before.name, step, reason)
    }
}
