//! A receiver of events: a plain HTTPS server of a department, which answers as a test says.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use sandbox::identity::Identity;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

use super::{HOST, hostile};

/// What a message is answered that must wait for ever.
pub const NEVER: u16 = 0;

/// What was posted.
#[derive(Clone, Debug)]
pub struct Posted {
    /// Under which path.
    pub path: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, byte for byte.
    pub body: Bytes,
    /// What it was answered.
    pub answered: u16,
}

impl Posted {
    /// A header as text.
    ///
    /// # Panics
    /// When it is missing.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    /// The name of the event in it.
    ///
    /// # Panics
    /// When the body is no event.
    #[must_use]
    pub fn event(&self) -> String {
        let body: Value = serde_json::from_slice(&self.body).unwrap();
        body["name"].as_str().unwrap().to_owned()
    }
}

/// The server.
#[derive(Debug)]
pub struct Receiver {
    address: SocketAddr,
    shared: Arc<Shared>,
    serving: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    posted: watch::Sender<Vec<Posted>>,
    /// What the next ones are answered; 200 behind them.
    answers: Mutex<VecDeque<u16>>,
    /// Each answer closes its connection.
    closes: AtomicBool,
}

impl Receiver {
    /// Listens anywhere under an identity, and asks for the gateway's own certificate.
    ///
    /// # Panics
    /// When nothing can be listened on.
    pub async fn start(identity: &Identity) -> Self {
        let shared = Arc::new(Shared {
            posted: watch::Sender::default(),
            answers: Mutex::default(),
            closes: AtomicBool::default(),
        });
        let mut receiver = Self {
            address: (std::net::Ipv4Addr::LOCALHOST, 0).into(),
            shared,
            serving: None,
        };
        receiver.answer_as(identity).await;
        receiver
    }

    /// Listens at its address, again or under another identity.
    ///
    /// # Panics
    /// When the address was taken meanwhile.
    pub async fn answer_as(&mut self, identity: &Identity) {
        self.stop().await;
        let mut tls = hostile::tls(identity);
        tls.alpn_protocols = vec![b"http/1.1".to_vec()];
        let listener = TcpListener::bind(self.address).await.unwrap();
        self.address = listener.local_addr().unwrap();
        let shared = Arc::clone(&self.shared);
        self.serving = Some(tokio::spawn(serve(listener, tls, shared)));
    }

    /// Ends it; the address stays its own.
    pub async fn stop(&mut self) {
        if let Some(serving) = self.serving.take() {
            serving.abort();
            let _ = serving.await;
        }
    }

    /// Where events are posted.
    #[must_use]
    pub fn url(&self) -> String {
        format!("https://{HOST}:{}/events", self.address.port())
    }

    /// What the next messages are answered, [`NEVER`] among it; all behind them are taken.
    ///
    /// # Panics
    /// Never.
    pub fn answer(&self, codes: &[u16]) {
        self.shared.answers.lock().unwrap().extend(codes);
    }

    /// From now on, closes the connection with each answer (`Connection: close`).
    pub fn close_with_each(&self) {
        self.shared.closes.store(true, Ordering::Relaxed);
    }

    /// What was posted so far.
    #[must_use]
    pub fn so_far(&self) -> Vec<Posted> {
        self.shared.posted.borrow().clone()
    }

    /// Waits until so many were posted.
    ///
    /// # Panics
    /// Never: the receiver is here, so its sender is.
    pub async fn posted(&self, count: usize) -> Vec<Posted> {
        let mut posted = self.shared.posted.subscribe();
        let enough = posted.wait_for(|posted| posted.len() >= count).await;
        enough.unwrap().clone()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        if let Some(serving) = &self.serving {
            serving.abort();
        }
    }
}

async fn serve(listener: TcpListener, tls: rustls::ServerConfig, shared: Arc<Shared>) {
    let acceptor = TlsAcceptor::from(Arc::new(tls));
    let mut open = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let (acceptor, shared) = (acceptor.clone(), Arc::clone(&shared));
        open.spawn(async move {
            let Ok(stream) = acceptor.accept(stream).await else {
                return;
            };
            let service =
                hyper::service::service_fn(move |request| answer(request, Arc::clone(&shared)));
            // How the other side ends it is not of interest.
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

async fn answer(
    request: Request<Incoming>,
    shared: Arc<Shared>,
) -> hyper::Result<Response<Full<Bytes>>> {
    let (head, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    let answered = shared.answers.lock().unwrap().pop_front().unwrap_or(200);
    let posted = Posted {
        path: head.uri.path().to_owned(),
        headers: head.headers,
        body,
        answered,
    };
    shared.posted.send_modify(|all| all.push(posted));
    if answered == NEVER {
        std::future::pending::<()>().await;
    }
    let mut response = Response::builder()
        .status(answered)
        .header("location", "/elsewhere");
    if shared.closes.load(Ordering::Relaxed) {
        response = response.header("connection", "close");
    }
    Ok(response.body(Full::default()).unwrap())
}
