//! Complaints over gRPC. What people wrote goes into an answer only for those who may read it.

mod wire;

use api::sharing::v1 as pb;
use api::sharing::v1::complaint::{Kind, Outcome, State};
use api::sharing::v1::complaint_service_server::ComplaintService;
use broker::{ComplaintFilter, Failure, NewAnswer, NewComplaint, Stored};
use domain::caller::Caller;
use domain::complaint::{
    About, Complaint, ComplaintKind, ComplaintOutcome, PersonalText, receipt_of,
};
use domain::fault::{self, Cause};
use domain::name::{ComplaintName, DepartmentName, GrantName, RequestId, ResourceName};
use tonic::{Request, Response, Status};

use super::Adapter;
use super::incoming::{Fields, Incoming, page};
use crate::status::status_of;

/// Characters of what a person says, and of what they are told.
const MOST_SAID: usize = 2000;
/// Characters of a reason, and of how a person is reached.
const MOST_REASON: usize = 200;

#[tonic::async_trait]
impl ComplaintService for Adapter {
    async fn create_complaint(
        &self,
        request: Request<pb::CreateComplaintRequest>,
    ) -> Result<Response<pb::CreateComplaintResponse>, Status> {
        let incoming = Incoming::of(request)?;
        let (new, id) = parse(&incoming.message)?;
        let mut act = incoming.act("CreateComplaint", &id);
        act.validate_only = incoming.message.validate_only;
        let entered = self.gateway.enter_complaint(&act, new).await;
        let entered = entered.map_err(status_of)?;
        let complaint = self.wire_complaint(&incoming.caller, entered.complaint)?;
        Ok(Response::new(pb::CreateComplaintResponse {
            complaint: Some(complaint),
            receipt: entered.receipt,
        }))
    }

    async fn get_complaint_by_receipt(
        &self,
        request: Request<pb::GetComplaintByReceiptRequest>,
    ) -> Result<Response<pb::ComplaintStatus>, Status> {
        let incoming = Incoming::of(request)?;
        let mut fields = Fields::default();
        let receipt = fields.take("receipt", receipt_of(&incoming.message.receipt));
        let receipt = fields.finish(receipt)?;
        let found = self
            .gateway
            .complaint_by_receipt(&incoming.caller, &receipt)
            .await
            .map_err(status_of)?;
        Ok(Response::new(self.wire_status(&found)))
    }

    async fn get_complaint(
        &self,
        request: Request<pb::GetComplaintRequest>,
    ) -> Result<Response<pb::Complaint>, Status> {
        let incoming = Incoming::of(request)?;
        let mut fields = Fields::default();
        let name = fields.name("name", &incoming.message.name, ComplaintName::parse);
        let name = fields.finish(name)?;
        let found = self.gateway.complaint(&incoming.caller, &name).await;
        self.of_complaint(&incoming.caller, found)
    }

    async fn list_complaints(
        &self,
        request: Request<pb::ListComplaintsRequest>,
    ) -> Result<Response<pb::ListComplaintsResponse>, Status> {
        let incoming = Incoming::of(request)?;
        let message = &incoming.message;
        let page = page(message.page_size, &message.page_token)?;
        let filter = filter(message)?;
        let found = self
            .gateway
            .complaints(&incoming.caller, &page, &filter)
            .await
            .map_err(status_of)?;
        let complaints = found.rows.into_iter();
        Ok(Response::new(pb::ListComplaintsResponse {
            complaints: complaints.map(|row| self.without_texts(row)).collect(),
            next_page_token: found.next,
        }))
    }

    async fn forward_complaint(
        &self,
        request: Request<pb::ForwardComplaintRequest>,
    ) -> Result<Response<pb::Complaint>, Status> {
        let incoming = Incoming::of(request)?;
        let message = &incoming.message;
        let mut fields = Fields::default();
        let step = fields.step(&message.name, &message.request_id, ComplaintName::parse);
        let to = onward(&mut fields, &message.department, &message.reason);
        let ((name, id), to) = fields.finish(step.zip(to))?;
        let act = incoming.act("ForwardComplaint", &id);
        let forwarded = self
            .gateway
            .forward_complaint(&act, &name, to, &message.etag)
            .await;
        self.of_complaint(&incoming.caller, forwarded)
    }

    async fn assign_complaint(
        &self,
        request: Request<pb::AssignComplaintRequest>,
    ) -> Result<Response<pb::Complaint>, Status> {
        let incoming = Incoming::of(request)?;
        let message = &incoming.message;
        let mut fields = Fields::default();
        let step = fields.step(&message.name, &message.request_id, ComplaintName::parse);
        let to = onward(&mut fields, &message.department, &message.reason);
        let ((name, id), to) = fields.finish(step.zip(to))?;
        let act = incoming.act("AssignComplaint", &id);
        let assigned = self
            .gateway
            .assign_complaint(&act, &name, to, &message.etag)
            .await;
        self.of_complaint(&incoming.caller, assigned)
    }

    async fn answer_complaint(
        &self,
        request: Request<pb::AnswerComplaintRequest>,
    ) -> Result<Response<pb::Complaint>, Status> {
        let incoming = Incoming::of(request)?;
        let message = &incoming.message;
        let mut fields = Fields::default();
        let step = fields.step(&message.name, &message.request_id, ComplaintName::parse);
        let outcome = outcome(message.outcome()).ok_or_else(|| {
            let text = "choose upheld, not upheld or partly upheld";
            Cause::new("REQUIRED", text)
        });
        let outcome = fields.take("outcome", outcome);
        let text = fields.take("text", PersonalText::parse(&message.text, MOST_SAID));
        let answer = outcome.zip(text);
        let answer = answer.map(|(outcome, text)| NewAnswer { outcome, text });
        let ((name, id), answer) = fields.finish(step.zip(answer))?;
        let act = incoming.act("AnswerComplaint", &id);
        let answered = self
            .gateway
            .answer_complaint(&act, &name, answer, &message.etag)
            .await;
        self.of_complaint(&incoming.caller, answered)
    }

    async fn close_complaint(
        &self,
        request: Request<pb::CloseComplaintRequest>,
    ) -> Result<Response<pb::Complaint>, Status> {
        let incoming = Incoming::of(request)?;
        let message = &incoming.message;
        let mut fields = Fields::default();
        let step = fields.step(&message.name, &message.request_id, ComplaintName::parse);
        let (name, id) = fields.finish(step)?;
        let act = incoming.act("CloseComplaint", &id);
        let closed = self
            .gateway
            .close_complaint(&act, &name, &message.etag)
            .await;
        self.of_complaint(&incoming.caller, closed)
    }

    async fn withdraw_complaint(
        &self,
        request: Request<pb::WithdrawComplaintRequest>,
    ) -> Result<Response<pb::Complaint>, Status> {
        let incoming = Incoming::of(request)?;
        let message = &incoming.message;
        let mut fields = Fields::default();
        let step = fields.step(&message.name, &message.request_id, ComplaintName::parse);
        let (name, id) = fields.finish(step)?;
        let act = incoming.act("WithdrawComplaint", &id);
        let withdrawn = self
            .gateway
            .withdraw_complaint(&act, &name, &message.etag)
            .await;
        self.of_complaint(&incoming.caller, withdrawn)
    }
}

impl Adapter {
    fn of_complaint(
        &self,
        caller: &Caller,
        row: Result<Stored<Complaint>, Failure>,
    ) -> Result<Response<pb::Complaint>, Status> {
        let row = row.map_err(status_of)?;
        Ok(Response::new(self.wire_complaint(caller, row)?))
    }
}

/// To whom it is passed on, and why.
fn onward(
    fields: &mut Fields,
    department: &str,
    reason: &str,
) -> Option<(DepartmentName, PersonalText)> {
    let department = fields.name("department", department, DepartmentName::parse);
    let reason = fields.take("reason", PersonalText::parse(reason, MOST_REASON));
    department.zip(reason)
}

fn parse(message: &pb::CreateComplaintRequest) -> Result<(NewComplaint, RequestId), Status> {
    let mut fields = Fields::default();
    let id = fields.request_id(&message.request_id);
    let part = fields
        .message("complaint", message.complaint.clone())
        .unwrap_or_default();
    let unknown = || Cause::new("REQUIRED", "choose what it is about");
    let kind = fields.take("complaint.kind", kind(part.kind()).ok_or_else(unknown));
    let statement = PersonalText::parse(&part.statement, MOST_SAID);
    let statement = fields.take("complaint.statement", statement);
    let contact = match part.contact.trim() {
        "" => None,
        text => fields.take("complaint.contact", PersonalText::parse(text, MOST_REASON)),
    };
    let about = About {
        grant: fields.optional("complaint.grant", &part.grant, GrantName::parse),
        resource: fields.optional("complaint.resource", &part.resource, ResourceName::parse),
        department: fields.optional(
            "complaint.department",
            &part.department,
            DepartmentName::parse,
        ),
    };
    let received = fields.optional("complaint.received_date", &part.received_date, fault::date);
    let whole = (|| {
        let new = NewComplaint {
            kind: kind?,
            about,
            statement: statement?,
            contact,
            received,
        };
        Some((new, id?))
    })();
    fields.finish(whole)
}

fn filter(message: &pb::ListComplaintsRequest) -> Result<ComplaintFilter, Status> {
    let mut fields = Fields::default();
    let responsible = fields.optional("responsible", &message.responsible, DepartmentName::parse);
    let states = fields.states(&message.states, word);
    fields.finish(Some(ComplaintFilter {
        responsible,
        states,
    }))
}

fn kind(wire: Kind) -> Option<ComplaintKind> {
    match wire {
        Kind::Unspecified => None,
        Kind::UnlawfulUse => Some(ComplaintKind::UnlawfulUse),
        Kind::WrongData => Some(ComplaintKind::WrongData),
        Kind::Disclosure => Some(ComplaintKind::Disclosure),
        Kind::NotServed => Some(ComplaintKind::NotServed),
        Kind::Other => Some(ComplaintKind::Other),
    }
}

fn outcome(wire: Outcome) -> Option<ComplaintOutcome> {
    match wire {
        Outcome::Unspecified => None,
        Outcome::Upheld => Some(ComplaintOutcome::Upheld),
        Outcome::NotUpheld => Some(ComplaintOutcome::NotUpheld),
        Outcome::PartlyUpheld => Some(ComplaintOutcome::PartlyUpheld),
    }
}

fn word(wire: State) -> Option<&'static str> {
    match wire {
        State::Unspecified => None,
        State::Received => Some("received"),
        State::Answered => Some("answered"),
        State::Closed => Some("closed"),
        State::Withdrawn => Some("withdrawn"),
    }
}
