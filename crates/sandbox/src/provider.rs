//! A provider: the part of a department's system that the gateway calls.
//!
//! It serves the services of `shuqiao.provider.v1` (certificates and their files, rows, and the resolving
//! of network identity codes, which only one system of a city does), a service of its own ([`crate::insurance`])
//! with the reflection that tells its proto file, and gRPC health over mutual TLS 1.3. Whoever
//! writes one in another language does the same five things:
//!
//! 1. trust the gateway's authority and no other (`tls.rs`);
//! 2. serve only the gateway, by the URI in its certificate (`caller.rs`);
//! 3. answer the health check with `SERVING`, or the endpoint counts as failing;
//! 4. repeat the ticket's request id in every message of an answer (`certificates.rs`, `rows.rs`);
//! 5. return all certificates that match and never choose one; the gateway cuts and decides.

mod behaviour;
mod caller;
mod careless;
mod certificate_files;
mod certificates;
mod filter;
mod insurance;
mod listener;
mod network_identity;
mod rows;
mod tls;
mod wire;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use api::certificate::v1::CertificateState;
use api::provider::v1 as pb;
use api::provider::v1::certificate_provider_service_server::CertificateProviderServiceServer;
use api::provider::v1::network_identity_service_server::NetworkIdentityServiceServer;
use api::provider::v1::row_provider_service_server::RowProviderServiceServer;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;
use tonic::service::InterceptorLayer;
use tonic::transport::Server;
use tonic_reflection::server::v1::{ServerReflection, ServerReflectionServer};

use crate::data::Holdings;
use crate::identity::Identity;
use crate::insurance::insurance_service_server::InsuranceServiceServer;

use behaviour::Conduct;
pub use behaviour::{Asked, Behaviour};
use careless::CarelessLayer;
pub use network_identity::{expired_network_code, network_code};
pub(crate) use wire::{is_decimal, state_to};

/// Calls at once on one connection.
const STREAMS: u32 = 100;
/// A request is small: a key, some item names, a filter.
const REQUEST_BYTES: usize = 64 * 1024;
const HEADER_BYTES: u32 = 16 * 1024;
const KEEPALIVE: Duration = Duration::from_secs(20);
const KEEPALIVE_ANSWER: Duration = Duration::from_secs(5);
/// Calls under way at a stop may take so long to end.
const GRACE: Duration = Duration::from_secs(3);

/// A department's system as a provider.
#[derive(Clone)]
pub struct Provider {
    holdings: Arc<Holdings>,
    conduct: Arc<Conduct>,
    changed: Arc<Changed>,
}

/// Certificates whose state changed since the start, by identifier.
type Changed = Mutex<HashMap<String, CertificateState>>;

/// A provider that serves. Dropping it stops it too, without waiting.
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    conduct: Arc<Conduct>,
    changed: Arc<Changed>,
    behaviour: watch::Sender<Behaviour>,
    stopping: watch::Sender<bool>,
    served: JoinHandle<()>,
}

/// The provider could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address could not be bound.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why not.
        source: std::io::Error,
    },
    /// The identity cannot be used for a server.
    #[error("the TLS identity cannot be used: {0}")]
    Identity(String),
    /// The compiled proto file cannot be told to others.
    #[error("the reflection cannot be served: {0}")]
    Reflection(#[from] tonic_reflection::server::Error),
}

// === impl Provider ===

impl Provider {
    /// Listens and serves until [`Running::stop`].
    ///
    /// `listen` may have port 0; [`Running::address`] says which port it became. The certificate of
    /// `identity` must carry the host under which the gateway reaches this provider.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn start(
        identity: &Identity,
        listen: SocketAddr,
        holdings: Holdings,
    ) -> Result<Running, StartError> {
        let own = crate::insurance::DESCRIPTOR_SET;
        Self::start_telling(identity, listen, holdings, own).await
    }

    /// The same, where its reflection tells another description of its own service than the one that it serves: as
    /// after an upgrade that nobody announced.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn start_telling(
        identity: &Identity,
        listen: SocketAddr,
        holdings: Holdings,
        description: &[u8],
    ) -> Result<Running, StartError> {
        let tls = tls::server_config(identity)?;
        let failed = |source| StartError::Listen {
            address: listen,
            source,
        };
        let listener = TcpListener::bind(listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let (behaviour, behaving) = watch::channel(Behaviour::Normal);
        let (stopping, stopped) = watch::channel(false);
        let conduct = Arc::new(Conduct::new(behaving, stopped.clone()));
        let changed: Arc<Changed> = Arc::default();
        let provider = Self {
            holdings: Arc::new(holdings),
            conduct: Arc::clone(&conduct),
            changed: Arc::clone(&changed),
        };
        // One waiting connection: the rest wait in the kernel.
        let (arrived, incoming) = mpsc::channel(1);
        let accepting = listener::accept(listener, tls, arrived, stopped.clone());
        let own = tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(description);
        let reflection = own.build_v1()?;
        let serving = provider.serve(reflection, incoming, stopped);
        let served = tokio::spawn(async move {
            let ((), served) = tokio::join!(accepting, serving);
            if let Err(error) = served {
                tracing::warn!(%error, "the provider ended");
            }
        });
        Ok(Running {
            address,
            conduct,
            changed,
            behaviour,
            stopping,
            served,
        })
    }

    async fn serve(
        self,
        reflection: ServerReflectionServer<impl ServerReflection>,
        incoming: mpsc::Receiver<listener::Arrived>,
        stopped: watch::Receiver<bool>,
    ) -> Result<(), tonic::transport::Error> {
        let (health, health_service) = tonic_health::server::health_reporter();
        // The gateway asks for the whole server (""), which serves from the start; a curious person
        // may ask for a service.
        health
            .set_serving::<CertificateProviderServiceServer<Self>>()
            .await;
        health.set_serving::<RowProviderServiceServer<Self>>().await;
        let careless = CarelessLayer::new(Arc::clone(&self.conduct));
        let certificates = CertificateProviderServiceServer::new(self.clone())
            .max_decoding_message_size(REQUEST_BYTES);
        let insurance = InsuranceServiceServer::new(self.clone());
        let identities = NetworkIdentityServiceServer::new(self.clone())
            .max_decoding_message_size(REQUEST_BYTES);
        let rows = RowProviderServiceServer::new(self).max_decoding_message_size(REQUEST_BYTES);
        Server::builder()
            .max_concurrent_streams(STREAMS)
            .http2_max_header_list_size(HEADER_BYTES)
            .http2_keepalive_interval(Some(KEEPALIVE))
            .http2_keepalive_timeout(Some(KEEPALIVE_ANSWER))
            // Over everything, health and reflection too: nobody but the gateway learns even that.
            .layer(InterceptorLayer::new(caller::only_the_gateway))
            .layer(careless)
            .add_service(health_service)
            .add_service(reflection)
            .add_service(certificates)
            .add_service(rows)
            .add_service(insurance)
            .add_service(identities)
            .serve_with_incoming_shutdown(ReceiverStream::new(incoming), stop_signal(stopped))
            .await
    }
}

// === impl Running ===

impl Running {
    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How it behaves from the next request on.
    pub fn set_behaviour(&self, behaviour: Behaviour) {
        self.behaviour.send_replace(behaviour);
    }

    /// Puts a certificate in another state, as lookups see it from now on. Announce it afterwards.
    pub fn change_state(&self, identifier: &str, state: CertificateState) {
        let mut changed = self.changed.lock().unwrap_or_else(PoisonError::into_inner);
        changed.insert(identifier.to_owned(), state);
    }

    /// How many requests it has received, whatever became of them; health checks do not count.
    #[must_use]
    pub fn asked(&self) -> u64 {
        self.conduct.asked()
    }

    /// The tickets of the latest requests, oldest first: at most [`Asked::KEPT`].
    #[must_use]
    pub fn latest(&self) -> Vec<Asked> {
        self.conduct.latest()
    }

    /// Stops: no new connection, calls under way end, then the port is closed.
    pub async fn stop(mut self) {
        self.stopping.send_replace(true);
        if tokio::time::timeout(GRACE, &mut self.served).await.is_err() {
            // A peer that does not read its answer does not keep us here.
            self.served.abort();
        }
    }
}

/// Ends when the provider is stopped or nobody holds it any more.
async fn stop_signal(mut stopped: watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stop| *stop).await;
}

fn ticket_of(ticket: Option<pb::ExchangeTicket>) -> Result<pb::ExchangeTicket, Status> {
    match ticket {
        Some(ticket) if !ticket.request_id.is_empty() => Ok(ticket),
        _ => Err(Status::invalid_argument("the request has no ticket")),
    }
}

/// A filter from the wire against a row from the wire.
#[cfg(test)]
pub(crate) fn meets(
    filter: api::exchange::v1::Filter,
    row: Vec<api::value::v1::ItemValue>,
) -> Result<bool, Status> {
    let row: Vec<_> = row
        .into_iter()
        .map(wire::value_from)
        .collect::<Result<_, _>>()?;
    Ok(filter::holds(&filter::parse(filter)?, &row))
}
