//! The slow way: decode, drop what no path names, encode again.

use prost_reflect::{DynamicMessage, FieldDescriptor, MapKey, Value};

/// Drops from a message whatever none of the paths names.
pub(super) fn drop_ungranted(message: &mut DynamicMessage, paths: &[String]) {
    message.take_unknown_fields().for_each(drop);
    let fields: Vec<FieldDescriptor> = message.fields().map(|(field, _)| field).collect();
    for field in fields {
        let inner: Vec<String> = paths
            .iter()
            .filter_map(|path| path.strip_prefix(field.name()))
            .filter_map(|rest| rest.strip_prefix('.'))
            .map(str::to_owned)
            .collect();
        if paths.iter().any(|path| path == field.name()) {
            within(message.get_field_mut(&field), &mut |message| {
                drop_unknown(message);
            });
        } else if inner.is_empty() || (field.is_map() && !inner.contains(&"key".to_owned())) {
            message.clear_field(&field);
        } else if let Value::Map(map) = message.get_field_mut(&field) {
            let entry = field.kind().as_message().unwrap().clone();
            let kind = entry.map_entry_value_field().kind();
            for value in map.values_mut() {
                drop_of_value(value, &kind, &inner);
            }
        } else {
            within(message.get_field_mut(&field), &mut |message| {
                drop_ungranted(message, &inner);
            });
        }
    }
}

fn drop_of_value(value: &mut Value, kind: &prost_reflect::Kind, paths: &[String]) {
    if paths.iter().any(|path| path == "value") {
        within(value, &mut |message| drop_unknown(message));
        return;
    }
    let inner = paths.iter().filter_map(|path| path.strip_prefix("value."));
    let inner: Vec<String> = inner.map(str::to_owned).collect();
    match value {
        Value::Message(message) if !inner.is_empty() => drop_ungranted(message, &inner),
        other => *other = Value::default_value(kind),
    }
}

fn drop_unknown(message: &mut DynamicMessage) {
    message.take_unknown_fields().for_each(drop);
    for (_, value) in message.fields_mut() {
        within(value, &mut |message| drop_unknown(message));
    }
}

fn within(value: &mut Value, change: &mut dyn FnMut(&mut DynamicMessage)) {
    match value {
        Value::Message(message) => change(message),
        Value::List(list) => list.iter_mut().for_each(|value| within(value, change)),
        Value::Map(map) => map.values_mut().for_each(|value| within(value, change)),
        _ => {}
    }
}

/// Paths that exist in this message type, some to plain fields, some to whole messages.
pub(super) fn paths(
    dice: &mut super::generate::Dice,
    message: &prost_reflect::MessageDescriptor,
    depth: u32,
) -> Vec<String> {
    let mut found = Vec::new();
    for field in message.fields() {
        let inner = field.kind().as_message().cloned();
        match (dice.roll(3), inner) {
            (0, _) => found.push(field.name().to_owned()),
            (1, Some(inner)) if depth < 3 => found.extend(
                paths(dice, &inner, depth + 1)
                    .into_iter()
                    .map(|path| format!("{}.{path}", field.name())),
            ),
            _ => {}
        }
    }
    found
}

/// A message with its maps in the order of their keys, so that two can be compared as bytes.
pub(super) fn has_no_map_twice(message: &DynamicMessage) -> bool {
    message.fields().all(|(_, value)| match value {
        Value::Map(map) => map.len() < 2 && map.iter().all(|(_, value): (&MapKey, _)| flat(value)),
        value => flat(value),
    })
}

fn flat(value: &Value) -> bool {
    match value {
        Value::Message(message) => has_no_map_twice(message),
        Value::List(list) => list.iter().all(flat),
        _ => true,
    }
}
