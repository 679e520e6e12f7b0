//! An authority that certifies keys: its own certificate and key, and what it signs.

use std::fmt;
use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, DistinguishedName,
    DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, PublicKeyData,
    SanType, SerialNumber,
};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;

use crate::folder::Identity;
use crate::key;

/// A TLS certificate lives so long.
pub const LEAF_DAYS: i64 = 30;
const AUTHORITY_DAYS: i64 = 3650;
/// Clocks of two machines may differ by so much.
const SKEW: SignedDuration = SignedDuration::from_mins(5);

/// An authority.
pub struct Authority {
    certificate_pem: String,
    certificate_der: CertificateDer<'static>,
    key_pem: String,
    not_after: Timestamp,
    issuer: Issuer<'static, KeyPair>,
}

/// What a certificate stands for.
#[derive(Clone, Copy, Debug)]
pub struct StandsFor<'a> {
    /// Its common name, for people.
    pub name: &'a str,
    /// The one URI in it.
    pub uri: &'a str,
    /// Names and addresses of a server; none for who only asks.
    pub hosts: &'a [String],
}

/// A certificate on somebody's request.
#[derive(Clone, Debug)]
pub struct Signed {
    /// The certificate, PEM.
    pub pem: String,
    /// The certificate, DER.
    pub der: CertificateDer<'static>,
    /// SHA-256 of the public key, hexadecimal.
    pub key_digest: String,
    /// Its first moment.
    pub not_before: Timestamp,
    /// Its last moment.
    pub not_after: Timestamp,
}

/// A certificate with a key that was made for it, in memory.
pub struct OwnCertificate {
    /// The certificate, DER.
    pub der: CertificateDer<'static>,
    /// The key, PKCS #8 DER.
    pub key: Vec<u8>,
    /// Its first moment.
    pub not_before: Timestamp,
    /// Its last moment.
    pub not_after: Timestamp,
    pem: String,
    key_pem: String,
}

/// The authority could not be made, read or used.
#[derive(Debug, thiserror::Error)]
#[error("the certificate authority cannot be used: {0}")]
pub struct AuthorityError(String);

impl From<rcgen::Error> for AuthorityError {
    fn from(error: rcgen::Error) -> Self {
        Self(error.to_string())
    }
}

impl Authority {
    /// Makes a new authority of this common name.
    ///
    /// # Errors
    /// [`AuthorityError`].
    pub fn generate(name: &str, now: Timestamp) -> Result<Self, AuthorityError> {
        let key = KeyPair::generate()?;
        let mut params = base_params(name, now, AUTHORITY_DAYS)?;
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let certificate = params.self_signed(&key)?;
        Self::load(&certificate.pem(), &key.serialize_pem())
    }

    /// Reads an authority from its two PEM texts.
    ///
    /// # Errors
    /// [`AuthorityError`].
    pub fn load(certificate: &str, key: &str) -> Result<Self, AuthorityError> {
        let der = CertificateDer::from_pem_slice(certificate.as_bytes())
            .map_err(|_| AuthorityError("the authority's certificate is not PEM".to_owned()))?;
        let key_pair = KeyPair::from_pem(key)?;
        let not_after = end_of(&der, &key_pair)?;
        let issuer = Issuer::from_ca_cert_pem(certificate, key_pair)?;
        Ok(Self {
            not_after,
            certificate_pem: certificate.to_owned(),
            certificate_der: der,
            key_pem: key.to_owned(),
            issuer,
        })
    }

    /// Its certificate, PEM.
    pub fn certificate_pem(&self) -> &str {
        &self.certificate_pem
    }

    /// Its certificate, DER.
    pub fn certificate_der(&self) -> &CertificateDer<'static> {
        &self.certificate_der
    }

    /// Its last moment.
    pub fn not_after(&self) -> Timestamp {
        self.not_after
    }

    /// Its key, PEM. To be written once, to a file that only its user can read.
    pub fn key_pem(&self) -> &str {
        &self.key_pem
    }

    /// The authority as an identity that trusts itself, to be kept in a folder.
    pub fn identity(&self) -> Identity {
        Identity {
            certificate: self.certificate_pem.clone(),
            key: self.key_pem.clone(),
            authority: self.certificate_pem.clone(),
        }
    }

    /// Signs a request. Only its public key is taken; names, usages and validity are ours.
    ///
    /// # Errors
    /// What is wrong with the request, in one sentence.
    pub fn sign(
        &self,
        signing_request: &str,
        stands_for: &StandsFor<'_>,
        now: Timestamp,
    ) -> Result<Signed, String> {
        // Parsing also checks the request's signature: whoever asks holds the key.
        let mut request = CertificateSigningRequestParams::from_pem(signing_request)
            .map_err(|error| format!("the signing request cannot be used: {error}"))?;
        let strong = [
            &rcgen::PKCS_ECDSA_P256_SHA256,
            &rcgen::PKCS_ECDSA_P384_SHA384,
            &rcgen::PKCS_ED25519,
        ];
        if !strong.contains(&request.public_key.algorithm()) {
            return Err("the key must be ECDSA P-256, ECDSA P-384 or Ed25519".to_owned());
        }
        let key_digest = key::digest(&request.public_key.subject_public_key_info());
        request.params = stands_for.params(now).map_err(|error| error.to_string())?;
        let (not_before, not_after) = (request.params.not_before, request.params.not_after);
        let certificate = request
            .signed_by(&self.issuer)
            .map_err(|error| error.to_string())?;
        Ok(Signed {
            pem: certificate.pem(),
            der: certificate.der().clone(),
            key_digest,
            not_before: timestamp(not_before),
            not_after: timestamp(not_after),
        })
    }

    /// A certificate with a new key that lives in memory only.
    ///
    /// # Errors
    /// [`AuthorityError`].
    pub fn certificate(
        &self,
        stands_for: &StandsFor<'_>,
        now: Timestamp,
    ) -> Result<OwnCertificate, AuthorityError> {
        let key = KeyPair::generate()?;
        let params = stands_for.params(now)?;
        let (not_before, not_after) = (params.not_before, params.not_after);
        let certificate = params.signed_by(&key, &self.issuer)?;
        Ok(OwnCertificate {
            not_before: timestamp(not_before),
            not_after: timestamp(not_after),
            der: certificate.der().clone(),
            key: key.serialize_der(),
            pem: certificate.pem(),
            key_pem: key.serialize_pem(),
        })
    }
}

impl OwnCertificate {
    /// From then on another one is to be made: in the last third of its life.
    pub fn renew_after(&self) -> Timestamp {
        let life = self.not_after.duration_since(self.not_before);
        self.not_after - life / 3
    }

    /// The same as an identity that trusts these certificates, PEM, to be kept in a folder.
    pub fn into_identity(self, authority: &str) -> Identity {
        Identity {
            certificate: self.pem,
            key: self.key_pem,
            authority: authority.to_owned(),
        }
    }
}

impl fmt::Debug for OwnCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OwnCertificate(until {})", self.not_after)
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Authority(until {})", self.not_after)
    }
}

impl StandsFor<'_> {
    fn params(&self, now: Timestamp) -> Result<CertificateParams, AuthorityError> {
        let mut params = base_params(self.name, now, LEAF_DAYS)?;
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        params.subject_alt_names = vec![SanType::URI(self.uri.try_into()?)];
        if !self.hosts.is_empty() {
            params
                .extended_key_usages
                .push(ExtendedKeyUsagePurpose::ServerAuth);
        }
        for host in self.hosts {
            params.subject_alt_names.push(match host.parse::<IpAddr>() {
                Ok(address) => SanType::IpAddress(address),
                Err(_) => SanType::DnsName(host.as_str().try_into()?),
            });
        }
        Ok(params)
    }
}

/// The last moment of a certificate, which must be that of the key.
fn end_of(der: &CertificateDer<'_>, key: &KeyPair) -> Result<Timestamp, AuthorityError> {
    let broken = |what: &str| AuthorityError(what.to_owned());
    let (_, parsed) = x509_parser::parse_x509_certificate(der)
        .map_err(|_| broken("the authority's certificate cannot be read"))?;
    if parsed.public_key().raw != key.subject_public_key_info() {
        return Err(broken("the authority's certificate is not that of its key"));
    }
    Timestamp::from_second(parsed.validity().not_after.timestamp())
        .map_err(|_| broken("the authority's certificate ends at no moment"))
}

fn base_params(name: &str, now: Timestamp, days: i64) -> Result<CertificateParams, AuthorityError> {
    use rand_core::RngCore as _;
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = offset(now - SKEW)?;
    params.not_after = offset(now + SignedDuration::from_hours(24 * days))?;
    params.use_authority_key_identifier_extension = true;
    let mut serial = [0_u8; 16];
    rand_core::OsRng.fill_bytes(&mut serial);
    // A serial number is a positive integer: the top bit must be clear (RFC 5280, 4.1.2.2).
    if let Some(first) = serial.first_mut() {
        *first &= 0x7f;
    }
    params.serial_number = Some(SerialNumber::from_slice(&serial));
    Ok(params)
}

fn offset(at: Timestamp) -> Result<time::OffsetDateTime, AuthorityError> {
    time::OffsetDateTime::from_unix_timestamp(at.as_second())
        .map_err(|_| AuthorityError("the time is out of range".to_owned()))
}

fn timestamp(at: time::OffsetDateTime) -> Timestamp {
    Timestamp::from_second(at.unix_timestamp()).unwrap_or(Timestamp::UNIX_EPOCH)
}
