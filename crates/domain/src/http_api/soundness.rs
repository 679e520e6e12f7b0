//! Whether a document holds together: what is referred to is there, and what is read has the form that is read.
//!
//! Asked when somebody registers a document, never of one that was taken before. Looked at is what is read of the
//! operations: their parameters, bodies and good answers, with all schemas within those.

use std::collections::HashSet;

use serde_json::Value;

use super::document::{Broken, Described, Document, HOPS, json_of, success};
use super::{HttpOperation, short};
use crate::fault::Faults;

/// Faults that are told of one document.
pub(super) const FAULTS: usize = 20;
/// The longest place that is told whole, in bytes.
const PLACE: usize = 300;

const FOREIGN: &str = "it leads into another document; bundle all into one, so that every reference begins with #/ \
     (redocly bundle or swagger-cli bundle do that)";

/// A place as it is told.
pub(super) fn told(place: String) -> String {
    let most = (0..=PLACE).rev().find(|end| place.is_char_boundary(*end));
    match most.and_then(|end| place.get(..end)) {
        Some(begin) if begin.len() < place.len() => format!("{begin}…"),
        _ => place,
    }
}

/// Looks through what a document says of these operations; faults are told of `field`.
pub(super) fn check(document: &Document, operations: &[HttpOperation], field: &str) -> Faults {
    looked_through(document, operations, field).faults
}

fn looked_through<'a>(
    document: &'a Document,
    operations: &'a [HttpOperation],
    field: &'a str,
) -> Check<'a> {
    let mut check = Check {
        document,
        field,
        places: Vec::new(),
        waiting: Vec::new(),
        seen: HashSet::new(),
        parts: HashSet::new(),
        faults: Faults::default(),
    };
    for (path, item) in document.paths() {
        let root = check.root("#/paths");
        let at = check.at(root, path);
        check.part(item.own(), at);
    }
    for operation in operations {
        if let Some(described) = document.described(operation) {
            check.operation(operation, described);
        }
    }
    while let Some((schema, place)) = check.waiting.pop() {
        check.schema(schema, place);
    }
    check
}

/// A place in the document: what it lies in, and its own name there. Whole pointers are written for faults only.
type At = usize;

struct Check<'a> {
    document: &'a Document,
    field: &'a str,
    places: Vec<(Option<At>, Name<'a>)>,
    waiting: Vec<(&'a Value, At)>,
    /// Schemas that were looked at.
    seen: HashSet<*const Value>,
    /// The same of lists of parameters, bodies and responses: many operations can lead to one.
    parts: HashSet<*const Value>,
    faults: Faults,
}

/// A part of a pointer.
enum Name<'a> {
    /// A pointer that stands for itself.
    Root(&'a str),
    /// A member.
    Of(&'a str),
    /// An element.
    Number(usize),
}

impl<'a> Check<'a> {
    fn at(&mut self, parent: At, name: &'a str) -> At {
        self.places.push((Some(parent), Name::Of(name)));
        self.places.len() - 1
    }

    fn nth(&mut self, parent: At, number: usize) -> At {
        self.places.push((Some(parent), Name::Number(number)));
        self.places.len() - 1
    }

    fn root(&mut self, pointer: &'a str) -> At {
        self.places.push((None, Name::Root(pointer)));
        self.places.len() - 1
    }

    fn pointer(&self, at: At) -> String {
        let mut parts = Vec::new();
        let mut next = Some(at);
        while let Some((parent, name)) = next.and_then(|at| self.places.get(at)) {
            parts.push(match name {
                Name::Root(pointer) => (*pointer).to_owned(),
                Name::Of(name) => format!("/{}", name.replace('~', "~0").replace('/', "~1")),
                Name::Number(number) => format!("/{number}"),
            });
            next = *parent;
        }
        parts.reverse();
        told(parts.concat())
    }

    fn fault(&mut self, at: At, code: &str, message: &str) {
        if self.faults.as_slice().len() < FAULTS {
            let text = format!("{}: {message}", self.pointer(at));
            // A path is looked at by itself and with each of its operations.
            let mut known = self.faults.as_slice().iter();
            if known.all(|known| known.message != text) {
                self.faults.add(self.field, code, text);
            }
        }
    }

    fn malformed(&mut self, at: At, message: &str) {
        self.fault(at, "NOT_OPENAPI", message);
    }

    fn broken(&mut self, at: At, reference: &str, broken: Broken) {
        let reference = short(reference);
        match broken {
            Broken::Foreign => {
                self.fault(
                    at,
                    "FOREIGN_REFERENCE",
                    &format!("`{reference}`: {FOREIGN}"),
                );
            }
            Broken::Nowhere => {
                let text = format!("`{reference}` leads nowhere in this document");
                self.fault(at, "BROKEN_REFERENCE", &text);
            }
        }
    }

    /// A part that is no schema, where its references lead to one.
    fn part(&mut self, part: &'a Value, at: At) -> Option<(&'a Value, At)> {
        let (mut part, mut at) = (part, at);
        for _ in 0..HOPS {
            let Some(reference) = part.get("$ref") else {
                return Some((part, at));
            };
            let Some(reference) = reference.as_str() else {
                self.malformed(at, "$ref is no text");
                return None;
            };
            match self.document.target(reference) {
                Ok(target) => (part, at) = (target, self.root(reference)),
                Err(broken) => {
                    self.broken(at, reference, broken);
                    return None;
                }
            }
        }
        self.fault(
            at,
            "BROKEN_REFERENCE",
            "references lead to each other without an end",
        );
        None
    }

    fn operation(&mut self, operation: &'a HttpOperation, described: Described<'a>) {
        let root = self.root("#/paths");
        let item = self.at(root, operation.path.as_str());
        if let Some((parameters, reference)) = described.item.find("parameters") {
            let item = reference.map_or(item, |reference| self.root(reference));
            let at = self.at(item, "parameters");
            self.parameters(parameters, at);
        }
        let verb = operation.verb.member();
        let reference = described.item.find(verb).and_then(|(_, behind)| behind);
        let item = reference.map_or(item, |reference| self.root(reference));
        let own = self.at(item, verb);
        if !described.operation.is_object() {
            return self.malformed(own, "an operation is an object");
        }
        if let Some(parameters) = described.operation.get("parameters") {
            let at = self.at(own, "parameters");
            self.parameters(parameters, at);
        }
        if operation.takes_body
            && let Some(body) = described.operation.get("requestBody")
        {
            let at = self.at(own, "requestBody");
            self.with_content(body, at);
        }
        if let Some(responses) = described.operation.get("responses") {
            let at = self.at(own, "responses");
            let Some(responses) = responses.as_object() else {
                return self.malformed(at, "responses is an object, one member for each code");
            };
            if let Some((code, response)) =
                success(responses).and_then(|code| responses.get_key_value(code))
            {
                let at = self.at(at, code);
                self.with_content(response, at);
            }
        }
    }

    fn parameters(&mut self, parameters: &'a Value, at: At) {
        if !self.parts.insert(std::ptr::from_ref(parameters)) {
            return;
        }
        let Some(parameters) = parameters.as_array() else {
            return self.malformed(at, "parameters is a list");
        };
        for (number, parameter) in parameters.iter().enumerate() {
            let at = self.nth(at, number);
            let Some((parameter, at)) = self.part(parameter, at) else {
                continue;
            };
            match parameter.get("schema") {
                Some(schema) => {
                    let at = self.at(at, "schema");
                    self.waiting.push((schema, at));
                }
                None => self.content(parameter, at),
            }
        }
    }

    /// A body or a response.
    fn with_content(&mut self, part: &'a Value, at: At) {
        let Some((part, at)) = self.part(part, at) else {
            return;
        };
        if self.parts.insert(std::ptr::from_ref(part)) {
            self.content(part, at);
        }
    }

    fn content(&mut self, part: &'a Value, at: At) {
        let Some(content) = part.get("content") else {
            return;
        };
        let at = self.at(at, "content");
        let Some(content) = content.as_object() else {
            return self.malformed(at, "content is an object, one member for each kind");
        };
        if let Some((kind, media)) = json_of(content) {
            let at = self.at(at, kind);
            if let Some(schema) = media.get("schema") {
                let at = self.at(at, "schema");
                self.waiting.push((schema, at));
            }
        }
    }

    fn schema(&mut self, schema: &'a Value, at: At) {
        if !self.seen.insert(std::ptr::from_ref(schema)) {
            return;
        }
        let object = match schema {
            Value::Bool(_) => return,
            Value::Object(object) => object,
            _ => return self.malformed(at, "a schema is an object, true or false"),
        };
        for (word, value) in object {
            match word.as_str() {
                "$ref" => self.reference(value, at),
                "type" => self.types(value, at),
                "properties" | "patternProperties" => {
                    let at = self.at(at, word);
                    let Some(members) = value.as_object() else {
                        self.malformed(at, "it is an object, one member for each name");
                        continue;
                    };
                    for (name, schema) in members {
                        let at = self.at(at, name);
                        self.waiting.push((schema, at));
                    }
                }
                "allOf" | "oneOf" | "anyOf" | "prefixItems" => self.schemas(value, at, word),
                "items" if value.is_array() => self.schemas(value, at, word),
                "items" | "additionalProperties" | "unevaluatedProperties" => {
                    let at = self.at(at, word);
                    self.waiting.push((value, at));
                }
                _ => {}
            }
        }
    }

    fn reference(&mut self, reference: &'a Value, at: At) {
        match reference.as_str() {
            None => self.malformed(at, "$ref is no text"),
            Some(reference) => match self.document.target(reference) {
                Ok(target) => {
                    let root = self.root(reference);
                    self.waiting.push((target, root));
                }
                Err(broken) => self.broken(at, reference, broken),
            },
        }
    }

    fn types(&mut self, types: &Value, at: At) {
        let words = types.as_array();
        if !types.is_string() && !words.is_some_and(|words| words.iter().all(Value::is_string)) {
            self.malformed(at, "type is a word, or since 3.1 a list of words");
        }
    }

    fn schemas(&mut self, schemas: &'a Value, at: At, word: &'a str) {
        let at = self.at(at, word);
        let Some(schemas) = schemas.as_array() else {
            return self.malformed(at, "it is a list of schemas");
        };
        for (number, schema) in schemas.iter().enumerate() {
            let at = self.nth(at, number);
            self.waiting.push((schema, at));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::*;
    use crate::http_api::reading::{HttpApi, Servers};

    #[test]
    fn what_many_operations_share_is_looked_at_once() {
        let parameters = vec![json!({"schema": {}}); 1_000];
        let answer = json!({"content": {"application/json": {"schema": {}}}});
        let shared = json!({"get": {"responses": {"200": {"$ref": "#/answer"}}}, "put": {}, "parameters": parameters});
        let paths = (0..100).map(|n| (format!("/{n}"), json!({"$ref": "#/shared"})));
        let paths: Map<String, Value> = paths.collect();
        let whole = json!({"openapi": "3.0.0", "paths": paths, "shared": shared, "answer": answer});
        let document = Document::read(whole.to_string().as_bytes()).unwrap();
        let api = HttpApi::stored(whole.to_string().as_bytes(), Servers::Count).unwrap();
        let check = looked_through(&document, &api.operations, "openapi");
        assert!(check.faults.is_empty());
        assert!(check.places.len() < 4_000, "{}", check.places.len());
    }
}
