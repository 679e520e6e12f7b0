//! The caller's side of TLS: 1.3 only, HTTP/2 only, nothing remembered.

use std::sync::Arc;

use tokio_rustls::rustls::client::Resumption;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ClientConfig, Error, RootCertStore, crypto, version};

use crate::reach::{Connected, NoWay};

/// A configuration that trusts these authorities and shows a certificate with its key, PKCS #8 DER, or nothing.
///
/// # Errors
/// A key that does not fit its certificate.
pub fn client_config(
    roots: RootCertStore,
    own: Option<(CertificateDer<'static>, Vec<u8>)>,
) -> Result<ClientConfig, Error> {
    let provider = Arc::new(crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&version::TLS13])?
        .with_root_certificates(roots);
    let mut config = match own {
        None => builder.with_no_client_auth(),
        Some((der, key)) => {
            builder.with_client_auth_cert(vec![der], PrivateKeyDer::Pkcs8(key.into()))?
        }
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    // Each connection proves both identities anew.
    config.resumption = Resumption::disabled();
    Ok(config)
}

/// A connection on which HTTP/2 was agreed.
///
/// # Errors
/// Where the endpoint agreed on nothing or something else.
pub fn speaking_http2(stream: Connected) -> Result<Connected, NoWay> {
    match stream.get_ref().1.alpn_protocol() {
        Some(b"h2") => Ok(stream),
        _ => Err(NoWay::Theirs(
            "it does not agree on HTTP/2 in the handshake (ALPN h2)".to_owned(),
        )),
    }
}
