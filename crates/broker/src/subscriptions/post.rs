//! Bringing one message to its receiver: HTTP/1.1 over mutual TLS, signed, and no step beyond its answer.

use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use domain::subscription::Subscription;
use http::header::{CONTENT_TYPE, HOST, USER_AGENT};
use http::{HeaderValue, Method, Request, StatusCode};
use http_body_util::Full;
use hyper::client::conn::http1::Builder;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};

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
        answer_on(stream, request).await
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

/// Asks on a connection of its own; of the answer, only the status is read.
async fn answer_on<S>(stream: S, request: Request<Full<Bytes>>) -> Result<StatusCode, String>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let broken = |_| "the connection broke, or what came on it is not HTTP".to_owned();
    let (mut sender, driver) = Builder::new()
        .max_headers(HEADERS)
        .max_buf_size(HEAD_BYTES)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(broken)?;
    let mut asked = pin!(sender.send_request(request));
    let answered = tokio::select! {
        answered = &mut asked => answered,
        // Carries the bytes of both. Where the answer closes the connection, one step of it reads the answer and ends:
        // what was asked is settled by then, as answered or as broken.
        _ = driver => asked.await,
    };
    answered.map(|response| response.status()).map_err(broken)
}

/// Redirections are not followed: the receiver proved itself at this place and at no other.
fn brought(status: StatusCode) -> Brought {
    match status.as_u16() {
        200..300 => Brought::Taken,
        410 => Brought::Gone,
        code => Brought::Failed(format!("the receiver answered HTTP {code}")),
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    use super::*;

    /// What comes of a message where the other end writes this and closes.
    async fn asked(answer: &str) -> Result<StatusCode, String> {
        let (near, mut far) = duplex(HEAD_BYTES);
        let request = Request::post("/events").header(HOST, "10.1.2.3:9443");
        let request = request.body(Full::new(Bytes::from_static(b"{}"))).unwrap();
        let other = async {
            let mut read = Vec::new();
            while !read.ends_with(b"{}") {
                far.read_buf(&mut read).await.unwrap();
            }
            far.write_all(answer.as_bytes()).await.unwrap();
            drop(far);
        };
        let (answered, ()) = tokio::join!(answer_on(near, request), other);
        answered
    }

    #[tokio::test]
    async fn an_answer_counts_where_the_connection_closes_with_it() {
        for (answer, code) in [
            (
                "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
                200,
            ),
            ("HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n", 204),
            ("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", 200),
            ("HTTP/1.1 200 OK\r\n\r\ntaken", 200),
            ("HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n", 200),
            (
                "HTTP/1.1 410 Gone\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
                410,
            ),
        ] {
            let answered = asked(answer).await.map(|status| status.as_u16());
            assert_eq!(answered, Ok(code), "{answer}");
        }
    }

    #[tokio::test]
    async fn a_connection_that_ends_before_an_answer_failed() {
        for answer in ["", "HTTP/1.1 20", "HTTP/1.1 200 OK\r\n", "SSH-2.0\r\n"] {
            assert!(asked(answer).await.is_err(), "{answer}");
        }
    }
}
