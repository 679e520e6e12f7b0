//! Paths of fields, as people write them in the catalogue.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::fault::Cause;

/// Fields that one path may go through.
const STEPS: usize = 16;

/// A path from a message to one of its fields, for example `record.holders.name`.
///
/// Names are those of the proto file, or of the JSON of an `OpenAPI` interface. Repeated fields and
/// arrays are passed through, each element alike. A proto map goes on in `key` and `value`; nothing of
/// it leaves without its key. A path that ends at a message, a map or a JSON object means all of it
/// (of a message: all known fields).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FieldPath(String);

impl FieldPath {
    /// Parses the path; whether its fields exist is a question to the interface.
    ///
    /// # Errors
    /// `NOT_A_FIELD_PATH`.
    pub fn parse(text: &str) -> Result<Self, Cause> {
        let is_name = |name: &str| {
            name.len() <= 128
                && name.starts_with(|c: char| c.is_alphabetic() || matches!(c, '_' | '$' | '@'))
                && name
                    .chars()
                    .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '$' | '@'))
        };
        if text.split('.').count() <= STEPS && text.split('.').all(is_name) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Cause::new(
                "NOT_A_FIELD_PATH",
                format!(
                    "write field names joined by dots, at most {STEPS}, for example record.name"
                ),
            ))
        }
    }

    /// The path as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether another path is this one or lies within it.
    pub fn holds(&self, other: &Self) -> bool {
        let rest = other.0.strip_prefix(&self.0);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }

    /// The names on the way.
    pub(crate) fn steps(&self) -> impl Iterator<Item = &str> {
        self.0.split('.')
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for FieldPath {
    type Error = Cause;
    fn try_from(text: String) -> Result<Self, Cause> {
        Self::parse(&text)
    }
}

impl From<FieldPath> for String {
    fn from(path: FieldPath) -> String {
        path.0
    }
}
