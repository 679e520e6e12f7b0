//! Each database against the reference: the same rows, in the same order, with the same values.

use std::cmp::Ordering;

use domain::filter::{Filter, order as order_of};
use domain::rows::OrderBy;
use kit::tables::source::Source;
use kit::tables::{Row, Tables, value};
use proptest::test_runner::TestRunner;

use super::over_each;
use super::strategies::{drawn, filter, order, rows};

/// Filters that are tried on each database.
const CASES: usize = 250;
const ROWS: usize = 60;

/// What the reference says: the rows that match, in order.
pub(super) fn expected<'a>(
    table: &'a [Row],
    filter: Option<&Filter>,
    order: &[OrderBy],
) -> Vec<&'a Row> {
    let meets = |row: &&Row| filter.is_none_or(|filter| filter.matches(&|key| value(row, key)));
    let mut rows: Vec<&Row> = table.iter().filter(meets).collect();
    rows.sort_by(|one, other| {
        let compared = order.iter().map(|by| {
            let order = match (value(one, &by.key), value(other, &by.key)) {
                (Some(one), Some(other)) => order_of(one, other).unwrap(),
                (one, other) => one.is_some().cmp(&other.is_some()),
            };
            if by.descending {
                order.reverse()
            } else {
                order
            }
        });
        compared.fold(Ordering::Equal, Ordering::then)
    });
    rows
}

/// Whether two rows hold equal values; `1.50` and `1.5` are equal.
fn same(one: &Row, other: &Row) -> bool {
    one.len() == other.len()
        && one.iter().zip(other).all(|cells| match cells {
            (Some(one), Some(other)) => order_of(one, other) == Some(Ordering::Equal),
            (one, other) => one.is_none() && other.is_none(),
        })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_filter_and_order_means_the_same_on_each_database() {
    let table = rows(&mut TestRunner::deterministic(), ROWS);
    over_each(&table, async |tables: &Tables, source: &Source| {
        let mut runner = TestRunner::deterministic();
        let mut found = 0;
        for case in 0..CASES {
            let filter = drawn(&mut runner, &filter());
            let order = drawn(&mut runner, &order());
            let answer = tables
                .read(tables.wish(Some(filter.clone()), order.clone()))
                .await;
            // Values of tests may be shown.
            let told = format!(
                "{:?} case {case}: {} by {order:?}",
                source.engine(),
                serde_json::to_string(&filter).unwrap()
            );
            answer
                .ended
                .as_ref()
                .unwrap_or_else(|failure| panic!("{told}: {failure:?}"));
            let wanted = expected(&table, Some(&filter), &order);
            let rows = answer.rows();
            assert_eq!(rows.len(), wanted.len(), "{told}");
            for (row, wanted) in rows.iter().zip(wanted) {
                assert!(same(row, wanted), "{told}");
            }
            found += rows.len();
        }
        // A fuzz that never finds a row proves nothing.
        assert!(found > CASES, "{found}");
    })
    .await;
}
