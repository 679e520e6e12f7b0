//! The evidence of a matter: every need at once, the alternatives of a need one after the other.
//!
//! Each attempt is a lookup of its own, with its own permit, intent and outcome, under a request id that
//! is derived from that of the whole ([ADR 14](../../../docs/adr/0014-needs-of-a-matter.md)).

mod listed;

use domain::certificate::Key;
use domain::matter::Matter;
use domain::name::{CertificateTypeName, HolderRole};
use domain::need::{Alternative, AttemptResult, NeedState, PlannedNeed, Wish, plan};
use domain::reason::Reason;
use futures_util::future::join_all;

use crate::exchange::{Receipt, Use};
use crate::failure::Failure;
use crate::gateway::Gateway;
use crate::lookup::{Found, FoundCertificate, Grounds, Lookup, Without};

pub use listed::{ListedAlternative, ListedNeed, ListedNeeds};

/// What came of one need.
#[derive(Clone, Debug)]
pub struct NeedAnswer {
    /// Whose certificate is needed.
    pub role: HolderRole,
    /// Whether it is met.
    pub state: NeedState,
    /// What was tried, the preferred first. Of all but the last it is known that they do not serve.
    pub attempts: Vec<Attempt>,
}

/// What came of asking for one certificate type.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The certificate type.
    pub certificate_type: CertificateTypeName,
    /// What came.
    pub came: AttemptAnswer,
}

/// The answer to one attempt. All but the last two are recorded, with their receipts.
#[derive(Clone, Debug)]
pub enum AttemptAnswer {
    /// Exactly one certificate, in force.
    Found(Box<FoundCertificate>, Receipt),
    /// None, and why. Of one that is not in force nothing is released.
    Without(Without, Receipt),
    /// Refused by a rule, or failed.
    Not(Box<Failure>),
    /// No issuer shares this type; nobody was asked.
    Uncovered,
}

impl AttemptAnswer {
    /// How it ended.
    #[must_use]
    pub fn result(&self) -> AttemptResult {
        match self {
            Self::Found(..) => AttemptResult::Found,
            Self::Without(without, _) => match without {
                Without::NotInForce(state) => AttemptResult::NotInForce(*state),
                Without::NoMatch => AttemptResult::NoMatch,
                Without::Ambiguous => AttemptResult::Ambiguous,
                Without::Pending(_) => AttemptResult::Pending,
            },
            Self::Not(failure) if failure.rule.is_some() => AttemptResult::Refused,
            Self::Not(failure) if failure.reason == Reason::RequestIdReused => {
                AttemptResult::AnsweredBefore
            }
            Self::Not(_) => AttemptResult::Failed,
            Self::Uncovered => AttemptResult::Uncovered,
        }
    }
}

impl Gateway {
    /// Asks for everything that the matter of a use needs.
    ///
    /// # Errors
    /// An unknown matter, all faults of the wish, or a caller that is no system. What a single attempt
    /// runs into stands in the answer: the other needs are answered all the same.
    pub async fn lookup_for_matter(
        &self,
        used: &Use,
        wish: &Wish,
    ) -> Result<Vec<NeedAnswer>, Failure> {
        used.caller.system()?;
        let snapshot = self.snapshot();
        let name = &used.purpose.matter;
        let matter: &Matter = snapshot
            .matter(name)
            .ok_or_else(|| Failure::not_found(name.as_str()))?;
        let needs = plan(&snapshot, matter, wish)?;
        Ok(join_all(needs.into_iter().map(|need| self.meet(used, wish, need))).await)
    }

    /// Tries the alternatives in their order, until one is found or none may be tried any more.
    async fn meet(&self, used: &Use, wish: &Wish, need: PlannedNeed) -> NeedAnswer {
        let key = Key::Holder(need.holder);
        let grounds = match need.authorisation {
            Some(authorisation) => Grounds::Authorised(key, authorisation),
            None => Grounds::Duty(key),
        };
        let mut attempts = Vec::with_capacity(1);
        let mut results = Vec::with_capacity(1);
        for alternative in need.alternatives {
            let certificate_type = alternative.certificate_type.clone();
            // Boxed: with many needs at once, a lookup's room is taken while it runs only.
            let came = Box::pin(self.attempt(used, wish, &need.role, &grounds, alternative)).await;
            let result = came.result();
            attempts.push(Attempt {
                certificate_type,
                came,
            });
            results.push(result);
            if !result.goes_on() {
                break;
            }
        }
        NeedAnswer {
            role: need.role,
            state: NeedState::after(&results),
            attempts,
        }
    }

    async fn attempt(
        &self,
        used: &Use,
        wish: &Wish,
        role: &HolderRole,
        grounds: &Grounds,
        alternative: Alternative,
    ) -> AttemptAnswer {
        if !alternative.covered {
            return AttemptAnswer::Uncovered;
        }
        let kind = &alternative.certificate_type;
        let part = Use {
            request_id: used.request_id.part(&[role.as_str(), kind.as_str()]),
            ..used.clone()
        };
        let lookup = Lookup {
            certificate_type: kind.clone(),
            grounds: grounds.clone(),
            items: alternative.items,
            part_of: Some(used.request_id.clone()),
            max_age_s: wish.max_age_s,
        };
        match self.lookup(&part, &lookup).await {
            Ok((Found::One(certificate), receipt)) => AttemptAnswer::Found(certificate, receipt),
            Ok((Found::Without(without), receipt)) => AttemptAnswer::Without(without, receipt),
            Err(failure) => AttemptAnswer::Not(Box::new(failure)),
        }
    }
}
