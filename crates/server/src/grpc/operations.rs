//! The operations of a resource, from and to the wire.

use api::catalogue::v1 as pb;
use domain::interface::MethodPath;
use domain::item::ItemKey;
use domain::mask::FieldPath;
use domain::name::InterfaceId;
use domain::operation::{Api, ItemField, Operation};

use super::incoming::Fields;

/// Parses how a resource is reached in API mode; all faults are noted.
pub(super) fn api_from(fields: &mut Fields, place: &str, wire: &pb::Api) -> Option<Api> {
    let interface = fields.name(
        &format!("{place}.api.interface"),
        &wire.interface,
        InterfaceId::from_path,
    );
    let operations: Vec<Option<Operation>> = wire
        .operations
        .iter()
        .enumerate()
        .map(|(index, wire)| operation_from(fields, place, index, wire))
        .collect();
    Some(Api {
        interface: interface?,
        operations: operations.into_iter().collect::<Option<_>>()?,
    })
}

fn operation_from(
    fields: &mut Fields,
    place: &str,
    index: usize,
    wire: &pb::Operation,
) -> Option<Operation> {
    let at = |part: &str| format!("{place}.api.operations[{index}].{part}");
    let method = fields.name(&at("method"), &wire.method, MethodPath::parse);
    let structure = fields.names(&at("structure"), &wire.structure, FieldPath::parse);
    let places: Vec<Option<ItemField>> = wire
        .fields
        .iter()
        .enumerate()
        .map(|(place, field)| {
            let at = |part: &str| at(&format!("fields[{place}].{part}"));
            let item = fields.take(&at("item"), ItemKey::parse(&field.item));
            let path = fields.take(&at("path"), FieldPath::parse(&field.path));
            Some(ItemField {
                item: item?,
                path: path?,
            })
        })
        .collect();
    Some(Operation {
        method: method?,
        fields: places.into_iter().collect::<Option<_>>()?,
        structure: structure?,
    })
}

/// How a resource is reached in API mode, for the wire.
pub(super) fn wire_api(api: Api) -> pb::Api {
    let field = |field: ItemField| pb::ItemField {
        item: field.item.to_string(),
        path: field.path.to_string(),
    };
    let operation = |operation: Operation| pb::Operation {
        method: operation.method.to_string(),
        fields: operation.fields.into_iter().map(field).collect(),
        structure: operation.structure.into_iter().map(String::from).collect(),
    };
    pb::Api {
        interface: api.interface.path(),
        operations: api.operations.into_iter().map(operation).collect(),
    }
}
