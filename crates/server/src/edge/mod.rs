//! The edge: what every request passes before its handler, and every response after it.
//!
//! In this order: a place among the requests at work, the deadline, the caller, the handler; then
//! the status of the response is made ours.

mod deadline;
mod guarded;
mod methods;
mod outgoing;

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use broker::{Failure, Gateway};
use domain::reason::Reason;
use http::{Request, Response};
use hyper::body::Incoming;
use tokio::sync::Semaphore;
use tonic::body::Body;
use tonic::service::Routes;
use tower::ServiceExt as _;

use crate::status::refused;
use crate::tls::Peer;

pub(crate) use deadline::Deadline;
use guarded::Guarded;
use methods::Methods;

/// Requests at work at once, over all connections.
const REQUESTS: usize = 1024;

/// The header list of one request, counted as RFC 9113 (6.5.2) counts it.
const HEADER_BYTES: usize = 16 * 1024;

/// Methods that need no caller: the way in, and what orchestration and tools ask.
const OPEN: [&str; 3] = [
    "/shuqiao.registry.v1.EnrolmentService/Enrol",
    "/grpc.health.v1.Health/",
    "/grpc.reflection.",
];

/// What every request passes. Made once, cloned for each connection.
#[derive(Clone)]
pub(crate) struct Edge {
    routes: Routes,
    gateway: Arc<Gateway>,
    places: Arc<Semaphore>,
    methods: Arc<Methods>,
}

impl Edge {
    /// Puts the edge before the routes.
    pub(crate) fn new(routes: Routes, gateway: Arc<Gateway>) -> Self {
        Self {
            routes,
            gateway,
            places: Arc::new(Semaphore::new(REQUESTS)),
            methods: Arc::new(Methods::of_descriptors()),
        }
    }

    /// The edge as seen by one connection.
    pub(crate) fn for_peer(self, peer: Peer) -> PeerEdge {
        PeerEdge { edge: self, peer }
    }

    async fn serve(self, peer: Peer, mut request: Request<Incoming>) -> Response<Body> {
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            return refused(
                Reason::Overloaded,
                "the gateway is at its limit of concurrent work",
            )
            .into_http();
        };
        if header_bytes(request.headers()) > HEADER_BYTES {
            let message = format!("the header list is larger than {HEADER_BYTES} bytes");
            return refused(Reason::MessageTooLarge, message).into_http();
        }
        let path = request.uri().path().to_owned();
        let open = OPEN.iter().any(|open| path.starts_with(open));
        let deadline = match Deadline::of(request.headers(), !is_ours(&path)) {
            Ok(deadline) => deadline,
            Err(status) => return status.into_http(),
        };
        // The caller is recognised at every request: a connection outlives many things.
        match self.recognise(&peer) {
            Ok(caller) => {
                request.extensions_mut().insert(caller);
            }
            Err(_) if open => {}
            Err(failure) => {
                let method = self.methods.known(&path);
                tracing::info!(method, reason = %failure.reason, "refused at the door");
                return crate::status::status_of(failure).into_http();
            }
        }
        // A timer alone would let through what is ready at the first look.
        if deadline.has_passed() {
            return refused(Reason::DeadlineExceeded, "the deadline passed").into_http();
        }
        request.extensions_mut().insert(deadline);
        let handled = self.routes.oneshot(request.map(Body::new));
        match tokio::time::timeout_at(deadline.at(), handled).await {
            Ok(Ok(response)) => {
                let response = outgoing::with_our_status(response);
                // A stream goes on after its head: it keeps its place and its deadline.
                response.map(|body| Body::new(Guarded::new(body, deadline, place)))
            }
            Ok(Err(never)) => match never {},
            Err(_) => refused(Reason::DeadlineExceeded, "the deadline passed").into_http(),
        }
    }

    fn recognise(&self, peer: &Peer) -> Result<domain::caller::Caller, Failure> {
        match peer {
            Peer::Certificate(fingerprint) => self.gateway.authenticate(fingerprint),
            Peer::Unfit(fault) => Err(Failure::new(Reason::TlsCertificateProfile, *fault)),
            Peer::Anonymous => Err(Failure::new(
                Reason::TlsCertificateMissing,
                "no TLS client certificate was presented",
            )),
        }
    }
}

/// The size of a header list: names, values, and 32 bytes each.
fn header_bytes(headers: &http::HeaderMap) -> usize {
    let field = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
        name.as_str().len() + value.len() + 32
    };
    headers.iter().map(field).sum()
}

fn is_ours(path: &str) -> bool {
    path.starts_with("/shuqiao.")
}

/// The edge as seen by one connection.
#[derive(Clone)]
pub(crate) struct PeerEdge {
    edge: Edge,
    peer: Peer,
}

impl tower::Service<Request<Incoming>> for PeerEdge {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Incoming>) -> Self::Future {
        let (edge, peer) = (self.edge.clone(), self.peer.clone());
        Box::pin(async move { Ok(edge.serve(peer, request).await) })
    }
}
