//! What is sought, and whether what came is it.

use domain::certificate::{CertificateRecord, CertificateState, Key};
use domain::item::ItemKey;
use domain::name::CertificateTypeName;

use super::asking::Came;
use crate::connections::ProviderFault;

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
    NoMatch,
    Ambiguous,
    Pending(u32),
    NotInForce(CertificateState),
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
            Came::Pending(seconds) => return Ok(Sole::Pending(seconds)),
            Came::NotInForce(state) => return Ok(Sole::NotInForce(state)),
        };
        let Some(mut record) = records.pop() else {
            return Ok(Sole::NoMatch);
        };
        if !records.is_empty() {
            return Ok(Sole::Ambiguous);
        }
        self.must_be(&record)?;
        record.items = record.seen_by(self.key);
        Ok(Sole::One(Box::new(record)))
    }
}
