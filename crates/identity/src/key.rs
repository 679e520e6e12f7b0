//! Keys: made here, and compared with certificates.

use std::net::IpAddr;

use jiff::Timestamp;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use sha2_kept::{Digest as _, Sha256};
use x509_parser::extensions::GeneralName;

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

/// Whether a certificate, PEM, stands for this URI alone and for all of these hosts, and is not in the last third of
/// its life.
pub(crate) fn is_good_for(pem: &str, uri: &str, hosts: &[String], now: Timestamp) -> bool {
    let Some(der) = certificate(pem) else {
        return false;
    };
    let Ok((_, parsed)) = x509_parser::parse_x509_certificate(&der) else {
        return false;
    };
    let Ok(Some(names)) = parsed.subject_alternative_name() else {
        return false;
    };
    let names = &names.value.general_names;
    let carries = |host: &String| {
        let address = host.parse::<IpAddr>().ok().map(octets);
        names.iter().any(|name| match (name, &address) {
            (GeneralName::IPAddress(bytes), Some(octets)) => bytes == octets,
            (GeneralName::DNSName(known), None) => known.eq_ignore_ascii_case(host),
            _ => false,
        })
    };
    let mut uris = names.iter().filter_map(|name| match name {
        GeneralName::URI(uri) => Some(*uri),
        _ => None,
    });
    let (from, until) = (
        parsed.validity().not_before.timestamp(),
        parsed.validity().not_after.timestamp(),
    );
    let last_third = until.saturating_sub(until.saturating_sub(from) / 3);
    (uris.next(), uris.next()) == (Some(uri), None)
        && hosts.iter().all(carries)
        && (from..last_third).contains(&now.as_second())
}

fn octets(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}
