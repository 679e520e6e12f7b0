//! What kinds of values stand at a place, what of them must be there, and by what a place is known again.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::{Map, Value};

use super::{DEPTH, Place, Reader, elements, list, types};
use crate::http_api::document::HOPS;
use crate::http_api::short;

/// Kinds that are told apart at one place.
const KINDS: usize = 64;

/// A kind of values, such as `array of string (date)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::http_api) struct Kind<'a> {
    /// Arrays around it.
    arrays: usize,
    /// The type; none where nothing is said of the elements of an array.
    of: Option<&'a str>,
    format: Option<&'a str>,
}

impl Kind<'_> {
    /// Whether another kind is this one, with more said of it or no more.
    fn holds(&self, other: &Kind<'_>) -> bool {
        if self.of.is_none() {
            return self.arrays <= other.arrays;
        }
        let format = self.format.is_none() || self.format == other.format;
        self.arrays == other.arrays && self.of == other.of && format
    }
}

impl fmt::Display for Kind<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let around = self.arrays - usize::from(self.of.is_none()).min(self.arrays);
        for _ in 0..around {
            f.write_str("array of ")?;
        }
        f.write_str(self.of.unwrap_or("array"))?;
        match self.format {
            Some(format) => write!(f, " ({})", short(format)),
            None => Ok(()),
        }
    }
}

/// Whether the same kinds of values stand at two places. What was not said may be said now.
pub(in crate::http_api) fn alike(was: &BTreeSet<Kind<'_>>, is: &BTreeSet<Kind<'_>>) -> bool {
    alike_by(was, is, false)
}

/// The same where of a kind less may be said now, too.
pub(in crate::http_api) fn perhaps_alike(
    was: &BTreeSet<Kind<'_>>,
    is: &BTreeSet<Kind<'_>>,
) -> bool {
    alike_by(was, is, true)
}

fn alike_by(was: &BTreeSet<Kind<'_>>, is: &BTreeSet<Kind<'_>>, or_less: bool) -> bool {
    let same = |own: &Kind<'_>, now: &Kind<'_>| own.holds(now) || (or_less && now.holds(own));
    let known = |now: &Kind<'_>| was.iter().any(|own| same(own, now));
    let left = |own: &Kind<'_>| is.iter().any(|now| same(own, now));
    was.is_empty() || (!is.is_empty() && is.iter().all(known) && was.iter().all(left))
}

impl<'a> Reader<'a> {
    /// What kinds of values stand at a place. Empty where nothing is known. That a value may be `null` is no kind.
    pub(in crate::http_api) fn kinds(&mut self, place: &[&'a Value]) -> BTreeSet<Kind<'a>> {
        self.seen.clear();
        self.kinds_of_one(place, DEPTH)
    }

    fn kinds_of_one(&mut self, place: &[&'a Value], depth: usize) -> BTreeSet<Kind<'a>> {
        let mut kinds = BTreeSet::new();
        for schema in place {
            kinds.extend(self.kinds_of(schema, depth));
            if kinds.len() > KINDS {
                self.gave_up = true;
                break;
            }
        }
        kinds
    }

    fn kinds_of(&mut self, schema: &'a Value, depth: usize) -> BTreeSet<Kind<'a>> {
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
    ) -> BTreeSet<Kind<'a>> {
        let reference = object.get("$ref").and_then(Value::as_str);
        let target = reference.and_then(|reference| self.document.target(reference).ok());
        if reference.is_some() && !self.document.joins_references() {
            return self.kinds_of_one(target.as_slice(), depth - 1);
        }
        let mut types = types(object);
        if types.is_empty() {
            types.extend(structure(object));
        }
        if types.is_empty() {
            let parts = target.into_iter().chain(list(object, "allOf"));
            let parts = parts.chain(list(object, "oneOf"));
            let parts: Vec<&Value> = parts.chain(list(object, "anyOf")).collect();
            return self.kinds_of_one(&parts, depth - 1);
        }
        let format = object.get("format").and_then(Value::as_str);
        let plain = types
            .iter()
            .filter(|kind| !matches!(**kind, "array" | "null"));
        let mut kinds: BTreeSet<Kind<'_>> = plain
            .map(|kind| Kind {
                arrays: 0,
                of: Some(kind),
                format: format.filter(|_| *kind != "object"),
            })
            .collect();
        if types.contains("array") {
            let mut of = self.kinds_of_one(&elements(object), depth - 1);
            if of.is_empty() {
                of.insert(Kind {
                    arrays: 0,
                    of: None,
                    format: None,
                });
            }
            kinds.extend(of.into_iter().map(|kind| Kind {
                arrays: kind.arrays + 1,
                ..kind
            }));
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

    /// The members that must be sent, of those at a place that are described: what can only be read is none of them.
    pub(in crate::http_api) fn required(&mut self, place: &[&'a Value]) -> BTreeSet<&'a str> {
        self.seen.clear();
        let mut required = self.required_of_each(place, DEPTH);
        if !required.is_empty() {
            let members = self.members(place);
            let read_only = |schemas: &Place<'_>| schemas.iter().all(|one| self.is_read_only(one));
            required.retain(|name| !members.get(name).is_some_and(read_only));
        }
        required
    }

    fn is_read_only(&self, schema: &Value) -> bool {
        let said = |schema: &Value| schema.get("readOnly") == Some(&Value::Bool(true));
        said(schema) || self.document.part(schema).is_some_and(said)
    }

    /// Of several kinds only what each of them needs is needed.
    fn required_of_each(&mut self, kinds: &[&'a Value], depth: usize) -> BTreeSet<&'a str> {
        let mut kinds = kinds.iter();
        let first = kinds.next().map(|kind| self.required_of(kind, depth));
        kinds.fold(first.unwrap_or_default(), |required, kind| {
            let own = self.required_of(kind, depth);
            required.intersection(&own).copied().collect()
        })
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
        let needed = object.get("required").and_then(Value::as_array);
        let needed = needed.filter(|needed| joins && self.may_walk(needed.len()));
        required.extend(needed.into_iter().flatten().filter_map(Value::as_str));
        let parts = joins.then(|| list(object, "allOf").chain(elements(object)));
        for part in target.into_iter().chain(parts.into_iter().flatten()) {
            required.extend(self.required_of(part, depth - 1));
        }
        for word in ["oneOf", "anyOf"].iter().filter(|_| joins) {
            // That a value may be `null` is no kind.
            let kinds = list(object, word)
                .filter(|kind| kind.get("type").and_then(Value::as_str) != Some("null"));
            let kinds: Vec<&Value> = kinds.collect();
            required.extend(self.required_of_each(&kinds, depth - 1));
        }
        self.seen.remove(&std::ptr::from_ref(schema));
        required
    }
}

/// The types that the words of a schema are for, where it names none.
fn structure(object: &Map<String, Value>) -> impl Iterator<Item = &str> {
    let has = |word: &&str| object.contains_key(*word);
    let elsewhere = ["$ref", "allOf", "oneOf", "anyOf"].iter().any(has);
    // Beside parts it often only closes what they describe.
    let is_map = !elsewhere && has(&"additionalProperties");
    let is_array = ["items", "prefixItems"].iter().any(has);
    let of_object = (has(&"properties") || is_map).then_some("object");
    of_object.into_iter().chain(is_array.then_some("array"))
}
