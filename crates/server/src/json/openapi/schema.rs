//! JSON Schema of proto messages, as the proto3 JSON mapping writes them.

use std::collections::BTreeMap;

use prost_reflect::Value as ProtoValue;
use prost_reflect::{DescriptorPool, EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Map, Value, json};

use super::comments::Comments;

/// `google.api.FieldBehavior`, by number.
const REQUIRED: i32 = 2;
const OUTPUT_ONLY: i32 = 3;

/// The schemas that a document refers to.
pub(super) struct Schemas {
    pub(super) comments: Comments,
    behavior: Option<prost_reflect::ExtensionDescriptor>,
    made: BTreeMap<String, Value>,
}

impl Schemas {
    pub(super) fn of(pool: &DescriptorPool) -> Self {
        Self {
            comments: Comments::of(pool),
            behavior: pool.get_extension_by_name("google.api.field_behavior"),
            made: BTreeMap::new(),
        }
    }

    /// All schemas that were referred to.
    pub(super) fn into_made(self) -> BTreeMap<String, Value> {
        self.made
    }

    /// A reference to the schema of a message, which is made if need be.
    pub(super) fn message(&mut self, message: &MessageDescriptor) -> Value {
        if let Some(known) = well_known(message.full_name()) {
            return known;
        }
        let name = short(message.full_name());
        if !self.made.contains_key(&name) {
            // Known before its fields are, so that a message may hold itself.
            self.made.insert(name.clone(), Value::Null);
            let schema = self.object(message, &[]);
            self.made.insert(name.clone(), schema);
        }
        refer(&name)
    }

    /// The schema of a message without the fields that stand elsewhere in the request.
    pub(super) fn object(&mut self, message: &MessageDescriptor, without: &[&str]) -> Value {
        let mut properties = Map::new();
        let mut required = Vec::new();
        for field in message
            .fields()
            .filter(|field| !without.contains(&field.name()))
        {
            let behaviors = self.behaviors(&field);
            let mut schema = self.field(&field);
            if behaviors.contains(&OUTPUT_ONLY) {
                put(&mut schema, "readOnly", true);
            } else if behaviors.contains(&REQUIRED) {
                required.push(Value::from(field.json_name()));
            }
            properties.insert(field.json_name().to_owned(), schema);
        }
        let comment = self.comments.at(&message.parent_file(), message.path());
        let mut schema = json!({
            "type": "object",
            "description": comment,
            "properties": properties,
            "additionalProperties": false,
        });
        if !required.is_empty() {
            put(&mut schema, "required", required);
        }
        schema
    }

    /// The schema of a field with its comment.
    pub(super) fn field(&mut self, field: &FieldDescriptor) -> Value {
        let mut schema = if field.is_map() {
            let entry = field.kind();
            let value = entry
                .as_message()
                .map(MessageDescriptor::map_entry_value_field);
            let value = value.map_or(json!({}), |value| self.value(&value.kind()));
            json!({"type": "object", "additionalProperties": value})
        } else if field.is_list() {
            json!({"type": "array", "items": self.value(&field.kind())})
        } else {
            self.value(&field.kind())
        };
        let comment = self.comments.at(&field.parent_file(), field.path());
        if !comment.is_empty() {
            put(&mut schema, "description", comment);
        }
        schema
    }

    fn value(&mut self, kind: &Kind) -> Value {
        match kind {
            Kind::Double => json!({"type": "number", "format": "double"}),
            Kind::Float => json!({"type": "number", "format": "float"}),
            Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => {
                json!({"type": "integer", "format": "int32"})
            }
            Kind::Uint32 | Kind::Fixed32 => json!({"type": "integer", "minimum": 0}),
            // A text, since many readers of JSON hold no more than 53 bits exactly.
            Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => {
                json!({"type": "string", "format": "int64"})
            }
            Kind::Uint64 | Kind::Fixed64 => json!({"type": "string", "format": "uint64"}),
            Kind::Bool => json!({"type": "boolean"}),
            Kind::String => json!({"type": "string"}),
            Kind::Bytes => json!({"type": "string", "contentEncoding": "base64"}),
            Kind::Message(message) => self.message(message),
            Kind::Enum(names) => self.names(names),
        }
    }

    fn names(&mut self, names: &EnumDescriptor) -> Value {
        let name = short(names.full_name());
        if !self.made.contains_key(&name) {
            let file = names.parent_file();
            let mut lines = vec![self.comments.at(&file, names.path()).to_owned()];
            for value in names.values() {
                let comment = self.comments.at(&file, value.path());
                lines.push(format!("- `{}`: {comment}", value.name()));
            }
            let values: Vec<Value> = names.values().map(|value| value.name().into()).collect();
            let schema = json!({
                "type": "string",
                "description": lines.join("\n"),
                "enum": values,
            });
            self.made.insert(name.clone(), schema);
        }
        refer(&name)
    }

    fn behaviors(&self, field: &FieldDescriptor) -> Vec<i32> {
        let options = field.options();
        let Some(behavior) = self.behavior.as_ref().filter(|b| options.has_extension(b)) else {
            return Vec::new();
        };
        let value = options.get_extension(behavior);
        let values = value.as_list().unwrap_or_default();
        values
            .iter()
            .filter_map(ProtoValue::as_enum_number)
            .collect()
    }

    /// Whether a request is wrong without this field.
    pub(super) fn is_required(&self, field: &FieldDescriptor) -> bool {
        self.behaviors(field).contains(&REQUIRED)
    }
}

/// Adds a member to an object.
pub(super) fn put(object: &mut Value, name: &str, value: impl Into<Value>) {
    if let Some(members) = object.as_object_mut() {
        members.insert(name.to_owned(), value.into());
    }
}

/// The name of a message or an enum in the document.
fn short(full: &str) -> String {
    full.strip_prefix("shuqiao.").unwrap_or(full).to_owned()
}

fn refer(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

/// Messages with a JSON form of their own.
fn well_known(name: &str) -> Option<Value> {
    Some(match name.strip_prefix("google.protobuf.")? {
        "Timestamp" => json!({"type": "string", "format": "date-time"}),
        "Duration" => json!({"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?s$"}),
        "FieldMask" => json!({"type": "string"}),
        "Value" => json!({}),
        _ => json!({"type": "object"}),
    })
}
