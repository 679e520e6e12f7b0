//! An `OpenAPI` document, part by part. References are followed where somebody asks, never written out: what refers to
//! itself has no end.

use std::cell::Cell;
use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::path::percent_decoded;
use super::{HttpOperation, Verb};

/// References that follow each other before something is there.
pub(super) const HOPS: usize = 16;

/// Schemas, and names in them, that are looked at in one reading of a document. What lies beyond is taken as not described.
const SCHEMAS: usize = 1_000_000;

/// A document as it was read. It is kept as bytes and read where it is needed: a tree of it is many times as large.
#[derive(Debug)]
pub struct Document {
    root: Value,
    /// How many of them may still be looked at.
    left: Cell<usize>,
}

/// Why nothing is behind a reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// It leads into another document.
    Foreign,
    /// It leads nowhere in this one.
    Nowhere,
}

/// What is described of one path.
#[derive(Clone, Copy)]
pub(super) struct PathItem<'a> {
    own: &'a Value,
    /// What it refers to, with the last reference on the way there.
    referred: Option<(&'a Value, &'a str)>,
}

/// What is described of one operation.
#[derive(Clone, Copy)]
pub(super) struct Described<'a> {
    pub(super) item: PathItem<'a>,
    pub(super) operation: &'a Value,
}

/// One thing that is sent beside a body.
pub(super) struct Parameter<'a> {
    pub(super) required: bool,
    pub(super) schema: Option<&'a Value>,
}

/// The body of a request.
pub(super) struct Body<'a> {
    pub(super) required: bool,
    pub(super) schema: Option<&'a Value>,
}

impl Document {
    /// Reads a document; none where it is not JSON.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let root = serde_json::from_slice(bytes).ok()?;
        Some(Self {
            root,
            left: Cell::new(SCHEMAS),
        })
    }

    /// Whether so many more schemas or names may be looked at: what refers to itself in many ways would be looked at
    /// for ever.
    pub(super) fn spend(&self, count: usize) -> bool {
        let left = self.left.get();
        self.left.set(left.saturating_sub(count));
        left >= count
    }

    pub(super) fn root(&self) -> &Value {
        &self.root
    }

    /// Which `OpenAPI` 3 it is.
    pub(super) fn version(&self) -> Option<&str> {
        let version = self.root.get("openapi").and_then(Value::as_str);
        version.filter(|version| version.starts_with("3."))
    }

    /// Whether what stands beside a `$ref` in a schema counts: since 3.1.
    pub(super) fn joins_references(&self) -> bool {
        self.version()
            .is_none_or(|version| !version.starts_with("3.0"))
    }

    pub(super) fn paths(&self) -> impl Iterator<Item = (&str, PathItem<'_>)> {
        let paths = self.root.get("paths").and_then(Value::as_object);
        let own = paths.into_iter().flatten();
        // Extensions stand among the paths.
        let own = own.filter(|(path, _)| !path.starts_with("x-"));
        own.map(|(path, own)| (path.as_str(), self.path_item(own)))
    }

    fn path_item<'a>(&'a self, own: &'a Value) -> PathItem<'a> {
        let (part, reference) = self.referred(own).unzip();
        let referred = part.zip(reference.flatten());
        PathItem { own, referred }
    }

    /// What a reference of this document leads to.
    pub(super) fn target(&self, reference: &str) -> Result<&Value, Broken> {
        let fragment = reference.strip_prefix('#').ok_or(Broken::Foreign)?;
        let pointer = percent_decoded(fragment).and_then(|bytes| String::from_utf8(bytes).ok());
        let target = pointer.and_then(|pointer| self.root.pointer(&pointer));
        target.ok_or(Broken::Nowhere)
    }

    /// A part that is no schema, or what it refers to instead.
    pub(super) fn part<'a>(&'a self, part: &'a Value) -> Option<&'a Value> {
        self.referred(part).map(|(part, _)| part)
    }

    /// The same, with the last reference on the way there.
    fn referred<'a>(&'a self, part: &'a Value) -> Option<(&'a Value, Option<&'a str>)> {
        let (mut part, mut last) = (part, None);
        for _ in 0..HOPS {
            let Some(reference) = part.get("$ref") else {
                return Some((part, last));
            };
            last = Some(reference.as_str()?);
            part = self.target(reference.as_str()?).ok()?;
        }
        None
    }

    /// What is described of an operation.
    pub(super) fn described(&self, operation: &HttpOperation) -> Option<Described<'_>> {
        let item = self.root.get("paths")?.get(operation.path.as_str())?;
        let item = self.path_item(item);
        let operation = item.operation(operation.verb)?;
        Some(Described { item, operation })
    }

    /// The schema of what an operation answers with when all is well; none where it is not described.
    pub(super) fn answer(&self, operation: &HttpOperation) -> Option<&Value> {
        let responses = self.described(operation)?.operation.get("responses")?;
        let response = success(responses.as_object()?)?;
        self.answer_of(responses.get(response))
    }

    /// The schema of one response, where it is described and carries JSON.
    pub(super) fn answer_of<'a>(&'a self, response: Option<&'a Value>) -> Option<&'a Value> {
        let content = self.part(response?)?.get("content")?;
        json_of(content.as_object()?)?.1.get("schema")
    }

    /// What is sent beside a body, by where it is sent and its name; those of an operation before those of its path.
    pub(super) fn parameters(
        &self,
        operation: &HttpOperation,
    ) -> BTreeMap<(&str, &str), Parameter<'_>> {
        let Some(described) = self.described(operation) else {
            return BTreeMap::new();
        };
        let of_path = described.item.get("parameters");
        let own = described.operation.get("parameters");
        let all = of_path.into_iter().chain(own);
        let all = all.filter_map(Value::as_array).flatten();
        let all = all.filter_map(|one| self.part(one));
        let parameter = |one| {
            let name = |key| Value::as_str(Value::get(one, key)?);
            let content = one.get("content").and_then(Value::as_object);
            let parameter = Parameter {
                required: one.get("required") == Some(&Value::Bool(true)),
                schema: one
                    .get("schema")
                    .or_else(|| json_of(content?)?.1.get("schema")),
            };
            Some(((name("in")?, name("name")?), parameter))
        };
        all.filter_map(parameter).collect()
    }

    /// The body of a request, where one is taken.
    pub(super) fn body(&self, operation: &HttpOperation) -> Option<Body<'_>> {
        if !operation.takes_body {
            return None;
        }
        let body = self.described(operation)?.operation.get("requestBody")?;
        let body = self.part(body);
        let content = body.and_then(|body| body.get("content")?.as_object());
        Some(Body {
            required: body.is_some_and(|body| body.get("required") == Some(&Value::Bool(true))),
            schema: content.and_then(|content| json_of(content)?.1.get("schema")),
        })
    }
}

impl<'a> PathItem<'a> {
    /// A member of it; its own come before those of what it refers to.
    pub(super) fn get(self, name: &str) -> Option<&'a Value> {
        self.find(name).map(|(found, _)| found)
    }

    /// The same, with the reference behind which it stands, where it is not its own.
    pub(super) fn find(self, name: &str) -> Option<(&'a Value, Option<&'a str>)> {
        if let Some(own) = self.own.get(name) {
            return Some((own, None));
        }
        let (referred, reference) = self.referred?;
        Some((referred.get(name)?, Some(reference)))
    }

    pub(super) fn operation(self, verb: Verb) -> Option<&'a Value> {
        self.get(verb.member())
    }

    /// The path item as it stands.
    pub(super) fn own(self) -> &'a Value {
        self.own
    }
}

/// The code of the response that stands for success: 200, else 201, else the range or the default. Calls take no other
/// code for success.
pub(super) fn success(responses: &Map<String, Value>) -> Option<&str> {
    let named = |name: &&str| responses.get_key_value(*name);
    let found = ["200", "201", "2XX", "2xx", "default"]
        .iter()
        .find_map(named);
    found.map(|(name, _)| name.as_str())
}

/// What is said of JSON among the kinds of content, with the kind.
pub(super) fn json_of(content: &Map<String, Value>) -> Option<(&str, &Value)> {
    let essence = |kind: &str| {
        let essence = kind.split(';').next().unwrap_or_default();
        essence.trim().to_ascii_lowercase()
    };
    let find = |fits: fn(&str) -> bool| content.iter().find(|(kind, _)| fits(&essence(kind)));
    find(|kind| kind == "application/json")
        .or_else(|| find(|kind| kind.starts_with("application/") && kind.ends_with("+json")))
        .or_else(|| find(|kind| matches!(kind, "application/*" | "*/*")))
        .map(|(kind, media)| (kind.as_str(), media))
}
