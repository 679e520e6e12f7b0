//! One HTTP/2 connection, and one question on it: gRPC by hand, so that a case can break its rules.

use std::time::Duration;

use bytes::{Buf as _, Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::http2::{Builder, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};

use crate::http_json;
use crate::reach::Connected;

/// A question is answered within this time, or the provider is too slow to be asked.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);
/// The largest answer that is read.
const ANSWER_BYTES: usize = 16 * 1024 * 1024;
/// The largest message of one; more is not taken in live calls either.
const MESSAGE_BYTES: usize = 4 * 1024 * 1024;
/// The length and the mark before a message of gRPC.
const HEAD: usize = 5;
const WINDOW: u32 = 1024 * 1024;

/// A connection that is spoken on.
#[derive(Clone)]
pub(crate) struct Line {
    send: SendRequest<Full<Bytes>>,
}

/// One request, whatever the protocol.
#[derive(Clone)]
pub(crate) struct Asking {
    pub(crate) method: Method,
    /// Path and query.
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) grpc: bool,
}

/// Why nothing was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unsaid {
    pub(crate) saw: String,
    /// The connection was closed or the stream reset before an answer began: the caller was not let in.
    pub(crate) shut: bool,
    /// There was no answer in time.
    pub(crate) late: bool,
}

impl Unsaid {
    fn shut(saw: String) -> Self {
        Self {
            saw,
            shut: true,
            late: false,
        }
    }
}

impl From<String> for Unsaid {
    fn from(saw: String) -> Self {
        Self {
            saw,
            shut: false,
            late: false,
        }
    }
}

/// What an endpoint said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// It answered with these messages, or the one body.
    Answer(Vec<Bytes>),
    /// It said no, with this code: `NOT_FOUND`, or `HTTP 404`.
    No(String),
}

impl Line {
    /// Begins to speak HTTP/2. `window` is what the reader takes ahead of its reading, in bytes a stream.
    pub(crate) async fn open(stream: Connected, window: Option<u32>) -> Result<Self, String> {
        let mut builder = Builder::new(TokioExecutor::new());
        builder.initial_stream_window_size(window.unwrap_or(WINDOW));
        let begun = builder.handshake(TokioIo::new(stream));
        let begun = tokio::time::timeout(PATIENCE, begun).await;
        let (send, connection) = begun
            .map_err(|_| "no HTTP/2 within 10 seconds".to_owned())?
            .map_err(|error| format!("no HTTP/2: {}", told(&error)))?;
        // It ends when the last sender is dropped, or the endpoint ends it.
        tokio::spawn(async move { drop(connection.await) });
        Ok(Self { send })
    }

    /// Whether nothing more can be asked on it.
    pub(crate) fn is_closed(&self) -> bool {
        self.send.is_closed()
    }

    /// Asks, and reads the whole answer.
    pub(crate) async fn ask(&self, asking: Asking) -> Result<Said, Unsaid> {
        let answered = tokio::time::timeout(PATIENCE, self.ask_now(asking)).await;
        answered.unwrap_or_else(|_| {
            Err(Unsaid {
                saw: "no answer within 10 seconds".to_owned(),
                shut: false,
                late: true,
            })
        })
    }

    /// Asks, and gives up after a moment: before an answer, or as soon as one begins.
    pub(crate) async fn give_up(&self, asking: Asking, after: Duration) {
        // The body of an answer that has begun goes with its head, and the stream is reset.
        let _ = tokio::time::timeout(after, self.begin(asking)).await;
    }

    async fn ask_now(&self, asking: Asking) -> Result<Said, Unsaid> {
        let grpc = asking.grpc;
        let response = self.begin(asking).await?;
        let read = if grpc {
            read_grpc(response).await
        } else {
            read_http(response).await
        };
        Ok(read?)
    }

    /// Asks, and waits for the head of the answer.
    async fn begin(&self, asking: Asking) -> Result<Response<Incoming>, Unsaid> {
        let mut send = self.send.clone();
        let request = asking.request()?;
        let shut = |error: hyper::Error| Unsaid::shut(broke(&error));
        send.ready().await.map_err(shut)?;
        send.send_request(request).await.map_err(shut)
    }
}

impl Asking {
    fn request(self) -> Result<Request<Full<Bytes>>, String> {
        // The connection says where to; the authority is only a name on the wire.
        let uri = format!("https://provider{}", self.path);
        let bare = self.method == Method::GET;
        let mut request = Request::builder()
            .method(self.method)
            .uri(uri)
            .body(Full::new(self.body))
            .map_err(|_| "the request cannot be written".to_owned())?;
        *request.headers_mut() = self.headers;
        let headers = request.headers_mut();
        let json = HeaderValue::from_static("application/json");
        if self.grpc {
            headers.insert("te", HeaderValue::from_static("trailers"));
            headers.insert("content-type", HeaderValue::from_static("application/grpc"));
        } else if bare {
            headers.insert("accept", json);
        } else {
            headers.insert("accept", json.clone());
            headers.insert("content-type", json);
        }
        Ok(request)
    }
}

/// A message with what gRPC puts before it.
pub(crate) fn framed(messages: &[Vec<u8>]) -> Bytes {
    let mut out = BytesMut::new();
    for message in messages {
        out.extend_from_slice(&[0]);
        let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(message);
    }
    out.freeze()
}

async fn read_grpc(response: Response<Incoming>) -> Result<Said, String> {
    if response.status() != StatusCode::OK {
        return Ok(Said::No(format!("HTTP {}", response.status().as_u16())));
    }
    if let Some(code) = code(response.headers()) {
        return Ok(ended(code, Vec::new()));
    }
    let kind = response.headers().get("content-type");
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !kind.starts_with("application/grpc") {
        return Err("an answer that is not gRPC".to_owned());
    }
    let (body, trailers) = read_body(response.into_body()).await?;
    let messages = unframed(body)?;
    let code = code(&trailers).ok_or("an answer that ends without a grpc-status")?;
    Ok(ended(code, messages))
}

async fn read_http(response: Response<Incoming>) -> Result<Said, String> {
    let (head, body) = response.into_parts();
    let (body, _) = read_body(body).await?;
    if !matches!(head.status.as_u16(), 200 | 201) {
        return Ok(Said::No(format!("HTTP {}", head.status.as_u16())));
    }
    http_json::check_kind(&head.headers)?;
    if body.len() > MESSAGE_BYTES {
        return Err("an answer above 4 MiB".to_owned());
    }
    Ok(Said::Answer(vec![body]))
}

async fn read_body(mut body: Incoming) -> Result<(Bytes, HeaderMap), String> {
    let mut whole = BytesMut::new();
    let mut trailers = HeaderMap::new();
    while let Some(frame) = body.frame().await {
        match frame.map_err(|error| broke(&error))?.into_data() {
            Ok(data) => whole.extend_from_slice(&data),
            Err(frame) => trailers = frame.into_trailers().unwrap_or_default(),
        }
        if whole.len() > ANSWER_BYTES {
            return Err("an answer above 16 MiB".to_owned());
        }
    }
    Ok((whole.freeze(), trailers))
}

fn unframed(mut body: Bytes) -> Result<Vec<Bytes>, String> {
    let mut messages = Vec::new();
    while body.has_remaining() {
        if body.len() < HEAD {
            return Err("an answer that breaks off".to_owned());
        }
        if body.get_u8() != 0 {
            return Err("a compressed message, which nobody asked for".to_owned());
        }
        let length = usize::try_from(body.get_u32()).unwrap_or(usize::MAX);
        if length > MESSAGE_BYTES {
            return Err("a message above 4 MiB".to_owned());
        }
        if length > body.len() {
            return Err("an answer that breaks off".to_owned());
        }
        messages.push(body.split_to(length));
    }
    Ok(messages)
}

fn code(headers: &HeaderMap) -> Option<&str> {
    headers.get("grpc-status")?.to_str().ok()
}

fn ended(code: &str, messages: Vec<Bytes>) -> Said {
    match CODES.get(code.parse::<usize>().unwrap_or(usize::MAX)) {
        Some(&"OK") => Said::Answer(messages),
        Some(word) => Said::No((*word).to_owned()),
        None => Said::No("an unknown grpc-status".to_owned()),
    }
}

/// The codes of gRPC by their numbers.
const CODES: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

fn broke(error: &hyper::Error) -> String {
    format!("the connection broke: {}", told(error))
}

/// The kind of an error: a text of the other side could hold anything.
fn told(error: &hyper::Error) -> &'static str {
    if error.is_timeout() {
        "timed out"
    } else if error.is_closed() || error.is_canceled() {
        "closed"
    } else if error.is_user() {
        "refused before it was sent"
    } else {
        "reset"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_read_as_they_are_written() {
        let messages = [b"one".to_vec(), Vec::new(), vec![7; 300]];
        let read = unframed(framed(&messages)).unwrap();
        assert_eq!(
            read.iter().map(|m| m.to_vec()).collect::<Vec<_>>(),
            messages
        );
        for broken in [&[0_u8, 0, 0, 0][..], &[0, 0, 0, 0, 2, 1], &[1, 0, 0, 0, 0]] {
            assert!(unframed(Bytes::copy_from_slice(broken)).is_err());
        }
    }

    #[test]
    fn every_code_of_grpc_has_its_word() {
        assert_eq!(ended("0", Vec::new()), Said::Answer(Vec::new()));
        assert_eq!(ended("5", Vec::new()), Said::No("NOT_FOUND".to_owned()));
        assert_eq!(
            ended("16", Vec::new()),
            Said::No("UNAUTHENTICATED".to_owned())
        );
        for odd in ["17", "", "x", "-1"] {
            let expected = Said::No("an unknown grpc-status".to_owned());
            assert_eq!(ended(odd, Vec::new()), expected);
        }
    }
}
