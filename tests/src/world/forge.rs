//! Certificates that the gateway did not issue: of its own authority's key, and of a stranger's.

use std::path::Path;

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, SanType,
};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use sandbox::identity::Identity;

/// Somebody who can sign certificates.
#[derive(Debug)]
pub struct Forge {
    authority_pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Forge {
    /// Whoever got hold of the key in a data folder that callers' certificates are signed with.
    ///
    /// # Panics
    /// When it is not there.
    #[must_use]
    pub fn with_stolen_key(data: &Path) -> Self {
        Self::with_key_of(data, "authority")
    }

    /// Whoever got hold of the key that the gateway's own certificate is signed with.
    ///
    /// # Panics
    /// When it is not there.
    #[must_use]
    pub fn with_stolen_own_key(data: &Path) -> Self {
        Self::with_key_of(data, "gateway")
    }

    /// Another authority under the very name of the gateway's.
    ///
    /// # Panics
    /// Never.
    #[must_use]
    pub fn of_the_same_name(trust_domain: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.distinguished_name = common_name(&format!("{trust_domain} authority"));
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let authority_pem = params.self_signed(&key).unwrap().pem();
        Self {
            issuer: Issuer::from_ca_cert_pem(&authority_pem, key).unwrap(),
            authority_pem,
        }
    }

    fn with_key_of(data: &Path, name: &str) -> Self {
        let read = |suffix: &str| {
            let file = format!("{name}.{suffix}");
            std::fs::read_to_string(data.join("keys").join(file)).unwrap()
        };
        let key = KeyPair::from_pem(&read("key")).unwrap();
        let authority_pem = read("pem");
        let issuer = Issuer::from_ca_cert_pem(&authority_pem, key).unwrap();
        Self {
            authority_pem,
            issuer,
        }
    }

    /// A certificate that looks like a caller's, but for the change.
    ///
    /// # Panics
    /// When it cannot be signed.
    #[must_use]
    pub fn certificate(&self, change: impl FnOnce(&mut CertificateParams)) -> Identity {
        let mut params = CertificateParams::default();
        params.distinguished_name = common_name("operators/owner");
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        params.subject_alt_names = vec![uri("spiffe://shuqiao.shaoyang/operators/owner")];
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(2099, 1, 1);
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        Identity {
            certificate_pem: params.signed_by(&key, &self.issuer).unwrap().pem(),
            key_pem: key.serialize_pem(),
            authority_pem: self.authority_pem.clone(),
        }
    }
}

/// A URI as an alternative name.
///
/// # Panics
/// When it is not ASCII.
#[must_use]
pub fn uri(text: &str) -> SanType {
    SanType::URI(text.try_into().unwrap())
}

/// The bytes of a certificate.
///
/// # Panics
/// When it is not PEM.
#[must_use]
pub fn certificate_der(pem: &str) -> CertificateDer<'static> {
    CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()
}

fn common_name(name: &str) -> DistinguishedName {
    let mut names = DistinguishedName::new();
    names.push(DnType::CommonName, name);
    names
}
