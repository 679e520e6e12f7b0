//! What is compared: each a process in front of the echo backend, or the backend itself.

mod gateway;
mod haproxy;
mod nginx;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use http::{HeaderMap, HeaderValue};
use sandbox::identity::Identity;
use tokio::process::Command;

use crate::Error;
use crate::child::Child;
use crate::keys::{Authority, HOST};
use crate::load::Target;
use crate::tls;
use crate::world::MATTER;

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
}

impl Kind {
    /// As in the tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Echo => "echo",
            Self::Nginx => "nginx",
            Self::Haproxy => "haproxy",
            Self::Gateway => "gateway",
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
}

/// Where things are.
#[derive(Clone, Debug)]
pub struct Places {
    /// A folder of our own for configurations, keys, logs and data.
    pub folder: PathBuf,
    /// The echo-server program.
    pub echo_server: PathBuf,
    /// The nginx program.
    pub nginx: PathBuf,
    /// The `HAProxy` program.
    pub haproxy: PathBuf,
    /// The gateway's program.
    pub shuqiao: PathBuf,
    /// How many workers or threads a proxy gets, from 1: the cores of the machine.
    pub cores: usize,
}

/// All contenders of one comparison, with their processes.
#[derive(Debug)]
pub struct Field {
    /// In the order in which they take turns.
    pub contenders: Vec<Contender>,
    children: Vec<Child>,
}

impl Field {
    /// Makes keys, starts the backend and every contender, and waits until all can be reached.
    ///
    /// # Errors
    /// The first that could not be started, with the end of its log.
    pub async fn start(kinds: &[Kind], places: &Places) -> Result<Self, Error> {
        let authority = Authority::new()?;
        let files = |name: &str| Files::write(&places.folder, name, &authority.issue(name)?);
        let backend = files("backend")?;
        let (mut child, address) = echo_server("echo", places, &backend).await?;
        child.reachable(address).await?;
        let backend = child.pid()?;
        let front = Front {
            places,
            server: files("proxy")?,
            client: files("proxy-client")?,
            backend: address,
        };
        let target = Target {
            address,
            host: HOST.to_owned(),
            tls: tls::client_config(&authority.issue("caller")?)?,
        };
        let mut field = Self {
            contenders: Vec::new(),
            children: vec![child],
        };
        let behind = |address| Target {
            address,
            ..target.clone()
        };
        for kind in kinds {
            let (child, backend, target) = match kind {
                Kind::Echo => (None, backend, target.clone()),
                Kind::Nginx => {
                    let (child, address) = nginx::start(&front).await?;
                    (Some(child), backend, behind(address))
                }
                Kind::Haproxy => {
                    let (child, address) = haproxy::start(&front).await?;
                    (Some(child), backend, behind(address))
                }
                Kind::Gateway => {
                    let started = gateway::start(places).await?;
                    let backend = started.backend.pid()?;
                    field.children.push(started.backend);
                    (Some(started.gateway), backend, started.target)
                }
            };
            field.enter(*kind, child, backend, target)?;
        }
        Ok(field)
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

    /// Takes one in, with the process in front of the backend, if there is one.
    fn enter(
        &mut self,
        kind: Kind,
        front: Option<Child>,
        backend: u32,
        target: Target,
    ) -> Result<(), Error> {
        let own = front.as_ref().map(Child::pid).transpose()?;
        self.children.extend(front);
        self.contenders.push(Contender {
            kind,
            target,
            headers: purpose(),
            pid: own.unwrap_or(backend),
            backend: own.map(|_| backend),
        });
        Ok(())
    }
}

/// What a proxy needs to stand in front of the backend.
struct Front<'a> {
    places: &'a Places,
    /// The certificate that callers see.
    server: Files,
    /// The certificate that the backend sees.
    client: Files,
    backend: SocketAddr,
}

/// One identity on disk.
struct Files {
    certificate: PathBuf,
    key: PathBuf,
    authority: PathBuf,
}

impl Files {
    fn write(folder: &Path, name: &str, identity: &Identity) -> Result<Self, Error> {
        identity.write_to(folder, name)?;
        let file = |what: &str| folder.join(format!("{name}.{what}.pem"));
        Ok(Self {
            certificate: file("certificate"),
            key: file("key"),
            authority: file("authority"),
        })
    }
}

async fn echo_server(
    name: &str,
    places: &Places,
    files: &Files,
) -> Result<(Child, SocketAddr), Error> {
    let mut command = Command::new(&places.echo_server);
    command.arg("--certificate").arg(&files.certificate);
    command.arg("--key").arg(&files.key);
    command.arg("--authority").arg(&files.authority);
    let mut child = Child::start(name, &mut command, &places.folder)?;
    let address = child.first_line().await?.trim().parse()?;
    Ok((child, address))
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
