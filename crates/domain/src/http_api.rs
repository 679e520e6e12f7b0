//! HTTP/JSON services of systems: what an `OpenAPI` document says can be called, and what comes back.
//!
//! What of an answer may leave is said by the catalogue, and what is not named there does not leave. The document tells
//! whether what is named there exists, and whether another document changes it.

mod answers;
mod change;
mod document;
mod path;
mod promise;
mod reading;
mod schema;
mod served;
mod server;
mod soundness;

use std::sync::Arc;

pub use answers::Answers;
pub(crate) use change::between;
pub use document::Document;
pub use path::PathTemplate;
pub use promise::Promise;
pub(crate) use promise::{Kind, Members, Names};
pub(crate) use reading::Servers;
pub use reading::{HttpApi, LeftOut};
pub use served::{DocumentPath, Served};

/// An HTTP method that a document can describe and that carries JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verb {
    /// Reads; has no effect (RFC 9110, 9.2.1).
    Get,
    /// Does something.
    Post,
    /// Replaces.
    Put,
    /// Changes.
    Patch,
    /// Removes.
    Delete,
}

impl Verb {
    const ALL: [Self; 5] = [Self::Get, Self::Post, Self::Put, Self::Patch, Self::Delete];

    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    /// The word in a document.
    pub(crate) fn member(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::Post => "post",
            Self::Put => "put",
            Self::Patch => "patch",
            Self::Delete => "delete",
        }
    }

    /// Reads the word on the wire.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verb| verb.as_str() == word)
    }
}

/// One operation of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpOperation {
    pub(crate) verb: Verb,
    pub(crate) path: PathTemplate,
    pub(crate) takes_body: bool,
    /// What stands before the path at the endpoint.
    base: String,
    /// Paths of the same document, with what stands before them, that a server could take a path of this one for.
    rivals: Arc<[Arc<PathTemplate>]>,
}

impl HttpOperation {
    /// Whether a request carries a body.
    pub fn takes_body(&self) -> bool {
        self.takes_body
    }

    /// Its HTTP method.
    pub fn verb(&self) -> Verb {
        self.verb
    }

    /// Its path.
    pub fn path(&self) -> &PathTemplate {
        &self.path
    }

    /// What stands before the path at the endpoint: `/api/v2`, or nothing.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Whether a path is one of this operation, and could be none of another path of the same document: whoever may
    /// call `/persons/{id}` does not reach `/persons/all` with it.
    pub fn takes(&self, path: &str) -> bool {
        let is_anothers = || {
            let asked = format!("{}{path}", self.base);
            self.rivals.iter().any(|rival| rival.may_fit(&asked))
        };
        self.path.fits(path) && (self.rivals.is_empty() || !is_anothers())
    }
}

/// As much of a text of a document as is told.
fn short(text: &str) -> &str {
    const MOST: usize = 100;
    let end = text
        .char_indices()
        .nth(MOST)
        .map_or(text.len(), |(at, _)| at);
    text.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests;
