//! From a document to the operations that can be called.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::document::{Described, Document};
use super::path::PathTemplate;
use super::{HttpOperation, Verb, server, short, soundness};
use crate::fault::{Cause, FaultCause as _, Faults};
use crate::json;

/// Operations of one document, those that cannot be called too.
const OPERATIONS: usize = 256;
/// The same of a document that was taken when references of paths were not followed.
const STORED: usize = 1024;

/// What can be called by a document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpApi {
    pub(crate) operations: Vec<HttpOperation>,
    pub(crate) left_out: Vec<LeftOut>,
}

/// An operation that is described and cannot be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// What it would be called by, such as `GET /persons/{a}{b}`, whole.
    pub(crate) method: String,
    /// Why not.
    pub why: String,
}

impl LeftOut {
    /// As much as is told of what it would be called by.
    pub fn shown(&self) -> &str {
        short(&self.method)
    }
}

impl HttpApi {
    /// Reads an `OpenAPI` 3 document in JSON that somebody registers.
    ///
    /// # Errors
    /// Every fault at once, of `field`, those of its parts with their places in the document: `NOT_OPENAPI`,
    /// `NO_OPERATION`, `TOO_MANY`, `NOT_A_SERVER`, `FOREIGN_REFERENCE` or `BROKEN_REFERENCE`.
    pub(crate) fn register(bytes: &[u8], field: &str) -> Result<Self, Faults> {
        let mut faults = Faults::default();
        let Some(document) = faults.check(field, checked(bytes)) else {
            return Err(faults);
        };
        // Asked before anything grows with them.
        if faults.check(field, must_be_few(&document)).is_none() {
            return Err(faults);
        }
        let every = Self::of(&document, Servers::Ignored);
        faults = soundness::check(&document, &every.operations, field);
        let left = soundness::FAULTS.saturating_sub(faults.as_slice().len());
        for (at, cause) in without_base(&document).into_iter().take(left) {
            faults.add(field, cause.code(), format!("{at}: {cause}"));
        }
        let api = Self::of(&document, Servers::Count);
        if api.operations.is_empty() && faults.is_empty() {
            faults.add(field, "NO_OPERATION", api.nothing());
        }
        faults.finish(Some(api))
    }

    /// Reads a document as an endpoint serves it now, to be held against one that was taken: whether it holds together
    /// is not asked.
    ///
    /// # Errors
    /// `NOT_OPENAPI` or `TOO_MANY`.
    pub(crate) fn served(bytes: &[u8]) -> Result<Self, Cause> {
        let document = checked(bytes)?;
        must_be_few(&document)?;
        Ok(Self::of(&document, Servers::Count))
    }

    /// Reads a document that was taken before. Whatever is asked of one today, nothing but the loss of its bytes makes
    /// it unreadable: what was published with it stays as it was.
    ///
    /// # Errors
    /// `NOT_OPENAPI` where it is not JSON.
    pub(crate) fn stored(bytes: &[u8], servers: Servers) -> Result<Self, Cause> {
        let document = Document::read(bytes);
        let document = document.ok_or_else(|| not_openapi("it is not JSON".to_owned()))?;
        Ok(Self::of(&document, servers))
    }

    fn of(document: &Document, servers: Servers) -> Self {
        let mut api = Self::default();
        let mut rivals: Vec<Arc<PathTemplate>> = Vec::new();
        let mut queried: Vec<Arc<PathTemplate>> = Vec::new();
        for (text, verb, described) in described(document).take(STORED) {
            let base = match servers {
                Servers::Count => base(document, text, verb, described),
                Servers::Ignored => Ok(String::new()),
            };
            let before = base.as_deref().unwrap_or_default();
            let (asked, query) = without_query(text);
            let whole = PathTemplate::as_written(before, asked).map(Arc::new);
            queried.extend(whole.iter().filter(|_| query).cloned());
            rivals.extend(whole);
            let read = PathTemplate::parse(text).and_then(|path| {
                Ok(HttpOperation {
                    verb,
                    path,
                    takes_body: verb != Verb::Get
                        && described.operation.get("requestBody").is_some(),
                    base: base.map_err(|(_, cause)| cause)?,
                    rivals: Arc::default(),
                })
            });
            match read {
                Ok(own) => api.operations.push(own),
                Err(cause) => api.left_out.push(LeftOut {
                    method: format!("{} {text}", verb.as_str()),
                    why: cause.to_string(),
                }),
            }
        }
        // In the order of the paths, so the verbs of one stand together.
        rivals.dedup();
        queried.dedup();
        if servers == Servers::Count {
            api.leave_out(&queried);
        }
        api.name_rivals(&rivals);
        api
    }

    /// Leaves out what differs from another path in its query only: a path that is asked for has any query.
    fn leave_out(&mut self, queried: &[Arc<PathTemplate>]) {
        let is_one = |own: &HttpOperation| {
            let whole = PathTemplate::as_written(&own.base, own.path.as_str());
            let mut others = queried.iter();
            whole.is_some_and(|own| others.any(|other| other.is_same(&own)))
        };
        let all = std::mem::take(&mut self.operations).into_iter();
        let (out, left): (Vec<_>, Vec<_>) = all.partition(is_one);
        self.operations = left;
        self.left_out.extend(out.into_iter().map(|own| LeftOut {
            method: format!("{} {}", own.verb.as_str(), own.path),
            why: "another path of the document is the same with a query behind it".to_owned(),
        }));
    }

    /// Those that cannot be called are rivals too: the server answers them all the same.
    fn name_rivals(&mut self, all: &[Arc<PathTemplate>]) {
        for operation in &mut self.operations {
            let own = PathTemplate::as_written(&operation.base, operation.path.as_str());
            let Some(own) = own else { continue };
            let rivals = all.iter().filter(|other| own.len() == other.len());
            let rivals = rivals.filter(|other| !own.precedes(other));
            operation.rivals = rivals.cloned().collect();
        }
    }

    fn nothing(&self) -> String {
        match self.left_out.first() {
            None => "the document describes no operation".to_owned(),
            Some(left) => {
                let (method, why) = (left.shown(), &left.why);
                format!("no operation of the document can be called; {method}: {why}")
            }
        }
    }
}

fn must_be_few(document: &Document) -> Result<(), Cause> {
    if described(document).take(OPERATIONS + 1).count() <= OPERATIONS {
        return Ok(());
    }
    let text = format!("at most {OPERATIONS} operations are taken");
    Err(Cause::new("TOO_MANY", text))
}

/// A path without query and fragment, and whether it has one of them.
fn without_query(path: &str) -> (&str, bool) {
    let bare = path.split(['?', '#']).next().unwrap_or_default();
    (bare, bare.len() < path.len())
}

/// What a document describes: path, verb and operation, those that cannot be called too.
pub(super) fn described(document: &Document) -> impl Iterator<Item = (&str, Verb, Described<'_>)> {
    document.paths().flat_map(|(text, item)| {
        let of = move |verb| {
            let operation = item.operation(verb)?;
            Some((text, verb, Described { item, operation }))
        };
        Verb::ALL.into_iter().filter_map(of)
    })
}

/// Whether the paths of servers stand before those of operations. They did not when the first documents were taken, and
/// what those were published with still holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Servers {
    Count,
    Ignored,
}

/// What stands before the path of an operation: by its own servers, by those of its path, or by those of the document.
/// A cause comes with the place of the servers.
fn base(
    document: &Document,
    path: &str,
    verb: Verb,
    described: Described<'_>,
) -> Result<String, (String, Cause)> {
    match servers(document, path, verb, described) {
        Some((servers, at)) => server::base(servers).map_err(|cause| (at, cause)),
        None => Ok(String::new()),
    }
}

/// The same by each of its servers, of which any may be meant; none for one that cannot be read.
pub(super) fn bases(
    document: &Document,
    path: &str,
    verb: Verb,
    described: Described<'_>,
) -> Vec<Option<String>> {
    match servers(document, path, verb, described) {
        Some((servers, _)) => server::bases(servers),
        None => vec![Some(String::new())],
    }
}

/// The servers of an operation, with their place.
fn servers<'a>(
    document: &'a Document,
    path: &str,
    verb: Verb,
    described: Described<'a>,
) -> Option<(&'a Value, String)> {
    // An empty list says nothing.
    let said = |servers: &&Value| servers.as_array().is_none_or(|list| !list.is_empty());
    let own = described.operation.get("servers").filter(said);
    let of_path = described.item.get("servers").filter(said);
    let of_all = document.root().get("servers").filter(said);
    let verb = verb.member();
    let item = |member| {
        let behind = described.item.find(member).and_then(|(_, behind)| behind);
        let own = || {
            let path = path.replace('~', "~0").replace('/', "~1");
            format!("#/paths/{path}")
        };
        behind.map_or_else(own, str::to_owned)
    };
    match (own, of_path, of_all) {
        (Some(own), _, _) => Some((own, format!("{}/{verb}/servers", item(verb)))),
        (None, Some(of_path), _) => Some((of_path, format!("{}/servers", item("servers")))),
        (None, None, Some(of_all)) => Some((of_all, "#/servers".to_owned())),
        (None, None, None) => None,
    }
}

/// The servers that are none, each once; those of what cannot be called too, which others are compared with.
fn without_base(document: &Document) -> BTreeMap<String, Cause> {
    described(document)
        .filter_map(|(path, verb, described)| base(document, path, verb, described).err())
        .map(|(at, cause)| (soundness::told(at), cause))
        .collect()
}

fn checked(bytes: &[u8]) -> Result<Document, Cause> {
    json::check(bytes).map_err(|error| {
        let at = format!("line {}, column {}", error.line(), error.column());
        not_openapi(format!("{at}: it is not JSON that has one reading"))
    })?;
    let document = Document::read(bytes);
    let document = document.ok_or_else(|| not_openapi("it is not JSON".to_owned()))?;
    if document.version().is_none() {
        let text = "give an OpenAPI 3 document; `openapi` says which version it is";
        return Err(not_openapi(text.to_owned()));
    }
    let paths = document.root().get("paths");
    if !paths.is_some_and(Value::is_object) {
        return Err(not_openapi("`paths` is missing".to_owned()));
    }
    Ok(document)
}

fn not_openapi(message: String) -> Cause {
    Cause::new("NOT_OPENAPI", message)
}
