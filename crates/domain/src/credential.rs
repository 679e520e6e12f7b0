//! Credentials: TLS certificates that the gateway issued, and whom they stand for.

use std::fmt;

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
