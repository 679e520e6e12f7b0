//! HTTP/JSON as a client without gRPC speaks it: one connection, HTTP/2 or HTTP/1.1.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Method, Request};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::version::TLS13;
use sandbox::identity::{GatewayAddress, Identity};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use super::HOST;
use super::wire::{shake, tls};

/// What a client says of itself by ALPN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaks {
    /// HTTP/2.
    Http2,
    /// HTTP/1.1.
    Http1,
    /// HTTP/1.1, without a word before.
    Unsaid,
}

/// One connection, which is never replaced by another.
#[derive(Debug)]
pub enum Http {
    /// HTTP/2.
    Two(http2::SendRequest<Full<Bytes>>),
    /// HTTP/1.1.
    One(http1::SendRequest<Full<Bytes>>),
}

/// What came back.
#[derive(Debug)]
pub struct Reply {
    /// The HTTP code.
    pub code: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

/// A TLS connection on which nothing was said yet.
///
/// # Panics
/// When the gateway does not take it.
pub async fn line(
    gateway: &GatewayAddress,
    identity: Option<&Identity>,
    speaks: Speaks,
) -> TlsStream<TcpStream> {
    let mut config = Arc::unwrap_or_clone(tls(gateway, identity, &TLS13));
    config.alpn_protocols = match speaks {
        Speaks::Http2 => vec![b"h2".to_vec()],
        Speaks::Http1 => vec![b"http/1.1".to_vec()],
        Speaks::Unsaid => Vec::new(),
    };
    shake(gateway, Arc::new(config)).await.unwrap()
}

impl Http {
    /// Connects, with a certificate or without.
    ///
    /// # Panics
    /// When the gateway does not take the connection.
    pub async fn open(
        gateway: &GatewayAddress,
        identity: Option<&Identity>,
        speaks: Speaks,
    ) -> Self {
        let stream = TokioIo::new(line(gateway, identity, speaks).await);
        if speaks == Speaks::Http2 {
            let executor = TokioExecutor::new();
            let (requests, connection) = http2::handshake(executor, stream).await.unwrap();
            tokio::spawn(connection);
            return Self::Two(requests);
        }
        let (requests, connection) = http1::handshake(stream).await.unwrap();
        tokio::spawn(connection);
        Self::One(requests)
    }

    /// Connects without TLS, as to the admin port.
    ///
    /// # Panics
    /// When nobody takes the connection.
    pub async fn plain(address: &str) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        let (requests, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        Self::One(requests)
    }

    /// Sends a request as it is.
    ///
    /// # Panics
    /// When the connection breaks, or a header cannot be one.
    pub async fn send(
        &mut self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Reply {
        let uri = match self {
            Self::Two(_) => format!("https://{HOST}{path}"),
            Self::One(_) => path.to_owned(),
        };
        let mut request = Request::builder().method(method).uri(uri);
        if matches!(self, Self::One(_)) {
            request = request.header("host", HOST);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(body.into())).unwrap();
        let response = match self {
            Self::Two(requests) => {
                requests.ready().await.unwrap();
                requests.send_request(request).await.unwrap()
            }
            Self::One(requests) => {
                requests.ready().await.unwrap();
                requests.send_request(request).await.unwrap()
            }
        };
        let (head, body) = response.into_parts();
        Reply {
            code: head.status.as_u16(),
            headers: head.headers,
            body: body.collect().await.unwrap().to_bytes(),
        }
    }

    /// Posts JSON.
    ///
    /// # Panics
    /// As [`Http::send`].
    pub async fn post(&mut self, path: &str, body: &Value) -> Reply {
        let kind = [("content-type", "application/json")];
        self.send(Method::POST, path, &kind, body.to_string()).await
    }

    /// Gets.
    ///
    /// # Panics
    /// As [`Http::send`].
    pub async fn get(&mut self, path: &str) -> Reply {
        self.send(Method::GET, path, &[], Bytes::new()).await
    }
}

impl Reply {
    /// The JSON of the body.
    ///
    /// # Panics
    /// When it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON in {self:?}"))
    }

    /// The JSON of each line of the body.
    ///
    /// # Panics
    /// When a line is none.
    #[must_use]
    pub fn lines(&self) -> Vec<Value> {
        assert!(self.body.ends_with(b"\n"), "{self:?}");
        let lines = self.body.trim_ascii_end().split(|byte| *byte == b'\n');
        lines
            .map(|line| serde_json::from_slice(line).unwrap())
            .collect()
    }

    /// The answer.
    ///
    /// # Panics
    /// When it was refused.
    #[must_use]
    pub fn good(&self) -> Value {
        assert_eq!(self.code, 200, "{self:?}");
        assert_eq!(self.headers["content-type"], "application/json");
        assert_eq!(self.headers["cache-control"], "no-store");
        self.json()
    }

    /// The reason of a refusal, which has everything that every refusal has.
    ///
    /// # Panics
    /// When it is none.
    #[must_use]
    pub fn reason(&self) -> String {
        reason_of(&self.json())
    }

    /// The wrong fields of a refusal.
    ///
    /// # Panics
    /// When it is none.
    #[must_use]
    pub fn violations(&self) -> Vec<(String, String)> {
        let json = self.json();
        let details = json["details"].as_array().unwrap();
        let bad = details
            .iter()
            .filter_map(|detail| detail["fieldViolations"].as_array());
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        bad.flatten()
            .map(|violation| (text(&violation["field"]), text(&violation["description"])))
            .collect()
    }
}

/// The reason in a `google.rpc.Status`.
///
/// # Panics
/// When a part is missing that every status has.
#[must_use]
pub fn reason_of(status: &Value) -> String {
    assert!(
        status["code"].as_i64().is_some_and(|code| code > 0),
        "{status}"
    );
    assert!(status["message"].is_string(), "{status}");
    let info = &status["details"][0];
    assert_eq!(
        info["@type"], "type.googleapis.com/google.rpc.ErrorInfo",
        "{status}"
    );
    assert_eq!(info["domain"], api::ERROR_DOMAIN);
    for key in ["fault", "retry", "next"] {
        assert!(info["metadata"][key].is_string(), "{status} has no {key}");
    }
    info["reason"].as_str().unwrap().to_owned()
}
