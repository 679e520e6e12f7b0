//! Documents that an endpoint serves itself: where it does, and whether it describes an entry otherwise than the one that
//! was registered.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::change::surely_between;
use super::path::is_plain;
use super::reading::{bases, described};
use super::{Document, HttpOperation, PathTemplate, Verb};
use crate::drift::{Change, is_field_name};
use crate::fault::Cause;
use crate::interface::{Descriptors, Method};
use crate::operation::Operation;

/// Bytes of a path.
const LENGTH: usize = 255;

/// The path at which an endpoint serves its document, such as `/openapi.json`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
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
        match self.found(&own) {
            Found::At(now) => surely_between((was, &own), (is, &now), entry),
            Found::Perhaps => Vec::new(),
            Found::Nowhere => {
                let missing = || Change::Missing {
                    path: entry.method.to_string(),
                };
                vec![self.moved(&own).unwrap_or_else(missing)]
            }
        }
    }

    /// Where what is asked for is described now, by the path that it has at the endpoint. Parameters may be called
    /// otherwise.
    fn found(&self, own: &HttpOperation) -> Found {
        let Some(asked) = PathTemplate::as_written(own.base(), own.path().as_str()) else {
            return Found::Perhaps;
        };
        let document = &self.documents.1;
        let mut is_doubtful = false;
        for (text, verb, described) in described(document) {
            let path = PathTemplate::as_written("", text);
            if verb != own.verb() || !path.is_some_and(|path| asked.ends_with(&path)) {
                continue;
            }
            let bases = bases(document, text, verb, described);
            let is_same = |base: &String| {
                let whole = PathTemplate::as_written(base, text);
                whole.is_some_and(|whole| asked.is_same(&whole))
            };
            if bases.iter().flatten().any(is_same) {
                match self.callable(verb, text) {
                    Some(now) => return Found::At(now),
                    // Described in a way that nobody could call is still described.
                    None => is_doubtful = true,
                }
            }
            is_doubtful |= bases.contains(&None);
        }
        if is_doubtful {
            Found::Perhaps
        } else {
            Found::Nowhere
        }
    }

    fn callable(&self, verb: Verb, path: &str) -> Option<HttpOperation> {
        let methods = self.present.methods();
        let mut same = methods.filter_map(|method| match method {
            Method::Http(now) if now.verb() == verb && now.path().as_str() == path => Some(now),
            Method::Http(_) | Method::Grpc(_) => None,
        });
        same.next()
    }

    /// The same path below another server, where that is told without data.
    fn moved(&self, own: &HttpOperation) -> Option<Change> {
        let mut methods = self.present.methods();
        let base = methods.find_map(|method| match method {
            Method::Http(now) if now.verb() == own.verb() && own.path().is_same(now.path()) => {
                Some(now.base().to_owned())
            }
            Method::Http(_) | Method::Grpc(_) => None,
        })?;
        let whole = |base: &str| format!("{} {base}{}", own.verb().as_str(), own.path());
        base.split('/')
            .skip(1)
            .all(is_field_name)
            .then(|| Change::Renamed {
                path: whole(own.base()),
                seen: whole(&base),
            })
    }
}

/// Whether an operation is described.
enum Found {
    At(HttpOperation),
    /// Nobody can tell.
    Perhaps,
    Nowhere,
}
