//! The way to a gateway: address, identity, deadline, and errors that say what to do.

use std::path::{Path, PathBuf};
use std::time::Duration;

use identity::{Folder, FolderError};
use jiff::Timestamp;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};
use tonic::{Request, Status};
use tonic_types::StatusExt as _;

use crate::Failure;

/// How to reach a gateway.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Host and port of the gateway, for example 127.0.0.1:9443.
    #[arg(long, global = true, env = "SHUQIAO_SERVER", value_name = "HOST:PORT")]
    server: Option<String>,

    /// Folder with certificate.pem, key.pem and authority.pem, as enrolment leaves them.
    #[arg(long, global = true, env = "SHUQIAO_IDENTITY", value_name = "DIR")]
    identity: Option<PathBuf>,

    /// Name that the gateway's TLS certificate must carry.
    #[arg(long, global = true, default_value = "localhost", value_name = "NAME")]
    server_name: String,

    /// Seconds to wait for an answer.
    #[arg(long, global = true, default_value_t = 10, value_name = "SECONDS",
          value_parser = clap::value_parser!(u64).range(1..=60))]
    timeout: u64,
}

/// Rows of a page: as many as the gateway gives.
pub(crate) const PAGE: i32 = 1000;

/// A connection with the deadline of its calls.
pub(crate) struct Connection {
    pub(crate) channel: Channel,
    timeout: Duration,
}

impl Options {
    /// Whether a gateway is named, and who asks it.
    pub(crate) fn is_named(&self) -> bool {
        self.server.is_some() && self.identity.is_some()
    }

    /// Host and port of the gateway, when they are named.
    pub(crate) fn named_server(&self) -> Option<&str> {
        self.server.as_deref()
    }

    /// The folder of the identity.
    ///
    /// # Errors
    /// When none is named.
    pub(crate) fn identity(&self) -> Result<&Path, Failure> {
        self.identity.as_deref().ok_or_else(|| {
            Failure::Message(
                "no identity is named; give --identity DIR or set SHUQIAO_IDENTITY. The folder holds \
                 certificate.pem, key.pem and authority.pem; enrol with a one-time token to get them"
                    .to_owned(),
            )
        })
    }

    /// Connects, with the identity of the folder.
    ///
    /// # Errors
    /// What is missing, or why nothing is reached.
    pub(crate) async fn connect(&self) -> Result<Connection, Failure> {
        let server = self.server()?;
        let own = Folder::new(self.identity()?).identity()?;
        let tls = ClientTlsConfig::new()
            .ca_certificate(Certificate::from_pem(own.authority))
            .identity(Identity::from_pem(own.certificate, own.key));
        self.connect_by(server, tls).await
    }

    /// Connects without an identity, to get one.
    ///
    /// # Errors
    /// What is missing, or why nothing is reached.
    pub(crate) async fn connect_anonymously(&self, authority: &str) -> Result<Connection, Failure> {
        let tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(authority));
        self.connect_by(self.server()?, tls).await
    }

    fn server(&self) -> Result<&str, Failure> {
        self.server.as_deref().ok_or_else(|| {
            Failure::Message(
                "no gateway is named; give --server HOST:PORT or set SHUQIAO_SERVER".to_owned(),
            )
        })
    }

    async fn connect_by(&self, server: &str, tls: ClientTlsConfig) -> Result<Connection, Failure> {
        // A second provider in the tree would leave rustls without a default.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let unreachable = |error: tonic::transport::Error| {
            Failure::Message(format!(
                "cannot connect to {server}: {}. Is the gateway running there, is {} the name in its \
                 certificate, and is authority.pem its own?",
                chain(&error),
                self.server_name
            ))
        };
        let timeout = Duration::from_secs(self.timeout);
        let channel = Endpoint::from_shared(format!("https://{server}"))
            .and_then(|endpoint| endpoint.tls_config(tls.domain_name(&self.server_name)))
            .map_err(unreachable)?
            .connect_timeout(timeout)
            .connect()
            .await
            .map_err(unreachable)?;
        Ok(Connection { channel, timeout })
    }
}

impl Connection {
    /// A request with the deadline; the gateway refuses any without.
    pub(crate) fn ask<T>(&self, message: T) -> Request<T> {
        Self::ask_for(message, self.timeout)
    }

    /// A request with a deadline of its own: a transfer takes longer than an answer.
    pub(crate) fn ask_for<T>(message: T, timeout: Duration) -> Request<T> {
        let mut request = Request::new(message);
        request.set_timeout(timeout);
        request
    }
}

impl From<FolderError> for Failure {
    fn from(error: FolderError) -> Self {
        Self::Message(error.to_string())
    }
}

impl From<Status> for Failure {
    /// The gateway's own words: what, whose fault, what to do, and the entry that tells of it.
    fn from(status: Status) -> Self {
        let details = status.get_error_details();
        let mut lines = vec![match details.error_info() {
            Some(info) => format!("{}: {}", info.reason, status.message()),
            None => format!("{:?}: {}", status.code(), status.message()),
        }];
        if let Some(bad) = details.bad_request() {
            let violations = bad.field_violations.iter();
            lines.extend(violations.map(|v| format!("  {}: {}", v.field, v.description)));
        }
        if let Some(info) = details.error_info() {
            for (key, title) in [
                ("rule", "rule"),
                ("legal", "legal now"),
                ("fault", "whose fault"),
                ("entry", "ledger entry"),
                ("next", "what to do"),
            ] {
                if let Some(value) = info.metadata.get(key) {
                    lines.push(format!("  {title}: {value}"));
                }
            }
        }
        Self::Message(lines.join("\n"))
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text = format!("{text}: {inner}");
        source = inner.source();
    }
    text
}

/// All rows of a list that comes in pages: each is asked for by the token of the one before, the first by none.
///
/// # Errors
/// That of the first page that cannot be had.
pub(crate) async fn all_pages<T>(
    mut page: impl AsyncFnMut(String) -> Result<(Vec<T>, String), Failure>,
) -> Result<Vec<T>, Failure> {
    let mut rows = Vec::new();
    let mut token = String::new();
    loop {
        let (more, next) = page(token).await?;
        rows.extend(more);
        if next.is_empty() {
            return Ok(rows);
        }
        token = next;
    }
}

/// A new request id.
#[expect(
    clippy::disallowed_methods,
    reason = "the edge: a command is one request"
)]
pub(crate) fn new_request_id() -> String {
    uuid::Uuid::now_v7().hyphenated().to_string()
}

/// A moment for the wire.
pub(crate) fn wire_time(at: Timestamp) -> prost_types::Timestamp {
    prost_types::Timestamp {
        seconds: at.as_second(),
        nanos: at.subsec_nanosecond(),
    }
}
