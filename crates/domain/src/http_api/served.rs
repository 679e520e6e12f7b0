//! Documents that an endpoint serves itself: where it does, and whether it describes an entry otherwise than the one that
//! was registered.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::change::surely_between;
use super::path::is_plain;
use super::{Document, HttpOperation, PathTemplate};
use crate::drift::Change;
use crate::fault::Cause;
use crate::interface::{Descriptors, Method};
use crate::operation::Operation;

/// Bytes of a path.
const LENGTH: usize = 255;

/// The path at which an endpoint serves its document, such as `/openapi.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DocumentPath(String);

impl DocumentPath {
    /// Parses a plain path, without query and fragment.
    ///
    /// # Errors
    /// `NOT_A_PATH`.
    pub fn parse(text: &str) -> Result<Self, Cause> {
        let is_whole = |segment: &str| !segment.is_empty() && is_plain(segment);
        let below = text.strip_prefix('/').filter(|_| text.len() <= LENGTH);
        // With a slash at the end it is another path for many servers, and some have their document there.
        let below = below.map(|below| below.strip_suffix('/').unwrap_or(below));
        let is_path = below.is_some_and(|below| below.split('/').all(is_whole));
        if !is_path {
            let message = "write the path at which the endpoint serves its document, such as /openapi.json or \
                /v3/api-docs: from the root, plain text without a query, at most 255 bytes";
            return Err(Cause::new("NOT_A_PATH", message));
        }
        Ok(Self(text.to_owned()))
    }

    /// The path.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DocumentPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for DocumentPath {
    type Error = Cause;
    fn try_from(text: String) -> Result<Self, Cause> {
        Self::parse(&text)
    }
}

impl From<DocumentPath> for String {
    fn from(path: DocumentPath) -> String {
        path.0
    }
}

/// A registered document beside the one that is served now.
#[derive(Debug)]
pub struct Served<'a> {
    registered: &'a Descriptors,
    present: &'a Descriptors,
    documents: (Document, Document),
}

impl<'a> Served<'a> {
    /// Both, where they are documents.
    pub fn beside(registered: &'a Descriptors, present: &'a Descriptors) -> Option<Self> {
        Some(Self {
            registered,
            present,
            documents: registered.document().zip(present.document())?,
        })
    }

    /// Where an operation of an entry is described otherwise now, as far as the entry uses it and beyond doubt.
    pub fn changes(&self, entry: &Operation) -> Vec<Change> {
        let Some(Method::Http(own)) = self.registered.method(&entry.method) else {
            return Vec::new();
        };
        let (was, is) = (&self.documents.0, &self.documents.1);
        let methods = self.present.methods();
        let mut same = methods.filter_map(|method| match method {
            Method::Http(now) if is_same(&own, now.verb(), now.path()) => Some(now),
            Method::Http(_) | Method::Grpc(_) => None,
        });
        if let Some(now) = same.next() {
            return surely_between((was, &own), (is, &now), entry);
        }
        // Described in a way that nobody could call is still described.
        let mut left_out = self.present.left_out().iter();
        let is_left_out = left_out.any(|left| {
            let parts = left.method.split_once(' ');
            parts.is_some_and(|(verb, path)| {
                let path = PathTemplate::as_written("", path);
                verb == own.verb().as_str() && path.is_some_and(|path| own.path().is_same(&path))
            })
        });
        if is_left_out {
            return Vec::new();
        }
        vec![Change::Missing {
            path: entry.method.to_string(),
        }]
    }
}

/// Parameters may be called otherwise.
fn is_same(own: &HttpOperation, verb: super::Verb, path: &PathTemplate) -> bool {
    own.verb() == verb && own.path().is_same(path)
}
