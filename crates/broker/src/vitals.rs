//! How this gateway is: what its operator watches, without a word about any person or call.

use std::time::Duration;

use domain::credential::Standings;
use domain::name::EndpointId;
use jiff::Timestamp;

use crate::authorities::AuthorityEnd;
use crate::endpoints::Observation;
use crate::exchange::CallCounts;
use crate::gateway::Gateway;

/// A store that does not take a write for so long cannot record. Who scrapes waits for ten seconds by default.
const TRIAL: Duration = Duration::from_secs(5);

/// How the gateway is at one moment.
#[derive(Clone, Debug)]
pub struct Vitals {
    /// The moment.
    pub now: Timestamp,
    /// The ends of the gateway's own certificates, each with the side that it is shown to.
    pub own: Vec<(OwnSide, Timestamp)>,
    /// The ends of the authorities that sign, the earliest first.
    pub authorities: Vec<AuthorityEnd>,
    /// Where the certificates of callers and providers stand.
    pub certificates: Standings,
    /// All registered endpoints, in the order of their systems.
    pub endpoints: Vec<EndpointVitals>,
    /// How calls ended since the process started.
    pub calls: CallCounts,
    /// How long ago the registry was compared with the store.
    pub registry_age: Duration,
}

/// Whom a certificate of the gateway is shown to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnSide {
    /// Callers, by the listener.
    Callers,
    /// Providers.
    Providers,
}

/// How one endpoint is.
#[derive(Clone, Debug)]
pub struct EndpointVitals {
    /// Which.
    pub name: EndpointId,
    /// How it is spoken to, in one word.
    pub protocol: &'static str,
    /// `unknown`, `serving` or `failing`, as the registry has it.
    pub health: &'static str,
    /// What this gateway's latest probe saw; none before the first.
    pub seen: Option<Observation>,
}

impl OwnSide {
    /// The word for it in metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Callers => "callers",
            Self::Providers => "providers",
        }
    }
}

impl Gateway {
    /// How the gateway is now. Reads memory only.
    pub fn vitals(&self) -> Vitals {
        let (snapshot, now) = (self.snapshot(), self.now());
        let endpoints = snapshot
            .systems()
            .flat_map(|system| snapshot.endpoints(&system.name))
            .map(|endpoint| EndpointVitals {
                name: endpoint.name.clone(),
                protocol: endpoint.protocol.as_str(),
                health: endpoint.health.as_str(),
                seen: self.observation(&endpoint.name),
            })
            .collect();
        Vitals {
            now,
            own: self.own_ends(),
            authorities: self.authorities().ends(now),
            certificates: Standings::of(snapshot.credentials(), self.credential_terms(), now),
            endpoints,
            calls: self.counters.read(),
            registry_age: self.registry_age(),
        }
    }

    /// Whether the store keeps what is written to it, found out by writing something that changes nothing.
    pub async fn can_write(&self) -> bool {
        let tried = tokio::time::timeout(TRIAL, self.store.try_writing()).await;
        match tried {
            Ok(Ok(())) => true,
            Ok(Err(error)) => {
                tracing::error!(%error, "the store does not keep what is written to it");
                false
            }
            Err(_) => {
                tracing::error!("the store took no write within five seconds");
                false
            }
        }
    }

    /// The ends of the gateway's own certificates; that of the listener only where somebody listens.
    pub(crate) fn own_ends(&self) -> Vec<(OwnSide, Timestamp)> {
        let listener = self.own_end().map(|end| (OwnSide::Callers, end));
        let providers = (OwnSide::Providers, self.connections.own_end());
        listener.into_iter().chain([providers]).collect()
    }
}
