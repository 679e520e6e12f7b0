use super::*;

/// A story with an entry spelled anew, every hash and signature redone with the log's own key.
fn rewritten(change: impl Fn(&mut Vec<Vec<u8>>)) -> Report {
    let mut bytes: Vec<Vec<u8>> = Log::story().0.iter().map(Entry::encode).collect();
    change(&mut bytes);
    let indexes: Vec<u64> = (0..u64::try_from(bytes.len()).unwrap()).collect();
    check(&export(&bytes, &indexes, Scope::Log, &signer()))
}

fn replace(bytes: &mut Vec<u8>, from: &str, to: &str) {
    let text = String::from_utf8(bytes.clone()).unwrap();
    assert!(text.contains(from), "{text}");
    *bytes = text.replacen(from, to, 1).into_bytes();
}

#[test]
fn a_gap_in_the_numbers_of_a_grant_is_found() {
    let report = rewritten(|bytes| {
        replace(&mut bytes[4], r#""sequence":2"#, r#""sequence":3"#);
        replace(&mut bytes[8], r#""sequence":2"#, r#""sequence":3"#);
        replace(&mut bytes[9], r#""sequence":3"#, r#""sequence":4"#);
    });
    assert_eq!(
        faults(&report),
        [(FaultKind::Sequence, Covers::Entry(4))],
        "{report}"
    );
    let twice = rewritten(|bytes| replace(&mut bytes[9], r#""sequence":3"#, r#""sequence":2"#));
    assert_eq!(
        faults(&twice),
        [(FaultKind::Sequence, Covers::Entry(9))],
        "{twice}"
    );
    let late = rewritten(|bytes| {
        replace(&mut bytes[2], r#""sequence":1"#, r#""sequence":2"#);
        replace(&mut bytes[5], r#""sequence":1"#, r#""sequence":2"#);
    });
    assert_eq!(
        faults(&late),
        [(FaultKind::Sequence, Covers::Entry(2))],
        "{late}"
    );
}

#[test]
fn a_use_left_out_of_a_grant_bundle_is_found() {
    let log = Log::story();
    let bytes: Vec<Vec<u8>> = log.0.iter().map(Entry::encode).collect();
    let scope = Scope::Grant(MARRIAGE.to_owned());
    let report = check(&export(&bytes, &[1, 3, 9], scope.clone(), &signer()));
    assert_eq!(
        faults(&report),
        [(FaultKind::Sequence, Covers::Entry(9))],
        "{report}"
    );
    let foreign = check(&export(
        &bytes,
        &[1, 2, 3, 4, 8, 9],
        scope.clone(),
        &signer(),
    ));
    assert_eq!(
        faults(&foreign),
        [(FaultKind::Foreign, Covers::Entry(2))],
        "{foreign}"
    );
    let headless = check(&export(&bytes, &[3, 4, 8, 9], scope, &signer()));
    let expected = [
        (FaultKind::Pairing, Covers::Entry(3)),
        (FaultKind::Sequence, Covers::Entry(4)),
    ];
    assert_eq!(faults(&headless), expected, "{headless}");
}

#[test]
fn an_outcome_that_does_not_fit_its_intent_is_found() {
    let cases: [(usize, &str, &str); 5] = [
        (3, r#""request_id":"req-1""#, r#""request_id":"req-9""#),
        (3, r#""version":2"#, r#""version":1"#),
        (3, r#""sequence":1"#, r#""sequence":2"#),
        (3, r#""intent":1"#, r#""intent":0"#),
        (8, r#""intent":4"#, r#""intent":1"#),
    ];
    for (index, from, to) in cases {
        let report = rewritten(|bytes| replace(&mut bytes[index], from, to));
        let covers = Covers::Entry(u64::try_from(index).unwrap());
        assert_eq!(faults(&report), [(FaultKind::Pairing, covers)], "{report}");
    }
}

#[test]
fn bytes_in_the_log_that_are_no_entry_are_found() {
    let report = rewritten(|bytes| bytes[9] = b"{}".to_vec());
    assert_eq!(
        faults(&report),
        [(FaultKind::Form, Covers::Entry(9))],
        "{report}"
    );
    let moved = rewritten(|bytes| replace(&mut bytes[0], r#""index":0"#, r#""index":1"#));
    assert_eq!(
        faults(&moved),
        [(FaultKind::Place, Covers::Entry(0))],
        "{moved}"
    );
}
