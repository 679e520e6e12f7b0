//! Imports of systems over gRPC.

use std::collections::BTreeSet;

use api::error::v1::FieldFault;
use api::registry::v1 as pb;
use broker::{Imported, ImportedSystem, Outcome, SystemRow, SystemRows};
use domain::fault::{self, Cause, Faults};
use domain::name::{RequestId, SystemName};
use tonic::Status;

use super::super::incoming::Fields;
use super::parse;

/// Most rows of one import.
const MOST_ROWS: usize = 1000;

/// The rows that can be read, the systems that the others name, and the faults of these. What concerns the request as a
/// whole is refused.
pub(super) fn rows(message: &pb::ImportSystemsRequest) -> Result<(RequestId, SystemRows), Status> {
    let mut whole = Fields::default();
    let id = whole.request_id(&message.request_id);
    if message.systems.is_empty() || message.systems.len() > MOST_ROWS {
        let text = format!("give 1 to {MOST_ROWS} systems");
        whole.fault("systems", &Cause::new("REQUIRED", text));
    }
    let document = if message.validate_only {
        fault::optional_line(&message.document, 200)
    } else {
        fault::line(&message.document, 200)
    };
    let document = whole.take("document", document);
    let (id, document) = whole.finish(id.zip(document))?;
    let mut fields = Fields::default();
    let mut rows = Vec::with_capacity(message.systems.len());
    let mut also_named = BTreeSet::new();
    for (index, part) in message.systems.iter().enumerate() {
        let place = format!("systems[{index}]");
        let before = fields.count();
        let name = fields.optional(&format!("{place}.name"), &part.name, SystemName::parse);
        let described = parse::description(&mut fields, &place, part);
        // A row with a bad name is not looked for by its title instead.
        let is_whole = fields.count() == before;
        match described.filter(|_| is_whole) {
            Some(description) => rows.push(SystemRow {
                index,
                name,
                description,
                etag: part.etag.clone(),
            }),
            None => also_named.extend(name),
        }
    }
    let rows = SystemRows {
        rows,
        also_named,
        document,
        faults: fields.into_faults(),
    };
    Ok((id, rows))
}

/// The answer.
pub(super) fn wire(imported: Imported<ImportedSystem>) -> pb::ImportSystemsResponse {
    match imported {
        Err(faults) => pb::ImportSystemsResponse {
            systems: Vec::new(),
            faults: wire_faults(&faults),
        },
        Ok(systems) => pb::ImportSystemsResponse {
            systems: systems.into_iter().map(wire_row).collect(),
            faults: Vec::new(),
        },
    }
}

fn wire_row(row: ImportedSystem) -> pb::ImportedSystem {
    use pb::imported_system::Outcome as Wire;
    let outcome = match row.outcome {
        Outcome::Created => Wire::Created,
        Outcome::Updated => Wire::Updated,
        Outcome::Unchanged => Wire::Unchanged,
    };
    pb::ImportedSystem {
        name: row.name.into(),
        outcome: outcome.into(),
    }
}

/// Faults for the body of an answer.
pub(in crate::grpc) fn wire_faults(faults: &Faults) -> Vec<FieldFault> {
    let wire = |fault: &domain::fault::FieldFault| FieldFault {
        field: fault.field.clone(),
        code: fault.code.clone(),
        message: fault.message.clone(),
        source: fault.source.clone(),
    };
    faults.as_slice().iter().map(wire).collect()
}
