//! Writing canonical JSON: one spelling for each value.
//!
//! Strings are escaped as in RFC 8785 §3.2.2.2; members come in the order in which they are
//! written here; there is no white space. Reading is left to `serde_json`, and whatever was read is
//! written again and compared, so that nothing but this one spelling is ever accepted.

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
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            control if control < ' ' => push_control(out, u32::from(control)),
            plain => out.push(plain),
        }
    }
    out.push('"');
}

fn push_control(out: &mut String, code: u32) {
    out.push_str("\\u00");
    out.extend(
        [code / 16, code % 16]
            .into_iter()
            .filter_map(|digit| char::from_digit(digit, 16)),
    );
}
