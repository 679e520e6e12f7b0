//! Writing canonical JSON: one spelling for each value.
//!
//! Strings are escaped as in RFC 8785 §3.2.2.2; members come in the order in which they are
//! written here; there is no white space. Reading is left to `serde_json`, and whatever was read is
//! written again and compared, so that nothing but this one spelling is ever accepted.

use std::fmt::Write as _;

/// An object being written on one line.
pub(crate) struct Object {
    out: String,
    empty: bool,
}

impl Object {
    /// Opens an object.
    pub(crate) fn open() -> Self {
        Self {
            out: "{".to_owned(),
            empty: true,
        }
    }

    /// Writes a member whose value is a number.
    pub(crate) fn number(self, key: &str, value: impl std::fmt::Display) -> Self {
        self.raw(key, &value.to_string())
    }

    /// Writes a member whose value is text.
    pub(crate) fn text(self, key: &str, value: &str) -> Self {
        let mut quoted = String::new();
        push_string(&mut quoted, value);
        self.raw(key, &quoted)
    }

    /// Writes a member whose value is JSON already.
    pub(crate) fn raw(mut self, key: &str, json: &str) -> Self {
        if !self.empty {
            self.out.push(',');
        }
        self.empty = false;
        push_string(&mut self.out, key);
        self.out.push(':');
        self.out.push_str(json);
        self
    }

    /// Closes the object and returns its text.
    pub(crate) fn close(mut self) -> String {
        self.out.push('}');
        self.out
    }
}

/// Appends a quoted JSON string.
pub(crate) fn push_string(out: &mut String, text: &str) {
    out.push('"');
    // Nearly all texts are plain. Looked at in pieces without a branch a byte, that is soon known.
    if text.as_bytes().chunks(32).all(is_plain) {
        out.push_str(text);
        out.push('"');
        return;
    }
    // Everything that is escaped is one byte long, so what lies between is copied in whole pieces.
    let mut copied = 0;
    for (at, byte) in text.bytes().enumerate() {
        if is_plain(&[byte]) {
            continue;
        }
        out.push_str(text.get(copied..at).unwrap_or_default());
        push_escaped(out, byte);
        copied = at + 1;
    }
    out.push_str(text.get(copied..).unwrap_or_default());
    out.push('"');
}

/// Whether no byte of these has to be escaped.
fn is_plain(bytes: &[u8]) -> bool {
    let escaped = |byte: &&u8| matches!(**byte, 0..=0x1f | b'"' | b'\\');
    bytes.iter().filter(escaped).count() == 0
}

/// Appends a number in plain decimals.
pub(crate) fn push_number(out: &mut String, number: impl std::fmt::Display) {
    // Writing to a string does not fail.
    let _ = write!(out, "{number}");
}

fn push_escaped(out: &mut String, byte: u8) {
    match byte {
        b'"' => out.push_str("\\\""),
        b'\\' => out.push_str("\\\\"),
        0x8 => out.push_str("\\b"),
        b'\t' => out.push_str("\\t"),
        b'\n' => out.push_str("\\n"),
        0xc => out.push_str("\\f"),
        b'\r' => out.push_str("\\r"),
        control => {
            let _ = write!(out, "\\u{control:04x}");
        }
    }
}
