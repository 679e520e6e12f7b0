//! Endpoints over gRPC.

mod conformance;

use api::registry::v1 as pb;
use api::registry::v1::endpoint::Protocol as Wire;
use api::registry::v1::endpoint_service_server::EndpointService;
use broker::{Observation, Stored, Tls};
use domain::endpoint::{Address, Endpoint, Health, Maintenance, Protocol};
use domain::fault::{self, Cause};
use domain::name::{EndpointId, RequestId, SystemName};
use domain::policy::shaoyang_date;
use tonic::{Request, Response, Status};

use super::Adapter;
use super::incoming::{Fields, Incoming, moment, wire_time};
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
        Ok(Response::new(self.wire(row)))
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
        let endpoints = rows.into_iter().map(|row| self.wire(row)).collect();
        Ok(Response::new(pb::ListEndpointsResponse { endpoints }))
    }

    async fn check_conformance(
        &self,
        request: Request<pb::CheckConformanceRequest>,
    ) -> Result<Response<pb::CheckConformanceResponse>, Status> {
        let incoming = Incoming::of(request)?;
        let today = shaoyang_date(self.gateway.now());
        let regions = &self.gateway.reference().regions;
        let (name, id, samples) = conformance::parse(&incoming.message, regions, today)?;
        let mut act = incoming.act("CheckConformance", &id);
        act.validate_only = incoming.message.validate_only;
        let examined = self.gateway.check_conformance(&act, &name, &samples).await;
        let examined = examined.map_err(status_of)?;
        let endpoint = self.wire(examined.endpoint.clone());
        Ok(Response::new(conformance::answer(examined, endpoint)))
    }

    async fn announce_maintenance(
        &self,
        request: Request<pb::AnnounceMaintenanceRequest>,
    ) -> Result<Response<pb::Endpoint>, Status> {
        let incoming = Incoming::of(request)?;
        let (name, id, window) = announced(&incoming.message)?;
        let act = incoming.act("AnnounceMaintenance", &id);
        let row = self.gateway.announce_maintenance(&act, &name, window).await;
        Ok(Response::new(self.wire(row.map_err(status_of)?)))
    }

    async fn cancel_maintenance(
        &self,
        request: Request<pb::CancelMaintenanceRequest>,
    ) -> Result<Response<pb::Endpoint>, Status> {
        let incoming = Incoming::of(request)?;
        let mut fields = Fields::default();
        let id = fields.request_id(&incoming.message.request_id);
        let name = fields.name("name", &incoming.message.name, EndpointId::from_path);
        let start = fields.take("start_time", moment(incoming.message.start_time));
        let ((name, id), start) = fields.finish(name.zip(id).zip(start))?;
        let act = incoming.act("CancelMaintenance", &id);
        let row = self.gateway.call_off_maintenance(&act, &name, start).await;
        Ok(Response::new(self.wire(row.map_err(status_of)?)))
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
        Ok(Response::new(self.wire(row)))
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
            maintenance: Vec::new(),
            conformance: None,
            examined_until: None,
        };
        Some((endpoint, id?))
    })();
    fields.finish(whole)
}

fn announced(
    message: &pb::AnnounceMaintenanceRequest,
) -> Result<(EndpointId, RequestId, Maintenance), Status> {
    let mut fields = Fields::default();
    let id = fields.request_id(&message.request_id);
    let name = fields.name("name", &message.name, EndpointId::from_path);
    let part = fields
        .message("maintenance", message.maintenance.clone())
        .unwrap_or_default();
    let start = fields.take("maintenance.start_time", moment(part.start_time));
    let end = fields.take("maintenance.end_time", moment(part.end_time));
    let reason = fields.take("maintenance.reason", fault::line(&part.reason, 200));
    let window = (|| {
        Some(Maintenance {
            start: start?,
            end: end?,
            reason: reason?,
        })
    })();
    let ((name, id), window) = fields.finish(name.zip(id).zip(window))?;
    Ok((name, id, window))
}

impl Adapter {
    /// An endpoint for the wire, with what was seen of it last.
    fn wire(&self, row: Stored<Endpoint>) -> pb::Endpoint {
        let seen = self.gateway.observation(&row.value.name);
        let observation = seen.map(|seen| self.wire_seen(seen));
        pb::Endpoint {
            observation,
            ..wire(row)
        }
    }

    fn wire_seen(&self, seen: Observation) -> pb::Observation {
        let snapshot = self.gateway.snapshot();
        let tls = seen.tls.as_ref();
        let credential = tls.and_then(|tls| snapshot.credential(&tls.certificate));
        let text = |part: fn(&Tls) -> &str| tls.map(part).unwrap_or_default().to_owned();
        pb::Observation {
            time: Some(wire_time(seen.at)),
            latency_ms: i32::try_from(seen.took.as_millis()).unwrap_or(i32::MAX),
            tls_version: text(|tls| &tls.version),
            cipher_suite: text(|tls| &tls.cipher_suite),
            tls_certificate: text(|tls| tls.certificate.as_str()),
            tls_certificate_expire_time: credential.map(|row| wire_time(row.not_after)),
            error: seen.error.unwrap_or_default(),
            failures: i32::try_from(seen.failures).unwrap_or(i32::MAX),
        }
    }
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
    let window = |window: Maintenance| pb::Maintenance {
        start_time: Some(wire_time(window.start)),
        end_time: Some(wire_time(window.end)),
        reason: window.reason,
    };
    pb::Endpoint {
        maintenance: endpoint.maintenance.into_iter().map(window).collect(),
        observation: None,
        conformance: endpoint.conformance.map(conformance::kept),
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
