//! One HTTP/2 connection over mutual TLS.

use std::time::Duration;

use bytes::Bytes;
use h2::client::SendRequest;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::Target;
use crate::Error;

/// Also bounds the TLS handshake.
const CONNECT: Duration = Duration::from_secs(5);

/// How much of one answer may be under way unread, in bytes; wide enough that the windows do not
/// bound a stream on one machine.
const STREAM_WINDOW: u32 = 1 << 20;

/// How much of all answers of a connection may be under way unread, in bytes.
const CONNECTION_WINDOW: u32 = 8 << 20;

/// One connection; clones share it. It closes when the last clone is dropped.
#[derive(Clone, Debug)]
pub struct Connection {
    pub(super) sender: SendRequest<Bytes>,
    cipher: String,
}

impl Connection {
    /// Connects, shakes hands, and keeps the connection at work on a task of its own.
    ///
    /// # Errors
    /// When nobody answers within five seconds, or either side refuses the other.
    pub async fn open(target: &Target) -> Result<Self, Error> {
        tokio::time::timeout(CONNECT, Self::shake_hands(target)).await?
    }

    /// The TLS 1.3 suite that both sides settled on.
    pub fn cipher(&self) -> &str {
        &self.cipher
    }

    async fn shake_hands(target: &Target) -> Result<Self, Error> {
        let tcp = TcpStream::connect(target.address).await?;
        tcp.set_nodelay(true)?;
        let name = ServerName::try_from(target.host.clone())?;
        let tls = TlsConnector::from(target.tls.clone())
            .connect(name, tcp)
            .await?;
        let (_, session) = tls.get_ref();
        if session.alpn_protocol() != Some(b"h2") {
            return Err("the server does not speak HTTP/2".into());
        }
        let suite = session.negotiated_cipher_suite();
        let cipher = suite.map_or_else(String::new, |suite| format!("{:?}", suite.suite()));
        let (sender, connection) = h2::client::Builder::new()
            .initial_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .enable_push(false)
            .handshake(tls)
            .await?;
        // Calls on a broken connection fail with its cause, so nothing is lost here.
        tokio::spawn(async move { drop(connection.await) });
        Ok(Self { sender, cipher })
    }
}
