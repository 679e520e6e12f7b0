//! A provider that keeps to no rule: raw HTTP/2 frames over real mutual TLS.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use sandbox::identity::Identity;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

const PREFACE: usize = 24;
const FRAME_HEAD: usize = 9;
const HEADERS: u8 = 1;
const DATA: u8 = 0;
const SETTINGS: u8 = 4;
const PING: u8 = 6;

/// What is sent on the stream of a request, one after the other.
#[derive(Clone, Debug)]
pub enum Act {
    /// A header block with these fields; the last one ends the stream.
    Fields(Vec<(&'static str, String)>, End),
    /// Bytes of the body.
    Data(Vec<u8>, End),
    /// Bytes of the body without end, as the receiver's windows allow.
    Forever(Vec<u8>),
    /// Header fragments without end.
    EndlessFields,
    /// The stream is reset with this code.
    Reset(u32),
    /// The connection is given up with this code.
    GoAway(u32),
    /// Any bytes at all, outside of frames.
    Raw(Vec<u8>),
    /// The connection is closed.
    Close,
}

/// Whether a frame ends its stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It does.
    Yes,
    /// More follows.
    No,
}

/// The provider at work.
#[derive(Debug)]
pub struct Hostile {
    script: Arc<Mutex<Vec<Act>>>,
    address: SocketAddr,
    serving: JoinHandle<()>,
}

impl Hostile {
    /// Listens under an identity.
    ///
    /// # Panics
    /// When the address is taken.
    pub async fn start(identity: &Identity, listen: SocketAddr) -> Self {
        let acceptor = TlsAcceptor::from(Arc::new(tls(identity)));
        let listener = TcpListener::bind(listen).await.unwrap();
        let address = listener.local_addr().unwrap();
        let script: Arc<Mutex<Vec<Act>>> = Arc::default();
        let shared = Arc::clone(&script);
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, script) = (acceptor.clone(), Arc::clone(&shared));
                tokio::spawn(async move {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        // How the other side takes it is what the test looks at.
                        let _ = play(stream, &script).await;
                    }
                });
            }
        });
        Self {
            script,
            address,
            serving,
        }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What is done with the requests from now on.
    ///
    /// # Panics
    /// Never.
    pub fn set(&self, acts: Vec<Act>) {
        *self.script.lock().unwrap() = acts;
    }
}

impl Drop for Hostile {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// The fields of a good head.
#[must_use]
pub fn good_head() -> Act {
    let fields = vec![
        (":status", "200".to_owned()),
        ("content-type", "application/grpc".to_owned()),
    ];
    Act::Fields(fields, End::No)
}

/// Trailers with a status.
#[must_use]
pub fn status(code: &str) -> Act {
    Act::Fields(vec![("grpc-status", code.to_owned())], End::Yes)
}

/// A framed gRPC message.
///
/// # Panics
/// When it is longer than four gigabytes.
#[must_use]
pub fn framed(message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    [&[0], &length[..], message].concat()
}

async fn play(mut stream: TlsStream<TcpStream>, script: &Mutex<Vec<Act>>) -> std::io::Result<()> {
    stream.read_exact(&mut [0; PREFACE]).await?;
    frame(&mut stream, SETTINGS, 0, 0, &[]).await?;
    loop {
        let (kind, flags, id, body) = read_frame(&mut stream).await?;
        match kind {
            SETTINGS if flags & 1 == 0 => frame(&mut stream, SETTINGS, 1, 0, &[]).await?,
            PING if flags & 1 == 0 => frame(&mut stream, PING, 1, 0, &body).await?,
            HEADERS => {
                let acts = script.lock().unwrap().clone();
                for act in acts {
                    if !perform(&mut stream, id, act).await? {
                        return Ok(());
                    }
                }
            }
            _ => {}
        }
    }
}

/// Does one thing; whether the connection goes on after it.
async fn perform(stream: &mut TlsStream<TcpStream>, id: u32, act: Act) -> std::io::Result<bool> {
    match act {
        Act::Fields(fields, end) => {
            let flags = 4 | u8::from(end == End::Yes);
            frame(stream, HEADERS, flags, id, &block(&fields)).await?;
        }
        Act::Data(bytes, end) => {
            frame(stream, DATA, u8::from(end == End::Yes), id, &bytes).await?;
        }
        Act::Forever(bytes) => loop {
            // The windows of the receiver are counted by the receiver: what goes beyond them is its
            // reason to end this, as much as the size is.
            frame(stream, DATA, 0, id, &bytes).await?;
        },
        Act::EndlessFields => {
            frame(
                stream,
                HEADERS,
                0,
                id,
                &block(&[(":status", "200".to_owned())]),
            )
            .await?;
            let piece = block(&[("x-more", "m".repeat(8000))]);
            loop {
                frame(stream, 9, 0, id, &piece).await?;
            }
        }
        Act::Reset(code) => frame(stream, 3, 0, id, &code.to_be_bytes()).await?,
        Act::GoAway(code) => {
            let body = [0_u32.to_be_bytes(), code.to_be_bytes()].concat();
            frame(stream, 7, 0, 0, &body).await?;
        }
        Act::Raw(bytes) => {
            stream.write_all(&bytes).await?;
            stream.flush().await?;
        }
        Act::Close => {
            stream.shutdown().await?;
            return Ok(false);
        }
    }
    Ok(true)
}

async fn read_frame(stream: &mut TlsStream<TcpStream>) -> std::io::Result<(u8, u8, u32, Vec<u8>)> {
    let mut head = [0; FRAME_HEAD];
    stream.read_exact(&mut head).await?;
    let [a, b, c, kind, flags, id @ ..] = head;
    let length = u32::from_be_bytes([0, a, b, c]);
    let mut body = vec![0; usize::try_from(length).unwrap_or_default()];
    stream.read_exact(&mut body).await?;
    Ok((kind, flags, u32::from_be_bytes(id) & 0x7fff_ffff, body))
}

async fn frame(
    stream: &mut TlsStream<TcpStream>,
    kind: u8,
    flags: u8,
    id: u32,
    body: &[u8],
) -> std::io::Result<()> {
    let [_, length @ ..] = u32::try_from(body.len()).unwrap().to_be_bytes();
    let head = [&length[..], &[kind, flags], &id.to_be_bytes()].concat();
    stream.write_all(&head).await?;
    stream.write_all(body).await?;
    stream.flush().await
}

/// HPACK without tables and without compression: each field a literal (RFC 7541, 6.2.2).
fn block(fields: &[(&str, String)]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, value) in fields {
        out.push(0);
        text(&mut out, name);
        text(&mut out, value);
    }
    out
}

fn text(out: &mut Vec<u8>, text: &str) {
    let mut length = text.len();
    if length < 127 {
        out.push(u8::try_from(length).unwrap());
    } else {
        out.push(127);
        length -= 127;
        while length >= 128 {
            out.push(u8::try_from(length % 128).unwrap() | 128);
            length /= 128;
        }
        out.push(u8::try_from(length).unwrap());
    }
    out.extend_from_slice(text.as_bytes());
}

fn certificates(pem: &str) -> Vec<CertificateDer<'static>> {
    CertificateDer::pem_slice_iter(pem.as_bytes())
        .map(Result::unwrap)
        .collect()
}

/// A server that asks nobody for a certificate.
pub(super) fn tls_for_anybody(identity: &Identity) -> ServerConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            certificates(&identity.certificate_pem),
            PrivateKeyDer::from_pem_slice(identity.key_pem.as_bytes()).unwrap(),
        )
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec()];
    config
}

pub(super) fn tls(identity: &Identity) -> ServerConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = rustls::RootCertStore::empty();
    for authority in certificates(&identity.authority_pem) {
        roots.add(authority).unwrap();
    }
    let verifier =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_client_cert_verifier(verifier.build().unwrap())
        .with_single_cert(
            certificates(&identity.certificate_pem),
            PrivateKeyDer::from_pem_slice(identity.key_pem.as_bytes()).unwrap(),
        )
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec()];
    config
}
