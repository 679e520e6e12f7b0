//! What is sought, and whether what came is it.

use domain::certificate::{CertificateRecord, CertificateState, Key};
use domain::item::ItemKey;
use domain::name::CertificateTypeName;

use super::asking::Came;
use crate::connections::ProviderFault;
use crate::exchange::Ending;

/// Which certificate is sought, and which of its items.
#[derive(Clone, Copy)]
pub(crate) struct Sought<'a> {
    pub(crate) certificate_type: &'a CertificateTypeName,
    pub(crate) key: &'a Key,
    pub(crate) items: &'a [ItemKey],
}

/// What a provider's records come to.
pub(crate) enum Sole {
    One(Box<CertificateRecord>),
    Without(Without),
}

/// Why a question for one certificate ends without it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Without {
    /// There is none.
    NoMatch,
    /// There are several; none is guessed.
    Ambiguous,
    /// There is one that is not in force, which does not serve or of which its issuer tells no more.
    NotInForce(CertificateState),
    /// The issuer is still at work on it; ask again after so many seconds.
    Pending(u32),
}

impl Without {
    /// Whoever guesses hears this most often: it counts, and comes at moments that tell nothing.
    pub(crate) fn is_miss(self) -> bool {
        matches!(self, Self::NoMatch | Self::Ambiguous)
    }

    /// What the outcome says of it.
    pub(crate) fn ending(self) -> Ending {
        match self {
            Self::NoMatch => Ending::bare("no_match"),
            Self::Ambiguous => Ending::bare("ambiguous"),
            Self::Pending(_) => Ending::pending(),
            Self::NotInForce(state) => Ending {
                facts: vec![("state", state.as_str().into())],
                ..Ending::bare("not_in_force")
            },
        }
    }
}

impl Sought<'_> {
    /// Checks that a record is of what was asked for.
    pub(crate) fn must_be(&self, record: &CertificateRecord) -> Result<(), ProviderFault> {
        let asked_for = match self.key {
            Key::Holder(holder) => record.holders.contains(holder),
            Key::Identifier(id) => record.identifier == *id,
            // Whom the code stands for is known where it was resolved, and was checked there.
            Key::NetworkIdentity(_) => true,
        };
        if asked_for && record.certificate_type == *self.certificate_type {
            return Ok(());
        }
        Err(ProviderFault::bad_answer(
            "the certificate is not the one that was asked for",
        ))
    }

    /// Takes the one match and checks that it is what was asked for.
    pub(crate) fn sole(&self, came: Came) -> Result<Sole, ProviderFault> {
        let mut records = match came {
            Came::Records(records) => records,
            Came::Pending(seconds) => return Ok(Sole::Without(Without::Pending(seconds))),
            Came::NotInForce(state) => return Ok(Sole::Without(Without::NotInForce(state))),
        };
        let Some(mut record) = records.pop() else {
            return Ok(Sole::Without(Without::NoMatch));
        };
        if !records.is_empty() {
            return Ok(Sole::Without(Without::Ambiguous));
        }
        self.must_be(&record)?;
        record.items = record.seen_by(self.key);
        Ok(Sole::One(Box::new(record)))
    }
}
