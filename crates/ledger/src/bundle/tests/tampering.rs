use super::*;

#[test]
fn a_deleted_entry_is_missing() {
    let bundle = Log::story().export(&Scope::Log);
    let report = check(&resealed(&bundle, &signer(), |lines| {
        lines.remove(line_of(5));
    }));
    let expected = [
        (FaultKind::Missing, Covers::Entry(5)),
        (FaultKind::Claim, Covers::Entries { first: 0, last: 9 }),
    ];
    assert_eq!(faults(&report), expected, "{report}");
}

#[test]
fn swapped_and_doubled_entries_are_named() {
    let bundle = Log::story().export(&Scope::Log);
    let swapped = check(&resealed(&bundle, &signer(), |lines| {
        lines.swap(line_of(6), line_of(7));
    }));
    let found = faults(&swapped);
    assert!(
        found.contains(&(FaultKind::Order, Covers::Entry(6))),
        "{swapped}"
    );
    let doubled = check(&resealed(&bundle, &signer(), |lines| {
        lines.insert(line_of(4), lines[line_of(3)].clone());
    }));
    assert!(
        faults(&doubled).contains(&(FaultKind::Order, Covers::Entry(3))),
        "{doubled}"
    );
}

#[test]
fn a_bundle_cut_anywhere_is_refused() {
    for scope in [Scope::Log, Scope::Grant(MARRIAGE.to_owned())] {
        let bundle = Log::story().export(&scope);
        for length in (0..bundle.len()).step_by(7).chain([bundle.len() - 1]) {
            assert!(!check(&bundle[..length]).ok, "cut at {length}");
        }
    }
}

#[test]
fn text_after_the_trailer_is_refused() {
    let bundle = Log::story().export(&Scope::Log);
    for tail in ["\n", " ", "x\n", "\u{2014} w AAAAAAAA\n"] {
        let report = check(&[bundle.as_slice(), tail.as_bytes()].concat());
        assert!(
            faults(&report)
                .iter()
                .any(|fault| fault.0 == FaultKind::Trailer),
            "{report}"
        );
    }
}

#[test]
fn a_rewritten_entry_is_found_even_when_the_trailer_is_signed_again() {
    let bundle = Log::story().export(&Scope::Log);
    let report = check(&resealed(&bundle, &signer(), |lines| {
        lines[line_of(3)] = lines[line_of(3)].replace(r#""released":1"#, r#""released":0"#);
    }));
    assert_eq!(
        faults(&report),
        [(FaultKind::Inclusion, Covers::Entry(3))],
        "{report}"
    );
}

#[test]
fn another_key_is_found_by_whoever_has_the_right_one() {
    let bytes: Vec<Vec<u8>> = Log::story().0.iter().map(Entry::encode).collect();
    let indexes: Vec<u64> = (0..10).collect();
    let forged = export(&bytes, &indexes, Scope::Log, &stranger());
    assert!(verify(forged.as_slice(), None).unwrap().ok);
    let report = check(&forged);
    let kinds: Vec<FaultKind> = report.faults.iter().map(|fault| fault.kind).collect();
    assert_eq!(
        kinds,
        [FaultKind::Key, FaultKind::Checkpoint, FaultKind::Trailer],
        "{report}"
    );
}

#[test]
fn rehashing_without_the_key_is_found() {
    let bytes: Vec<Vec<u8>> = Log::story().0.iter().map(Entry::encode).collect();
    let indexes: Vec<u64> = (0..10).collect();
    let forged = export(&bytes, &indexes, Scope::Log, &stranger());
    // The forger keeps the name of the right key in the header.
    let report = check(&resealed(&forged, &stranger(), |lines| {
        lines[1] = lines[1].replace(&stranger().verifier_key(), &signer().verifier_key());
    }));
    let kinds: Vec<FaultKind> = report.faults.iter().map(|fault| fault.kind).collect();
    assert_eq!(
        kinds,
        [FaultKind::Checkpoint, FaultKind::Trailer],
        "{report}"
    );
}

#[test]
fn claims_of_the_header_are_held_to() {
    let bundle = Log::story().export(&Scope::Log);
    let grant = Log::story().export(&Scope::Grant(MARRIAGE.to_owned()));
    let cases = [
        (&bundle, r#""size":10"#, r#""size":11"#, FaultKind::Claim),
        (
            &bundle,
            r#""entries":10"#,
            r#""entries":9"#,
            FaultKind::Claim,
        ),
        (
            &bundle,
            r#""scope":"log""#,
            r#""scope":"grant""#,
            FaultKind::Header,
        ),
        (
            &grant,
            r#""scope":"grant","grant":"grants/marriage""#,
            r#""scope":"log""#,
            FaultKind::Claim,
        ),
        (
            &grant,
            "grants/marriage",
            "grants/licence",
            FaultKind::Foreign,
        ),
        (
            &bundle,
            r#""origin":"shuqiao"#,
            r#""origin":"other"#,
            FaultKind::Claim,
        ),
        (
            &bundle,
            "2022-11-04T09:31:00.000000Z",
            "2022-11-04T09:31:00Z",
            FaultKind::Header,
        ),
    ];
    for (bundle, from, to, kind) in cases {
        let report = check(&resealed(bundle, &signer(), |lines| {
            assert!(lines[1].contains(from));
            lines[1] = lines[1].replacen(from, to, 1);
        }));
        assert!(
            report.faults.iter().any(|fault| fault.kind == kind),
            "{to}: {report}"
        );
    }
}

#[test]
fn endless_lines_and_endless_faults_stay_bounded() {
    let bundle = Log::story().export(&Scope::Log);
    let long = check(&resealed(&bundle, &signer(), |lines| {
        let tail = "x".repeat(300_000);
        lines[line_of(2)] = lines[line_of(2)].replace('\n', &format!("{tail}\n"));
    }));
    // The digest still holds: only the one line is wrong.
    let [first, ..] = faults(&long)[..] else {
        panic!("{long}")
    };
    assert_eq!(first, (FaultKind::Line, Covers::Entry(2)));
    assert!(
        faults(&long)
            .iter()
            .all(|fault| fault.0 != FaultKind::Digest),
        "{long}"
    );

    let junk = "0 {\n".repeat(10_000);
    let many = check(&[&bundle[..bundle.len() / 2], junk.as_bytes()].concat());
    assert_eq!(many.faults.len(), 200);
    assert!(many.fault_count >= 200);
    assert!(many.to_string().contains("more"));
}
