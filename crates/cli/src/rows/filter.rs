//! Filters on the command line: JSON in, messages out.

use api::exchange::v1 as pb;
use api::value::v1::ItemValue as WireValue;
use api::value::v1::item_value::Kind;
use domain::filter::{Filter, Operator};
use domain::item::{ItemKey, Value};

/// Reads a filter, its file, or standard input.
pub(crate) fn parse(given: &str) -> Result<Filter, String> {
    let text = match given.strip_prefix('@') {
        None => given.to_owned(),
        Some("-") => {
            std::io::read_to_string(std::io::stdin()).map_err(|error| error.to_string())?
        }
        Some(file) => std::fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?,
    };
    serde_json::from_str(&text).map_err(|error| format!("not a filter: {error}"))
}

/// A filter for the gateway.
pub(crate) fn wire(filter: Filter) -> pb::Filter {
    use pb::filter::Kind;
    let list = |filters: Vec<Filter>| pb::FilterList {
        filters: filters.into_iter().map(wire).collect(),
    };
    let kind = match filter {
        Filter::AllOf(inner) => Kind::AllOf(list(inner)),
        Filter::AnyOf(inner) => Kind::AnyOf(list(inner)),
        Filter::Not(inner) => Kind::Negate(Box::new(wire(*inner))),
        Filter::Compare(operator, wanted) => Kind::Comparison(pb::Comparison {
            operator: sign(operator).into(),
            value: Some(value(&wanted.key, wanted.value)),
        }),
        Filter::In(key, values) => Kind::Membership(pb::Membership {
            values: values.into_iter().map(|one| value(&key, one)).collect(),
        }),
        Filter::Between(key, low, high) => Kind::Between(pb::Between {
            low: Some(value(&key, low)),
            high: Some(value(&key, high)),
        }),
        Filter::Absent(key) => Kind::Absent(key.into()),
    };
    pb::Filter { kind: Some(kind) }
}

fn sign(operator: Operator) -> pb::comparison::Operator {
    use pb::comparison::Operator as Wire;
    match operator {
        Operator::Equal => Wire::Equal,
        Operator::NotEqual => Wire::NotEqual,
        Operator::Less => Wire::Less,
        Operator::LessOrEqual => Wire::LessOrEqual,
        Operator::Greater => Wire::Greater,
        Operator::GreaterOrEqual => Wire::GreaterOrEqual,
        Operator::Prefix => Wire::Prefix,
    }
}

fn value(key: &ItemKey, value: Value) -> WireValue {
    let kind = match value {
        Value::Text(text) => Kind::Text(text),
        Value::Integer(number) => Kind::Integer(number),
        Value::Decimal(text) => Kind::Decimal(text),
        Value::Logical(yes) => Kind::Logical(yes),
        Value::Date(text) => Kind::Date(text),
        Value::Time(text) => Kind::Time(text),
    };
    WireValue {
        key: key.to_string(),
        kind: Some(kind),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_filters_of_the_help_are_read() {
        for text in [
            r#"{"compare": {"operator": "prefix", "item": "credit_code", "value": {"text": "9143"}}}"#,
            r#"{"in": {"item": "count", "values": [{"integer": 1}, {"integer": 2}]}}"#,
            r#"{"between": {"item": "fund", "low": {"decimal": "1.50"}, "high": {"decimal": "2"}}}"#,
            r#"{"not": {"any_of": [{"absent": {"item": "note"}}]}}"#,
        ] {
            assert!(
                parse(text).map(wire).is_ok_and(|wire| wire.kind.is_some()),
                "{text}"
            );
        }
        for text in [
            "",
            "{}",
            r#"{"sql": "1=1"}"#,
            r#"{"absent": {"item": "a b"}}"#,
            "@/nowhere",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
