use std::ops::Range;

use proptest::prelude::*;

use super::*;

/// Where each entry line stands, by its index: with its line end.
fn entry_ranges(bundle: &[u8]) -> Vec<(u64, Range<usize>)> {
    let mut start = 0;
    let mut ranges = Vec::new();
    for line in bundle.split_inclusive(|byte| *byte == b'\n') {
        let range = start..start + line.len();
        start = range.end;
        let parsed = entry_line::EntryLine::parse(line);
        ranges.extend(parsed.ok().map(|line| (line.index, range)));
    }
    ranges
}

/// Puts other bytes at each position and demands that each is found, and named when it is in an
/// entry.
fn every_change_is_found(bundle: &[u8], others: fn(u8) -> Vec<u8>) {
    let ranges = entry_ranges(bundle);
    let (first, last) = (ranges[0].0, ranges.last().unwrap().0);
    let trusted = key();
    let check_at = |position: usize| {
        let owner = ranges.iter().find(|(_, range)| range.contains(&position));
        for other in others(bundle[position]) {
            let mut changed = bundle.to_vec();
            changed[position] = other;
            let report = verify(changed.as_slice(), Some(&trusted)).unwrap();
            assert!(!report.ok, "byte {position} as {other:#x} was not found");
            let names = |index| {
                report
                    .faults
                    .iter()
                    .any(|f| f.covers == Covers::Entry(index))
            };
            let covers_all = report.faults.iter().any(|fault| match fault.covers {
                Covers::Entries {
                    first: from,
                    last: to,
                } => from <= first && last <= to,
                Covers::Entry(_) | Covers::Bundle => false,
            });
            match owner {
                Some((index, _)) => assert!(names(*index), "byte {position}: {report}"),
                None => assert!(covers_all, "byte {position}: {report}"),
            }
        }
    };
    std::thread::scope(|scope| {
        for lane in 0..2 {
            let check_at = &check_at;
            scope.spawn(move || (lane..bundle.len()).step_by(2).for_each(check_at));
        }
    });
}

/// One bit, the case of a letter, a line end put in or taken away.
fn changes(byte: u8) -> Vec<u8> {
    let candidates = [byte ^ 0x01, byte ^ 0x20, byte ^ 0x80, b'\n', b' '];
    candidates
        .into_iter()
        .filter(|other| *other != byte)
        .collect()
}

#[test]
fn any_changed_byte_of_a_whole_log_is_found_at_its_index() {
    every_change_is_found(&Log::story().export(&Scope::Log), changes);
}

#[test]
fn any_changed_byte_of_a_grant_bundle_is_found_at_its_index() {
    let grant = Scope::Grant(MARRIAGE.to_owned());
    every_change_is_found(&Log::story().export(&grant), |byte| {
        if byte == b'\n' {
            vec![b'0']
        } else {
            vec![byte ^ 0x04, b'\n']
        }
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn verify_never_panics_on_arbitrary_input(input in prop::collection::vec(any::<u8>(), 0..2000)) {
        prop_assert!(!verify(input.as_slice(), None).unwrap().ok);
    }

    #[test]
    fn verify_never_panics_on_shuffled_pieces(
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 1..6), turn in 0..5_usize,
    ) {
        let bundle = Log::story().export(&Scope::Log);
        let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(bundle.len())).collect();
        at.extend([0, bundle.len()]);
        at.sort_unstable();
        let mut pieces: Vec<&[u8]> = at.windows(2).map(|pair| &bundle[pair[0]..pair[1]]).collect();
        let count = pieces.len();
        pieces.rotate_left(turn % count);
        let shuffled = pieces.concat();
        let ok = verify(shuffled.as_slice(), Some(&key())).unwrap().ok;
        prop_assert_eq!(ok, shuffled == bundle);
    }
}
