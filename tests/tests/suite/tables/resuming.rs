//! Reads that go on where another ended.

use domain::filter::{Filter, Operator};
use domain::item::{ItemValue, Value};
use domain::reason::Reason;
use domain::rows::OrderBy;
use kit::tables::source::Source;
use kit::tables::{Tables, key};
use proptest::test_runner::TestRunner;

use super::over_each;
use super::strategies::{drawn, order, rows};

/// Three batches.
const ROWS: usize = 1_200;

fn by(item: &str, descending: bool) -> OrderBy {
    OrderBy {
        key: key(item),
        descending,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_goes_on_behind_any_batch_without_a_row_twice_or_left_out() {
    let table = rows(&mut TestRunner::deterministic(), ROWS);
    over_each(&table, async |tables: &Tables, source: &Source| {
        let mut orders = vec![
            vec![],
            vec![by("row_id", true)],
            vec![by("count", true), by("name", false)],
            vec![by("ratio", false), by("fund", true)],
            vec![by("at", true), by("day", false), by("open", true)],
        ];
        let mut runner = TestRunner::deterministic();
        orders.extend((0..10).map(|_| drawn(&mut runner, &order())));
        for order in orders {
            let whole = tables.read(tables.wish(None, order.clone())).await;
            let told = format!("{:?} by {order:?}", source.engine());
            whole
                .ended
                .as_ref()
                .unwrap_or_else(|failure| panic!("{told}: {failure:?}"));
            assert_eq!(
                (whole.batches.len(), whole.ids().len()),
                (3, ROWS),
                "{told}"
            );
            let mut arrived = 0;
            for (batch, cursor) in whole.batches.iter().zip(&whole.cursors) {
                arrived += batch.len();
                let mut rest = tables.wish(None, order.clone());
                rest.resume.clone_from(cursor);
                let rest = tables.read(rest).await;
                assert!(rest.ended.is_ok(), "{told}: {:?}", rest.ended);
                assert!(
                    rest.ids() == whole.ids()[arrived..],
                    "{told} behind {arrived}"
                );
            }
            // Row by row through ties and rows without a value.
            let mut step = tables.wish(None, order.clone());
            step.limit = 7;
            let mut walked = Vec::new();
            for _ in 0..12 {
                let next = tables.read(step.clone()).await;
                walked.extend(next.ids());
                step.resume.clone_from(next.cursors.last().unwrap());
            }
            assert!(walked == whole.ids()[..walked.len()], "{told} in steps");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cursor_of_another_read_is_refused_before_anything_is_asked() {
    let table = rows(&mut TestRunner::deterministic(), 20);
    over_each(&table, async |tables: &Tables, _: &Source| {
        let like = |text: &str| {
            let (key, value) = (key("name"), Value::Text(text.to_owned()));
            Some(Filter::Compare(
                Operator::NotEqual,
                ItemValue { key, value },
            ))
        };
        let first = tables.wish(like("a"), vec![by("count", false)]);
        let answer = tables.read(first.clone()).await;
        let cursor = answer.cursors[0].clone();
        let mut same = first.clone();
        same.resume.clone_from(&cursor);
        assert!(tables.read(same).await.ended.is_ok());
        for mut other in [
            tables.wish(like("b"), vec![by("count", false)]),
            tables.wish(None, vec![by("count", false)]),
            tables.wish(like("a"), vec![by("count", true)]),
            tables.wish(like("a"), vec![]),
        ] {
            other.resume.clone_from(&cursor);
            let failure = tables.read(other).await.ended.unwrap_err();
            assert_eq!(failure.reason, Reason::RequestInvalid);
            assert_eq!(failure.faults[0].code, "CURSOR_INVALID");
        }
        // Another grant is another agreement, even on the same rows.
        let grant = answer.ended.unwrap().grant().unwrap().name.clone();
        let grant = domain::name::GrantName::parse(&grant).unwrap();
        let request = tables.gateway.new_request();
        let revoking = kit::gateway::act(&tables.owner, &request, "RevokeGrant");
        tables
            .gateway
            .revoke_grant(&revoking, &grant, ("why".to_owned(), String::new()))
            .await
            .unwrap();
        tables.agree(None, &[]).await;
        let mut same = first;
        same.resume.clone_from(&cursor);
        let failure = tables.read(same).await.ended.unwrap_err();
        assert_eq!(failure.faults[0].code, "CURSOR_INVALID");
    })
    .await;
}
