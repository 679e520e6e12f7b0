//! Verification: claimed values are compared with one certificate; no value of it leaves.

use std::sync::Arc;

use domain::certificate::CertificateState;
use domain::correction::Dispute;
use domain::fault::{FaultCause as _, Faults};
use domain::item::ItemKey;
use domain::name::CertificateTypeName;
use domain::policy::{Ask, Permit, shaoyang_date};
use domain::resource::Resource;
use domain::verification::{Claimed, Verdict, verify};

use jiff::Timestamp;
use ledger::entry::Fact;

use crate::budgets::Paid;
use crate::cache::Kept;
use crate::connections::ProviderFault;
use crate::corrections::marks;
use crate::exchange::{Ending, Receipt, Use};
use crate::failure::Failure;
use crate::gateway::Gateway;
use crate::lookup::{Grounds, Sole, Sought, Without, on_the_grid};
use crate::step::Step;
use tokio::time::Instant;

/// What a system asks to verify.
#[derive(Clone, Debug)]
pub struct Verification {
    /// The certificate type.
    pub certificate_type: CertificateTypeName,
    /// How the certificate is found, and on what that rests.
    pub grounds: Grounds,
    /// The claimed values.
    pub claimed: Claimed,
    /// How old the issuer's answer may be, in seconds: 0 for one that it is asked for now, none for
    /// whatever it allows.
    pub max_age_s: Option<u32>,
}

/// How a verification ended.
#[derive(Clone, Debug)]
pub enum Verified {
    /// With exactly one certificate.
    One(VerifiedCertificate),
    /// Without one, and why.
    Without(Without),
}

/// What one certificate says to the claimed values.
#[derive(Clone, Debug)]
pub struct VerifiedCertificate {
    /// Its state today.
    pub state: CertificateState,
    /// A verdict on each claimed item, in the order of the request.
    pub verdicts: Vec<(ItemKey, Verdict)>,
    /// When its issuer answered.
    pub as_of: Timestamp,
    /// The issuer was not asked for this verification.
    pub from_cache: bool,
    /// The open corrections of it.
    pub disputes: Vec<Arc<Dispute>>,
    /// The keyed hash of its identifier, for the outcome.
    certificate: String,
}

impl VerifiedCertificate {
    fn differs(&self) -> bool {
        let mut verdicts = self.verdicts.iter();
        verdicts.any(|(_, verdict)| *verdict == Verdict::Differs)
    }
}

impl Gateway {
    /// Compares claimed values with one certificate under a grant.
    ///
    /// # Errors
    /// A refusal by policy, a claimed value of a wrong type, the provider's fault, or a ledger that
    /// cannot record. In each case nothing was told.
    pub async fn verify(
        &self,
        used: &Use,
        verification: &Verification,
    ) -> Result<(Verified, Receipt), Failure> {
        let keys = verification.claimed.keys();
        let kind = &verification.certificate_type;
        let mut standing = self.stand(used, kind, &verification.grounds).await?;
        let ask = Ask {
            compared: keys.clone(),
            ..self.certificate_ask(used, kind, standing.basis.clone())?
        };
        // Nothing of the record may leave, so the right to release is given up at once.
        let permit = self.permit(used, &ask).await?.comparing_only();
        check(&verification.claimed, permit.resource())?;
        let paid = self.pay_for(used, kind, &mut standing).await?;
        let names: Vec<String> = keys.iter().map(ToString::to_string).collect();
        let mut scope = self.grounds_told(&standing);
        scope.push(("purpose", "verify".into()));
        scope.push(("compared", names.into()));
        // What was released of exactly these items under this grant may be compared with as well.
        let place = self.cache_place(&permit, kind, &standing.key, &keys);
        let kept = place.and_then(|place| self.cached(&place, verification.max_age_s));
        if let Some(kept) = kept {
            let (verified, receipt) = self
                .verified_again(used, &permit, verification, scope, Kept::clone(&kept))
                .await?;
            settle(paid, &verified);
            return Ok((verified, receipt));
        }
        let intent = self.intend(used, &permit, scope).await?;
        let sought = Sought {
            certificate_type: kind,
            key: &standing.key,
            items: &keys,
        };
        let begun = Instant::now();
        let answer = self.ask(used, self.find(&permit, &intent, &sought)).await;
        self.step(Step::Answered).await;
        let judged = answer.and_then(|answer| {
            let sole = sought.sole(answer.came)?;
            let verified = self.judge(&permit, &verification.claimed, &sought, sole)?;
            Ok((verified, answer.proof))
        });
        let (verified, proof) = match judged {
            Ok(judged) => judged,
            Err(fault) => return Err(self.fail(used, &permit, &intent, fault).await),
        };
        self.step(Step::Released).await;
        let ending = ending(&verified).proven(&proof);
        settle(paid, &verified);
        if matches!(verified, Verified::Without(without) if without.is_miss()) {
            on_the_grid(begun, used.deadline).await;
        }
        let receipt = self.conclude(used, &permit, &intent, ending).await?;
        Ok((verified, receipt))
    }

    /// Compares with what is kept, and records it as if the issuer had answered now.
    async fn verified_again(
        &self,
        used: &Use,
        permit: &Permit,
        verification: &Verification,
        scope: Vec<(&'static str, Fact)>,
        kept: Kept,
    ) -> Result<(Verified, Receipt), Failure> {
        let as_of = kept.as_of;
        let compared = self.compare(permit, &verification.claimed, &kept, true)?;
        self.step(Step::Released).await;
        let verified = Verified::One(compared);
        let ending = ending(&verified);
        let receipt = self.serve(used, permit, scope, ending, as_of).await?;
        Ok((verified, receipt))
    }

    fn judge(
        &self,
        permit: &Permit,
        claimed: &Claimed,
        sought: &Sought<'_>,
        sole: Sole,
    ) -> Result<Verified, ProviderFault> {
        let record = match sole {
            Sole::One(record) => *record,
            Sole::Without(without) => return Ok(Verified::Without(without)),
        };
        self.look_at(permit, sought, &record);
        let seen = Kept {
            identifier: record.identifier.as_str().to_owned(),
            state: record.state,
            expires: record.expires,
            items: record.items,
            as_of: self.now(),
            signed: None,
        };
        self.compare(permit, claimed, &seen, false)
            .map(Verified::One)
    }

    fn compare(
        &self,
        permit: &Permit,
        claimed: &Claimed,
        seen: &Kept,
        from_cache: bool,
    ) -> Result<VerifiedCertificate, ProviderFault> {
        let verdicts = verify(permit, claimed, &seen.items)
            .map_err(|bad| ProviderFault::bad_answer(bad.message))?;
        let keys = &self.keys.pseudonyms;
        Ok(VerifiedCertificate {
            state: seen.state.on(shaoyang_date(self.now()), seen.expires),
            verdicts,
            as_of: seen.as_of,
            from_cache,
            disputes: self.disputes_of(&permit.resource().name, &seen.identifier),
            certificate: keys.text("certificate", &seen.identifier),
        })
    }
}

/// Counts a guess that failed: none, several, or a claimed value that differs.
fn settle(paid: Paid, verified: &Verified) {
    match verified {
        Verified::Without(without) if without.is_miss() => paid.missed(),
        Verified::One(certificate) if certificate.differs() => paid.missed(),
        Verified::One(_) | Verified::Without(_) => {}
    }
}

/// The types of the claimed values can be checked only when the resource is known, which the permit
/// says; nobody was asked yet.
fn check(claimed: &Claimed, resource: &Resource) -> Result<(), Failure> {
    let Err(causes) = claimed.check(resource) else {
        return Ok(());
    };
    let mut faults = Faults::default();
    for (place, cause) in causes {
        faults.add(
            &format!("claimed[{place}]"),
            cause.code(),
            cause.to_string(),
        );
    }
    Err(faults.into())
}

/// The outcome counts verdicts and has no digest, since no value leaves. So it does not prove that
/// the two systems exchanged data: "interconnected" is earned by data that went out, not by answers
/// of yes and no.
fn ending(verified: &Verified) -> Ending {
    match verified {
        Verified::Without(without) => without.ending(),
        Verified::One(certificate) => {
            let count = |wanted| {
                let same = certificate.verdicts.iter().filter(|(_, v)| *v == wanted);
                i64::try_from(same.count()).unwrap_or(i64::MAX)
            };
            let mut facts = vec![
                ("matches", count(Verdict::Matches).into()),
                ("differs", count(Verdict::Differs).into()),
                ("absent", count(Verdict::Absent).into()),
                ("certificate", certificate.certificate.clone().into()),
            ];
            facts.extend(marks::told(&certificate.disputes));
            Ending {
                facts,
                ..Ending::bare("verified")
            }
        }
    }
}
