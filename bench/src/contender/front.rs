//! The echo backend, and what a proxy needs to stand in front of it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use sandbox::identity::Identity;
use tokio::process::Command;

use super::{Contender, Kind, Places, purpose};
use crate::Error;
use crate::child::Child;
use crate::keys::{Authority, HOST};
use crate::load::Target;
use crate::tls;

/// What a proxy needs to stand in front of the backend.
pub(super) struct Front<'a> {
    pub(super) places: &'a Places,
    /// The certificate that callers see.
    pub(super) server: Files,
    /// The certificate that the backend sees.
    pub(super) client: Files,
    /// Where the backend listens.
    pub(super) backend: SocketAddr,
    pid: u32,
    caller: Target,
}

/// One identity on disk.
pub(super) struct Files {
    pub(super) certificate: PathBuf,
    pub(super) key: PathBuf,
    pub(super) authority: PathBuf,
}

impl<'a> Front<'a> {
    /// Makes an authority and all certificates, and starts the backend.
    pub(super) async fn start(places: &'a Places) -> Result<(Self, Child), Error> {
        let authority = Authority::new()?;
        let files = |name: &str| Files::write(&places.folder, name, &authority.issue(name)?);
        let (mut child, backend) = echo_server("backend", places, &files("backend")?).await?;
        child.reachable(backend).await?;
        let front = Self {
            places,
            server: files("proxy")?,
            client: files("proxy-client")?,
            backend,
            pid: child.pid()?,
            caller: Target {
                address: backend,
                host: HOST.to_owned(),
                tls: tls::client_config(&authority.issue("caller")?)?,
            },
        };
        Ok((front, child))
    }

    /// The backend, called directly.
    pub(super) fn itself(&self) -> Contender {
        Contender {
            kind: Kind::Echo,
            target: self.caller.clone(),
            headers: purpose(),
            pid: self.pid,
            backend: None,
            ledger: None,
            question: None,
        }
    }

    /// The backend, called through a proxy.
    pub(super) fn with(
        &self,
        kind: Kind,
        (proxy, address): (Child, SocketAddr),
    ) -> Result<(Contender, Vec<Child>), Error> {
        let contender = Contender {
            kind,
            target: Target {
                address,
                ..self.caller.clone()
            },
            pid: proxy.pid()?,
            backend: Some(self.pid),
            ..self.itself()
        };
        Ok((contender, vec![proxy]))
    }
}

impl Files {
    /// Writes an identity into a folder.
    pub(super) fn write(folder: &Path, name: &str, identity: &Identity) -> Result<Self, Error> {
        identity.write_to(folder, name)?;
        let file = |what: &str| folder.join(format!("{name}.{what}.pem"));
        Ok(Self {
            certificate: file("certificate"),
            key: file("key"),
            authority: file("authority"),
        })
    }
}

/// Starts an echo backend under an identity. Returns where it listens.
pub(super) async fn echo_server(
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
