//! Items of resources, and their values.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::cited;
use crate::fault::Cause;

/// Key of an item: `snake_case`, 1 to 40 characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ItemKey(String);

impl ItemKey {
    /// Parses the key.
    ///
    /// # Errors
    /// `NOT_A_KEY`.
    pub fn parse(text: &str) -> Result<Self, Cause> {
        let good = (1..=40).contains(&text.len())
            && text.starts_with(|c: char| c.is_ascii_lowercase())
            && text
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        if good {
            Ok(Self(text.to_owned()))
        } else {
            Err(Cause::new(
                "NOT_A_KEY",
                "an item key takes 1 to 40 of a-z, 0-9 and _, beginning with a letter",
            ))
        }
    }

    /// The key.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ItemKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for ItemKey {
    type Error = Cause;
    fn try_from(text: String) -> Result<Self, Cause> {
        Self::parse(&text)
    }
}

impl From<ItemKey> for String {
    fn from(key: ItemKey) -> String {
        key.0
    }
}

/// Data type code of an item in the national guide (发改高技〔2017〕1272号).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DataType {
    /// 字符型.
    C,
    /// 数值型.
    N,
    /// 货币型.
    Y,
    /// 日期型.
    D,
    /// 日期时间型.
    T,
    /// 逻辑型.
    L,
    /// 备注型.
    M,
    /// 通用型.
    G,
    /// 双精度型.
    B,
    /// 整型.
    I,
    /// 浮点型.
    F,
}

impl DataType {
    /// Parses the letter.
    ///
    /// # Errors
    /// `UNKNOWN_DATA_TYPE`.
    pub fn parse(text: &str) -> Result<Self, Cause> {
        Ok(match text {
            "C" => Self::C,
            "N" => Self::N,
            "Y" => Self::Y,
            "D" => Self::D,
            "T" => Self::T,
            "L" => Self::L,
            "M" => Self::M,
            "G" => Self::G,
            "B" => Self::B,
            "I" => Self::I,
            "F" => Self::F,
            _ => {
                return Err(Cause::new(
                    "UNKNOWN_DATA_TYPE",
                    "choose one of: C N Y D T L M G B I F",
                )
                .by(cited::DATA_TYPE));
            }
        })
    }

    /// The letter.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::C => "C",
            Self::N => "N",
            Self::Y => "Y",
            Self::D => "D",
            Self::T => "T",
            Self::L => "L",
            Self::M => "M",
            Self::G => "G",
            Self::B => "B",
            Self::I => "I",
            Self::F => "F",
        }
    }

    /// Whether a value is of this type.
    pub fn admits(self, value: &Value) -> bool {
        match value {
            Value::Text(_) => matches!(self, Self::C | Self::M | Self::G),
            Value::Integer(_) => self == Self::I,
            Value::Decimal(_) => matches!(self, Self::N | Self::Y | Self::B | Self::F),
            Value::Logical(_) => self == Self::L,
            Value::Date(_) => self == Self::D,
            Value::Time(_) => self == Self::T,
        }
    }
}

/// The greatest length of a value that an item can state.
pub const LONGEST_VALUE: u32 = 1_000_000;

/// One item of a resource, as the catalogue describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Its key, unique in the resource.
    pub key: ItemKey,
    /// The name people read.
    pub title: String,
    /// Its data type.
    pub data_type: DataType,
    /// Sensitive personal information in the sense of PIPL art. 28.
    pub sensitive: bool,
    /// Personal information in the sense of PIPL art. 4; what is sensitive is so in any case.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub personal: bool,
    /// Most characters or digits of a value, 1 to [`LONGEST_VALUE`]; none when not stated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length: Option<u32>,
}

/// A value of a record. It has no `Display`, and its `Debug` shows only the kind: what a record
/// holds must never reach a log, a span, an error or the ledger.
#[derive(Clone, PartialEq, Eq)]
pub enum Value {
    /// Characters.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A number with decimals, in full.
    Decimal(String),
    /// True or false.
    Logical(bool),
    /// A day, ISO 8601.
    Date(String),
    /// A moment, RFC 3339.
    Time(String),
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text(_) => "Text(…)",
            Self::Integer(_) => "Integer(…)",
            Self::Decimal(_) => "Decimal(…)",
            Self::Logical(_) => "Logical(…)",
            Self::Date(_) => "Date(…)",
            Self::Time(_) => "Time(…)",
        })
    }
}

/// A value with the key of its item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemValue {
    /// Which item.
    pub key: ItemKey,
    /// The value.
    pub value: Value,
}

/// Parses a list of keys: no doubles, at most 200.
///
/// # Errors
/// `NOT_A_KEY`, `DUPLICATE` or `TOO_MANY`.
pub fn keys(texts: &[String]) -> Result<Vec<ItemKey>, Cause> {
    if texts.len() > 200 {
        return Err(Cause::new("TOO_MANY", "at most 200 items"));
    }
    let mut keys = Vec::with_capacity(texts.len());
    for (place, text) in texts.iter().enumerate() {
        // Not the text: whoever mistakes the field may have written a person's number into it.
        let key = ItemKey::parse(text)
            .map_err(|cause| Cause::new("NOT_A_KEY", format!("item {}: {cause}", place + 1)))?;
        if keys.contains(&key) {
            return Err(Cause::new("DUPLICATE", format!("{key} stands twice")));
        }
        keys.push(key);
    }
    Ok(keys)
}
