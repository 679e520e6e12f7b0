//! The typed filter: a table of cases.

use api::exchange::v1::comparison::Operator;
use api::exchange::v1::filter::Kind as FilterKind;
use api::exchange::v1::{Comparison, Filter, FilterList};
use api::value::v1::ItemValue;
use api::value::v1::item_value::Kind;

use crate::provider::meets;

fn value(key: &str, kind: Kind) -> ItemValue {
    ItemValue {
        key: key.to_owned(),
        kind: Some(kind),
    }
}

pub(super) fn text(key: &str, text: &str) -> ItemValue {
    value(key, Kind::Text(text.to_owned()))
}

fn decimal(key: &str, text: &str) -> ItemValue {
    value(key, Kind::Decimal(text.to_owned()))
}

fn date(key: &str, text: &str) -> ItemValue {
    value(key, Kind::Date(text.to_owned()))
}

fn time(key: &str, text: &str) -> ItemValue {
    value(key, Kind::Time(text.to_owned()))
}

pub(super) fn compare(operator: Operator, value: ItemValue) -> Filter {
    let comparison = Comparison {
        operator: operator.into(),
        value: Some(value),
    };
    Filter {
        kind: Some(FilterKind::Comparison(comparison)),
    }
}

fn all_of(filters: Vec<Filter>) -> Filter {
    Filter {
        kind: Some(FilterKind::AllOf(FilterList { filters })),
    }
}

fn any_of(filters: Vec<Filter>) -> Filter {
    Filter {
        kind: Some(FilterKind::AnyOf(FilterList { filters })),
    }
}

fn not(filter: Filter) -> Filter {
    Filter {
        kind: Some(FilterKind::Negate(Box::new(filter))),
    }
}

/// One row: a name, a capital of 1000.50, 3 points, open, founded and opened.
fn row() -> Vec<ItemValue> {
    vec![
        text("name", "测试企业"),
        decimal("capital", "1000.50"),
        decimal("balance", "-3.5"),
        value("points", Kind::Integer(3)),
        value("open", Kind::Logical(true)),
        date("founded", "2020-02-29"),
        time("opened", "2022-05-12T09:30:00+08:00"),
    ]
}

#[test]
fn comparisons() {
    use Operator::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, Prefix};
    for (case, operator, wanted, holds) in [
        ("equal text", Equal, text("name", "测试企业"), true),
        ("other text", Equal, text("name", "测试"), false),
        ("prefix", Prefix, text("name", "测试"), true),
        ("not a prefix", Prefix, text("name", "企业"), false),
        (
            "prefix of a number",
            Prefix,
            decimal("capital", "10"),
            false,
        ),
        (
            "equal decimal, other writing",
            Equal,
            decimal("capital", "01000.5"),
            true,
        ),
        (
            "decimals are no text",
            Less,
            decimal("capital", "999"),
            false,
        ),
        (
            "greater decimal",
            Greater,
            decimal("capital", "999.99"),
            true,
        ),
        (
            "less or equal decimal",
            LessOrEqual,
            decimal("capital", "1000.500"),
            true,
        ),
        (
            "less by the last digit",
            Less,
            decimal("capital", "1000.5000000000000000000001"),
            true,
        ),
        ("negative is less", Less, decimal("balance", "0"), true),
        (
            "more negative is less",
            Greater,
            decimal("balance", "-3.51"),
            true,
        ),
        (
            "negative and positive",
            Less,
            decimal("balance", "3.5"),
            true,
        ),
        (
            "less integer",
            Less,
            value("points", Kind::Integer(4)),
            true,
        ),
        (
            "not less integer",
            Less,
            value("points", Kind::Integer(3)),
            false,
        ),
        (
            "greater or equal integer",
            GreaterOrEqual,
            value("points", Kind::Integer(3)),
            true,
        ),
        (
            "equal logical",
            Equal,
            value("open", Kind::Logical(true)),
            true,
        ),
        (
            "other logical",
            Equal,
            value("open", Kind::Logical(false)),
            false,
        ),
        ("earlier date", Less, date("founded", "2020-03-01"), true),
        ("same date", Equal, date("founded", "2020-02-29"), true),
        (
            "same moment, other offset",
            Equal,
            time("opened", "2022-05-12T01:30:00Z"),
            true,
        ),
        (
            "later moment",
            Less,
            time("opened", "2022-05-12T09:30:01+08:00"),
            true,
        ),
        ("another kind", Equal, text("points", "3"), false),
        ("no value", Equal, text("missing", ""), false),
        ("no value is not less", Less, text("missing", "x"), false),
    ] {
        assert_eq!(
            meets(compare(operator, wanted), row()).unwrap(),
            holds,
            "{case}"
        );
    }
}

#[test]
fn combinations() {
    let yes = || compare(Operator::Equal, text("name", "测试企业"));
    let no = || compare(Operator::Equal, text("name", "别人"));
    let missing = || compare(Operator::Equal, text("missing", "x"));
    for (case, filter, holds) in [
        ("all of one", all_of(vec![yes()]), true),
        ("all, one not", all_of(vec![yes(), no()]), false),
        ("any, one", any_of(vec![no(), yes()]), true),
        ("any, none", any_of(vec![no(), no()]), false),
        ("not", not(no()), true),
        ("not not", not(not(no())), false),
        ("not missing", not(missing()), true),
        (
            "nested",
            all_of(vec![
                any_of(vec![no(), not(no())]),
                not(all_of(vec![yes(), no()])),
            ]),
            true,
        ),
    ] {
        assert_eq!(meets(filter, row()).unwrap(), holds, "{case}");
    }
}

#[test]
fn malformed_filters_are_refused_without_repeating_a_value() {
    let yes = || compare(Operator::Equal, text("name", "机密"));
    let deep = (0..8).fold(yes(), |inner, _| not(inner));
    let wide = any_of(
        (0..16)
            .map(|_| all_of((0..5).map(|_| yes()).collect()))
            .collect(),
    );
    let empty = Filter { kind: None };
    let no_value = Comparison {
        operator: Operator::Equal.into(),
        value: None,
    };
    for (case, filter) in [
        ("empty", empty),
        ("empty list", all_of(Vec::new())),
        ("long list", any_of((0..17).map(|_| yes()).collect())),
        ("too deep", deep),
        ("too many", wide),
        (
            "no operator",
            compare(Operator::Unspecified, text("name", "机密")),
        ),
        (
            "no value",
            Filter {
                kind: Some(FilterKind::Comparison(no_value)),
            },
        ),
        ("no key", compare(Operator::Equal, text("", "机密"))),
        ("no date", compare(Operator::Equal, date("founded", "机密"))),
        (
            "impossible date",
            compare(Operator::Equal, date("founded", "2021-02-29")),
        ),
        ("no time", compare(Operator::Equal, time("opened", "机密"))),
        (
            "no decimal",
            compare(Operator::Equal, decimal("capital", "机密")),
        ),
    ] {
        let refused = meets(filter, row())
            .err()
            .unwrap_or_else(|| panic!("{case}: accepted"));
        assert_eq!(refused.code(), tonic::Code::InvalidArgument, "{case}");
        assert!(!refused.message().contains("机密"), "{case}");
    }
}
