//! Complaints for the wire.

use api::sharing::v1 as pb;
use api::sharing::v1::complaint as parts;
use broker::{ComplaintStatus, ComplaintTexts, Stored};
use domain::caller::Caller;
use domain::complaint::{
    Complaint, ComplaintKind, ComplaintOutcome, ComplaintState, PersonalText, Routed,
};
use domain::policy::shaoyang_date;
use tonic::Status;

use super::super::Adapter;
use super::super::incoming::wire_time;
use crate::status::status_of;

impl Adapter {
    /// A complaint for somebody, with what people wrote where they may read it.
    pub(super) fn wire_complaint(
        &self,
        caller: &Caller,
        row: Stored<Complaint>,
    ) -> Result<pb::Complaint, Status> {
        let texts = self.gateway.complaint_texts(caller, &row.value);
        let texts = texts.map_err(status_of)?;
        let mut wire = self.without_texts(row);
        if let Some(texts) = texts {
            let ComplaintTexts {
                statement,
                contact,
                reasons,
                answer,
            } = texts;
            wire.statement = said(Some(&statement));
            wire.contact = said(contact.as_ref());
            wire.answer = said(answer.as_ref());
            for (step, reason) in wire.routing.iter_mut().zip(reasons) {
                step.reason = said(reason.as_ref());
            }
        }
        Ok(wire)
    }

    /// A complaint without what people wrote.
    pub(super) fn without_texts(&self, row: Stored<Complaint>) -> pb::Complaint {
        let etag = row.etag();
        let complaint = row.value;
        let today = shaoyang_date(self.gateway.now());
        let clock = complaint.state.clock();
        let due = clock.and_then(|clock| clock.due);
        let answered = complaint.state.answered();
        let legal = complaint.legal();
        let about = &complaint.about;
        pb::Complaint {
            kind: wire_kind(complaint.kind).into(),
            grant: text(about.grant.as_ref()),
            resource: text(about.resource.as_ref()),
            department: text(about.department.as_ref()),
            received_date: complaint.received.to_string(),
            responsible: text(self.gateway.responsible_for(&complaint).as_ref()),
            routing: complaint
                .routing
                .iter()
                .map(|one| self.routing(one))
                .collect(),
            entering_department: complaint.entered_by.to_string(),
            enterer: complaint.entered.by.clone(),
            state: wire_state(&complaint.state).into(),
            due_date: text(due.as_ref()),
            due_rule: clock.map(|clock| clock.rule.clone()).unwrap_or_default(),
            overdue: complaint.is_overdue(today),
            outcome: wire_outcome(answered.map(|one| one.outcome)).into(),
            answerer: answered
                .map(|one| one.signed.by.clone())
                .unwrap_or_default(),
            answer_time: answered.map(|one| wire_time(one.signed.at)),
            legal_methods: legal.iter().map(|kind| kind.method().to_owned()).collect(),
            create_time: Some(wire_time(row.create_time)),
            etag,
            name: complaint.name.into(),
            ..pb::Complaint::default()
        }
    }

    /// What a receipt tells.
    pub(super) fn wire_status(&self, found: &ComplaintStatus) -> pb::ComplaintStatus {
        let complaint = &found.complaint;
        let today = shaoyang_date(self.gateway.now());
        let due = complaint.state.clock().and_then(|clock| clock.due);
        let last = complaint.routing.last();
        let outcome = complaint.state.answered().map(|one| one.outcome);
        pb::ComplaintStatus {
            kind: wire_kind(complaint.kind).into(),
            state: wire_state(&complaint.state).into(),
            responsible: text(found.responsible.as_ref()),
            why: last.map_or_else(String::new, |one| one.why.sentence().to_owned()),
            received_date: complaint.received.to_string(),
            due_date: text(due.as_ref()),
            overdue: complaint.is_overdue(today),
            outcome: wire_outcome(outcome).into(),
            answer: said(found.answer.as_ref()),
        }
    }

    fn routing(&self, one: &Routed) -> parts::Routing {
        parts::Routing {
            department: text(self.gateway.now_with(&one.to).as_ref()),
            routed_by: one.why.as_str().to_owned(),
            why: one.why.sentence().to_owned(),
            actor: one.signed.by.clone(),
            route_time: Some(wire_time(one.signed.at)),
            reason: String::new(),
        }
    }
}

fn text(value: Option<&impl ToString>) -> String {
    value.map(ToString::to_string).unwrap_or_default()
}

fn said(text: Option<&PersonalText>) -> String {
    text.map(|text| text.expose().to_owned())
        .unwrap_or_default()
}

fn wire_kind(kind: ComplaintKind) -> parts::Kind {
    match kind {
        ComplaintKind::UnlawfulUse => parts::Kind::UnlawfulUse,
        ComplaintKind::WrongData => parts::Kind::WrongData,
        ComplaintKind::Disclosure => parts::Kind::Disclosure,
        ComplaintKind::NotServed => parts::Kind::NotServed,
        ComplaintKind::Other => parts::Kind::Other,
    }
}

fn wire_state(state: &ComplaintState) -> parts::State {
    match state {
        ComplaintState::Received { .. } => parts::State::Received,
        ComplaintState::Answered(_) => parts::State::Answered,
        ComplaintState::Closed { .. } => parts::State::Closed,
        ComplaintState::Withdrawn { .. } => parts::State::Withdrawn,
    }
}

fn wire_outcome(outcome: Option<ComplaintOutcome>) -> parts::Outcome {
    match outcome {
        None => parts::Outcome::Unspecified,
        Some(ComplaintOutcome::Upheld) => parts::Outcome::Upheld,
        Some(ComplaintOutcome::NotUpheld) => parts::Outcome::NotUpheld,
        Some(ComplaintOutcome::PartlyUpheld) => parts::Outcome::PartlyUpheld,
    }
}
