//! The typed filter of table mode, evaluated in memory.
//!
//! A provider over a database would turn [`Filter`] into a statement with bound parameters; the
//! rules here say what that statement must mean.

use api::exchange::v1 as pb;
use api::exchange::v1::comparison::Operator as Wire;
use api::exchange::v1::filter::Kind;
use domain::filter::{COMPARISONS, DEPTH, Filter, Operator, VALUES};
use domain::item::{ItemKey, ItemValue};
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
        Some(Kind::Membership(membership)) => {
            *left = left.checked_sub(1).ok_or_else(too_large)?;
            parse_membership(membership)
        }
        Some(Kind::Between(between)) => {
            *left = left.checked_sub(1).ok_or_else(too_large)?;
            let low = wire::value_from(between.low.unwrap_or_default())?;
            let high = wire::value_from(between.high.unwrap_or_default())?;
            same_item(&low.key, &high.key)?;
            Ok(Filter::Between(low.key, low.value, high.value))
        }
        Some(Kind::Absent(key)) => {
            *left = left.checked_sub(1).ok_or_else(too_large)?;
            Ok(Filter::Absent(wire::key_from(&key)?))
        }
        None => Err(Status::invalid_argument("the filter has no condition")),
    }
}

fn parse_membership(wire: pb::Membership) -> Result<Filter, Status> {
    if wire.values.len() > VALUES {
        return Err(Status::invalid_argument("the filter is too large"));
    }
    let mut values = wire.values.into_iter().map(wire::value_from);
    let empty = || Status::invalid_argument("a list of values of the filter is empty");
    let first = values.next().ok_or_else(empty)??;
    let mut list = vec![first.value];
    for value in values {
        let value = value?;
        same_item(&first.key, &value.key)?;
        list.push(value.value);
    }
    Ok(Filter::In(first.key, list))
}

fn same_item(one: &ItemKey, other: &ItemKey) -> Result<(), Status> {
    if one == other {
        return Ok(());
    }
    Err(Status::invalid_argument(
        "one condition of the filter looks at one item",
    ))
}

fn parse_comparison(wire: pb::Comparison) -> Result<Filter, Status> {
    let operator = match wire.operator() {
        Wire::Unspecified => {
            return Err(Status::invalid_argument(
                "a comparison of the filter has no operator",
            ));
        }
        Wire::Equal => Operator::Equal,
        Wire::NotEqual => Operator::NotEqual,
        Wire::Less => Operator::Less,
        Wire::LessOrEqual => Operator::LessOrEqual,
        Wire::Greater => Operator::Greater,
        Wire::GreaterOrEqual => Operator::GreaterOrEqual,
        Wire::Prefix => Operator::Prefix,
    };
    let value = wire.value.unwrap_or_default();
    Ok(Filter::Compare(operator, wire::value_from(value)?))
}

/// Whether a row meets the filter: what a condition means is the domain's to say.
pub(super) fn holds(filter: &Filter, row: &[ItemValue]) -> bool {
    let value = |key: &ItemKey| {
        let mut values = row.iter();
        values
            .find(|value| value.key == *key)
            .map(|value| &value.value)
    };
    filter.matches(&value)
}
