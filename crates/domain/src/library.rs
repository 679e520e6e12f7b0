//! Certificate libraries of the national standard (GB/T 36906): how one is registered.
//!
//! What its return codes come to stands in [`code`], what its records hold in [`record`]. No text of
//! the standard was readable; operations, names and codes are those of deployed systems, and what they
//! leave open is marked as assumed in `docs/CERTIFICATE_LIBRARY.md`.

pub mod code;
pub mod record;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::fault::{Cause, Faults};
use crate::item::ItemKey;
use crate::name::{GrantName, MatterName, ResourceName, SystemName};
use crate::snapshot::Snapshot;
use crate::source::SecretName;

/// Holdings of one library that one endpoint registers.
pub const HOLDINGS: usize = 32;
/// The longest `useCause`, in characters.
pub const CAUSE_CHARS: usize = 200;
/// The signer's identifier where none is agreed: GB/T 35276, 10, as it is used with GB/T 32918.2.
pub const DEFAULT_SIGNER: &str = "1234567812345678";

/// A certificate library behind an endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Library {
    /// The files with the gateway's account there: `NAME` and `NAME.pem` in the system's
    /// folder of secrets.
    pub secret: SecretName,
    /// The key that signs its answers, pinned here.
    pub signer: Signer,
    /// Answers are encrypted to the gateway's SM2 key, which stands in the secret too.
    pub encrypted: bool,
    /// What it holds.
    pub holdings: Vec<Holding>,
}

/// Who signs the answers of a library, by SM2 with SM3.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signer {
    /// What the library calls the key: `A-Z a-z 0-9 . _ -`, 1 to 64 characters.
    pub key_id: KeyId,
    /// The public key.
    pub public_key: PublicKey,
    /// The identifier that is hashed before the message; 1 to 64 printable ASCII characters.
    pub identifier: SignerId,
}

/// The certificates of one resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holding {
    /// The resource; it names the certificate type.
    pub resource: ResourceName,
    /// Where each item stands in a record.
    pub fields: BTreeMap<ItemKey, MetadataKey>,
}

/// Writes a text type that is parsed once.
macro_rules! text_type {
    ($(#[$doc:meta])* $type:ident, $code:literal, $message:literal, $good:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $type(String);

        impl $type {
            /// Parses the text.
            ///
            /// # Errors
            #[doc = concat!("`", $code, "`.")]
            pub fn parse(text: &str) -> Result<Self, Cause> {
                let good: fn(&str) -> bool = $good;
                if good(text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(Cause::new($code, $message))
                }
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $type {
            type Error = Cause;
            fn try_from(text: String) -> Result<Self, Cause> {
                Self::parse(&text)
            }
        }

        impl From<$type> for String {
            fn from(text: $type) -> String {
                text.0
            }
        }
    };
}

text_type!(
    /// What a library calls one of its keys.
    KeyId, "NOT_A_KEY_ID", "a key id takes 1 to 64 of A-Z, a-z, 0-9, point, _ and -",
    |text| within(text, 64) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
);
text_type!(
    /// The identifier of a signer (GB/T 32918.2, 5.5).
    SignerId, "NOT_A_SIGNER_ID", "a signer's identifier takes 1 to 64 printable ASCII characters",
    |text| within(text, 64) && text.bytes().all(|b| b.is_ascii_graphic())
);
text_type!(
    /// An SM2 public key, uncompressed: `04` and both coordinates in lower-case hexadecimal. That it
    /// lies on the curve is for those who compute with it.
    PublicKey, "NOT_A_PUBLIC_KEY", "write 04 and both coordinates in 128 lower-case hexadecimal digits",
    |text| text.len() == 130 && text.starts_with("04")
        && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
);
text_type!(
    /// Where a value stands in a record: a metadata key of GB/T 36903 such as `ZZMC`, or one within an
    /// object of the record such as `KZXX.DJRQ`.
    MetadataKey, "NOT_A_METADATA_KEY", "write one or two names of 1 to 40 letters, digits and _, with a point between",
    |text| text.split('.').count() <= 2 && text.split('.').all(|name| within(name, 40)
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'))
);

fn within(text: &str, most: usize) -> bool {
    (1..=most).contains(&text.len())
}

impl SignerId {
    /// The parsed identifier, or the default one for an empty text.
    ///
    /// # Errors
    /// `NOT_A_SIGNER_ID`.
    pub fn or_default(text: &str) -> Result<Self, Cause> {
        Self::parse(if text.is_empty() {
            DEFAULT_SIGNER
        } else {
            text
        })
    }
}

impl Library {
    /// What it holds of a resource.
    pub fn holding(&self, resource: &ResourceName) -> Option<&Holding> {
        self.holdings.iter().find(|held| held.resource == *resource)
    }

    /// Where the items of a resource stand in its records.
    pub fn places(&self, resource: &ResourceName) -> impl Iterator<Item = &str> {
        let holding = self.holding(resource).into_iter();
        let fields = holding.flat_map(|holding| &holding.fields);
        fields.map(|(_, place)| place.as_str())
    }

    /// Checks it against the catalogue: every fault at once.
    pub fn faults(&self, snapshot: &Snapshot, system: &SystemName) -> Faults {
        let mut faults = Faults::default();
        if self.holdings.is_empty() || self.holdings.len() > HOLDINGS {
            let message = format!("give 1 to {HOLDINGS} holdings");
            faults.add("endpoint.library.holdings", "REQUIRED", message);
        }
        for (index, held) in self.holdings.iter().enumerate() {
            let field = format!("endpoint.library.holdings[{index}]");
            let mut earlier = self.holdings.iter().take(index);
            if earlier.any(|other| other.resource == held.resource) {
                let message = format!("{} is held already", held.resource);
                faults.add(&format!("{field}.resource"), "DUPLICATE", message);
            }
            held.check(&field, snapshot, system, &mut faults);
        }
        faults
    }
}

impl Holding {
    fn check(&self, field: &str, snapshot: &Snapshot, system: &SystemName, faults: &mut Faults) {
        let owned = snapshot.resource(&self.resource);
        let Some(resource) = owned.filter(|resource| resource.system == *system) else {
            let message = format!("{system} provides no {}", self.resource);
            faults.add(&format!("{field}.resource"), "NOT_PROVIDED", message);
            return;
        };
        if resource.certificate_type.is_none() {
            let message = format!("{} is no certificate type", self.resource);
            faults.add(&format!("{field}.resource"), "NOT_A_CERTIFICATE", message);
        }
        let at = format!("{field}.fields");
        for item in &resource.items {
            if !self.fields.contains_key(&item.key) {
                let message = format!("item {} has no metadata key", item.key);
                faults.add(&at, "REQUIRED", message);
            }
        }
        for key in self.fields.keys() {
            if resource.item(key).is_none() {
                let message = format!("the resource has no item {key}");
                faults.add(&at, "UNKNOWN_ITEM", message);
            }
        }
    }
}

/// The `useCause` that a library demands and keeps: what the matter is and which grant allows it. It is
/// made of names alone, never of a case, a clerk or a person. At most [`CAUSE_CHARS`] characters.
pub fn use_cause(matter: &MatterName, title: &str, grant: &GrantName, version: u32) -> String {
    let fixed = format!("；事项{}；授权{}第{version}版", matter.id(), grant.id());
    let room = CAUSE_CHARS.saturating_sub(fixed.chars().count());
    let plain = |c: &char| !c.is_control();
    let title: String = title.chars().filter(plain).take(room).collect();
    format!("{title}{fixed}")
}

#[cfg(test)]
mod tests;
