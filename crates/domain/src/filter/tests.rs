use super::*;
use crate::test_world::{GRANTED, marriages};

fn key(text: &str) -> ItemKey {
    ItemKey::parse(text).unwrap()
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn compare(operator: Operator, item: &str, value: Value) -> Filter {
    let key = key(item);
    Filter::Compare(operator, ItemValue { key, value })
}

fn codes(filter: &Filter) -> Vec<String> {
    use crate::fault::FaultCause as _;
    let checked = filter.check(&marriages("105001-000001"));
    let causes = checked.err().unwrap_or_default();
    causes.iter().map(|cause| cause.code().to_owned()).collect()
}

fn number(n: usize) -> Filter {
    compare(Operator::Equal, GRANTED[0], text(&n.to_string()))
}

#[test]
fn every_item_and_every_text_of_a_filter_is_found() {
    let equal = |item, value| compare(Operator::Equal, item, text(value));
    let filter = Filter::AllOf(vec![
        equal("name", "a"),
        Filter::Not(Box::new(Filter::AnyOf(vec![
            equal("code", "b"),
            equal("name", "a"),
            compare(Operator::Less, "count", Value::Integer(1)),
        ]))),
        Filter::In(key("region"), vec![text("c"), text("d")]),
        Filter::Between(key("street"), text("e"), text("f")),
        Filter::Absent(key("note")),
    ]);
    let keys: Vec<String> = filter.keys().iter().map(ToString::to_string).collect();
    assert_eq!(keys, ["name", "code", "count", "region", "street", "note"]);
    assert_eq!(filter.texts(), ["a", "b", "c", "d", "e", "f"]);
}

#[test]
fn what_does_not_fit_is_named() {
    let [name, date, children] = GRANTED;
    let long = "x".repeat(TEXT_BYTES + 1);
    for (filter, code) in [
        (
            compare(Operator::Equal, "invented", text("x")),
            "UNKNOWN_ITEM",
        ),
        (Filter::Absent(key("invented")), "UNKNOWN_ITEM"),
        (compare(Operator::Equal, children, text("x")), "WRONG_TYPE"),
        (
            compare(Operator::Prefix, children, Value::Integer(1)),
            "WRONG_TYPE",
        ),
        (
            Filter::Between(key(date), text("x"), text("y")),
            "WRONG_TYPE",
        ),
        (
            Filter::In(key(name), vec![text("x"), Value::Integer(1)]),
            "WRONG_TYPE",
        ),
        (Filter::In(key(name), vec![]), "REQUIRED"),
        (compare(Operator::Equal, name, text(&long)), "TOO_LONG"),
        (
            compare(Operator::Equal, name, text("a\0b")),
            "CONTROL_CHARACTER",
        ),
    ] {
        assert_eq!(codes(&filter), [code], "{filter:?}");
    }
    let good = Filter::In(key(name), vec![text(&"x".repeat(TEXT_BYTES))]);
    assert_eq!(codes(&good), [""; 0]);
    assert_eq!(codes(&Filter::Absent(key(name))), [""; 0]);
}

#[test]
fn all_faults_come_at_once() {
    let wrong = |item| compare(Operator::Equal, item, Value::Logical(true));
    let filter = Filter::AnyOf(vec![
        wrong(GRANTED[0]),
        wrong("invented"),
        wrong(GRANTED[2]),
    ]);
    assert_eq!(codes(&filter), ["WRONG_TYPE", "UNKNOWN_ITEM", "WRONG_TYPE"]);
}

#[test]
fn each_size_has_its_limit() {
    let nested = |depth| (1..depth).fold(number(0), |inner, _| Filter::Not(Box::new(inner)));
    let wide = |count| Filter::AllOf((0..count).map(number).collect());
    let listed = |count: usize| {
        let values = (0..count).map(|n| text(&n.to_string())).collect();
        Filter::In(key(GRANTED[0]), values)
    };
    let good: [&str; 0] = [];
    for (filter, wanted) in [
        (nested(DEPTH), &good[..]),
        (nested(DEPTH + 1), &["FILTER_TOO_LARGE"]),
        (wide(COMPARISONS), &good[..]),
        (wide(COMPARISONS + 1), &["FILTER_TOO_LARGE"]),
        (listed(VALUES), &good[..]),
        (listed(VALUES + 1), &["FILTER_TOO_LARGE"]),
        // All lists together.
        (
            Filter::AnyOf(vec![listed(VALUES), number(0)]),
            &["FILTER_TOO_LARGE"],
        ),
    ] {
        assert_eq!(codes(&filter), wanted);
    }
}

#[test]
fn a_time_is_no_finer_than_a_microsecond() {
    let mut resource = marriages("105001-000001");
    resource.items[0].data_type = DataType::T;
    let at = |time: &str| {
        let filter = compare(Operator::Less, GRANTED[0], Value::Time(time.to_owned()));
        filter.check(&resource).is_ok()
    };
    assert!(at("2022-05-12T09:30:00.123456+08:00"));
    assert!(!at("2022-05-12T09:30:00.1234567+08:00"));
}

#[test]
fn a_condition_is_true_or_false_and_never_unknown() {
    let (name, other) = (text("张三"), text("李四"));
    let item = || key(GRANTED[0]);
    let meets = |filter: &Filter, value: Option<&Value>| filter.matches(&|_: &ItemKey| value);
    let cases = [
        // filter, of the same value, of another value, of no value
        (
            compare(Operator::Equal, GRANTED[0], name.clone()),
            [true, false, false],
        ),
        (
            compare(Operator::NotEqual, GRANTED[0], name.clone()),
            [false, true, false],
        ),
        (
            compare(Operator::Prefix, GRANTED[0], text("张")),
            [true, false, false],
        ),
        (
            compare(Operator::Prefix, GRANTED[0], text("")),
            [true, true, false],
        ),
        (
            compare(Operator::LessOrEqual, GRANTED[0], name.clone()),
            [true, false, false],
        ),
        (
            Filter::In(item(), vec![text("x"), name.clone()]),
            [true, false, false],
        ),
        (
            Filter::Between(item(), text("张"), text("张三")),
            [true, false, false],
        ),
        (Filter::Absent(item()), [false, false, true]),
        (Filter::AllOf(vec![]), [true, true, true]),
        (Filter::AnyOf(vec![]), [false, false, false]),
    ];
    for (filter, wanted) in cases {
        let found = [Some(&name), Some(&other), None].map(|value| meets(&filter, value));
        assert_eq!(found, wanted, "{filter:?}");
        let negated = Filter::Not(Box::new(filter));
        let found = [Some(&name), Some(&other), None].map(|value| meets(&negated, value));
        assert_eq!(found, wanted.map(|yes| !yes), "{negated:?}");
    }
    // Values of two kinds are never comparable.
    let mixed = compare(Operator::NotEqual, GRANTED[0], Value::Integer(1));
    assert!(!meets(&mixed, Some(&name)));
}

#[test]
fn decimals_compare_to_the_last_digit_and_times_as_moments() {
    use std::cmp::Ordering::{Equal, Greater, Less};
    let decimal = |text: &str| Value::Decimal(text.to_owned());
    let time = |text: &str| Value::Time(text.to_owned());
    for (one, two, wanted) in [
        (decimal("1.10"), decimal("1.1"), Equal),
        (decimal("-0"), decimal("0.00"), Equal),
        (decimal("-2"), decimal("-10"), Greater),
        (
            decimal("9007199254740993"),
            decimal("9007199254740992"),
            Greater,
        ),
        (decimal("0.3"), decimal("0.30000000000000001"), Less),
        (
            time("2022-05-12T09:30:00+08:00"),
            time("2022-05-12T01:30:00Z"),
            Equal,
        ),
        (text("é"), text("z"), Greater),
        (text("\u{FFFF}"), text("\u{10000}"), Less),
    ] {
        assert_eq!(order(&one, &two), Some(wanted));
        assert_eq!(order(&two, &one), Some(wanted.reverse()));
    }
}

#[test]
fn a_filter_is_read_back_as_it_was_written_and_shows_no_value() {
    let secret = || text("430502190102030017");
    let filter = Filter::AllOf(vec![
        compare(Operator::NotEqual, "name", secret()),
        Filter::Not(Box::new(Filter::AnyOf(vec![
            Filter::In(key("code"), vec![secret(), Value::Integer(-1)]),
            Filter::Absent(key("note")),
        ]))),
        Filter::Between(
            key("fund"),
            Value::Decimal("1.50".to_owned()),
            Value::Decimal("2".to_owned()),
        ),
        compare(Operator::Equal, "open", Value::Logical(true)),
        compare(Operator::Less, "day", Value::Date("2022-05-12".to_owned())),
        compare(
            Operator::Less,
            "at",
            Value::Time("2022-05-12T01:30:00Z".to_owned()),
        ),
    ]);
    let json = serde_json::to_string(&filter).unwrap();
    assert_eq!(serde_json::from_str::<Filter>(&json).unwrap(), filter);
    assert!(!format!("{filter:?}").contains("430502"), "{filter:?}");
    for wrong in [
        r#"{"compare":{"operator":"equal","item":"a b","value":{"text":"x"}}}"#,
        r#"{"sql":"1=1"}"#,
    ] {
        assert!(serde_json::from_str::<Filter>(wrong).is_err(), "{wrong}");
    }
}
