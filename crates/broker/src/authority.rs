//! The certificate authority of the gateway: it alone says who a caller is.

use std::fmt;

use domain::credential::{Credential, Issuance, Principal};
use domain::fault::Cause;
use domain::name::Fingerprint;
use domain::subject::hex;
use identity::StandsFor;
use jiff::Timestamp;
use rustls_pki_types::CertificateDer;
use sha2::{Digest as _, Sha256};

pub use identity::{AuthorityError, LEAF_DAYS, OwnCertificate};

/// The authority: its certificate and its key, and the trust domain that it certifies for.
pub struct Authority {
    trust_domain: String,
    own: identity::Authority,
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

impl Authority {
    /// Makes a new authority for a trust domain, for example `shuqiao.shaoyang`.
    ///
    /// # Errors
    /// [`AuthorityError`].
    pub fn generate(trust_domain: &str, now: Timestamp) -> Result<Self, AuthorityError> {
        Ok(Self {
            trust_domain: trust_domain.to_owned(),
            own: identity::Authority::generate(&format!("{trust_domain} authority"), now)?,
        })
    }

    /// Reads an authority from its two PEM texts.
    ///
    /// # Errors
    /// [`AuthorityError`].
    pub fn load(trust_domain: &str, certificate: &str, key: &str) -> Result<Self, AuthorityError> {
        Ok(Self {
            trust_domain: trust_domain.to_owned(),
            own: identity::Authority::load(certificate, key)?,
        })
    }

    /// Its certificate, PEM.
    pub fn certificate_pem(&self) -> &str {
        self.own.certificate_pem()
    }

    /// Its certificate, DER.
    pub fn certificate_der(&self) -> &CertificateDer<'static> {
        self.own.certificate_der()
    }

    /// What tells it from others: SHA-256 of its certificate, hexadecimal.
    pub fn id(&self) -> String {
        id_of(self.certificate_der())
    }

    /// Its last moment.
    pub fn not_after(&self) -> Timestamp {
        self.own.not_after()
    }

    /// Its key, PEM. To be written once, to a file that only the gateway's user can read.
    pub fn key_pem(&self) -> &str {
        self.own.key_pem()
    }

    /// The URI that stands in a principal's certificate.
    pub fn uri(&self, principal: &Principal) -> String {
        principal.uri(&self.trust_domain)
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
        let signed = self.standing_for(principal, hosts, |stands_for| {
            self.own.sign(signing_request, stands_for, now)
        });
        let signed = signed.map_err(refused)?;
        let credential = Credential {
            name: fingerprint(&signed.der).map_err(|cause| refused(cause.to_string()))?,
            principal: principal.clone(),
            key_digest: signed.key_digest,
            not_before: signed.not_before,
            not_after: signed.not_after,
            revoked: None,
            issuance: Some(Issuance {
                authority: self.id(),
                hosts: hosts.to_vec(),
                renews: None,
                external: false,
            }),
        };
        Ok(Issued {
            pem: signed.pem,
            der: signed.der,
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
        self.standing_for(principal, hosts, |stands_for| {
            self.own.certificate(stands_for, now)
        })
    }

    fn standing_for<T>(
        &self,
        principal: &Principal,
        hosts: &[String],
        work: impl FnOnce(&StandsFor<'_>) -> T,
    ) -> T {
        work(&StandsFor {
            name: &principal.to_string(),
            uri: &self.uri(principal),
            hosts,
        })
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

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{
        BasicConstraints, CertificateParams, CertificateSigningRequestParams, IsCa, KeyPair,
        KeyUsagePurpose,
    };

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
