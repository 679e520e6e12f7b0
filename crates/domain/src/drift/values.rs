//! Rows and certificates: values under the keys of items.

use std::collections::BTreeSet;

use super::{Change, Shape};
use crate::item::{ItemKey, ItemValue, Value};
use crate::resource::Resource;

/// Where values differ from the items of the catalogue: a value of another type, and an item that none of them has.
/// More than the items may be sent: what nobody asked for is taken out on the way.
pub fn of_values<'a>(
    resource: &Resource,
    values: impl IntoIterator<Item = &'a ItemValue>,
) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut seen: BTreeSet<&ItemKey> = BTreeSet::new();
    for ItemValue { key, value } in values {
        seen.insert(key);
        let Some(item) = resource.item(key) else {
            continue;
        };
        let change = Change::Retyped {
            path: key.to_string(),
            registered: format!("data type {}", item.data_type.as_str()),
            seen: kind_of(value).to_owned(),
        };
        if !item.data_type.admits(value) && !changes.contains(&change) {
            changes.push(change);
        }
    }
    let missing = resource
        .items
        .iter()
        .filter(|item| !seen.contains(&item.key));
    changes.extend(missing.map(|item| Change::Missing {
        path: item.key.to_string(),
    }));
    changes
}

/// The shape of values: each key with the kind of what stands there.
pub fn shape_of_values<'a>(values: impl IntoIterator<Item = &'a ItemValue>) -> Shape {
    let mut shape = Shape::default();
    for ItemValue { key, value } in values {
        shape.note(key.as_str(), kind_of(value));
    }
    shape
}

/// The kind of a value, in words.
pub fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Text(_) => "text",
        Value::Integer(_) => "a whole number",
        Value::Decimal(_) => "a decimal number",
        Value::Logical(_) => "true or false",
        Value::Date(_) => "a day",
        Value::Time(_) => "a moment",
    }
}
