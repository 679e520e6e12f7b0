//! Endpoints over gRPC.

use api::registry::v1 as pb;
use api::registry::v1::endpoint::Protocol as Wire;
use api::registry::v1::endpoint_service_server::EndpointService;
use broker::Stored;
use domain::endpoint::{Address, Endpoint, Health, Protocol};
use domain::fault::Cause;
use domain::name::{EndpointId, RequestId, SystemName};
use tonic::{Request, Response, Status};

use super::Adapter;
use super::incoming::{Fields, Incoming, wire_time};
use super::libraries::library_to;
use super::sources::{protocol_from, protocol_to};
use crate::status::status_of;

#[tonic::async_trait]
impl EndpointService for Adapter {
    async fn create_endpoint(
        &self,
        request: Request<pb::CreateEndpointRequest>,
    ) -> Result<Response<pb::Endpoint>, Status> {
        let incoming = Incoming::of(request)?;
        let (endpoint, id) = parse(&incoming.message)?;
        let act = incoming.act("CreateEndpoint", &id);
        let row = self
            .gateway
            .create_endpoint(&act, endpoint)
            .await
            .map_err(status_of)?;
        Ok(Response::new(wire(row)))
    }

    async fn list_endpoints(
        &self,
        request: Request<pb::ListEndpointsRequest>,
    ) -> Result<Response<pb::ListEndpointsResponse>, Status> {
        let Incoming {
            caller, message, ..
        } = Incoming::of(request)?;
        let mut fields = Fields::default();
        let parent = fields.name("parent", &message.parent, SystemName::parse);
        let parent = fields.finish(parent)?;
        let rows = self
            .gateway
            .endpoints(&caller, &parent)
            .await
            .map_err(status_of)?;
        let endpoints = rows.into_iter().map(wire).collect();
        Ok(Response::new(pb::ListEndpointsResponse { endpoints }))
    }

    async fn probe_endpoint(
        &self,
        request: Request<pb::ProbeEndpointRequest>,
    ) -> Result<Response<pb::Endpoint>, Status> {
        let incoming = Incoming::of(request)?;
        let mut fields = Fields::default();
        let id = fields.request_id(&incoming.message.request_id);
        let name = fields.name("name", &incoming.message.name, EndpointId::from_path);
        let (_, name) = fields.finish(id.zip(name))?;
        let row = self
            .gateway
            .probe_endpoint(&incoming.caller, &name)
            .await
            .map_err(status_of)?;
        Ok(Response::new(wire(row)))
    }
}

fn parse(message: &pb::CreateEndpointRequest) -> Result<(Endpoint, RequestId), Status> {
    let mut fields = Fields::default();
    let id = fields.request_id(&message.request_id);
    let parent = fields.name("parent", &message.parent, SystemName::parse);
    let part = fields
        .message("endpoint", message.endpoint.clone())
        .unwrap_or_default();
    let name = fields.name("endpoint.name", &part.name, EndpointId::from_path);
    let place = match part.protocol() {
        Wire::SqlSqlite => Address::parse_file(&part.address),
        Wire::Unspecified
        | Wire::Grpc
        | Wire::HttpJson
        | Wire::CertificateLibrary
        | Wire::NetworkIdentity
        | Wire::SqlPostgres
        | Wire::SqlMysql => Address::parse(&part.address),
    };
    let address = fields.take("endpoint.address", place);
    let protocol = protocol_from(&mut fields, part.protocol(), part.sql, part.library);
    if let (Some(name), Some(parent)) = (&name, &parent)
        && name.system().as_ref() != Ok(parent)
    {
        let cause = Cause::new(
            "WRONG_PARENT",
            format!("the name must begin with {parent}/"),
        );
        fields.fault("endpoint.name", &cause);
    }
    let whole = (|| {
        let endpoint = Endpoint {
            name: name?,
            system: parent?,
            address: address?,
            health: Health::Unknown,
            protocol: protocol?,
        };
        Some((endpoint, id?))
    })();
    fields.finish(whole)
}

fn wire(row: Stored<Endpoint>) -> pb::Endpoint {
    use pb::endpoint::Health as Seen;
    let etag = row.etag();
    let endpoint = row.value;
    let (health, probe_time, last_error) = match endpoint.health {
        Health::Unknown => (Seen::Unspecified, None, String::new()),
        Health::Serving { at } => (Seen::Serving, Some(wire_time(at)), String::new()),
        Health::Failing { at, error } => (Seen::Failing, Some(wire_time(at)), error),
    };
    let library = match &endpoint.protocol {
        Protocol::CertificateLibrary(library) => Some(library_to(library.clone())),
        Protocol::Grpc | Protocol::HttpJson | Protocol::NetworkIdentity | Protocol::Sql(_) => None,
    };
    let (protocol, sql) = protocol_to(endpoint.protocol);
    pb::Endpoint {
        name: endpoint.name.path(),
        protocol: protocol.into(),
        sql,
        library,
        address: endpoint.address.to_string(),
        health: health.into(),
        probe_time,
        last_error,
        etag,
    }
}
