//! JSON answers held against what their document promises.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::json::{against_shape, shape};
use super::{CHANGES, Change, NULL, Shape, is_field_name, under};
use crate::http_api::{Kind, Members, Names, Promise};
use crate::operation::Operation;

/// Where an answer differs from an earlier good one, and where that says nothing, from what its document promises.
/// Nothing of what is no JSON.
pub fn of_answer(
    answer: &[u8],
    before: Option<&Shape>,
    promise: &Promise,
    operation: &Operation,
) -> Vec<Change> {
    let Ok(answer) = serde_json::from_slice::<Value>(answer) else {
        return Vec::new();
    };
    let mut promised = Promised {
        whole: operation.method.as_str(),
        changes: Vec::new(),
    };
    promised.value(&answer, promise, "", 0);
    let Some(before) = before else {
        return promised.changes;
    };
    let mut changes = against_shape(&shape(&answer), before, operation);
    // What passed a run counts, whatever the document says of it.
    let is_known = |path: &str| {
        let kind = before.kind(path);
        path == operation.method.as_str() || kind.is_some_and(|kind| kind != NULL)
    };
    let more = promised.changes.into_iter();
    changes.extend(more.filter(|change| !is_known(change.path())));
    changes
}

struct Promised<'a> {
    /// What the answer as a whole is told by.
    whole: &'a str,
    changes: Vec<Change>,
}

impl Promised<'_> {
    /// `arrays` stand around the value at its path. That there is none breaks no promise here.
    fn value(&mut self, value: &Value, promise: &Promise, path: &str, arrays: usize) {
        let kind = Kind::of(value);
        if kind == Kind::Null || self.changes.len() >= CHANGES {
            return;
        }
        // Where no array can be, an empty one is how some languages write an object without members, or nothing.
        let is_empty = value.as_array().is_some_and(Vec::is_empty);
        if is_empty && promise.kinds.forbid(kind) {
            return;
        }
        if promise.kinds.forbid(kind) {
            let around = "array of ".repeat(arrays);
            let path = if path.is_empty() { self.whole } else { path };
            return self.tell(Change::Retyped {
                path: path.to_owned(),
                registered: format!("{around}{}", promise.kinds),
                seen: format!("{around}{}", kind.as_str()),
            });
        }
        match (value, &promise.elements) {
            (Value::Array(elements), Some(each)) => {
                for element in elements {
                    self.value(element, each, path, arrays + 1);
                }
            }
            (Value::Object(fields), _) => self.object(fields, &promise.object, path),
            _ => {}
        }
    }

    fn object(&mut self, fields: &Map<String, Value>, promise: &Members, path: &str) {
        for (name, promise) in &promise.of {
            if let Some(value) = fields.get(name) {
                self.value(value, promise, &under(path, name), 0);
            }
        }
        let Names::Described(names) = &promise.names else {
            return;
        };
        for name in &promise.required {
            let own = promise.of.get(name);
            if !fields.contains_key(name) && !own.is_some_and(|own| own.write_only) {
                self.renamed(fields, names, own, path, name);
            }
        }
    }

    /// What must be there is not, and something may be there instead.
    fn renamed(
        &mut self,
        fields: &Map<String, Value>,
        names: &BTreeSet<String>,
        promise: Option<&Promise>,
        path: &str,
        name: &str,
    ) {
        let fits = |value: &Value| {
            let kind = Kind::of(value);
            kind != Kind::Null && !promise.is_some_and(|promise| promise.kinds.forbid(kind))
        };
        let mut candidates = fields
            .iter()
            .filter(|(other, value)| !names.contains(*other) && fits(value));
        let Some((found, _)) = candidates.next() else {
            return;
        };
        let is_sole = candidates.next().is_none();
        let (seen, path) = (under(path, found), under(path, name));
        self.tell(if is_sole && is_field_name(found) {
            Change::Renamed { path, seen }
        } else {
            Change::Missing { path }
        });
    }

    fn tell(&mut self, change: Change) {
        if self.changes.len() < CHANGES && !self.changes.contains(&change) {
            self.changes.push(change);
        }
    }
}
