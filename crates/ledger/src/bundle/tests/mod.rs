//! A small log to export, and ways to attack what was exported.

mod flips;
mod reading_together;
mod tampering;
mod writing;

use jiff::Timestamp;

use super::*;
use crate::checkpoint::{Checkpoint, LogSigner, LogVerifier};
use crate::entry::{Draft, Entry};
use crate::receipt::IntentReceipt;
use crate::tree::{MapReader, inclusion_proof, root};

const ORIGIN: &str = "shuqiao.example/ledger";
const MARRIAGE: &str = "grants/marriage";
const LICENCE: &str = "grants/licence";

fn signer() -> LogSigner {
    LogSigner::from_seed([1; 32], ORIGIN).unwrap()
}

fn stranger() -> LogSigner {
    LogSigner::from_seed([2; 32], ORIGIN).unwrap()
}

fn key() -> LogVerifier {
    LogVerifier::parse(&signer().verifier_key()).unwrap()
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_667_554_200 + second).unwrap()
}

/// Entries in the order in which they are placed.
#[derive(Default)]
struct Log(Vec<Entry>);

impl Log {
    /// 0 change, 1 intent m1, 2 intent l1, 3 outcome m1, 4 intent m2, 5 outcome l1,
    /// 6 intent without grant, 7 outcome of it, 8 outcome m2, 9 intent m3, which stays open.
    fn story() -> Self {
        let mut log = Self::default();
        log.place(
            Draft::change("grant.approved", "req-0").with_fact("purpose", "婚姻登记"),
            None,
        );
        let first = log.intent("req-1", MARRIAGE, 1);
        let licence = log.intent("req-2", LICENCE, 1);
        log.place(Draft::outcome(&first).with_fact("released", 1_i64), None);
        let second = log.intent("req-3", MARRIAGE, 2);
        log.place(Draft::outcome(&licence), None);
        log.place(Draft::intent("req-4"), None);
        let plain = IntentReceipt::assertion(log.0.last().unwrap()).unwrap();
        log.place(Draft::outcome(&plain), None);
        log.place(
            Draft::outcome(&second).with_fact("fault_side", "provider"),
            None,
        );
        log.intent("req-5", MARRIAGE, 3);
        log
    }

    fn place(&mut self, draft: Draft, sequence: Option<u64>) {
        let index = u64::try_from(self.0.len()).unwrap();
        let time = at(i64::try_from(index).unwrap());
        self.0.push(draft.place(index, time, sequence).unwrap());
    }

    fn intent(&mut self, request: &str, grant: &str, sequence: u64) -> IntentReceipt {
        self.place(Draft::intent(request).with_grant(grant, 2), Some(sequence));
        IntentReceipt::assertion(self.0.last().unwrap()).unwrap()
    }

    fn export(&self, scope: &Scope) -> Vec<u8> {
        let bytes: Vec<Vec<u8>> = self.0.iter().map(Entry::encode).collect();
        let picked = |entry: &&Entry| match scope {
            Scope::Log => true,
            Scope::Grant(name) => entry.grant().is_some_and(|grant| grant.name == *name),
        };
        let indexes: Vec<u64> = self.0.iter().filter(picked).map(Entry::index).collect();
        export(&bytes, &indexes, scope.clone(), &signer())
    }
}

/// Exports any bytes as entries: what an exporter with the key of the log is able to write.
fn export(log: &[Vec<u8>], indexes: &[u64], scope: Scope, signer: &LogSigner) -> Vec<u8> {
    let mut stored = MapReader::new();
    for (index, bytes) in (0..).zip(log) {
        stored.integrate(index, bytes).unwrap();
    }
    let size = u64::try_from(log.len()).unwrap();
    let checkpoint = Checkpoint::new(ORIGIN, size, root(size, &stored).unwrap()).unwrap();
    let export = Export {
        checkpoint: &signer.sign(&checkpoint).unwrap(),
        scope,
        entries: u64::try_from(indexes.len()).unwrap(),
        exported: at(60),
    };
    let mut writer = BundleWriter::start(Vec::new(), signer, &export).unwrap();
    for index in indexes {
        let proof = inclusion_proof(size, *index, &stored).unwrap();
        writer
            .entry(*index, &proof, &log[usize::try_from(*index).unwrap()])
            .unwrap();
    }
    writer.finish(signer).unwrap()
}

/// Changes the lines before the trailer and signs a fitting trailer with any key: what somebody
/// with that key can do to a bundle afterwards.
fn resealed(bundle: &[u8], signer: &LogSigner, change: impl Fn(&mut Vec<String>)) -> Vec<u8> {
    let text = std::str::from_utf8(bundle).unwrap();
    let (before, _) = text.split_once(TRAILER_LINE).unwrap();
    let mut lines: Vec<String> = before.lines().map(|line| format!("{line}\n")).collect();
    change(&mut lines);
    let digest = |lines: &[String]| {
        use sha2::{Digest, Sha256};
        Sha256::digest(lines.concat()).into()
    };
    let trailer = trailer::text(signer.origin(), digest(&lines[..2]), digest(&lines));
    [lines.concat(), signer.sign_text(&trailer).unwrap()]
        .concat()
        .into_bytes()
}

/// The line of an entry in a bundle of the whole log.
fn line_of(index: usize) -> usize {
    index + 7
}

fn check(bundle: &[u8]) -> Report {
    verify(bundle, Some(&key())).unwrap()
}

/// Kinds and entries of all faults, in order.
fn faults(report: &Report) -> Vec<(FaultKind, Covers)> {
    report
        .faults
        .iter()
        .map(|fault| (fault.kind, fault.covers))
        .collect()
}
