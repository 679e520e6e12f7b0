//! The grant's row filter over real databases: and-ed in, and not to be escaped.

use domain::filter::{Filter, Operator};
use domain::item::{ItemValue, Value};
use domain::reason::Reason;
use domain::resource::ShareMode;
use kit::databases::on_sqlite;
use kit::tables::source::Source;
use kit::tables::{Tables, key, value};
use proptest::test_runner::TestRunner;

use super::differential::expected;
use super::strategies::{drawn, filter, order, rows};

fn compare(operator: Operator, item: &str, value: Value) -> Filter {
    let key = key(item);
    Filter::Compare(operator, ItemValue { key, value })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_filter_of_a_consumer_reaches_beyond_the_row_filter() {
    let table = rows(&mut TestRunner::deterministic(), 60);
    let mut sources = vec![Source::sqlite()];
    sources.extend(Source::postgres().await);
    for source in sources {
        on_sqlite(async |database| {
            let tables = Tables::start(database).await;
            source.load(&table).await;
            tables.register(source.endpoint(&tables)).await.unwrap();
            // By items that are not granted.
            let granted = Filter::AllOf(vec![
                compare(Operator::GreaterOrEqual, "count", Value::Integer(0)),
                Filter::Not(Box::new(Filter::Absent(key("day")))),
            ]);
            let items = ["row_id", "name", "note", "fund"];
            tables.agree(Some(granted.clone()), &items).await;
            let mut runner = TestRunner::deterministic();
            let mut found = 0;
            for _ in 0..150 {
                let asked = drawn(&mut runner, &filter());
                let order = drawn(&mut runner, &order());
                let answer = tables
                    .read(tables.wish(Some(asked.clone()), order.clone()))
                    .await;
                let mut named = asked.keys();
                named.extend(order.iter().map(|by| by.key.clone()));
                if named.iter().any(|key| !items.contains(&key.as_str())) {
                    let failure = answer.ended.unwrap_err();
                    assert_eq!(failure.reason, Reason::ItemNotCovered);
                    assert!(answer.batches.is_empty());
                    continue;
                }
                answer.ended.as_ref().unwrap();
                let both = Filter::AllOf(vec![granted.clone(), asked]);
                let wanted = expected(&table, Some(&both), &order);
                let wanted: Vec<_> = wanted
                    .iter()
                    .map(|row| match value(row, &key("row_id")) {
                        Some(Value::Text(id)) => id.clone(),
                        other => panic!("{other:?}"),
                    })
                    .collect();
                assert_eq!(answer.ids(), wanted, "{order:?}");
                assert!(answer.rows().iter().all(|row| row.len() == items.len()));
                found += wanted.len();
            }
            assert!(found > 100, "{found}");
        })
        .await;
        source.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_filter_is_checked_when_it_is_applied_for_and_named_by_a_hash_only() {
    on_sqlite(async |database| {
        let tables = Tables::start(database).await;
        let codes = async |filter: Filter, modes: Vec<ShareMode>| {
            let mut terms = tables.terms(Some(filter), &[]);
            terms.share_modes = modes;
            let made = tables.apply(terms).await;
            let faults = made.err().map(|failure| failure.faults).unwrap_or_default();
            faults
                .into_iter()
                .map(|fault| fault.code)
                .collect::<Vec<_>>()
        };
        let table = || vec![ShareMode::Table];
        let wrong = compare(Operator::Equal, "count", Value::Logical(true));
        let unknown = Filter::Absent(key("invented"));
        let both = Filter::AnyOf(vec![wrong, unknown]);
        assert_eq!(codes(both, table()).await, ["WRONG_TYPE", "UNKNOWN_ITEM"]);
        let good = || {
            compare(
                Operator::Equal,
                "name",
                Value::Text("430502190102030017".to_owned()),
            )
        };
        assert_eq!(
            codes(good(), vec![ShareMode::Api]).await,
            ["MODE_WITHOUT_ROWS", "UNKNOWN_MODE"]
        );
        assert_eq!(codes(good(), table()).await, [""; 0]);
        tables.agree(Some(good()), &[]).await;
        let bundle = tables.gateway.export(&tables.operator, None).await;
        let text = String::from_utf8_lossy(&bundle);
        assert!(text.contains("row_filter"));
        assert!(!text.contains("430502190102030017"));
    })
    .await;
}
