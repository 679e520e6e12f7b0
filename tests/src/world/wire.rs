//! The wire itself: one TLS connection, one HTTP/2 connection, bytes for messages.
//!
//! tonic's client connects again by itself, keeps its own deadline and sends only whole messages.
//! Whether the *server* keeps to its rules shows only without it.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;

use bytes::{BufMut as _, Bytes, BytesMut};
use http::{HeaderMap, Request};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use prost::Message;
use rustls::pki_types::{PrivateKeyDer, ServerName, pem::PemObject as _};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use sandbox::identity::{GatewayAddress, Identity};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tonic::Status;

use super::HOST;
use super::answer::Told;
use super::forge::certificate_der;

/// A deadline that never passes, as gRPC writes it.
pub const LONG: &str = "50S";
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const EMPTY_SETTINGS: [u8; 9] = [0, 0, 0, 4, 0, 0, 0, 0, 0];

/// A TLS client of one version that trusts the gateway's authority.
///
/// # Panics
/// When the identity cannot be used.
#[must_use]
pub fn tls(
    gateway: &GatewayAddress,
    identity: Option<&Identity>,
    version: &'static SupportedProtocolVersion,
) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(certificate_der(&gateway.authority_pem)).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[version])
        .unwrap()
        .with_root_certificates(roots);
    let mut config = match identity {
        None => builder.with_no_client_auth(),
        Some(own) => {
            let key = PrivateKeyDer::from_pem_slice(own.key_pem.as_bytes()).unwrap();
            builder
                .with_client_auth_cert(vec![certificate_der(&own.certificate_pem)], key)
                .unwrap()
        }
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    Arc::new(config)
}

/// Shakes hands. With TLS 1.3 a refused client certificate shows on the first read only.
///
/// # Errors
/// The other side's alert, or a closed connection.
pub async fn shake(
    gateway: &GatewayAddress,
    config: Arc<ClientConfig>,
) -> io::Result<TlsStream<TcpStream>> {
    let tcp = TcpStream::connect(&gateway.address).await?;
    TlsConnector::from(config)
        .connect(ServerName::try_from(HOST).unwrap(), tcp)
        .await
}

/// Begins HTTP/2 and returns the settings that the server announces, by their numbers.
///
/// # Errors
/// The other side's alert, or a closed connection.
pub async fn settings(stream: &mut TlsStream<TcpStream>) -> io::Result<Vec<(u16, u32)>> {
    // A side that has said no already may not take this; its alert is there to be read then.
    let _ = stream.write_all(PREFACE).await;
    let _ = stream.write_all(&EMPTY_SETTINGS).await;
    let _ = stream.flush().await;
    let mut head = [0; 9];
    stream.read_exact(&mut head).await?;
    assert_eq!(head[3], 4, "the first frame is SETTINGS (RFC 9113, 3.4)");
    let mut body = vec![0; usize::from(head[1]) << 8 | usize::from(head[2])];
    stream.read_exact(&mut body).await?;
    let number = |b: &[u8]| b.iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte));
    let setting = |pair: &[u8]| {
        (
            u16::try_from(number(&pair[..2])).unwrap(),
            number(&pair[2..]),
        )
    };
    Ok(body.chunks_exact(6).map(setting).collect())
}

/// One connection, which is never replaced by another.
#[derive(Debug)]
pub struct Connection {
    requests: http2::SendRequest<BoxBody<Bytes, Infallible>>,
}

/// What came back for one request.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub http: u16,
    /// The gRPC status, from the header or the trailer.
    pub status: Option<Status>,
    /// The bytes of the body.
    pub body: Bytes,
}

impl Connection {
    /// Connects, with a certificate or without.
    ///
    /// # Panics
    /// When the gateway does not take the connection.
    pub async fn open(gateway: &GatewayAddress, identity: Option<&Identity>) -> Self {
        let config = tls(gateway, identity, &rustls::version::TLS13);
        let stream = TokioIo::new(shake(gateway, config).await.unwrap());
        let (requests, connection) = http2::handshake(TokioExecutor::new(), stream)
            .await
            .unwrap();
        tokio::spawn(connection);
        Self { requests }
    }

    /// Asks on a connection whose streams take so many bytes of an answer and no more, and returns when the
    /// other side has ended that connection.
    ///
    /// # Panics
    /// When HTTP/2 cannot begin, or the connection is still there after a minute.
    pub async fn asking_with_a_window(
        window: u32,
        stream: TlsStream<TcpStream>,
        method: &str,
        headers: HeaderMap,
        body: Bytes,
    ) {
        let shaken = http2::Builder::new(TokioExecutor::new())
            .initial_stream_window_size(window)
            .handshake(TokioIo::new(stream))
            .await;
        let (requests, connection) = shaken.unwrap();
        let ended = tokio::spawn(connection);
        let mut asking = Self { requests };
        let mut request = head(method, None);
        request.headers_mut().unwrap().extend(headers);
        let request = request.body(Full::new(body).boxed()).unwrap();
        // Held, so that the stream stays open; its body is never asked for.
        let _answer = asking.requests.send_request(request).await.unwrap();
        let waiting = tokio::time::timeout(std::time::Duration::from_mins(1), ended);
        // However it ended: it did.
        let _ = waiting.await.expect("the connection was kept");
    }

    /// Sends a message to a method such as `shuqiao.registry.v1.SystemService/ListSystems`.
    ///
    /// # Panics
    /// When the connection breaks.
    pub async fn call(&mut self, method: &str, message: &impl Message) -> Answer {
        self.call_encoded(method, &message.encode_to_vec()).await
    }

    /// Sends a message that is encoded already.
    ///
    /// # Panics
    /// When the connection breaks.
    pub async fn call_encoded(&mut self, method: &str, message: &[u8]) -> Answer {
        self.send(method, Some(LONG), &[], framed(message))
            .await
            .unwrap()
    }

    /// Sends bytes as they are.
    ///
    /// # Errors
    /// When the stream or the connection breaks.
    ///
    /// # Panics
    /// When a header cannot be one.
    pub async fn send(
        &mut self,
        method: &str,
        deadline: Option<&str>,
        headers: &[(&str, &str)],
        body: Bytes,
    ) -> Result<Answer, hyper::Error> {
        self.exchange(method, deadline, headers, Full::new(body).boxed())
            .await
    }

    /// Begins a request and never sends its message.
    ///
    /// # Errors
    /// When the stream or the connection breaks.
    ///
    /// # Panics
    /// When a header cannot be one.
    pub async fn send_nothing(
        &mut self,
        method: &str,
        deadline: &str,
    ) -> Result<Answer, hyper::Error> {
        let never = StreamBody::new(futures_util::stream::pending()).boxed();
        self.exchange(method, Some(deadline), &[], never).await
    }

    async fn exchange(
        &mut self,
        method: &str,
        deadline: Option<&str>,
        headers: &[(&str, &str)],
        body: BoxBody<Bytes, Infallible>,
    ) -> Result<Answer, hyper::Error> {
        let mut request = head(method, deadline);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.requests.ready().await?;
        let response = self
            .requests
            .send_request(request.body(body).unwrap())
            .await?;
        let http = response.status().as_u16();
        let first = Status::from_header_map(response.headers());
        let collected = response.into_body().collect().await?;
        let trailers = collected.trailers().cloned().unwrap_or_else(HeaderMap::new);
        let status = first.or_else(|| Status::from_header_map(&trailers));
        Ok(Answer {
            http,
            status,
            body: collected.to_bytes(),
        })
    }
}

impl Answer {
    /// Whether the request was served.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.status
            .as_ref()
            .is_some_and(|status| status.code() == tonic::Code::Ok)
    }

    /// The refusal.
    ///
    /// # Panics
    /// When it was served, or has no gRPC status.
    #[must_use]
    pub fn told(&self) -> Told {
        assert!(!self.is_ok(), "it was served");
        Told::of(
            self.status
                .as_ref()
                .unwrap_or_else(|| panic!("no gRPC status in {self:?}")),
        )
    }
}

fn head(method: &str, deadline: Option<&str>) -> http::request::Builder {
    let request = Request::post(format!("https://{HOST}/{method}"))
        .header("content-type", "application/grpc")
        .header("te", "trailers");
    match deadline {
        Some(deadline) => request.header("grpc-timeout", deadline),
        None => request,
    }
}

/// A message in its gRPC frame.
///
/// # Panics
/// When it is longer than 4 GiB.
#[must_use]
pub fn framed(message: &[u8]) -> Bytes {
    let mut frame = BytesMut::with_capacity(5 + message.len());
    frame.put_u8(0);
    frame.put_u32(u32::try_from(message.len()).unwrap());
    frame.put_slice(message);
    frame.freeze()
}
