//! The typed filter of table mode. It names items and compares values; it can never become SQL.

use crate::fault::Cause;
use crate::item::{ItemKey, ItemValue, Value};
use crate::resource::Resource;

/// How an item is compared with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// Equal.
    Equal,
    /// Less than.
    Less,
    /// Less than or equal.
    LessOrEqual,
    /// Greater than.
    Greater,
    /// Greater than or equal.
    GreaterOrEqual,
    /// Text that begins with the value.
    Prefix,
}

/// A condition on rows.
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    /// All of these hold.
    AllOf(Vec<Filter>),
    /// At least one of these holds.
    AnyOf(Vec<Filter>),
    /// This does not hold.
    Not(Box<Filter>),
    /// One item against one value.
    Compare(Operator, ItemValue),
}

/// Nesting and number of conditions that one filter may have.
pub const DEPTH: usize = 8;
/// Comparisons that one filter may have.
pub const COMPARISONS: usize = 64;

impl Filter {
    /// The items it looks at; each must be granted, since a filter can reveal what it compares.
    pub fn keys(&self) -> Vec<ItemKey> {
        let mut keys = Vec::new();
        self.visit(&mut |value| {
            if !keys.contains(&value.key) {
                keys.push(value.key.clone());
            }
        });
        keys
    }

    /// The texts that items are compared with: they can name a person or a firm.
    pub fn texts(&self) -> Vec<&str> {
        let mut texts = Vec::new();
        self.visit(&mut |value| {
            if let Value::Text(text) = &value.value
                && !texts.contains(&text.as_str())
            {
                texts.push(text.as_str());
            }
        });
        texts
    }

    /// Checks sizes, and each value against the item's data type.
    ///
    /// # Errors
    /// `FILTER_TOO_LARGE`, `UNKNOWN_ITEM` or `WRONG_TYPE`.
    pub fn check(&self, resource: &Resource) -> Result<(), Cause> {
        let mut count = 0;
        let mut fault = None;
        if self.depth() > DEPTH {
            return Err(Cause::new(
                "FILTER_TOO_LARGE",
                format!("nested deeper than {DEPTH}"),
            ));
        }
        self.visit(&mut |value| {
            count += 1;
            let cause = match resource.item(&value.key) {
                None => Some(Cause::new(
                    "UNKNOWN_ITEM",
                    format!("the resource has no item {}", value.key),
                )),
                Some(item) if !item.data_type.admits(&value.value) => Some(Cause::new(
                    "WRONG_TYPE",
                    format!(
                        "the value for {} is not of type {}",
                        value.key,
                        item.data_type.as_str()
                    ),
                )),
                Some(_) => None,
            };
            fault = fault.take().or(cause);
        });
        if count > COMPARISONS {
            return Err(Cause::new(
                "FILTER_TOO_LARGE",
                format!("more than {COMPARISONS} comparisons"),
            ));
        }
        fault.map_or(Ok(()), Err)
    }

    fn depth(&self) -> usize {
        match self {
            Self::AllOf(list) | Self::AnyOf(list) => {
                1 + list.iter().map(Self::depth).max().unwrap_or_default()
            }
            Self::Not(inner) => 1 + inner.depth(),
            Self::Compare(..) => 1,
        }
    }

    fn visit<'a>(&'a self, see: &mut impl FnMut(&'a ItemValue)) {
        match self {
            Self::AllOf(list) | Self::AnyOf(list) => {
                for inner in list {
                    inner.visit(see);
                }
            }
            Self::Not(inner) => inner.visit(see),
            Self::Compare(_, value) => see(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_and_every_text_of_a_filter_is_found() {
        let value = |key: &str, value: Value| ItemValue {
            key: ItemKey::parse(key).unwrap(),
            value,
        };
        let text = |key, text: &str| {
            Filter::Compare(Operator::Equal, value(key, Value::Text(text.to_owned())))
        };
        let filter = Filter::AllOf(vec![
            text("name", "a"),
            Filter::Not(Box::new(Filter::AnyOf(vec![
                text("code", "b"),
                text("name", "a"),
                Filter::Compare(Operator::Less, value("count", Value::Integer(1))),
            ]))),
        ]);
        let keys: Vec<String> = filter.keys().iter().map(ToString::to_string).collect();
        assert_eq!(keys, ["name", "code", "count"]);
        assert_eq!(filter.texts(), ["a", "b"]);
    }
}
