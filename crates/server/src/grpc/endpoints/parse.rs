//! What is asked of endpoints, from the wire; every fault is noted.

use api::registry::v1 as pb;
use api::registry::v1::endpoint::Protocol as Wire;
use domain::endpoint::{Address, Endpoint, EndpointPatch, Health, Maintenance};
use domain::fault::{self, Cause};
use domain::name::{EndpointId, RequestId, SystemName};
use domain::source::Engine;
use tonic::Status;

use crate::grpc::incoming::{Fields, moment};
use crate::grpc::libraries::library_from;
use crate::grpc::sources::{drop_from, protocol_from, source_from};

/// Files that a report may name.
const MOST_FILES: u32 = 1_000_000;

/// What is to be registered.
pub(super) fn created(
    message: &pb::CreateEndpointRequest,
) -> Result<(Endpoint, RequestId), Status> {
    let mut fields = Fields::default();
    let id = fields.request_id(&message.request_id);
    let parent = fields.name("parent", &message.parent, SystemName::parse);
    let part = fields
        .message("endpoint", message.endpoint.clone())
        .unwrap_or_default();
    let name = fields.name("endpoint.name", &part.name, EndpointId::from_path);
    let place = match part.protocol() {
        Wire::SqlSqlite => Address::parse_file(&part.address),
        Wire::FileDrop => Address::parse_here(&part.address),
        Wire::Unspecified
        | Wire::Grpc
        | Wire::HttpJson
        | Wire::CertificateLibrary
        | Wire::NetworkIdentity
        | Wire::SqlPostgres
        | Wire::SqlMysql => Address::parse(&part.address),
    };
    let address = fields.take("endpoint.address", place);
    let protocol = protocol_from(&mut fields, &part);
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
            removed: None,
        };
        Some((endpoint, id?))
    })();
    fields.finish(whole)
}

/// What is to be changed, and the etag that was read.
pub(super) fn updated(
    message: &pb::UpdateEndpointRequest,
) -> Result<(EndpointId, RequestId, EndpointPatch, String), Status> {
    let mut fields = Fields::default();
    let id = fields.request_id(&message.request_id);
    let part = fields
        .message("endpoint", message.endpoint.clone())
        .unwrap_or_default();
    let name = fields.name("endpoint.name", &part.name, EndpointId::from_path);
    let mask = message.update_mask.clone().unwrap_or_default();
    if mask.paths.is_empty() {
        let cause = Cause::new("REQUIRED", "name the fields to change");
        fields.fault("update_mask", &cause);
    }
    let mut patch = EndpointPatch::default();
    for (index, path) in mask.paths.iter().enumerate() {
        match path.as_str() {
            "address" => {
                // As registration takes it of a file drop.
                let place = match part.address.trim() {
                    "" => Address::parse_here(""),
                    place => Address::try_from(place.to_owned()),
                };
                patch.address = fields.take("endpoint.address", place);
            }
            // The engine is not asked for: it stays as it is registered.
            "sql" => patch.sql = source_from(&mut fields, Engine::Sqlite, part.sql.clone()),
            "library" => patch.library = library_from(&mut fields, part.library.clone()),
            "file_drop" => patch.file_drop = drop_from(&mut fields, part.file_drop),
            _ => {
                let text =
                    "no field that can be changed; choose among address, sql, library, file_drop";
                let cause = Cause::new("FIELD_MASK_PATH_UNKNOWN", text);
                fields.fault(&format!("update_mask.paths[{index}]"), &cause);
            }
        }
    }
    let whole = id.zip(name).map(|(id, name)| (name, id, patch, part.etag));
    fields.finish(whole)
}

/// What a system that brings its files reports.
pub(super) fn reported(
    message: &pb::ReportHeartbeatRequest,
) -> Result<(EndpointId, u32, u32), Status> {
    let mut fields = Fields::default();
    let name = fields.name("name", &message.name, EndpointId::from_path);
    let waiting = fields.take("waiting_files", files(message.waiting_files));
    let refused = fields.take("refused_files", files(message.refused_files));
    let ((name, waiting), refused) = fields.finish(name.zip(waiting).zip(refused))?;
    Ok((name, waiting, refused))
}

/// How many files lie at a drop.
fn files(count: i32) -> Result<u32, Cause> {
    let found = u32::try_from(count)
        .ok()
        .filter(|count| *count <= MOST_FILES);
    found.ok_or_else(|| Cause::new("OUT_OF_RANGE", format!("give 0 to {MOST_FILES}")))
}

/// A window to be announced.
pub(super) fn announced(
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
