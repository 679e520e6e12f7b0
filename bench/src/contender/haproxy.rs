//! `HAProxy`: HTTP/2 and mutual TLS on both legs, no policy, no log.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;

use tokio::process::Command;

use super::front::{Files, Front};
use crate::Error;
use crate::child::{Child, free_address};
use crate::keys::HOST;

/// Starts `HAProxy` in front of the backend, under so many names: from 1.
pub(super) async fn start(front: &Front<'_>, backends: u32) -> Result<(Child, SocketAddr), Error> {
    let address = free_address()?;
    let file = front.places.folder.join("haproxy.cfg");
    std::fs::write(&file, configuration(front, address, backends)?)?;
    let mut command = Command::new(&front.places.haproxy);
    // In the foreground.
    command.arg("-db").arg("-f").arg(&file);
    let mut child = Child::start("haproxy", &mut command, &front.places.folder)?;
    child.reachable(address).await?;
    Ok((child, address))
}

fn configuration(front: &Front<'_>, address: SocketAddr, backends: u32) -> Result<String, Error> {
    let (server, client) = (joined(&front.server)?, joined(&front.client)?);
    let mut text = format!(
        "global
  nbthread {cores}
  maxconn 4096
  tune.h2.max-concurrent-streams 1024
defaults
  mode http
  timeout connect 5s
  timeout client 1d
  timeout server 1d
frontend callers
  bind {address} ssl crt {server} ca-file {authority} verify required alpn h2 \
ssl-min-ver TLSv1.3 no-tls-tickets
  default_backend echo0
",
        cores = front.places.cores,
        server = server.display(),
        authority = front.server.authority.display(),
    );
    for number in 0..backends {
        // Writing to a String cannot fail.
        let _ = write!(
            text,
            "backend echo{number}
  http-reuse always
  server echo {backend} ssl crt {client} ca-file {authority} verify required \
sni str({HOST}) verifyhost {HOST} alpn h2 ssl-min-ver TLSv1.3 no-ssl-reuse
",
            backend = front.backend,
            client = client.display(),
            authority = front.client.authority.display(),
        );
    }
    Ok(text)
}

/// `HAProxy` wants certificate and key in one file.
fn joined(files: &Files) -> Result<PathBuf, Error> {
    let both = std::fs::read_to_string(&files.certificate)? + &std::fs::read_to_string(&files.key)?;
    let path = files.key.with_extension("joined");
    // The key's own file is readable by the own user alone; so is its copy.
    std::fs::copy(&files.key, &path)?;
    std::fs::write(&path, both)?;
    Ok(path)
}
