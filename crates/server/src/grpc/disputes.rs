//! Disputes over gRPC.

mod wire;

use api::sharing::v1 as pb;
use api::sharing::v1::dispute::{Favour as WireFavour, State};
use api::sharing::v1::dispute_service_server::DisputeService;
use broker::{DisputeFilter, Failure, NewRuling, Stored};
use domain::dispute::{Dispute, DisputeSubject, Favour};
use domain::fault::{self, Cause};
use domain::name::{DisputeName, RequestId};
use tonic::{Request, Response, Status};

use super::Adapter;
use super::incoming::{Fields, Incoming, page};
use crate::status::status_of;

/// Characters of a statement, of a proposal and of a decision.
const MOST_SAID: usize = 1000;
/// Characters of a reason.
const MOST_REASON: usize = 200;
/// Characters of a document's number and of a body's name.
const MOST_NAMED: usize = 100;

#[tonic::async_trait]
impl DisputeService for Adapter {
    async fn create_dispute(
        &self,
        request: Request<pb::CreateDisputeRequest>,
    ) -> Result<Response<pb::Dispute>, Status> {
        let incoming = Incoming::of(request)?;
        let mut fields = Fields::default();
        let id = fields.request_id(&incoming.message.request_id);
        let part = fields
            .message("dispute", incoming.message.dispute.clone())
            .unwrap_or_default();
        let subject = fields.take("dispute.subject", DisputeSubject::parse(&part.subject));
        let statement = fields.take("dispute.statement", fault::line(&part.statement, MOST_SAID));
        let (id, (subject, statement)) = fields.finish(id.zip(subject.zip(statement)))?;
        let mut act = incoming.act("CreateDispute", &id);
        act.validate_only = incoming.message.validate_only;
        self.of_dispute(self.gateway.raise_dispute(&act, subject, statement).await)
    }

    async fn get_dispute(
        &self,
        request: Request<pb::GetDisputeRequest>,
    ) -> Result<Response<pb::Dispute>, Status> {
        let incoming = Incoming::of(request)?;
        let mut fields = Fields::default();
        let name = fields.name("name", &incoming.message.name, DisputeName::parse);
        let name = fields.finish(name)?;
        self.of_dispute(self.gateway.dispute(&incoming.caller, &name).await)
    }

    async fn list_disputes(
        &self,
        request: Request<pb::ListDisputesRequest>,
    ) -> Result<Response<pb::ListDisputesResponse>, Status> {
        let incoming = Incoming::of(request)?;
        let message = &incoming.message;
        let page = page(message.page_size, &message.page_token)?;
        let filter = filter(message)?;
        let found = self
            .gateway
            .disputes(&incoming.caller, &page, &filter)
            .await
            .map_err(status_of)?;
        let disputes = found.rows.into_iter();
        Ok(Response::new(pb::ListDisputesResponse {
            disputes: disputes.map(|row| self.wire_dispute(row)).collect(),
            next_page_token: found.next,
        }))
    }

    async fn propose_settlement(
        &self,
        request: Request<pb::ProposeSettlementRequest>,
    ) -> Result<Response<pb::Dispute>, Status> {
        let incoming = Incoming::of(request)?;
        let message = &incoming.message;
        let mut fields = Fields::default();
        let step = fields.step(&message.name, &message.request_id, DisputeName::parse);
        let terms = fields.take("terms", fault::line(&message.terms, MOST_SAID));
        let ((name, id), terms) = fields.finish(step.zip(terms))?;
        let act = incoming.act("ProposeSettlement", &id);
        let proposed = self
            .gateway
            .propose_settlement(&act, &name, terms, &message.etag);
        self.of_dispute(proposed.await)
    }

    async fn accept_settlement(
        &self,
        request: Request<pb::AcceptSettlementRequest>,
    ) -> Result<Response<pb::Dispute>, Status> {
        let incoming = Incoming::of(request)?;
        let message = &incoming.message;
        let mut fields = Fields::default();
        let step = fields.step(&message.name, &message.request_id, DisputeName::parse);
        let (name, id) = fields.finish(step)?;
        let act = incoming.act("AcceptSettlement", &id);
        let accepted = self.gateway.accept_settlement(&act, &name, &message.etag);
        self.of_dispute(accepted.await)
    }

    async fn decline_settlement(
        &self,
        request: Request<pb::DeclineSettlementRequest>,
    ) -> Result<Response<pb::Dispute>, Status> {
        let incoming = Incoming::of(request)?;
        let message = &incoming.message;
        let mut fields = Fields::default();
        let step = fields.step(&message.name, &message.request_id, DisputeName::parse);
        let reason = fields.take("reason", fault::line(&message.reason, MOST_REASON));
        let ((name, id), reason) = fields.finish(step.zip(reason))?;
        let act = incoming.act("DeclineSettlement", &id);
        let declined = self
            .gateway
            .decline_settlement(&act, &name, reason, &message.etag);
        self.of_dispute(declined.await)
    }

    async fn give_up_negotiation(
        &self,
        request: Request<pb::GiveUpNegotiationRequest>,
    ) -> Result<Response<pb::Dispute>, Status> {
        let incoming = Incoming::of(request)?;
        let message = &incoming.message;
        let mut fields = Fields::default();
        let step = fields.step(&message.name, &message.request_id, DisputeName::parse);
        let (name, id) = fields.finish(step)?;
        let act = incoming.act("GiveUpNegotiation", &id);
        let given_up = self.gateway.give_up_negotiation(&act, &name, &message.etag);
        self.of_dispute(given_up.await)
    }

    async fn escalate_dispute(
        &self,
        request: Request<pb::EscalateDisputeRequest>,
    ) -> Result<Response<pb::Dispute>, Status> {
        let incoming = Incoming::of(request)?;
        let message = &incoming.message;
        let mut fields = Fields::default();
        let step = fields.step(&message.name, &message.request_id, DisputeName::parse);
        let (name, id) = fields.finish(step)?;
        let act = incoming.act("EscalateDispute", &id);
        let escalated = self.gateway.escalate_dispute(&act, &name, &message.etag);
        self.of_dispute(escalated.await)
    }

    async fn decide_dispute(
        &self,
        request: Request<pb::DecideDisputeRequest>,
    ) -> Result<Response<pb::Dispute>, Status> {
        let incoming = Incoming::of(request)?;
        let ((name, id), ruling) = ruling(&incoming.message)?;
        let act = incoming.act("DecideDispute", &id);
        let etag = &incoming.message.etag;
        self.of_dispute(self.gateway.decide_dispute(&act, &name, ruling, etag).await)
    }

    async fn withdraw_dispute(
        &self,
        request: Request<pb::WithdrawDisputeRequest>,
    ) -> Result<Response<pb::Dispute>, Status> {
        let incoming = Incoming::of(request)?;
        let message = &incoming.message;
        let mut fields = Fields::default();
        let step = fields.step(&message.name, &message.request_id, DisputeName::parse);
        let reason = fields.take("reason", fault::line(&message.reason, MOST_REASON));
        let ((name, id), reason) = fields.finish(step.zip(reason))?;
        let act = incoming.act("WithdrawDispute", &id);
        let withdrawn = self
            .gateway
            .withdraw_dispute(&act, &name, reason, &message.etag);
        self.of_dispute(withdrawn.await)
    }
}

impl Adapter {
    fn of_dispute(
        &self,
        row: Result<Stored<Dispute>, Failure>,
    ) -> Result<Response<pb::Dispute>, Status> {
        Ok(Response::new(self.wire_dispute(row.map_err(status_of)?)))
    }
}

type Ruling = ((DisputeName, RequestId), NewRuling);

fn ruling(message: &pb::DecideDisputeRequest) -> Result<Ruling, Status> {
    let mut fields = Fields::default();
    let step = fields.step(&message.name, &message.request_id, DisputeName::parse);
    let favour = match message.favour() {
        WireFavour::Unspecified => Err(Cause::new("REQUIRED", "choose raiser, other or partly")),
        WireFavour::Raiser => Ok(Favour::Raiser),
        WireFavour::Other => Ok(Favour::Other),
        WireFavour::Partly => Ok(Favour::Partly),
    };
    let favour = fields.take("favour", favour);
    let text = fields.take("text", fault::line(&message.text, MOST_SAID));
    let document = fields.take("document", fault::line(&message.document, MOST_NAMED));
    let document_date = fields.optional("document_date", &message.document_date, fault::date);
    let forwarded = fault::optional_line(&message.forwarded_to, MOST_NAMED);
    let forwarded_to = fields.take("forwarded_to", forwarded);
    let whole = (|| {
        let ruling = NewRuling {
            text: text?,
            document: document?,
            document_date,
            favour: favour?,
            forwarded_to: forwarded_to?,
        };
        Some((step?, ruling))
    })();
    fields.finish(whole)
}

fn filter(message: &pb::ListDisputesRequest) -> Result<DisputeFilter, Status> {
    let mut fields = Fields::default();
    let subject = fields.optional("subject", &message.subject, DisputeSubject::parse);
    let states = fields.states(&message.states, word);
    fields.finish(Some(DisputeFilter { subject, states }))
}

fn word(wire: State) -> Option<&'static str> {
    match wire {
        State::Unspecified => None,
        State::Negotiating => Some("negotiating"),
        State::Coordinating => Some("coordinating"),
        State::Coordinated => Some("coordinated"),
        State::Deciding => Some("deciding"),
        State::Settled => Some("settled"),
        State::Decided => Some("decided"),
        State::Withdrawn => Some("withdrawn"),
    }
}
