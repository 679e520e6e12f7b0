//! Connections to providers: mutual TLS to a pinned identity, inside the allowed networks only.

mod showing;

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, RwLock};
use std::time::Duration;

use arc_swap::ArcSwap;
use domain::credential::Principal;
use domain::endpoint::{Address, Endpoint};
use domain::name::{EndpointId, Fingerprint, SystemName};
use domain::reason::Reason;
use domain::snapshot::Snapshot;
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tonic::transport::{Channel, Uri};

use crate::authorities::{Authorities, Basis};
use crate::authority::{OwnCertificate, fingerprint};
use crate::call::ProviderCode;
use crate::clock::Clock;
use crate::failure::Failure;
use crate::network::Networks;
use crate::shares::Shares;

/// One provider may hold so many calls at once; the others are not slowed by it.
const CALLS_PER_PROVIDER: usize = 64;
const CONNECT: Duration = Duration::from_secs(3);

/// A provider did not do its part. The text holds nothing of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ProviderFault {
    /// One of the provider's reasons.
    pub(crate) reason: Reason,
    /// In one sentence.
    pub(crate) message: String,
    /// The provider's own status, where it answered with one.
    pub(crate) code: Option<ProviderCode>,
    /// The provider has certainly not seen the question.
    pub(crate) unsent: bool,
}

impl ProviderFault {
    pub(crate) fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self {
            reason,
            message: message.into(),
            code: None,
            unsent: false,
        }
    }

    /// The same, where the question certainly did not go out.
    pub(crate) fn unsent(self) -> Self {
        Self {
            unsent: true,
            ..self
        }
    }

    /// The provider answered with an error of its own.
    pub(crate) fn of_code(code: ProviderCode) -> Self {
        Self {
            code: Some(code),
            ..Self::new(
                Reason::ProviderError,
                format!("the provider answered {}", code.as_str()),
            )
        }
    }

    pub(crate) fn bad_answer(message: impl Into<String>) -> Self {
        Self::new(Reason::ProviderBadAnswer, message)
    }

    /// A provider's own text can hold anything, so only its code is kept.
    pub(crate) fn from_status(status: &tonic::Status) -> Self {
        use tonic::Code;
        // With a source it was made on this side: the connection broke, the provider said nothing.
        if std::error::Error::source(status).is_some() {
            return Self::new(
                Reason::ProviderUnavailable,
                "the connection to the provider broke",
            );
        }
        let reason = match status.code() {
            Code::DeadlineExceeded | Code::Cancelled => Reason::ProviderTimeout,
            Code::Unavailable => Reason::ProviderUnavailable,
            _ => Reason::ProviderBadAnswer,
        };
        Self::new(reason, format!("the provider answered {:?}", status.code()))
    }
}

impl From<ProviderFault> for Failure {
    fn from(fault: ProviderFault) -> Self {
        Self {
            provider_code: fault.code,
            ..Self::new(fault.reason, fault.message)
        }
    }
}

/// A pooled connection with the limit on its use.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) channel: Channel,
    pub(crate) places: Arc<Shares>,
    address: Address,
    peer: Arc<RwLock<Option<Fingerprint>>>,
}

/// The pool.
#[derive(Debug)]
pub(crate) struct Connections {
    tls: Arc<ArcSwap<OwnTls>>,
    networks: Networks,
    registry: Arc<ArcSwap<Snapshot>>,
    clock: Arc<dyn Clock>,
    lines: RwLock<HashMap<EndpointId, Line>>,
    /// Where lines live, whoever opens them: they outlast the thread of one caller's connection.
    home: Handle,
}

impl Connections {
    pub(crate) fn new(
        authorities: &Authorities,
        networks: Networks,
        registry: Arc<ArcSwap<Snapshot>>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Failure> {
        let own = made(authorities, &registry.load(), clock.now())?;
        Ok(Self {
            tls: Arc::new(ArcSwap::new(Arc::new(own))),
            networks,
            registry,
            clock,
            lines: RwLock::default(),
            home: Handle::current(),
        })
    }

    /// Makes the gateway's certificate towards providers anew, where it is in the last third of its life or the
    /// authorities changed. Lines that are open stay; those that open from now on show it. Returns whether.
    pub(crate) fn follow(&self, authorities: &Authorities) -> Result<bool, Failure> {
        let (snapshot, now) = (self.registry.load(), self.clock.now());
        let present = self.tls.load();
        if now < present.renew_after && present.basis == authorities.basis(&snapshot, now) {
            return Ok(false);
        }
        self.tls.store(Arc::new(made(authorities, &snapshot, now)?));
        Ok(true)
    }

    /// Until when the gateway's certificate towards providers is good.
    pub(crate) fn own_end(&self) -> Timestamp {
        self.tls.load().ends
    }

    /// The line to an endpoint; made when there is none, or when its place has changed.
    pub(crate) fn line(&self, endpoint: &Endpoint) -> Result<Line, ProviderFault> {
        let kept = self
            .lines
            .read()
            .ok()
            .and_then(|lines| lines.get(&endpoint.name).cloned());
        if let Some(line) = kept
            && line.address == endpoint.address
            && line.is_trusted(&self.registry.load(), endpoint, self.clock.now())
        {
            return Ok(line);
        }
        let line = self.open(endpoint)?;
        if let Ok(mut lines) = self.lines.write() {
            lines.insert(endpoint.name.clone(), line.clone());
        }
        Ok(line)
    }

    /// Lets go of the line to an endpoint that is gone or elsewhere now; calls on it go to their end.
    pub(crate) fn forget(&self, endpoint: &EndpointId) {
        if let Ok(mut lines) = self.lines.write() {
            lines.remove(endpoint);
        }
    }

    /// Looks once more when the answer is there: one of a peer that was revoked meanwhile is
    /// thrown away.
    pub(crate) fn check_peer(&self, line: &Line, endpoint: &Endpoint) -> Result<(), ProviderFault> {
        let seen = line.peer.read().ok().and_then(|peer| peer.clone());
        match seen {
            Some(peer) => self.check(&peer, endpoint),
            None => Err(stranger(endpoint)),
        }
    }

    /// The same for a peer that is known.
    pub(crate) fn check(
        &self,
        peer: &Fingerprint,
        endpoint: &Endpoint,
    ) -> Result<(), ProviderFault> {
        if self.trusts(peer, endpoint) {
            Ok(())
        } else {
            Err(stranger(endpoint))
        }
    }

    /// Whether a certificate stands for the endpoint's system now.
    pub(crate) fn trusts(&self, peer: &Fingerprint, endpoint: &Endpoint) -> bool {
        stands_for(
            &self.registry.load(),
            peer,
            &endpoint.system,
            self.clock.now(),
        )
    }

    /// What makes connections to an endpoint.
    pub(crate) fn dialer(&self, endpoint: &Endpoint) -> Dialer {
        self.dialer_to(&endpoint.address, &endpoint.system)
    }

    /// What makes connections to a place where a system's certificate must stand.
    pub(crate) fn dialer_to(&self, address: &Address, system: &SystemName) -> Dialer {
        Dialer {
            tls: Arc::clone(&self.tls),
            address: address.clone(),
            system: system.clone(),
            networks: self.networks.clone(),
            registry: Arc::clone(&self.registry),
            clock: Arc::clone(&self.clock),
        }
    }

    fn open(&self, endpoint: &Endpoint) -> Result<Line, ProviderFault> {
        let peer: Arc<RwLock<Option<Fingerprint>>> = Arc::default();
        let dialer = self.dialer(endpoint);
        let seen = Arc::clone(&peer);
        // The authority only names the request; the dialer alone decides where to.
        let uri: Uri = format!("http://{}", endpoint.address)
            .parse()
            .map_err(|_| {
                ProviderFault::new(Reason::ProviderNotConnected, "the address is not usable")
            })?;
        let _home = self.home.enter();
        let channel = tonic::transport::Endpoint::from(uri)
            .http2_keep_alive_interval(Duration::from_secs(20))
            .keep_alive_timeout(Duration::from_secs(5))
            .connect_with_connector_lazy(tower::service_fn(move |_: Uri| {
                let (dialer, seen) = (dialer.clone(), Arc::clone(&seen));
                async move {
                    let (stream, peer) = dialer.dial().await?;
                    if let Ok(mut seen) = seen.write() {
                        *seen = Some(peer);
                    }
                    std::io::Result::Ok(TokioIo::new(stream))
                }
            }));
        let places = Shares::new(CALLS_PER_PROVIDER);
        Ok(Line {
            channel,
            places,
            address: endpoint.address.clone(),
            peer,
        })
    }
}

impl Line {
    /// Whether the certificate seen on this line still stands for the endpoint's system.
    fn is_trusted(&self, snapshot: &Snapshot, endpoint: &Endpoint, now: Timestamp) -> bool {
        let seen = self.peer.read().ok().and_then(|peer| peer.clone());
        seen.is_none_or(|peer| stands_for(snapshot, &peer, &endpoint.system, now))
    }
}

/// Whether a certificate stands for a system at this moment.
fn stands_for(
    snapshot: &Snapshot,
    peer: &Fingerprint,
    wanted: &SystemName,
    now: Timestamp,
) -> bool {
    snapshot.credential(peer).is_some_and(|credential| {
        credential.revoked.is_none()
            && (credential.not_before..=credential.not_after).contains(&now)
            && matches!(&credential.principal, Principal::System { system } if system == wanted)
    })
}

fn stranger(endpoint: &Endpoint) -> ProviderFault {
    ProviderFault::bad_answer(format!(
        "the TLS certificate at {} does not stand for {}",
        endpoint.address, endpoint.system
    ))
}

/// The gateway's TLS towards providers, and what it was made of.
#[derive(Debug)]
struct OwnTls {
    config: Arc<rustls::ClientConfig>,
    basis: Basis,
    renew_after: Timestamp,
    ends: Timestamp,
}

/// TLS that trusts whom the gateway trusts at the other end, whatever it shows itself.
fn showing(
    own: Option<OwnCertificate>,
    authorities: &Authorities,
    registry: &Snapshot,
    now: Timestamp,
) -> Result<rustls::ClientConfig, Failure> {
    let broken = |what: String| Failure::new(Reason::Internal, what);
    let mut roots = rustls::RootCertStore::empty();
    for root in authorities.roots(registry, now) {
        roots
            .add(root)
            .map_err(|error| broken(format!("the authority cannot be trusted: {error}")))?;
    }
    contract::client_config(roots, own.map(|own| (own.der, own.key)))
        .map_err(|error| broken(error.to_string()))
}

fn made(authorities: &Authorities, registry: &Snapshot, now: Timestamp) -> Result<OwnTls, Failure> {
    let own = authorities.own.issuer(now).own_certificate(&[], now);
    let own = own.map_err(|error| Failure::new(Reason::Internal, error.to_string()))?;
    let (renew_after, ends) = (own.renew_after(), own.not_after);
    Ok(OwnTls {
        config: Arc::new(showing(Some(own), authorities, registry, now)?),
        basis: authorities.basis(registry, now),
        renew_after,
        ends,
    })
}

/// Makes connections to one place: inside the allowed networks, to the registered system.
#[derive(Clone)]
pub(crate) struct Dialer {
    tls: Arc<ArcSwap<OwnTls>>,
    address: Address,
    system: SystemName,
    networks: Networks,
    registry: Arc<ArcSwap<Snapshot>>,
    clock: Arc<dyn Clock>,
}

impl Dialer {
    /// A connection, and whose certificate is at its other end.
    pub(crate) async fn dial(&self) -> std::io::Result<(TlsStream<TcpStream>, Fingerprint)> {
        self.dial_with(Arc::clone(&self.tls.load().config)).await
    }

    /// The same for HTTP/1.1, which those speak that only take what is brought.
    pub(crate) async fn dial_http1(&self) -> std::io::Result<(TlsStream<TcpStream>, Fingerprint)> {
        let mut tls = rustls::ClientConfig::clone(&self.tls.load().config);
        tls.alpn_protocols = vec![b"http/1.1".to_vec()];
        self.dial_with(Arc::new(tls)).await
    }

    async fn dial_with(
        &self,
        tls: Arc<rustls::ClientConfig>,
    ) -> std::io::Result<(TlsStream<TcpStream>, Fingerprint)> {
        match tokio::time::timeout(CONNECT, self.dial_now(tls)).await {
            Ok(done) => done,
            Err(_) => Err(std::io::ErrorKind::TimedOut.into()),
        }
    }

    async fn dial_now(
        &self,
        tls: Arc<rustls::ClientConfig>,
    ) -> std::io::Result<(TlsStream<TcpStream>, Fingerprint)> {
        // Resolved once, checked, and connected to by number: the name cannot change in between.
        let address = &self.address;
        let place = resolve(address, &self.networks).await?;
        let stream = TcpStream::connect(place).await?;
        stream.set_nodelay(true)?;
        let name = ServerName::try_from(address.host().to_owned())
            .map_err(|_| std::io::Error::from(std::io::ErrorKind::InvalidInput))?;
        let stream = TlsConnector::from(tls).connect(name, stream).await?;
        let seen = stream
            .get_ref()
            .1
            .peer_certificates()
            .and_then(<[CertificateDer<'_>]>::first);
        // Before a byte of a request is sent: the question itself names a person.
        let seen = seen
            .and_then(|der| fingerprint(der).ok())
            .filter(|peer| stands_for(&self.registry.load(), peer, &self.system, self.clock.now()))
            .ok_or_else(|| {
                let what = "the certificate at the other end does not stand for the system";
                std::io::Error::new(std::io::ErrorKind::PermissionDenied, what)
            })?;
        Ok((stream, seen))
    }
}

/// The one address to connect to, if it lies in an allowed network.
pub(crate) async fn resolve(address: &Address, networks: &Networks) -> std::io::Result<SocketAddr> {
    if address.file().is_some() || address.is_here() {
        // Neither is a place in a network.
        return Err(std::io::ErrorKind::InvalidInput.into());
    }
    let found = tokio::net::lookup_host((address.host(), address.port())).await?;
    let candidates: Vec<SocketAddr> = found.collect();
    let usable = |place: &&SocketAddr| networks.allow(place.ip());
    candidates.iter().find(usable).copied().ok_or_else(|| {
        let seen: Vec<IpAddr> = candidates.iter().map(SocketAddr::ip).collect();
        let message = format!(
            "{seen:?} lies in none of the networks that the operator allowed, or is a loopback, link-local, \
             unspecified or multicast address"
        );
        std::io::Error::new(std::io::ErrorKind::PermissionDenied, message)
    })
}
