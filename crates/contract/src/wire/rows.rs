//! Filters, orders and batches of rows between the wire and the domain.

use std::sync::Arc;

use api::exchange::v1 as pb;
use api::value::v1 as value_pb;
use domain::fault::Cause;
use domain::filter::{COMPARISONS, DEPTH, Filter, Operator, VALUES};
use domain::item::{ItemKey, ItemValue, Value};
use domain::rows::{BATCH_ROWS, OrderBy, Rows};

use super::{value_from, value_to};

/// Conditions of one list.
const LIST: usize = 16;

/// A filter from the wire. Its size is bounded here too, since parsing recurses.
///
/// # Errors
/// What is wrong with it, without a value.
pub fn filter_from(wire: pb::Filter) -> Result<Filter, Cause> {
    let mut left = COMPARISONS;
    within(wire, DEPTH, &mut left)
}

fn within(wire: pb::Filter, depth: usize, left: &mut usize) -> Result<Filter, Cause> {
    use pb::filter::Kind;
    let too_large = |what: &str| Cause::new("FILTER_TOO_LARGE", what);
    let depth = depth
        .checked_sub(1)
        .ok_or_else(|| too_large("nested too deeply"))?;
    let mut list = |list: pb::FilterList| -> Result<Vec<Filter>, Cause> {
        if list.filters.is_empty() || list.filters.len() > LIST {
            return Err(too_large("a list takes 1 to 16 conditions"));
        }
        let inner = list.filters.into_iter();
        inner.map(|filter| within(filter, depth, left)).collect()
    };
    match wire.kind {
        Some(Kind::AllOf(inner)) => return Ok(Filter::AllOf(list(inner)?)),
        Some(Kind::AnyOf(inner)) => return Ok(Filter::AnyOf(list(inner)?)),
        Some(Kind::Negate(inner)) => {
            return Ok(Filter::Not(Box::new(within(*inner, depth, left)?)));
        }
        _ => {}
    }
    *left = left
        .checked_sub(1)
        .ok_or_else(|| too_large("too many conditions"))?;
    match wire.kind {
        Some(Kind::Comparison(comparison)) => comparison_from(comparison),
        Some(Kind::Membership(membership)) => membership_from(membership),
        Some(Kind::Between(between)) => {
            let low = part(between.low)?;
            let high = part(between.high)?;
            same_item(&low.key, &high.key)?;
            Ok(Filter::Between(low.key, low.value, high.value))
        }
        Some(Kind::Absent(key)) => Ok(Filter::Absent(ItemKey::parse(&key)?)),
        Some(Kind::AllOf(_) | Kind::AnyOf(_) | Kind::Negate(_)) | None => {
            Err(Cause::new("REQUIRED", "the filter has no condition"))
        }
    }
}

fn part(wire: Option<value_pb::ItemValue>) -> Result<ItemValue, Cause> {
    value_from(wire.ok_or_else(|| Cause::new("REQUIRED", "a condition has no value"))?)
}

fn same_item(one: &ItemKey, other: &ItemKey) -> Result<(), Cause> {
    if one == other {
        return Ok(());
    }
    let message = format!("one condition looks at one item, not at {one} and {other}");
    Err(Cause::new("SEVERAL_ITEMS", message))
}

fn membership_from(wire: pb::Membership) -> Result<Filter, Cause> {
    if wire.values.len() > VALUES {
        return Err(Cause::new(
            "FILTER_TOO_LARGE",
            format!("more than {VALUES} values"),
        ));
    }
    let mut item = None;
    let mut values = Vec::with_capacity(wire.values.len());
    for value in wire.values {
        let ItemValue { key, value } = value_from(value)?;
        same_item(item.get_or_insert_with(|| key.clone()), &key)?;
        values.push(value);
    }
    let item = item.ok_or_else(|| Cause::new("REQUIRED", "a list of values is empty"))?;
    Ok(Filter::In(item, values))
}

fn comparison_from(wire: pb::Comparison) -> Result<Filter, Cause> {
    use pb::comparison::Operator as Wire;
    let operator = match wire.operator() {
        Wire::Unspecified => return Err(Cause::new("REQUIRED", "the comparison has no operator")),
        Wire::Equal => Operator::Equal,
        Wire::NotEqual => Operator::NotEqual,
        Wire::Less => Operator::Less,
        Wire::LessOrEqual => Operator::LessOrEqual,
        Wire::Greater => Operator::Greater,
        Wire::GreaterOrEqual => Operator::GreaterOrEqual,
        Wire::Prefix => Operator::Prefix,
    };
    Ok(Filter::Compare(operator, part(wire.value)?))
}

/// A filter for a provider, or for the parties of a grant.
pub fn filter_to(filter: Filter) -> pb::Filter {
    use pb::comparison::Operator as Wire;
    use pb::filter::Kind;
    let list = |filters: Vec<Filter>| pb::FilterList {
        filters: filters.into_iter().map(filter_to).collect(),
    };
    let of = |key: &ItemKey, value: Value| {
        let key = key.clone();
        value_to(ItemValue { key, value })
    };
    let kind = match filter {
        Filter::AllOf(inner) => Kind::AllOf(list(inner)),
        Filter::AnyOf(inner) => Kind::AnyOf(list(inner)),
        Filter::Not(inner) => Kind::Negate(Box::new(filter_to(*inner))),
        Filter::In(key, values) => Kind::Membership(pb::Membership {
            values: values.into_iter().map(|value| of(&key, value)).collect(),
        }),
        Filter::Between(key, low, high) => Kind::Between(pb::Between {
            low: Some(of(&key, low)),
            high: Some(of(&key, high)),
        }),
        Filter::Absent(key) => Kind::Absent(key.into()),
        Filter::Compare(operator, value) => {
            let operator = match operator {
                Operator::Equal => Wire::Equal,
                Operator::NotEqual => Wire::NotEqual,
                Operator::Less => Wire::Less,
                Operator::LessOrEqual => Wire::LessOrEqual,
                Operator::Greater => Wire::Greater,
                Operator::GreaterOrEqual => Wire::GreaterOrEqual,
                Operator::Prefix => Wire::Prefix,
            };
            Kind::Comparison(pb::Comparison {
                operator: operator.into(),
                value: Some(value_to(value)),
            })
        }
    };
    pb::Filter { kind: Some(kind) }
}

/// One item of an order from the wire.
///
/// # Errors
/// `NOT_A_KEY`.
pub fn order_from(wire: &pb::OrderBy) -> Result<OrderBy, Cause> {
    Ok(OrderBy {
        key: ItemKey::parse(&wire.item)?,
        descending: wire.descending,
    })
}

/// One item of an order for a provider.
pub fn order_to(by: &OrderBy) -> pb::OrderBy {
    pb::OrderBy {
        item: by.key.to_string(),
        descending: by.descending,
    }
}

/// A provider's batch under the columns that were asked for. Of what was not asked for only names are noted.
///
/// # Errors
/// `TOO_MANY`, `DUPLICATE`, or what is wrong with a value; never the value.
pub fn rows_from(wire: pb::RowBatch, columns: &Arc<[ItemKey]>) -> Result<Rows, Cause> {
    if wire.rows.len() > BATCH_ROWS {
        let message = format!("more than {BATCH_ROWS} rows in one message");
        return Err(Cause::new("TOO_MANY", message));
    }
    let mut rows = Rows::new(Arc::clone(columns));
    let mut cells: Vec<Option<Value>> = Vec::with_capacity(columns.len());
    for row in wire.rows {
        cells.clear();
        cells.resize(columns.len(), None);
        for value in row.values {
            let Some(place) = columns.iter().position(|key| key.as_str() == value.key) else {
                if rows.looks_beyond()
                    && let Ok(beyond) = value_from(value)
                {
                    rows.note_beyond(&beyond);
                }
                continue;
            };
            let ItemValue { key, value } = value_from(value)?;
            if let Some(cell) = cells.get_mut(place)
                && cell.replace(value).is_some()
            {
                return Err(Cause::new("DUPLICATE", format!("item {key} stands twice")));
            }
        }
        cells.drain(..).for_each(|cell| rows.push(cell));
    }
    Ok(rows)
}
