//! HTTP/JSON services of systems: what an `OpenAPI` document says can be called.
//!
//! Taken from a document are its paths and their methods. Its schemas are for people: what of an
//! answer may leave is said by the catalogue, and what is not named there does not leave.

use std::fmt;

use serde_json::Value;

use crate::fault::Cause;
use crate::json;

/// Operations of one document.
const OPERATIONS: usize = 256;
/// Segments of one path.
const SEGMENTS: usize = 32;

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
}

/// A path with parameters, such as `/persons/{id}/payments`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathTemplate(String);

impl PathTemplate {
    /// Parses the template.
    ///
    /// # Errors
    /// `NOT_A_PATH`.
    pub fn parse(text: &str) -> Result<Self, Cause> {
        let literal = |text: &str| {
            let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'~' | b'-');
            !matches!(text, "." | "..") && text.bytes().all(plain)
        };
        let segment = |text: &str| {
            let name = text
                .strip_prefix('{')
                .and_then(|rest| rest.strip_suffix('}'));
            !text.is_empty() && literal(name.unwrap_or(text)) && name != Some("")
        };
        let rest = text.strip_prefix('/').unwrap_or_default();
        let segments = rest.split('/');
        if text.len() <= 255
            && segments.clone().count() <= SEGMENTS
            && segments.clone().all(segment)
        {
            Ok(Self(text.to_owned()))
        } else {
            let message = "write /plain/{parameter}/segments, each one or the other";
            Err(Cause::new("NOT_A_PATH", message))
        }
    }

    /// The template as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// How many of its segments are parameters.
    pub fn parameters(&self) -> usize {
        self.0.matches('{').count()
    }

    /// Whether a path is one of these. A parameter is one segment for whoever reads it: none that a
    /// server could take for several, for a step up, or for what stands behind a semicolon.
    pub fn fits(&self, path: &str) -> bool {
        let mut given = path.split('/');
        let mut own = self.0.split('/');
        loop {
            match (own.next(), given.next()) {
                (None, None) => return true,
                (Some(own), Some(given)) if own.starts_with('{') => {
                    if !is_one_segment(given) {
                        return false;
                    }
                }
                (Some(own), Some(given)) if own == given => {}
                _ => return false,
            }
        }
    }
}

impl fmt::Display for PathTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether a segment stays one however often it is decoded.
fn is_one_segment(text: &str) -> bool {
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            decoded.push(byte);
            continue;
        }
        let mut digit = || char::from(bytes.next()?).to_digit(16);
        let Some((high, low)) = digit().and_then(|high| Some((high, digit()?))) else {
            return false;
        };
        decoded.push(u8::try_from(high * 16 + low).unwrap_or(b'/'));
    }
    let odd = |byte: &u8| byte.is_ascii_control() || matches!(byte, b'/' | b'\\' | b';' | b'%');
    !decoded.is_empty()
        && decoded != b"."
        && decoded != b".."
        && !decoded.iter().any(odd)
        && std::str::from_utf8(&decoded).is_ok()
}

/// The operations of an `OpenAPI` 3 document in JSON.
///
/// # Errors
/// `NOT_OPENAPI`, `NOT_A_PATH`, `NO_OPERATION` or `TOO_MANY`.
pub fn operations(document: &[u8]) -> Result<Vec<HttpOperation>, Cause> {
    let not_openapi = |message: &str| Cause::new("NOT_OPENAPI", message.to_owned());
    json::check(document).map_err(|error| {
        let at = format!("line {}, column {}", error.line(), error.column());
        Cause::new(
            "NOT_OPENAPI",
            format!("{at}: it is not JSON that has one reading"),
        )
    })?;
    let document: Value =
        serde_json::from_slice(document).map_err(|_| not_openapi("it is not JSON"))?;
    let version = document.get("openapi").and_then(Value::as_str);
    if !version.is_some_and(|version| version.starts_with("3.")) {
        return Err(not_openapi(
            "give an OpenAPI 3 document; `openapi` says which version it is",
        ));
    }
    let paths = document.get("paths").and_then(Value::as_object);
    let paths = paths.ok_or_else(|| not_openapi("`paths` is missing"))?;
    let mut found = Vec::new();
    for (path, item) in paths {
        for verb in Verb::ALL {
            let Some(operation) = item.get(verb.as_str().to_ascii_lowercase()) else {
                continue;
            };
            let path = PathTemplate::parse(path)
                .map_err(|cause| Cause::new("NOT_A_PATH", format!("{path}: {cause}")))?;
            found.push(HttpOperation {
                verb,
                path,
                takes_body: verb != Verb::Get && operation.get("requestBody").is_some(),
            });
        }
    }
    match found.len() {
        0 => Err(Cause::new(
            "NO_OPERATION",
            "the document describes no operation",
        )),
        1..=OPERATIONS => Ok(found),
        _ => Err(Cause::new(
            "TOO_MANY",
            format!("at most {OPERATIONS} operations are taken"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::FaultCause as _;

    #[test]
    fn a_parameter_is_one_segment_for_every_reader() {
        let template = PathTemplate::parse("/persons/{id}/payments").unwrap();
        for good in [
            "/persons/1/payments",
            "/persons/%E6%A1%A5/payments",
            "/persons/a.b-c%20d/payments",
        ] {
            assert!(template.fits(good), "{good}");
        }
        for bad in [
            "/persons//payments",
            "/persons/../payments",
            "/persons/%2e%2E/payments",
            "/persons/./payments",
            "/persons/a%2Fb/payments",
            "/persons/a%5cb/payments",
            "/persons/a;x=1/payments",
            "/persons/%252e/payments",
            "/persons/a%00/payments",
            "/persons/%zz/payments",
            "/persons/%/payments",
            "/persons/%ff/payments",
            "/persons/1",
            "/persons/1/payments/",
            "/Persons/1/payments",
            "persons/1/payments",
        ] {
            assert!(!template.fits(bad), "{bad}");
        }
        for bad in [
            "", "/", "a", "/a//b", "/a/{}", "/a/{b", "/a-{b}", "/a/..", "/a b", "/a?x", "/a/{b/c}",
        ] {
            assert!(PathTemplate::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_document_gives_its_operations() {
        let document = br#"{"openapi": "3.0.3", "paths": {"/a/{x}": {"get": {}, "post": {"requestBody": {}}, "parameters": []}}}"#;
        let found = operations(document).unwrap();
        let shown: Vec<String> = found
            .iter()
            .map(|operation| {
                format!(
                    "{} {} {}",
                    operation.verb.as_str(),
                    operation.path,
                    operation.takes_body
                )
            })
            .collect();
        assert_eq!(shown, ["GET /a/{x} false", "POST /a/{x} true"]);
        for (document, code) in [
            ("{", "NOT_OPENAPI"),
            (r#"{"swagger": "2.0", "paths": {}}"#, "NOT_OPENAPI"),
            (r#"{"openapi": "3.1.0"}"#, "NOT_OPENAPI"),
            (r#"{"openapi": "3.1.0", "openapi": "3.1.0"}"#, "NOT_OPENAPI"),
            (r#"{"openapi": "3.1.0", "paths": {}}"#, "NO_OPERATION"),
            (
                r#"{"openapi": "3.1.0", "paths": {"a": {"get": {}}}}"#,
                "NOT_A_PATH",
            ),
        ] {
            assert_eq!(
                operations(document.as_bytes()).unwrap_err().code(),
                code,
                "{document}"
            );
        }
    }
}
