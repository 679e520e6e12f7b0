//! What a filter means: whether a row meets it.

use super::{Filter, Operator, order};
use crate::item::{ItemKey, Value};

impl Filter {
    /// Whether a row meets the filter; `value` gives the row's value of an item.
    pub fn matches<'a>(&self, value: &impl Fn(&ItemKey) -> Option<&'a Value>) -> bool {
        match self {
            Self::AllOf(list) => list.iter().all(|inner| inner.matches(value)),
            Self::AnyOf(list) => list.iter().any(|inner| inner.matches(value)),
            Self::Not(inner) => !inner.matches(value),
            Self::Compare(operator, wanted) => {
                value(&wanted.key).is_some_and(|found| holds(*operator, found, &wanted.value))
            }
            Self::In(key, wanted) => value(key).is_some_and(|found| {
                wanted
                    .iter()
                    .any(|wanted| holds(Operator::Equal, found, wanted))
            }),
            Self::Between(key, low, high) => value(key).is_some_and(|found| {
                holds(Operator::GreaterOrEqual, found, low)
                    && holds(Operator::LessOrEqual, found, high)
            }),
            Self::Absent(key) => value(key).is_none(),
        }
    }
}

/// A comparison holds only between values of one kind.
fn holds(operator: Operator, found: &Value, wanted: &Value) -> bool {
    if operator == Operator::Prefix {
        return matches!((found, wanted), (Value::Text(text), Value::Text(start)) if text.starts_with(start));
    }
    order(found, wanted).is_some_and(|order| match operator {
        Operator::Equal => order.is_eq(),
        Operator::NotEqual => order.is_ne(),
        Operator::Less => order.is_lt(),
        Operator::LessOrEqual => order.is_le(),
        Operator::Greater => order.is_gt(),
        Operator::GreaterOrEqual => order.is_ge(),
        Operator::Prefix => false,
    })
}
