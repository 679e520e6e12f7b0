//! Imports of entries over gRPC.

use api::catalogue::v1 as pb;
use broker::{Code, Imported, ImportedResource, Outcome, ResourceRow};
use domain::fault::{Cause, Faults};
use domain::name::{RequestId, ResourceName};
use tonic::Status;

use super::super::incoming::Fields;
use super::super::systems::wire_faults;
use super::parse;

/// Most rows of one import.
const MOST_ROWS: usize = 1000;

/// The rows of which it is known what they are about, and all faults of form. What concerns the request as a whole is refused.
pub(super) fn rows(
    message: &pb::ImportResourcesRequest,
    around: parse::Around<'_>,
) -> Result<(RequestId, Vec<ResourceRow>, Faults), Status> {
    let mut whole = Fields::default();
    let id = whole.request_id(&message.request_id);
    if message.resources.is_empty() || message.resources.len() > MOST_ROWS {
        let text = format!("give 1 to {MOST_ROWS} resources");
        whole.fault("resources", &Cause::new("REQUIRED", text));
    }
    let id = whole.finish(id)?;
    let mut fields = Fields::default();
    let mut rows = Vec::with_capacity(message.resources.len());
    for (index, part) in message.resources.iter().enumerate() {
        let place = format!("resources[{index}]");
        let before = fields.count();
        let code = fields.take(&format!("{place}.name"), code(&part.name));
        let first = code.as_ref().and_then(|code| code.first().ok());
        let resource = parse::entry(&mut fields, &place, part, first, around);
        let unread = fields.unread(&place, before);
        if let Some(resource) = resource {
            rows.push(ResourceRow {
                index,
                // Where the code could not be read, nothing that rests on it is told.
                code: code.unwrap_or_else(|| Code::Given(resource.name.clone())),
                resource,
                unread,
                etag: part.etag.clone(),
            });
        }
    }
    Ok((id, rows, fields.into_faults()))
}

/// A whole name, or one that ends where the number would begin.
fn code(name: &str) -> Result<Code, Cause> {
    match name.trim().strip_suffix('-') {
        Some(open) => Code::next(open),
        None => ResourceName::parse(name).map(Code::Given),
    }
}

/// The answer.
pub(super) fn wire(imported: Imported<ImportedResource>) -> pb::ImportResourcesResponse {
    match imported {
        Err(faults) => pb::ImportResourcesResponse {
            resources: Vec::new(),
            faults: wire_faults(&faults),
            sign_off_faults: Vec::new(),
        },
        Ok(resources) => {
            let open = resources.iter().flat_map(|row| wire_faults(&row.sign_off));
            pb::ImportResourcesResponse {
                sign_off_faults: open.collect(),
                resources: resources.into_iter().map(wire_row).collect(),
                faults: Vec::new(),
            }
        }
    }
}

fn wire_row(row: ImportedResource) -> pb::ImportedResource {
    use pb::imported_resource::Outcome as Wire;
    let outcome = match row.outcome {
        Outcome::Created => Wire::Created,
        Outcome::Updated => Wire::Updated,
        Outcome::Unchanged => Wire::Unchanged,
    };
    pb::ImportedResource {
        name: row.name.into(),
        outcome: outcome.into(),
    }
}
