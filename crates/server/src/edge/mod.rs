//! The edge: what every request passes before its handler, and every response after it.
//!
//! In this order: a place among the requests at work, the deadline, the caller, the handler; then
//! the status of the response is made ours. A handler is one of our own services, or the call of a
//! provider's own method ([`call`]). Requests in JSON pass all of it too ([`json`]).

mod body;
mod call;
mod deadline;
mod detached;
mod guarded;
mod json;
mod links;
mod methods;
mod open;
mod outgoing;
mod pieced;
mod places;
mod receipt;
mod standing;

use std::convert::Infallible;
use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use broker::call::Upload;
use broker::{Failure, Gateway};
use domain::caller::Caller;
use domain::name::Fingerprint;
use domain::reason::Reason;
use domain::system::Origin;
use futures_util::FutureExt as _;
use futures_util::future::Either;
use http::{HeaderMap, Request, Response};
use hyper::body::Incoming;
use tokio::runtime::Handle;
use tokio::task::{JoinError, JoinHandle};
use tonic::Status;
use tonic::body::Body;
use tonic::service::Routes;
use tower::ServiceExt as _;

use crate::json::Front;
use crate::json::rules::BadRules;
use crate::signatures::Signatures;
use crate::status::{refused, status_of};
use crate::tls::Peer;

pub(crate) use body::EdgeBody;
use body::Leaving;
pub(crate) use deadline::Deadline;
pub(crate) use detached::Detached;
use guarded::Guarded;
pub(crate) use links::PREFIX as LINK_PREFIX;
use methods::Methods;
use open::Open;
pub(crate) use open::Opens;
use pieced::Pieced;
pub(crate) use places::Holding;
use places::{Place, Places};
use standing::{Arriving, Standing};

/// The header list of one request, counted as RFC 9113 (6.5.2) counts it.
const HEADER_BYTES: usize = 16 * 1024;

/// Methods that need no caller: the way in, and what orchestration and tools ask.
const OPEN: [&str; 4] = [
    json::DOCUMENT,
    "/shuqiao.registry.v1.EnrolmentService/Enrol",
    "/grpc.health.v1.Health/",
    "/grpc.reflection.",
];

/// Whoever revokes its own certificate is told that it is done.
const REVOKE: &str = "/shuqiao.registry.v1.EnrolmentService/RevokeTlsCertificate";

/// A stream that lasts: it takes its place among the watches, and leaves those of requests to others.
const WATCH: &str = "/shuqiao.sharing.v1.EventService/WatchEvents";

/// The service of certificates.
const LOOKUPS: &str = "/shuqiao.certificate.v1.CertificateService/";

/// What every request passes. Made once, cloned for each connection.
#[derive(Clone)]
pub(crate) struct Edge {
    routes: Routes,
    gateway: Arc<Gateway>,
    places: Places,
    watches: Places,
    methods: Arc<Methods>,
    front: Arc<Front>,
    signatures: Option<Arc<Signatures>>,
    /// Our own services run here, but for look-ups, and not on the threads that serve connections.
    control: Handle,
}

impl Edge {
    /// Puts the edge before the routes, which are served on the present runtime.
    ///
    /// # Errors
    /// When the HTTP rules of our proto files do not hold together.
    pub(crate) fn new(
        routes: Routes,
        gateway: Arc<Gateway>,
        signatures: Option<Signatures>,
    ) -> Result<Self, BadRules> {
        Ok(Self {
            signatures: signatures.map(Arc::new),
            front: Arc::new(Front::of_descriptors()?),
            routes,
            gateway,
            places: Places::of_requests(),
            watches: Places::of_watches(),
            methods: Arc::new(Methods::of_descriptors()),
            control: Handle::current(),
        })
    }

    /// Whether this very certificate was registered as one of an external authority.
    pub(crate) fn knows_external(&self, name: &Fingerprint) -> bool {
        self.gateway.is_registered_external(name)
    }

    /// In which part of the network an address lies, as far as the operator told the gateway.
    pub(crate) fn origin_of(&self, address: IpAddr) -> Origin {
        self.gateway.origin_of(address)
    }

    /// Waits until no request is at work, for so long at most. Work whose caller has gone ends after
    /// its connection.
    pub(crate) async fn settle(&self, most: Duration) {
        if tokio::time::timeout(most, self.places.idle())
            .await
            .is_err()
        {
            tracing::warn!("some requests did not end in time");
        }
    }

    /// The edge as seen by one connection.
    pub(crate) fn of(self, connection: Connection) -> PeerEdge {
        PeerEdge {
            edge: self,
            connection: Arc::new(connection),
        }
    }

    async fn serve(
        self,
        connection: Arc<Connection>,
        request: Request<Incoming>,
    ) -> Response<EdgeBody> {
        if !json::is_grpc(&request) {
            return Box::pin(self.serve_json(connection, request)).await;
        }
        let path = request.uri().path();
        let admitted = match self.admit(&connection, path, request.headers(), is_ours(path)) {
            Ok(admitted) => admitted,
            Err(status) => return bare(status),
        };
        if is_open(path) || is_ours(path) || !self.gateway.serves_method(path) {
            let request = if self.methods.takes_stream(path) {
                let standing = admitted.standing.clone();
                request.map(|body| Body::new(Arriving::new(body, standing)))
            } else {
                request.map(Body::new)
            };
            return Box::pin(self.handle(admitted, request)).await;
        }
        let asked = call::Asked::method(path);
        let request = request.map(Upload::Wire);
        call::serve(self.gateway, admitted, connection.lane, asked, request).await
    }

    /// What every request passes at the door, in the order of its cost.
    fn admit(
        &self,
        connection: &Connection,
        path: &str,
        headers: &HeaderMap,
        needs_deadline: bool,
    ) -> Result<Admitted, Status> {
        // Read before the caller is looked at: what changes meanwhile is looked at again.
        let since = self.gateway.generation();
        let is_watch = path == WATCH;
        let entered = if is_watch {
            self.watches.enter(&connection.held.watches)
        } else {
            self.places.enter(&connection.held.requests)
        };
        let place = match entered {
            Ok(place) => place,
            Err(message) => return Err(refused(Reason::Overloaded, message)),
        };
        if header_bytes(headers) > HEADER_BYTES {
            let message = format!("the header list is larger than {HEADER_BYTES} bytes");
            return Err(refused(Reason::MessageTooLarge, message));
        }
        let deadline = Deadline::of(headers, !needs_deadline, is_watch)?;
        // The caller is recognised at every request: a connection outlives many things.
        let caller = match self.recognise(&connection.peer) {
            Ok(caller) => Some(caller.coming_from(connection.origin)),
            Err(_) if is_open(path) => None,
            Err(failure) => {
                let method = self.methods.known(path);
                tracing::info!(method, reason = %failure.reason, "refused at the door");
                return Err(status_of(failure));
            }
        };
        // A timer alone would let through what is ready at the first look.
        if deadline.has_passed() {
            return Err(refused(Reason::DeadlineExceeded, "the deadline passed"));
        }
        let shown = caller.as_ref().filter(|_| path != REVOKE);
        let shown = shown.map(|caller| caller.fingerprint().clone());
        Ok(Admitted {
            standing: Standing::new(&self.gateway, shown, since),
            caller,
            deadline,
            place,
            open: connection.opens.begin(deadline.at()),
        })
    }

    /// Serves a request to one of our own services.
    async fn handle(self, admitted: Admitted, mut request: Request<Body>) -> Response<EdgeBody> {
        let Admitted {
            caller,
            mut standing,
            deadline,
            place,
            open,
        } = admitted;
        if let Some(caller) = caller {
            request.extensions_mut().insert(caller);
        }
        let place = Arc::new(place);
        request.extensions_mut().insert(deadline);
        request.extensions_mut().insert(AtWork(Arc::clone(&place)));
        let handling = if stays(request.uri().path()) {
            let handled = AssertUnwindSafe(self.routes.oneshot(request)).catch_unwind();
            Either::Left(handled.map(Result::ok))
        } else {
            let handling = Aborting(self.control.spawn(self.routes.oneshot(request)));
            Either::Right(handling.map(Result::ok))
        };
        match tokio::time::timeout_at(deadline.at(), handling).await {
            Ok(Some(Ok(response))) => {
                // Whoever was revoked while its request was at work gets nothing of it.
                if let Err(failure) = standing.check() {
                    return bare(status_of(failure));
                }
                let response = outgoing::with_our_status(response);
                // A stream goes on after its head: it keeps its place and its deadline.
                let held = Leaving {
                    _place: place,
                    _open: open,
                };
                response.map(|body| EdgeBody::Handled(Guarded::new(body, deadline, standing, held)))
            }
            Ok(Some(Err(never))) => match never {},
            Ok(None) => bare(refused(Reason::Internal, "the handler broke off")),
            Err(_) => bare(refused(Reason::DeadlineExceeded, "the deadline passed")),
        }
    }

    fn recognise(&self, peer: &Peer) -> Result<Caller, Failure> {
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
fn header_bytes(headers: &HeaderMap) -> usize {
    let field = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
        name.as_str().len() + value.len() + 32
    };
    headers.iter().map(field).sum()
}

/// The place of a request, for work that goes on when its caller has gone: whoever sends requests and goes
/// away does not get more work done at once than whoever stays.
#[derive(Clone, Debug)]
pub(crate) struct AtWork(Arc<Place>);

impl AtWork {
    /// The place, for whoever holds it without knowing what it is.
    pub(crate) fn into_place(self) -> broker::Place {
        self.0
    }
}

/// A response that is a status and nothing else.
fn bare(status: Status) -> Response<EdgeBody> {
    status.into_http().map(EdgeBody::Status)
}

/// A handler on another thread ends with the request that it serves.
struct Aborting<T>(JoinHandle<T>);

impl<T> Future for Aborting<T> {
    type Output = Result<T, JoinError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.get_mut().0).poll(context)
    }
}

impl<T> Drop for Aborting<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// What a request was given at the door.
struct Admitted {
    /// Who it is; absent only where nobody needs to be known.
    caller: Option<Caller>,
    /// Whether it still is.
    standing: Standing,
    deadline: Deadline,
    /// Its place among the requests at work.
    place: Place,
    /// Its entry among the open answers of its connection.
    open: Open,
}

fn is_open(path: &str) -> bool {
    OPEN.iter().any(|open| path.starts_with(open))
}

/// Whether a request is handled on the thread of its connection, as calls of providers are: what a cached
/// look-up needs is less than what handing it to another thread and back costs.
fn stays(path: &str) -> bool {
    path.starts_with(LOOKUPS)
}

fn is_ours(path: &str) -> bool {
    path.starts_with("/shuqiao.")
}

/// What is known of one connection.
pub(crate) struct Connection {
    /// Whose it is.
    pub(crate) peer: Peer,
    /// From where it comes, as far as its address tells.
    pub(crate) origin: Origin,
    /// How many places among the requests at work and among the watches this peer holds, over all its connections.
    pub(crate) held: Holding,
    /// Its open answers.
    pub(crate) opens: Opens,
    /// The worker that serves it.
    pub(crate) lane: usize,
}

/// The edge as seen by one connection.
#[derive(Clone)]
pub(crate) struct PeerEdge {
    edge: Edge,
    connection: Arc<Connection>,
}

impl tower::Service<Request<Incoming>> for PeerEdge {
    type Response = Response<Pieced>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Incoming>) -> Self::Future {
        let (edge, connection) = (self.edge.clone(), Arc::clone(&self.connection));
        Box::pin(async move {
            let response = edge.serve(connection, request).await;
            Ok(response.map(Pieced::new))
        })
    }
}
