use proptest::prelude::*;

use super::*;
use crate::filter::Operator;
use crate::item::ItemValue;
use crate::policy::Decision;
use crate::resource::ShareMode;
use crate::test_world::{GRANTED, WITHHELD, World, keys};

const ALL: [&str; 4] = [GRANTED[0], GRANTED[1], GRANTED[2], WITHHELD];

fn permit(row_filter: Option<Filter>) -> Permit {
    let mut world = World::good();
    world.grant().terms.row_filter = row_filter;
    world.grant().terms.share_modes = vec![ShareMode::Table];
    world.ask.mode = ShareMode::Table;
    world.ask.items = keys(&GRANTED);
    match world.decide() {
        Decision::Permit(permit) => *permit,
        Decision::Refusal(refusal) => panic!("refused by {}", refusal.rule()),
    }
}

fn rows(columns: &[&str], cells: Vec<Option<Value>>) -> Rows {
    let mut rows = Rows::new(keys(columns).into());
    for cell in cells {
        rows.push(cell);
    }
    rows
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "a cell is what the tests write rows of"
)]
fn text(text: &str) -> Option<Value> {
    Some(Value::Text(text.to_owned()))
}

fn of_holder(name: &str) -> Filter {
    let key = ItemKey::parse(WITHHELD).unwrap();
    let value = Value::Text(name.to_owned());
    Filter::Compare(Operator::Equal, ItemValue { key, value })
}

fn one_row(holder: &str) -> Rows {
    rows(
        &ALL,
        vec![text("J1"), None, Some(Value::Integer(2)), text(holder)],
    )
}

#[test]
fn the_row_filter_is_part_of_every_selection_and_its_items_are_fetched() {
    let permit = permit(Some(of_holder("甲")));
    let asked = of_holder("乙");
    for wish in [None, Some(asked.clone())] {
        let selection = Selection::of(&permit, wish.clone(), Vec::new(), 10);
        assert_eq!(selection.columns().as_ref(), keys(&ALL));
        let wanted = match wish {
            None => of_holder("甲"),
            Some(asked) => Filter::AllOf(vec![of_holder("甲"), asked]),
        };
        assert_eq!(selection.filter(), Some(&wanted));
    }
    let free = Selection::of(&self::permit(None), Some(asked.clone()), Vec::new(), 10);
    assert_eq!(free.columns().as_ref(), keys(&GRANTED));
    assert_eq!(free.filter(), Some(&asked));
}

#[test]
fn a_grant_with_a_row_filter_covers_no_mode_that_has_no_rows() {
    let mut world = World::good();
    assert!(matches!(world.decide(), Decision::Permit(_)));
    world.grant().terms.row_filter = Some(of_holder("甲"));
    match world.decide() {
        Decision::Permit(_) => panic!("permitted"),
        Decision::Refusal(refusal) => assert_eq!(refusal.rule().id(), "grant.mode-covered"),
    }
}

#[test]
fn items_of_the_row_filter_do_not_leave_and_rows_outside_of_it_spoil_the_answer() {
    let permit = permit(Some(of_holder("甲")));
    let released = release_rows(&permit, one_row("甲")).unwrap();
    assert_eq!(released.columns().as_ref(), keys(&GRANTED));
    assert_eq!(
        released.into_cells(),
        [text("J1"), None, Some(Value::Integer(2))]
    );
    let bad = release_rows(&permit, one_row("乙")).unwrap_err();
    assert!(bad.message.contains("row filter"), "{}", bad.message);
    // A provider that leaves the item out cannot be checked, so nothing of it leaves.
    let blind = rows(&GRANTED, vec![text("J1"), None, None]);
    assert!(release_rows(&permit, blind).is_err());
}

#[test]
fn a_bad_row_spoils_the_answer_and_is_not_repeated() {
    let permit = permit(None);
    for (rows, wanted) in [
        (rows(&GRANTED, vec![text("J1"), None]), "whole"),
        (rows(&[], vec![]), "whole"),
        (
            rows(&GRANTED, vec![Some(Value::Integer(430_502)), None, None]),
            "data type",
        ),
        (rows(&GRANTED[..2], vec![text("J1"), None]), "missing"),
        (rows(&["invented"], vec![text("J1")]), "invented"),
    ] {
        let bad = release_rows(&permit, rows).unwrap_err();
        assert!(bad.message.contains(wanted), "{}", bad.message);
        assert!(!bad.message.contains("430502"));
    }
}

#[test]
fn the_digest_tells_apart_what_left_and_where_its_values_end() {
    let permit = permit(None);
    let key = PseudonymKey::new([7; 32]);
    let digest = |cells: Vec<Option<Value>>| {
        let released = release_rows(&permit, rows(&GRANTED, cells)).unwrap();
        let mut tally = Tally::default();
        tally.add(&released, &key);
        tally.digest().to_owned()
    };
    let number = |n| Some(Value::Integer(n));
    let seen = [
        digest(vec![text("ab"), None, number(1)]),
        digest(vec![text("a"), None, number(1)]),
        digest(vec![text("ab"), None, None]),
        digest(vec![None, None, number(1)]),
        digest(vec![text("-"), None, None]),
        digest(vec![None, None, None]),
    ];
    let mut distinct = seen.to_vec();
    distinct.sort();
    distinct.dedup();
    assert_eq!(distinct.len(), seen.len());
}

#[test]
fn a_segment_ends_with_the_batch_that_fills_it() {
    let permit = permit(None);
    let key = PseudonymKey::new([7; 32]);
    let row = [text("J1"), None, None];
    let cells = row.into_iter().cycle().take(3 * BATCH_ROWS).collect();
    let batch = release_rows(&permit, rows(&GRANTED, cells)).unwrap();
    let mut tally = Tally::default();
    let batches = SEGMENT_ROWS as usize / BATCH_ROWS;
    for _ in 0..batches {
        tally.add(&batch, &key);
    }
    assert_eq!(
        (tally.rows() as usize, tally.segments().len()),
        (batches * BATCH_ROWS, 0)
    );
    tally.add(&batch, &key);
    assert_eq!(tally.segments(), [tally.digest()]);
    // The most rows of one read make a list that an entry can hold.
    const { assert!(ROWS / SEGMENT_ROWS <= 256) };
}

#[test]
fn a_batch_is_full_by_rows_or_by_bytes() {
    let mut by_rows = rows(&GRANTED, vec![None; 3 * (BATCH_ROWS - 1)]);
    assert!(!by_rows.is_full());
    (0..3).for_each(|_| by_rows.push(None));
    assert!(by_rows.is_full());
    assert_eq!((by_rows.take().len(), by_rows.len()), (BATCH_ROWS, 0));
    let wide = "x".repeat(BATCH_BYTES);
    assert!(rows(&GRANTED, vec![text(&wide)]).is_full());
}

#[test]
fn an_order_names_items_of_the_resource_once() {
    use crate::fault::FaultCause as _;
    let resource = crate::test_world::marriages("105001-000001");
    let by = |key: &str| OrderBy {
        key: ItemKey::parse(key).unwrap(),
        descending: true,
    };
    let codes = |order: &[OrderBy]| -> Vec<String> {
        let causes = check_order(order, &resource).err().unwrap_or_default();
        causes.iter().map(|cause| cause.code().to_owned()).collect()
    };
    assert_eq!(codes(&[by(GRANTED[0]), by(WITHHELD)]), [""; 0]);
    assert_eq!(
        codes(&[by(GRANTED[0]), by("invented"), by(GRANTED[0])]),
        ["UNKNOWN_ITEM", "DUPLICATE"]
    );
    let mut wide = resource.clone();
    wide.items = (0..=ORDERS)
        .map(|n| crate::item::Item {
            key: ItemKey::parse(&format!("item_{n}")).unwrap(),
            ..resource.items[0].clone()
        })
        .collect();
    let all: Vec<OrderBy> = wide
        .items
        .iter()
        .map(|item| by(item.key.as_str()))
        .collect();
    assert!(check_order(&all[..ORDERS], &wide).is_ok());
    assert!(check_order(&all, &wide).is_err());
}

// === nothing outside the row filter leaves, whatever is asked ===

fn cell(column: usize) -> BoxedStrategy<Option<Value>> {
    let value = match column {
        1 => (1_u8..4)
            .prop_map(|day| Value::Date(format!("2022-05-0{day}")))
            .boxed(),
        2 => (0_i64..3).prop_map(Value::Integer).boxed(),
        _ => prop::sample::select(vec!["", "a", "ab", "b", "甲", "甲乙"])
            .prop_map(|text| Value::Text(text.to_owned()))
            .boxed(),
    };
    prop::option::weighted(0.8, value).boxed()
}

fn leaf() -> BoxedStrategy<Filter> {
    use Operator::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual, Prefix};
    let operators = vec![
        Equal,
        NotEqual,
        Less,
        LessOrEqual,
        Greater,
        GreaterOrEqual,
        Prefix,
    ];
    let value = |column| cell(column).prop_filter_map("a value", |cell| cell);
    (0..ALL.len())
        .prop_flat_map(move |column| {
            let key = ItemKey::parse(ALL[column]).unwrap();
            let (one, two, three) = (key.clone(), key.clone(), key.clone());
            prop_oneof![
                (prop::sample::select(operators.clone()), value(column)).prop_map(
                    move |(operator, value)| {
                        let key = one.clone();
                        Filter::Compare(operator, ItemValue { key, value })
                    }
                ),
                prop::collection::vec(value(column), 1..4)
                    .prop_map(move |values| Filter::In(two.clone(), values)),
                (value(column), value(column)).prop_map(move |(low, high)| Filter::Between(
                    three.clone(),
                    low,
                    high
                )),
                Just(Filter::Absent(key)),
            ]
        })
        .boxed()
}

fn filter() -> impl Strategy<Value = Filter> {
    leaf().prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(Filter::AllOf),
            prop::collection::vec(inner.clone(), 1..4).prop_map(Filter::AnyOf),
            inner.prop_map(|inner| Filter::Not(Box::new(inner))),
        ]
    })
}

fn row() -> impl Strategy<Value = Vec<Option<Value>>> {
    (cell(0), cell(1), cell(2), cell(3)).prop_map(|(a, b, c, d)| vec![a, b, c, d])
}

fn meets(filter: &Filter, row: &[Option<Value>]) -> bool {
    let value = |key: &ItemKey| {
        let place = ALL.iter().position(|own| *own == key.as_str())?;
        row[place].as_ref()
    };
    filter.matches(&value)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]
    #[test]
    fn no_filter_reaches_a_row_outside_of_the_row_filter(
        granted in filter(),
        asked in filter(),
        table in prop::collection::vec(row(), 0..12),
    ) {
        let permit = permit(Some(granted.clone()));
        let selection = Selection::of(&permit, Some(asked.clone()), Vec::new(), 100);
        let narrowed = selection.filter().unwrap();
        // An honest provider.
        for row in &table {
            let both = meets(&granted, row) && meets(&asked, row);
            prop_assert_eq!(meets(narrowed, row), both);
        }
        // One that sends whatever it has.
        for row in &table {
            let released = release_rows(&permit, rows(&ALL, row.clone()));
            prop_assert_eq!(released.is_ok(), meets(&granted, row));
        }
        let all = rows(&ALL, table.iter().flatten().cloned().collect());
        let within = table.iter().all(|row| meets(&granted, row));
        prop_assert_eq!(release_rows(&permit, all).is_ok(), within);
    }
}
