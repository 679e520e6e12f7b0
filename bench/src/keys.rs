//! A throw-away authority: what a gateway's own authority is for its callers, for the others.

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, SanType,
};
use sandbox::identity::Identity;

use crate::Error;

/// The name under which every contender is reached.
pub const HOST: &str = "localhost";

/// An authority that lives as long as one comparison. Its keys are ECDSA P-256, as the gateway's.
#[derive(Debug)]
pub struct Authority {
    certificate: Certificate,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    /// Makes a new one.
    ///
    /// # Errors
    /// When the system's randomness fails.
    pub fn new() -> Result<Self, Error> {
        let key = KeyPair::generate()?;
        let mut params = named("shuqiao bench authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let certificate = params.self_signed(&key)?;
        Ok(Self {
            certificate,
            issuer: Issuer::new(params, key),
        })
    }

    /// Issues a certificate for a server or client on this machine.
    ///
    /// # Errors
    /// When the system's randomness fails.
    pub fn issue(&self, name: &str) -> Result<Identity, Error> {
        let key = KeyPair::generate()?;
        let mut params = named(name);
        params.is_ca = IsCa::ExplicitNoCa;
        params.use_authority_key_identifier_extension = true;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![
            ExtendedKeyUsagePurpose::ClientAuth,
            ExtendedKeyUsagePurpose::ServerAuth,
        ];
        params.subject_alt_names = vec![
            SanType::DnsName(HOST.try_into()?),
            SanType::IpAddress(std::net::Ipv4Addr::LOCALHOST.into()),
        ];
        Ok(Identity {
            certificate_pem: params.signed_by(&key, &self.issuer)?.pem(),
            key_pem: key.serialize_pem(),
            authority_pem: self.certificate.pem(),
        })
    }
}

fn named(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}
