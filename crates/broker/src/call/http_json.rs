//! Providers that speak HTTP and JSON: a request of theirs instead of gRPC's, and what an answer is.
//!
//! Connections, places, breaker, deadline and evidence are those of every call. Between the edge and
//! here a body is framed like a message, so that both kinds go the same way.

use bytes::{Bytes, BytesMut};
use domain::http_api::Verb;
use domain::reason::Reason;
use domain::route::Route;
use http::header::{ACCEPT, CONTENT_TYPE, TE};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;

use super::MESSAGE_BYTES;
use super::answer::{bad_frame, broken_off};
use super::code::ProviderCode;
use super::framing::{self, BadFrame, HEAD};
use super::outgoing::Outgoing;
use crate::connections::ProviderFault;

/// What is asked of a provider that speaks HTTP and JSON.
#[derive(Clone)]
pub struct Target {
    method: Method,
    path: PathAndQuery,
}

/// A path and a query can name a person, so the method is all that shows.
impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Target({})", self.method)
    }
}

impl Target {
    /// A request by its method, and by path and query on the provider.
    pub fn new(method: Method, path: PathAndQuery) -> Self {
        Self { method, path }
    }

    /// Path and query.
    pub(super) fn path(&self) -> &str {
        self.path.as_str()
    }

    /// Whether a route takes what is asked for. Documents of one system may describe one path and differ in what else
    /// there is.
    pub(super) fn is_for(&self, route: &Route) -> bool {
        let verb = Verb::parse(self.method.as_str());
        verb.is_some_and(|verb| route.takes(verb, self.path.path()))
    }

    /// Makes an HTTP request of theirs out of one of gRPC's.
    pub(super) fn dress(&self, request: Request<Outgoing>) -> Request<Outgoing> {
        let mut request = request.map(Outgoing::unframed);
        *request.method_mut() = self.method.clone();
        let json = HeaderValue::from_static("application/json");
        let headers = request.headers_mut();
        headers.remove(TE);
        headers.insert(ACCEPT, json.clone());
        if self.method == Method::GET {
            headers.remove(CONTENT_TYPE);
        } else {
            headers.insert(CONTENT_TYPE, json);
        }
        request
    }
}

/// Checks the head of an answer; an error that is told in it ends the call here.
pub(super) fn check_head(response: &Response<Incoming>) -> Result<(), ProviderFault> {
    check_status(response.status())?;
    check_kind(response.headers())
}

fn check_status(status: StatusCode) -> Result<(), ProviderFault> {
    let code = match status.as_u16() {
        200 | 201 => return Ok(()),
        503 => {
            return Err(ProviderFault::new(
                Reason::ProviderUnavailable,
                "the provider says that it is unavailable",
            ));
        }
        408 | 504 => {
            return Err(ProviderFault::new(
                Reason::ProviderTimeout,
                "the provider ran out of time",
            ));
        }
        // `google/rpc/code.proto` says which HTTP code stands for which of these.
        400 | 422 => ProviderCode::InvalidArgument,
        401 => ProviderCode::Unauthenticated,
        403 => ProviderCode::PermissionDenied,
        404 | 410 => ProviderCode::NotFound,
        409 => ProviderCode::Aborted,
        412 => ProviderCode::FailedPrecondition,
        416 => ProviderCode::OutOfRange,
        429 => ProviderCode::ResourceExhausted,
        405 | 501 => ProviderCode::Unimplemented,
        402 | 406..=499 => ProviderCode::Unknown,
        500..=599 => ProviderCode::Internal,
        // A redirection is not followed: it would lead where nobody registered anything.
        other => {
            let message = format!("the provider answered HTTP {other}");
            return Err(ProviderFault::bad_answer(message));
        }
    };
    Err(ProviderFault::of_code(code))
}

/// An answer is plain JSON, and nothing in it is compressed.
pub(crate) fn check_kind(headers: &HeaderMap) -> Result<(), ProviderFault> {
    contract::http_json::check_kind(headers).map_err(ProviderFault::bad_answer)
}

/// The whole body of an answer, framed like a message. Trailers have no meaning here.
pub(super) async fn whole(response: Response<Incoming>) -> Result<Bytes, ProviderFault> {
    let mut body = response.into_body();
    let mut framed = BytesMut::zeroed(HEAD);
    while let Some(frame) = body.frame().await {
        let data = frame.map_err(|error| broken_off(&error))?.into_data();
        framed.extend_from_slice(&data.unwrap_or_default());
        if framed.len() > HEAD + MESSAGE_BYTES {
            return Err(bad_frame(BadFrame::TooLarge));
        }
    }
    framing::end(&mut framed, 0);
    Ok(framed.freeze())
}

#[cfg(test)]
mod tests {
    use http::header::CONTENT_ENCODING;

    use super::*;

    #[test]
    fn every_http_code_has_its_reason() {
        for (code, expected) in [
            (200, None),
            (201, None),
            (100, Some(Reason::ProviderBadAnswer)),
            (204, Some(Reason::ProviderBadAnswer)),
            (302, Some(Reason::ProviderBadAnswer)),
            (404, Some(Reason::ProviderError)),
            (418, Some(Reason::ProviderError)),
            (500, Some(Reason::ProviderError)),
            (503, Some(Reason::ProviderUnavailable)),
            (504, Some(Reason::ProviderTimeout)),
            (999, Some(Reason::ProviderBadAnswer)),
        ] {
            let found = check_status(StatusCode::from_u16(code).unwrap());
            assert_eq!(found.err().map(|fault| fault.reason), expected, "{code}");
        }
    }

    #[test]
    fn only_plain_json_is_an_answer() {
        for (kind, encoding, good) in [
            ("application/json", "", true),
            ("Application/JSON; charset=utf-8", "identity", true),
            ("application/problem+json", "", true),
            ("application/json", "gzip", false),
            ("text/html", "", false),
            ("application/jsonx", "", false),
            ("", "", false),
        ] {
            let mut headers = HeaderMap::new();
            for (name, value) in [(CONTENT_TYPE, kind), (CONTENT_ENCODING, encoding)] {
                if !value.is_empty() {
                    headers.insert(name, HeaderValue::from_static(value));
                }
            }
            assert_eq!(check_kind(&headers).is_ok(), good, "{kind} {encoding}");
        }
    }
}
