//! What a provider gets wrong before its services see a request, for tests: it reads what it should refuse, or says
//! that it does not serve.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http_body_util::{BodyExt as _, Collected, Full, Limited};
use prost::Message;

use tonic::body::Body;
use tonic::codegen::http::header::CONTENT_TYPE;
use tonic::codegen::http::{HeaderMap, HeaderValue, Request, Response};
use tonic::codegen::{Bytes, Service};
use tower::Layer;

use super::REQUEST_BYTES;
use super::behaviour::{Behaviour, Conduct};

const HEALTH: &str = "/grpc.health.v1.Health/Check";
/// The status `NOT_SERVING` in an answer of the health check.
const NOT_SERVING: &[u8] = &[0x08, 2];
/// The services of the contract begin so.
const CONTRACT: &str = "/shuqiao.provider.v1.";
/// What stands before a message of gRPC.
const HEAD: usize = 5;
/// The largest request that even this reads.
const TAKEN: usize = 16 * 1024 * 1024;

/// Puts [`Careless`] before all services.
#[derive(Clone)]
pub(super) struct CarelessLayer {
    conduct: Arc<Conduct>,
}

/// Looks at how the provider behaves before a service does.
#[derive(Clone)]
pub(super) struct Careless<S> {
    conduct: Arc<Conduct>,
    inner: S,
}

type Answering<T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send>>;

impl CarelessLayer {
    pub(super) fn new(conduct: Arc<Conduct>) -> Self {
        Self { conduct }
    }
}

impl<S> Layer<S> for CarelessLayer {
    type Service = Careless<S>;

    fn layer(&self, inner: S) -> Careless<S> {
        let conduct = Arc::clone(&self.conduct);
        Careless { conduct, inner }
    }
}

impl<S> Service<Request<Body>> for Careless<S>
where
    S: Service<Request<Body>, Response = Response<Body>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Send,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Answering<Self::Response, Self::Error>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let path = request.uri().path();
        match self.conduct.behaviour() {
            Behaviour::NotServing if path == HEALTH => {
                Box::pin(std::future::ready(Ok(answer(NOT_SERVING))))
            }
            Behaviour::TakesAnything if path.starts_with(CONTRACT) => {
                // The one that said it is ready is the one to call.
                let next = self.inner.clone();
                let mut inner = std::mem::replace(&mut self.inner, next);
                Box::pin(async move {
                    let (head, body) = request.into_parts();
                    let body = Limited::new(body, TAKEN).collect().await;
                    let body = body.map(Collected::to_bytes).unwrap_or_default();
                    if is_refused(&body) {
                        return Ok(answer(&[]));
                    }
                    let whole = Request::from_parts(head, Body::new(Full::new(body)));
                    inner.call(whole).await
                })
            }
            _ => Box::pin(self.inner.call(request)),
        }
    }
}

/// Whether a service of the contract refuses this before it acts on it: too large, or no message whatever its fields.
fn is_refused(body: &Bytes) -> bool {
    let message = body.get(HEAD..).unwrap_or_default();
    body.len() > REQUEST_BYTES || <() as Message>::decode(message).is_err()
}

/// One message, and `OK`.
fn answer(message: &[u8]) -> Response<Body> {
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
    let framed = [&[0], &length.to_be_bytes()[..], message].concat();
    let ok = HeaderMap::from_iter([(tonic::Status::GRPC_STATUS, HeaderValue::from_static("0"))]);
    let ending = std::future::ready(Some(Ok::<_, Infallible>(ok)));
    let body = Full::new(Bytes::from(framed)).with_trailers(ending);
    let mut response = Response::new(Body::new(body));
    let kind = HeaderValue::from_static("application/grpc");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}
