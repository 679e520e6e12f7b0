//! The echo backend as a process of its own. Its first line says where it listens.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Parser;
use sandbox::identity::Identity;
use tokio::net::TcpListener;

/// Serve the echo service over mutual TLS until the process is ended.
#[derive(Debug, Parser)]
struct Options {
    /// Where to listen; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// The own certificate, PEM.
    #[arg(long)]
    certificate: PathBuf,
    /// Its private key, PEM.
    #[arg(long)]
    key: PathBuf,
    /// The authority whose certificates callers must show, PEM.
    #[arg(long)]
    authority: PathBuf,
}

#[tokio::main]
async fn main() -> Result<(), bench::Error> {
    let options = Options::parse();
    // The first provider installed is the one for all.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let identity = Identity {
        certificate_pem: std::fs::read_to_string(options.certificate)?,
        key_pem: std::fs::read_to_string(options.key)?,
        authority_pem: std::fs::read_to_string(options.authority)?,
    };
    let listener = TcpListener::bind(options.listen).await?;
    writeln!(std::io::stdout(), "{}", listener.local_addr()?)?;
    bench::echo::serve(&identity, listener).await
}
