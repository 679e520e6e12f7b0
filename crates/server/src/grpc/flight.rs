//! Table mode over Arrow Flight: the rows of a read as record batches, for tools that speak Arrow.
//!
//! The same read, decision and evidence as `ReadRows`; only the form of the answer differs. A ticket
//! is a `ReadRowsRequest` ([`ticket`]); [`table`] makes columns of rows. Services that write, or that
//! do without a ticket, are not served.

mod table;
mod ticket;

use std::pin::Pin;
use std::sync::Arc;

use arrow_flight::flight_service_server::FlightService;
use arrow_flight::{
    Action, ActionType, Criteria, Empty, FlightData, FlightDescriptor, FlightEndpoint, FlightInfo,
    HandshakeRequest, HandshakeResponse, PollInfo, PutResult, SchemaResult, Ticket,
};
use broker::{Explain, Failure, ReadRows, Target, Use};
use domain::policy::{Decision, Permit};
use domain::reason::Reason;
use domain::resource::ShareMode;
use futures_util::{Stream, StreamExt as _, stream};
use prost::Message as _;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

use super::Adapter;
use super::exchange::to_its_end;
use super::incoming::Incoming;
use super::rows;
use crate::status::{refused, status_of};
use table::Table;

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

#[tonic::async_trait]
impl FlightService for Adapter {
    type HandshakeStream = Answers<HandshakeResponse>;
    type ListFlightsStream = Answers<FlightInfo>;
    type DoGetStream = Answers<FlightData>;
    type DoPutStream = Answers<PutResult>;
    type DoActionStream = Answers<arrow_flight::Result>;
    type ListActionsStream = Answers<ActionType>;
    type DoExchangeStream = Answers<FlightData>;

    /// Says what a read would bring, and gives the ticket for it. Nothing is read and nothing is
    /// recorded; the decision is made anew when the ticket is used. Role: system.
    async fn get_flight_info(
        &self,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        let described = self.describe(request)?;
        let ticket = Ticket::new(described.request.encode_to_vec());
        // Unknown, as Flight spells it: how many there are shows when they are read.
        let unknown = -1;
        let info = FlightInfo::new()
            .try_with_schema(described.table.schema())
            .map_err(|_| unwritable())?
            .with_descriptor(described.descriptor)
            .with_endpoint(FlightEndpoint::new().with_ticket(ticket))
            .with_total_records(unknown)
            .with_total_bytes(unknown)
            .with_ordered(true);
        Ok(Response::new(info))
    }

    /// The columns alone. Role: system.
    async fn get_schema(
        &self,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<SchemaResult>, Status> {
        let schema = self.describe(request)?.table.schema_result();
        Ok(Response::new(schema.map_err(|_| unwritable())?))
    }

    /// Reads the rows of a ticket. The metadata of each batch holds the cursor behind it, that of
    /// the last one, which has no rows, the receipt; both as JSON. Role: system.
    async fn do_get(
        &self,
        request: Request<Ticket>,
    ) -> Result<Response<Self::DoGetStream>, Status> {
        let incoming = Incoming::of(request)?;
        let message = ticket::read(&incoming.message.ticket)?;
        let incoming = incoming.carrying(message);
        let (used, read) = rows::parse(&incoming)?;
        let gateway = Arc::clone(&self.gateway);
        let reading = to_its_end(async move { gateway.read_rows(used, read).await }).await?;
        let table = Table::of(&reading.resource, &reading.items);
        let head = stream::once(std::future::ready(Ok(table.head())));
        let parts = ReceiverStream::new(reading.parts).map(move |part| {
            let part = part.map_err(status_of)?;
            table.message(part)
        });
        Ok(Response::new(Box::pin(head.chain(parts))))
    }

    async fn handshake(
        &self,
        _: Request<Streaming<HandshakeRequest>>,
    ) -> Result<Response<Self::HandshakeStream>, Status> {
        Err(not_served("who calls is told by its TLS certificate"))
    }

    async fn list_flights(
        &self,
        _: Request<Criteria>,
    ) -> Result<Response<Self::ListFlightsStream>, Status> {
        Err(not_served("list your grants with GrantService.ListGrants"))
    }

    async fn poll_flight_info(
        &self,
        _: Request<FlightDescriptor>,
    ) -> Result<Response<PollInfo>, Status> {
        Err(not_served("a read needs no preparation"))
    }

    async fn do_put(
        &self,
        _: Request<Streaming<FlightData>>,
    ) -> Result<Response<Self::DoPutStream>, Status> {
        Err(not_served("tables are read here and not written"))
    }

    async fn do_action(
        &self,
        _: Request<Action>,
    ) -> Result<Response<Self::DoActionStream>, Status> {
        Err(not_served("there are no actions"))
    }

    async fn list_actions(
        &self,
        _: Request<Empty>,
    ) -> Result<Response<Self::ListActionsStream>, Status> {
        Ok(Response::new(Box::pin(stream::empty())))
    }

    async fn do_exchange(
        &self,
        _: Request<Streaming<FlightData>>,
    ) -> Result<Response<Self::DoExchangeStream>, Status> {
        Err(not_served("tables are read here and not written"))
    }
}

/// What a descriptor stands for.
struct Described {
    request: api::exchange::v1::ReadRowsRequest,
    descriptor: FlightDescriptor,
    table: Table,
}

impl Adapter {
    fn describe(&self, request: Request<FlightDescriptor>) -> Result<Described, Status> {
        let incoming = Incoming::of(request)?;
        let mut message = ticket::read(&incoming.message.cmd)?;
        if message.request_id.is_empty() {
            // A ticket serves one read; whoever asks for another gets another id.
            message.request_id = self.gateway.new_id();
        }
        let descriptor = incoming.message.clone();
        let incoming = incoming.carrying(message);
        let (used, read) = rows::parse(&incoming)?;
        let permit = self.would_permit(&used, read)?;
        Ok(Described {
            table: Table::of(permit.resource(), permit.items()),
            request: incoming.message,
            descriptor,
        })
    }

    fn would_permit(&self, used: &Use, read: ReadRows) -> Result<Box<Permit>, Status> {
        let compared = read.compared();
        let question = Explain {
            matter: Some(used.purpose.matter.clone()),
            operator_named: used.purpose.operator.is_some(),
            items: read.items,
            compared,
            ..Explain::of(Target::Resource(read.resource), ShareMode::Table)
        };
        let decided = self.gateway.would(&used.caller, &question);
        match decided.map_err(status_of)? {
            Decision::Permit(permit) => Ok(permit),
            Decision::Refusal(refusal) => Err(status_of(Failure::from(refusal))),
        }
    }
}

fn not_served(message: &'static str) -> Status {
    refused(Reason::MethodUnknown, message)
}

fn unwritable() -> Status {
    refused(Reason::Internal, "the columns cannot be written as Arrow")
}
