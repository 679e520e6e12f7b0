//! An entry before it has its place.

use std::borrow::Cow;

use jiff::Timestamp;

use super::{Entry, EntryError, Fact, Facts, GrantUse, Kind, codec, limits};
use crate::receipt::IntentReceipt;

/// What is to be recorded, still without index, time and sequence number.
///
/// A draft is a plain value: nothing is durable and nothing is promised. It becomes an entry by
/// [`Sealed::place`], inside the transaction that records it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    kind: Kind,
    request_id: String,
    grant: Option<DraftGrant>,
    facts: Facts,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct DraftGrant {
    name: String,
    version: u32,
    /// Known in advance for an outcome only: it repeats the number of its intent.
    sequence: Option<u64>,
}

impl Draft {
    /// A change of state. Its event is a dotted name such as `grant.approved`.
    #[must_use]
    pub fn change(event: impl Into<String>, request_id: impl Into<String>) -> Self {
        Self::new(
            Kind::Change {
                event: event.into(),
            },
            request_id.into(),
        )
    }

    /// An intent: what is about to be asked, recorded before it is asked.
    #[must_use]
    pub fn intent(request_id: impl Into<String>) -> Self {
        Self::new(Kind::Intent, request_id.into())
    }

    /// The outcome of a recorded intent.
    ///
    /// Request id, grant and sequence number are taken over from the intent, so that they cannot
    /// differ from it.
    #[must_use]
    pub fn outcome(intent: &IntentReceipt) -> Self {
        let grant = intent.grant().map(|grant| DraftGrant {
            name: grant.name.clone(),
            version: grant.version,
            sequence: Some(grant.sequence),
        });
        let kind = Kind::Outcome {
            intent: intent.index(),
        };
        Self {
            grant,
            ..Self::new(kind, intent.request_id().to_owned())
        }
    }

    /// Binds an intent to the grant version it uses. On a change or an outcome, [`Draft::place`]
    /// and [`Draft::check`] refuse it.
    #[must_use]
    pub fn with_grant(mut self, name: impl Into<String>, version: u32) -> Self {
        self.grant = Some(DraftGrant {
            name: name.into(),
            version,
            sequence: None,
        });
        self
    }

    /// States one fact; a second one under the same key takes the place of the first.
    #[must_use]
    pub fn with_fact(mut self, key: impl Into<Cow<'static, str>>, value: impl Into<Fact>) -> Self {
        self.facts.insert(key.into(), value.into());
        self
    }

    /// What kind of entry this will be.
    #[must_use]
    pub fn kind(&self) -> &Kind {
        &self.kind
    }

    /// The request this belongs to.
    #[must_use]
    pub fn request_id(&self) -> &str {
        &self.request_id
    }

    /// The grant whose next sequence number this draft takes: that of a granted intent.
    ///
    /// The caller of [`Sealed::place`] MUST give the next number of exactly this grant name, and
    /// MUST draw it in the transaction that records the entry, so that no number is skipped.
    #[must_use]
    pub fn takes_sequence_of(&self) -> Option<&str> {
        match self.kind {
            Kind::Intent => self.grant.as_ref().map(|grant| grant.name.as_str()),
            Kind::Change { .. } | Kind::Outcome { .. } => None,
        }
    }

    /// What it states.
    #[must_use]
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// Whether this draft can become an entry at all. Only what depends on the place itself is left
    /// to [`Sealed::place`].
    ///
    /// # Errors
    /// The first rule of [`Entry`] that is broken.
    pub fn check(&self) -> Result<(), EntryError> {
        self.encoded_facts().map(drop)
    }

    /// Checks the draft and encodes what it states, so that a caller learns of a fault before it
    /// opens a transaction, and the transaction has little left to do.
    ///
    /// # Errors
    /// As [`Draft::check`].
    pub fn seal(self) -> Result<Sealed, EntryError> {
        let facts = self.encoded_facts()?;
        Ok(Sealed { draft: self, facts })
    }

    /// Gives the draft its place; see [`Sealed::place`].
    ///
    /// # Errors
    /// The first rule of [`Entry`] that is broken; the number of such rules is small.
    pub fn place(
        self,
        index: u64,
        time: Timestamp,
        sequence: Option<u64>,
    ) -> Result<Entry, EntryError> {
        self.seal()?
            .place(index, time, sequence, &mut String::new())
    }

    fn encoded_facts(&self) -> Result<String, EntryError> {
        let grant = self.grant.as_ref();
        let named = grant.map(|grant| (grant.name.as_str(), grant.version));
        super::check_statement(&self.kind, &self.request_id, named, &self.facts)?;
        // A grant put on an outcome by hand: only the intent's own brings its number along.
        if matches!(self.kind, Kind::Outcome { .. })
            && grant.is_some_and(|grant| grant.sequence.is_none())
        {
            return Err(EntryError::GrantOnWrongKind);
        }
        let mut facts = String::with_capacity(1024);
        self.facts.push_json(&mut facts);
        if facts.len().saturating_add(HEAD_BYTES) > limits::ENTRY_BYTES {
            self.check_length(facts.len())?;
        }
        Ok(facts)
    }

    /// Counts exactly, with the widest place there is, so that what fits there fits anywhere.
    fn check_length(&self, facts: usize) -> Result<(), EntryError> {
        let kind = match &self.kind {
            Kind::Change { .. } | Kind::Intent => self.kind.clone(),
            Kind::Outcome { .. } => Kind::Outcome {
                intent: limits::NUMBER,
            },
        };
        let widest = Entry {
            index: limits::NUMBER,
            time: Timestamp::MIN,
            kind,
            request_id: self.request_id.clone(),
            grant: self.grant.as_ref().map(|grant| GrantUse {
                name: grant.name.clone(),
                version: grant.version,
                sequence: limits::NUMBER,
            }),
            facts: Facts::default(),
        };
        let mut text = String::new();
        codec::push_head(&mut text, &widest);
        codec::push_end(&mut text);
        let length = text.len().saturating_add(facts);
        if length > limits::ENTRY_BYTES {
            return Err(EntryError::TooLong(length));
        }
        Ok(())
    }

    fn new(kind: Kind, request_id: String) -> Self {
        Self {
            kind,
            request_id,
            grant: None,
            facts: Facts::default(),
        }
    }
}

impl Entry {
    /// The statement without its place, to be recorded at another one: a place that was not committed
    /// is no evidence of anything.
    ///
    /// # Errors
    /// None that its first sealing did not have.
    pub fn displaced(self) -> Result<Sealed, EntryError> {
        let outcome = matches!(self.kind, Kind::Outcome { .. });
        let draft = Draft {
            kind: self.kind,
            request_id: self.request_id,
            grant: self.grant.map(|grant| DraftGrant {
                name: grant.name,
                version: grant.version,
                sequence: outcome.then_some(grant.sequence),
            }),
            facts: self.facts,
        };
        draft.seal()
    }
}

/// More than stands around the facts of any entry: its two longest names, each character escaped,
/// and the rest of the head.
const HEAD_BYTES: usize = 2048;

/// A draft that was checked and whose facts are encoded: it becomes an entry by getting a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    draft: Draft,
    facts: String,
}

impl Sealed {
    /// What was sealed.
    #[must_use]
    pub fn draft(&self) -> &Draft {
        &self.draft
    }

    /// Gives the draft its place and appends the canonical bytes of the entry to `out`.
    ///
    /// `time` is cut to whole microseconds. `sequence` MUST be given exactly when
    /// [`Draft::takes_sequence_of`] names a grant. The entry is not recorded by this: it becomes so
    /// when the caller has committed these bytes under `index`.
    ///
    /// # Errors
    /// The first rule of [`Entry`] that the place breaks; nothing is appended then.
    pub fn place(
        self,
        index: u64,
        time: Timestamp,
        sequence: Option<u64>,
        out: &mut String,
    ) -> Result<Entry, EntryError> {
        if sequence.is_some() != self.draft.takes_sequence_of().is_some() {
            return Err(EntryError::Sequence);
        }
        let Draft {
            kind,
            request_id,
            grant,
            facts,
        } = self.draft;
        let grant = grant
            .map(|grant| {
                let sequence = grant.sequence.or(sequence).ok_or(EntryError::Sequence)?;
                Ok(GrantUse {
                    name: grant.name,
                    version: grant.version,
                    sequence,
                })
            })
            .transpose()?;
        let time =
            Timestamp::from_microsecond(time.as_microsecond()).map_err(|_| EntryError::Time)?;
        let entry = Entry {
            index,
            time,
            kind,
            request_id,
            grant,
            facts,
        }
        .placed()?;
        codec::push_head(out, &entry);
        out.push_str(&self.facts);
        codec::push_end(out);
        Ok(entry)
    }
}
