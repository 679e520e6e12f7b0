//! Signed lists: lines that the log vouches for, written and read one at a time.
//!
//! What a line means is for others. The form is that of a bundle's outer parts, simpler: a first line,
//! fields, a blank line, the lines, a blank line, and a trailer signed as a C2SP signed-note over the
//! digest of all that stands before it.
//!
//! ```text
//! shuqiao-signed-list/v1
//! as_of 2026-11-25T09:30:00.000000Z
//!
//! first line
//!
//! shuqiao-signed-list-trailer/v1
//! origin shuqiao.example/ledger
//! lines 1
//! list <base64 SHA-256 of everything before the trailer>
//!
//! — shuqiao.example/ledger <base64 of key id and signature>
//! ```

use std::io::{self, BufRead, Read as _};

use base64::prelude::{BASE64_STANDARD, Engine};
use sha2::{Digest as _, Sha256};

use crate::checkpoint::{CheckpointError, LogSigner, LogVerifier};

const FIRST_LINE: &str = "shuqiao-signed-list/v1";
/// Its second line begins with a word, so the note never reads as a checkpoint.
const TRAILER_LINE: &str = "shuqiao-signed-list-trailer/v1";
/// The longest line, in bytes.
const LINE_BYTES: usize = 8 * 1024;
/// Fields of a head.
const FIELDS: usize = 16;
/// Lines of a trailer: four of text, a blank one, one signature.
const TRAILER_LINES: usize = 6;

/// Writes a list into buffers of the caller's, and holds no line.
pub struct ListWriter<'s> {
    signer: &'s LogSigner,
    digest: Sha256,
    lines: u64,
}

impl<'s> ListWriter<'s> {
    /// Writes the head: each field a name without blank and a value without line end.
    ///
    /// # Errors
    /// When a field cannot stand in one line.
    pub fn start(
        signer: &'s LogSigner,
        fields: &[(&str, &str)],
        out: &mut Vec<u8>,
    ) -> Result<Self, ListError> {
        let mut writer = Self {
            signer,
            digest: Sha256::new(),
            lines: 0,
        };
        writer.put(FIRST_LINE, out);
        for (name, value) in fields {
            let named = !name.is_empty() && !name.contains([' ', '\n']);
            if !named || value.contains('\n') || fields.len() > FIELDS {
                return Err(ListError::Form);
            }
            writer.put(&format!("{name} {value}"), out);
        }
        writer.put("", out);
        Ok(writer)
    }

    /// Writes one line.
    ///
    /// # Errors
    /// When it is empty, too long or more than a line.
    pub fn line(&mut self, line: &str, out: &mut Vec<u8>) -> Result<(), ListError> {
        if line.is_empty() || line.len() > LINE_BYTES || line.contains('\n') {
            return Err(ListError::Form);
        }
        self.lines = self.lines.saturating_add(1);
        self.put(line, out);
        Ok(())
    }

    /// Signs it.
    ///
    /// # Errors
    /// When the note cannot be signed.
    pub fn finish(mut self, out: &mut Vec<u8>) -> Result<(), ListError> {
        self.put("", out);
        let text = trailer(self.signer.origin(), self.lines, self.digest);
        out.extend_from_slice(self.signer.sign_text(&text)?.as_bytes());
        Ok(())
    }

    fn put(&mut self, line: &str, out: &mut Vec<u8>) {
        let begin = out.len();
        out.extend_from_slice(line.as_bytes());
        out.push(b'\n');
        self.digest.update(out.get(begin..).unwrap_or_default());
    }
}

/// The head of a list that was read to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListHead {
    fields: Vec<(String, String)>,
    lines: u64,
}

impl ListHead {
    /// The value of a field.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&str> {
        let found = self.fields.iter().find(|(field, _)| field == name);
        found.map(|(_, value)| value.as_str())
    }

    /// How many lines there are.
    #[must_use]
    pub fn lines(&self) -> u64 {
        self.lines
    }
}

/// Reads a list and hands out its fields and then its lines; what was handed out may be relied on only
/// when this returns well.
///
/// # Errors
/// When it is not a list, not whole, not signed by this key, or cannot be read.
pub fn read(
    input: impl BufRead,
    key: &LogVerifier,
    mut each: impl FnMut(&[(String, String)], &str),
) -> Result<ListHead, ListError> {
    let mut lines = Lines::of(input);
    if lines.next()? != Some(FIRST_LINE) {
        return Err(ListError::Form);
    }
    let mut fields = Vec::new();
    loop {
        match lines.next()? {
            Some("") => break,
            Some(line) if fields.len() < FIELDS => {
                let (name, value) = line.split_once(' ').ok_or(ListError::Form)?;
                fields.push((name.to_owned(), value.to_owned()));
            }
            _ => return Err(ListError::Form),
        }
    }
    let mut count = 0_u64;
    loop {
        match lines.next()? {
            Some("") => break,
            Some(line) => each(&fields, line),
            None => return Err(ListError::Form),
        }
        count = count.saturating_add(1);
    }
    let digest = std::mem::take(&mut lines.digest);
    let mut note = String::new();
    for _ in 0..TRAILER_LINES {
        let line = lines.next()?.ok_or(ListError::Form)?;
        note.push_str(line);
        note.push('\n');
    }
    if lines.next()?.is_some() {
        return Err(ListError::Form);
    }
    if key.open_text(&note)? != trailer(key.origin(), count, digest) {
        return Err(ListError::Digest);
    }
    Ok(ListHead {
        fields,
        lines: count,
    })
}

fn trailer(origin: &str, lines: u64, digest: Sha256) -> String {
    let digest = BASE64_STANDARD.encode(digest.finalize());
    format!("{TRAILER_LINE}\norigin {origin}\nlines {lines}\nlist {digest}\n")
}

/// Lines of a bounded length, digested as they are read.
struct Lines<R> {
    input: R,
    line: Vec<u8>,
    digest: Sha256,
}

impl<R: BufRead> Lines<R> {
    fn of(input: R) -> Self {
        Self {
            input,
            line: Vec::new(),
            digest: Sha256::new(),
        }
    }

    fn next(&mut self) -> Result<Option<&str>, ListError> {
        self.line.clear();
        let most = u64::try_from(LINE_BYTES)
            .unwrap_or(u64::MAX)
            .saturating_add(1);
        self.input
            .by_ref()
            .take(most)
            .read_until(b'\n', &mut self.line)?;
        if self.line.is_empty() {
            return Ok(None);
        }
        self.digest.update(&self.line);
        let line = self.line.strip_suffix(b"\n").ok_or(ListError::Form)?;
        std::str::from_utf8(line)
            .map(Some)
            .map_err(|_| ListError::Form)
    }
}

/// Why a list is not accepted, or cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// Not of the form, or not whole.
    #[error("the text is not a whole signed list")]
    Form,
    /// Signed, but not this.
    #[error("the list is not what was signed")]
    Digest,
    /// The signature does not hold.
    #[error("the signature of the list does not hold: {0}")]
    Signature(#[from] CheckpointError),
    /// Reading failed.
    #[error("the list cannot be read: {0}")]
    Io(#[from] io::Error),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signer(seed: u8) -> LogSigner {
        LogSigner::from_seed([seed; 32], "shuqiao.example/ledger").unwrap()
    }

    fn key() -> LogVerifier {
        LogVerifier::parse(&signer(1).verifier_key()).unwrap()
    }

    fn list(by: &LogSigner) -> Vec<u8> {
        let mut out = Vec::new();
        let fields = [("salt", "s"), ("as_of", "now and then")];
        let mut writer = ListWriter::start(by, &fields, &mut out).unwrap();
        writer.line("one", &mut out).unwrap();
        writer.line("two", &mut out).unwrap();
        writer.finish(&mut out).unwrap();
        out
    }

    fn opened(list: &[u8]) -> Result<(ListHead, Vec<String>), ListError> {
        let mut lines = Vec::new();
        let head = read(list, &key(), |fields, line| {
            assert_eq!(fields.len(), 2);
            lines.push(line.to_owned());
        });
        head.map(|head| (head, lines))
    }

    #[test]
    fn what_was_written_is_read_back() {
        let (head, lines) = opened(&list(&signer(1))).unwrap();
        assert_eq!(lines, ["one", "two"]);
        assert_eq!(head.lines(), 2);
        assert_eq!(head.field("as_of"), Some("now and then"));
        assert_eq!(head.field("other"), None);
    }

    #[test]
    fn every_changed_byte_and_every_cut_is_noticed() {
        let good = list(&signer(1));
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 1;
            let read = std::panic::catch_unwind(|| read(bad.as_slice(), &key(), |_, _| {}));
            assert!(read.unwrap().is_err(), "byte {at}");
            assert!(read_cut(&good[..at]).is_err(), "cut at {at}");
        }
        let longer = [good.as_slice(), b"more\n"].concat();
        assert!(read_cut(&longer).is_err());
    }

    fn read_cut(list: &[u8]) -> Result<ListHead, ListError> {
        read(list, &key(), |_, _| {})
    }

    #[test]
    fn another_key_does_not_do() {
        let other = list(&signer(2));
        assert!(matches!(opened(&other), Err(ListError::Signature(_))));
    }

    #[test]
    fn what_does_not_fit_in_a_line_is_refused() {
        let signer = signer(1);
        let mut out = Vec::new();
        for fields in [[("a b", "c")], [("", "c")], [("a", "c\nd")]] {
            assert!(ListWriter::start(&signer, &fields, &mut out).is_err());
        }
        let mut writer = ListWriter::start(&signer, &[], &mut out).unwrap();
        let long = "x".repeat(LINE_BYTES + 1);
        for line in ["", "a\nb", &long] {
            assert!(writer.line(line, &mut out).is_err());
        }
    }
}
