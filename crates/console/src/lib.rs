//! Web pages for engineers and auditors, over the same use cases as gRPC.
//!
//! The console reads and never changes: every page is a GET, its forms too, and there is no script.
//! It listens on the admin port and opens by a one-time link. Each link belongs to a TLS certificate: whoever opens
//! it sees what the holder of that certificate sees over gRPC, for as long as the certificate is good.

mod escape;
mod guard;
mod page;
mod routes;
mod session;
#[cfg(test)]
mod tests;
mod url;
mod words;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use broker::Gateway;
use domain::name::Fingerprint;

use crate::session::Sessions;

/// The console of one gateway. Clones share their links and sessions.
#[derive(Clone, Debug)]
pub struct Console {
    gateway: Arc<Gateway>,
    host: Option<Arc<str>>,
    sessions: Arc<Mutex<Sessions>>,
}

impl Console {
    /// A console without links and sessions, reached under loopback names and addresses only.
    #[must_use]
    pub fn new(gateway: Arc<Gateway>) -> Self {
        Self {
            gateway,
            host: None,
            sessions: Arc::default(),
        }
    }

    /// Also answers to this host name, without port, for example `gateway.shaoyang.example`.
    #[must_use]
    pub fn with_host(mut self, host: &str) -> Self {
        self.host = Some(host.into());
        self
    }

    /// The pages, to be served on the admin port with the peers' addresses
    /// (`into_make_service_with_connect_info::<SocketAddr>`). `for_programs` are routes that a program on this
    /// machine may read without a session; everybody else needs one for them as for a page.
    pub fn router(&self, for_programs: Router) -> Router {
        routes::router(self, for_programs)
    }

    /// A link that opens one session in the name of a TLS certificate's holder: an auditor, an officer or the
    /// operator of the gateway. It works once, within 15 minutes; only the digest of its secret is kept.
    /// `base_url` is what stands before the path, such as `http://127.0.0.1:9090`.
    #[must_use]
    pub fn one_time_link(&self, base_url: &str, holder: &Fingerprint) -> String {
        let secret = session::as_token(&self.gateway.new_secret());
        let base_url = base_url.trim_end_matches('/');
        self.sessions().offer(
            &secret,
            holder.clone(),
            base_url.starts_with("https://"),
            self.gateway.now(),
        );
        format!("{base_url}/open/{secret}")
    }

    fn sessions(&self) -> MutexGuard<'_, Sessions> {
        // No code panics while it holds the lock, and the lists stay sound at every step.
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
