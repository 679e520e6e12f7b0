//! A simulated certificate library of the national standard: HTTP/1.1 over TLS of an authority of its
//! own, answers signed by SM2 with SM3 and encrypted to the gateway's key.
//!
//! The contract stands in `docs/CERTIFICATE_LIBRARY.md`; this side was written from it alone and shares no
//! code with the gateway's. What it holds are the records of a simulated system.

mod answer;
mod http;
mod keys;
mod tls;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

use crate::data::{self, Holdings};
use crate::provider::StartError;
use keys::Keys;

/// The access id of the gateway.
const ACCESS_ID: &str = "shuqiao-gateway";
/// Its token; synthetic as everything here.
const ACCESS_TOKEN: &str = "synthetic-access-token";

/// How the library behaves. All but the first break its contract.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Conduct {
    /// As the contract says.
    #[default]
    Normal,
    /// This return code and no data, well signed.
    Code(i64),
    /// Data that is no JSON, well signed.
    NoRecord,
    /// A file that is none, well signed.
    NoFile,
    /// Answers without a signature.
    Unsigned,
    /// A signature with one bit changed.
    Spoilt,
    /// Well signed by another key under the name of the registered one.
    OtherKey,
    /// The last answer once more, to another question.
    Replay,
    /// Signed for somebody else's question.
    OtherQuestion,
    /// The certificate of somebody else, well signed.
    SwappedHolder,
    /// The further metadatum of the husband's name is called `RENAMED`, well signed.
    RenamedMetadatum,
    /// Not encrypted, although that is agreed.
    Open,
    /// These bytes in place of an HTTP answer; then the connection ends.
    Raw(Vec<u8>),
    /// These bytes, the last of them over and over without end.
    Endless(Vec<u8>),
    /// A good head, and then a byte of the body every so often, without end.
    Drip,
    /// Never answers.
    Hang,
    /// A good answer, and then the end of the connection without a word.
    Close,
}

/// A question that was received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The path, which is the operation.
    pub path: String,
    /// Why it was asked, as the gateway says.
    pub use_cause: String,
    /// Its request id.
    pub request_id: String,
}

/// A library that serves. Dropping it stops it.
#[derive(Debug)]
pub struct Library {
    address: SocketAddr,
    authority_pem: String,
    shared: Arc<Shared>,
    serving: JoinHandle<()>,
}

/// What all connections share.
struct Shared {
    holdings: Holdings,
    keys: Keys,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    conduct: Conduct,
    asked: Vec<Question>,
    connections: usize,
    last: Option<String>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Shared({:?})", self.holdings)
    }
}

impl Shared {
    fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Library {
    /// Listens and serves what a simulated system holds, under a host that its certificate names.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn start(listen: SocketAddr, holdings: Holdings) -> Result<Self, StartError> {
        let unusable = |error: String| StartError::Identity(error);
        let (tls, authority_pem) = tls::make(listen.ip()).map_err(unusable)?;
        let failed = |source| StartError::Listen {
            address: listen,
            source,
        };
        let listener = TcpListener::bind(listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let shared = Arc::new(Shared {
            holdings,
            keys: Keys::make().map_err(unusable)?,
            state: Mutex::default(),
        });
        let serving = tokio::spawn(serve(listener, TlsAcceptor::from(tls), Arc::clone(&shared)));
        Ok(Self {
            address,
            authority_pem,
            shared,
            serving,
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The authority of its TLS certificate.
    #[must_use]
    pub fn authority_pem(&self) -> &str {
        &self.authority_pem
    }

    /// The gateway's account here, as its file of secrets holds it: access id, access token, SM2 key.
    #[must_use]
    pub fn account(&self) -> String {
        let key = self.shared.keys.gateway_secret();
        format!("{ACCESS_ID}\n{ACCESS_TOKEN}\n{key}\n")
    }

    /// What it calls the key that signs, and the public key.
    #[must_use]
    pub fn signer(&self) -> (String, String) {
        (keys::KEY_ID.to_owned(), self.shared.keys.public_key())
    }

    /// How it behaves from the next question on.
    pub fn set(&self, conduct: Conduct) {
        self.shared.with(|state| state.conduct = conduct);
    }

    /// The questions that it received, oldest first.
    #[must_use]
    pub fn asked(&self) -> Vec<Question> {
        self.shared.with(|state| state.asked.clone())
    }

    /// How many connections were made to it.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.shared.with(|state| state.connections)
    }
}

impl Drop for Library {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Where an item stands in a record: under its key of GB/T 36903, or among the further data of its type.
#[must_use]
pub fn place_of(item: &str) -> String {
    let types = data::seeds().map(|seeds| seeds.certificate_types.as_slice());
    let mut items = types
        .unwrap_or_default()
        .iter()
        .flat_map(|kind| &kind.items);
    let standard = items
        .find(|seed| seed.item.key.as_str() == item)
        .and_then(|seed| seed.standard_key.clone());
    standard.unwrap_or_else(|| format!("KZXX.{}", item.to_uppercase()))
}

async fn serve(listener: TcpListener, acceptor: TlsAcceptor, shared: Arc<Shared>) {
    let mut open = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let (acceptor, shared) = (acceptor.clone(), Arc::clone(&shared));
        shared.with(|state| state.connections += 1);
        open.spawn(async move {
            if let Ok(stream) = acceptor.accept(stream).await {
                // How the other side ends it is not of interest.
                let _ = http::converse(stream, &shared).await;
            }
        });
        while open.try_join_next().is_some() {}
    }
}
