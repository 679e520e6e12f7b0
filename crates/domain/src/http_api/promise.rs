//! What a document promises of an answer at the places of an entry: only what it says beyond doubt, so that an answer
//! that differs was not as described. Where a schema is open, or too much to read, nothing is promised.

mod joined;
mod kinds;

pub(crate) use kinds::{Kind, Kinds};

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::document::Document;
use super::schema::{elements, is_more_said, list};
use super::{HttpOperation, Verb};
use crate::operation::Operation;
use joined::described;

/// Schemas, and names in them, that are looked at for one operation; what lies beyond promises nothing.
const LOOKS: usize = 50_000;
/// Schemas within schemas.
const DEPTH: usize = 64;

/// What is promised of a value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Promise {
    pub(crate) kinds: Kinds,
    /// Of each element, where it is an array.
    pub(crate) elements: Option<Box<Promise>>,
    /// Where it is an object.
    pub(crate) object: Members,
    /// It is sent and never answered.
    pub(crate) write_only: bool,
}

/// What is promised of the members of an object on the way to the places of an entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Members {
    pub(crate) of: BTreeMap<String, Promise>,
    /// They are there.
    pub(crate) required: BTreeSet<String>,
    pub(crate) names: Names,
}

/// The names that an object may have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Names {
    /// Nothing is said of them.
    #[default]
    Silent,
    /// These are described.
    Described(BTreeSet<String>),
    /// Any other may be there.
    Open,
}

/// The steps to the places of an entry.
#[derive(Default)]
struct Wanted<'a>(BTreeMap<&'a str, Wanted<'a>>);

impl Document {
    /// What is promised of a good answer at the places of an entry.
    pub fn promise(&self, operation: &HttpOperation, entry: &Operation) -> Promise {
        let mut wanted = Wanted::default();
        let places = entry.fields.iter().map(|field| &field.path);
        for path in places.chain(&entry.structure) {
            let mut at = &mut wanted;
            for step in path.steps() {
                at = at.0.entry(step).or_default();
            }
        }
        let mut reading = Reading {
            document: self,
            left: LOOKS,
        };
        let schema = self.sole_answer(operation);
        schema.map_or_else(Promise::default, |schema| {
            reading.of(schema, &wanted, DEPTH)
        })
    }

    /// The schema of a good answer, where there is one kind of it: nobody tells afterwards which code it came with.
    fn sole_answer(&self, operation: &HttpOperation) -> Option<&Value> {
        let responses = self.described(operation)?.operation.get("responses")?;
        let has = |code: &&str| responses.get(code).is_some();
        let is_one = ["200", "201"].iter().any(has);
        let is_range = ["2XX", "2xx"].iter().any(has);
        let described = ["200", "201", "2XX", "2xx"]
            .into_iter()
            .filter(|code| has(code));
        // The other of the two codes may come with what is said of all others; of what only reads none says 201.
        let is_read = operation.verb == Verb::Get && has(&"200");
        let is_one = is_one && !is_range && !is_read;
        let is_left = is_one && self.answer_of(responses.get("default")).is_some();
        let schema = self.answer(operation);
        schema.filter(|_| described.count() < 2 && !is_left)
    }
}

impl Promise {
    /// It may be anything, and what else is said of it is not known.
    fn unknown() -> Self {
        let mut promise = Self::default();
        promise.object.names = Names::Open;
        promise
    }
}

struct Reading<'a> {
    document: &'a Document,
    left: usize,
}

impl Reading<'_> {
    fn of(&mut self, schema: &Value, wanted: &Wanted<'_>, depth: usize) -> Promise {
        // `true`, or none at all; `false` would promise that nothing is there.
        let Value::Object(object) = schema else {
            return Promise::default();
        };
        if depth == 0 || !self.may_look(1) {
            return Promise::unknown();
        }
        let mut promise = Promise::default();
        if let Some(reference) = object.get("$ref") {
            let target = reference.as_str().map(|name| self.document.target(name));
            let Some(Ok(target)) = target else {
                return Promise::unknown();
            };
            promise = self.of(target, wanted, depth - 1);
            if !self.document.joins_references() {
                return promise;
            }
        }
        promise = promise.and(self.own(object, wanted, depth));
        for part in list(object, "allOf") {
            promise = promise.and(self.of(part, wanted, depth - 1));
        }
        for word in ["oneOf", "anyOf"] {
            let one = list(object, word).map(|kind| self.of(kind, wanted, depth - 1));
            if let Some(one) = one.reduce(Promise::or) {
                promise = promise.and(one);
            }
        }
        promise
    }

    fn may_look(&mut self, looks: usize) -> bool {
        let may = self.left >= looks;
        self.left = self.left.saturating_sub(looks);
        may
    }

    /// What the words of one schema promise, without those that lead to others of the same value.
    fn own(&mut self, object: &Map<String, Value>, wanted: &Wanted<'_>, depth: usize) -> Promise {
        Promise {
            kinds: Kinds::of(object),
            elements: self.elements(object, wanted, depth).map(Box::new),
            object: self.members(object, wanted, depth),
            write_only: object.get("writeOnly") == Some(&Value::Bool(true)),
        }
    }

    /// Arrays are passed through: the places lie in their elements.
    fn elements(
        &mut self,
        object: &Map<String, Value>,
        wanted: &Wanted<'_>,
        depth: usize,
    ) -> Option<Promise> {
        // Behind those that are listed first, nothing may be said.
        object.get("items").filter(|items| items.is_object())?;
        let elements = elements(object).into_iter();
        let each = elements.map(|each| self.of(each, wanted, depth - 1));
        each.reduce(Promise::or)
    }

    fn members(
        &mut self,
        object: &Map<String, Value>,
        wanted: &Wanted<'_>,
        depth: usize,
    ) -> Members {
        let mut members = Members::default();
        if wanted.0.is_empty() {
            return members;
        }
        let named = object.get("properties").and_then(Value::as_object);
        let named = named.filter(|named| !named.is_empty());
        let needed = object.get("required").and_then(Value::as_array);
        if !self.may_look(named.map_or(0, Map::len) + needed.map_or(0, Vec::len)) {
            return Promise::unknown().object;
        }
        let more = ["additionalProperties", "unevaluatedProperties"];
        let is_more = |word: &&str| !matches!(object.get(*word), None | Some(Value::Bool(false)));
        if is_more_said(object) || more.iter().any(is_more) {
            members.names = Names::Open;
        } else if let Some(named) = named {
            members.names = described(named.keys().cloned().collect(), BTreeSet::new());
        }
        let others = object.get("additionalProperties");
        let others = others.filter(|_| !is_more_said(object));
        for (step, next) in &wanted.0 {
            let own = named.and_then(|named| named.get(*step)).or(others);
            if let Some(own) = own {
                let own = self.of(own, next, depth - 1);
                members.of.insert((*step).to_owned(), own);
            }
        }
        let needed = needed.into_iter().flatten().filter_map(Value::as_str);
        let needed = needed.filter(|name| wanted.0.contains_key(name));
        members.required = needed.map(str::to_owned).collect();
        members
    }
}
