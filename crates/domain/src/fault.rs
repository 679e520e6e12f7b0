//! Faults of a request: all of them at once, each with the field it concerns.

use std::fmt;

/// One thing that is wrong with one field of a request.
///
/// The message says what was expected and what to do; it never holds a person's identifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldFault {
    /// Path of the field in the request, for example `system.display_name`.
    pub field: String,
    /// Stable code, `UPPER_SNAKE`, for programs.
    pub code: String,
    /// One sentence for people.
    pub message: String,
    /// Where the rule stands: law and article, or standard; empty for plain form.
    pub source: String,
}

/// The faults of one request, in the order of its fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults(Vec<FieldFault>);

/// What a parser says of a single value, before the field is known.
pub trait FaultCause: fmt::Display {
    /// Stable code, `UPPER_SNAKE`.
    fn code(&self) -> &str;

    /// Where the rule stands; empty for plain form.
    fn source(&self) -> &'static str {
        ""
    }
}

impl FaultCause for crate::id::IdError {
    fn code(&self) -> &str {
        crate::id::IdError::code(self)
    }
}

/// A plain cause: a code and a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    code: &'static str,
    message: String,
    source: &'static str,
}

impl Cause {
    /// A cause with its code and its sentence.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            source: "",
        }
    }

    /// The same against a rule that stands somewhere.
    #[must_use]
    pub fn by(self, source: &'static str) -> Self {
        Self { source, ..self }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Cause {}

impl FaultCause for Cause {
    fn code(&self) -> &str {
        self.code
    }

    fn source(&self) -> &'static str {
        self.source
    }
}

impl Faults {
    /// Keeps a good value; notes the fault of a bad one and goes on.
    pub fn check<T, E: FaultCause>(&mut self, field: &str, result: Result<T, E>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(cause) => {
                self.add_by(field, cause.code(), cause.to_string(), cause.source());
                None
            }
        }
    }

    /// Notes one fault.
    pub fn add(&mut self, field: &str, code: &str, message: impl Into<String>) {
        self.0.push(FieldFault {
            field: field.to_owned(),
            code: code.to_owned(),
            message: message.into(),
            source: String::new(),
        });
    }

    /// Notes one fault against a rule that stands somewhere.
    pub fn add_by(&mut self, field: &str, code: &str, message: impl Into<String>, source: &str) {
        self.0.push(FieldFault {
            field: field.to_owned(),
            code: code.to_owned(),
            message: message.into(),
            source: source.to_owned(),
        });
    }

    /// Takes over the faults of a part, under its place in the whole: `system.name` becomes `{place}.name`
    /// where the part is called `system`.
    pub fn within(&mut self, part: &str, place: &str, faults: &Self) {
        for fault in &faults.0 {
            let own = fault.field.strip_prefix(part).unwrap_or(&fault.field);
            self.0.push(FieldFault {
                field: format!("{place}{own}"),
                ..fault.clone()
            });
        }
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The faults.
    pub fn as_slice(&self) -> &[FieldFault] {
        &self.0
    }

    /// The value when nothing is wrong, or all faults.
    ///
    /// # Errors
    /// The faults, when there are any, or when the value is missing.
    pub fn finish<T>(mut self, value: Option<T>) -> Result<T, Faults> {
        match value {
            Some(value) if self.is_empty() => Ok(value),
            None if self.is_empty() => {
                self.add("request", "REQUIRED", "the request is incomplete");
                Err(self)
            }
            _ => Err(self),
        }
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, fault) in self.0.iter().enumerate() {
            let gap = if number == 0 { "" } else { "; " };
            write!(f, "{gap}{}: {}", fault.field, fault.message)?;
            if !fault.source.is_empty() {
                write!(f, " ({})", fault.source)?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}

/// Text that people read: trimmed, without control characters, of `1..=most` characters.
///
/// # Errors
/// `REQUIRED` when empty, `TOO_LONG`, or `CONTROL_CHARACTER` (they would break a log line or a
/// terminal; bidirectional overrides count among them).
pub fn line(text: &str, most: usize) -> Result<String, Cause> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Cause::new(
            "REQUIRED",
            format!("give 1 to {most} characters"),
        ));
    }
    optional_line(text, most)
}

/// Like [`line`], but may be empty.
///
/// # Errors
/// `TOO_LONG` or `CONTROL_CHARACTER`.
pub fn optional_line(text: &str, most: usize) -> Result<String, Cause> {
    let text = text.trim();
    let count = text.chars().count();
    if count > most {
        return Err(Cause::new(
            "TOO_LONG",
            format!("{count} characters; at most {most} are kept"),
        ));
    }
    if let Some(position) = text.chars().position(is_unprintable) {
        let place = position + 1;
        return Err(Cause::new(
            "CONTROL_CHARACTER",
            format!("character {place} is a control character; remove it"),
        ));
    }
    Ok(text.to_owned())
}

/// A day, ISO 8601.
///
/// # Errors
/// `REQUIRED` when empty, `NOT_A_DATE` otherwise.
pub fn date(text: &str) -> Result<jiff::civil::Date, Cause> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Cause::new("REQUIRED", "give a day such as 2022-05-12"));
    }
    text.parse().map_err(|_| {
        Cause::new(
            "NOT_A_DATE",
            "not a day of the calendar; write it as 2022-05-12",
        )
    })
}

fn is_unprintable(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_for_people_is_refused_with_its_reason() {
        for (text, code) in [
            ("", "REQUIRED"),
            ("  ", "REQUIRED"),
            ("abcd", "TOO_LONG"),
            ("a\nb", "CONTROL_CHARACTER"),
        ] {
            assert_eq!(line(text, 3).unwrap_err().code(), code, "{text:?}");
        }
        assert_eq!(
            line("a\u{202E}b", 3).unwrap_err().code(),
            "CONTROL_CHARACTER"
        );
        assert_eq!(line(" 民政 ", 3).unwrap(), "民政");
    }

    #[test]
    fn all_faults_are_kept() {
        let mut faults = Faults::default();
        let name = faults.check("name", line("", 5));
        let day = faults.check("day", date("2022-02-30"));
        assert_eq!(
            faults
                .clone()
                .finish(name.zip(day))
                .unwrap_err()
                .as_slice()
                .len(),
            2
        );
        assert_eq!(faults.as_slice()[1].code, "NOT_A_DATE");
    }
}
