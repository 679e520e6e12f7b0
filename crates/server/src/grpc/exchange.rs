//! Reads of rows, and explanations, over gRPC.

use std::pin::Pin;
use std::sync::Arc;

use api::exchange::v1 as pb;
use api::exchange::v1::exchange_service_server::ExchangeService;
use broker::{Purpose, Receipt, Use};
use domain::fault;
use domain::name::{MatterName, RequestId};
use futures_util::{Stream, StreamExt as _};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

use super::Adapter;
use super::explain;
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
        let question = explain::parse(&incoming.message)?;
        let explained = self.gateway.explain(&incoming.caller, &question).await;
        let explained = explained.map_err(status_of)?;
        Ok(Response::new(explain::wire(explained)))
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
