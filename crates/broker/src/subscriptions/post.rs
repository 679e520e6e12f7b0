//! Bringing one message to its receiver: HTTP/1.1 over mutual TLS, signed, and no step beyond its answer.

use std::time::Duration;

use bytes::Bytes;
use domain::subscription::Subscription;
use http::header::{CONTENT_TYPE, HOST, USER_AGENT};
use http::{HeaderValue, Method, Request, StatusCode};
use http_body_util::Full;
use hyper::client::conn::http1::Builder;
use hyper_util::rt::TokioIo;

use crate::gateway::Gateway;

/// From the first byte to the head of the answer.
const ANSWER: Duration = Duration::from_secs(15);
/// Lines of an answer's head, and bytes that may be read of it.
const HEADERS: usize = 64;
const HEAD_BYTES: usize = 16 * 1024;

/// One message, before it is signed.
#[derive(Clone, Debug)]
pub(super) struct Message {
    /// The same for each attempt.
    pub(super) id: String,
    /// JSON.
    pub(super) body: Vec<u8>,
}

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Brought {
    /// The receiver took it.
    Taken,
    /// It wants no more.
    Gone,
    /// It did not take it; in one sentence that holds nothing of its answer but the code.
    Failed(String),
}

impl Gateway {
    /// Brings a message once.
    pub(super) async fn bring(&self, to: &Subscription, message: Message) -> Brought {
        match tokio::time::timeout(ANSWER, self.post(to, message)).await {
            Ok(Ok(status)) => brought(status),
            Ok(Err(why)) => Brought::Failed(why),
            Err(_) => Brought::Failed(format!("no answer within {} seconds", ANSWER.as_secs())),
        }
    }

    /// A connection of its own for each: whoever is at the other end proves itself for each.
    async fn post(&self, to: &Subscription, message: Message) -> Result<StatusCode, String> {
        let request = self.signed(to, message)?;
        let dialer = self.connections.dialer_to(to.url.address(), &to.receiver);
        let (stream, _) = dialer
            .dial_http1()
            .await
            .map_err(|error| format!("no connection to the receiver: {}", error.kind()))?;
        let broken = |_| "the connection broke, or what came on it is not HTTP".to_owned();
        let (mut sender, driver) = Builder::new()
            .max_headers(HEADERS)
            .max_buf_size(HEAD_BYTES)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(broken)?;
        let asked = sender.send_request(request);
        tokio::select! {
            answered = asked => answered.map(|response| response.status()).map_err(broken),
            // Carries the bytes of both; it ends first only where the connection breaks.
            _ = driver => Err("the connection broke before an answer".to_owned()),
        }
    }

    fn signed(&self, to: &Subscription, message: Message) -> Result<Request<Full<Bytes>>, String> {
        let Message { id, body } = message;
        let timestamp = self.now().as_second();
        let signature = self.webhook_signer(&to.name).sign(&id, timestamp, &body);
        Request::builder()
            .method(Method::POST)
            .uri(to.url.path())
            .header(HOST, to.url.address().to_string())
            .header(USER_AGENT, "shuqiao")
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .header("webhook-id", id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", signature)
            .body(Full::new(Bytes::from(body)))
            .map_err(|_| "the address is not usable".to_owned())
    }
}

/// Redirections are not followed: the receiver proved itself at this place and at no other.
fn brought(status: StatusCode) -> Brought {
    match status.as_u16() {
        200..300 => Brought::Taken,
        410 => Brought::Gone,
        code => Brought::Failed(format!("the receiver answered HTTP {code}")),
    }
}
