//! The TLS side of a library: an authority of its own, no client certificates, HTTP/1.1.

use std::net::IpAddr;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;

/// The configuration for one address, and the authority that it can be trusted by.
pub(super) fn make(host: IpAddr) -> Result<(Arc<ServerConfig>, String), String> {
    let broken = |error: rcgen::Error| error.to_string();
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let key = KeyPair::generate().map_err(broken)?;
    let authority = params.self_signed(&key).map_err(broken)?;
    let issuer = Issuer::new(params, key);
    let key = KeyPair::generate().map_err(broken)?;
    let leaf = CertificateParams::new([host.to_string()]).map_err(broken)?;
    let leaf = leaf.signed_by(&key, &issuer).map_err(broken)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(|error| error.to_string())?
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], key)
        .map_err(|error| error.to_string())?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok((Arc::new(config), authority.pem()))
}
