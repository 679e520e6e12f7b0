//! What stands before the entries: first line, header, signed checkpoint.

use std::io::{self, BufRead};

use super::fault::{FaultKind, Faults};
use super::header::Header;
use super::lines::Lines;
use super::{FIRST_LINE, SIGNATURE_START};
use crate::checkpoint::{Checkpoint, LogVerifier};

/// Lines of a checkpoint with one signature: origin, size, root, blank, signature.
const NOTE_LINES: usize = 5;
/// No checkpoint has more lines than this; C2SP expects up to 16 signatures.
const MOST_NOTE_LINES: usize = 20;

/// The front of a bundle, as far as it could be read.
pub(super) struct Front {
    pub(super) header: Option<Header>,
    /// SHA-256 of the first two lines.
    pub(super) header_digest: [u8; 32],
    /// The key that everything is checked with: the trusted one, else the bundle's own.
    pub(super) key: Option<LogVerifier>,
    /// What the entries are checked against. When it is not signed there is a fault that says so,
    /// and the entries are still compared with what the bundle itself claims.
    pub(super) checkpoint: Option<Checkpoint>,
}

impl Front {
    pub(super) fn read(
        lines: &mut Lines<impl BufRead>,
        trusted: Option<&LogVerifier>,
        faults: &mut Faults,
    ) -> io::Result<Self> {
        lines.advance()?;
        if lines.text() != FIRST_LINE.as_bytes() || !lines.is_whole() {
            let what = format!("the first line is not {FIRST_LINE}");
            faults.add_for_all(lines.number(), FaultKind::Header, what);
        }
        lines.advance()?;
        let header = Header::decode(lines.text()).filter(|_| lines.is_whole());
        if header.is_none() {
            let what = "the second line is not a bundle header in its canonical form";
            faults.add_for_all(lines.number(), FaultKind::Header, what);
        }
        lines.advance()?;
        let header_digest = lines.digest_before();
        lines.hold();
        let key = choose_key(header.as_ref(), trusted, faults);
        let first_line = lines.number();
        let note = read_note(lines)?;
        let checkpoint = open_checkpoint(&note, key.as_ref(), first_line, faults);
        let front = Self {
            header,
            header_digest,
            key,
            checkpoint,
        };
        front.compare(faults);
        Ok(front)
    }

    /// How many entries the log has, best knowledge first.
    pub(super) fn size(&self) -> Option<u64> {
        let signed = self.checkpoint.as_ref().map(Checkpoint::size);
        signed.or(self.header.as_ref().map(|header| header.size))
    }

    fn compare(&self, faults: &mut Faults) {
        let (Some(header), Some(checkpoint)) = (&self.header, &self.checkpoint) else {
            return;
        };
        if header.size != checkpoint.size() {
            let what = format!(
                "the header says {} entries in the log, the checkpoint {}",
                header.size,
                checkpoint.size()
            );
            faults.add_for_all(2, FaultKind::Claim, what);
        }
        if header.origin != checkpoint.origin() {
            let what = "header and checkpoint name different logs";
            faults.add_for_all(2, FaultKind::Claim, what);
        }
    }
}

fn choose_key(
    header: Option<&Header>,
    trusted: Option<&LogVerifier>,
    faults: &mut Faults,
) -> Option<LogVerifier> {
    let own = header.and_then(|header| {
        let parsed = LogVerifier::parse(&header.vkey);
        if parsed.is_err() {
            faults.add_for_all(2, FaultKind::Key, "the header holds no usable verifier key");
        }
        parsed.ok()
    });
    if let (Some(own), Some(header)) = (&own, header)
        && own.origin() != header.origin
    {
        faults.add_for_all(
            2,
            FaultKind::Claim,
            "the key in the header is of another log",
        );
    }
    let Some(trusted) = trusted else { return own };
    if own.as_ref().is_some_and(|own| own != trusted) {
        let what = "the key in the header is not the trusted key";
        faults.add_for_all(2, FaultKind::Key, what);
    }
    Some(trusted.clone())
}

/// Collects the lines of the signed checkpoint.
///
/// It ends with its signatures. When damage has made one of its lines two, or two of them one, the
/// lines that are taken here still do not reach far into the entries.
fn read_note(lines: &mut Lines<impl BufRead>) -> io::Result<Vec<u8>> {
    let mut note = Vec::new();
    let mut signed = false;
    for count in 1..=MOST_NOTE_LINES {
        if !lines.advance()? {
            break;
        }
        let is_signature = lines.text().starts_with(SIGNATURE_START.as_bytes());
        if !is_signature && (signed || count > NOTE_LINES) {
            lines.hold();
            break;
        }
        signed |= is_signature;
        note.extend_from_slice(lines.raw());
    }
    Ok(note)
}

fn open_checkpoint(
    note: &[u8],
    key: Option<&LogVerifier>,
    line: u64,
    faults: &mut Faults,
) -> Option<Checkpoint> {
    let Ok(note) = std::str::from_utf8(note) else {
        faults.add_for_all(line, FaultKind::Checkpoint, "the checkpoint is not text");
        return None;
    };
    let opened = key.map(|key| key.open(note));
    if let Some(Ok(checkpoint)) = opened {
        return Some(checkpoint);
    }
    let what = match opened {
        Some(Err(error)) => format!("the checkpoint does not hold: {error}"),
        _ => "the checkpoint cannot be checked without a key".to_owned(),
    };
    faults.add_for_all(line, FaultKind::Checkpoint, what);
    let (text, _) = note.split_once("\n\n")?;
    Checkpoint::from_text(&format!("{text}\n")).ok()
}
