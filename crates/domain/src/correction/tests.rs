use std::sync::Arc;

use jiff::civil::date;

use super::*;
use crate::item::Value;
use crate::name::CertificateTypeName;
use crate::rows::Rows;
use crate::snapshot::{Contents, Snapshot};
use crate::subject::PseudonymKey;
use crate::test_world::{at, correction, keys, system_name};

fn secret() -> PseudonymKey {
    PseudonymKey::new([1; 32])
}

fn resource() -> ResourceName {
    ResourceName::from_id("105001-000001").unwrap()
}

fn certificate(identifier: &str) -> Record {
    Record::Certificate {
        certificate_type: CertificateTypeName::from_id("11100000MB0143028R001").unwrap(),
        identifier: identifier.to_owned(),
    }
}

fn row(values: &[(&str, &str)]) -> Record {
    let value = |(key, text): &(&str, &str)| (ItemKey::parse(key).unwrap(), (*text).to_owned());
    Record::Row {
        values: values.iter().map(value).collect(),
    }
}

/// A correction of a record, of one of some consumers.
fn raised(number: u32, consumer: &str, record: &Record) -> Correction {
    let digest = record.digest(&resource(), &secret());
    Correction {
        consumer: system_name(consumer),
        named_by: record.named_by(),
        ..correction(number, "105001-000001", &digest)
    }
}

fn one() -> Correction {
    raised(1, "yjs-platform", &certificate("1.2.3"))
}

fn make(correction: &Correction, step: Move, by: &str) -> Result<Correction, Illegal> {
    let own = by.to_owned();
    let is_same = |earlier: &str| earlier == own;
    let act = Act {
        by,
        now: at("2022-06-02T04:00:00Z"),
        is_same: &is_same,
    };
    correction.make(step, &act)
}

const PROVIDER: &str = "departments/y/officers/wang";

fn accepted() -> Correction {
    make(&one(), Move::Accept, PROVIDER).unwrap()
}

/// One in each state, in the order of a correction's life.
fn all() -> [Correction; 5] {
    let said = || "c2FpZA==".to_owned();
    [
        one(),
        accepted(),
        make(&accepted(), Move::Correct(None), PROVIDER).unwrap(),
        make(&accepted(), Move::Confirm(said()), PROVIDER).unwrap(),
        make(&one(), Move::Withdraw(Some(said())), "anybody").unwrap(),
    ]
}

/// A move, and which of all states allow it.
type Allowed = (fn() -> Move, [bool; 5]);

#[test]
fn each_state_allows_its_own_moves_and_says_which() {
    let words = all().map(|one| one.state.as_str());
    let expected = ["raised", "accepted", "corrected", "confirmed", "withdrawn"];
    assert_eq!(words, expected);
    let legal = [
        "AcceptCorrection,WithdrawCorrection",
        "CloseCorrection,WithdrawCorrection",
        "",
        "",
        "",
    ];
    let moves: [Allowed; 4] = [
        (|| Move::Accept, [true, false, false, false, false]),
        (|| Move::Correct(None), [false, true, false, false, false]),
        (
            || Move::Confirm(String::new()),
            [false, true, false, false, false],
        ),
        (|| Move::Withdraw(None), [true, true, false, false, false]),
    ];
    for (step, allowed) in moves {
        for ((correction, allowed), legal) in all().iter().zip(allowed).zip(legal) {
            let case = format!("{:?} of {}", step(), correction.state.as_str());
            match make(correction, step(), PROVIDER) {
                Ok(_) => assert!(allowed, "{case}"),
                Err(illegal) => {
                    assert!(!allowed, "{case}");
                    assert_eq!(illegal.rule, MoveRule::State, "{case}");
                    assert_eq!(illegal.legal.list(), legal, "{case}");
                    let told = illegal.message("corrections/1");
                    assert!(told.contains(correction.state.as_str()), "{case}");
                }
            }
        }
    }
}

#[test]
fn who_took_it_up_stays_known_and_who_raised_it_does_not_answer_it() {
    let [_, _, corrected, _, withdrawn] = all();
    assert_eq!(corrected.state.accepted().unwrap().by, PROVIDER);
    assert_eq!(withdrawn.state.accepted(), None);
    let raiser = one().raised.by;
    for step in [Move::Accept, Move::Correct(None)] {
        let of = match step.kind() {
            MoveKind::Accept => one(),
            MoveKind::Close | MoveKind::Withdraw => accepted(),
        };
        let illegal = make(&of, step, &raiser).unwrap_err();
        assert_eq!(illegal.rule.id(), "correction.second-person");
    }
    make(&accepted(), Move::Withdraw(None), &raiser).unwrap();
}

#[test]
fn the_providers_clock_runs_until_it_is_closed() {
    for correction in all() {
        let running = correction.running();
        let waits: Vec<_> = running.iter().map(|one| &one.waits_for).collect();
        let provider = WaitsFor::OwnerOf(resource());
        let expected = if correction.is_open() {
            vec![&provider]
        } else {
            Vec::new()
        };
        assert_eq!(waits, expected, "{}", correction.state.as_str());
        let [last, next] = [date(2022, 6, 16), date(2022, 6, 17)];
        assert!(!correction.is_overdue(last));
        assert_eq!(correction.is_overdue(next), correction.is_open());
    }
}

#[test]
fn a_correction_is_read_back_as_it_was_written_and_shows_nobody() {
    for correction in all() {
        let text = serde_json::to_string(&correction).unwrap();
        assert_eq!(
            serde_json::from_str::<Correction>(&text).unwrap(),
            correction
        );
    }
    let record = row(&[("holder_code", "430502190102030017")]);
    let content = Content {
        statement: "测试甲的登记日期不对".to_owned(),
        record,
    };
    let shown = format!("{content:?} {:?}", content.record);
    assert_eq!(shown, "Content(…) Row(…)");
    let text = serde_json::to_string(&content).unwrap();
    assert!(serde_json::from_str::<Content>(&text).unwrap() == content);
}

#[test]
fn a_record_has_one_hash_in_each_entry() {
    let keys = secret();
    let digest =
        |record: &Record, of: &str| record.digest(&ResourceName::from_id(of).unwrap(), &keys);
    let (one, other) = ("105001-000001", "105001-000002");
    let records = [
        certificate("1.2.3"),
        certificate("1.2.4"),
        row(&[("a", "1"), ("b", "2")]),
        row(&[("a", "12"), ("b", "")]),
        row(&[("a", "1")]),
        row(&[("certificate", "1.2.3")]),
    ];
    let mut seen: Vec<String> = Vec::new();
    for record in &records {
        assert_eq!(digest(record, one), digest(record, one));
        seen.extend([digest(record, one), digest(record, other)]);
    }
    let count = seen.len();
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), count);
}

/// Rows of two columns of text and one of whole numbers.
fn rows(cells: &[(&str, Option<&str>)]) -> Rows {
    let mut rows = Rows::new(keys(&["a", "b", "n"]).into());
    for (a, b) in cells {
        rows.push(Some(Value::Text((*a).to_owned())));
        rows.push(b.map(|b| Value::Text(b.to_owned())));
        rows.push(Some(Value::Integer(1)));
    }
    rows
}

#[test]
fn rows_are_found_by_every_choice_of_items_that_came_with_them() {
    let mut disputes = Disputes::default();
    for (number, record) in [
        (1, row(&[("a", "x")])),
        (2, row(&[("a", "x"), ("b", "y")])),
        (3, row(&[("b", "y")])),
        (4, row(&[("c", "x")])),
        (5, row(&[("n", "1")])),
    ] {
        disputes.put(&raised(number, "yjs-platform", &record));
    }
    let read = rows(&[
        ("x", Some("y")),
        ("x", None),
        ("z", Some("y")),
        ("y", Some("x")),
    ]);
    let found = disputes.among(&read, &resource(), &secret());
    let found: Vec<(usize, Vec<&str>)> = found
        .iter()
        .map(|row| {
            let ids = row.disputes.iter();
            (row.row, ids.map(|one| &one.correction.id()[35..]).collect())
        })
        .collect();
    assert_eq!(
        found,
        [(0, vec!["1", "2", "3"]), (1, vec!["1"]), (2, vec!["3"])]
    );
    let named: Vec<String> = disputes
        .named_by()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(named, ["a", "b", "c", "n"]);
    // In another entry the same values are another record.
    let other = ResourceName::from_id("105001-000002").unwrap();
    assert!(disputes.among(&read, &other, &secret()).is_empty());
}

#[test]
fn what_is_closed_is_disputed_no_more_and_the_picture_of_before_stays() {
    let contents = |corrections: Vec<Correction>| Contents {
        corrections,
        ..Contents::default()
    };
    let marked = |snapshot: &Snapshot| -> Vec<String> {
        let Some(disputes) = snapshot.disputes(&resource()) else {
            return Vec::new();
        };
        let found = disputes.of_certificate(&resource(), "1.2.3", &secret());
        let name = |one: &Arc<Dispute>| one.consumer.id().to_owned();
        found.iter().map(name).collect()
    };
    let none = Snapshot::default();
    let mine = none.with(contents(vec![one()]));
    let theirs = raised(2, "other-platform", &certificate("1.2.3"));
    let both = mine.with(contents(vec![theirs.clone(), one()]));
    assert!(none.disputes(&resource()).is_none());
    assert_eq!(marked(&mine), ["yjs-platform"]);
    assert_eq!(marked(&both), ["yjs-platform", "other-platform"]);
    let taken_up = both.with(contents(vec![accepted()]));
    assert_eq!(marked(&taken_up), marked(&both));
    let corrected = make(&accepted(), Move::Correct(None), PROVIDER).unwrap();
    let closed = both.with(contents(vec![corrected]));
    assert_eq!(marked(&closed), ["other-platform"]);
    let withdrawn = make(&theirs, Move::Withdraw(None), "anybody").unwrap();
    let over = closed.with(contents(vec![withdrawn.clone()]));
    assert!(
        over.disputes(&resource()).is_none(),
        "nothing is looked for"
    );
    // Said twice, it changes nothing.
    assert!(
        over.with(contents(vec![withdrawn]))
            .disputes(&resource())
            .is_none()
    );
    assert_eq!(marked(&mine), ["yjs-platform"]);
    let anew = Snapshot::new(contents(vec![theirs, one()]));
    assert_eq!(anew.disputes(&resource()), both.disputes(&resource()));
}

#[test]
fn choices_of_items_are_forgotten_with_the_last_correction_that_uses_them() {
    let mut disputes = Disputes::default();
    let [first, second] = [1, 2].map(|number| {
        let text = number.to_string();
        raised(number, "yjs-platform", &row(&[("a", &text)]))
    });
    disputes.put(&first);
    disputes.put(&first);
    disputes.put(&second);
    assert_eq!(
        (disputes.ways().len(), disputes.raised_by(&first.consumer)),
        (1, 2)
    );
    disputes.remove(&first);
    disputes.remove(&first);
    assert_eq!(
        (disputes.ways().len(), disputes.raised_by(&first.consumer)),
        (1, 1)
    );
    disputes.remove(&second);
    assert_eq!(disputes, Disputes::default());
}
