//! A filter as JSON: in the registry, where a grant keeps its row filter, and in files of engineers.
//!
//! `{"compare": {"operator": "prefix", "item": "name", "value": {"text": "测试"}}}`. Values have no
//! JSON form of their own, so that no value of a record is ever written by mistake.

use serde::{Deserialize, Serialize};

use super::{Filter, Operator};
use crate::item::{ItemKey, ItemValue, Value};

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Stored {
    AllOf(Vec<Stored>),
    AnyOf(Vec<Stored>),
    Not(Box<Stored>),
    Compare {
        operator: Operator,
        item: ItemKey,
        value: StoredValue,
    },
    In {
        item: ItemKey,
        values: Vec<StoredValue>,
    },
    Between {
        item: ItemKey,
        low: StoredValue,
        high: StoredValue,
    },
    Absent {
        item: ItemKey,
    },
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum StoredValue {
    Text(String),
    Integer(i64),
    Decimal(String),
    Logical(bool),
    Date(String),
    Time(String),
}

impl From<Stored> for Filter {
    fn from(stored: Stored) -> Self {
        let list = |list: Vec<Stored>| list.into_iter().map(Self::from).collect();
        match stored {
            Stored::AllOf(inner) => Self::AllOf(list(inner)),
            Stored::AnyOf(inner) => Self::AnyOf(list(inner)),
            Stored::Not(inner) => Self::Not(Box::new(Self::from(*inner))),
            Stored::Compare {
                operator,
                item,
                value,
            } => {
                let value = value.into();
                Self::Compare(operator, ItemValue { key: item, value })
            }
            Stored::In { item, values } => {
                Self::In(item, values.into_iter().map(Value::from).collect())
            }
            Stored::Between { item, low, high } => Self::Between(item, low.into(), high.into()),
            Stored::Absent { item } => Self::Absent(item),
        }
    }
}

impl From<Filter> for Stored {
    fn from(filter: Filter) -> Self {
        let list = |list: Vec<Filter>| list.into_iter().map(Self::from).collect();
        match filter {
            Filter::AllOf(inner) => Self::AllOf(list(inner)),
            Filter::AnyOf(inner) => Self::AnyOf(list(inner)),
            Filter::Not(inner) => Self::Not(Box::new(Self::from(*inner))),
            Filter::Compare(operator, ItemValue { key, value }) => Self::Compare {
                operator,
                item: key,
                value: value.into(),
            },
            Filter::In(item, values) => Self::In {
                item,
                values: values.into_iter().map(StoredValue::from).collect(),
            },
            Filter::Between(item, low, high) => Self::Between {
                item,
                low: low.into(),
                high: high.into(),
            },
            Filter::Absent(item) => Self::Absent { item },
        }
    }
}

impl From<StoredValue> for Value {
    fn from(stored: StoredValue) -> Self {
        match stored {
            StoredValue::Text(text) => Self::Text(text),
            StoredValue::Integer(number) => Self::Integer(number),
            StoredValue::Decimal(text) => Self::Decimal(text),
            StoredValue::Logical(yes) => Self::Logical(yes),
            StoredValue::Date(text) => Self::Date(text),
            StoredValue::Time(text) => Self::Time(text),
        }
    }
}

impl From<Value> for StoredValue {
    fn from(value: Value) -> Self {
        match value {
            Value::Text(text) => Self::Text(text),
            Value::Integer(number) => Self::Integer(number),
            Value::Decimal(text) => Self::Decimal(text),
            Value::Logical(yes) => Self::Logical(yes),
            Value::Date(text) => Self::Date(text),
            Value::Time(text) => Self::Time(text),
        }
    }
}
