//! Texts that would be SQL elsewhere: as values, as keys, as orders, as cursors.

use api::exchange::v1 as pb;
use api::value::v1::ItemValue as WireValue;
use api::value::v1::item_value::Kind;
use broker::wire;
use domain::filter::{Filter, Operator};
use domain::item::{ItemValue, Value};
use domain::reason::Reason;
use kit::tables::source::Source;
use kit::tables::{Row, Tables, key};
use proptest::test_runner::TestRunner;

use super::over_each;
use super::strategies::rows;

const CORPUS: [&str; 22] = [
    "' OR '1'='1",
    "' OR 1=1 --",
    "'; DROP TABLE held; --",
    "'; DELETE FROM held; --",
    "\" OR \"\"=\"",
    "`; DROP TABLE held; --",
    "') UNION SELECT * FROM held --",
    "1; ATTACH DATABASE '/tmp/x' AS x",
    "%",
    "_",
    "%' ESCAPE '%",
    "\\'; DROP TABLE held; --",
    "\\",
    "$1",
    "?",
    ":name",
    "/* */",
    "#",
    "xp_cmdshell('id')",
    "{{7*7}}",
    "\u{FF07} OR \u{FF07}1\u{FF07}=\u{FF07}1",
    "a\u{202E}b",
];

fn compare(operator: Operator, value: &str) -> Filter {
    let (key, value) = (key("name"), Value::Text(value.to_owned()));
    Filter::Compare(operator, ItemValue { key, value })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_text_is_a_value_whatever_it_spells() {
    let mut table = rows(&mut TestRunner::deterministic(), 20);
    // Each payload stands once, so that exactly one row is the right answer.
    for (number, payload) in CORPUS.iter().enumerate() {
        let mut row: Row = table[0].clone();
        row[0] = Some(Value::Text(format!("payload-{number:02}")));
        row[1] = Some(Value::Text((*payload).to_owned()));
        table.push(row);
    }
    let count = i64::try_from(table.len()).unwrap();
    over_each(&table, async |tables: &Tables, source: &Source| {
        for payload in CORPUS {
            let in_list = vec![Value::Text(payload.to_owned())];
            for filter in [
                compare(Operator::Equal, payload),
                Filter::In(key("name"), in_list),
                Filter::AllOf(vec![
                    compare(Operator::Prefix, payload),
                    compare(Operator::LessOrEqual, payload),
                ]),
            ] {
                let answer = tables.read(tables.wish(Some(filter), Vec::new())).await;
                answer.ended.as_ref().unwrap();
                let names: Vec<_> = answer
                    .rows()
                    .into_iter()
                    .map(|row| row[1].clone())
                    .collect();
                // `%` and `_` stand among the rows of chance too.
                assert!(!names.is_empty(), "{payload}");
                let payload = Some(Value::Text(payload.to_owned()));
                assert!(names.iter().all(|name| *name == payload));
            }
            let mut resumed = tables.wish(None, Vec::new());
            resumed.resume = Some(payload.to_owned());
            let failure = tables.read(resumed).await.ended.unwrap_err();
            assert_eq!(failure.faults[0].code, "CURSOR_INVALID", "{payload}");
        }
        assert_eq!(source.count().await, count);
    })
    .await;
}

#[test]
fn a_text_is_no_key_of_an_item() {
    for payload in CORPUS {
        let value = Some(WireValue {
            key: payload.to_owned(),
            kind: Some(Kind::Text("x".to_owned())),
        });
        let comparison = pb::Comparison {
            operator: pb::comparison::Operator::Equal.into(),
            value: value.clone(),
        };
        let membership = pb::Membership {
            values: value.clone().into_iter().collect(),
        };
        for kind in [
            pb::filter::Kind::Comparison(comparison),
            pb::filter::Kind::Membership(membership),
            pb::filter::Kind::Between(pb::Between {
                low: value.clone(),
                high: value.clone(),
            }),
            pb::filter::Kind::Absent(payload.to_owned()),
        ] {
            let refused = wire::filter_from(pb::Filter { kind: Some(kind) }).unwrap_err();
            // Longer ones only: the message has a point and a blank of its own.
            assert!(
                payload.len() < 3 || !refused.to_string().contains(payload),
                "{payload}"
            );
        }
        let by = pb::OrderBy {
            item: payload.to_owned(),
            descending: false,
        };
        assert!(wire::order_from(&by).is_err(), "{payload}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_number_that_a_column_cannot_tell_apart_is_the_callers_fault() {
    let table = rows(&mut TestRunner::deterministic(), 3);
    over_each(&table, async |tables: &Tables, _: &Source| {
        let (key, value) = (
            key("ratio"),
            Value::Decimal("0.1234567890123456789".to_owned()),
        );
        let filter = Filter::Compare(Operator::Less, ItemValue { key, value });
        let failure = tables
            .read(tables.wish(Some(filter), Vec::new()))
            .await
            .ended
            .unwrap_err();
        assert_eq!(failure.reason, Reason::RequestInvalid, "{failure:?}");
    })
    .await;
}
