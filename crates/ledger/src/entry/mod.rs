//! The entry: one record of the ledger, and the bytes that are its evidence.
//!
//! An entry holds no personal data. That is the duty of whoever states the facts: this module
//! knows texts and numbers only, and never looks into them.

mod codec;
mod draft;
mod facts;
#[cfg(test)]
mod tests;

use jiff::Timestamp;

pub use draft::{Draft, Sealed};
pub use facts::{Fact, Facts};

/// How large an entry and its parts may be. Lengths are in bytes of UTF-8.
pub mod limits {
    /// The whole encoded entry.
    pub const ENTRY_BYTES: usize = 64 * 1024;
    /// Facts in one entry.
    pub const FACTS: usize = 64;
    /// The key of a fact.
    pub const KEY_BYTES: usize = 64;
    /// One text of a fact.
    pub const TEXT_BYTES: usize = 8 * 1024;
    /// Texts in a list.
    pub const LIST_ITEMS: usize = 256;
    /// A request id, a grant name or an event.
    pub const NAME_BYTES: usize = 255;
    /// Any number: the largest that every JSON reader holds exactly (RFC 7493 §2.2).
    pub const NUMBER: u64 = (1 << 53) - 1;
}

/// One entry in its place.
///
/// Only [`Sealed::place`] and [`Entry::decode`] make one, and both hold it to the same rules: the
/// sizes of [`limits`]; request id and grant name printable ASCII without blanks; sequence numbers
/// and grant versions from 1; a grant on all but changes; an outcome after its intent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    index: u64,
    time: Timestamp,
    kind: Kind,
    request_id: String,
    grant: Option<GrantUse>,
    facts: Facts,
}

/// What an entry is evidence of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Something was changed: registered, approved, revoked, refused.
    Change {
        /// What happened, as a dotted name such as `grant.approved`.
        event: String,
    },
    /// Something is about to be asked for. Recorded before it is.
    Intent,
    /// What came of an intent. Recorded before anything of it is released.
    Outcome {
        /// The index of the intent.
        intent: u64,
    },
    /// Intent and outcome in one: an exchange that nobody else was asked for, answered out of what the
    /// gateway still holds of an earlier answer. Recorded before anything of it is released.
    Served,
}

/// One numbered use of a grant.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct GrantUse {
    /// The resource name of the grant.
    pub name: String,
    /// The immutable version that was in force.
    pub version: u32,
    /// The running number of the use: 1, 2, 3 … for each grant name, over all its versions.
    pub sequence: u64,
}

impl Entry {
    /// The place in the ledger, from 0.
    #[must_use]
    pub fn index(&self) -> u64 {
        self.index
    }

    /// When it was placed, in whole microseconds.
    #[must_use]
    pub fn time(&self) -> Timestamp {
        self.time
    }

    /// What it is evidence of.
    #[must_use]
    pub fn kind(&self) -> &Kind {
        &self.kind
    }

    /// The request it belongs to.
    #[must_use]
    pub fn request_id(&self) -> &str {
        &self.request_id
    }

    /// The use of a grant it belongs to; an outcome repeats that of its intent.
    #[must_use]
    pub fn grant(&self) -> Option<&GrantUse> {
        self.grant.as_ref()
    }

    /// What it states.
    #[must_use]
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// The canonical bytes: one line of JSON without its line end.
    ///
    /// These bytes are the evidence. A store MUST keep them as they are: leaf hashes are computed
    /// over them, never over a re-encoding.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        codec::encode(self).into_bytes()
    }

    /// Reads stored bytes. It never panics, and accepts nothing but what [`Entry::encode`] writes.
    ///
    /// # Errors
    /// When the bytes are not the canonical form of an entry, or break one of its rules.
    pub fn decode(bytes: &[u8]) -> Result<Self, EntryError> {
        codec::decode(bytes)
    }

    fn checked(self) -> Result<Self, EntryError> {
        let grant = self.grant.as_ref();
        check_statement(
            &self.kind,
            &self.request_id,
            grant.map(|grant| (grant.name.as_str(), grant.version)),
            &self.facts,
        )?;
        self.placed()
    }

    /// The rules on what only the place decides.
    fn placed(self) -> Result<Self, EntryError> {
        check_number("index", self.index)?;
        if matches!(self.kind, Kind::Outcome { intent } if intent >= self.index) {
            return Err(EntryError::OutcomeBeforeIntent);
        }
        if let Some(grant) = &self.grant {
            check_number("sequence", grant.sequence)?;
            if grant.sequence == 0 {
                return Err(EntryError::Number("grant version or sequence"));
            }
        }
        Ok(self)
    }
}

/// The rules on everything that stands before an entry has its place.
fn check_statement(
    kind: &Kind,
    request_id: &str,
    grant: Option<(&str, u32)>,
    facts: &Facts,
) -> Result<(), EntryError> {
    check_name("request id", request_id)?;
    if let Kind::Change { event } = kind {
        check_event(event)?;
        if grant.is_some() {
            return Err(EntryError::GrantOnWrongKind);
        }
    }
    if let Some((name, version)) = grant {
        check_name("grant name", name)?;
        if version == 0 {
            return Err(EntryError::Number("grant version or sequence"));
        }
    }
    facts.check()
}

/// Printable ASCII: such a name can be shown in any terminal and holds no separator of a line.
pub(crate) fn is_name(text: &str) -> bool {
    (1..=limits::NAME_BYTES).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
}

fn check_name(what: &'static str, text: &str) -> Result<(), EntryError> {
    if is_name(text) {
        Ok(())
    } else {
        Err(EntryError::Name(what))
    }
}

fn check_event(event: &str) -> Result<(), EntryError> {
    let fits = event
        .bytes()
        .all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.'));
    if fits {
        check_name("event", event)
    } else {
        Err(EntryError::Name("event"))
    }
}

fn check_number(what: &'static str, number: u64) -> Result<(), EntryError> {
    if number <= limits::NUMBER {
        Ok(())
    } else {
        Err(EntryError::Number(what))
    }
}

/// Why something is not an entry. No text of the entry is repeated in it, except fact keys.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// Longer than [`limits::ENTRY_BYTES`].
    #[error("the entry has {0} bytes, more than {max}", max = limits::ENTRY_BYTES)]
    TooLong(usize),
    /// Not what [`Entry::encode`] would write.
    #[error("the bytes are not the canonical form of an entry")]
    NotCanonical,
    /// A schema this version does not know.
    #[error("entry schema {0} is not known to this version")]
    Schema(u64),
    /// Not a time this ledger can hold.
    #[error("the time is not one that an entry can hold")]
    Time,
    /// A name that is empty, too long or not printable ASCII.
    #[error("the {0} must be 1 to {max} printable characters without blanks (events: a-z 0-9 _ .)",
        max = limits::NAME_BYTES)]
    Name(&'static str),
    /// A number out of range.
    #[error("the {0} is out of range")]
    Number(&'static str),
    /// More than [`limits::FACTS`].
    #[error("the entry states {0} facts, more than {max}", max = limits::FACTS)]
    TooManyFacts(usize),
    /// A key that is not `snake_case` or too long.
    #[error("the key of a fact must be snake_case and at most {max} bytes", max = limits::KEY_BYTES)]
    FactKey,
    /// A value that is too long or too large.
    #[error("the fact {0} is too long or too large")]
    FactValue(String),
    /// A sequence number was given where none belongs, or the other way round.
    #[error("exactly a granted intent takes a new sequence number")]
    Sequence,
    /// A grant on a change, or put by hand on an outcome.
    #[error(
        "only an intent or a served exchange may name a grant; an outcome repeats that of its intent"
    )]
    GrantOnWrongKind,
    /// An outcome that does not come after its intent.
    #[error("an outcome must come after its intent")]
    OutcomeBeforeIntent,
}
