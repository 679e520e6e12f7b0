//! The mask of JSON: which members of an answer may leave.
//!
//! What leaves is copied as it was written, so that a number keeps every digit.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::wire::Malformed;
use super::{FieldPath, Mask};

/// The granted members at one place.
#[derive(Clone, Debug, Default)]
pub(super) struct Tree {
    /// Everything at this place.
    whole: bool,
    members: BTreeMap<String, Tree>,
}

impl Mask {
    /// The mask that lets exactly these members of a JSON answer out. Whether they exist shows in the
    /// answer only; what is not named does not leave.
    pub fn of_json<'a>(paths: impl IntoIterator<Item = &'a FieldPath>) -> Self {
        let mut tree = Tree::default();
        for path in paths {
            let mut place = &mut tree;
            for step in path.steps() {
                place = place.members.entry(step.to_owned()).or_default();
            }
            place.whole = true;
        }
        Self {
            nodes: Vec::new(),
            json: Some(tree),
        }
    }
}

impl Tree {
    /// Appends to `out` what of an object, or of an array of objects, may leave.
    ///
    /// # Errors
    /// [`Malformed::NotJson`].
    pub(super) fn apply(&self, json: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
        // Once over the whole: later steps skip over what is not granted without a look at it.
        crate::json::check(json).map_err(|_| Malformed::NotJson)?;
        let raw: &RawValue = serde_json::from_slice(json).map_err(|_| Malformed::NotJson)?;
        if self.cut(raw.get(), out)? {
            Ok(())
        } else {
            Err(Malformed::NotJson)
        }
    }

    /// Cuts one value; whether there is something of it that may leave.
    fn cut(&self, json: &str, out: &mut Vec<u8>) -> Result<bool, Malformed> {
        if self.whole {
            out.extend_from_slice(json.as_bytes());
            return Ok(true);
        }
        match json.trim_start().as_bytes().first() {
            Some(b'{') => self.cut_object(json, out)?,
            Some(b'[') => self.cut_array(json, out)?,
            // A plain value where the path goes on: not what was granted.
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn cut_object(&self, json: &str, out: &mut Vec<u8>) -> Result<(), Malformed> {
        let members: Members<'_> = serde_json::from_str(json).map_err(|_| Malformed::NotJson)?;
        out.push(b'{');
        let mut first = true;
        for (name, value) in members.0 {
            let Some(tree) = self.members.get(name.as_ref()) else {
                continue;
            };
            let before = out.len();
            if !first {
                out.push(b',');
            }
            serde_json::to_writer(&mut *out, name.as_ref()).map_err(|_| Malformed::NotJson)?;
            out.push(b':');
            if tree.cut(value.get(), out)? {
                first = false;
            } else {
                out.truncate(before);
            }
        }
        out.push(b'}');
        Ok(())
    }

    fn cut_array(&self, json: &str, out: &mut Vec<u8>) -> Result<(), Malformed> {
        let elements: Vec<&RawValue> =
            serde_json::from_str(json).map_err(|_| Malformed::NotJson)?;
        out.push(b'[');
        let mut first = true;
        for element in elements {
            let before = out.len();
            if !first {
                out.push(b',');
            }
            if self.cut(element.get(), out)? {
                first = false;
            } else {
                out.truncate(before);
            }
        }
        out.push(b']');
        Ok(())
    }
}

/// The members of an object in their order, values as written.
struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Vec<(Cow<'de, str>, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(name) = map.next_key::<String>()? {
                    members.push((Cow::Owned(name), map.next_value()?));
                }
                Ok(members)
            }
        }
        json.deserialize_map(Object).map(Members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(paths: &[&str], json: &str) -> Result<String, Malformed> {
        let paths: Vec<FieldPath> = paths.iter().map(|p| FieldPath::parse(p).unwrap()).collect();
        let mut out = Vec::new();
        Mask::of_json(&paths).apply(json.as_bytes(), &mut out)?;
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn only_granted_members_leave_and_as_they_were_written() {
        let json = r#"{"a": 1.10, "b": {"c": "x", "d": [1, 2]}, "e": [{"f": 1.0e300, "g": 2}, 7, {"g": 3}],
            "数": 123456789012345678901234567890, "n": null}"#;
        for (paths, expected) in [
            (vec![], "{}"),
            (vec!["a"], r#"{"a":1.10}"#),
            (vec!["b.c", "n"], r#"{"b":{"c":"x"},"n":null}"#),
            (vec!["b"], r#"{"b":{"c": "x", "d": [1, 2]}}"#),
            (vec!["e.f"], r#"{"e":[{"f":1.0e300},{}]}"#),
            (vec!["数"], r#"{"数":123456789012345678901234567890}"#),
            // The path goes on where a plain value stands, or into elements that are plain.
            (vec!["a.x", "n.x", "b.d.x"], r#"{"b":{"d":[]}}"#),
            (vec!["z"], "{}"),
        ] {
            assert_eq!(cut(&paths, json).unwrap(), expected, "{paths:?}");
        }
        assert_eq!(
            cut(&["a"], r#"[{"a": 1, "b": 2}, [{"a": 3}]]"#).unwrap(),
            r#"[{"a":1},[{"a":3}]]"#
        );
        // Names are compared as read, whatever way they are written.
        assert_eq!(
            cut(&["a"], r#"{"\u0061": 1, "\u0062": 2}"#).unwrap(),
            r#"{"a":1}"#
        );
    }

    #[test]
    fn what_has_no_one_reading_is_refused_even_where_it_would_be_cut() {
        let deep = format!(r#"{{"b": {}{}}}"#, "[".repeat(200), "]".repeat(200));
        for bad in [
            "",
            "1",
            "null",
            r#""a""#,
            r#"{"a": 1"#,
            r#"{"b": 1, "b": 2}"#,
            r#"{"b": {"x": 1, "x": 1}}"#,
            "{} {}",
            &deep,
        ] {
            assert_eq!(cut(&["a"], bad), Err(Malformed::NotJson), "{bad}");
        }
    }
}
