//! The operations of a resource, for the wire.

use api::catalogue::v1 as pb;
use domain::operation::{Api, ItemField, Operation};

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
