//! Credentials: TLS certificates that the gateway issued, and whom they stand for.

mod rule;
mod standing;

use std::collections::BTreeSet;
use std::fmt;

pub use rule::{CredentialRule, CredentialTerms, terms_on};
pub use standing::{Standing, Standings};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::name::{Account, DepartmentName, Fingerprint, SystemName};

/// Whom a TLS certificate stands for. Systems and people never share one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Principal {
    /// A department's system.
    System {
        /// Which.
        system: SystemName,
    },
    /// A person who acts for a department.
    Officer {
        /// Which department.
        department: DepartmentName,
        /// The account within it.
        account: Account,
    },
    /// A person who checks; sees all evidence, changes nothing.
    Auditor {
        /// The account.
        account: Account,
    },
    /// The gateway's operator: registers departments and systems.
    Operator {
        /// The account.
        account: Account,
    },
    /// The gateway itself, towards providers.
    Gateway,
}

impl Principal {
    /// What narrows a search for its credentials: the system, the department or the account alone.
    pub fn listed_under(&self) -> &str {
        match self {
            Self::System { system } => system.as_str(),
            Self::Officer { department, .. } => department.as_str(),
            Self::Auditor { account } | Self::Operator { account } => account.as_str(),
            Self::Gateway => "gateway",
        }
    }
}

impl Principal {
    /// The URI that stands in its certificate, `spiffe://{trust domain}/…`.
    pub fn uri(&self, trust_domain: &str) -> String {
        format!("spiffe://{trust_domain}/{self}")
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System { system } => write!(f, "{system}"),
            Self::Officer {
                department,
                account,
            } => write!(f, "{department}/officers/{account}"),
            Self::Auditor { account } => write!(f, "auditors/{account}"),
            Self::Operator { account } => write!(f, "operators/{account}"),
            Self::Gateway => f.write_str("gateway"),
        }
    }
}

/// A TLS certificate that the gateway issued.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credential {
    /// `tlsCertificates/{SHA-256}`.
    pub name: Fingerprint,
    /// Whom it stands for.
    pub principal: Principal,
    /// SHA-256 of the public key (SPKI), hexadecimal; a key is certified once only.
    pub key_digest: String,
    /// First moment of validity.
    pub not_before: Timestamp,
    /// Last moment of validity.
    pub not_after: Timestamp,
    /// When and why it was revoked.
    pub revoked: Option<Revocation>,
    /// How it came to be; none for one from before this was kept, which therefore cannot be renewed.
    #[serde(default)]
    pub issuance: Option<Issuance>,
}

/// The text of a certificate as it was issued, kept so that a lost answer can be given once more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateText {
    /// `tlsCertificates/{SHA-256}`.
    pub name: Fingerprint,
    /// The certificate, PEM.
    pub pem: String,
}

/// How a credential came to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issuance {
    /// The authority that signed it: SHA-256 of the authority's certificate, hexadecimal.
    pub authority: String,
    /// Names and addresses of the holder's own endpoint that stand in it.
    pub hosts: Vec<String>,
    /// The certificate that was shown to get this one; none where a token was.
    pub renews: Option<Fingerprint>,
    /// An external authority signed it.
    #[serde(default)]
    pub external: bool,
}

impl Credential {
    /// Whether it is good now or from a later moment on: neither revoked nor over.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.revoked.is_none() && now <= self.not_after
    }

    /// Whether an external authority signed it.
    pub fn is_external(&self) -> bool {
        self.issuance
            .as_ref()
            .is_some_and(|issuance| issuance.external)
    }

    /// The certificate that was shown to get this one.
    pub fn renews(&self) -> Option<&Fingerprint> {
        self.issuance.as_ref()?.renews.as_ref()
    }

    /// The first moment at which it may be renewed.
    pub fn renewable_from(&self, terms: CredentialTerms) -> Timestamp {
        let life = self.not_after.duration_since(self.not_before);
        let percent = i32::try_from(terms.renewable_after_percent).unwrap_or(100);
        // By seconds: a hundredth of a life is never exact anyway.
        let passed = life
            .checked_mul(percent)
            .map_or(life, |passed| passed / 100);
        self.not_before
            .saturating_add(passed)
            .unwrap_or(self.not_after)
    }
}

/// The live credentials that end within the time of warning and were not renewed: whoever holds one will be
/// refused soon. The next to end comes first.
pub fn ending<'a>(
    credentials: impl Iterator<Item = &'a Credential>,
    terms: CredentialTerms,
    now: Timestamp,
) -> Vec<&'a Credential> {
    let mut ending: Vec<&Credential> = credentials.filter(|c| c.is_live(now)).collect();
    let renewed: BTreeSet<&Fingerprint> = ending.iter().filter_map(|c| c.renews()).collect();
    ending.retain(|credential| {
        terms.warns_of(credential.not_after, now) && !renewed.contains(&credential.name)
    });
    ending.sort_by(|a, b| (a.not_after, &a.name).cmp(&(b.not_after, &b.name)));
    ending
}

/// When and why a credential was revoked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revocation {
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: String,
}

/// A one-time token as the gateway keeps it: never the secret, only its digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrolmentToken {
    /// SHA-256 of the secret, hexadecimal.
    pub digest: String,
    /// Who will hold the certificate.
    pub principal: Principal,
    /// When it stops working.
    pub expires: Timestamp,
    /// When it was used.
    pub used: Option<Timestamp>,
}

impl EnrolmentToken {
    /// Uses the token up.
    ///
    /// # Errors
    /// A sentence when it was used or has expired.
    pub fn redeem(mut self, now: Timestamp) -> Result<Self, &'static str> {
        if self.used.is_some() {
            return Err("the token was used before");
        }
        if now >= self.expires {
            return Err("the token has expired");
        }
        self.used = Some(now);
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_world::{at, credential};

    fn ends(name: &str, end: &str, renews: Option<&str>) -> Credential {
        let named = |text: &str| Fingerprint::from_id(&text.repeat(32)).unwrap();
        Credential {
            name: named(name),
            not_after: at(end),
            issuance: Some(Issuance {
                authority: "c3".repeat(32),
                hosts: Vec::new(),
                renews: renews.map(named),
                external: false,
            }),
            ..credential()
        }
    }

    #[test]
    fn a_certificate_may_be_renewed_from_the_named_part_of_its_life_on() {
        // From 15 May to 14 June: thirty days.
        for (percent, expected) in [
            (0, "2022-05-15T00:00:00Z"),
            (50, "2022-05-30T00:00:00Z"),
            (90, "2022-06-11T00:00:00Z"),
        ] {
            let terms = CredentialTerms {
                renewable_after_percent: percent,
                ..CredentialTerms::DEFAULT
            };
            assert_eq!(
                credential().renewable_from(terms),
                at(expected),
                "{percent}"
            );
        }
    }

    #[test]
    fn a_warning_is_of_what_ends_soon_is_good_and_was_not_renewed() {
        let now = at("2022-06-01T00:00:00Z");
        let revoked = Credential {
            revoked: Some(Revocation {
                at: now,
                reason: "lost".to_owned(),
            }),
            ..ends("a5", "2022-06-03T00:00:00Z", None)
        };
        let all = [
            ends("a1", "2022-06-08T00:00:00Z", None),
            ends("a2", "2022-06-02T00:00:00Z", None),
            ends("a3", "2022-06-08T00:00:01Z", None),
            ends("a4", "2022-05-31T00:00:00Z", None),
            revoked,
            ends("a6", "2022-06-04T00:00:00Z", None),
            ends("a7", "2022-07-04T00:00:00Z", Some("a6")),
        ];
        let found = ending(all.iter(), CredentialTerms::DEFAULT, now);
        let found: Vec<&str> = found.iter().map(|found| &found.name.id()[..2]).collect();
        assert_eq!(found, ["a2", "a1"]);
    }

    #[test]
    fn a_credential_from_before_its_issuance_was_kept_can_be_read() {
        let mut body = serde_json::to_value(credential()).unwrap();
        body.as_object_mut().unwrap().remove("issuance");
        let read: Credential = serde_json::from_value(body).unwrap();
        assert_eq!(read.issuance, None);
    }
}
