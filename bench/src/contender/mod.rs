//! What is compared: each a process in front of the echo backend, or the backend itself.

mod cached;
mod changing;
mod front;
mod gateway;
mod haproxy;
mod nginx;
mod places;
mod replicas;

use http::{HeaderMap, HeaderValue};

use crate::Error;
use crate::child::Child;
use crate::evidence::Ledger;
use crate::load::{Question, Target};
use crate::world::{Crowd, MATTER};
pub use changing::Changing;
use front::Front;
pub use places::{Places, Programs};
pub use replicas::Replicas;
use sandbox::provider::Running;

/// Who can be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Kind {
    /// The echo backend, called directly.
    Echo,
    /// nginx with `grpc_pass` in front of it.
    Nginx,
    /// haproxy in front of it.
    Haproxy,
    /// This gateway in front of one of its own, with policy, mask and durable evidence.
    Gateway,
    /// This gateway, looking certificates up that it answers from its cache, with policy and durable
    /// evidence; for unary shapes.
    Cached,
    /// The same gateway built with the feature `unrecorded`: policy and mask, no evidence.
    Unrecorded,
}

impl Kind {
    /// As in the tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Echo => "echo",
            Self::Nginx => "nginx",
            Self::Haproxy => "haproxy",
            Self::Gateway => "gateway",
            Self::Cached => "cached",
            Self::Unrecorded => "unrecorded",
        }
    }
}

/// One who is compared, ready to be called.
#[derive(Debug)]
pub struct Contender {
    /// Who it is.
    pub kind: Kind,
    /// How it is called.
    pub target: Target,
    /// The metadata of every call: the same for all, whether they look at it or not.
    pub headers: HeaderMap,
    /// The process whose cost is measured, with its children.
    pub pid: u32,
    /// The backend behind it; none for the backend itself.
    pub backend: Option<u32>,
    /// Where each of its calls must leave evidence.
    pub ledger: Option<Ledger>,
    /// What it is asked, where that is not what the others are asked.
    pub question: Option<Question>,
}

/// All contenders of one comparison, with their processes.
#[derive(Debug)]
pub struct Field {
    /// In the order in which they take turns.
    pub contenders: Vec<Contender>,
    children: Vec<Child>,
    /// The issuer behind the lookups; it lives in this process.
    issuer: Option<Running>,
}

impl Field {
    /// Makes keys, starts the backend and every contender, and waits until all can be reached.
    ///
    /// # Errors
    /// The first that could not be started, with the end of its log.
    pub async fn start(kinds: &[Kind], places: &Places) -> Result<Self, Error> {
        let (front, backend) = Front::start(places).await?;
        let mut field = Self {
            contenders: Vec::new(),
            children: vec![backend],
            issuer: None,
        };
        for kind in kinds {
            let (contender, children) = match kind {
                Kind::Echo => (front.itself(), Vec::new()),
                Kind::Nginx => front.with(*kind, nginx::start(&front).await?)?,
                Kind::Haproxy => front.with(*kind, haproxy::start(&front, 1).await?)?,
                Kind::Cached => {
                    let (contender, children, issuer) = cached::start(places).await?;
                    field.issuer = Some(issuer);
                    (contender, children)
                }
                Kind::Gateway | Kind::Unrecorded => gateway::start(places, *kind, None).await?,
            };
            field.contenders.push(contender);
            field.children.extend(children);
        }
        Ok(field)
    }

    /// Starts one gateway with a crowd in its registry.
    ///
    /// # Errors
    /// As [`Field::start`]; also when the database cannot be written.
    pub async fn crowded(places: &Places, crowd: Crowd) -> Result<Self, Error> {
        let (contender, children) = gateway::start(places, Kind::Gateway, Some(crowd)).await?;
        Ok(Self {
            contenders: vec![contender],
            children,
            issuer: None,
        })
    }

    /// Starts `HAProxy` with a number of backends that all lead to the one backend.
    ///
    /// # Errors
    /// As [`Field::start`].
    pub async fn many_backends(places: &Places, backends: u32) -> Result<Self, Error> {
        let (front, backend) = Front::start(places).await?;
        let started = haproxy::start(&front, backends).await?;
        let (contender, mut children) = front.with(Kind::Haproxy, started)?;
        children.insert(0, backend);
        Ok(Self {
            contenders: vec![contender],
            children,
            issuer: None,
        })
    }

    /// How often the issuer behind the lookups was asked; none where nobody looked anything up.
    #[must_use]
    pub fn issuer_asked(&self) -> Option<u64> {
        self.issuer.as_ref().map(Running::asked)
    }

    /// Ends all processes, proxies before their backend.
    ///
    /// # Errors
    /// When one cannot be waited for.
    pub async fn stop(mut self) -> Result<(), Error> {
        while let Some(child) = self.children.pop() {
            child.stop().await?;
        }
        Ok(())
    }
}

/// The purpose that each call names.
fn purpose() -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("shuqiao-matter", MATTER),
        ("shuqiao-case", "BENCH-1"),
        ("shuqiao-operator", "window-01"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
}
