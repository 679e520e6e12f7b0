//! An entry before it has its place.

use jiff::Timestamp;

use super::{Entry, EntryError, Fact, Facts, GrantUse, Kind};
use crate::receipt::IntentReceipt;

/// What is to be recorded, still without index, time and sequence number.
///
/// A draft is a plain value: nothing is durable and nothing is promised. It becomes an entry by
/// [`Draft::place`], inside the transaction that records it.
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
    pub fn with_fact(mut self, key: impl Into<String>, value: impl Into<Fact>) -> Self {
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
    /// The caller of [`Draft::place`] MUST give the next number of exactly this grant name, and
    /// MUST draw it in the transaction that records the entry, so that no number is skipped.
    #[must_use]
    pub fn takes_sequence_of(&self) -> Option<&str> {
        match self.kind {
            Kind::Intent => self.grant.as_ref().map(|grant| grant.name.as_str()),
            Kind::Change { .. } | Kind::Outcome { .. } => None,
        }
    }

    /// Whether this draft can become an entry at all, so that a caller learns it before it opens a
    /// transaction. Only what depends on the place itself is left to [`Draft::place`].
    ///
    /// # Errors
    /// The first rule of [`Entry`] that is broken.
    pub fn check(&self) -> Result<(), EntryError> {
        // The widest place there is, so that a draft that passes also fits into any other.
        let sequence = self.takes_sequence_of().map(|_| super::limits::NUMBER);
        let widest = Timestamp::MIN;
        self.clone()
            .place(super::limits::NUMBER, widest, sequence)
            .map(drop)
    }

    /// Gives the draft its place.
    ///
    /// `time` is cut to whole microseconds. `sequence` MUST be given exactly when
    /// [`Draft::takes_sequence_of`] names a grant. The entry is not recorded by this: it becomes so
    /// when the caller has committed [`Entry::encode`] under `index`.
    ///
    /// # Errors
    /// The first rule of [`Entry`] that is broken; the number of such rules is small.
    pub fn place(
        self,
        index: u64,
        time: Timestamp,
        sequence: Option<u64>,
    ) -> Result<Entry, EntryError> {
        if sequence.is_some() != self.takes_sequence_of().is_some() {
            return Err(EntryError::Sequence);
        }
        let grant = match self.grant {
            None => None,
            Some(DraftGrant {
                name,
                version,
                sequence: known,
            }) => {
                // Neither known nor given: a grant put on a change or on an outcome by hand.
                let sequence = known.or(sequence).ok_or(EntryError::GrantOnWrongKind)?;
                Some(GrantUse {
                    name,
                    version,
                    sequence,
                })
            }
        };
        let time =
            Timestamp::from_microsecond(time.as_microsecond()).map_err(|_| EntryError::Time)?;
        let entry = Entry {
            index,
            time,
            kind: self.kind,
            request_id: self.request_id,
            grant,
            facts: self.facts,
        };
        entry.checked()
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
