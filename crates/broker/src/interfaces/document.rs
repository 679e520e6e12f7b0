//! Asking an endpoint that speaks HTTP and JSON for its document, with the connection, the networks and the
//! certificate of its calls.

use std::time::Duration;

use bytes::Bytes;
use domain::endpoint::{Endpoint, Protocol};
use domain::fault::Cause;
use domain::http_api::DocumentPath;
use domain::interface::DESCRIPTOR_BYTES;
use domain::name::EndpointId;
use domain::reason::Reason;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Empty, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http2::Builder;
use hyper_util::rt::{TokioExecutor, TokioIo};

use super::Unread;
use crate::call::check_kind;
use crate::connections::ProviderFault;
use crate::failure::Failure;
use crate::gateway::Gateway;

/// Connection, question and answer together may take so long.
const WITHIN: Duration = Duration::from_secs(5);
/// The header list of an answer.
const HEADER_BYTES: u32 = 16 * 1024;
/// What a request names the path by in its faults.
pub(super) const FIELD: &str = "interface.document_path";

impl Gateway {
    /// The document that a registered endpoint serves at a path, as it came. It is asked within 5 seconds or not at
    /// all.
    ///
    /// # Errors
    /// A fault of `interface.document_path` or `interface.reflected_from`, or one of the provider's reasons.
    pub(crate) async fn fetch_document(
        &self,
        name: &EndpointId,
        path: &DocumentPath,
    ) -> Result<Vec<u8>, Failure> {
        let endpoint = self.telling(name)?;
        if endpoint.protocol != Protocol::HttpJson {
            let message = "only an endpoint of the protocol HTTP_JSON serves a document; without document_path one of \
                the protocol GRPC is asked by reflection";
            return Err(Failure::field(FIELD, &Cause::new("NOT_HTTP_JSON", message)));
        }
        match tokio::time::timeout(WITHIN, self.ask_document(&endpoint, path)).await {
            Ok(Ok(document)) => Ok(document),
            Ok(Err(Unread::Unfit(cause))) => Err(Failure::field(FIELD, &cause)),
            Ok(Err(Unread::Fault(fault))) => Err(fault.into()),
            Err(_) => Err(Failure::new(
                Reason::ProviderTimeout,
                "the endpoint did not serve its document within 5 seconds",
            )),
        }
    }

    async fn ask_document(
        &self,
        endpoint: &Endpoint,
        path: &DocumentPath,
    ) -> Result<Vec<u8>, Unread> {
        let unavailable = |what: String| ProviderFault::new(Reason::ProviderUnavailable, what);
        let dialled = self.connections.dialer(endpoint).dial().await;
        let (stream, peer) = dialled.map_err(|error| {
            unavailable(format!("no connection to the provider: {}", error.kind()))
        })?;
        let shaken = Builder::new(TokioExecutor::new())
            .max_header_list_size(HEADER_BYTES)
            .handshake(TokioIo::new(stream))
            .await;
        let (mut send, connection) =
            shaken.map_err(|_| unavailable("the provider does not speak HTTP/2".to_owned()))?;
        // It ends with the one question.
        let mut speaking = tokio::task::JoinSet::new();
        speaking.spawn(connection);
        let request = Request::builder()
            .method(Method::GET)
            .uri(format!("https://{}{path}", endpoint.address))
            .header(ACCEPT, "application/json")
            .body(Empty::<Bytes>::new());
        let request = request.map_err(|_| {
            ProviderFault::new(Reason::ProviderNotConnected, "the address is not usable")
        })?;
        let answered = send.send_request(request).await;
        let answer =
            answered.map_err(|_| unavailable("the connection to the provider broke".to_owned()))?;
        check_status(answer.status())?;
        check_form(answer.headers())?;
        let document = whole(answer).await?;
        self.connections.check(&peer, endpoint)?;
        Ok(document)
    }
}

/// Its own text could hold anything, so that only its code is told.
fn check_status(status: StatusCode) -> Result<(), Unread> {
    let (code, advice) = match status.as_u16() {
        200 => return Ok(()),
        301 | 302 | 303 | 307 | 308 => (
            "REDIRECTED",
            "a redirection is not followed; give the path at which the document itself is",
        ),
        401 | 403 => (
            "NOT_SERVED",
            "let the server show its document to whoever comes with the gateway's certificate, or send openapi",
        ),
        404 | 405 | 410 => (
            "NOT_SERVED",
            "nothing is served there; usual paths are /openapi.json, /v3/api-docs and /swagger/v1/swagger.json",
        ),
        406 => ("NOT_JSON", "the server has no JSON there; send openapi"),
        400..=499 => ("NOT_SERVED", "look at the path, or send openapi"),
        503 => {
            let text = "the provider says that it is unavailable";
            return Err(ProviderFault::new(Reason::ProviderUnavailable, text).into());
        }
        other => {
            let text = format!("the provider answered HTTP {other}");
            return Err(ProviderFault::bad_answer(text).into());
        }
    };
    let message = format!("the endpoint answered HTTP {}: {advice}", status.as_u16());
    Err(Cause::new(code, message).into())
}

fn check_form(headers: &HeaderMap) -> Result<(), Unread> {
    let Err(fault) = check_kind(headers) else {
        return Ok(());
    };
    let kind = headers.get(CONTENT_TYPE).map(http::HeaderValue::as_bytes);
    let kind = kind.unwrap_or_default().to_ascii_lowercase();
    let is_yaml = kind.windows(4).any(|four| four == b"yaml");
    let message = if is_yaml {
        "the endpoint serves YAML there; most servers have JSON beside it, such as /v3/api-docs beside \
         /v3/api-docs.yaml, or register the file: shuqiaoctl reads YAML"
            .to_owned()
    } else {
        let text = fault.message;
        format!("{text}; a document comes as application/json and is not compressed")
    };
    Err(Cause::new("NOT_JSON", message).into())
}

async fn whole(answer: Response<Incoming>) -> Result<Vec<u8>, Unread> {
    let body = Limited::new(answer.into_body(), DESCRIPTOR_BYTES);
    match body.collect().await {
        Ok(body) => Ok(body.to_bytes().to_vec()),
        Err(error) if error.is::<LengthLimitError>() => {
            let message = format!(
                "the endpoint sent more than {DESCRIPTOR_BYTES} bytes; at most so many are taken"
            );
            Err(Cause::new("TOO_LARGE", message).into())
        }
        Err(_) => {
            let text = "the connection to the provider broke";
            Err(ProviderFault::new(Reason::ProviderUnavailable, text).into())
        }
    }
}
