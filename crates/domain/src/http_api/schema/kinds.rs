//! What kinds of values stand at a place, what of them must be there, and by what a place is known again.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{DEPTH, Reader, elements, list, types};
use crate::http_api::document::HOPS;

impl<'a> Reader<'a> {
    /// What kinds of values stand at a place, as people read them, such as `array of string (date)`. Empty where
    /// nothing is known. That a value may be `null` is no kind.
    pub(in crate::http_api) fn kinds(&mut self, place: &[&'a Value]) -> BTreeSet<String> {
        self.seen.clear();
        self.kinds_of_one(place, DEPTH)
    }

    fn kinds_of_one(&mut self, place: &[&'a Value], depth: usize) -> BTreeSet<String> {
        let mut kinds = BTreeSet::new();
        for schema in place {
            kinds.extend(self.kinds_of(schema, depth));
        }
        kinds
    }

    fn kinds_of(&mut self, schema: &'a Value, depth: usize) -> BTreeSet<String> {
        let Some(object) = schema.as_object() else {
            return BTreeSet::new();
        };
        if !self.may_look(depth) || !self.seen.insert(std::ptr::from_ref(schema)) {
            return BTreeSet::new();
        }
        let kinds = self.kinds_of_object(object, depth);
        // Met again beside itself it counts again; only within itself it does not.
        self.seen.remove(&std::ptr::from_ref(schema));
        kinds
    }

    fn kinds_of_object(
        &mut self,
        object: &'a Map<String, Value>,
        depth: usize,
    ) -> BTreeSet<String> {
        let reference = object.get("$ref").and_then(Value::as_str);
        let target = reference.and_then(|reference| self.document.target(reference).ok());
        if reference.is_some() && !self.document.joins_references() {
            return self.kinds_of_one(target.as_slice(), depth - 1);
        }
        let types = types(object);
        if types.is_empty() && !is_structured(object) {
            let parts = target.into_iter().chain(list(object, "allOf"));
            let parts = parts.chain(list(object, "oneOf"));
            let parts: Vec<&Value> = parts.chain(list(object, "anyOf")).collect();
            return self.kinds_of_one(&parts, depth - 1);
        }
        let format = object.get("format").and_then(Value::as_str);
        let mut kinds = BTreeSet::new();
        for kind in types
            .iter()
            .filter(|kind| !matches!(**kind, "array" | "null"))
        {
            kinds.insert(match (*kind, format) {
                ("object", _) | (_, None) => (*kind).to_owned(),
                (kind, Some(format)) => format!("{kind} ({format})"),
            });
        }
        if types.is_empty() && object.contains_key("properties") {
            kinds.insert("object".to_owned());
        }
        if types.contains("array") || (types.is_empty() && object.contains_key("items")) {
            let of = self.kinds_of_one(&elements(object), depth - 1);
            let of: Vec<String> = of.into_iter().collect();
            kinds.insert(match of.as_slice() {
                [] => "array".to_owned(),
                of => format!("array of {}", of.join(" or ")),
            });
        }
        kinds
    }

    /// By what a place is known again: its schemas, or what they only refer to or list.
    pub(in crate::http_api) fn identity(&self, place: &[&'a Value]) -> Vec<*const Value> {
        let resolved = |schema: &&'a Value| {
            let mut schema = *schema;
            for _ in 0..HOPS {
                let object = schema.as_object();
                let only = object.filter(|o| o.len() == 1 || !self.document.joins_references());
                let reference = only.and_then(|object| object.get("$ref")?.as_str());
                let target = reference.and_then(|name| self.document.target(name).ok());
                match (target, object.map(elements).as_deref()) {
                    (Some(target), _) => schema = target,
                    // Arrays are passed through.
                    (None, Some([each])) => schema = each,
                    (None, _) => break,
                }
            }
            std::ptr::from_ref(schema)
        };
        place.iter().map(resolved).collect()
    }

    /// The members that must be there, of those at a place that are described.
    pub(in crate::http_api) fn required(&mut self, place: &[&'a Value]) -> BTreeSet<&'a str> {
        self.seen.clear();
        let mut required = BTreeSet::new();
        // Of several kinds only what each of them needs is needed.
        for (index, kind) in place.iter().enumerate() {
            let own = self.required_of(kind, DEPTH);
            required = match index {
                0 => own,
                _ => required.intersection(&own).copied().collect(),
            };
        }
        required
    }

    fn required_of(&mut self, schema: &'a Value, depth: usize) -> BTreeSet<&'a str> {
        let Some(object) = schema.as_object() else {
            return BTreeSet::new();
        };
        if !self.may_look(depth) || !self.seen.insert(std::ptr::from_ref(schema)) {
            return BTreeSet::new();
        }
        let mut required: BTreeSet<&str> = BTreeSet::new();
        let reference = object.get("$ref").and_then(Value::as_str);
        let target = reference.and_then(|reference| self.document.target(reference).ok());
        let joins = reference.is_none() || self.document.joins_references();
        if joins {
            required.extend(list(object, "required").filter_map(Value::as_str));
        }
        let parts = joins.then(|| list(object, "allOf").chain(elements(object)));
        for part in target.into_iter().chain(parts.into_iter().flatten()) {
            required.extend(self.required_of(part, depth - 1));
        }
        self.seen.remove(&std::ptr::from_ref(schema));
        required
    }
}

fn is_structured(object: &Map<String, Value>) -> bool {
    object.contains_key("properties") || object.contains_key("items")
}
