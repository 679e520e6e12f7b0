//! The trailer: a note signed by the log over the digest of all that stands before it.

use std::io::{self, BufRead};

use base64::prelude::{BASE64_STANDARD, Engine};

use super::TRAILER_LINE;
use super::fault::{FaultKind, Faults};
use super::front::Front;
use super::lines::Lines;

/// Four lines of text, a blank one, one signature.
const LINES: usize = 6;

/// The text that is signed. Its second line is no number, so it never reads as a checkpoint.
pub(super) fn text(origin: &str, header_digest: [u8; 32], digest: [u8; 32]) -> String {
    let [origin, header, bundle] = fields(origin, header_digest, digest);
    format!("{TRAILER_LINE}\n{origin}\n{header}\n{bundle}\n")
}

/// Checks the trailer that begins at the current line, up to the end of the input.
pub(super) fn check(
    lines: &mut Lines<impl BufRead>,
    front: &Front,
    faults: &mut Faults,
) -> io::Result<()> {
    let start = lines.number();
    let digest = lines.digest_before();
    let mut note = lines.raw().to_vec();
    for _ in 1..LINES {
        if lines.advance()? {
            note.extend_from_slice(lines.raw());
        }
    }
    if lines.advance()? {
        let what = "there is something after the trailer";
        faults.add_for_all(lines.number(), FaultKind::Trailer, what);
    }
    let note = String::from_utf8_lossy(&note);
    let Some(key) = &front.key else {
        faults.add_for_all(
            start,
            FaultKind::Trailer,
            "the trailer cannot be checked without a key",
        );
        return Ok(());
    };
    if let Err(error) = key.open_text(&note) {
        let what = format!("the trailer does not hold: {error}");
        faults.add_for_all(start, FaultKind::Trailer, what);
    }
    compare(
        &note,
        start,
        fields(key.origin(), front.header_digest, digest),
        faults,
    );
    Ok(())
}

/// Compares what the trailer says with what was read, also when its signature does not hold: it
/// may still tell where the damage is.
fn compare(note: &str, start: u64, expected: [String; 3], faults: &mut Faults) {
    let [origin, header, bundle] = expected;
    let mut said = note.split('\n');
    if said.next() != Some(TRAILER_LINE) || said.next() != Some(&origin) {
        let what = "the trailer does not begin as the trailer of this log";
        faults.add_for_all(start, FaultKind::Trailer, what);
    }
    if said.next() != Some(&header) {
        let what = "the first two lines are not those that the trailer was signed over";
        faults.add_for_all(2, FaultKind::Digest, what);
    }
    if said.next() != Some(&bundle) {
        let what = "what stands before the trailer is not what it was signed over";
        faults.add_for_all(start, FaultKind::Digest, what);
    }
    if said.next() != Some("") || said.count() != 2 {
        let what = "the trailer does not have its six lines";
        faults.add_for_all(start, FaultKind::Trailer, what);
    }
}

fn fields(origin: &str, header_digest: [u8; 32], digest: [u8; 32]) -> [String; 3] {
    [
        format!("origin {origin}"),
        format!("header {}", BASE64_STANDARD.encode(header_digest)),
        format!("bundle {}", BASE64_STANDARD.encode(digest)),
    ]
}
