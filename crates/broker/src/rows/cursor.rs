//! Cursors: where a read goes on. Sealed, since a place is made of values of a record.
//!
//! A cursor opens only for the caller, the grant version, the resource, the filter and the order
//! that it was made for. It is sealed under a key of its own read; the nonce
//! is a keyed hash of the content, so two places never share one and no randomness is needed.

use crate::sealing::Sealing;
use crate::sql::Bound;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::fault::Cause;
use domain::subject::PseudonymKey;

/// Bytes of a provider's own cursor.
pub(crate) const PROVIDER_BYTES: usize = 512;
/// Characters of a cursor: four key columns and eight items of a kilobyte, sealed, and more.
const MOST: usize = 64 * 1024;

/// A place behind a row.
#[derive(Clone, PartialEq)]
pub(crate) enum Position {
    /// As the provider calls it.
    Provider(String),
    /// The values that rows are ordered by, the unique key last.
    Key(Vec<Option<Bound>>),
}

/// Seals and opens the cursors of one kind of read.
pub(crate) struct Seal<'a> {
    keys: &'a PseudonymKey,
    sealing: Sealing,
}

impl<'a> Seal<'a> {
    /// The seal for everything that a cursor is bound to.
    pub(crate) fn new(keys: &'a PseudonymKey, bound_to: &[&[u8]]) -> Result<Self, Cause> {
        let sealing = Sealing::of(keys, "cursor", bound_to).ok_or_else(invalid)?;
        Ok(Self { keys, sealing })
    }

    /// A cursor for a place.
    pub(crate) fn seal(&self, position: &Position) -> Option<String> {
        let content = encode(position);
        let nonce = self.keys.derive("cursor nonce", &[&content]);
        Some(URL_SAFE_NO_PAD.encode(self.sealing.seal(&nonce, content)?))
    }

    /// The place that a cursor stands for.
    ///
    /// # Errors
    /// `CURSOR_INVALID`, whatever is wrong with it.
    pub(crate) fn open(&self, cursor: &str) -> Result<Position, Cause> {
        if cursor.len() > MOST {
            return Err(invalid());
        }
        let sealed = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| invalid())?;
        let content = self.sealing.open(&sealed).ok_or_else(invalid)?;
        decode(&content).ok_or_else(invalid)
    }
}

fn invalid() -> Cause {
    let message =
        "pass on the cursor of a batch of the same caller, grant, resource, filter and order";
    Cause::new("CURSOR_INVALID", message)
}

fn encode(position: &Position) -> Vec<u8> {
    let mut bytes = Vec::new();
    let part = |bytes: &mut Vec<u8>, letter: u8, part: &[u8]| {
        bytes.push(letter);
        // What does not fit into four bytes of length does not fit into a batch either.
        let length = u32::try_from(part.len()).unwrap_or(u32::MAX);
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(part);
    };
    match position {
        Position::Provider(text) => part(&mut bytes, b'P', text.as_bytes()),
        Position::Key(key) => {
            for value in key {
                match value {
                    None => part(&mut bytes, b'-', &[]),
                    Some(Bound::Text(text)) => part(&mut bytes, b'C', text.as_bytes()),
                    Some(Bound::Integer(number)) => part(&mut bytes, b'I', &number.to_be_bytes()),
                    Some(Bound::Double(number)) => part(&mut bytes, b'F', &number.to_be_bytes()),
                    Some(Bound::Logical(yes)) => part(&mut bytes, b'L', &[u8::from(*yes)]),
                }
            }
        }
    }
    bytes
}

fn decode(mut bytes: &[u8]) -> Option<Position> {
    let mut key = Vec::new();
    while let Some((letter, rest)) = bytes.split_first() {
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let (part, rest) = rest.split_at_checked(length)?;
        bytes = rest;
        let text = || String::from_utf8(part.to_vec()).ok();
        key.push(match letter {
            b'P' if key.is_empty() && bytes.is_empty() => return text().map(Position::Provider),
            b'-' => None,
            b'C' => Some(Bound::Text(text()?)),
            b'I' => Some(Bound::Integer(i64::from_be_bytes(part.try_into().ok()?))),
            b'F' => Some(Bound::Double(f64::from_be_bytes(part.try_into().ok()?))),
            b'L' => Some(Bound::Logical(part == [1])),
            _ => return None,
        });
    }
    Some(Position::Key(key))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn keys() -> PseudonymKey {
        PseudonymKey::new([7; 32])
    }

    fn place() -> Position {
        Position::Key(vec![
            None,
            Some(Bound::Text("430502190102030017".to_owned())),
            Some(Bound::Integer(-3)),
            Some(Bound::Double(0.1)),
            Some(Bound::Logical(true)),
        ])
    }

    #[test]
    fn a_cursor_opens_for_its_own_read_only() {
        let keys = keys();
        let seal = Seal::new(&keys, &[b"system", b"grant 1"]).unwrap();
        for position in [place(), Position::Provider("place 7".to_owned())] {
            let cursor = seal.seal(&position).unwrap();
            assert!(seal.open(&cursor).unwrap() == position);
            for other in [
                Seal::new(&keys, &[b"system", b"grant 2"]).unwrap(),
                Seal::new(&keys, &[b"systemg", b"rant 1"]).unwrap(),
                Seal::new(&PseudonymKey::new([8; 32]), &[b"system", b"grant 1"]).unwrap(),
            ] {
                assert!(other.open(&cursor).is_err());
            }
        }
    }

    #[test]
    fn a_cursor_shows_no_value_of_a_record() {
        let keys = keys();
        let cursor = Seal::new(&keys, &[]).unwrap().seal(&place()).unwrap();
        let bytes = URL_SAFE_NO_PAD.decode(cursor).unwrap();
        let shown = bytes.windows(6).any(|window| window == b"430502");
        assert!(!shown);
    }

    #[test]
    fn no_changed_cursor_is_taken() {
        let keys = keys();
        let seal = Seal::new(&keys, &[]).unwrap();
        let sealed = URL_SAFE_NO_PAD
            .decode(seal.seal(&place()).unwrap())
            .unwrap();
        for place in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[place] ^= 1;
            assert!(
                seal.open(&URL_SAFE_NO_PAD.encode(changed)).is_err(),
                "{place}"
            );
        }
        for length in 0..sealed.len() {
            assert!(
                seal.open(&URL_SAFE_NO_PAD.encode(&sealed[..length]))
                    .is_err()
            );
        }
        for text in ["", "%", "AAAA", "' OR 1=1 --", &"A".repeat(MOST + 1)] {
            assert!(seal.open(text).is_err());
        }
    }

    proptest! {
        #[test]
        fn whatever_was_written_is_read_back_and_nothing_breaks_the_reader(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            if let Some(position) = decode(&bytes) {
                prop_assert!(decode(&encode(&position)).is_some());
            }
        }
    }
}
