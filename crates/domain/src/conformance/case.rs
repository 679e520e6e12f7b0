//! The cases, and what to do about each that fails.

/// One case of the kit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Case {
    /// A connection by TLS 1.3 and HTTP/2, to a certificate that stands for the system.
    Connection,
    /// Who shows no certificate gets no answer.
    NoCertificate,
    /// A certificate of an authority that nobody knows gets no answer.
    StrangeCertificate,
    /// A good certificate that is not the gateway's gets no answer.
    OtherCertificate,
    /// The health check.
    Health,
    /// A system that nobody connects to reports as often as it was registered.
    Reporting,
    /// A file is here whole, with the digest that its system said.
    Brought,
    /// What is there is found, and the answer keeps the contract.
    Found,
    /// The answer holds the items of the catalogue, each of its type.
    Schema,
    /// What is not there is said not to be there.
    NotFound,
    /// A request that is no message of the schema is refused.
    Malformed,
    /// A request above the limit is refused, and the next one answered.
    Oversized,
    /// Many at once, a reader that is slow, and a caller whose time is over.
    Slow,
    /// Requests that are given up leave nothing behind.
    Cancelled,
}

impl Case {
    /// All, in the order in which they are tried.
    pub const ALL: [Self; 14] = [
        Self::Connection,
        Self::NoCertificate,
        Self::StrangeCertificate,
        Self::OtherCertificate,
        Self::Health,
        Self::Reporting,
        Self::Brought,
        Self::Found,
        Self::Schema,
        Self::NotFound,
        Self::Malformed,
        Self::Oversized,
        Self::Slow,
        Self::Cancelled,
    ];

    /// The word for people and programs, and in the ledger.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connection => "connection",
            Self::NoCertificate => "no-certificate",
            Self::StrangeCertificate => "strange-certificate",
            Self::OtherCertificate => "other-certificate",
            Self::Health => "health",
            Self::Reporting => "reporting",
            Self::Brought => "brought",
            Self::Found => "found",
            Self::Schema => "schema",
            Self::NotFound => "not-found",
            Self::Malformed => "malformed",
            Self::Oversized => "oversized",
            Self::Slow => "slow",
            Self::Cancelled => "cancelled",
        }
    }

    /// What the department's engineer does where it failed.
    pub fn advice(self) -> &'static str {
        match self {
            Self::Connection => {
                "serve TLS 1.3 with ALPN h2, with the certificate that the system got by enrolment for this host"
            }
            Self::NoCertificate => {
                "require a client certificate in the TLS handshake; do not make it optional"
            }
            Self::StrangeCertificate => {
                "trust the gateway's authority alone, not the machine's list of public authorities"
            }
            Self::OtherCertificate => {
                "trust the authority.pem that came with the enrolment and nothing else, and serve only the URI \
                 spiffe://{trust domain}/gateway: a system that is let in past the gateway leaves no evidence"
            }
            Self::Health => {
                "serve grpc.health.v1.Health and answer SERVING for the empty service name"
            }
            Self::Reporting => {
                "let the system report as often as it was registered, as shuqiaoctl files drop does, and clear the \
                 files that were refused"
            }
            Self::Brought => {
                "leave a file of it with the gateway and state its SHA-256 or SM3 when it is begun, as shuqiaoctl files \
                 put and files drop do"
            }
            Self::Found => {
                "answer the question of the sample within 10 seconds: repeat the ticket's request id in every \
                 message, give all matches, keep to the limits of the contract"
            }
            Self::Schema => {
                "serve what the catalogue says, or publish a version that says what is served; choose a test record in \
                 which every item has a value"
            }
            Self::NotFound => {
                "answer with nothing, as the contract of the mode says, and never with another record"
            }
            Self::Malformed => {
                "parse the request before acting on it and refuse what is no message of the schema"
            }
            Self::Oversized => {
                "refuse requests above 4 MiB (RESOURCE_EXHAUSTED or HTTP 413) without ending the connection"
            }
            Self::Slow => {
                "answer 16 questions at once within 10 seconds, send no faster than the reader reads, and stop work when \
                 the time that the caller gave is over"
            }
            Self::Cancelled => {
                "free what a request holds when its stream is reset: streams that leak fill the connection"
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_has_a_word_and_advice_of_its_own() {
        for (place, case) in Case::ALL.iter().enumerate() {
            assert!(
                case.as_str()
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b == b'-')
            );
            for other in Case::ALL.iter().take(place) {
                assert_ne!(case.as_str(), other.as_str());
                assert_ne!(case.advice(), other.advice());
            }
        }
    }
}
