//! Accepts connections and does their handshakes, each with a time limit and beside the others.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::stop_signal;

/// Who has not proved an identity by then is cut off.
const HANDSHAKE: Duration = Duration::from_secs(5);
/// Handshakes at once; more wait in the kernel.
const HANDSHAKES: usize = 64;
const PAUSE: Duration = Duration::from_millis(50);

/// What the gRPC server takes in.
pub(super) type Arrived = std::io::Result<TlsStream<TcpStream>>;

/// Accepts until stopped; then the port is closed and handshakes under way are dropped.
pub(super) async fn accept(
    listener: TcpListener,
    tls: Arc<ServerConfig>,
    arrived: mpsc::Sender<Arrived>,
    stopped: watch::Receiver<bool>,
) {
    let acceptor = TlsAcceptor::from(tls);
    let slots = Arc::new(Semaphore::new(HANDSHAKES));
    let mut handshakes = JoinSet::new();
    let mut stop = std::pin::pin!(stop_signal(stopped));
    loop {
        let next = async {
            let slot = Arc::clone(&slots).acquire_owned().await.ok()?;
            Some((slot, listener.accept().await))
        };
        let (slot, accepted) = tokio::select! {
            () = &mut stop => return,
            Some(_finished) = handshakes.join_next() => continue,
            Some(next) = next => next,
            else => return,
        };
        match accepted {
            Ok((stream, peer)) => {
                let (acceptor, arrived) = (acceptor.clone(), arrived.clone());
                handshakes.spawn(async move {
                    let done = shake_hands(acceptor, stream, peer).await;
                    drop(slot);
                    if let Some(stream) = done {
                        // The server has gone: so does the connection.
                        let _ = arrived.send(Ok(stream)).await;
                    }
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                // For example out of file handles: others close theirs meanwhile.
                if tokio::time::timeout(PAUSE, &mut stop).await.is_ok() {
                    return;
                }
            }
        }
    }
}

async fn shake_hands(
    acceptor: TlsAcceptor,
    stream: TcpStream,
    peer: SocketAddr,
) -> Option<TlsStream<TcpStream>> {
    stream.set_nodelay(true).ok()?;
    match tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => Some(stream),
        Ok(Err(error)) => {
            tracing::debug!(%peer, %error, "a handshake was refused");
            None
        }
        Err(_elapsed) => {
            tracing::debug!(%peer, "a handshake took too long");
            None
        }
    }
}
