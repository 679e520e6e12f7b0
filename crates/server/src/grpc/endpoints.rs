//! Endpoints over gRPC.

mod conformance;
mod parse;

use api::registry::v1 as pb;
use api::registry::v1::endpoint_service_server::EndpointService;
use broker::{Observation, Probed, Stored, Tls};
use domain::endpoint::{Endpoint, Health, Maintenance, Protocol};
use domain::file_drop::FileDrop;
use domain::name::{EndpointId, SystemName};
use domain::policy::shaoyang_date;
use tonic::{Request, Response, Status};

use super::Adapter;
use super::incoming::{Fields, Incoming, moment, wire_time};
use super::libraries::library_to;
use super::sources::protocol_to;
use crate::status::status_of;

#[tonic::async_trait]
impl EndpointService for Adapter {
    async fn create_endpoint(
        &self,
        request: Request<pb::CreateEndpointRequest>,
    ) -> Result<Response<pb::Endpoint>, Status> {
        let incoming = Incoming::of(request)?;
        let (endpoint, id) = parse::created(&incoming.message)?;
        let mut act = incoming.act("CreateEndpoint", &id);
        act.validate_only = incoming.message.validate_only;
        let probed = self.gateway.create_endpoint(&act, endpoint).await;
        Ok(Response::new(wire_probed(probed.map_err(status_of)?)))
    }

    async fn update_endpoint(
        &self,
        request: Request<pb::UpdateEndpointRequest>,
    ) -> Result<Response<pb::Endpoint>, Status> {
        let incoming = Incoming::of(request)?;
        let (name, id, patch, etag) = parse::updated(&incoming.message)?;
        let mut act = incoming.act("UpdateEndpoint", &id);
        act.validate_only = incoming.message.validate_only;
        let probed = self.gateway.update_endpoint(&act, &name, patch, &etag);
        let probed = probed.await.map_err(status_of)?;
        Ok(Response::new(wire_probed(probed)))
    }

    async fn delete_endpoint(
        &self,
        request: Request<pb::DeleteEndpointRequest>,
    ) -> Result<Response<pb::Endpoint>, Status> {
        let incoming = Incoming::of(request)?;
        let mut fields = Fields::default();
        let id = fields.request_id(&incoming.message.request_id);
        let name = fields.name("name", &incoming.message.name, EndpointId::from_path);
        let (name, id) = fields.finish(name.zip(id))?;
        let mut act = incoming.act("DeleteEndpoint", &id);
        act.validate_only = incoming.message.validate_only;
        let etag = &incoming.message.etag;
        let removed = self.gateway.delete_endpoint(&act, &name, etag).await;
        Ok(Response::new(wire(removed.map_err(status_of)?)))
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
            .endpoints(&caller, &parent, message.show_deleted)
            .await
            .map_err(status_of)?;
        let endpoints = rows.into_iter().map(|row| self.wire(row)).collect();
        Ok(Response::new(pb::ListEndpointsResponse { endpoints }))
    }

    async fn report_heartbeat(
        &self,
        request: Request<pb::ReportHeartbeatRequest>,
    ) -> Result<Response<pb::Endpoint>, Status> {
        let Incoming {
            caller, message, ..
        } = Incoming::of(request)?;
        let (name, waiting, refused) = parse::reported(&message)?;
        let row = self
            .gateway
            .report_heartbeat(&caller, &name, waiting, refused)
            .await
            .map_err(status_of)?;
        Ok(Response::new(self.wire(row)))
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
        let (name, id, window) = parse::announced(&incoming.message)?;
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

impl Adapter {
    /// An endpoint for the wire, with what was seen of it last.
    fn wire(&self, row: Stored<Endpoint>) -> pb::Endpoint {
        let gone = row.value.removed.is_some();
        let seen = self.gateway.observation(&row.value.name);
        // What is seen under the name of one that is gone is another one.
        let seen = seen.filter(|_| !gone);
        wire_probed(Probed {
            endpoint: row,
            seen,
        })
    }
}

/// An endpoint for the wire, with what a probe saw of it.
fn wire_probed(probed: Probed) -> pb::Endpoint {
    let seen = probed.seen;
    let mut endpoint = wire(probed.endpoint);
    if let Some(seen) = &seen
        && endpoint.delete_time.is_none()
    {
        // The row keeps what was seen when the health changed; since then it may fail for another reason.
        endpoint.probe_time = Some(wire_time(seen.at));
        if let (pb::endpoint::Health::Failing, Some(error)) = (endpoint.health(), &seen.error) {
            endpoint.last_error.clone_from(error);
        }
    }
    endpoint.observation = seen.map(wire_seen);
    endpoint
}

fn wire_seen(seen: Observation) -> pb::Observation {
    let tls = seen.tls.as_ref();
    let certificate = tls.and_then(|tls| tls.certificate.as_ref());
    let text = |part: fn(&Tls) -> &str| tls.map(part).unwrap_or_default().to_owned();
    pb::Observation {
        time: Some(wire_time(seen.at)),
        latency_ms: i32::try_from(seen.took.as_millis()).unwrap_or(i32::MAX),
        tls_version: text(|tls| &tls.version),
        cipher_suite: text(|tls| &tls.cipher_suite),
        tls_certificate: certificate
            .map(|seen| seen.fingerprint.to_string())
            .unwrap_or_default(),
        tls_certificate_expire_time: certificate.map(|seen| wire_time(seen.ends)),
        error: seen.error.unwrap_or_default(),
        failures: i32::try_from(seen.failures).unwrap_or(i32::MAX),
        heartbeat: seen.heartbeat.map(|heard| pb::Heartbeat {
            time: Some(wire_time(heard.at)),
            waiting_files: i32::try_from(heard.waiting).unwrap_or(i32::MAX),
            refused_files: i32::try_from(heard.refused).unwrap_or(i32::MAX),
        }),
    }
}

fn drop_to(drop: &FileDrop) -> pb::FileDrop {
    pb::FileDrop {
        report_seconds: i32::try_from(drop.report_seconds()).unwrap_or(i32::MAX),
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
    let (library, file_drop) = match &endpoint.protocol {
        Protocol::CertificateLibrary(library) => (Some(library_to(library.clone())), None),
        Protocol::FileDrop(drop) => (None, Some(drop_to(drop))),
        Protocol::Grpc | Protocol::HttpJson | Protocol::NetworkIdentity | Protocol::Sql(_) => {
            (None, None)
        }
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
        delete_time: endpoint.removed.map(wire_time),
        name: endpoint.name.path(),
        protocol: protocol.into(),
        sql,
        library,
        file_drop,
        address: endpoint.address.to_string(),
        health: health.into(),
        probe_time,
        last_error,
        etag,
    }
}
