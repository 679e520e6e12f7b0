//! One call after the other.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use h2::client::SendRequest;
use http::header::{CONTENT_TYPE, HeaderName, TE};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Version};
use tokio::time::Instant;

use super::frames::Frames;
use super::{Asked, Connection, DEADLINE, Question, Tally};

const REQUEST_ID: HeaderName = HeaderName::from_static("shuqiao-request-id");
const GRPC_TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");
const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");
const GRPC_MESSAGE: HeaderName = HeaderName::from_static("grpc-message");

/// Why a call did not end well. Kept short: equal faults are counted together.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    #[error("connection: {0}")]
    Connection(#[from] h2::Error),
    #[error("HTTP status {0}")]
    Http(StatusCode),
    #[error("grpc-status {code} {message}")]
    Grpc { code: String, message: String },
    #[error("the answer is not framed as gRPC")]
    Framing,
}

/// What a call that ended well brought.
pub(super) struct Answer {
    pub(super) messages: u64,
    pub(super) bytes: u64,
}

/// Calls until the bounds are reached; a broken connection ends it early.
pub(super) async fn work(connection: Connection, asked: Arc<Asked>) -> Tally {
    let mut tally = Tally::default();
    let mut sender = connection.sender;
    let headers = constant_headers(&asked.question.headers);
    while asked.take() {
        let begun = Instant::now();
        sender = match sender.ready().await {
            Ok(ready) => ready,
            Err(error) => {
                tally.failed(&Fault::Connection(error));
                return tally;
            }
        };
        match call(&mut sender, &headers, &asked).await {
            Ok(answer) => tally.answered(begun.elapsed(), &answer),
            Err(fault) => tally.failed(&fault),
        }
    }
    tally
}

fn constant_headers(own: &HeaderMap) -> HeaderMap {
    let mut headers = own.clone();
    headers.insert(TE, HeaderValue::from_static("trailers"));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    let millis = format!("{}m", DEADLINE.as_millis());
    if let Ok(value) = HeaderValue::try_from(millis) {
        headers.insert(GRPC_TIMEOUT, value);
    }
    headers
}

async fn call(
    sender: &mut SendRequest<Bytes>,
    headers: &HeaderMap,
    asked: &Asked,
) -> Result<Answer, Fault> {
    let mut request = Request::new(());
    *request.method_mut() = Method::POST;
    *request.version_mut() = Version::HTTP_2;
    *request.uri_mut() = asked.uri.clone();
    headers.clone_into(request.headers_mut());
    let id = asked.ids.next();
    let message = message(&asked.question, &id);
    request.headers_mut().insert(REQUEST_ID, id);
    let (answer, mut body) = sender.send_request(request, false)?;
    body.send_data(message, true)?;
    let (head, mut body) = answer.await?.into_parts();
    if head.status != StatusCode::OK {
        return Err(Fault::Http(head.status));
    }
    let mut frames = Frames::default();
    while let Some(chunk) = body.data().await {
        let chunk = chunk?;
        body.flow_control().release_capacity(chunk.len())?;
        frames.take(&chunk).ok_or(Fault::Framing)?;
    }
    // An answer without a message has its status in the head.
    let trailers = body.trailers().await?;
    let status = trailers.as_ref().unwrap_or(&head.headers);
    if status.get(GRPC_STATUS).map(HeaderValue::as_bytes) != Some(b"0") {
        return Err(refused(status));
    }
    let messages = frames.whole().ok_or(Fault::Framing)?;
    Ok(Answer {
        messages,
        bytes: frames.bytes(),
    })
}

/// The message of one call, with its own request id where it has one.
fn message(question: &Question, id: &HeaderValue) -> Bytes {
    let Some(at) = question.id_at else {
        return question.message.clone();
    };
    let mut message = BytesMut::from(question.message.as_ref());
    let id = id.as_bytes();
    if let Some(place) = message.get_mut(at..at + id.len()) {
        place.copy_from_slice(id);
    }
    message.freeze()
}

fn refused(status: &HeaderMap) -> Fault {
    let text = |name: HeaderName| {
        let value = status.get(name).map(HeaderValue::as_bytes);
        String::from_utf8_lossy(value.unwrap_or(b"(none)")).into_owned()
    };
    Fault::Grpc {
        code: text(GRPC_STATUS),
        message: text(GRPC_MESSAGE),
    }
}
