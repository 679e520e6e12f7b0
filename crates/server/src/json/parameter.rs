//! Parameters in path and query: texts that become fields of the request.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use domain::fault::Faults;
use percent_encoding::percent_decode_str;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, Value};
use serde_json::Value as Json;

/// Parameters of one query.
const PARAMETERS: usize = 256;

/// The fields from a message to the one that a dotted path names, by proto or JSON name. None of
/// them but the last is a list.
pub(crate) fn field_at(message: &MessageDescriptor, path: &str) -> Option<Vec<FieldDescriptor>> {
    let mut message = Some(message.clone());
    let mut fields: Vec<FieldDescriptor> = Vec::new();
    for name in path.split('.') {
        if fields
            .last()
            .is_some_and(|field| field.is_list() || field.is_map())
        {
            return None;
        }
        let within = message.take()?;
        let field = within
            .get_field_by_json_name(name)
            .or_else(|| within.get_field_by_name(name))?;
        message = field.kind().as_message().cloned();
        fields.push(field);
    }
    Some(fields)
}

/// The parameters of a query string, decoded; all faults at once.
pub(crate) fn query(text: &str, faults: &mut Faults) -> Vec<(String, String)> {
    let parts: Vec<&str> = text.split('&').filter(|part| !part.is_empty()).collect();
    if parts.len() > PARAMETERS {
        let message = format!("give at most {PARAMETERS} parameters");
        faults.add("query", "TOO_MANY", message);
        return Vec::new();
    }
    let decoded = |text: &str| {
        let spaced = text.replace('+', " ");
        percent_decode_str(&spaced)
            .decode_utf8()
            .map(std::borrow::Cow::into_owned)
            .ok()
    };
    let mut parameters = Vec::with_capacity(parts.len());
    for (index, part) in parts.into_iter().enumerate() {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        match decoded(name).zip(decoded(value)) {
            Some(parameter) => parameters.push(parameter),
            None => faults.add(
                &format!("query[{index}]"),
                "NOT_TEXT",
                "give percent-encoded UTF-8",
            ),
        }
    }
    parameters
}

/// Sets the field that a parameter names. Given again, a list grows and anything else is a fault.
pub(crate) fn set(
    request: &mut DynamicMessage,
    name: &str,
    value: &str,
    faults: &mut Faults,
    again: bool,
) {
    let Some(fields) = field_at(&request.descriptor_of(), name) else {
        // What the caller wrote is not repeated: it can be anything.
        let message = "the request of this method has no such field";
        faults.add("query", "UNKNOWN_FIELD", message);
        return;
    };
    if let Err(cause) = put(request, &fields, value, again) {
        faults.add(name, cause.0, cause.1);
    }
}

type Wrong = (&'static str, &'static str);

fn put(
    message: &mut DynamicMessage,
    fields: &[FieldDescriptor],
    text: &str,
    again: bool,
) -> Result<(), Wrong> {
    let Some((field, inner)) = fields.split_first() else {
        return Ok(());
    };
    if !inner.is_empty() {
        return match message.get_field_mut(field) {
            Value::Message(message) => put(message, inner, text, again),
            _ => Err(("NOT_A_PARAMETER", "give this field in the body")),
        };
    }
    let value = leaf(field, text)?;
    if let Value::List(values) = message.get_field_mut(field) {
        values.push(value);
        return Ok(());
    }
    if again {
        return Err(("REPEATED", "give it once"));
    }
    message.set_field(field, value);
    Ok(())
}

/// One value of a field from its text.
fn leaf(field: &FieldDescriptor, text: &str) -> Result<Value, Wrong> {
    const NUMBER: Wrong = (
        "NOT_A_NUMBER",
        "give a whole number in the range of this field",
    );
    if field.is_map() {
        return Err(("NOT_A_PARAMETER", "give this field in the body"));
    }
    match field.kind() {
        Kind::String => Ok(Value::String(text.to_owned())),
        Kind::Bool => match text {
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            _ => Err(("NOT_A_BOOL", "give true or false")),
        },
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => {
            text.parse().map(Value::I32).map_err(|_| NUMBER)
        }
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => {
            text.parse().map(Value::I64).map_err(|_| NUMBER)
        }
        Kind::Uint32 | Kind::Fixed32 => text.parse().map(Value::U32).map_err(|_| NUMBER),
        Kind::Uint64 | Kind::Fixed64 => text.parse().map(Value::U64).map_err(|_| NUMBER),
        Kind::Double => text.parse().map(Value::F64).map_err(|_| NUMBER),
        Kind::Float => text.parse().map(Value::F32).map_err(|_| NUMBER),
        Kind::Enum(kind) => kind
            .get_value_by_name(text)
            .map(|value| Value::EnumNumber(value.number()))
            .ok_or(("UNKNOWN_VALUE", "give the name of a value of this field")),
        Kind::Bytes => STANDARD
            .decode(text)
            .or_else(|_| URL_SAFE.decode(text))
            .or_else(|_| URL_SAFE_NO_PAD.decode(text))
            .map(|bytes| Value::Bytes(bytes.into()))
            .map_err(|_| ("NOT_BASE64", "give base64")),
        // Moments, spans and field masks are texts in JSON; no other message is.
        Kind::Message(kind) => DynamicMessage::deserialize(kind, Json::String(text.to_owned()))
            .map(Value::Message)
            .map_err(|_| ("NOT_A_PARAMETER", "this text is no value of the field")),
    }
}

/// The descriptor, by value: the message is borrowed to be changed next.
trait DescriptorOf {
    fn descriptor_of(&self) -> MessageDescriptor;
}

impl DescriptorOf for DynamicMessage {
    fn descriptor_of(&self) -> MessageDescriptor {
        prost_reflect::ReflectMessage::descriptor(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use prost_reflect::DescriptorPool;

    /// Sets parameters of a message and gives its JSON, or the codes of the faults.
    fn given(message: &str, parameters: &str) -> Result<Json, Vec<String>> {
        let pool = DescriptorPool::decode(api::DESCRIPTOR_SET).unwrap();
        let descriptor = pool.get_message_by_name(message).unwrap();
        let mut request = DynamicMessage::new(descriptor);
        let mut faults = Faults::default();
        let mut seen = std::collections::BTreeSet::new();
        for (name, value) in query(parameters, &mut faults) {
            let again = !seen.insert(name.clone());
            set(&mut request, &name, &value, &mut faults, again);
        }
        let codes: Vec<String> = faults.as_slice().iter().map(|f| f.code.clone()).collect();
        if codes.is_empty() {
            Ok(serde_json::to_value(&request).unwrap())
        } else {
            Err(codes)
        }
    }

    #[test]
    fn parameters_become_fields() {
        let update = "shuqiao.registry.v1.UpdateSystemRequest";
        for (text, expected) in [
            ("", serde_json::json!({})),
            (
                "updateMask=title,builder&request_id=a+b%2Fc",
                serde_json::json!({"updateMask": "title,builder", "requestId": "a b/c"}),
            ),
            (
                "system.name=systems/a&system.displayName=%E6%A1%A5",
                serde_json::json!({"system": {"name": "systems/a", "displayName": "桥"}}),
            ),
        ] {
            assert_eq!(given(update, text).unwrap(), expected, "{text}");
        }
        let list = "shuqiao.registry.v1.ListSystemsRequest";
        assert_eq!(
            given(list, "pageSize=7").unwrap(),
            serde_json::json!({"pageSize": 7})
        );
        let read = "shuqiao.exchange.v1.ReadRowsRequest";
        assert_eq!(
            given(read, "items=a&items=b").unwrap(),
            serde_json::json!({"items": ["a", "b"]})
        );
    }

    #[test]
    fn all_faults_of_a_query_are_named() {
        let list = "shuqiao.registry.v1.ListSystemsRequest";
        for (text, codes) in [
            (
                "pageSize=x&nothing=1&pageToken=%FF",
                vec!["NOT_TEXT", "NOT_A_NUMBER", "UNKNOWN_FIELD"],
            ),
            ("pageSize=1&pageSize=2", vec!["REPEATED"]),
            ("pageSize.x=1", vec!["UNKNOWN_FIELD"]),
        ] {
            assert_eq!(given(list, text).unwrap_err(), codes, "{text}");
        }
        let update = "shuqiao.registry.v1.UpdateSystemRequest";
        assert_eq!(given(update, "system=x").unwrap_err(), ["NOT_A_PARAMETER"]);
        let many = "a=1&".repeat(PARAMETERS + 1);
        assert_eq!(given(list, &many).unwrap_err(), ["TOO_MANY"]);
    }
}
