//! Lookup: one certificate request, from command to release.

mod asking;
mod batch;
mod chosen;
mod grid;
mod grounds;
mod seen;
mod sought;

use std::sync::Arc;

use domain::certificate::{CertificateState, Key};
use domain::correction::Dispute;
use domain::item::{ItemKey, ItemValue};
use domain::name::{CertificateTypeName, RequestId};
use domain::policy::{Ask, Permit};
use jiff::Timestamp;
use ledger::entry::Fact;
use tokio::time::Instant;

use crate::budgets::Paid;
use crate::cache::{Kept, Place, Tag};
use crate::connections::ProviderFault;
use crate::exchange::{Receipt, Use};
use crate::failure::Failure;
use crate::gateway::Gateway;
use crate::library::Signed;
use crate::step::Step;

pub(crate) use asking::{Answer, Came, Proof, ticket, unresolved};
use chosen::Chosen;
pub(crate) use grid::on_the_grid;
pub use grounds::Grounds;
pub(crate) use grounds::Standing;
pub use sought::Without;
pub(crate) use sought::{Sole, Sought};

/// What a system asks to look up.
#[derive(Clone, Debug)]
pub struct Lookup {
    /// The certificate type.
    pub certificate_type: CertificateTypeName,
    /// How it is found, and on what that rests.
    pub grounds: Grounds,
    /// The items; none named means all that is granted.
    pub items: Vec<ItemKey>,
    /// Set where it is to meet a need of a matter: the request id of the whole. Only a certificate in
    /// force is released then.
    pub part_of: Option<RequestId>,
    /// How old an answer may be, in seconds: 0 for one that the issuer is asked for now, none for
    /// whatever the issuer allows.
    pub max_age_s: Option<u32>,
}

/// How a lookup ended. Only the first carries anything out.
#[derive(Clone, Debug)]
pub enum Found {
    /// Exactly one.
    One(Box<FoundCertificate>),
    /// None, and why.
    Without(Without),
}

/// The one certificate, cut to the grant.
#[derive(Clone)]
pub struct FoundCertificate {
    /// Its type.
    pub certificate_type: CertificateTypeName,
    /// Its identifier.
    pub identifier: String,
    /// Its state today.
    pub state: CertificateState,
    /// The released items.
    pub items: Vec<ItemValue>,
    /// By what its issuer's answer was signed, where issuers sign.
    pub signed: Option<Signed>,
    /// When its issuer answered.
    pub as_of: Timestamp,
    /// The issuer was not asked for this lookup.
    pub from_cache: bool,
    /// The open corrections of it.
    pub disputes: Vec<Arc<Dispute>>,
}

/// An identifier can hold an identity number.
impl std::fmt::Debug for FoundCertificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FoundCertificate({}, …)", self.certificate_type)
    }
}

/// A permitted lookup for which its issuer is asked.
struct Asked<'a> {
    lookup: &'a Lookup,
    key: &'a Key,
    scope: Vec<(&'static str, Fact)>,
    /// Where the answer may be kept.
    place: Option<Place>,
    paid: Paid,
}

impl Gateway {
    /// Looks one certificate up under a grant.
    ///
    /// # Errors
    /// A refusal by policy, the provider's fault, or a ledger that cannot record. In each case
    /// nothing was released.
    pub async fn lookup(&self, used: &Use, lookup: &Lookup) -> Result<(Found, Receipt), Failure> {
        let kind = &lookup.certificate_type;
        let mut standing = self.stand(used, kind, &lookup.grounds).await?;
        let ask = Ask {
            items: lookup.items.clone(),
            ..self.certificate_ask(used, kind, standing.basis.clone())?
        };
        let permit = self.permit(used, &ask).await?;
        let paid = self.pay_for(used, kind, &mut standing).await?;
        let place = self.cache_place(&permit, kind, &standing.key, permit.items());
        let mut scope = self.grounds_told(&standing);
        if let Some(whole) = &lookup.part_of {
            scope.push(("part_of", whole.as_str().into()));
        }
        let kept = place
            .as_ref()
            .and_then(|place| self.cached(place, lookup.max_age_s));
        if let Some(kept) = kept {
            let kept = Kept::clone(&kept);
            return self.found_again(used, &permit, lookup, scope, kept).await;
        }
        let asked = Asked {
            lookup,
            key: &standing.key,
            scope,
            place,
            paid,
        };
        // Boxed: a hit need not carry the room that asking takes.
        Box::pin(self.found_now(used, &permit, asked)).await
    }

    /// Asks the issuer, between the intent and the outcome.
    async fn found_now(
        &self,
        used: &Use,
        permit: &Permit,
        asked: Asked<'_>,
    ) -> Result<(Found, Receipt), Failure> {
        let Asked {
            lookup,
            key,
            scope,
            place,
            paid,
        } = asked;
        let intent = self.intend(used, permit, scope).await?;
        let sought = Sought {
            certificate_type: &lookup.certificate_type,
            key,
            items: permit.items(),
        };
        let begun = Instant::now();
        let answer = self.ask(used, self.find(permit, &intent, &sought)).await;
        let answered = Instant::now();
        self.step(Step::Answered).await;
        let chosen = answer.and_then(|answer| self.choose(permit, lookup, &sought, answer));
        let (chosen, tags, proof) = match chosen {
            Ok(chosen) => chosen,
            Err(fault) => return Err(self.fail(used, permit, &intent, fault).await),
        };
        self.step(Step::Released).await;
        let ending = self.ending(&chosen).proven(&proof);
        if matches!(&chosen, Chosen::Without(without) if without.is_miss()) {
            paid.missed();
            on_the_grid(begun, used.deadline).await;
        }
        let receipt = self.conclude(used, permit, &intent, ending).await?;
        self.keep(lookup, place.as_ref(), &chosen, answered, tags);
        Ok((chosen.into_found(lookup, false), receipt))
    }

    /// Answers with what is kept: cut and recorded as if the issuer had said it now.
    async fn found_again(
        &self,
        used: &Use,
        permit: &Permit,
        lookup: &Lookup,
        scope: Vec<(&'static str, Fact)>,
        kept: Kept,
    ) -> Result<(Found, Receipt), Failure> {
        let as_of = kept.as_of;
        let proof = Proof {
            signed: kept.signed.clone(),
            ..Proof::default()
        };
        let chosen = self.cut(permit, lookup, kept)?;
        self.step(Step::Released).await;
        let ending = self.ending(&chosen).proven(&proof);
        let receipt = self.serve(used, permit, scope, ending, as_of).await?;
        Ok((chosen.into_found(lookup, true), receipt))
    }

    /// Takes the one match and cuts it; with it come the marks of the certificate and its holders.
    fn choose(
        &self,
        permit: &Permit,
        lookup: &Lookup,
        sought: &Sought<'_>,
        answer: Answer,
    ) -> Result<(Chosen, Vec<Tag>, Proof), ProviderFault> {
        let proof = answer.proof;
        let sole = sought.sole(answer.came)?;
        let record = match sole {
            Sole::One(record) => *record,
            Sole::Without(without) => return Ok((Chosen::Without(without), Vec::new(), proof)),
        };
        self.look_at(permit, sought, &record);
        let seen = Kept {
            identifier: record.identifier.as_str().to_owned(),
            state: record.state,
            expires: record.expires,
            items: record.items,
            as_of: self.now(),
            signed: proof.signed.clone(),
        };
        let holders = record.holders.into_iter().map(Key::Holder);
        let marks = holders.chain([Key::Identifier(record.identifier)]);
        let tag = |key: Key| self.tag(&lookup.certificate_type, &key);
        let tags = match permit.resource().cache_seconds {
            0 => Vec::new(),
            _ => marks.map(tag).collect(),
        };
        Ok((self.cut(permit, lookup, seen)?, tags, proof))
    }

    /// Keeps what was released, where its issuer allows it.
    fn keep(
        &self,
        lookup: &Lookup,
        place: Option<&Place>,
        chosen: &Chosen,
        answered: Instant,
        tags: Vec<Tag>,
    ) {
        if let (Some(place), Chosen::One(cut)) = (place, chosen) {
            let kind = &lookup.certificate_type;
            self.cache.keep(kind, place, answered, cut.kept(), tags);
        }
    }

    pub(crate) fn key_digest(&self, key: &Key) -> String {
        match key {
            Key::Holder(subject) => self.keys.pseudonyms.subject(subject),
            Key::Identifier(id) => self.keys.pseudonyms.text("certificate", id.as_str()),
            Key::NetworkIdentity(code) => {
                self.keys.pseudonyms.text("network_identity", code.expose())
            }
        }
    }
}
