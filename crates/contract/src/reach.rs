//! How an endpoint is reached: whoever runs the cases opens the connections.

use std::future::Future;

use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

/// A connection after its handshake.
pub type Connected = TlsStream<TcpStream>;

/// Which certificate is shown to the endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// The gateway's.
    Gateway,
    /// None.
    Nothing,
    /// One that names the gateway, by an authority that nobody knows.
    Stranger,
    /// One of the right authority that stands for a system.
    System,
}

/// Why there is no connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoWay {
    /// The fault is on this side: nothing was tried.
    Ours(String),
    /// The endpoint, or the network before it, did not take the connection.
    Theirs(String),
}

impl NoWay {
    /// In one sentence.
    pub fn into_text(self) -> String {
        match self {
            Self::Ours(text) | Self::Theirs(text) => text,
        }
    }
}

/// Opens connections to the one endpoint that is examined.
pub trait Reach: Send + Sync {
    /// Opens a connection by TLS 1.3 with ALPN `h2`, showing a certificate, to an endpoint whose own certificate
    /// was checked.
    ///
    /// # Errors
    /// Why there is none, in one sentence.
    fn dial(&self, shown: Shown) -> impl Future<Output = Result<Connected, NoWay>> + Send;
}
