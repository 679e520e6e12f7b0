//! Keys: made here, and compared with certificates.

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use sha2_kept::{Digest as _, Sha256};

use crate::fault::FolderError;

/// A new ECDSA P-256 key and a signing request for it, both PEM. The request names nobody: who asks says the token or
/// the present certificate.
pub(crate) fn generate() -> Result<(String, String), FolderError> {
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256)?;
    let mut params = rcgen::CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    let request = params.serialize_request(&key)?.pem()?;
    Ok((key.serialize_pem(), request))
}

/// The certificate of a PEM text; none when there is none.
pub(crate) fn certificate(pem: &str) -> Option<CertificateDer<'static>> {
    CertificateDer::from_pem_slice(pem.as_bytes()).ok()
}

/// Whether a key, PEM, is the one that a certificate, PEM, was made for.
pub(crate) fn belongs(key: &str, pem: &str) -> bool {
    let Some(der) = certificate(pem) else {
        return false;
    };
    let Ok((_, parsed)) = x509_parser::parse_x509_certificate(&der) else {
        return false;
    };
    let Ok(key) = rcgen::KeyPair::from_pem(key) else {
        return false;
    };
    rcgen::PublicKeyData::subject_public_key_info(&key) == parsed.public_key().raw
}

/// SHA-256, hexadecimal.
pub(crate) fn digest(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(64);
    for byte in Sha256::digest(bytes) {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}
