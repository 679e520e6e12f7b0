//! JSON: whether bytes are some that everybody reads alike.
//!
//! RFC 8259 lets a name stand twice in an object and leaves open which one counts. Where one reader
//! takes the first and the next takes the last, the two act on different requests, so we take none.

use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

const TWICE: &str = "a name stands twice";

/// Reads the JSON and keeps nothing of it. Nesting is limited by `serde_json`, to 128.
///
/// # Errors
/// Where it is not JSON, nested too deep, or has a name twice.
pub fn check(json: &[u8]) -> Result<(), serde_json::Error> {
    serde_json::from_slice::<Checked>(json).map(|_| ())
}

/// What is wrong, without a word of the JSON itself; fits before the name of a message.
pub fn what(error: &serde_json::Error) -> &'static str {
    if error.is_data() && error.to_string().starts_with(TWICE) {
        "a name stands twice in the message"
    } else {
        "the body is not the JSON of"
    }
}

struct Checked;

impl<'de> Deserialize<'de> for Checked {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        json.deserialize_any(Checked)
    }
}

impl<'de> Visitor<'de> for Checked {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self, A::Error> {
        while items.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self, A::Error> {
        let mut names = HashSet::new();
        while let Some(name) = members.next_key::<String>()? {
            if !names.insert(name) {
                return Err(A::Error::custom(TWICE));
            }
            members.next_value::<Self>()?;
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_json_that_has_one_reading_is_taken() {
        for good in [
            "{}",
            "[1, -2, 3.5]",
            r#"{"a": {"a": null}, "b": [true, "x"]}"#,
        ] {
            assert!(check(good.as_bytes()).is_ok(), "{good}");
        }
        for twice in [r#"{"a": 1, "a": 1}"#, r#"[{"b": {"a": 1, "\u0061": 2}}]"#] {
            let error = check(twice.as_bytes()).unwrap_err();
            assert_eq!(what(&error), "a name stands twice in the message");
        }
        let deep = |count: usize| "[".repeat(count) + &"]".repeat(count);
        assert!(check(deep(127).as_bytes()).is_ok());
        for bad in [
            "",
            "{",
            "{} {}",
            "nul",
            "{'a': 1}",
            "\u{feff}{}",
            &deep(128),
        ] {
            let error = check(bad.as_bytes()).unwrap_err();
            assert_eq!(what(&error), "the body is not the JSON of", "{bad}");
        }
        assert!(check(b"\"\xff\"").is_err());
    }
}
