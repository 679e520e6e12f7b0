//! Lines to providers for API mode: pooled HTTP/2 connections, each worker with its own.
//!
//! How much an endpoint may be asked at once, and whether it is left alone for a while, is counted
//! over all workers; connections are not shared between them, so no call changes its thread.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::breaker::Breaker;
use domain::endpoint::{Address, Endpoint};
use domain::hedging::Hedging;
use domain::name::{EndpointId, Fingerprint, SystemName};
use domain::reason::Reason;
use hyper::client::conn::http2::{Builder, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::time::Instant;

use super::outgoing::Outgoing;
use crate::connections::{Connections, ProviderFault};
use crate::shares::{Share, Shares};

/// Calls on one connection before another is opened beside it: servers allow 100 streams as a rule.
const CALLS_PER_CONNECTION: usize = 90;
/// Connections of one worker to one endpoint.
const CONNECTIONS: usize = 8;
/// Time that is enough for any call of this kind. Who had less and gave up says nothing of the
/// endpoint.
const FAIR_TIME: Duration = Duration::from_secs(1);
/// The header list that a provider may answer with.
const HEADER_BYTES: u32 = 16 * 1024;
const STREAM_WINDOW: u32 = 256 * 1024;
/// Room for all streams of a connection: slow readers of some must not stop the others.
const CONNECTION_WINDOW: u32 = 24 * 1024 * 1024;

/// All lines of all workers.
#[derive(Debug)]
pub(crate) struct Lines {
    lanes: Vec<Mutex<HashMap<EndpointId, Arc<Line>>>>,
    gauges: Mutex<HashMap<EndpointId, Arc<Gauge>>>,
    /// Of providers with several endpoints: when to ask a second one.
    hedging: Mutex<HashMap<SystemName, Hedging>>,
    /// Calls that one endpoint may hold at once.
    most: usize,
}

/// One worker's connections to one endpoint.
#[derive(Debug)]
pub(super) struct Line {
    address: Address,
    gauge: Arc<Gauge>,
    connections: Mutex<Vec<Connection>>,
    /// One dials, the others wait for what it gets.
    dialing: tokio::sync::Mutex<()>,
}

/// What is counted of an endpoint over all workers.
#[derive(Debug)]
struct Gauge {
    /// How it was at another address says nothing of this one.
    address: Address,
    places: Arc<Shares>,
    breaker: Mutex<Breaker>,
}

/// One connection.
#[derive(Clone, Debug)]
pub(super) struct Connection {
    pub(super) send: SendRequest<Outgoing>,
    pub(super) peer: Fingerprint,
    load: Arc<Load>,
}

/// What is known of one connection.
#[derive(Debug, Default)]
struct Load {
    calls: AtomicUsize,
    /// Something went wrong on it that can concern other calls too: no more are put on it, and it
    /// ends with those that it has.
    doubtful: AtomicBool,
}

/// A place at an endpoint. How the call ends is told to the breaker.
#[derive(Debug)]
pub(super) struct Slot {
    line: Arc<Line>,
    _place: Share,
    since: Instant,
    told: bool,
}

/// A place on a connection. Given up in the middle, after more time than a call takes, it leaves the
/// connection in doubt.
#[derive(Debug)]
pub(super) struct Seat {
    load: Arc<Load>,
    since: Instant,
    done: bool,
}

// === impl Lines ===

impl Lines {
    pub(crate) fn new(lanes: usize, most: usize) -> Self {
        Self {
            lanes: (0..lanes.max(1)).map(|_| Mutex::default()).collect(),
            gauges: Mutex::default(),
            hedging: Mutex::default(),
            most,
        }
    }

    /// Reads and changes what is known of a provider's answers.
    pub(super) fn hedging<T>(
        &self,
        provider: &SystemName,
        change: impl FnOnce(&mut Hedging) -> T,
    ) -> T {
        let mut hedging = self.hedging.lock().unwrap_or_else(PoisonError::into_inner);
        change(hedging.entry(provider.clone()).or_default())
    }

    /// Takes a place for a consumer at the least loaded of the endpoints that may be asked now.
    pub(super) fn enter(
        &self,
        lane: usize,
        endpoints: &[Arc<Endpoint>],
        consumer: &SystemName,
        now: Instant,
    ) -> Result<(Slot, Arc<Endpoint>), ProviderFault> {
        let mut candidates: Vec<(Arc<Line>, &Arc<Endpoint>)> = endpoints
            .iter()
            .filter_map(|endpoint| Some((self.line(lane, endpoint)?, endpoint)))
            .collect();
        // Of equals, one that answered its last probe goes first.
        candidates.sort_by_key(|(line, endpoint)| {
            (line.gauge.places.taken(), !endpoint.health.is_serving())
        });
        let mut fault = ProviderFault::new(Reason::ProviderNotConnected, "there is no endpoint");
        for (line, endpoint) in candidates {
            match line.enter(consumer, now) {
                Ok(slot) => return Ok((slot, Arc::clone(endpoint))),
                Err(found) => fault = found,
            }
        }
        Err(fault)
    }

    /// Lets go of the lines to an endpoint that is gone or elsewhere now, and of what was counted there; calls
    /// that have a place go to their end.
    pub(crate) fn forget(&self, endpoint: &EndpointId) {
        for lane in &self.lanes {
            let mut lines = lane.lock().unwrap_or_else(PoisonError::into_inner);
            lines.remove(endpoint);
        }
        let mut gauges = self.gauges.lock().unwrap_or_else(PoisonError::into_inner);
        gauges.remove(endpoint);
    }

    fn line(&self, lane: usize, endpoint: &Endpoint) -> Option<Arc<Line>> {
        let own = self.lanes.get(lane % self.lanes.len())?;
        let mut lines = own.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(line) = lines.get(&endpoint.name)
            && line.address == endpoint.address
        {
            return Some(Arc::clone(line));
        }
        let mut gauges = self.gauges.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = gauges.get(&endpoint.name);
        let gauge = match kept.filter(|gauge| gauge.address == endpoint.address) {
            Some(gauge) => Arc::clone(gauge),
            None => Arc::new(Gauge {
                address: endpoint.address.clone(),
                places: Shares::new(self.most),
                breaker: Mutex::default(),
            }),
        };
        gauges.insert(endpoint.name.clone(), Arc::clone(&gauge));
        let made = Arc::new(Line {
            address: endpoint.address.clone(),
            gauge,
            connections: Mutex::default(),
            dialing: tokio::sync::Mutex::default(),
        });
        lines.insert(endpoint.name.clone(), Arc::clone(&made));
        Some(made)
    }
}

// === impl Line ===

impl Line {
    fn enter(self: Arc<Self>, consumer: &SystemName, now: Instant) -> Result<Slot, ProviderFault> {
        let mut slot = Slot {
            _place: self.gauge.places.enter(consumer)?,
            line: self,
            since: now,
            told: false,
        };
        let entered = slot.breaker(|breaker| breaker.enter(now.into_std()));
        match entered {
            Ok(()) => Ok(slot),
            Err(pause) => {
                // Not a trial: the breaker let nobody in.
                slot.told = true;
                let message = format!(
                    "the provider failed several times in a row; it is asked again in {} s",
                    pause.as_secs() + 1
                );
                Err(ProviderFault::new(Reason::ProviderUnavailable, message))
            }
        }
    }

    /// A usable connection with room, if there is one.
    fn ready(&self, trusted: &impl Fn(&Fingerprint) -> bool) -> Option<(Connection, Seat)> {
        let mut connections = self
            .connections
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        connections.retain(|connection| {
            let doubtful = connection.load.doubtful.load(Ordering::Relaxed);
            !doubtful && !connection.send.is_closed() && trusted(&connection.peer)
        });
        let full = connections.len() >= CONNECTIONS;
        let least = connections
            .iter()
            .min_by_key(|connection| connection.load.calls.load(Ordering::Relaxed))?;
        if !full && least.load.calls.load(Ordering::Relaxed) >= CALLS_PER_CONNECTION {
            return None;
        }
        Some((least.clone(), Seat::on(&least.load)))
    }
}

// === impl Slot ===

impl Slot {
    /// A connection to the endpoint; dialled when there is none with room.
    pub(super) async fn connect(
        &self,
        connections: &Connections,
        endpoint: &Endpoint,
    ) -> Result<(Connection, Seat), ProviderFault> {
        let trusted = |peer: &Fingerprint| connections.trusts(peer, endpoint);
        match self.line.ready(&trusted) {
            Some(ready) => Ok(ready),
            // Rare and large: every call would carry the room for it otherwise.
            None => Box::pin(self.dial(connections, endpoint)).await,
        }
    }

    async fn dial(
        &self,
        connections: &Connections,
        endpoint: &Endpoint,
    ) -> Result<(Connection, Seat), ProviderFault> {
        let trusted = |peer: &Fingerprint| connections.trusts(peer, endpoint);
        let _turn = self.line.dialing.lock().await;
        if let Some(ready) = self.line.ready(&trusted) {
            return Ok(ready);
        }
        let dialled = connections.dialer(endpoint).dial().await;
        let (stream, peer) = dialled.map_err(|error| {
            let message = format!("no connection to the provider: {}", error.kind());
            ProviderFault::new(Reason::ProviderUnavailable, message)
        })?;
        let shaken = builder().handshake(TokioIo::new(stream)).await;
        let (send, driver) = shaken.map_err(|_| {
            ProviderFault::new(
                Reason::ProviderUnavailable,
                "the provider does not speak HTTP/2",
            )
        })?;
        tokio::spawn(async move {
            if let Err(error) = driver.await {
                tracing::debug!(%error, "a connection to a provider ended badly");
            }
        });
        let connection = Connection {
            send,
            peer,
            load: Arc::default(),
        };
        let seat = Seat::on(&connection.load);
        let mut all = self
            .line
            .connections
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        all.push(connection.clone());
        Ok((connection, seat))
    }

    /// The provider answered, be it with an error of its own.
    pub(super) fn answered(&mut self) {
        self.told = true;
        self.breaker(Breaker::answered);
    }

    /// The provider could not be reached, or broke off.
    pub(super) fn failed(&mut self, now: Instant) {
        self.told = true;
        self.breaker(|breaker| breaker.failed(now.into_std()));
    }

    /// The call ended for a reason that says nothing of the provider.
    pub(super) fn unsaid(&mut self, now: Instant) {
        self.told = true;
        self.breaker(|breaker| breaker.abandoned(now.into_std()));
    }

    fn breaker<T>(&self, change: impl FnOnce(&mut Breaker) -> T) -> T {
        let breaker = &self.line.gauge.breaker;
        change(&mut breaker.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if self.told {
            return;
        }
        // Dropped in the middle: the time was up, or the caller went away.
        let now = Instant::now();
        if now.duration_since(self.since) >= FAIR_TIME {
            self.failed(now);
        } else {
            self.unsaid(now);
        }
    }
}

// === impl Seat ===

impl Seat {
    fn on(load: &Arc<Load>) -> Self {
        load.calls.fetch_add(1, Ordering::Relaxed);
        Self {
            load: Arc::clone(load),
            since: Instant::now(),
            done: false,
        }
    }

    /// The answer came to its end.
    pub(super) fn done(&mut self) {
        self.done = true;
    }

    /// The answer was thrown away: whoever sent it may go on sending.
    pub(super) fn doubt(&self) {
        self.load.doubtful.store(true, Ordering::Relaxed);
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        if !self.done && self.since.elapsed() >= FAIR_TIME {
            self.doubt();
        }
        self.load.calls.fetch_sub(1, Ordering::Relaxed);
    }
}

fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_header_list_size(HEADER_BYTES)
        .keep_alive_interval(Duration::from_secs(20))
        .keep_alive_timeout(Duration::from_secs(5));
    builder
}
