//! Reads of rows, and explanations, over gRPC.

use std::pin::Pin;
use std::sync::Arc;

use api::exchange::v1 as pb;
use api::exchange::v1::exchange_service_server::ExchangeService;
use api::exchange::v1::explain_request::Target as WireTarget;
use broker::{Explain, Purpose, Receipt, Target, Use, wire};
use domain::fault::{self, Cause};
use domain::item;
use domain::name::{CertificateTypeName, MatterName, RequestId, ResourceName, SystemName};
use domain::policy::{Decision, Obstacle, PERMIT_RULE};
use domain::resource::ShareMode;
use futures_util::{Stream, StreamExt as _};
use jiff::Timestamp;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

use super::Adapter;
use super::incoming::{Fields, Incoming, wire_index};
use super::rows;
use crate::edge::{AtWork, Detached};
use crate::status::status_of;

#[tonic::async_trait]
impl ExchangeService for Adapter {
    type ReadRowsStream = Pin<Box<dyn Stream<Item = Result<pb::ReadRowsResponse, Status>> + Send>>;

    async fn read_rows(
        &self,
        request: Request<pb::ReadRowsRequest>,
    ) -> Result<Response<Self::ReadRowsStream>, Status> {
        let incoming = Incoming::of(request)?;
        let (used, read) = rows::parse(&incoming)?;
        let gateway = Arc::clone(&self.gateway);
        let reading = to_its_end(async move { gateway.read_rows(used, read).await }).await?;
        let stream = ReceiverStream::new(reading.parts)
            .map(|part| part.map(rows::wire_part).map_err(status_of));
        Ok(Response::new(Box::pin(stream)))
    }

    async fn explain(
        &self,
        request: Request<pb::ExplainRequest>,
    ) -> Result<Response<pb::ExplainResponse>, Status> {
        let incoming = Incoming::of(request)?;
        let question = parse_explain(&incoming.message)?;
        let decision = self
            .gateway
            .explain(&incoming.caller, &question)
            .map_err(status_of)?;
        Ok(Response::new(wire_decision(decision)))
    }
}

/// Does work to its end: a caller that goes away must not stop the outcome entry.
pub(super) async fn to_its_end<T: Send + 'static>(
    work: impl Future<Output = Result<T, broker::Failure>> + Send + 'static,
) -> Result<T, Status> {
    Detached::new(work).await.map_err(status_of)
}

/// The purpose and what every exchange carries.
pub(super) fn parse_use<T>(
    incoming: &Incoming<T>,
    fields: &mut Fields,
    request_id: &str,
    purpose: Option<&api::value::v1::Purpose>,
) -> Option<Use> {
    let id: Option<RequestId> = fields.request_id(request_id);
    let purpose = parse_purpose(fields, purpose);
    Some(Use {
        caller: incoming.caller.clone(),
        request_id: id?,
        purpose: purpose?,
        deadline: incoming.deadline.at(),
        place: incoming.at_work.clone().map(AtWork::into_place),
    })
}

/// Why something is asked for.
pub(super) fn parse_purpose(
    fields: &mut Fields,
    purpose: Option<&api::value::v1::Purpose>,
) -> Option<Purpose> {
    let purpose = fields
        .message("purpose", purpose.cloned())
        .unwrap_or_default();
    let matter = fields.name("purpose.matter", &purpose.matter, MatterName::parse);
    let case = fields.take("purpose.case_number", fault::line(&purpose.case_number, 64));
    let operator = fields.optional("purpose.operator", &purpose.operator, |text| {
        fault::line(text, 64)
    });
    Some(Purpose {
        matter: matter?,
        case_number: case?,
        operator,
    })
}

/// A receipt for the wire.
pub(super) fn wire_receipt(receipt: &Receipt) -> api::value::v1::Receipt {
    let grant = receipt.grant();
    api::value::v1::Receipt {
        intent_index: wire_index(receipt.intent_index()),
        outcome_index: wire_index(receipt.outcome_index()),
        grant: grant.map(|grant| grant.name.clone()).unwrap_or_default(),
        grant_version: grant
            .and_then(|g| i32::try_from(g.version).ok())
            .unwrap_or_default(),
        grant_sequence: grant
            .map(|grant| wire_index(grant.sequence))
            .unwrap_or_default(),
        rule: receipt.rule.to_owned(),
        request_id: receipt.request_id().to_owned(),
    }
}

fn parse_explain(message: &pb::ExplainRequest) -> Result<Explain, Status> {
    let mut fields = Fields::default();
    let consumer = fields.optional("consumer", &message.consumer, SystemName::parse);
    let target = match &message.target {
        Some(WireTarget::Resource(name)) => fields
            .name("resource", name, ResourceName::parse)
            .map(Target::Resource),
        Some(WireTarget::CertificateType(name)) => fields
            .name("certificate_type", name, CertificateTypeName::parse)
            .map(Target::CertificateType),
        None => {
            fields.fault(
                "target",
                &Cause::new("REQUIRED", "name a resource or a certificate type"),
            );
            None
        }
    };
    let mode = match message.share_mode() {
        api::catalogue::v1::ShareMode::Unspecified => Some(ShareMode::Api),
        mode => fields.take("share_mode", wire::mode_from(mode)),
    };
    let purpose = message.purpose.clone().unwrap_or_default();
    let matter = fields.optional("purpose.matter", &purpose.matter, MatterName::parse);
    let items = fields.take("items", item::keys(&message.items));
    let at = fields.take("at_time", moment(message.at_time));
    let whole = (|| {
        Some(Explain {
            consumer,
            target: target?,
            mode: mode?,
            matter,
            operator_named: !purpose.operator.trim().is_empty(),
            authorised: message.authorised,
            items: items?,
            at: at?,
        })
    })();
    fields.finish(whole)
}

fn moment(wire: Option<prost_types::Timestamp>) -> Result<Option<Timestamp>, Cause> {
    wire.map(|wire| {
        Timestamp::new(wire.seconds, wire.nanos)
            .map_err(|_| Cause::new("OUT_OF_RANGE", "not a moment that can be decided for"))
    })
    .transpose()
}

fn wire_decision(decision: Decision) -> pb::ExplainResponse {
    match decision {
        Decision::Permit(permit) => pb::ExplainResponse {
            permitted: true,
            rule: PERMIT_RULE.to_owned(),
            message: "the call would pass".to_owned(),
            grant: permit.grant().name.to_string(),
            items: permit.items().iter().map(ToString::to_string).collect(),
            obstacles: Vec::new(),
        },
        Decision::Refusal(refusal) => pb::ExplainResponse {
            permitted: false,
            rule: refusal.rule().id().to_owned(),
            message: refusal.message().to_owned(),
            grant: refusal
                .grant()
                .map(|grant| grant.name.to_string())
                .unwrap_or_default(),
            items: Vec::new(),
            obstacles: refusal.obstacles().iter().map(wire_obstacle).collect(),
        },
    }
}

fn wire_obstacle(obstacle: &Obstacle) -> pb::Obstacle {
    let reason = obstacle.rule.reason();
    pb::Obstacle {
        rule: obstacle.rule.id().to_owned(),
        reason: reason.as_str().to_owned(),
        message: obstacle.message.clone(),
        fault: reason.fault().as_str().to_owned(),
        next: reason.next().to_owned(),
    }
}
