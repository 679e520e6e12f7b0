//! The typed filter of table mode, evaluated in memory.
//!
//! A provider over a database would turn [`Filter`] into a statement with bound parameters; the
//! rules here say what that statement must mean.

use std::cmp::Ordering;

use api::exchange::v1 as pb;
use api::exchange::v1::comparison::Operator as Wire;
use api::exchange::v1::filter::Kind;
use domain::filter::{COMPARISONS, DEPTH, Filter, Operator};
use domain::item::{ItemValue, Value};
use tonic::Status;

use super::wire;

/// Conditions in one list.
const LIST: usize = 16;

/// Reads a filter. Its size is bounded here too, since a provider trusts nobody's checks but its
/// own.
pub(super) fn parse(wire: pb::Filter) -> Result<Filter, Status> {
    let mut left = COMPARISONS;
    parse_within(wire, DEPTH, &mut left)
}

fn parse_within(wire: pb::Filter, depth: usize, left: &mut usize) -> Result<Filter, Status> {
    let too_large = || Status::invalid_argument("the filter is too large");
    let depth = depth.checked_sub(1).ok_or_else(too_large)?;
    let mut list = |list: pb::FilterList| -> Result<Vec<Filter>, Status> {
        if list.filters.is_empty() || list.filters.len() > LIST {
            return Err(Status::invalid_argument(
                "a list of the filter takes 1 to 16 conditions",
            ));
        }
        list.filters
            .into_iter()
            .map(|filter| parse_within(filter, depth, left))
            .collect()
    };
    match wire.kind {
        Some(Kind::AllOf(inner)) => Ok(Filter::AllOf(list(inner)?)),
        Some(Kind::AnyOf(inner)) => Ok(Filter::AnyOf(list(inner)?)),
        Some(Kind::Negate(inner)) => Ok(Filter::Not(Box::new(parse_within(*inner, depth, left)?))),
        Some(Kind::Comparison(comparison)) => {
            *left = left.checked_sub(1).ok_or_else(too_large)?;
            parse_comparison(comparison)
        }
        None => Err(Status::invalid_argument("the filter has no condition")),
    }
}

fn parse_comparison(wire: pb::Comparison) -> Result<Filter, Status> {
    let operator = match wire.operator() {
        Wire::Unspecified => {
            return Err(Status::invalid_argument(
                "a comparison of the filter has no operator",
            ));
        }
        Wire::Equal => Operator::Equal,
        Wire::Less => Operator::Less,
        Wire::LessOrEqual => Operator::LessOrEqual,
        Wire::Greater => Operator::Greater,
        Wire::GreaterOrEqual => Operator::GreaterOrEqual,
        Wire::Prefix => Operator::Prefix,
    };
    let value = wire.value.unwrap_or_default();
    Ok(Filter::Compare(operator, wire::value_from(value)?))
}

/// Whether a row meets the filter.
///
/// A comparison holds only between values of one kind: an item without a value meets none, and its
/// negation therefore holds.
pub(super) fn holds(filter: &Filter, row: &[ItemValue]) -> bool {
    match filter {
        Filter::AllOf(list) => list.iter().all(|inner| holds(inner, row)),
        Filter::AnyOf(list) => list.iter().any(|inner| holds(inner, row)),
        Filter::Not(inner) => !holds(inner, row),
        Filter::Compare(operator, wanted) => row
            .iter()
            .find(|value| value.key == wanted.key)
            .is_some_and(|found| compare(*operator, &found.value, &wanted.value)),
    }
}

fn compare(operator: Operator, found: &Value, wanted: &Value) -> bool {
    if operator == Operator::Prefix {
        return matches!((found, wanted), (Value::Text(text), Value::Text(start)) if text.starts_with(start));
    }
    let Some(order) = order(found, wanted) else {
        return false;
    };
    match operator {
        Operator::Equal => order.is_eq(),
        Operator::Less => order.is_lt(),
        Operator::LessOrEqual => order.is_le(),
        Operator::Greater => order.is_gt(),
        Operator::GreaterOrEqual => order.is_ge(),
        Operator::Prefix => false,
    }
}

/// The order of two values of one kind. Times compare as moments, whatever their offsets are; text
/// by its characters' numbers.
fn order(found: &Value, wanted: &Value) -> Option<Ordering> {
    match (found, wanted) {
        (Value::Text(one), Value::Text(two)) => Some(one.cmp(two)),
        (Value::Integer(one), Value::Integer(two)) => Some(one.cmp(two)),
        (Value::Logical(one), Value::Logical(two)) => Some(one.cmp(two)),
        (Value::Decimal(one), Value::Decimal(two)) => Some(decimals(one, two)),
        (Value::Date(one), Value::Date(two)) => Some(
            one.parse::<jiff::civil::Date>()
                .ok()?
                .cmp(&two.parse().ok()?),
        ),
        (Value::Time(one), Value::Time(two)) => {
            Some(one.parse::<jiff::Timestamp>().ok()?.cmp(&two.parse().ok()?))
        }
        _ => None,
    }
}

/// Compares decimals exactly: a binary number would lose digits of money.
fn decimals(one: &str, two: &str) -> Ordering {
    let (one, two) = (Decimal::of(one), Decimal::of(two));
    match (one.negative, two.negative) {
        (false, false) => one.size().cmp(&two.size()),
        (true, true) => two.size().cmp(&one.size()),
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
    }
}

struct Decimal<'a> {
    negative: bool,
    whole: &'a str,
    part: &'a str,
}

impl<'a> Decimal<'a> {
    fn of(text: &'a str) -> Self {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        let (whole, part) = (whole.trim_start_matches('0'), part.trim_end_matches('0'));
        // There is one zero only.
        let negative = text.starts_with('-') && !(whole.is_empty() && part.is_empty());
        Self {
            negative,
            whole,
            part,
        }
    }

    /// More digits before the point are more; then the digits decide.
    fn size(&self) -> (usize, &str, &str) {
        (self.whole.len(), self.whole, self.part)
    }
}
