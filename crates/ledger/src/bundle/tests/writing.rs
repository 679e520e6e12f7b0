use super::*;

#[test]
fn the_whole_log_verifies() {
    let report = check(&Log::story().export(&Scope::Log));
    assert!(report.ok, "{report}");
    assert_eq!(report.trust, Trust::TrustedKey);
    let Summary {
        entries,
        changes,
        intents,
        outcomes,
        served,
        open_intents,
        grants,
    } = report.summary;
    assert_eq!(
        (entries, changes, intents, outcomes, served, open_intents),
        (10, 1, 5, 4, 0, 1)
    );
    let highest: Vec<_> = grants
        .iter()
        .map(|g| (g.name.as_str(), g.highest))
        .collect();
    assert_eq!(highest, [(LICENCE, 1), (MARRIAGE, 3)]);
    let open: Vec<_> = report.open_intents.iter().map(|open| open.index).collect();
    assert_eq!(open, [9]);
}

#[test]
fn one_grant_verifies() {
    let report = check(&Log::story().export(&Scope::Grant(MARRIAGE.to_owned())));
    assert!(report.ok, "{report}");
    assert_eq!(
        (report.summary.entries, report.summary.open_intents),
        (5, 1)
    );
    assert_eq!(report.size, Some(10));
}

#[test]
fn a_grant_never_used_and_an_empty_log_verify() {
    let none = check(&Log::story().export(&Scope::Grant("grants/none".to_owned())));
    assert!(none.ok, "{none}");
    let empty = check(&Log::default().export(&Scope::Log));
    assert!(empty.ok, "{empty}");
    assert_eq!(empty.size, Some(0));
}

#[test]
fn logs_of_every_small_size_verify() {
    for size in 0..=10 {
        let log = Log(Log::story().0[..size].to_vec());
        let report = check(&log.export(&Scope::Log));
        assert!(report.ok, "{report}");
    }
}

#[test]
fn without_a_trusted_key_the_report_says_on_whose_word_it_rests() {
    let report = verify(Log::story().export(&Scope::Log).as_slice(), None).unwrap();
    assert!(report.ok);
    assert_eq!(report.trust, Trust::OwnWord);
    assert!(report.to_string().contains("on the bundle's own word only"));
}

#[test]
fn the_report_is_readable_by_people_and_programs() {
    let report = check(&Log::story().export(&Scope::Grant(MARRIAGE.to_owned())));
    let text = report.to_string();
    assert!(text.starts_with("Evidence bundle: VERIFIED\n"), "{text}");
    assert!(text.contains("entry 9: intent of request req-5"), "{text}");
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["ok"], true);
    assert_eq!(json["scope"]["grant"], MARRIAGE);
    assert_eq!(json["open_intents"][0]["grant"]["sequence"], 3);
    let broken = check(&Log::story().export(&Scope::Log)[..700]);
    let json = serde_json::to_value(&broken).unwrap();
    assert_eq!(json["faults"][0]["covers"]["entry"], 0, "{json}");
    assert!(
        broken
            .to_string()
            .starts_with("Evidence bundle: NOT VERIFIED\n")
    );
}

#[test]
fn the_writer_refuses_what_could_not_be_read_back() {
    let log = Log::story();
    let bytes = log.0[0].encode();
    let checkpoint = Checkpoint::new(ORIGIN, 1, crate::tree::leaf_hash(&bytes)).unwrap();
    let note = signer().sign(&checkpoint).unwrap();
    let export = |entries, scope| Export {
        checkpoint: &note,
        scope,
        entries,
        exported: at(0),
    };
    let start = |export: &Export<'_>| BundleWriter::start(Vec::new(), &signer(), export);

    let whole = export(1, Scope::Log);
    assert!(matches!(
        start(&export(0, Scope::Log)),
        Err(BundleError::Scope)
    ));
    let unnamed = export(1, Scope::Grant("a b".to_owned()));
    assert!(matches!(start(&unnamed), Err(BundleError::Scope)));
    let strange = BundleWriter::start(Vec::new(), &stranger(), &whole);
    assert!(matches!(strange, Err(BundleError::Checkpoint(_))));

    let short = start(&whole).unwrap().finish(&signer());
    assert!(matches!(
        short,
        Err(BundleError::Count {
            claimed: 1,
            written: 0
        })
    ));
    let mut writer = start(&whole).unwrap();
    assert!(matches!(
        writer.entry(0, &[], b"a\nb"),
        Err(BundleError::Form(0))
    ));
    writer.entry(0, &[], &bytes).unwrap();
    assert!(matches!(
        writer.entry(0, &[], &bytes),
        Err(BundleError::Order(0))
    ));
    assert!(matches!(
        writer.entry(1, &[], &bytes),
        Err(BundleError::Count { .. })
    ));
    let mut writer = start(&whole).unwrap();
    writer.entry(0, &[], &bytes).unwrap();
    let other_key = writer.finish(&stranger());
    assert!(matches!(other_key, Err(BundleError::Checkpoint(_))));
}

#[test]
fn a_buffer_may_be_drained_while_writing() {
    let log = Log::story();
    let whole = log.export(&Scope::Log);
    let (before, after) = whole.split_at(1000);
    let chained = std::io::BufReader::new(std::io::Read::chain(before, after));
    assert!(verify(chained, Some(&key())).unwrap().ok);
}

#[test]
fn a_served_exchange_takes_its_number_and_leaves_nothing_open() {
    let mut log = Log::story();
    let served = |request: &str| Draft::served(request).with_grant(MARRIAGE, 2);
    log.place(served("req-6"), Some(4));
    log.intent("req-7", MARRIAGE, 5);
    for scope in [Scope::Log, Scope::Grant(MARRIAGE.to_owned())] {
        let report = check(&log.export(&scope));
        assert!(report.ok, "{report}");
        assert_eq!((report.summary.served, report.summary.open_intents), (1, 2));
        assert!(report.to_string().contains("1 served"), "{report}");
    }
    // One that is left out shows as a gap, as an intent would.
    log.place(served("req-8"), Some(7));
    let report = check(&log.export(&Scope::Log));
    assert_eq!(
        faults(&report),
        [(FaultKind::Sequence, Covers::Entry(12))],
        "{report}"
    );
}
