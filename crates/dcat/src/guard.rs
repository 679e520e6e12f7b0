//! What is looked at before a parser sees a document: the parsers keep what is nested and copy what is scoped, and
//! a few megabytes of brackets or contexts would cost gigabytes or hours.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::parse::{ImportError, MOST_CONTEXT_WORK, MOST_DEPTH, excerpt, syntax_error};

/// Looks at the brackets of a Turtle document, past names, texts and comments. What is no Turtle may pass; the parser
/// says so.
pub(crate) fn turtle(bytes: &[u8]) -> Result<(), ImportError> {
    let mut depth = 0_usize;
    let mut rest = bytes;
    while let Some((first, behind)) = rest.split_first() {
        rest = match first {
            b'[' | b'(' => {
                depth += 1;
                if depth > MOST_DEPTH {
                    return Err(ImportError::TooDeep);
                }
                behind
            }
            b']' | b')' => {
                depth = depth.saturating_sub(1);
                behind
            }
            b'<' => past(behind, b">"),
            b'#' => past(behind, b"\n"),
            b'\\' => behind.get(1..).unwrap_or_default(),
            quote @ (b'"' | b'\'') => past_text(behind, *quote),
            _ => behind,
        };
    }
    Ok(())
}

/// What is behind the end of a text. Three quotes open a long one; two are an empty one.
fn past_text(behind: &[u8], quote: u8) -> &[u8] {
    match behind.strip_prefix(&[quote, quote]) {
        Some(long) => past(long, &[quote, quote, quote]),
        None => past(behind, &[quote]),
    }
}

/// What is behind a mark that no backslash stands before; nothing when it does not come.
fn past<'a>(mut rest: &'a [u8], mark: &[u8]) -> &'a [u8] {
    while let Some((first, behind)) = rest.split_first() {
        if let Some(end) = rest.strip_prefix(mark) {
            return end;
        }
        rest = if *first == b'\\' {
            behind.get(1..).unwrap_or_default()
        } else {
            behind
        };
    }
    rest
}

/// Looks at the depth of a JSON document and at its contexts.
pub(crate) fn json(bytes: &[u8]) -> Result<(), ImportError> {
    let mut seen = Seen::default();
    let mut document = serde_json::Deserializer::from_slice(bytes);
    let walk = Walk {
        seen: &mut seen,
        depth: 0,
        place: Place::Node,
    };
    let read = walk
        .deserialize(&mut document)
        .and_then(|()| document.end());
    if seen.too_deep {
        return Err(ImportError::TooDeep);
    }
    read.map_err(|error| syntax_error(&error.to_string()))?;
    if let Some(address) = seen.address {
        return Err(ImportError::RemoteContext(address));
    }
    // A context in a context belongs to a term and is applied wherever the term is used.
    let copies = seen.contexts + if seen.scoped { seen.keys } else { 0 };
    if copies > 1 && copies.saturating_mul(seen.terms) > MOST_CONTEXT_WORK {
        return Err(ImportError::TooMuchContext);
    }
    Ok(())
}

/// What was seen of a JSON document.
#[derive(Default)]
struct Seen {
    too_deep: bool,
    /// Keys of objects, outside contexts.
    keys: usize,
    /// Contexts of nodes.
    contexts: usize,
    /// Keys in contexts.
    terms: usize,
    /// A term has a context of its own.
    scoped: bool,
    /// The address of a context that lies elsewhere.
    address: Option<String>,
}

/// Reads a value and keeps nothing of it.
struct Walk<'s> {
    seen: &'s mut Seen,
    depth: usize,
    place: Place,
}

/// Where a value stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Outside contexts.
    Node,
    /// As a context, or as one of several: a text here is the address of one.
    Context,
    /// Somewhere in a context.
    Term,
}

impl Walk<'_> {
    fn deeper<E: serde::de::Error>(&mut self) -> Result<usize, E> {
        if self.depth >= MOST_DEPTH {
            self.seen.too_deep = true;
            return Err(E::custom("too deep"));
        }
        Ok(self.depth + 1)
    }
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, value: D) -> Result<(), D::Error> {
        value.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        let depth = self.deeper()?;
        while let Some(key) = map.next_key::<Key<'de>>()? {
            let opens = key.0 == "@context";
            let inside = self.place != Place::Node;
            match (inside, opens) {
                (true, true) => self.seen.scoped = true,
                (true, false) => self.seen.terms += 1,
                (false, true) => self.seen.contexts += 1,
                (false, false) => self.seen.keys += 1,
            }
            let is_address = opens || (inside && key.0 == "@import");
            let place = match (is_address, inside) {
                (true, _) => Place::Context,
                (false, true) => Place::Term,
                (false, false) => Place::Node,
            };
            map.next_value_seed(Walk {
                seen: self.seen,
                depth,
                place,
            })?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut values: A) -> Result<(), A::Error> {
        let depth = self.deeper()?;
        let place = self.place;
        while values
            .next_element_seed(Walk {
                seen: self.seen,
                depth,
                place,
            })?
            .is_some()
        {}
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        if self.place == Place::Context && self.seen.address.is_none() {
            self.seen.address = Some(excerpt(text));
        }
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

/// A key, without its escapes, so that none hides a context.
#[derive(serde::Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);
