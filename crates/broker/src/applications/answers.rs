//! The moves by name: what each checks beside the state machine.

use domain::application::{
    Application, ApplicationState, Move, Narrowing, RefusalGround, Side, Terms, Unusable,
};
use domain::clock::Clock;
use domain::fault::{Cause, Faults};
use domain::grant::Grant;
use domain::name::{ApplicationName, GrantName};
use domain::policy::shaoyang_date;
use domain::reason::Reason;
use domain::regime::Rule;
use domain::resource::{Resource, ShareType};
use jiff::Timestamp;
use jiff::civil::Date;
use store::Stored;

use super::faults::amended_faults;
use super::{filter_faults, must_fit, row_quota_faults, unusable};
use crate::failure::Failure;
use crate::gateway::{Act, Gateway};

/// What is offered in the place of what was asked for.
#[derive(Clone, Debug)]
pub struct OfferedTerms {
    /// The terms; what is left as it was asked for is copied from there.
    pub change: Narrowing,
    /// Why it is less.
    pub note: String,
}

impl Gateway {
    /// A second person of the applying department consents (Order 809 art. 20).
    ///
    /// # Errors
    /// A refusal, `NOT_FOUND`, `STATE_CONFLICT`, `SECOND_PERSON_NEEDED`, `ETAG_MISMATCH`.
    pub async fn sign_off_application(
        &self,
        act: &Act<'_>,
        name: &ApplicationName,
        etag: &str,
    ) -> Result<Stored<Application>, Failure> {
        self.make_plain(act, name, etag, Move::SignOff).await
    }

    /// Hands an application to the provider; the provider's clock starts.
    ///
    /// # Errors
    /// A refusal, `NOT_FOUND`, `STATE_CONFLICT`, `RESOURCE_STOPPED`.
    pub async fn submit_application(
        &self,
        act: &Act<'_>,
        name: &ApplicationName,
        etag: &str,
    ) -> Result<Stored<Application>, Failure> {
        self.change(act, async |tx, now| {
            let before = self.movable(tx, act, name, (Side::Consumer, etag)).await?;
            let resource = self.applied_for(&before.value)?;
            let mut faults = Faults::default();
            let amends = before.value.amends.as_ref();
            let (snapshot, today) = (self.snapshot(), shaoyang_date(now));
            let terms = &before.value.terms;
            let base = amended_faults(&snapshot, terms, amends, today, &mut faults);
            if faults.is_empty() && base != before.value.base {
                let message = "the grant has another version since this was written; read it, and write this anew";
                faults.add("application.amends", "GRANT_CHANGED", message);
            }
            if !faults.is_empty() {
                return Err(faults.into());
            }
            let step = Move::Submit(self.submission_clock(&before.value.terms, &resource, now)?);
            let row = self.write_move(tx, act, &before, step, now).await?;
            match (
                resource.metadata.auto_approve,
                &resource.share_type,
                resource.approvers(),
            ) {
                (true, ShareType::Unconditional, Some(people)) => {
                    let usable = must_serve(&row.value.terms, &resource, None, now);
                    // What is left open goes to the people of the provider.
                    if usable.is_err() {
                        return Ok(row);
                    }
                    let step = Move::AutoApprove(self.grant_for(&row.value)?, people);
                    self.write_move(tx, act, &row, step, now).await
                }
                _ => Ok(row),
            }
        })
        .await
    }

    /// The provider's clock, where what is asked for is there.
    fn submission_clock(
        &self,
        terms: &Terms,
        resource: &Resource,
        now: Timestamp,
    ) -> Result<Clock, Failure> {
        must_fit(terms, resource)?;
        match terms.must_be_usable(resource, shaoyang_date(now), None) {
            // The provider is told when it agrees.
            Ok(()) | Err(Unusable::EndsBefore(_)) => {}
            Err(why @ Unusable::Stopped(_)) => return Err(unusable(terms, why)),
        }
        let rule = match resource.share_type {
            ShareType::Unconditional => Rule::AnswerUnconditional,
            ShareType::Conditional { .. } => Rule::AnswerConditional,
            ShareType::NotShared { .. } => {
                let message = format!("{} is not shared; it cannot be applied for", resource.name);
                return Err(Failure::new(Reason::StateConflict, message));
            }
        };
        self.limit(rule, now)
    }

    /// Takes an application back, until it is answered.
    ///
    /// # Errors
    /// A refusal, `NOT_FOUND`, `STATE_CONFLICT`, `ETAG_MISMATCH`.
    pub async fn withdraw_application(
        &self,
        act: &Act<'_>,
        name: &ApplicationName,
        reason: String,
        etag: &str,
    ) -> Result<Stored<Application>, Failure> {
        self.make_plain(act, name, etag, Move::Withdraw(reason))
            .await
    }

    /// Says, once, everything that is missing; the provider's clock stands still (Order 809 art. 21).
    ///
    /// # Errors
    /// A refusal, `NOT_FOUND`, `STATE_CONFLICT`, `ETAG_MISMATCH`.
    pub async fn request_material(
        &self,
        act: &Act<'_>,
        name: &ApplicationName,
        missing: Vec<String>,
        etag: &str,
    ) -> Result<Stored<Application>, Failure> {
        let step = async |_: &Application, now| {
            let clock = self.limit(Rule::SupplyMaterial, now)?;
            Ok(Move::RequestMaterial(missing, clock))
        };
        self.make_move(act, name, etag, Side::Provider, step).await
    }

    /// Supplies what was missing; the provider's clock runs on.
    ///
    /// # Errors
    /// A refusal, `NOT_FOUND`, `STATE_CONFLICT`, `ETAG_MISMATCH`.
    pub async fn supply_material(
        &self,
        act: &Act<'_>,
        name: &ApplicationName,
        statement: String,
        etag: &str,
    ) -> Result<Stored<Application>, Failure> {
        self.make_plain(act, name, etag, Move::SupplyMaterial(statement))
            .await
    }

    /// Asks for a longer time for the answer.
    ///
    /// # Errors
    /// A refusal, `NOT_FOUND`, `STATE_CONFLICT`, `ETAG_MISMATCH`.
    pub async fn request_extension(
        &self,
        act: &Act<'_>,
        name: &ApplicationName,
        (days, reason): (u16, String),
        etag: &str,
    ) -> Result<Stored<Application>, Failure> {
        self.make_plain(act, name, etag, Move::RequestExtension(days, reason))
            .await
    }

    /// The competent department consents to a longer time.
    ///
    /// # Errors
    /// A refusal, `NOT_FOUND`, `STATE_CONFLICT`, `ETAG_MISMATCH`.
    pub async fn consent_extension(
        &self,
        act: &Act<'_>,
        name: &ApplicationName,
        etag: &str,
    ) -> Result<Stored<Application>, Failure> {
        self.make_plain(act, name, etag, Move::ConsentExtension)
            .await
    }

    /// The competent department does not consent to a longer time.
    ///
    /// # Errors
    /// A refusal, `NOT_FOUND`, `STATE_CONFLICT`, `ETAG_MISMATCH`.
    pub async fn decline_extension(
        &self,
        act: &Act<'_>,
        name: &ApplicationName,
        reason: String,
        etag: &str,
    ) -> Result<Stored<Application>, Failure> {
        self.make_plain(act, name, etag, Move::DeclineExtension(reason))
            .await
    }

    /// Tells the applicant of a longer time.
    ///
    /// # Errors
    /// A refusal, `NOT_FOUND`, `STATE_CONFLICT`, `ETAG_MISMATCH`.
    pub async fn notify_extension(
        &self,
        act: &Act<'_>,
        name: &ApplicationName,
        etag: &str,
    ) -> Result<Stored<Application>, Failure> {
        self.make_plain(act, name, etag, Move::NotifyExtension)
            .await
    }

    /// Agrees: the first person of the provider proposes it, the second one makes it count. A grant is made in the same
    /// transaction, or the applicant is offered what was proposed. `known` is the last day of an entry that will be
    /// retired, as whoever agrees was told of it.
    ///
    /// # Errors
    /// A refusal, `NOT_FOUND`, `STATE_CONFLICT`, `SECOND_PERSON_NEEDED`, `RESOURCE_STOPPED`, `ETAG_MISMATCH`.
    pub async fn approve_application(
        &self,
        act: &Act<'_>,
        name: &ApplicationName,
        known: Option<Date>,
        etag: &str,
    ) -> Result<(Stored<Application>, Option<Stored<Grant>>), Failure> {
        let step = async |before: &Application, now| {
            let resource = self.applied_for(before)?;
            let proposal = before
                .state
                .answering()
                .and_then(|one| one.proposal.as_ref());
            let less = proposal.and_then(|first| first.terms.as_ref());
            must_serve(less.unwrap_or(&before.terms), &resource, known, now)?;
            Ok(Move::Approve(
                self.grant_for(before)?,
                self.limit(Rule::AnswerOffer, now)?,
            ))
        };
        let row = self
            .make_move(act, name, etag, Side::Provider, step)
            .await?;
        self.with_grant(act, row).await
    }

    /// Proposes to grant less. A second person of the provider approves it, and then it lies with the applicant.
    ///
    /// # Errors
    /// A refusal, `NOT_FOUND`, all faults of the offer, `STATE_CONFLICT`, `RESOURCE_STOPPED`, `ETAG_MISMATCH`.
    pub async fn offer_terms(
        &self,
        act: &Act<'_>,
        name: &ApplicationName,
        offered: OfferedTerms,
        etag: &str,
    ) -> Result<Stored<Application>, Failure> {
        let step = async |before: &Application, now| {
            let resource = self.applied_for(before)?;
            let terms = offered.change.of(&before.terms);
            let mut faults = terms.faults_as_less(&before.terms, "terms");
            if let Some(filter) = &terms.row_filter
                && offered.change.row_filter.is_some()
            {
                filter_faults(filter, &terms, &resource, "terms.row_filter", &mut faults);
            }
            row_quota_faults(&terms, &resource, "terms", &mut faults);
            if !faults.is_empty() {
                return Err(faults.into());
            }
            must_serve(&terms, &resource, None, now)?;
            Ok(Move::Offer(Box::new(terms), offered.note))
        };
        self.make_move(act, name, etag, Side::Provider, step).await
    }

    /// Takes what is offered; the grant is made in the same transaction.
    ///
    /// # Errors
    /// A refusal, `NOT_FOUND`, `STATE_CONFLICT`, `RESOURCE_STOPPED`, `ETAG_MISMATCH`.
    pub async fn accept_offer(
        &self,
        act: &Act<'_>,
        name: &ApplicationName,
        etag: &str,
    ) -> Result<(Stored<Application>, Option<Stored<Grant>>), Failure> {
        let step = async |before: &Application, now| {
            let resource = self.applied_for(before)?;
            let offers = before.state.answering().map(|one| one.offers.as_slice());
            if let Some(open) = offers.and_then(<[_]>::last) {
                // That it may end earlier than the term the provider knew when it offered it.
                let last = resource.progress.retiring.as_ref().map(|one| one.last_day);
                must_serve(&open.terms, &resource, last, now)?;
            }
            Ok(Move::AcceptOffer(self.grant_for(before)?))
        };
        let row = self
            .make_move(act, name, etag, Side::Consumer, step)
            .await?;
        self.with_grant(act, row).await
    }

    /// Does not take what is offered; the provider's clock runs on.
    ///
    /// # Errors
    /// A refusal, `NOT_FOUND`, `STATE_CONFLICT`, `ETAG_MISMATCH`.
    pub async fn decline_offer(
        &self,
        act: &Act<'_>,
        name: &ApplicationName,
        reason: String,
        etag: &str,
    ) -> Result<Stored<Application>, Failure> {
        self.make_plain(act, name, etag, Move::DeclineOffer(reason))
            .await
    }

    /// Takes back what is offered, as long as the applicant has not taken it; the provider's clock runs on.
    ///
    /// # Errors
    /// A refusal, `NOT_FOUND`, `STATE_CONFLICT`, `ETAG_MISMATCH`.
    pub async fn withdraw_offer(
        &self,
        act: &Act<'_>,
        name: &ApplicationName,
        reason: String,
        etag: &str,
    ) -> Result<Stored<Application>, Failure> {
        self.make_plain(act, name, etag, Move::WithdrawOffer(reason))
            .await
    }

    /// Declines on a ground of the law (Order 809 art. 21), whatever became of the entry since.
    ///
    /// # Errors
    /// A refusal, `NOT_FOUND`, an unknown ground, `STATE_CONFLICT`, `ETAG_MISMATCH`.
    pub async fn refuse_application(
        &self,
        act: &Act<'_>,
        name: &ApplicationName,
        (ground, law, reason): (String, String, String),
        etag: &str,
    ) -> Result<Stored<Application>, Failure> {
        let step = async |_: &Application, now| {
            let grounds = self.refusal_grounds.load();
            let today = shaoyang_date(now);
            let Some(found) = RefusalGround::of(&grounds, &ground, today) else {
                let known = RefusalGround::on(&grounds, today).map(|one| one.id.as_str());
                let known: Vec<&str> = known.collect();
                let message = format!("no such ground; the law knows {}", known.join(", "));
                return Err(Failure::field(
                    "ground",
                    &Cause::new("UNKNOWN_GROUND", message),
                ));
            };
            Ok(Move::Refuse {
                ground: Box::new(found.clone()),
                law,
                reason,
            })
        };
        self.make_move(act, name, etag, Side::Provider, step).await
    }

    /// The grounds on which an application may be declined today.
    pub fn grounds_of_refusal(&self) -> Vec<RefusalGround> {
        let grounds = self.refusal_grounds.load();
        RefusalGround::on(&grounds, shaoyang_date(self.now()))
            .cloned()
            .collect()
    }

    async fn with_grant(
        &self,
        act: &Act<'_>,
        row: Stored<Application>,
    ) -> Result<(Stored<Application>, Option<Stored<Grant>>), Failure> {
        let grant = match &row.value.state {
            ApplicationState::Approved { grant, .. } => Some(self.grant(act.caller, grant).await?),
            ApplicationState::Draft
            | ApplicationState::SignedOff(_)
            | ApplicationState::Submitted(_)
            | ApplicationState::MaterialRequested(_)
            | ApplicationState::Offered(_)
            | ApplicationState::Refused { .. }
            | ApplicationState::Withdrawn { .. } => None,
        };
        Ok((row, grant))
    }

    /// The grant that comes of an application: the one that it amends, or a new one.
    fn grant_for(&self, application: &Application) -> Result<GrantName, Failure> {
        if let Some(name) = &application.amends {
            return Ok(name.clone());
        }
        GrantName::from_id(&self.ids.uuid()).map_err(|cause| Failure::field("grant", &cause))
    }
}

/// What is agreed on is there and can be used from its first day on.
fn must_serve(
    terms: &Terms,
    resource: &Resource,
    known: Option<Date>,
    now: Timestamp,
) -> Result<(), Failure> {
    must_fit(terms, resource)?;
    let today = shaoyang_date(now);
    if terms.end < today {
        let message = format!(
            "the term ended on {}, today is {today}; apply for another one",
            terms.end
        );
        return Err(Failure::new(Reason::StateConflict, message));
    }
    let usable = terms.must_be_usable(resource, shaoyang_date(now), known);
    usable.map_err(|why| unusable(terms, why))
}
