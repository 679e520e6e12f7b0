//! Lines to libraries: HTTP/1.1 over TLS to an authority of the library's own.
//!
//! Libraries are older and larger than this gateway: they speak HTTP/1.1, know no certificate of ours,
//! and say who they are by their own authority, whose file the operator lays beside the account.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use domain::endpoint::{Address, Endpoint};
use domain::library::Library;
use domain::name::{EndpointId, SystemName};
use domain::reason::Reason;
use http::header::{ACCEPT, CONTENT_TYPE, HOST};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1::{Builder, SendRequest};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use sha2_kept::Sha256;
use sm3::Digest as _;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::Asked;
use super::account::Account;
use crate::call::check_kind;
use crate::connections::{ProviderFault, resolve};
use crate::endpoints::Tls;
use crate::network::Networks;
use crate::secrets;
use crate::shares::Shares;

/// Questions to one library at once.
const PLACES: usize = 64;
/// Connections that wait for the next question.
const IDLE: usize = 16;
const CONNECT: Duration = Duration::from_secs(3);
/// Lines of a head, and bytes that may be read ahead of it: a longer head ends the connection.
const HEADERS: usize = 64;
const HEAD_BYTES: usize = 16 * 1024;

type Sender = SendRequest<Full<Bytes>>;

/// All lines to libraries.
#[derive(Debug)]
pub(crate) struct Libraries {
    secrets: PathBuf,
    networks: Networks,
    lines: Mutex<HashMap<EndpointId, Arc<Line>>>,
}

#[derive(Debug)]
struct Line {
    address: Address,
    places: Arc<Shares>,
    /// With the digest of the authority that each was opened under.
    idle: Mutex<Vec<(Digest, Sender)>>,
}

/// The SHA-256 of an authority's file.
type Digest = [u8; 32];

/// The authority of a library, read anew for each question: under another one no old connection is used.
pub(super) struct Trust {
    name: String,
    pem: Vec<u8>,
    digest: Digest,
}

impl Libraries {
    pub(crate) fn new(secrets: PathBuf, networks: Networks) -> Self {
        Self {
            secrets,
            networks,
            lines: Mutex::default(),
        }
    }

    /// The gateway's account at a library, read anew: a changed one is noticed.
    pub(super) async fn account(
        &self,
        system: &SystemName,
        library: &Library,
    ) -> Result<Account, ProviderFault> {
        let text = secrets::read(&self.secrets, system, &library.secret).await?;
        Account::of(&text, library)
    }

    /// Posts a body of JSON and gives the whole of the answer's.
    pub(super) async fn post(
        &self,
        asked: &Asked<'_>,
        consumer: &SystemName,
        body: Bytes,
    ) -> Result<Bytes, ProviderFault> {
        let (endpoint, most) = (asked.endpoint, asked.most);
        let line = self.line(endpoint);
        let _place = line.places.enter(consumer)?;
        let mut request = request(endpoint, asked.operation.path(), body)?;
        let trust = self.trust(&endpoint.system, asked.library).await?;
        // A connection that waited may have ended meanwhile; the question has then not gone out.
        while let Some(mut sender) = line.waiting(&trust) {
            match sender.try_send_request(request).await {
                Ok(response) => return line.whole((trust.digest, sender), response, most).await,
                Err(mut failed) => match failed.take_message() {
                    Some(unsent) => request = unsent,
                    None => return Err(broken()),
                },
            }
        }
        let (mut sender, _) = self.dial(endpoint, &trust).await?;
        let response = sender.send_request(request).await.map_err(|_| broken())?;
        line.whole((trust.digest, sender), response, most).await
    }

    /// A new connection to where the library is registered, if it proves to be there, and its TLS.
    pub(super) async fn dial(
        &self,
        endpoint: &Endpoint,
        trust: &Trust,
    ) -> Result<(Sender, Option<Tls>), ProviderFault> {
        let unreached = |kind: std::io::ErrorKind| {
            let message = format!("no connection to the library: {kind}");
            ProviderFault::new(Reason::ProviderUnavailable, message).unsent()
        };
        let tls = trust.tls()?;
        let dialled = tokio::time::timeout(CONNECT, self.connect(endpoint, tls)).await;
        let stream = match dialled {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return Err(unreached(error.kind())),
            Err(_) => return Err(unreached(std::io::ErrorKind::TimedOut)),
        };
        let seen = Tls::of(stream.get_ref().1);
        let shaken = Builder::new()
            .max_headers(HEADERS)
            .max_buf_size(HEAD_BYTES)
            .handshake(TokioIo::new(stream))
            .await;
        let (sender, driver) =
            shaken.map_err(|_| unreached(std::io::ErrorKind::ConnectionAborted))?;
        tokio::spawn(async move {
            if let Err(error) = driver.await {
                tracing::debug!(%error, "a connection to a library ended badly");
            }
        });
        Ok((sender, seen))
    }

    async fn connect(
        &self,
        endpoint: &Endpoint,
        tls: Arc<rustls::ClientConfig>,
    ) -> std::io::Result<tokio_rustls::client::TlsStream<TcpStream>> {
        let address = &endpoint.address;
        // Resolved once, checked, and connected to by number, as every provider.
        let stream = TcpStream::connect(resolve(address, &self.networks).await?).await?;
        stream.set_nodelay(true)?;
        let name = ServerName::try_from(address.host().to_owned())
            .map_err(|_| std::io::Error::from(std::io::ErrorKind::InvalidInput))?;
        TlsConnector::from(tls).connect(name, stream).await
    }

    /// The library's own authority.
    pub(super) async fn trust(
        &self,
        system: &SystemName,
        library: &Library,
    ) -> Result<Trust, ProviderFault> {
        let name = format!("{}.pem", library.secret.as_str());
        let folder = secrets::of_system(&self.secrets, system);
        let pem = tokio::fs::read(folder.join(&name)).await;
        let pem = pem.map_err(|_| refused(&name, &secrets::missing(system)))?;
        Ok(Trust {
            digest: Sha256::digest(&pem).into(),
            name,
            pem,
        })
    }

    /// Lets go of the line to a library that is gone or elsewhere now.
    pub(crate) fn forget(&self, endpoint: &EndpointId) {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.remove(endpoint);
    }

    fn line(&self, endpoint: &Endpoint) -> Arc<Line> {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(line) = lines.get(&endpoint.name)
            && line.address == endpoint.address
        {
            return Arc::clone(line);
        }
        let line = Arc::new(Line {
            address: endpoint.address.clone(),
            places: Shares::new(PLACES),
            idle: Mutex::default(),
        });
        lines.insert(endpoint.name.clone(), Arc::clone(&line));
        line
    }
}

impl Trust {
    /// Trust in this authority and in nobody else.
    fn tls(&self) -> Result<Arc<rustls::ClientConfig>, ProviderFault> {
        let mut roots = rustls::RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(&self.pem) {
            let added = certificate.ok().map(|der| roots.add(der));
            if !matches!(added, Some(Ok(()))) {
                return Err(refused(&self.name, "is not a certificate in PEM"));
            }
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let versions = [&rustls::version::TLS13, &rustls::version::TLS12];
        let builder = rustls::ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&versions)
            .map_err(|_| refused(&self.name, "cannot be used"))?;
        let mut tls = builder.with_root_certificates(roots).with_no_client_auth();
        tls.alpn_protocols = vec![b"http/1.1".to_vec()];
        tls.resumption = rustls::client::Resumption::disabled();
        Ok(Arc::new(tls))
    }
}

impl Line {
    /// A connection that waits and still stands, opened under the same authority, if there is one.
    fn waiting(&self, trust: &Trust) -> Option<Sender> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|(digest, _)| *digest == trust.digest);
        while let Some((_, sender)) = idle.pop() {
            if sender.is_ready() {
                return Some(sender);
            }
        }
        None
    }

    /// The whole body of a good answer; its connection then waits for the next question.
    async fn whole(
        &self,
        (trust, sender): (Digest, Sender),
        response: Response<Incoming>,
        most: usize,
    ) -> Result<Bytes, ProviderFault> {
        check_status(response.status())?;
        check_kind(response.headers())?;
        let body = Limited::new(response.into_body(), most).collect().await;
        let body = body.map_err(|error| {
            if error.is::<LengthLimitError>() {
                ProviderFault::bad_answer("the library's answer is larger than agreed")
            } else {
                broken()
            }
        })?;
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < IDLE && !sender.is_closed() {
            idle.push((trust, sender));
        }
        Ok(body.to_bytes())
    }
}

fn request(
    endpoint: &Endpoint,
    path: &'static str,
    body: Bytes,
) -> Result<Request<Full<Bytes>>, ProviderFault> {
    let json = HeaderValue::from_static("application/json");
    let made = Request::builder()
        .method(Method::POST)
        .uri(path)
        .header(HOST, endpoint.address.to_string())
        .header(ACCEPT, json.clone())
        .header(CONTENT_TYPE, json)
        .body(Full::new(body));
    made.map_err(|_| ProviderFault::new(Reason::ProviderNotConnected, "the address is not usable"))
}

/// A library tells its errors in its envelope. What stands before it tells them by HTTP.
fn check_status(status: StatusCode) -> Result<(), ProviderFault> {
    let reason = match status.as_u16() {
        200 => return Ok(()),
        401 | 403 => Reason::LibraryAccessRefused,
        429 | 502 | 503 => Reason::ProviderUnavailable,
        408 | 504 => Reason::ProviderTimeout,
        _ => Reason::ProviderBadAnswer,
    };
    let message = format!("the library answered HTTP {}", status.as_u16());
    Err(ProviderFault::new(reason, message))
}

fn refused(authority: &str, what: &str) -> ProviderFault {
    let message = format!("the authority {authority} {what}");
    ProviderFault::new(Reason::ProviderNotConnected, message).unsent()
}

fn broken() -> ProviderFault {
    ProviderFault::new(
        Reason::ProviderUnavailable,
        "the connection to the library broke, or what came on it is not HTTP",
    )
}
