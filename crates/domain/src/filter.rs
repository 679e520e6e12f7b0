//! The typed filter of table mode. It names items and compares values; it can never become SQL.
//!
//! A condition is true or false for every row, never unknown: whatever compares an item that has no
//! value is false, and its negation therefore true. [`Filter::matches`] says so in code, and each
//! connector is held to it by test.

mod matches;
mod order;
mod stored;

use serde::{Deserialize, Serialize};

use crate::fault::Cause;
use crate::item::{DataType, ItemKey, ItemValue, Value};
use crate::resource::Resource;

pub use order::order;

/// How an item is compared with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operator {
    /// Equal.
    Equal,
    /// There is a value, and it is another one.
    NotEqual,
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "stored::Stored", into = "stored::Stored")]
pub enum Filter {
    /// All of these hold.
    AllOf(Vec<Filter>),
    /// At least one of these holds.
    AnyOf(Vec<Filter>),
    /// This does not hold.
    Not(Box<Filter>),
    /// One item against one value.
    Compare(Operator, ItemValue),
    /// The item has one of these values.
    In(ItemKey, Vec<Value>),
    /// The item has a value from the first to the second, both included.
    Between(ItemKey, Value, Value),
    /// The item has no value.
    Absent(ItemKey),
}

/// Nesting of conditions that one filter may have.
pub const DEPTH: usize = 8;
/// Conditions on items that one filter may have.
pub const COMPARISONS: usize = 64;
/// Values that one filter may compare with, those of all its conditions together: the intent lists
/// a hash of each, and an entry holds no longer list.
pub const VALUES: usize = 256;
/// Bytes of a text that an item is compared with.
pub const TEXT_BYTES: usize = 1024;

impl Filter {
    /// The items it looks at; each must be granted, since a filter can reveal what it compares.
    pub fn keys(&self) -> Vec<ItemKey> {
        let mut keys = Vec::new();
        self.visit(&mut |leaf| {
            if !keys.contains(leaf.key) {
                keys.push(leaf.key.clone());
            }
        });
        keys
    }

    /// The texts that items are compared with: they can name a person or a firm.
    pub fn texts(&self) -> Vec<&str> {
        let mut texts = Vec::new();
        self.visit(&mut |leaf| {
            for value in leaf.values {
                if let Value::Text(text) = value
                    && !texts.contains(&text.as_str())
                {
                    texts.push(text.as_str());
                }
            }
        });
        texts
    }

    /// Checks its size, and each condition against the item it looks at.
    ///
    /// # Errors
    /// Everything that is wrong: `FILTER_TOO_LARGE`, `UNKNOWN_ITEM`, `WRONG_TYPE`, `REQUIRED`,
    /// `TOO_LONG`, `CONTROL_CHARACTER` or `TOO_PRECISE`; never a value.
    pub fn check(&self, resource: &Resource) -> Result<(), Vec<Cause>> {
        if self.depth() > DEPTH {
            return Err(vec![too_large(format!("nested deeper than {DEPTH}"))]);
        }
        let mut faults = Vec::new();
        let (mut conditions, mut values) = (0, 0);
        self.visit(&mut |leaf| {
            conditions += 1;
            values += leaf.values.len();
            match resource.item(leaf.key) {
                None => {
                    let message = format!("the resource has no item {}", leaf.key);
                    faults.push(Cause::new("UNKNOWN_ITEM", message));
                }
                Some(item) => leaf.check(item.data_type, &mut faults),
            }
        });
        if conditions > COMPARISONS {
            faults.push(too_large(format!("more than {COMPARISONS} conditions")));
        }
        if values > VALUES {
            faults.push(too_large(format!("more than {VALUES} values")));
        }
        if faults.is_empty() {
            return Ok(());
        }
        Err(faults)
    }

    fn depth(&self) -> usize {
        match self {
            Self::AllOf(list) | Self::AnyOf(list) => {
                1 + list.iter().map(Self::depth).max().unwrap_or_default()
            }
            Self::Not(inner) => 1 + inner.depth(),
            Self::Compare(..) | Self::In(..) | Self::Between(..) | Self::Absent(_) => 1,
        }
    }

    fn visit<'a>(&'a self, see: &mut impl FnMut(Leaf<'a>)) {
        match self {
            Self::AllOf(list) | Self::AnyOf(list) => {
                for inner in list {
                    inner.visit(see);
                }
            }
            Self::Not(inner) => inner.visit(see),
            Self::Compare(operator, ItemValue { key, value }) => see(Leaf {
                key,
                values: vec![value],
                only_text: *operator == Operator::Prefix,
                takes_values: true,
            }),
            Self::In(key, values) => see(Leaf::of(key, values.iter().collect())),
            Self::Between(key, low, high) => see(Leaf::of(key, vec![low, high])),
            Self::Absent(key) => see(Leaf {
                takes_values: false,
                ..Leaf::of(key, Vec::new())
            }),
        }
    }
}

/// One condition on one item.
struct Leaf<'a> {
    key: &'a ItemKey,
    values: Vec<&'a Value>,
    only_text: bool,
    takes_values: bool,
}

impl<'a> Leaf<'a> {
    fn of(key: &'a ItemKey, values: Vec<&'a Value>) -> Self {
        Self {
            key,
            values,
            only_text: false,
            takes_values: true,
        }
    }

    fn check(&self, data_type: DataType, faults: &mut Vec<Cause>) {
        let key = self.key;
        if self.takes_values && self.values.is_empty() {
            let message = format!("the list for {key} is empty");
            faults.push(Cause::new("REQUIRED", message));
        }
        let fits = |value: &Value| {
            data_type.admits(value) && (!self.only_text || matches!(value, Value::Text(_)))
        };
        if !self.values.iter().all(|value| fits(value)) {
            let message = format!(
                "the value for {key} is not of type {}, or not text",
                data_type.as_str()
            );
            faults.push(Cause::new("WRONG_TYPE", message));
        }
        for value in &self.values {
            faults.extend(unusable(key, value));
        }
    }
}

/// What a value may not be, whatever its item is.
fn unusable(key: &ItemKey, value: &Value) -> Option<Cause> {
    match value {
        Value::Text(text) if text.len() > TEXT_BYTES => Some(Cause::new(
            "TOO_LONG",
            format!("the text for {key} has more than {TEXT_BYTES} bytes"),
        )),
        // No text of a database holds one, and PostgreSQL refuses to be asked.
        Value::Text(text) if text.contains('\0') => Some(Cause::new(
            "CONTROL_CHARACTER",
            format!("the text for {key} holds a NUL character"),
        )),
        // Databases keep microseconds; what is finer would be rounded, differently by each.
        Value::Time(text)
            if text
                .parse::<jiff::Timestamp>()
                .is_ok_and(|time| time.subsec_nanosecond() % 1000 != 0) =>
        {
            Some(Cause::new(
                "TOO_PRECISE",
                format!("the time for {key} is finer than a microsecond"),
            ))
        }
        Value::Text(_)
        | Value::Integer(_)
        | Value::Decimal(_)
        | Value::Logical(_)
        | Value::Date(_)
        | Value::Time(_) => None,
    }
}

fn too_large(message: String) -> Cause {
    Cause::new("FILTER_TOO_LARGE", message)
}

#[cfg(test)]
mod tests;
