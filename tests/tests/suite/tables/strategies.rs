//! Rows, filters and orders by chance, over values that engines are known to differ in.

use domain::filter::{Filter, Operator};
use domain::item::{DataType, ItemValue, Value};
use domain::rows::OrderBy;
use kit::tables::{ITEMS, Row, key};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

/// Case, accents, blanks at the end, quotes, wildcards, characters beyond the basic plane.
const TEXTS: [&str; 24] = [
    "",
    "a",
    "A",
    "a ",
    " a",
    "ab",
    "aB",
    "B",
    "é",
    "e",
    "z",
    "張",
    "张",
    "张三",
    "李四",
    "𠮷",
    "\u{FFFD}",
    "'",
    "\"",
    "%",
    "a_",
    "\\",
    "--",
    "O'Brien\n",
];
const DECIMALS: [&str; 10] = [
    "0",
    "-0.5",
    "0.1",
    "0.10",
    "1",
    "1.5",
    "-3",
    "1234567.89",
    "99999999999",
    "0.3",
];
const TIMES: [&str; 5] = [
    "1969-12-31T23:59:59Z",
    "2022-05-12T01:30:00Z",
    "2022-05-12T09:30:00Z",
    "2022-06-01T00:00:00Z",
    "2038-01-19T03:14:08Z",
];
const DAYS: [&str; 5] = [
    "1900-01-01",
    "1999-12-31",
    "2020-02-29",
    "2022-05-12",
    "2022-06-01",
];

fn value(data_type: DataType) -> BoxedStrategy<Value> {
    let of = |texts: &'static [&'static str]| {
        prop::sample::select(texts).prop_map(str::to_owned).boxed()
    };
    match data_type {
        DataType::C | DataType::M | DataType::G => of(&TEXTS).prop_map(Value::Text).boxed(),
        DataType::I => prop::sample::select(vec![-2_147_483_648_i64, -1, 0, 1, 7, 2_147_483_647])
            .prop_map(Value::Integer)
            .boxed(),
        DataType::N | DataType::Y | DataType::B | DataType::F => {
            of(&DECIMALS).prop_map(Value::Decimal).boxed()
        }
        DataType::L => any::<bool>().prop_map(Value::Logical).boxed(),
        DataType::D => of(&DAYS).prop_map(Value::Date).boxed(),
        DataType::T => of(&TIMES).prop_map(Value::Time).boxed(),
    }
}

/// Rows with the keys `row-0000`, `row-0001` …
pub(crate) fn rows(runner: &mut TestRunner, count: usize) -> Vec<Row> {
    let cell = |(_, data_type): &(&str, DataType)| prop::option::weighted(0.75, value(*data_type));
    let row = |number: usize| {
        let mut row: Row = ITEMS
            .iter()
            .map(|item| drawn(runner, &cell(item)))
            .collect();
        row[0] = Some(Value::Text(format!("row-{number:04}")));
        row
    };
    (0..count).map(row).collect()
}

/// One value of a strategy.
pub(super) fn drawn<S: Strategy>(runner: &mut TestRunner, strategy: &S) -> S::Value {
    strategy.new_tree(runner).unwrap().current()
}

fn leaf() -> impl Strategy<Value = Filter> {
    use Operator::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual, Prefix};
    prop::sample::select(&ITEMS[1..]).prop_flat_map(|(item, data_type)| {
        let mut operators = vec![Equal, NotEqual, Less, LessOrEqual, Greater, GreaterOrEqual];
        if matches!(data_type, DataType::C | DataType::M) {
            operators.push(Prefix);
        }
        let compared = (prop::sample::select(operators), value(data_type)).prop_map(
            move |(operator, value)| {
                let key = key(item);
                Filter::Compare(operator, ItemValue { key, value })
            },
        );
        prop_oneof![
            4 => compared,
            2 => prop::collection::vec(value(data_type), 1..5)
                .prop_map(move |values| Filter::In(key(item), values)),
            2 => (value(data_type), value(data_type))
                .prop_map(move |(low, high)| Filter::Between(key(item), low, high)),
            1 => Just(Filter::Absent(key(item))),
        ]
    })
}

/// A filter that the resource admits.
pub(super) fn filter() -> impl Strategy<Value = Filter> {
    leaf().prop_recursive(5, 30, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(Filter::AllOf),
            prop::collection::vec(inner.clone(), 1..4).prop_map(Filter::AnyOf),
            inner.prop_map(|inner| Filter::Not(Box::new(inner))),
        ]
    })
}

/// An order by none to three items.
pub(super) fn order() -> impl Strategy<Value = Vec<OrderBy>> {
    prop::sample::subsequence(ITEMS[1..].to_vec(), 0..=3)
        .prop_shuffle()
        .prop_flat_map(|items| {
            let directions = prop::collection::vec(any::<bool>(), items.len());
            directions.prop_map(move |directions| {
                let by = |((item, _), descending): (&(&str, DataType), bool)| OrderBy {
                    key: key(item),
                    descending,
                };
                items.iter().zip(directions).map(by).collect()
            })
        })
}
