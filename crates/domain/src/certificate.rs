//! Electronic certificates: types, states, and what a lookup asks.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::id::{CertificateId, Uscc};
use crate::item::ItemValue;
use crate::name::CertificateTypeName;
use crate::subject::Subject;

/// A certificate type (GB/T 36902).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateType {
    /// `certificateTypes/{code}`.
    pub name: CertificateTypeName,
    /// What people call it.
    pub display_name: String,
    /// The code is our own, since the national one is not known.
    pub synthetic: bool,
    /// The authority that defines it.
    pub definer: Uscc,
}

/// State of a certificate. Expiry is derived from the last day when asked, never stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertificateState {
    /// In force.
    Valid,
    /// 暂扣.
    Suspended,
    /// Past its last day.
    Expired,
    /// 注销.
    Cancelled,
    /// 撤销.
    Withdrawn,
    /// 吊销.
    Revoked,
    /// 变更、延续换证.
    Superseded,
}

impl CertificateState {
    /// The word in the ledger.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Suspended => "suspended",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
            Self::Withdrawn => "withdrawn",
            Self::Revoked => "revoked",
            Self::Superseded => "superseded",
        }
    }

    /// The state on a day: a valid certificate past its last day has expired.
    #[must_use]
    pub fn on(self, today: Date, expires: Option<Date>) -> Self {
        match (self, expires) {
            (Self::Valid, Some(last)) if today > last => Self::Expired,
            (state, _) => state,
        }
    }
}

/// How a certificate is found.
#[derive(Clone, Debug)]
pub enum Key {
    /// By the person or organisation it is about.
    Holder(Subject),
    /// By its identifier.
    Identifier(CertificateId),
}

/// A certificate as its issuer answered, parsed and checked.
#[derive(Clone, Debug)]
pub struct CertificateRecord {
    /// Its type.
    pub certificate_type: CertificateTypeName,
    /// Its identifier.
    pub identifier: CertificateId,
    /// Stored state.
    pub state: CertificateState,
    /// Whom it is about.
    pub holders: Vec<Subject>,
    /// Last day of validity.
    pub expires: Option<Date>,
    /// Its data.
    pub items: Vec<ItemValue>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expiry_is_derived_and_only_from_valid() {
        let (day, last) = (Date::constant(2022, 6, 1), Date::constant(2022, 5, 31));
        assert_eq!(
            CertificateState::Valid.on(day, Some(last)),
            CertificateState::Expired
        );
        assert_eq!(
            CertificateState::Valid.on(last, Some(last)),
            CertificateState::Valid
        );
        assert_eq!(
            CertificateState::Valid.on(day, None),
            CertificateState::Valid
        );
        assert_eq!(
            CertificateState::Revoked.on(day, Some(last)),
            CertificateState::Revoked
        );
    }
}
