//! The listener: connections, handshakes, HTTP/2 and HTTP/1.1 with a limit on each.
//!
//! gRPC needs HTTP/2; requests in JSON may come over either. Which one it is says ALPN, or, where a
//! client knows nothing of it, what it begins with.

use std::io::Cursor;
use std::sync::Arc;
use std::time::Duration;

use domain::system::Origin;

use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use rustls::ServerConfig;
use rustls::server::Acceptor;
use tokio::io::AsyncReadExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;

use crate::edge::{Connection, Edge, Opens};
use crate::listening::Listening;
use crate::peers::Peers;
use crate::tls::{Peer, inspect};
use crate::workers::Workers;

/// Connections in all.
const CONNECTIONS: usize = 4096;
/// Handshakes at once: each costs a signature.
const HANDSHAKES: usize = 128;
/// A handshake, and what tells the version of HTTP after it, ends within this time or is dropped.
const HANDSHAKE: Duration = Duration::from_secs(5);
/// What every HTTP/2 client begins with (RFC 9113, 3.4).
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// Over HTTP/1.1 the head of the next request comes within this time, or the connection ends.
const HEAD_WAIT: Duration = Duration::from_secs(30);
/// Header fields of one request over HTTP/1.1; beyond this hyper answers by itself, with a bare 431.
const HEADERS: usize = 100;
/// After a connection could not be accepted, the next is tried this much later.
const BREATH: Duration = Duration::from_millis(100);
/// A connection is asked to end after this time, so that every peer proves itself anew.
const CONNECTION_AGE: Duration = Duration::from_hours(1);
/// The same for a peer without a certificate: it enrols or asks for health, and goes.
const STRANGER_AGE: Duration = Duration::from_secs(30);
/// How long a stop waits for the calls at work. Each ends by its deadline, a minute at most, and an
/// answer that nobody takes a little later. Supervisors must wait as long before they kill.
const STOP: Duration = Duration::from_secs(65);
/// Streams at once on one connection.
pub(crate) const STREAMS: u32 = 100;
/// The header list that HTTP/2 takes at all. Twice the edge's limit: beyond this h2 answers by itself,
/// with a bare 431; below it the edge can say why.
const HEADER_BYTES: u32 = 32 * 1024;

/// Serves until told to stop, then lets open requests end.
pub(crate) async fn serve(
    listener: TcpListener,
    tls: Arc<Listening>,
    edge: Edge,
    workers: Workers,
    mut stop: watch::Receiver<bool>,
) {
    let mut numbers = 0..;
    let connections = Arc::new(Semaphore::new(CONNECTIONS));
    let handshakes = Arc::new(Semaphore::new(HANDSHAKES));
    let peers = Peers::default();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        let (stream, origin) = match accepted {
            Ok((stream, address)) => (stream, edge.origin_of(address.ip())),
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                // Out of file handles, most likely: give others time to close theirs.
                let _ = tokio::time::timeout(BREATH, std::future::pending::<()>()).await;
                continue;
            }
        };
        let Ok(place) = Arc::clone(&connections).try_acquire_owned() else {
            tracing::warn!(limit = CONNECTIONS, "too many connections; one was dropped");
            continue;
        };
        let (tls, edge, peers) = (tls.config(), edge.clone(), peers.clone());
        let (handshakes, stop) = (Arc::clone(&handshakes), stop.clone());
        let lane = numbers.next().and_then(|number| workers.lane(number));
        let (Some((lane, worker)), Ok(stream)) = (lane, stream.into_std()) else {
            tracing::error!("a connection could not be given to a worker");
            continue;
        };
        worker.spawn(async move {
            let _place = place;
            // Taken in by the worker's own runtime.
            if let Ok(stream) = TcpStream::from_std(stream) {
                connection((stream, origin), tls, edge, lane, peers, handshakes, stop).await;
            }
        });
    }
    // All places free: every connection has ended.
    let all = u32::try_from(CONNECTIONS).unwrap_or(u32::MAX);
    let ended = connections.acquire_many(all);
    if tokio::time::timeout(STOP, ended).await.is_err() {
        tracing::warn!("some connections did not end in time");
    }
    edge.settle(STOP).await;
}

async fn connection(
    (stream, origin): (TcpStream, Origin),
    tls: Arc<ServerConfig>,
    edge: Edge,
    lane: usize,
    peers: Peers,
    handshakes: Arc<Semaphore>,
    mut stop: watch::Receiver<bool>,
) {
    let shaken = tokio::time::timeout(HANDSHAKE, shake(stream, tls, &handshakes)).await;
    let Ok(Some((stream, first))) = shaken else {
        tracing::debug!("a handshake failed");
        return;
    };
    let peer = seen(&stream, &edge);
    let Some(own_place) = peers.take(&peer) else {
        tracing::warn!("a peer holds too many connections; one was dropped");
        return;
    };
    let age = match &peer {
        Peer::Certificate(_) => CONNECTION_AGE,
        Peer::Anonymous | Peer::Unfit(_) => STRANGER_AGE,
    };
    let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2") || first == PREFACE;
    let (rest, answers) = tokio::io::split(stream);
    let stream = TokioIo::new(tokio::io::join(Cursor::new(first).chain(rest), answers));
    let opens = Opens::default();
    let service = TowerToHyperService::new(edge.of(Connection {
        peer,
        origin,
        held: own_place.held().clone(),
        opens: opens.clone(),
        lane,
    }));
    let asked_to_end = async {
        let ended = tokio::time::timeout(age, stop.wait_for(|stop| *stop));
        // Either the age or the stop: both end the connection the same way.
        let _ = ended.await;
    };
    let serving = async {
        if is_http2 {
            let mut served = std::pin::pin!(http2().serve_connection(stream, service));
            tokio::select! {
                ended = served.as_mut() => ended,
                () = asked_to_end => {
                    served.as_mut().graceful_shutdown();
                    served.await
                }
            }
        } else {
            let mut served = std::pin::pin!(http1().serve_connection(stream, service));
            tokio::select! {
                ended = served.as_mut() => ended,
                () = asked_to_end => {
                    served.as_mut().graceful_shutdown();
                    served.await
                }
            }
        }
    };
    tokio::select! {
        ended = serving => if let Err(error) = ended {
            tracing::debug!(%error, "a connection ended badly");
        },
        () = opens.overdue() => {
            tracing::warn!("a peer does not take its answers; its connection was dropped");
        }
    }
}

/// The handshake, and the first bytes behind it.
async fn shake(
    stream: TcpStream,
    tls: Arc<ServerConfig>,
    handshakes: &Semaphore,
) -> Option<(TlsStream<TcpStream>, Vec<u8>)> {
    // Small answers must not wait for more to send.
    stream.set_nodelay(true).ok()?;
    // A turn is taken when the peer has spoken: silent ones must not keep the others out.
    let hello = LazyConfigAcceptor::new(Acceptor::default(), stream)
        .await
        .ok()?;
    let turn = handshakes.acquire().await.ok()?;
    let mut stream = hello.into_stream(tls).await.ok()?;
    drop(turn);
    let first = beginning(&mut stream).await?;
    Some((stream, first))
}

/// Who is at the other end.
fn seen(stream: &TlsStream<TcpStream>, edge: &Edge) -> Peer {
    let shown = stream.get_ref().1.peer_certificates();
    inspect(shown, |name| edge.knows_external(name))
}

/// What is read before the version of HTTP is known. `None` when the connection ended.
async fn beginning(stream: &mut TlsStream<TcpStream>) -> Option<Vec<u8>> {
    let said = stream.get_ref().1.alpn_protocol();
    if said == Some(b"http/1.1") {
        // Its own timer waits for the head.
        return Some(Vec::new());
    }
    // hyper waits for the preface without end, and pings only who has sent it.
    let mut first = Vec::with_capacity(PREFACE.len());
    while first.len() < PREFACE.len() && PREFACE.starts_with(&first) {
        let mut more = stream.take((PREFACE.len() - first.len()) as u64);
        if more.read_buf(&mut first).await.ok()? == 0 {
            return None;
        }
    }
    Some(first)
}

fn http2() -> hyper::server::conn::http2::Builder<TokioExecutor> {
    let mut http = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
    http.timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(HEADER_BYTES)
        .keep_alive_interval(Duration::from_secs(20))
        .keep_alive_timeout(Duration::from_secs(10));
    http
}

fn http1() -> hyper::server::conn::http1::Builder {
    let mut http = hyper::server::conn::http1::Builder::new();
    // A caller that closes its side has gone: its call must hear of it.
    http.timer(TokioTimer::new())
        .half_close(false)
        .header_read_timeout(HEAD_WAIT)
        .max_headers(HEADERS)
        .max_header_size(HEADER_BYTES as usize);
    http
}
