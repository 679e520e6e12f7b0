//! Minimisation: what of a provider's answer may leave, and nothing else.

use crate::item::{ItemKey, ItemValue};
use crate::policy::Permit;
use crate::subject::PseudonymKey;

/// Values that may leave. Only [`release`] makes one, so an answer cannot be sent uncut.
#[derive(Clone, Debug)]
pub struct Release {
    values: Vec<ItemValue>,
}

impl Release {
    /// The values, in the order of the permit's items.
    pub fn into_values(self) -> Vec<ItemValue> {
        self.values
    }

    /// The keys of the values.
    pub fn keys(&self) -> impl Iterator<Item = &ItemKey> {
        self.values.iter().map(|value| &value.key)
    }

    /// A keyed hash of everything released, for the outcome entry.
    pub fn digest(&self, key: &PseudonymKey) -> String {
        let parts: Vec<Vec<u8>> = self.values.iter().flat_map(ItemValue::digest_parts).collect();
        let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
        key.digest("release", &parts)
    }
}

/// The provider's answer breaks the contract of the resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadAnswer {
    /// In one sentence, without a value.
    pub message: String,
}

/// Cuts an answer to the permit: items that are not permitted are dropped, the others are checked
/// against their data type and put in the permit's order. An item without a value is left out.
///
/// # Errors
/// [`BadAnswer`] when an item stands twice or a value is not of its item's type.
pub fn release(permit: &Permit, mut answer: Vec<ItemValue>) -> Result<Release, BadAnswer> {
    let mut values = Vec::with_capacity(permit.items().len());
    for key in permit.items() {
        let Some(place) = answer.iter().position(|value| &value.key == key) else { continue };
        let found = answer.swap_remove(place);
        if answer.iter().any(|value| &value.key == key) {
            return Err(BadAnswer { message: format!("item {key} stands twice") });
        }
        let admitted = permit.resource().item(key).is_some_and(|item| item.data_type.admits(&found.value));
        if !admitted {
            let message = format!("the value of item {key} is not of its data type");
            return Err(BadAnswer { message });
        }
        values.push(found);
    }
    Ok(Release { values })
}

impl ItemValue {
    fn digest_parts(&self) -> [Vec<u8>; 2] {
        use crate::item::Value;
        let value = match &self.value {
            Value::Text(text) => format!("C{text}"),
            Value::Integer(number) => format!("I{number}"),
            Value::Decimal(text) => format!("N{text}"),
            Value::Logical(yes) => format!("L{yes}"),
            Value::Date(text) => format!("D{text}"),
            Value::Time(text) => format!("T{text}"),
        };
        [self.key.as_str().as_bytes().to_vec(), value.into_bytes()]
    }
}
