//! The load client: gRPC straight on HTTP/2, below tonic, so that it costs little beside what it
//! measures. It keeps a number of calls in flight on a number of connections.

mod call;
mod connection;
mod frames;
mod request_id;
mod tally;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Uri};
use rustls::ClientConfig;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::Error;

pub use connection::Connection;
pub use request_id::RequestIds;
pub use tally::Tally;

/// Each call may take so long; the gateway refuses calls that do not say.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// Whom to call, and as whom.
#[derive(Clone, Debug)]
pub struct Target {
    /// Where it listens.
    pub address: SocketAddr,
    /// The name that its TLS certificate must carry.
    pub host: String,
    /// The own certificate, and the authority that is trusted.
    pub tls: Arc<ClientConfig>,
}

/// What every call of a load asks.
#[derive(Clone, Debug)]
pub struct Question {
    /// `/{package.Service}/{Method}`.
    pub path: &'static str,
    /// Metadata that is the same in each call.
    pub headers: HeaderMap,
    /// The request message, framed.
    pub message: Bytes,
    /// Where in it a request id stands, 36 characters that are new in each call; none where it travels as
    /// metadata alone.
    pub id_at: Option<usize>,
}

/// When a load has done enough: whichever comes first.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Calls in all, from 1.
    pub calls: u64,
    /// The time after which no new call begins.
    pub time: Duration,
}

/// Opens connections, one after the other.
///
/// # Errors
/// When one cannot be opened.
pub async fn connect(target: &Target, connections: usize) -> Result<Vec<Connection>, Error> {
    let mut opened = Vec::with_capacity(connections);
    for _ in 0..connections {
        opened.push(Connection::open(target).await?);
    }
    Ok(opened)
}

/// Keeps `in_flight` calls at work on each connection until the bounds are reached, and waits for
/// the last. Calls that fail are counted, not returned as an error.
///
/// # Errors
/// When the question is not an HTTP/2 request.
pub async fn run(
    connections: &[Connection],
    in_flight: usize,
    question: &Question,
    bounds: Bounds,
) -> Result<Tally, Error> {
    let asked = Arc::new(Asked {
        uri: Uri::builder()
            .scheme("https")
            .authority(crate::keys::HOST)
            .path_and_query(question.path)
            .build()?,
        question: question.clone(),
        left: AtomicU64::new(bounds.calls),
        ids: RequestIds::new(),
        until: Instant::now() + bounds.time,
    });
    let begun = Instant::now();
    let mut workers = JoinSet::new();
    for _ in 0..in_flight {
        for connection in connections {
            workers.spawn(call::work(connection.clone(), Arc::clone(&asked)));
        }
    }
    let mut tally = Tally::default();
    while let Some(done) = workers.join_next().await {
        tally.add(done?);
    }
    tally.close(begun.elapsed());
    Ok(tally)
}

/// What the workers of one load share.
struct Asked {
    uri: Uri,
    question: Question,
    left: AtomicU64,
    ids: RequestIds,
    until: Instant,
}

impl Asked {
    /// Takes one call off the bounds; false when they are reached.
    fn take(&self) -> bool {
        let one = |left: u64| left.checked_sub(1);
        Instant::now() < self.until
            && self
                .left
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, one)
                .is_ok()
    }
}
