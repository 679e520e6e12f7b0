//! How a certificate is sought, and on what seeking it rests.

use domain::basis::{Basis, HolderAuthorisation};
use domain::certificate::Key;
use ledger::entry::Fact;

use crate::gateway::Gateway;

/// How a certificate is sought, and on what seeking it rests.
#[derive(Clone, Debug)]
pub enum Grounds {
    /// By its key, as the consumer's duty.
    Duty(Key),
    /// By its key, as its holder authorised.
    Authorised(Key, HolderAuthorisation),
}

/// The grounds of one use, with nothing left to find out.
#[derive(Debug)]
pub(crate) struct Standing {
    pub(crate) key: Key,
    pub(crate) basis: Basis,
}

impl Gateway {
    pub(crate) fn stand(&self, grounds: &Grounds) -> Standing {
        match grounds {
            Grounds::Duty(key) => Standing {
                key: key.clone(),
                basis: Basis::Duty,
            },
            Grounds::Authorised(key, authorisation) => Standing {
                key: key.clone(),
                basis: Basis::Authorisation(authorisation.kept(&self.keys.pseudonyms)),
            },
        }
    }

    /// What the intent says of them. The text of the duty is the grant's, which it says anyway.
    pub(crate) fn grounds_told(&self, standing: &Standing) -> Vec<(&'static str, Fact)> {
        let mut facts = vec![
            ("subject", self.key_digest(&standing.key).into()),
            ("basis", standing.basis.kind().as_str().into()),
        ];
        if let Basis::Authorisation(given) = &standing.basis {
            facts.push(("authorisation", given.digest().into()));
            let day = given.granted_on();
            facts.extend(day.map(|day| ("authorised_on", day.to_string().into())));
        }
        facts
    }
}
