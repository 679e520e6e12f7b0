//! Shapes of JSON answers.

use serde_json::{Map, Value};

use super::{Change, NULL, Shape, renamed, under};
use crate::item::{DataType, Item};
use crate::mask::FieldPath;
use crate::operation::Operation;

/// Values within values.
const DEPTH: usize = 32;

/// The shape of a JSON answer; arrays are passed through, each element alike. None where it is not JSON.
pub fn shape_of_json(answer: &[u8]) -> Option<Shape> {
    let answer: Value = serde_json::from_slice(answer).ok()?;
    Some(shape(&answer))
}

/// The shape of an answer that was read.
pub(super) fn shape(answer: &Value) -> Shape {
    let mut shape = Shape::default();
    walk(answer, "", DEPTH, &mut shape);
    shape
}

/// The shape of the metadata of a certificate, as a library tells them: an empty text is no value there.
pub fn shape_of_metadata(metadata: &Map<String, Value>) -> Shape {
    let mut shape = Shape::default();
    walk_fields(metadata, "", DEPTH, &mut shape);
    let mut told = Shape::default();
    let is_empty = |path: &str| text_at(metadata, path).is_some_and(|text| text.trim().is_empty());
    for (path, kind) in shape.iter() {
        told.note(path, if is_empty(path) { NULL } else { kind });
    }
    told
}

fn text_at<'a>(metadata: &'a Map<String, Value>, path: &str) -> Option<&'a str> {
    let mut parts = path.split('.');
    let first = metadata.get(parts.next()?)?;
    parts
        .try_fold(first, |value, name| value.get(name))?
        .as_str()
}

fn walk(value: &Value, path: &str, depth: usize, shape: &mut Shape) {
    if !path.is_empty() && !value.is_array() {
        shape.note(path, kind(value));
    }
    if depth == 0 {
        return;
    }
    match value {
        Value::Array(elements) => {
            for element in elements {
                walk(element, path, depth - 1, shape);
            }
        }
        Value::Object(fields) => walk_fields(fields, path, depth, shape),
        _ => {}
    }
}

fn walk_fields(fields: &Map<String, Value>, path: &str, depth: usize, shape: &mut Shape) {
    for (name, inner) in fields {
        let path = under(path, name);
        if inner.as_array().is_some_and(Vec::is_empty) {
            shape.note(&path, NULL);
        }
        walk(inner, &path, depth - 1, shape);
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => NULL,
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Where an answer differs from the items of the catalogue: an item that does not stand there, and one of a kind
/// that its data type is never written in.
pub fn against_items(shape: &Shape, operation: &Operation, items: &[Item]) -> Vec<Change> {
    let mut changes = Vec::new();
    for field in &operation.fields {
        let path = field.path.as_str();
        let Some(item) = items.iter().find(|item| item.key == field.item) else {
            continue;
        };
        match shape.kind(path) {
            None | Some(NULL) => changes.push(Change::Missing {
                path: path.to_owned(),
            }),
            Some(kind) if !written_as(item.data_type, kind) => changes.push(Change::Retyped {
                path: path.to_owned(),
                registered: format!("data type {}", item.data_type.as_str()),
                seen: kind.to_owned(),
            }),
            Some(_) => {}
        }
    }
    changes
}

/// Whether a data type is written as this kind in JSON. Numbers in full are often written as text.
fn written_as(data_type: DataType, kind: &str) -> bool {
    match data_type {
        DataType::C | DataType::M | DataType::D | DataType::T => kind == "string",
        DataType::N | DataType::Y | DataType::B | DataType::F | DataType::I => {
            matches!(kind, "number" | "string")
        }
        DataType::L => matches!(kind, "boolean" | "number" | "string"),
        DataType::G => true,
    }
}

/// Where an answer differs from an earlier one in which every item had a value. That something is absent alone says
/// nothing: it may have no value. Absent beside a name that was not there before, it was renamed.
pub(super) fn against_shape(seen: &Shape, before: &Shape, operation: &Operation) -> Vec<Change> {
    let places = operation.fields.iter().map(|field| &field.path);
    let mut changes = Vec::new();
    for path in places.chain(&operation.structure).map(FieldPath::as_str) {
        let Some(registered) = before.kind(path) else {
            continue;
        };
        match seen.kind(path) {
            Some(kind) if kind == registered || kind == NULL || registered == NULL => {}
            Some(kind) => changes.push(Change::Retyped {
                path: path.to_owned(),
                registered: registered.to_owned(),
                seen: kind.to_owned(),
            }),
            None => changes.extend(renamed(path, seen, before)),
        }
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interface::MethodPath;
    use crate::item::ItemKey;
    use crate::operation::ItemField;

    fn operation() -> Operation {
        let field = |item: &str, path: &str| ItemField {
            item: ItemKey::parse(item).unwrap(),
            path: FieldPath::parse(path).unwrap(),
        };
        Operation {
            method: MethodPath::parse("GET /persons/{id}").unwrap(),
            fields: vec![
                field("name", "person.name"),
                field("base", "person.pay.base"),
            ],
            structure: Vec::new(),
        }
    }

    fn read(text: &str) -> Shape {
        shape_of_json(text.as_bytes()).unwrap()
    }

    const BEFORE: &str = r#"{"person":{"name":"a","born":"1901","pay":[{"base":1}]}}"#;

    #[test]
    fn a_name_that_went_beside_one_that_came_is_a_renaming() {
        let before = read(BEFORE);
        for (answer, expected) in [
            (BEFORE, ""),
            // It may have no value.
            (r#"{"person":{"born":"1901","pay":[{"base":1}]}}"#, ""),
            (r#"{"person":{"name":null,"pay":[]}}"#, ""),
            (r#"{"person":null}"#, ""),
            // More than was there concerns nobody.
            (
                r#"{"person":{"name":"a","more":"x","pay":[{"base":2}]}}"#,
                "",
            ),
            (
                r#"{"person":{"fullName":"a","born":"1901","pay":[{"base":1}]}}"#,
                "person.name seems to be called person.fullName now",
            ),
            (
                r#"{"person":{"x":"a","y":"b","pay":[{"base":1}]}}"#,
                "person.name is registered and not served",
            ),
            (
                r#"{"person":{"name":"a","pay":[{"base":"1"}]}}"#,
                "person.pay.base is registered as number and served as string",
            ),
        ] {
            let changes = against_shape(&read(answer), &before, &operation());
            let told: Vec<String> = changes.iter().map(ToString::to_string).collect();
            assert_eq!(told.join("; "), expected, "{answer}");
        }
    }

    #[test]
    fn a_key_that_could_be_data_is_not_told_and_not_kept() {
        let before = read(BEFORE);
        let keyed = r#"{"person":{"430502190102030017":"x","born":"1901","pay":[{"base":1}]}}"#;
        assert_eq!(against_shape(&read(keyed), &before, &operation()), []);
        let kept = read(keyed).to_keep(&["person.name"]);
        assert!(kept.holds("person.born") && !kept.holds("person.430502190102030017"));
    }

    #[test]
    fn what_is_no_json_has_no_shape() {
        assert_eq!(shape_of_json(b"{"), None);
        assert!(shape_of_json(b"[]").unwrap().is_empty());
    }
}
