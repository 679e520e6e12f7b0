//! Whether a path leads to something in the answer of an operation.

use std::cmp::Reverse;

use super::document::Document;
use super::schema::{ANY, Member, Place, Reader};
use super::{HttpOperation, short};
use crate::fault::Cause;
use crate::mask::FieldPath;

/// Names that a fault tells.
const TOLD: usize = 12;

/// The answers that a document describes, read for the paths of one entry.
pub struct Answers<'a> {
    document: &'a Document,
    reader: Reader<'a>,
}

impl Document {
    /// What its operations answer with.
    pub fn answers(&self) -> Answers<'_> {
        Answers {
            document: self,
            reader: Reader::of(self),
        }
    }
}

impl<'a> Answers<'a> {
    /// Whether a path leads to something that is described, or to where nothing is.
    ///
    /// # Errors
    /// `UNKNOWN_FIELD` where the document describes what stands there, and it is something else.
    pub fn check(&mut self, operation: &HttpOperation, path: &FieldPath) -> Result<(), Cause> {
        let mut place: Place<'a> = self.document.answer(operation).into_iter().collect();
        let mut walked = "the answer";
        for step in path.steps() {
            match self.reader.member(&place, step) {
                Member::Anything => return Ok(()),
                Member::Described(next) => place = next,
                Member::Nowhere => {
                    let names = self.names(&place, step);
                    let text = if names.is_empty() {
                        format!("{path}: {walked} is a plain value by the document, without {step}")
                    } else {
                        let names: Vec<&str> = names.into_iter().map(short).collect();
                        let names = names.join(", ");
                        format!("{path}: the document describes no {step} in {walked}, but {names}")
                    };
                    return Err(Cause::new("UNKNOWN_FIELD", text));
                }
            }
            walked = step;
        }
        Ok(())
    }

    /// The names that are described where one is not, those that look like it first.
    fn names(&mut self, place: &[&'a serde_json::Value], step: &str) -> Vec<&'a str> {
        let mut names: Vec<&str> = self.reader.members(place).into_keys().collect();
        names.retain(|name| *name != ANY);
        names.sort_by_cached_key(|name| Reverse(likeness(name, step)));
        names.truncate(TOLD);
        names
    }
}

/// How much a name looks like another: the same but for the way it is written, or with so many letters alike at its
/// beginning or end.
fn likeness(name: &str, other: &str) -> (bool, usize) {
    let bare = |name: &str| {
        let letters = name.chars().filter(|c| c.is_alphanumeric());
        letters.flat_map(char::to_lowercase).collect::<Vec<char>>()
    };
    let (name, other) = (bare(name), bare(other));
    let alike = |(one, other): &(&char, &char)| one == other;
    let begin = name.iter().zip(&other).take_while(alike).count();
    let end = name.iter().rev().zip(other.iter().rev());
    (name == other, begin.max(end.take_while(alike).count()))
}
