//! Which record is disputed. It can be a person's: it is shown by its kind alone, kept sealed, and found by a keyed hash.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::item::ItemKey;
use crate::name::{CertificateTypeName, ResourceName};
use crate::subject::PseudonymKey;

/// Items by which a row is named.
pub const MOST_ROW_ITEMS: usize = 4;
/// Characters of the value of such an item.
pub const MOST_ROW_VALUE: usize = 200;

/// The record.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Record {
    /// A certificate, by its identifier as answers tell it.
    Certificate {
        /// Its type.
        certificate_type: CertificateTypeName,
        /// Its identifier.
        identifier: String,
    },
    /// A row of a table, by the values of some items, 1 to [`MOST_ROW_ITEMS`] of them.
    Row {
        /// The items with their values, in the order of their keys, no item twice.
        values: Vec<(ItemKey, String)>,
    },
}

/// The record, and what is said of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// The record.
    pub record: Record,
    /// What is wrong, and what would be right.
    pub statement: String,
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Certificate { .. } => "Certificate(…)",
            Self::Row { .. } => "Row(…)",
        })
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Content(…)")
    }
}

impl Record {
    /// The items by which it is named; none of a certificate.
    pub fn named_by(&self) -> Vec<ItemKey> {
        match self {
            Self::Certificate { .. } => Vec::new(),
            Self::Row { values } => values.iter().map(|(key, _)| key.clone()).collect(),
        }
    }

    /// The keyed hash by which answers find it.
    pub fn digest(&self, resource: &ResourceName, keys: &PseudonymKey) -> String {
        match self {
            Self::Certificate { identifier, .. } => of_certificate(resource, identifier, keys),
            Self::Row { values } => {
                let values = values.iter().map(|(key, text)| (key, text.as_str()));
                of_row(resource, values, keys)
            }
        }
    }
}

/// The keyed hash of a certificate of an entry.
pub(super) fn of_certificate(
    resource: &ResourceName,
    identifier: &str,
    keys: &PseudonymKey,
) -> String {
    let parts = [resource.as_str(), "certificate", identifier];
    keys.digest("record", &parts.map(str::as_bytes))
}

/// The keyed hash of a row of an entry, by items in the order of their keys.
pub(super) fn of_row<'a>(
    resource: &ResourceName,
    values: impl Iterator<Item = (&'a ItemKey, &'a str)>,
    keys: &PseudonymKey,
) -> String {
    let mut digest = keys.running("record");
    digest.add(resource.as_str().as_bytes());
    digest.add(b"row");
    for (key, text) in values {
        digest.add(key.as_str().as_bytes());
        digest.add(text.as_bytes());
    }
    digest.finish()
}
