//! What the latest probes saw, kept in memory: only a change of health is worth a row and an entry.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use domain::file_drop::Heartbeat;
use domain::name::{EndpointId, Fingerprint};
use jiff::Timestamp;

use crate::authority::fingerprint;

/// What one probe saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// When.
    pub at: Timestamp,
    /// How long it took, connection and question.
    pub took: Duration,
    /// The connection, where it is one of TLS.
    pub tls: Option<Tls>,
    /// What failed, in one sentence.
    pub error: Option<String>,
    /// Probes that failed in a row, this one included.
    pub failures: u32,
    /// The latest report of a system that brings files.
    pub heartbeat: Option<Heartbeat>,
}

/// A TLS connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    /// For example `TLSv1_3`.
    pub version: String,
    /// For example `TLS13_AES_256_GCM_SHA384`.
    pub cipher_suite: String,
    /// The certificate at its other end. None of a database: its driver checks the certificate and does not show it,
    /// so version and suite are what the server itself says of the connection.
    pub certificate: Option<PeerCertificate>,
}

/// The certificate at the other end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerCertificate {
    /// Its fingerprint; that of a certificate library stands in no register.
    pub fingerprint: Fingerprint,
    /// When it ends.
    pub ends: Timestamp,
}

impl Tls {
    /// What is known of a connection that we opened ourselves.
    pub(crate) fn of(connection: &rustls::ClientConnection) -> Option<Self> {
        let certificate = connection.peer_certificates()?.first()?;
        let (_, parsed) = x509_parser::parse_x509_certificate(certificate).ok()?;
        // One that never ends (RFC 5280, 4.1.2.5) has a year that is beyond the last moment known here.
        let ends = parsed.validity().not_after.timestamp();
        let ends = Timestamp::from_second(ends).unwrap_or(Timestamp::MAX);
        Some(Self {
            version: format!("{:?}", connection.protocol_version()?),
            cipher_suite: format!("{:?}", connection.negotiated_cipher_suite()?.suite()),
            certificate: Some(PeerCertificate {
                fingerprint: fingerprint(certificate).ok()?,
                ends,
            }),
        })
    }
}

/// The latest observation of each endpoint, of this gateway alone.
#[derive(Debug, Default)]
pub(crate) struct Observed(Mutex<HashMap<EndpointId, Observation>>);

impl Observed {
    /// Keeps what was seen and counts failures in a row, this one included.
    pub(super) fn keep(&self, endpoint: &EndpointId, mut seen: Observation) -> u32 {
        // A plain map is right after every single step.
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = all.get(endpoint).map_or(0, |before| before.failures);
        seen.failures = if seen.error.is_some() {
            before.saturating_add(1)
        } else {
            0
        };
        let failures = seen.failures;
        all.insert(endpoint.clone(), seen);
        failures
    }

    /// What was seen last.
    pub(super) fn of(&self, endpoint: &EndpointId) -> Option<Observation> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(endpoint).cloned()
    }

    /// Forgets one that is gone or elsewhere now.
    pub(super) fn forget(&self, endpoint: &EndpointId) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.remove(endpoint);
    }

    /// Forgets endpoints that are not registered any more.
    pub(super) fn retain(&self, known: impl Fn(&EndpointId) -> bool) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|name, _| known(name));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_in_a_row_are_counted_until_one_probe_is_good() {
        let observed = Observed::default();
        let name = EndpointId::from_id("marriage-registry.main").unwrap();
        let seen = |error: Option<&str>| {
            let observation = Observation {
                at: Timestamp::UNIX_EPOCH,
                took: Duration::from_millis(3),
                tls: None,
                error: error.map(str::to_owned),
                failures: 0,
                heartbeat: None,
            };
            let failures = observed.keep(&name, observation);
            assert_eq!(observed.of(&name).unwrap().failures, failures);
            failures
        };
        assert_eq!(
            [Some("down"), Some("down"), None, Some("down")].map(seen),
            [1, 2, 0, 1]
        );
        observed.retain(|_| false);
        assert_eq!(observed.of(&name), None);
    }
}
