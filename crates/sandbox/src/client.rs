//! Connecting to the gateway: mutual TLS to an authority that was handed over by other means.

use std::error::Error;
use std::time::Duration;

use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint};

use crate::identity::Identity;

/// Also bounds the TLS handshake.
const CONNECT: Duration = Duration::from_secs(5);

/// Where the gateway is and how it proves that it is the gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatewayAddress {
    /// Host and port, for example `127.0.0.1:8443`.
    pub address: String,
    /// The name or address that the gateway's TLS certificate must carry.
    pub server_name: String,
    /// The gateway's certificate authority, PEM; the only one that is trusted.
    pub authority_pem: String,
}

/// The gateway could not be reached, or is not the gateway.
#[derive(Debug, thiserror::Error)]
#[error("cannot connect to the gateway at {address}: {cause}")]
pub struct ConnectError {
    /// The address that was tried.
    pub address: String,
    /// What went wrong, from the outermost cause to the innermost.
    pub cause: String,
}

/// Connects to the gateway, with an identity or, for enrolment only, without.
///
/// The channel is cheap to clone and connects again by itself. The gateway looks at a client's
/// certificate after the handshake (TLS 1.3), so a refused one shows on the first call, not here.
///
/// # Errors
/// [`ConnectError`].
pub async fn connect(
    gateway: &GatewayAddress,
    identity: Option<&Identity>,
) -> Result<Channel, ConnectError> {
    let failed = |error: tonic::transport::Error| ConnectError {
        address: gateway.address.clone(),
        cause: chain(&error),
    };
    let mut tls = ClientTlsConfig::new()
        .ca_certificate(Certificate::from_pem(&gateway.authority_pem))
        .domain_name(&gateway.server_name)
        .timeout(CONNECT);
    if let Some(own) = identity {
        tls = tls.identity(tonic::transport::Identity::from_pem(
            &own.certificate_pem,
            &own.key_pem,
        ));
    }
    Endpoint::from_shared(format!("https://{}", gateway.address))
        .and_then(|endpoint| endpoint.tls_config(tls))
        .map_err(failed)?
        .connect_timeout(CONNECT)
        .tcp_nodelay(true)
        .http2_keep_alive_interval(Duration::from_secs(20))
        .keep_alive_timeout(Duration::from_secs(5))
        .connect()
        .await
        .map_err(failed)
}

/// A request that says how long its caller waits (`grpc-timeout`). The gateway refuses any without.
pub fn with_deadline<T>(message: T, wait: Duration) -> tonic::Request<T> {
    let mut request = tonic::Request::new(message);
    request.set_timeout(wait);
    request
}

/// tonic's own text is "transport error"; the reason stands in the sources.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text = format!("{text}: {inner}");
        source = inner.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_travels_as_grpc_timeout() {
        let request = with_deadline((), Duration::from_secs(2));
        assert_eq!(request.metadata().get("grpc-timeout").unwrap(), "2000000u");
    }

    #[tokio::test]
    async fn the_error_names_the_address_and_the_cause() {
        // Bound and closed again: nobody listens there.
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let gateway = GatewayAddress {
            address: format!("127.0.0.1:{port}"),
            server_name: "127.0.0.1".to_owned(),
            authority_pem: crate::tests::authority::TestAuthority::new().certificate_pem(),
        };
        let error = connect(&gateway, None).await.unwrap_err().to_string();
        assert!(
            error.contains(&gateway.address) && error.contains("refused"),
            "{error}"
        );
    }
}
