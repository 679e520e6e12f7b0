//! What an entry states, beyond who and when: a small ordered map.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, SeqAccess, Visitor};

use super::{EntryError, limits};
use crate::json::{push_number, push_string};

/// One stated value. There are no fractions and no nesting: they have no single spelling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// Text of at most [`limits::TEXT_BYTES`].
    Text(String),
    /// A whole number that every JSON reader can hold (at most 2⁵³ − 1 either way).
    Integer(i64),
    /// Yes or no.
    Flag(bool),
    /// A list of texts, in the order given, at most [`limits::LIST_ITEMS`] of them.
    List(Vec<String>),
}

/// The facts of one entry, by `snake_case` key and in key order.
///
/// A sorted list: there are a dozen of them, and nearly all keys are texts of the program.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts(Vec<(Cow<'static, str>, Fact)>);

impl Facts {
    /// The fact under a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Fact> {
        let at = self.place_of(key).ok()?;
        self.0.get(at).map(|(_, fact)| fact)
    }

    /// The text under a key; `None` also when the fact is not text.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        match self.get(key)? {
            Fact::Text(text) => Some(text),
            Fact::Integer(_) | Fact::Flag(_) | Fact::List(_) => None,
        }
    }

    /// The number under a key; `None` also when the fact is not a number.
    #[must_use]
    pub fn integer(&self, key: &str) -> Option<i64> {
        match self.get(key)? {
            Fact::Integer(integer) => Some(*integer),
            Fact::Text(_) | Fact::Flag(_) | Fact::List(_) => None,
        }
    }

    /// The flag under a key; `None` also when the fact is not a flag.
    #[must_use]
    pub fn flag(&self, key: &str) -> Option<bool> {
        match self.get(key)? {
            Fact::Flag(flag) => Some(*flag),
            Fact::Text(_) | Fact::Integer(_) | Fact::List(_) => None,
        }
    }

    /// The list under a key; `None` also when the fact is not a list.
    #[must_use]
    pub fn list(&self, key: &str) -> Option<&[String]> {
        match self.get(key)? {
            Fact::List(list) => Some(list),
            Fact::Text(_) | Fact::Integer(_) | Fact::Flag(_) => None,
        }
    }

    /// All facts in key order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Fact)> {
        self.0.iter().map(|(key, fact)| (key.as_ref(), fact))
    }

    /// How many facts there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing is stated.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn insert(&mut self, key: Cow<'static, str>, fact: Fact) {
        match self.place_of(&key) {
            Ok(at) => {
                if let Some((_, before)) = self.0.get_mut(at) {
                    *before = fact;
                }
            }
            Err(at) => {
                if self.0.capacity() == 0 {
                    self.0.reserve(USUAL);
                }
                self.0.insert(at, (key, fact));
            }
        }
    }

    fn place_of(&self, key: &str) -> Result<usize, usize> {
        self.0
            .binary_search_by(|(known, _)| known.as_ref().cmp(key))
    }

    pub(super) fn check(&self) -> Result<(), EntryError> {
        if self.len() > limits::FACTS {
            return Err(EntryError::TooManyFacts(self.len()));
        }
        self.iter()
            .try_for_each(|(key, fact)| check_fact(key, fact))
    }

    pub(super) fn push_json(&self, out: &mut String) {
        out.push('{');
        for (position, (key, fact)) in self.iter().enumerate() {
            if position > 0 {
                out.push(',');
            }
            push_string(out, key);
            out.push(':');
            match fact {
                Fact::Text(text) => push_string(out, text),
                Fact::Integer(integer) => push_number(out, integer),
                Fact::Flag(flag) => out.push_str(if *flag { "true" } else { "false" }),
                Fact::List(list) => push_list(out, list),
            }
        }
        out.push('}');
    }
}

/// Facts that most entries stay below.
const USUAL: usize = 20;

fn check_fact(key: &str, fact: &Fact) -> Result<(), EntryError> {
    let mut letters = key.bytes();
    let starts_well = letters
        .next()
        .is_some_and(|first| first.is_ascii_lowercase());
    let goes_on_well =
        letters.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if !starts_well || !goes_on_well || key.len() > limits::KEY_BYTES {
        return Err(EntryError::FactKey);
    }
    let fits = match fact {
        Fact::Text(text) => text.len() <= limits::TEXT_BYTES,
        Fact::Integer(integer) => integer.unsigned_abs() <= limits::NUMBER,
        Fact::Flag(_) => true,
        Fact::List(list) => {
            list.len() <= limits::LIST_ITEMS
                && list.iter().all(|text| text.len() <= limits::TEXT_BYTES)
        }
    };
    if fits {
        Ok(())
    } else {
        Err(EntryError::FactValue(key.to_owned()))
    }
}

fn push_list(out: &mut String, list: &[String]) {
    out.push('[');
    for (position, text) in list.iter().enumerate() {
        if position > 0 {
            out.push(',');
        }
        push_string(out, text);
    }
    out.push(']');
}

// === conversions ===

impl From<&str> for Fact {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Fact {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Fact {
    fn from(integer: i64) -> Self {
        Self::Integer(integer)
    }
}

impl From<u32> for Fact {
    fn from(integer: u32) -> Self {
        Self::Integer(integer.into())
    }
}

impl From<bool> for Fact {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<Vec<String>> for Fact {
    fn from(list: Vec<String>) -> Self {
        Self::List(list)
    }
}

// === reading ===

impl<'de> Deserialize<'de> for Facts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let facts = BTreeMap::<String, Fact>::deserialize(deserializer)?;
        Ok(Self(
            facts
                .into_iter()
                .map(|(key, fact)| (Cow::Owned(key), fact))
                .collect(),
        ))
    }
}

impl<'de> Deserialize<'de> for Fact {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FactVisitor)
    }
}

/// Everything that is not visited here (null, fractions, objects) is refused by serde.
struct FactVisitor;

impl<'de> Visitor<'de> for FactVisitor {
    type Value = Fact;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("text, a whole number, true, false or a list of texts")
    }

    fn visit_bool<E: de::Error>(self, flag: bool) -> Result<Fact, E> {
        Ok(Fact::Flag(flag))
    }

    fn visit_i64<E: de::Error>(self, integer: i64) -> Result<Fact, E> {
        Ok(Fact::Integer(integer))
    }

    fn visit_u64<E: de::Error>(self, integer: u64) -> Result<Fact, E> {
        i64::try_from(integer).map(Fact::Integer).map_err(E::custom)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Fact, E> {
        Ok(Fact::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Fact, A::Error> {
        let mut list = Vec::new();
        while let Some(text) = items.next_element::<String>()? {
            list.push(text);
        }
        Ok(Fact::List(list))
    }
}
