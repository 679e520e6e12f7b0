//! Reads of rows, and explanations, over gRPC.

use std::pin::Pin;
use std::sync::Arc;

use api::exchange::v1 as pb;
use api::exchange::v1::exchange_service_server::ExchangeService;
use api::exchange::v1::explain_request::Target as WireTarget;
use broker::{Explain, Part, Purpose, ReadRows, Receipt, Target, Use, wire};
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
use super::catalogue::mode_from;
use super::incoming::{Fields, Incoming, wire_index};
use crate::status::{refused, status_of};

#[tonic::async_trait]
impl ExchangeService for Adapter {
    type ReadRowsStream = Pin<Box<dyn Stream<Item = Result<pb::ReadRowsResponse, Status>> + Send>>;

    async fn read_rows(
        &self,
        request: Request<pb::ReadRowsRequest>,
    ) -> Result<Response<Self::ReadRowsStream>, Status> {
        let incoming = Incoming::of(request)?;
        let (used, read) = parse_read(&incoming)?;
        let gateway = Arc::clone(&self.gateway);
        let parts = in_own_task(async move { gateway.read_rows(used, read).await }).await?;
        let stream = ReceiverStream::new(parts).map(|part| part.map(wire_part).map_err(status_of));
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

/// Runs an exchange on a task of its own: a caller that goes away must not stop the outcome entry.
pub(super) async fn in_own_task<T: Send + 'static>(
    work: impl Future<Output = Result<T, broker::Failure>> + Send + 'static,
) -> Result<T, Status> {
    match tokio::spawn(work).await {
        Ok(done) => done.map_err(status_of),
        Err(_) => Err(refused(
            domain::reason::Reason::Internal,
            "the exchange broke off",
        )),
    }
}

/// The purpose and what every exchange carries.
pub(super) fn parse_use<T>(
    incoming: &Incoming<T>,
    fields: &mut Fields,
    request_id: &str,
    purpose: Option<&api::value::v1::Purpose>,
) -> Option<Use> {
    let id: Option<RequestId> = fields.request_id(request_id);
    let purpose = fields
        .message("purpose", purpose.cloned())
        .unwrap_or_default();
    let matter = fields.name("purpose.matter", &purpose.matter, MatterName::parse);
    let case = fields.take("purpose.case_number", fault::line(&purpose.case_number, 64));
    let operator = fields.optional("purpose.operator", &purpose.operator, |text| {
        fault::line(text, 64)
    });
    Some(Use {
        caller: incoming.caller.clone(),
        request_id: id?,
        purpose: Purpose {
            matter: matter?,
            case_number: case?,
            operator,
        },
        deadline: incoming.deadline.at(),
    })
}

/// A receipt for the wire.
pub(super) fn wire_receipt(receipt: &Receipt) -> api::value::v1::Receipt {
    let grant = receipt.intent.grant();
    api::value::v1::Receipt {
        intent_index: wire_index(receipt.intent.index()),
        outcome_index: wire_index(receipt.outcome.index()),
        grant: grant.map(|grant| grant.name.clone()).unwrap_or_default(),
        grant_version: grant
            .and_then(|g| i32::try_from(g.version).ok())
            .unwrap_or_default(),
        grant_sequence: grant
            .map(|grant| wire_index(grant.sequence))
            .unwrap_or_default(),
        rule: receipt.rule.to_owned(),
        request_id: receipt.intent.request_id().to_owned(),
    }
}

fn parse_read(incoming: &Incoming<pb::ReadRowsRequest>) -> Result<(Use, ReadRows), Status> {
    let message = &incoming.message;
    let mut fields = Fields::default();
    let used = parse_use(
        incoming,
        &mut fields,
        &message.request_id,
        message.purpose.as_ref(),
    );
    let resource = fields.name("resource", &message.resource, ResourceName::parse);
    let items = fields.take("items", item::keys(&message.items));
    let filter = match message.filter.clone() {
        None => Some(None),
        Some(filter) => fields.take("filter", wire::filter_from(filter)).map(Some),
    };
    let limit = fields.take("limit", limit(message.limit));
    let whole = (|| {
        let read = ReadRows {
            resource: resource?,
            items: items?,
            filter: filter?,
            limit: limit?,
        };
        Some((used?, read))
    })();
    fields.finish(whole)
}

fn limit(given: i32) -> Result<u32, Cause> {
    match u32::try_from(given) {
        Ok(0) => Ok(100),
        Ok(limit) if limit <= 10_000 => Ok(limit),
        _ => Err(Cause::new("OUT_OF_RANGE", "give 1 to 10000, or 0 for 100")),
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
        mode => fields.take("share_mode", mode_from(mode)),
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

fn wire_part(part: Part) -> pb::ReadRowsResponse {
    use pb::read_rows_response::Part as Wire;
    let row = |values: Vec<domain::item::ItemValue>| pb::Row {
        values: values.into_iter().map(wire::value_to).collect(),
    };
    let part = match part {
        Part::Rows(rows) => Wire::Batch(pb::RowBatch {
            rows: rows.into_iter().map(row).collect(),
        }),
        Part::Receipt(receipt) => Wire::Receipt(wire_receipt(&receipt)),
    };
    pb::ReadRowsResponse { part: Some(part) }
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
