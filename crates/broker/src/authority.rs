//! The certificate authority of the gateway: it alone says who a caller is.

use std::fmt;
use std::net::IpAddr;

use domain::credential::{Credential, Issuance, Principal};
use domain::fault::Cause;
use domain::name::Fingerprint;
use domain::subject::hex;
use jiff::{SignedDuration, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, DistinguishedName,
    DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, PublicKeyData,
    SanType, SerialNumber,
};
use rustls_pki_types::CertificateDer;
use sha2::{Digest as _, Sha256};

/// A caller's or provider's TLS certificate lives so long.
pub const LEAF_DAYS: i64 = 30;
const AUTHORITY_DAYS: i64 = 3650;
/// Clocks of two machines may differ by so much.
const SKEW: SignedDuration = SignedDuration::from_mins(5);

/// The authority: its certificate and its key.
pub struct Authority {
    trust_domain: String,
    certificate_pem: String,
    certificate_der: CertificateDer<'static>,
    key_pem: String,
    not_after: Timestamp,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate as issued.
#[derive(Clone, Debug)]
pub struct Issued {
    /// The certificate, PEM.
    pub pem: String,
    /// The certificate, DER.
    pub der: CertificateDer<'static>,
    /// What the registry keeps of it.
    pub credential: Credential,
}

/// A certificate of the gateway itself with its key; both live in memory only.
#[derive(Debug)]
pub struct OwnCertificate {
    /// The certificate, DER.
    pub der: CertificateDer<'static>,
    /// The key, PKCS #8 DER.
    pub key: Vec<u8>,
    /// Its first moment.
    pub not_before: Timestamp,
    /// Its last moment.
    pub not_after: Timestamp,
}

impl OwnCertificate {
    /// From then on another one is to be made: in the last third of its life.
    pub fn renew_after(&self) -> Timestamp {
        let life = self.not_after.duration_since(self.not_before);
        self.not_after - life / 3
    }
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
    /// Makes a new authority for a trust domain, for example `shuqiao.shaoyang`.
    ///
    /// # Errors
    /// [`AuthorityError`].
    pub fn generate(trust_domain: &str, now: Timestamp) -> Result<Self, AuthorityError> {
        let key = KeyPair::generate()?;
        let mut params = base_params(&format!("{trust_domain} authority"), now, AUTHORITY_DAYS)?;
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let certificate = params.self_signed(&key)?;
        Self::load(trust_domain, &certificate.pem(), &key.serialize_pem())
    }

    /// Reads an authority from its two PEM texts.
    ///
    /// # Errors
    /// [`AuthorityError`].
    pub fn load(trust_domain: &str, certificate: &str, key: &str) -> Result<Self, AuthorityError> {
        use rustls_pki_types::pem::PemObject as _;
        let der = CertificateDer::from_pem_slice(certificate.as_bytes())
            .map_err(|_| AuthorityError("the authority's certificate is not PEM".to_owned()))?;
        let key_pair = KeyPair::from_pem(key)?;
        let not_after = end_of(&der, &key_pair)?;
        let issuer = Issuer::from_ca_cert_pem(certificate, key_pair)?;
        Ok(Self {
            not_after,
            trust_domain: trust_domain.to_owned(),
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

    /// What tells it from others: SHA-256 of its certificate, hexadecimal.
    pub fn id(&self) -> String {
        id_of(&self.certificate_der)
    }

    /// Its last moment.
    pub fn not_after(&self) -> Timestamp {
        self.not_after
    }

    /// Its key, PEM. To be written once, to a file that only the gateway's user can read.
    pub fn key_pem(&self) -> &str {
        &self.key_pem
    }

    /// The URI that stands in a principal's certificate.
    pub fn uri(&self, principal: &Principal) -> String {
        format!("spiffe://{}/{principal}", self.trust_domain)
    }

    /// Issues a certificate on a signing request. Only its public key is taken; names, usages and
    /// validity are ours. `hosts` are the addresses of a provider's own endpoint.
    ///
    /// # Errors
    /// A cause that says what is wrong with the request.
    pub fn issue(
        &self,
        signing_request: &str,
        principal: &Principal,
        hosts: &[String],
        now: Timestamp,
    ) -> Result<Issued, Cause> {
        let refused = |message: String| Cause::new("SIGNING_REQUEST_REFUSED", message);
        // Parsing also checks the request's signature: whoever asks holds the key.
        let mut request = CertificateSigningRequestParams::from_pem(signing_request)
            .map_err(|error| refused(format!("the signing request cannot be used: {error}")))?;
        let strong = [
            &rcgen::PKCS_ECDSA_P256_SHA256,
            &rcgen::PKCS_ECDSA_P384_SHA384,
            &rcgen::PKCS_ED25519,
        ];
        if !strong.contains(&request.public_key.algorithm()) {
            return Err(refused(
                "the key must be ECDSA P-256, ECDSA P-384 or Ed25519".to_owned(),
            ));
        }
        let key_digest = hex(&Sha256::digest(
            request.public_key.subject_public_key_info(),
        ));
        request.params = self
            .leaf_params(principal, hosts, now)
            .map_err(|error| refused(error.to_string()))?;
        let (not_before, not_after) = (request.params.not_before, request.params.not_after);
        let certificate = request
            .signed_by(&self.issuer)
            .map_err(|error| refused(error.to_string()))?;
        let credential = Credential {
            name: fingerprint(certificate.der()).map_err(|cause| refused(cause.to_string()))?,
            principal: principal.clone(),
            key_digest,
            not_before: timestamp(not_before),
            not_after: timestamp(not_after),
            revoked: None,
            issuance: Some(Issuance {
                authority: self.id(),
                hosts: hosts.to_vec(),
                renews: None,
                external: false,
            }),
        };
        Ok(Issued {
            pem: certificate.pem(),
            der: certificate.der().clone(),
            credential,
        })
    }

    /// A certificate of the gateway itself: for its listener, and towards providers.
    ///
    /// # Errors
    /// [`AuthorityError`].
    pub fn own_certificate(
        &self,
        hosts: &[String],
        now: Timestamp,
    ) -> Result<OwnCertificate, AuthorityError> {
        self.certificate_of(&Principal::Gateway, hosts, now)
    }

    /// A certificate of a principal with a key that lives in memory only. Nobody who looks certificates up in the
    /// registry takes it.
    ///
    /// # Errors
    /// [`AuthorityError`].
    pub(crate) fn certificate_of(
        &self,
        principal: &Principal,
        hosts: &[String],
        now: Timestamp,
    ) -> Result<OwnCertificate, AuthorityError> {
        let key = KeyPair::generate()?;
        let params = self.leaf_params(principal, hosts, now)?;
        let (not_before, not_after) = (params.not_before, params.not_after);
        let certificate = params.signed_by(&key, &self.issuer)?;
        Ok(OwnCertificate {
            not_before: timestamp(not_before),
            not_after: timestamp(not_after),
            der: certificate.der().clone(),
            key: key.serialize_der(),
        })
    }

    fn leaf_params(
        &self,
        principal: &Principal,
        hosts: &[String],
        now: Timestamp,
    ) -> Result<CertificateParams, AuthorityError> {
        let mut params = base_params(&principal.to_string(), now, LEAF_DAYS)?;
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        params.subject_alt_names = vec![SanType::URI(self.uri(principal).try_into()?)];
        if !hosts.is_empty() {
            params
                .extended_key_usages
                .push(ExtendedKeyUsagePurpose::ServerAuth);
        }
        for host in hosts {
            params.subject_alt_names.push(match host.parse::<IpAddr>() {
                Ok(address) => SanType::IpAddress(address),
                Err(_) => SanType::DnsName(host.as_str().try_into()?),
            });
        }
        Ok(params)
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Authority({})", self.trust_domain)
    }
}

/// What tells an authority from others: SHA-256 of its certificate, hexadecimal.
pub(crate) fn id_of(der: &[u8]) -> String {
    hex(&Sha256::digest(der))
}

/// The name of a certificate: the SHA-256 of its DER form.
///
/// # Errors
/// Never; the name's rule is asked once more.
pub fn fingerprint(der: &[u8]) -> Result<Fingerprint, Cause> {
    Fingerprint::from_id(&hex(&Sha256::digest(der)))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn request(params: &CertificateParams, key: &KeyPair) -> String {
        params.serialize_request(key).unwrap().pem().unwrap()
    }

    #[test]
    fn only_the_key_of_a_request_is_taken() {
        let now: Timestamp = "2022-06-01T00:00:00Z".parse().unwrap();
        let authority = Authority::generate("test", now).unwrap();
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec!["evil.example".to_owned()]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let auditor = Principal::Auditor {
            account: domain::name::Account::parse("li").unwrap(),
        };
        let issued = authority
            .issue(&request(&params, &key), &auditor, &[], now)
            .unwrap();
        let (_, parsed) = x509_parser::parse_x509_certificate(&issued.der).unwrap();
        assert!(!parsed.is_ca());
        let text = format!(
            "{:?}",
            parsed.subject_alternative_name().unwrap().unwrap().value
        );
        assert!(
            text.contains("spiffe://test/auditors/li") && !text.contains("evil"),
            "{text}"
        );
        assert!(!parsed.key_usage().unwrap().unwrap().value.key_cert_sign());
    }

    #[test]
    fn a_broken_request_is_refused() {
        let now = Timestamp::UNIX_EPOCH;
        let authority = Authority::generate("test", now).unwrap();
        let refused = authority.issue("nothing", &Principal::Gateway, &[], now);
        assert!(refused.is_err());
        // Signed by one key, asking for another: no proof of possession.
        let key = KeyPair::generate().unwrap();
        let good = CertificateParams::default()
            .serialize_request(&key)
            .unwrap();
        let mut der = good.der().to_vec();
        let last = der.len() - 1;
        der[last] ^= 1;
        let params = CertificateSigningRequestParams::from_der(&der.into());
        assert!(params.is_err());
    }
}
