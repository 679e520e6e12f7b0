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

fn integer(key: &str, number: i64) -> ItemValue {
    value(key, Kind::Integer(number))
}

fn logical(key: &str, yes: bool) -> ItemValue {
    value(key, Kind::Logical(yes))
}

/// The row that is tried.
fn row() -> Vec<ItemValue> {
    vec![
        text("name", "测试企业"),
        decimal("fund", "1000.50"),
        decimal("debt", "-3.5"),
        integer("points", 3),
        logical("open", true),
        date("day", "2020-02-29"),
        time("at", "2022-05-12T09:30:00+08:00"),
    ]
}

#[test]
fn comparisons() {
    use Operator::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, Prefix};
    for (case, operator, wanted, holds) in [
        ("same text", Equal, text("name", "测试企业"), true),
        ("other text", Equal, text("name", "测试"), false),
        ("prefix", Prefix, text("name", "测试"), true),
        ("no prefix", Prefix, text("name", "企业"), false),
        ("of a number", Prefix, decimal("fund", "10"), false),
        ("other writing", Equal, decimal("fund", "01000.5"), true),
        ("no text", Less, decimal("fund", "999"), false),
        ("greater", Greater, decimal("fund", "999.99"), true),
        ("at most", LessOrEqual, decimal("fund", "1000.500"), true),
        ("last digit", Less, decimal("fund", "1000.5000000001"), true),
        ("below zero", Less, decimal("debt", "0"), true),
        ("further below", Greater, decimal("debt", "-3.51"), true),
        ("two signs", Less, decimal("debt", "3.5"), true),
        ("one zero", Less, decimal("debt", "-0.0"), true),
        ("less", Less, integer("points", 4), true),
        ("not less", Less, integer("points", 3), false),
        ("at least", GreaterOrEqual, integer("points", 3), true),
        ("true", Equal, logical("open", true), true),
        ("false", Equal, logical("open", false), false),
        ("earlier day", Less, date("day", "2020-03-01"), true),
        ("same day", Equal, date("day", "2020-02-29"), true),
        (
            "same moment",
            Equal,
            time("at", "2022-05-12T01:30:00Z"),
            true,
        ),
        (
            "later moment",
            Less,
            time("at", "2022-05-12T01:30:01Z"),
            true,
        ),
        ("another kind", Equal, text("points", "3"), false),
        ("no value", Equal, text("missing", ""), false),
        ("nor less", Less, text("missing", "x"), false),
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
        ("no date", compare(Operator::Equal, date("day", "机密"))),
        (
            "impossible date",
            compare(Operator::Equal, date("day", "2021-02-29")),
        ),
        ("no time", compare(Operator::Equal, time("at", "机密"))),
        (
            "no decimal",
            compare(Operator::Equal, decimal("fund", "机密")),
        ),
    ] {
        let refused = meets(filter, row())
            .err()
            .unwrap_or_else(|| panic!("{case}: accepted"));
        assert_eq!(refused.code(), tonic::Code::InvalidArgument, "{case}");
        assert!(!refused.message().contains("机密"), "{case}");
    }
}
