//! TLS certificates of databases, and the authority that vouches for them.

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, KeyUsagePurpose};

/// An authority of one's own.
#[derive(Debug)]
pub struct Voucher {
    /// Its certificate, as an operator lays it down.
    pub authority_pem: String,
    issuer: Issuer<'static, KeyPair>,
}

/// What a server shows.
#[derive(Debug)]
pub struct Shown {
    /// Its certificate.
    pub certificate_pem: String,
    /// The key of it.
    pub key_pem: String,
}

impl Voucher {
    /// A new one.
    ///
    /// # Panics
    /// Never.
    #[must_use]
    pub fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let key = KeyPair::generate().unwrap();
        let authority_pem = params.self_signed(&key).unwrap().pem();
        Self {
            authority_pem,
            issuer: Issuer::new(params, key),
        }
    }

    /// A certificate for a server that is known by this name or number.
    ///
    /// # Panics
    /// When it can be none.
    #[must_use]
    pub fn vouch(&self, host: &str) -> Shown {
        let params = CertificateParams::new([host.to_owned()]).unwrap();
        let key = KeyPair::generate().unwrap();
        Shown {
            certificate_pem: params.signed_by(&key, &self.issuer).unwrap().pem(),
            key_pem: key.serialize_pem(),
        }
    }
}

impl Default for Voucher {
    fn default() -> Self {
        Self::new()
    }
}
