//! What a lookup comes to, before it is recorded and after.

use std::sync::Arc;

use domain::certificate::CertificateState;
use domain::correction::Dispute;
use domain::policy::{Permit, shaoyang_date};
use domain::release::{Release, release};

use super::{Found, FoundCertificate, Lookup, Without};
use crate::cache::Kept;
use crate::connections::ProviderFault;
use crate::corrections::marks;
use crate::exchange::Ending;
use crate::gateway::Gateway;

/// What was chosen, before its outcome is recorded.
pub(super) enum Chosen {
    One(Box<Cut>),
    Without(Without),
}

/// The one certificate, cut to the grant.
pub(super) struct Cut {
    /// What was seen of it; its items stand in the release.
    seen: Kept,
    state: CertificateState,
    release: Release,
    /// The open corrections of it, as of now.
    disputes: Vec<Arc<Dispute>>,
}

impl Cut {
    /// What may be kept of it: what was released, and nothing else.
    pub(super) fn kept(&self) -> Kept {
        Kept {
            items: self.release.clone().into_values(),
            ..self.seen.clone()
        }
    }
}

impl Gateway {
    /// Takes the state of today and cuts to the permit, whether the issuer was asked or not.
    pub(super) fn cut(
        &self,
        permit: &Permit,
        lookup: &Lookup,
        mut seen: Kept,
    ) -> Result<Chosen, ProviderFault> {
        let state = seen.state.on(shaoyang_date(self.now()), seen.expires);
        if lookup.part_of.is_some() && state != CertificateState::Valid {
            return Ok(Chosen::Without(Without::NotInForce(state)));
        }
        let items = std::mem::take(&mut seen.items);
        let release =
            release(permit, items).map_err(|bad| ProviderFault::bad_answer(bad.message))?;
        let disputes = self.disputes_of(&permit.resource().name, &seen.identifier);
        Ok(Chosen::One(Box::new(Cut {
            seen,
            state,
            release,
            disputes,
        })))
    }

    pub(super) fn ending(&self, chosen: &Chosen) -> Ending {
        match chosen {
            Chosen::Without(without) => without.ending(),
            Chosen::One(cut) => {
                let keys = &self.keys.pseudonyms;
                let items: Vec<_> = cut.release.keys().map(ToString::to_string).collect();
                let certificate = keys.text("certificate", &cut.seen.identifier);
                let mut facts = vec![
                    ("items", items.into()),
                    ("digest", cut.release.digest(keys).into()),
                    ("certificate", certificate.into()),
                ];
                facts.extend(marks::told(&cut.disputes));
                Ending {
                    facts,
                    ..Ending::bare("found")
                }
            }
        }
    }
}

impl Chosen {
    pub(super) fn into_found(self, lookup: &Lookup, from_cache: bool) -> Found {
        match self {
            Self::Without(without) => Found::Without(without),
            Self::One(cut) => Found::One(Box::new(FoundCertificate {
                certificate_type: lookup.certificate_type.clone(),
                identifier: cut.seen.identifier,
                state: cut.state,
                items: cut.release.into_values(),
                signed: cut.seen.signed,
                as_of: cut.seen.as_of,
                from_cache,
                disputes: cut.disputes,
            })),
        }
    }
}
