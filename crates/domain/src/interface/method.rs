//! Methods of interfaces, and what they are called by.

use std::fmt;

use prost_reflect::MethodDescriptor;
use prost_reflect::prost_types::MethodOptions;
use prost_reflect::prost_types::method_options::IdempotencyLevel;
use serde::{Deserialize, Serialize};

use crate::fault::Cause;
use crate::http_api::{Answers, HttpOperation, PathTemplate, Verb};
use crate::mask::{FieldPath, Mask};
use crate::name::SystemName;

/// A method of an interface.
#[derive(Clone)]
pub enum Method {
    /// Of a gRPC service.
    Grpc(MethodDescriptor),
    /// Of a service that speaks HTTP and JSON.
    Http(HttpOperation),
}

/// What a method is called by: `/package.Service/Method`, or `GET /persons/{id}`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MethodPath(String);

// === impl Method ===

impl Method {
    /// What it is called by.
    pub fn path(&self) -> MethodPath {
        MethodPath(match self {
            Self::Grpc(method) => {
                format!("/{}/{}", method.parent_service().full_name(), method.name())
            }
            Self::Http(operation) => format!("{} {}", operation.verb.as_str(), operation.path),
        })
    }

    /// The consumer sends several messages.
    pub fn is_client_streaming(&self) -> bool {
        match self {
            Self::Grpc(method) => method.is_client_streaming(),
            Self::Http(_) => false,
        }
    }

    /// The provider sends several messages.
    pub fn is_server_streaming(&self) -> bool {
        match self {
            Self::Grpc(method) => method.is_server_streaming(),
            Self::Http(_) => false,
        }
    }

    /// It changes nothing, so it may be asked twice: the provider declared so in its proto file
    /// (`idempotency_level = NO_SIDE_EFFECTS`), or it is a GET (RFC 9110, 9.2.1).
    pub fn is_free_of_effects(&self) -> bool {
        match self {
            Self::Grpc(method) => {
                let proto = method.method_descriptor_proto();
                let level = proto.options.as_ref().map(MethodOptions::idempotency_level);
                level == Some(IdempotencyLevel::NoSideEffects)
            }
            Self::Http(operation) => operation.verb == Verb::Get,
        }
    }

    /// What stands before its path at an endpoint: `/api/v2`, or nothing.
    pub fn base(&self) -> &str {
        match self {
            Self::Grpc(_) => "",
            Self::Http(operation) => operation.base(),
        }
    }

    /// Whether a path leads to something in its answers. `answers` are those of its document, where it has one.
    ///
    /// # Errors
    /// `UNKNOWN_FIELD`.
    pub fn leads(&self, path: &FieldPath, answers: Option<&mut Answers<'_>>) -> Result<(), Cause> {
        match (self, answers) {
            (Self::Http(operation), Some(answers)) => answers.check(operation, path),
            (Self::Grpc(_) | Self::Http(_), _) => self.mask([path]).map(drop),
        }
    }

    /// What lets these parts of an answer out, and nothing else. Of JSON it does not ask whether they exist: entries
    /// that were written before anybody asked go on as they are.
    ///
    /// # Errors
    /// `UNKNOWN_FIELD` when a path of a message leads nowhere.
    pub fn mask<'a>(&self, paths: impl IntoIterator<Item = &'a FieldPath>) -> Result<Mask, Cause> {
        match self {
            Self::Grpc(method) => Mask::compile(&method.output(), paths),
            Self::Http(_) => Ok(Mask::of_json(paths)),
        }
    }
}

impl fmt::Debug for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Method({})", self.path())
    }
}

// === impl MethodPath ===

impl MethodPath {
    /// Parses the path.
    ///
    /// # Errors
    /// `NOT_A_METHOD`.
    pub fn parse(text: &str) -> Result<Self, Cause> {
        let path = Self(text.trim().to_owned());
        if let Some((verb, template)) = path.http() {
            let wrong = |message: String| Cause::new("NOT_A_METHOD", message);
            let message = "write GET, POST, PUT, PATCH or DELETE and a path such as /persons/{id}";
            Verb::parse(verb).ok_or_else(|| wrong(message.to_owned()))?;
            PathTemplate::parse(template).map_err(|cause| wrong(cause.to_string()))?;
            return Ok(path);
        }
        match path.parts() {
            Some((service, method))
                if path.0.len() <= 255
                    && is_name(service)
                    && is_name(method)
                    && !method.contains('.') =>
            {
                Ok(path)
            }
            _ => Err(Cause::new(
                "NOT_A_METHOD",
                "write /package.Service/Method, or of an OpenAPI interface GET /path/{parameter}",
            )),
        }
    }

    /// What it is called by on the gateway. A path of a system's own HTTP service stands behind the
    /// system's id there, since others may have the same.
    #[must_use]
    pub fn on_gateway(&self, system: &SystemName) -> Self {
        match self.http() {
            Some((verb, path)) => Self(format!("{verb} /{}{path}", system.id())),
            None => self.clone(),
        }
    }

    /// The path as it stands in a request.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Verb and path, where it is of HTTP.
    pub(super) fn http(&self) -> Option<(&str, &str)> {
        self.0.split_once(' ')
    }

    pub(super) fn parts(&self) -> Option<(&str, &str)> {
        self.0.strip_prefix('/')?.split_once('/')
    }
}

impl std::borrow::Borrow<str> for MethodPath {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MethodPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for MethodPath {
    type Error = Cause;
    fn try_from(text: String) -> Result<Self, Cause> {
        Self::parse(&text)
    }
}

impl From<MethodPath> for String {
    fn from(path: MethodPath) -> String {
        path.0
    }
}

/// Whether it is identifiers joined by points, as packages, services and methods are named.
pub(super) fn is_name(name: &str) -> bool {
    let is_part = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    };
    name.len() <= 255 && name.split('.').all(is_part)
}
