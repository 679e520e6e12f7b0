//! Identifiers: parsed once at the door, exact afterwards.
//!
//! One split holds for all of them. `parse` decides what the text alone can tell: length,
//! alphabet, check character, a date that exists. What needs reference data or today's date is a
//! separate `check…` that takes it as a parameter. The citizen number is the exception: its
//! `parse` asks for both at once, since nobody should forget; `parse_text` is the other half. Typed text is cleaned first ([`crate::text`]);
//! positions in errors count in what the user typed.
//!
//! Letter case: credit codes, the codes built on them, and the `X` of a citizen number are turned
//! into upper case. Organisation codes and certificate identifiers are refused in lower case,
//! because they are copied by machines and a changed case means a changed source.

mod catalogue;
mod certificate;
mod certificate_type;
mod check;
mod citizen;
mod error;
mod matter;
mod org_code;
mod region;
mod region_table;
mod scan;
mod uscc;
mod uscc_kinds;

pub(crate) use check::USCC_ALPHABET;

pub use catalogue::{CatalogueClass, CatalogueCode};
pub use certificate::CertificateId;
pub use certificate_type::CertificateTypeCode;
pub use citizen::CitizenId;
pub use error::{IdError, IdKind, Reason};
pub use matter::MatterCode;
pub use org_code::OrgCode;
pub use region::RegionCode;
pub use region_table::{LocalArea, Region, RegionLevel, RegionStanding, RegionTable};
pub use uscc::{Uscc, UsccWarning};
pub use uscc_kinds::{UsccClass, UsccKinds};

/// The traits every printable identifier has: it prints as its text and reads through `parse`.
///
/// A macro, because trait implementations cannot be shared by a function. [`CitizenId`] is left
/// out on purpose: it must not print.
macro_rules! printable {
    ($name:ident) => {
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::id::IdError;

            fn from_str(typed: &str) -> Result<Self, Self::Err> {
                Self::parse(typed)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let typed = String::deserialize(deserializer)?;
                Self::parse(&typed).map_err(serde::de::Error::custom)
            }
        }
    };
}
use printable;

#[cfg(test)]
mod property_tests;
