use proptest::prelude::*;

use super::*;
use crate::receipt::{ChangeReceipt, IntentReceipt, OutcomeReceipt};

fn at(microsecond: i64) -> Timestamp {
    Timestamp::from_microsecond(microsecond).unwrap()
}

fn intent() -> Entry {
    Draft::intent("req-1")
        .with_grant("grants/7", 2)
        .with_fact("purpose", "办理结婚登记 \"一件事\"\n")
        .with_fact("items", vec!["name".to_owned(), "date".to_owned()])
        .with_fact("rows", 3_i64)
        .with_fact("masked", true)
        .place(4, at(1_667_554_200_123_456), Some(9))
        .unwrap()
}

const INTENT: &str = concat!(
    r#"{"schema":1,"index":4,"time":"2022-11-04T09:30:00.123456Z","kind":"intent","#,
    r#""request_id":"req-1","grant":{"name":"grants/7","version":2,"sequence":9},"#,
    r#""facts":{"items":["name","date"],"masked":true,"#,
    r#""purpose":"办理结婚登记 \"一件事\"\n","rows":3}}"#
);

#[test]
fn the_canonical_form_is_as_documented() {
    assert_eq!(String::from_utf8(intent().encode()).unwrap(), INTENT);
    assert_eq!(Entry::decode(INTENT.as_bytes()).unwrap(), intent());
}

#[test]
fn every_kind_comes_back_as_it_was() {
    let receipt = IntentReceipt::assertion(&intent()).unwrap();
    let entries = [
        intent(),
        Draft::change("grant.approved", "req-0")
            .place(0, at(0), None)
            .unwrap(),
        Draft::intent("req-2").place(7, at(-1), None).unwrap(),
        Draft::outcome(&receipt)
            .with_fact("released", 1_i64)
            .place(5, at(1), None)
            .unwrap(),
    ];
    for entry in entries {
        assert_eq!(Entry::decode(&entry.encode()).unwrap(), entry);
    }
}

#[test]
fn an_outcome_repeats_its_intent() {
    let receipt = IntentReceipt::assertion(&intent()).unwrap();
    assert_eq!(receipt.sequence(), Some(9));
    let draft = Draft::outcome(&receipt);
    assert_eq!(draft.takes_sequence_of(), None);
    let outcome = draft.place(5, at(1), None).unwrap();
    assert_eq!(outcome.kind(), &Kind::Outcome { intent: 4 });
    assert_eq!(
        (outcome.request_id(), outcome.grant()),
        ("req-1", intent().grant())
    );
    let closed = OutcomeReceipt::assertion(&outcome).unwrap();
    assert_eq!(
        (closed.index(), closed.intent(), closed.sequence()),
        (5, 4, Some(9))
    );
}

#[test]
fn a_receipt_is_only_made_from_its_own_kind() {
    let change = Draft::change("system.registered", "r")
        .place(0, at(0), None)
        .unwrap();
    assert!(ChangeReceipt::assertion(&change).is_some());
    assert!(IntentReceipt::assertion(&change).is_none());
    assert!(OutcomeReceipt::assertion(&change).is_none());
    assert!(ChangeReceipt::assertion(&intent()).is_none());
}

#[test]
fn time_is_cut_to_microseconds() {
    let time = Timestamp::from_nanosecond(1_999).unwrap();
    assert_eq!(
        Draft::intent("r").place(0, time, None).unwrap().time(),
        at(1)
    );
}

#[test]
fn other_spellings_of_the_same_entry_are_refused() {
    let swaps = [
        (r#"{"schema":1,"index":4,"#, r#"{"index":4,"schema":1,"#),
        (r#""index":4"#, r#""index": 4"#),
        (r#""index":4"#, r#""index":4.0"#),
        (r#""index":4"#, r#""index":4,"index":4"#),
        (r#""rows":3"#, r#""rows":3,"rows":3"#),
        (r#""rows":3"#, r#""rows":-0"#),
        (r#""rows":3"#, r#""rows":null"#),
        (r#""rows":3"#, r#""rows":{"a":1}"#),
        (r#""rows":3"#, r#""rows":9007199254740992"#),
        (
            r#""items":["name","date"],"masked":true"#,
            r#""masked":true,"items":["name","date"]"#,
        ),
        ("123456Z", "1234560Z"),
        ("123456Z", "123456+00:00"),
        ("T09:30", "t09:30"),
        ("req-1", "req\\u002d1"),
        (r#""kind":"intent""#, r#""kind":"intent","event":null"#),
        (r#""kind":"intent""#, r#""kind":"intent","intent":3"#),
        (r#""schema":1"#, r#""schema":2"#),
        (r#""sequence":9"#, r#""sequence":0"#),
        ("}}", "}}\n"),
        ("}}", "}} "),
        ("}}", "}"),
        ("{\"schema", "\u{feff}{\"schema"),
    ];
    for (from, to) in swaps {
        let other = INTENT.replacen(from, to, 1);
        assert_ne!(other, INTENT, "{from} is not in the example");
        assert!(
            Entry::decode(other.as_bytes()).is_err(),
            "accepted: {other}"
        );
    }
}

#[test]
fn drafts_that_break_a_rule_are_refused_before_and_at_the_place() {
    let text = |length: usize| "x".repeat(length);
    let many = (0..65).fold(Draft::intent("r"), |d, n| {
        d.with_fact(format!("f{n}"), true)
    });
    let large = (0..9).fold(Draft::intent("r"), |d, n| {
        d.with_fact(format!("f{n}"), text(8192))
    });
    let receipt = IntentReceipt::assertion(&intent()).unwrap();
    let cases = [
        (Draft::intent(""), EntryError::Name("request id")),
        (Draft::intent("a b"), EntryError::Name("request id")),
        (Draft::intent(text(256)), EntryError::Name("request id")),
        (
            Draft::change("Grant.approved", "r"),
            EntryError::Name("event"),
        ),
        (
            Draft::change("a.b", "r").with_grant("g", 1),
            EntryError::GrantOnWrongKind,
        ),
        (
            Draft::outcome(&receipt).with_grant("g", 1),
            EntryError::GrantOnWrongKind,
        ),
        (
            Draft::intent("r").with_grant("数", 1),
            EntryError::Name("grant name"),
        ),
        (
            Draft::intent("r").with_fact("Key", true),
            EntryError::FactKey,
        ),
        (Draft::intent("r").with_fact("", true), EntryError::FactKey),
        (
            Draft::intent("r").with_fact("k", i64::MIN),
            EntryError::FactValue("k".to_owned()),
        ),
        (
            Draft::intent("r").with_fact("k", text(8193)),
            EntryError::FactValue("k".to_owned()),
        ),
        (many, EntryError::TooManyFacts(65)),
    ];
    for (draft, error) in cases {
        assert_eq!(draft.check(), Err(error.clone()), "{draft:?}");
        let sequence = draft.takes_sequence_of().map(|_| 1);
        assert_eq!(draft.place(9, at(0), sequence), Err(error));
    }
    assert!(matches!(large.check(), Err(EntryError::TooLong(_))));
    assert_eq!(
        Draft::intent("r").with_fact("k", text(8192)).check(),
        Ok(())
    );
}

#[test]
fn exactly_a_granted_intent_takes_a_number() {
    let granted = Draft::intent("r").with_grant("grants/1", 1);
    assert_eq!(granted.takes_sequence_of(), Some("grants/1"));
    assert_eq!(
        granted.clone().place(0, at(0), None),
        Err(EntryError::Sequence)
    );
    assert_eq!(
        Draft::intent("r").place(0, at(0), Some(1)),
        Err(EntryError::Sequence)
    );
    let zero = EntryError::Number("grant version or sequence");
    assert_eq!(granted.place(0, at(0), Some(0)), Err(zero));
}

#[test]
fn an_outcome_cannot_stand_before_its_intent() {
    let receipt = IntentReceipt::assertion(&intent()).unwrap();
    let early = Draft::outcome(&receipt).place(4, at(0), None);
    assert_eq!(early, Err(EntryError::OutcomeBeforeIntent));
}

#[test]
fn a_size_limit_is_a_limit_on_bytes_read() {
    let long = vec![b' '; limits::ENTRY_BYTES + 1];
    assert_eq!(
        Entry::decode(&long),
        Err(EntryError::TooLong(limits::ENTRY_BYTES + 1))
    );
}

#[test]
fn a_displaced_entry_says_the_same_at_another_place() {
    let granted = Draft::intent("r")
        .with_grant("grants/1", 2)
        .with_fact("items", "a");
    let intent = granted.clone().place(4, at(1), Some(9)).unwrap();
    let outcome = Draft::outcome(&IntentReceipt::assertion(&intent).unwrap());
    let told = outcome.clone().place(5, at(2), None).unwrap();
    let place = |entry: Entry, index, sequence| {
        let sealed = entry.displaced().unwrap();
        sealed
            .place(index, at(3), sequence, &mut String::new())
            .unwrap()
    };
    let expected = granted.place(7, at(3), Some(10)).unwrap();
    assert_eq!(place(intent, 7, Some(10)), expected);
    // An outcome keeps the number of its intent.
    assert_eq!(place(told, 8, None), outcome.place(8, at(3), None).unwrap());
}

fn fact() -> impl Strategy<Value = Fact> {
    prop_oneof![
        any::<String>().prop_map(Fact::Text),
        (-9_007_199_254_740_991_i64..=9_007_199_254_740_991).prop_map(Fact::Integer),
        any::<bool>().prop_map(Fact::Flag),
        prop::collection::vec(any::<String>(), 0..4).prop_map(Fact::List),
    ]
}

proptest! {
    #[test]
    fn decode_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = Entry::decode(&bytes);
    }

    #[test]
    fn decode_accepts_no_damaged_entry_as_another_spelling(
        position in any::<prop::sample::Index>(), byte in any::<u8>(),
    ) {
        let mut bytes = intent().encode();
        let position = position.index(bytes.len());
        bytes[position] = byte;
        if let Ok(entry) = Entry::decode(&bytes) {
            prop_assert_eq!(entry.encode(), bytes);
        }
    }

    #[test]
    fn whatever_is_placed_comes_back(
        index in 0..=limits::NUMBER, micro in -60_000_000_000_000_000_i64..200_000_000_000_000_000,
        facts in prop::collection::btree_map("[a-z][a-z0-9_]{0,20}", fact(), 0..8),
    ) {
        let draft = facts.into_iter().fold(Draft::intent("r"), |d, (k, v)| d.with_fact(k, v));
        let entry = draft.place(index, at(micro), None).unwrap();
        prop_assert_eq!(Entry::decode(&entry.encode()).unwrap(), entry);
    }
}
