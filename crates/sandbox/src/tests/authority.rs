//! A certificate authority in the gateway's place.

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CertificateSigningRequestParams,
    DistinguishedName, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, SanType,
};

use crate::identity::Identity;

pub(crate) struct TestAuthority {
    certificate: Certificate,
    issuer: Issuer<'static, KeyPair>,
}

impl TestAuthority {
    pub(crate) fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let certificate = params.self_signed(&key).unwrap();
        Self {
            certificate,
            issuer: Issuer::new(params, key),
        }
    }

    pub(crate) fn certificate_pem(&self) -> String {
        self.certificate.pem()
    }

    /// The identity under which the gateway calls.
    pub(crate) fn gateway(&self) -> Identity {
        self.issue(&["spiffe://test/gateway"], &["127.0.0.1"])
    }

    /// A certificate with these URIs and addresses, and its key.
    pub(crate) fn issue(&self, uris: &[&str], hosts: &[&str]) -> Identity {
        let key = KeyPair::generate().unwrap();
        let certificate = leaf(uris, hosts).signed_by(&key, &self.issuer).unwrap();
        Identity {
            certificate_pem: certificate.pem(),
            key_pem: key.serialize_pem(),
            authority_pem: self.certificate_pem(),
        }
    }

    /// A certificate on a signing request; only its key is taken.
    pub(crate) fn sign(&self, request: &str, uri: &str, hosts: &[&str]) -> String {
        let mut request = CertificateSigningRequestParams::from_pem(request).unwrap();
        request.params = leaf(&[uri], hosts);
        request.signed_by(&self.issuer).unwrap().pem()
    }
}

fn leaf(uris: &[&str], hosts: &[&str]) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![
        ExtendedKeyUsagePurpose::ClientAuth,
        ExtendedKeyUsagePurpose::ServerAuth,
    ];
    let uris = uris
        .iter()
        .map(|uri| SanType::URI((*uri).try_into().unwrap()));
    let hosts = hosts
        .iter()
        .map(|host| SanType::IpAddress(host.parse().unwrap()));
    params.subject_alt_names = uris.chain(hosts).collect();
    params
}
