//! Kinds of JSON values, as sets.

use std::fmt;

use serde_json::{Map, Value};

/// A kind of JSON values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Null,
    Boolean,
    Number,
    String,
    Array,
    Object,
}

/// Kinds of values that may stand at a place; all of them where nothing is said.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kinds(u8);

impl Kind {
    const ALL: [Self; 6] = [
        Self::Null,
        Self::Boolean,
        Self::Number,
        Self::String,
        Self::Array,
        Self::Object,
    ];

    pub(crate) fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(_) => Self::Boolean,
            Value::Number(_) => Self::Number,
            Value::String(_) => Self::String,
            Value::Array(_) => Self::Array,
            Value::Object(_) => Self::Object,
        }
    }

    /// As a schema names it.
    fn named(word: &str) -> Option<Self> {
        match word {
            "integer" => Some(Self::Number),
            word => Self::ALL.into_iter().find(|kind| kind.as_str() == word),
        }
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean => "boolean",
            Self::Number => "number",
            Self::String => "string",
            Self::Array => "array",
            Self::Object => "object",
        }
    }

    fn bit(self) -> u8 {
        1 << (self as u8)
    }
}

impl Kinds {
    const ANY: Self = Self(u8::MAX);

    /// Those that a schema names. A word that is none, or none at all, says nothing.
    pub(super) fn of(schema: &Map<String, Value>) -> Self {
        let words = match schema.get("type") {
            Some(Value::Array(words)) if !words.is_empty() => words.as_slice(),
            Some(word @ Value::String(_)) => std::slice::from_ref(word),
            _ => return Self::ANY,
        };
        let kinds = words.iter().map(|word| Kind::named(word.as_str()?));
        let kinds: Option<Vec<Kind>> = kinds.collect();
        kinds.map_or(Self::ANY, |kinds| {
            Self(kinds.into_iter().fold(0, |all, kind| all | kind.bit()))
        })
    }

    pub(crate) fn has(self, kind: Kind) -> bool {
        self.0 & kind.bit() != 0
    }

    /// Whether it says that a kind cannot be there. Where no value fits, the schema contradicts itself and says nothing.
    pub(crate) fn forbid(self, kind: Kind) -> bool {
        self.0 != 0 && !self.has(kind)
    }

    pub(super) fn both(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(super) fn either(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl Default for Kinds {
    fn default() -> Self {
        Self::ANY
    }
}

impl fmt::Debug for Kinds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Kinds({self})")
    }
}

/// The kinds by their names. That a value may be null is no kind of its own.
impl fmt::Display for Kinds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = Kind::ALL.into_iter();
        let named = all.filter(|kind| self.has(*kind) && *kind != Kind::Null);
        let named: Vec<&str> = named.map(Kind::as_str).collect();
        f.write_str(&named.join(" or "))
    }
}
