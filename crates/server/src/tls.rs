//! TLS of the gateway's listener: 1.3 only, no resumption, and a look at the leaf of our own.

use std::sync::Arc;

use broker::authority::{AuthorityError, OwnCertificate, fingerprint};
use domain::name::Fingerprint;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::{RootCertStore, ServerConfig};
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::X509Certificate;

/// Who is at the other end of a connection.
#[derive(Clone, Debug)]
pub(crate) enum Peer {
    /// Nobody: no client certificate was presented.
    Anonymous,
    /// A certificate of our authority with the profile of a caller.
    Certificate(Fingerprint),
    /// A certificate of our authority that is not a caller's.
    Unfit(&'static str),
}

/// The listener's TLS.
///
/// # Errors
/// [`TlsError`] when an authority cannot be trusted or the certificate not used.
pub(crate) fn server_config(
    trusted: Vec<CertificateDer<'static>>,
    own: OwnCertificate,
) -> Result<ServerConfig, TlsError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = RootCertStore::empty();
    for one in trusted {
        roots.add(one)?;
    }
    let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), Arc::clone(&provider))
        // Enrolment has no certificate yet; every other method demands one, request by request.
        .allow_unauthenticated()
        .build()?;
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_client_cert_verifier(verifier)
        .with_single_cert(vec![own.der], PrivateKeyDer::Pkcs8(own.key.into()))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    // A resumed session presents no certificate, so it would outlive expiry and revocation.
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    config.max_early_data_size = 0;
    Ok(config)
}

/// The listener's TLS cannot be set up.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TlsError {
    /// rustls refuses.
    #[error("TLS cannot be set up: {0}")]
    Rustls(#[from] rustls::Error),
    /// The verifier cannot be built.
    #[error("TLS cannot be set up: {0}")]
    Verifier(#[from] rustls::server::VerifierBuilderError),
    /// The authority cannot issue.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
}

/// Looks at the leaf that webpki accepted. webpki takes certificates that no caller should hold:
/// without an extended key usage, with several names, with the right to sign others.
///
/// A certificate of an external authority carries no identity of ours; `is_registered` tells whether the registry
/// knows this very one.
pub(crate) fn inspect(
    chain: Option<&[CertificateDer<'_>]>,
    is_registered: impl Fn(&Fingerprint) -> bool,
) -> Peer {
    let Some(leaf) = chain.and_then(<[CertificateDer<'_>]>::first) else {
        return Peer::Anonymous;
    };
    let Ok((_, parsed)) = x509_parser::parse_x509_certificate(leaf) else {
        return Peer::Unfit("the certificate cannot be read");
    };
    let Ok(name) = fingerprint(leaf) else {
        return Peer::Unfit("the certificate has no fingerprint");
    };
    match profile_fault(&parsed, is_registered(&name)) {
        Some(fault) => Peer::Unfit(fault),
        None => Peer::Certificate(name),
    }
}

fn profile_fault(leaf: &X509Certificate<'_>, is_registered: bool) -> Option<&'static str> {
    let usage = leaf.key_usage().ok().flatten();
    let extended = leaf.extended_key_usage().ok().flatten();
    let names = leaf.subject_alternative_name().ok().flatten();
    let uris = names.map_or(0, |names| {
        let is_uri = |name: &&GeneralName<'_>| {
            matches!(name, GeneralName::URI(uri) if uri.starts_with("spiffe://"))
        };
        names.value.general_names.iter().filter(is_uri).count()
    });
    if leaf.is_ca() {
        return Some("the certificate is an authority's");
    }
    if uris != 1 && !is_registered {
        return Some("the certificate does not carry exactly one identity");
    }
    match usage {
        Some(usage) if usage.value.key_cert_sign() || usage.value.crl_sign() => {
            return Some("the certificate may sign others");
        }
        Some(usage) if usage.value.digital_signature() => {}
        _ => return Some("the certificate may not sign a handshake"),
    }
    match extended {
        Some(extended) if extended.value.client_auth && !extended.value.any => None,
        _ => Some("the certificate is not made for clients"),
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{
        BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, KeyPair,
        KeyUsagePurpose, SanType,
    };

    use super::*;

    type Change = fn(&mut CertificateParams);

    fn good() -> CertificateParams {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        params.subject_alt_names = vec![SanType::URI("spiffe://t/systems/abc".try_into().unwrap())];
        params
    }

    fn seen_as(params: &CertificateParams, is_registered: bool) -> Peer {
        let key = KeyPair::generate().unwrap();
        let own = params.self_signed(&key).unwrap().der().clone();
        inspect(Some(&[own]), |_| is_registered)
    }

    fn seen(params: &CertificateParams) -> Peer {
        seen_as(params, false)
    }

    #[test]
    fn a_registered_one_needs_no_identity_of_ours_and_the_rest_all_the_same() {
        let mut params = good();
        params.subject_alt_names.clear();
        assert!(matches!(seen_as(&params, true), Peer::Certificate(_)));
        params.key_usages.push(KeyUsagePurpose::KeyCertSign);
        assert!(matches!(seen_as(&params, true), Peer::Unfit(_)));
    }

    #[test]
    fn only_a_callers_profile_is_taken() {
        assert!(matches!(seen(&good()), Peer::Certificate(_)));
        assert!(matches!(inspect(None, |_| false), Peer::Anonymous));
        let changes: [(&str, Change); 7] = [
            ("no extended usage", |p| p.extended_key_usages.clear()),
            ("server only", |p| {
                p.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
            }),
            ("any usage", |p| {
                p.extended_key_usages.push(ExtendedKeyUsagePurpose::Any);
            }),
            ("authority", |p| {
                p.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            }),
            ("may sign", |p| {
                p.key_usages.push(KeyUsagePurpose::KeyCertSign);
            }),
            ("no identity", |p| p.subject_alt_names.clear()),
            ("two identities", |p| {
                p.subject_alt_names
                    .push(SanType::URI("spiffe://t/systems/xyz".try_into().unwrap()));
            }),
        ];
        for (name, change) in changes {
            let mut params = good();
            change(&mut params);
            assert!(matches!(seen(&params), Peer::Unfit(_)), "{name}");
        }
    }
}
