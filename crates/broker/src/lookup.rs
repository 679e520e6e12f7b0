//! Lookup: one certificate request, from command to release.

mod asking;
mod batch;
mod grid;
mod grounds;
mod sought;

use domain::certificate::{CertificateState, Key};
use domain::item::{ItemKey, ItemValue};
use domain::name::{CertificateTypeName, RequestId};
use domain::policy::{Ask, Permit, shaoyang_date};
use domain::release::{Release, release};
use tokio::time::Instant;

use crate::connections::ProviderFault;
use crate::exchange::{Ending, Receipt, Use};
use crate::failure::Failure;
use crate::gateway::Gateway;
use crate::library::Signed;
use crate::step::Step;

pub(crate) use asking::{Answer, Came, Proof, ticket, unresolved};
pub(crate) use grid::on_the_grid;
pub use grounds::Grounds;
pub(crate) use grounds::Standing;
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
}

/// How a lookup ended. Only the first carries anything out.
#[derive(Clone, Debug)]
pub enum Found {
    /// Exactly one.
    One(Box<FoundCertificate>),
    /// None.
    NoMatch,
    /// Several; none is guessed.
    Ambiguous,
    /// One that is not in force: it would not meet the need, or its issuer tells nothing more of it.
    NotInForce(CertificateState),
    /// The issuer is still at work on it; ask again after so many seconds.
    Pending(u32),
}

/// The one certificate, cut to the grant.
#[derive(Clone, Debug)]
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
        let mut scope = self.grounds_told(&standing);
        if let Some(whole) = &lookup.part_of {
            scope.push(("part_of", whole.as_str().into()));
        }
        let intent = self.intend(used, &permit, scope).await?;
        let sought = Sought {
            certificate_type: kind,
            key: &standing.key,
            items: permit.items(),
        };
        let begun = Instant::now();
        let answer = self.ask(used, self.find(&permit, &intent, &sought)).await;
        self.step(Step::Answered).await;
        let in_force = lookup.part_of.is_some();
        let chosen = answer.and_then(|answer| {
            let found = self.choose(&permit, &sought, in_force, answer.came)?;
            Ok((found, answer.proof))
        });
        let (found, proof) = match chosen {
            Ok(chosen) => chosen,
            Err(fault) => return Err(self.fail(used, &permit, &intent, fault).await),
        };
        self.step(Step::Released).await;
        let ending = self.ending(&found).proven(&proof);
        let receipt = self.conclude(used, &permit, &intent, ending).await?;
        if matches!(found, Chosen::NoMatch | Chosen::Ambiguous) {
            paid.missed();
            on_the_grid(begun, used.deadline).await;
        }
        Ok((found.into_found(proof.signed), receipt))
    }

    /// Takes the one match and cuts it.
    fn choose(
        &self,
        permit: &Permit,
        sought: &Sought<'_>,
        in_force: bool,
        came: Came,
    ) -> Result<Chosen, ProviderFault> {
        let record = match sought.sole(came)? {
            Sole::One(record) => *record,
            Sole::NoMatch => return Ok(Chosen::NoMatch),
            Sole::Ambiguous => return Ok(Chosen::Ambiguous),
            Sole::Pending(seconds) => return Ok(Chosen::Pending(seconds)),
            Sole::NotInForce(state) => return Ok(Chosen::NotInForce(state)),
        };
        let state = record.state.on(shaoyang_date(self.now()), record.expires);
        if in_force && state != CertificateState::Valid {
            return Ok(Chosen::NotInForce(state));
        }
        let identifier = record.identifier.as_str().to_owned();
        let release =
            release(permit, record.items).map_err(|bad| ProviderFault::bad_answer(bad.message))?;
        Ok(Chosen::One {
            certificate_type: record.certificate_type,
            identifier,
            state,
            release,
        })
    }

    fn ending(&self, chosen: &Chosen) -> Ending {
        match chosen {
            Chosen::NoMatch => Ending::bare("no_match"),
            Chosen::Ambiguous => Ending::bare("ambiguous"),
            Chosen::Pending(_) => Ending::pending(),
            Chosen::NotInForce(state) => Ending {
                facts: vec![("state", state.as_str().into())],
                ..Ending::bare("not_in_force")
            },
            Chosen::One {
                release,
                identifier,
                ..
            } => Ending {
                facts: vec![
                    (
                        "items",
                        release
                            .keys()
                            .map(ToString::to_string)
                            .collect::<Vec<_>>()
                            .into(),
                    ),
                    ("digest", release.digest(&self.keys.pseudonyms).into()),
                    (
                        "certificate",
                        self.keys.pseudonyms.text("certificate", identifier).into(),
                    ),
                ],
                ..Ending::bare("found")
            },
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

/// What was chosen, before its outcome is recorded.
enum Chosen {
    One {
        certificate_type: CertificateTypeName,
        identifier: String,
        state: CertificateState,
        release: Release,
    },
    NoMatch,
    Ambiguous,
    NotInForce(CertificateState),
    Pending(u32),
}

impl Chosen {
    fn into_found(self, signed: Option<Signed>) -> Found {
        match self {
            Self::NotInForce(state) => Found::NotInForce(state),
            Self::Pending(seconds) => Found::Pending(seconds),
            Self::NoMatch => Found::NoMatch,
            Self::Ambiguous => Found::Ambiguous,
            Self::One {
                certificate_type,
                identifier,
                state,
                release,
            } => Found::One(Box::new(FoundCertificate {
                certificate_type,
                identifier,
                state,
                items: release.into_values(),
                signed,
            })),
        }
    }
}
