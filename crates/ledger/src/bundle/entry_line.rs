//! One entry in a bundle: its index, its inclusion proof, its stored bytes.

use base64::prelude::{BASE64_STANDARD, Engine};

use crate::entry::Entry;
use crate::tree::{HASH_SIZE, Hash};

/// The proof of the only entry of a log is empty and written as this.
const EMPTY_PROOF: &str = "-";

/// An entry line taken apart. The bytes are not decoded yet.
pub(super) struct EntryLine<'l> {
    pub(super) index: u64,
    pub(super) proof: Vec<Hash>,
    pub(super) bytes: &'l [u8],
}

/// A line that cannot be taken apart.
pub(super) struct Unreadable {
    /// Which entry it was, as far as the rest of the line still tells.
    pub(super) index: Option<u64>,
    pub(super) what: &'static str,
}

impl<'l> EntryLine<'l> {
    pub(super) fn parse(line: &'l [u8]) -> Result<Self, Unreadable> {
        let unreadable = |index: Option<u64>, what| Unreadable {
            index: index.or_else(|| index_inside(line)),
            what,
        };
        let (index, rest) = split_at_blank(line)
            .ok_or_else(|| unreadable(None, "it does not have the three parts of an entry line"))?;
        let index = parse_index(index)
            .ok_or_else(|| unreadable(None, "it does not begin with an index"))?;
        let (proof, bytes) = split_at_blank(rest)
            .ok_or_else(|| unreadable(Some(index), "it ends before the stored bytes"))?;
        let proof = parse_proof(proof)
            .ok_or_else(|| unreadable(Some(index), "its inclusion proof is not one"))?;
        Ok(Self {
            index,
            proof,
            bytes,
        })
    }
}

/// Everything of an entry line that stands before the stored bytes.
pub(super) fn prefix(index: u64, proof: &[Hash]) -> String {
    if proof.is_empty() {
        return format!("{index} {EMPTY_PROOF} ");
    }
    let hashes: Vec<u8> = proof.iter().flat_map(|hash| hash.0).collect();
    format!("{index} {} ", BASE64_STANDARD.encode(hashes))
}

fn split_at_blank(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let blank = text.iter().position(|byte| *byte == b' ')?;
    let (before, from_blank) = text.split_at_checked(blank)?;
    Some((before, from_blank.strip_prefix(b" ")?))
}

/// A decimal number in its only spelling.
fn parse_index(digits: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(digits).ok()?;
    let index: u64 = text.parse().ok()?;
    (index.to_string() == text).then_some(index)
}

fn parse_proof(text: &[u8]) -> Option<Vec<Hash>> {
    if text == EMPTY_PROOF.as_bytes() {
        return Some(Vec::new());
    }
    // The standard alphabet of this crate takes neither missing padding nor stray last bits.
    let bytes = BASE64_STANDARD.decode(text).ok()?;
    let (hashes, rest) = bytes.as_chunks::<HASH_SIZE>();
    let sound = !hashes.is_empty() && rest.is_empty();
    sound.then(|| hashes.iter().map(|hash| Hash(*hash)).collect())
}

/// The index that intact stored bytes name although what stands before them is damaged.
fn index_inside(line: &[u8]) -> Option<u64> {
    let start = line.iter().position(|byte| *byte == b'{')?;
    let entry = Entry::decode(line.get(start..)?).ok()?;
    Some(entry.index())
}
