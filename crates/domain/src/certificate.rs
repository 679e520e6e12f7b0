//! Electronic certificates: types, states, and what a lookup asks.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::drift::Shape;
use crate::id::{CertificateId, Uscc};
use crate::item::ItemValue;
use crate::name::CertificateTypeName;
use crate::network_identity::NetworkCode;
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

    /// The state of a word; none for another word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [
            Self::Valid,
            Self::Suspended,
            Self::Expired,
            Self::Cancelled,
            Self::Withdrawn,
            Self::Revoked,
            Self::Superseded,
        ]
        .into_iter()
        .find(|state| state.as_str() == word)
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
    /// By what the person shows instead of an identity number; a resolver says whom it stands for.
    NetworkIdentity(NetworkCode),
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
    /// Its data that is about all of its holders, or about none.
    pub items: Vec<ItemValue>,
    /// Its data that is about one holder alone.
    pub own: Vec<OwnItem>,
    /// The names of its metadata, where a library tells it.
    pub metadata: Option<Shape>,
}

/// A data item about one holder of a certificate.
#[derive(Clone, Debug)]
pub struct OwnItem {
    /// Which of the holders, from 0.
    pub holder: usize,
    /// The item.
    pub item: ItemValue,
}

impl CertificateRecord {
    /// What may be seen by who asks with a key: the common items and those of the holder asked about.
    /// By identifier nobody is asked about, so nobody's own items are seen.
    #[must_use]
    pub fn seen_by(&mut self, key: &Key) -> Vec<ItemValue> {
        let asked = match key {
            Key::Holder(holder) => self.holders.iter().position(|other| other == holder),
            // Whose code it is was found out by whoever asked the issuer.
            Key::Identifier(_) | Key::NetworkIdentity(_) => None,
        };
        let own = std::mem::take(&mut self.own).into_iter();
        let seen = own.filter(|own| Some(own.holder) == asked);
        let mut items = std::mem::take(&mut self.items);
        items.extend(seen.map(|own| own.item));
        items
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_holder_sees_the_common_items_and_its_own() {
        use crate::item::{ItemKey, Value};
        let holders = ["91430502XYXYXY016N", "91430524XYXYXY024D"]
            .map(|code| Subject::Organisation(Uscc::parse(code).unwrap()));
        let value = |key: &str, text: &str| ItemValue {
            key: ItemKey::parse(key).unwrap(),
            value: Value::Text(text.to_owned()),
        };
        let text = "1.2.156.3005.2.11100000MB03271699001.11430500XY0000100R.0000000019.001.2";
        let identifier = CertificateId::parse(text).unwrap();
        let own = |holder, text| OwnItem {
            holder,
            item: value("share", text),
        };
        let record = CertificateRecord {
            certificate_type: CertificateTypeName::from_id("11100000MB03271699001").unwrap(),
            identifier: identifier.clone(),
            state: CertificateState::Valid,
            holders: holders.to_vec(),
            expires: None,
            items: vec![value("location", "a street")],
            metadata: None,
            own: vec![own(0, "one third"), own(1, "two thirds")],
        };
        let [one, other] = holders;
        let stranger = Subject::Organisation(Uscc::parse("92430582XYXYXY0325").unwrap());
        for (key, seen) in [
            (Key::Holder(one), Some("one third")),
            (Key::Holder(other), Some("two thirds")),
            (Key::Holder(stranger), None),
            (Key::Identifier(identifier), None),
        ] {
            let common = value("location", "a street");
            let own = seen.map(|text| value("share", text));
            let expected: Vec<_> = [common].into_iter().chain(own).collect();
            assert_eq!(record.clone().seen_by(&key), expected, "{seen:?}");
        }
    }

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
