//! Requests in JSON: what a gRPC request passes, they pass too.
//!
//! A request is admitted as any other, becomes the gRPC request of its method, and goes the same
//! way from there; its answer becomes JSON. Streams become lines of JSON, one message each.

pub(super) mod answer;
mod lines;

use std::sync::Arc;

use broker::Failure;
use broker::call::{MESSAGE_BYTES as CALL_BYTES, Target, Upload};
use bytes::{BufMut as _, Bytes, BytesMut};
use domain::interface::Method as Described;
use domain::reason::Reason;
use http::header::{ALLOW, CONTENT_TYPE};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri, Version};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Body as _, Incoming};
use prost::Message as _;
use tonic::body::Body;

use super::body::EdgeBody;
use super::{Admitted, Connection, Deadline, Edge, call, links};
use crate::grpc::MESSAGE_BYTES;
use crate::json::request;
use crate::json::rules::{Found, Place, Rule};
use crate::status::{refused, status_of};

pub(super) use lines::Lines;

/// Where the `OpenAPI` document is; whoever wants to call must be able to read how.
pub(super) const DOCUMENT: &str = "/openapi.json";

/// Whether a request is gRPC's: it says so, and comes over HTTP/2, without which there is no gRPC.
pub(super) fn is_grpc<B>(request: &Request<B>) -> bool {
    let kind = request.headers().get(CONTENT_TYPE);
    request.version() == Version::HTTP_2
        && kind.is_some_and(|kind| kind.as_bytes().starts_with(b"application/grpc"))
}

impl Edge {
    /// Serves a request in JSON.
    pub(super) async fn serve_json(
        self,
        connection: Arc<Connection>,
        request: Request<Incoming>,
    ) -> Response<EdgeBody> {
        let front = Arc::clone(&self.front);
        let found = front.rules.find(request.method(), request.uri().path());
        let path = match &found {
            Found::Rule(rule, _) => rule.path(),
            Found::OtherVerbs(_) | Found::Nothing => request.uri().path().to_owned(),
        };
        let admitted = match self.admit(&connection, &path, request.headers(), false) {
            Ok(admitted) => admitted,
            Err(status) => return answer::failed(&status),
        };
        if let (Some(signatures), Some(caller)) = (&self.signatures, &admitted.caller) {
            let signed = signatures.check(&self.gateway, caller, request.headers());
            if let Err(failure) = Box::pin(signed).await {
                return answer::failed(&status_of(failure));
            }
        }
        let served = match found {
            Found::Rule(rule, variables) => self.own(admitted, rule, variables, request).await,
            Found::OtherVerbs(verbs) => return other_verbs(&verbs),
            Found::Nothing if path == DOCUMENT && request.method() == Method::GET => {
                return answer::whole(StatusCode::OK, front.document.clone(), None);
            }
            Found::Nothing if path == DOCUMENT => return other_verbs(&[Method::GET]),
            Found::Nothing if links::is_link(&path) && request.method() != Method::GET => {
                return other_verbs(&[Method::GET]);
            }
            Found::Nothing if links::is_link(&path) => self.linked(admitted, request).await,
            Found::Nothing if self.gateway.serves_method(&path) => {
                if request.method() != Method::POST {
                    return other_verbs(&[Method::POST]);
                }
                self.providers(admitted, connection.lane, request).await
            }
            Found::Nothing => {
                self.http_providers(admitted, connection.lane, request)
                    .await
            }
        };
        served.unwrap_or_else(|failure| answer::failed(&status_of(failure)))
    }

    /// Serves a method of our own.
    async fn own(
        self,
        admitted: Admitted,
        rule: &Rule,
        variables: Vec<(&str, String)>,
        request: Request<Incoming>,
    ) -> Result<Response<EdgeBody>, Failure> {
        let (head, body) = request.into_parts();
        let kind = (rule.body != Place::None).then_some(&head.headers);
        let read = read(kind, body, admitted.deadline, MESSAGE_BYTES).await?;
        let query = head.uri.query().unwrap_or_default();
        let message = request::message(rule, variables, query, &read)?;
        let request = as_grpc(&rule.path(), &head.headers, &message.encode_to_vec())?;
        let answered = Box::pin(self.handle(admitted, request)).await;
        let (output, streaming) = (rule.method.output(), rule.method.is_server_streaming());
        Ok(answer::of(answered, &output, streaming).await)
    }

    /// Calls a provider's own method: JSON by the interface that the provider registered. The mask
    /// works on the bytes as ever; only what it let out is read.
    async fn providers(
        self,
        admitted: Admitted,
        lane: usize,
        request: Request<Incoming>,
    ) -> Result<Response<EdgeBody>, Failure> {
        let (mut head, body) = request.into_parts();
        let grant = call::named_grant(&head.headers);
        let caller = admitted.caller.as_ref();
        let method = caller.and_then(|caller| {
            let path = head.uri.path();
            self.gateway.described_method(caller, path, grant.as_ref())
        });
        let Some(Described::Grpc(method)) = method else {
            return Err(nothing_here());
        };
        if method.is_client_streaming() {
            let message = "this method takes several messages; call it over gRPC";
            return Err(Failure::new(Reason::RequestMalformed, message));
        }
        if head.uri.query().is_some() {
            let message = "this method takes no query; give every field in the body";
            return Err(Failure::new(Reason::RequestMalformed, message));
        }
        let read = read(Some(&head.headers), body, admitted.deadline, CALL_BYTES).await?;
        let message = request::decode(method.input(), &read)?.encode_to_vec();
        // What was said of the JSON is not true of the message.
        head.headers.remove(CONTENT_TYPE);
        let asked = call::Asked::method(head.uri.path());
        let upload = Upload::Whole(Some(framed(&message)));
        let request = Request::from_parts(head, upload);
        let answered = call::serve(self.gateway, admitted, lane, asked, request).await;
        Ok(answer::of(answered, &method.output(), method.is_server_streaming()).await)
    }

    /// Calls a method of a provider that speaks HTTP and JSON itself: the request goes on under the
    /// path behind the system's id, the answer is cut as JSON.
    async fn http_providers(
        self,
        admitted: Admitted,
        lane: usize,
        request: Request<Incoming>,
    ) -> Result<Response<EdgeBody>, Failure> {
        let (head, body) = request.into_parts();
        let path = self
            .gateway
            .http_method(head.method.as_str(), head.uri.path())
            .ok_or_else(nothing_here)?;
        let grant = call::named_grant(&head.headers);
        let caller = admitted.caller.as_ref();
        let method =
            caller.and_then(|caller| self.gateway.described_method(caller, &path, grant.as_ref()));
        let Some(Described::Http(operation)) = method else {
            return Err(nothing_here());
        };
        let kind = operation.takes_body().then_some(&head.headers);
        let read = read(kind, body, admitted.deadline, CALL_BYTES).await?;
        request::check_body(&read, operation.takes_body())?;
        let asked = call::Asked {
            path,
            target: Some(Target::new(head.method.clone(), on_provider(&head.uri)?)),
        };
        let upload = Upload::Whole(Some(framed(&read)));
        let request = Request::from_parts(head, upload);
        let answered = call::serve(self.gateway, admitted, lane, asked, request).await;
        Ok(answer::of_json(answered).await)
    }
}

fn nothing_here() -> Failure {
    Failure::new(Reason::MethodUnknown, "nothing is served under this path")
}

/// Path and query as the provider knows them: without the system's id in front.
fn on_provider(uri: &Uri) -> Result<PathAndQuery, Failure> {
    let whole = uri.path_and_query().map_or("", PathAndQuery::as_str);
    let behind = whole
        .get(1..)
        .and_then(|rest| rest.find('/'))
        .map(|at| at + 1);
    behind
        .and_then(|at| whole.get(at..))
        .and_then(|own| own.parse().ok())
        .ok_or_else(nothing_here)
}

/// The whole body of a request, which comes before the deadline and is no larger than the limit.
/// Where one belongs, the headers must say that it is JSON.
async fn read(
    kind: Option<&HeaderMap>,
    body: Incoming,
    deadline: Deadline,
    most: usize,
) -> Result<Bytes, Failure> {
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    if let Some(headers) = kind {
        request::check_kind(headers)?;
    }
    let reading = Limited::new(body, most).collect();
    let late = || Failure::new(Reason::DeadlineExceeded, "the request did not come in time");
    match tokio::time::timeout_at(deadline.at(), reading).await {
        Err(_) => Err(late()),
        Ok(Ok(read)) => Ok(read.to_bytes()),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => {
            let message = format!("the body is larger than {most} bytes");
            Err(Failure::new(Reason::MessageTooLarge, message))
        }
        Ok(Err(_)) => Err(Failure::new(Reason::RequestMalformed, "the body broke off")),
    }
}

/// The gRPC request of a method, as it would have come over the wire.
fn as_grpc(path: &str, headers: &HeaderMap, message: &[u8]) -> Result<Request<Body>, Failure> {
    let mut request = Request::new(Body::new(Full::new(framed(message))));
    *request.method_mut() = Method::POST;
    *request.version_mut() = Version::HTTP_2;
    *request.uri_mut() = path
        .parse()
        .map_err(|_| Failure::new(Reason::Internal, "the path of a method cannot be used"))?;
    let kind = HeaderValue::from_static("application/grpc");
    request.headers_mut().insert(CONTENT_TYPE, kind);
    for name in ["traceparent", "tracestate"] {
        if let Some(value) = headers.get(name) {
            request.headers_mut().insert(name, value.clone());
        }
    }
    Ok(request)
}

/// A message in its gRPC frame.
fn framed(message: &[u8]) -> Bytes {
    let mut framed = BytesMut::with_capacity(answer::HEAD + message.len());
    framed.put_u8(0);
    // A message is decoded from a body of a few megabytes at most.
    framed.put_u32(u32::try_from(message.len()).unwrap_or(u32::MAX));
    framed.put_slice(message);
    framed.freeze()
}

/// The path is right and the HTTP method is not.
fn other_verbs(verbs: &[Method]) -> Response<EdgeBody> {
    let names: Vec<&str> = verbs.iter().map(Method::as_str).collect();
    let allow = names.join(", ");
    let message = format!("this path is served under {allow}");
    let mut response = answer::failed(&refused(Reason::MethodUnknown, message));
    *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    if let Ok(allow) = HeaderValue::from_str(&allow) {
        response.headers_mut().insert(ALLOW, allow);
    }
    response
}
