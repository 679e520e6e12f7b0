//! The steps of a grant: stopped and let go on, ended; a misuse that is ordered to be put right, reported and judged; and what
//! becomes of the data in the end.

use domain::application::{Signed, Statement};
use domain::clock::Clock;
use domain::fault::Cause;
use domain::grant::{Disposal, Grant, GrantError, LONGEST_ORDER_DAYS};
use domain::name::{DepartmentName, GrantName};
use domain::policy::shaoyang_date;
use domain::reason::Reason;
use domain::regime::Rule;
use jiff::Timestamp;
use jiff::civil::Date;
use store::Stored;

use super::unmoved;
use crate::failure::Failure;
use crate::gateway::{Act, Gateway, check_etag};

/// Whose step it is.
#[derive(Clone, Copy)]
enum Whose {
    /// Who uses the data.
    Consumer,
    /// Who watches over its use.
    Supervisor,
    /// The same and the operator, but for what is ordered to be put right, in which it has no part.
    SupervisorOrOperator,
}

/// What came of a step.
type Stepped = Result<Result<Grant, GrantError>, Failure>;

impl Gateway {
    /// Stops the use of a grant at once (Order 809 art. 27).
    ///
    /// # Errors
    /// A refusal, `NOT_FOUND`, `STATE_CONFLICT`.
    pub async fn suspend_grant(
        &self,
        act: &Act<'_>,
        name: &GrantName,
        reason: String,
    ) -> Result<Stored<Grant>, Failure> {
        let whose = Whose::SupervisorOrOperator;
        self.step_grant(act, name, ("", whose, "suspended"), |grant, signed| {
            Ok(grant.suspend(reason, signed.by))
        })
        .await
    }

    /// Ends a suspension; another person than the one who suspended.
    ///
    /// # Errors
    /// A refusal, `NOT_FOUND`, `STATE_CONFLICT`, `SECOND_PERSON_NEEDED`.
    pub async fn resume_grant(
        &self,
        act: &Act<'_>,
        name: &GrantName,
    ) -> Result<Stored<Grant>, Failure> {
        let is_same = |earlier: &str| self.is_same_person(earlier, act.caller);
        let whose = Whose::SupervisorOrOperator;
        self.step_grant(act, name, ("", whose, "resumed"), |grant, signed| {
            Ok(grant.resume(signed, is_same))
        })
        .await
    }

    /// Ends a grant for good; `disposal` is what is demanded of the data, and may be empty (Order 809 art. 27).
    ///
    /// # Errors
    /// A refusal, `NOT_FOUND`, `STATE_CONFLICT`.
    pub async fn revoke_grant(
        &self,
        act: &Act<'_>,
        name: &GrantName,
        (reason, disposal): (String, String),
    ) -> Result<Stored<Grant>, Failure> {
        let whose = Whose::SupervisorOrOperator;
        self.step_grant(act, name, ("", whose, "revoked"), |grant, signed| {
            Ok(grant.revoke(reason, signed.by, disposal))
        })
        .await
    }

    /// Stops the use of a grant at once and orders a misuse to be put right until a day (Order 809 art. 27). By the
    /// provider, or by the competent department, unless it is the consumer itself.
    ///
    /// # Errors
    /// A refusal, `NOT_FOUND`, a day that is none to set, `STATE_CONFLICT`, `ETAG_MISMATCH`.
    pub async fn order_rectification(
        &self,
        act: &Act<'_>,
        name: &GrantName,
        (misuse, until): (String, Date),
        etag: &str,
    ) -> Result<Stored<Grant>, Failure> {
        let step = |grant: Grant, signed: Signed| {
            let clock = self.ordered_clock(until, signed.at)?;
            let said = Statement {
                signed,
                text: misuse,
            };
            Ok(grant.order_rectification(said, clock))
        };
        let event = "rectification_ordered";
        self.step_grant(act, name, (etag, Whose::Supervisor, event), step)
            .await
    }

    /// The consumer says how the misuse was put right.
    ///
    /// # Errors
    /// A refusal, `NOT_FOUND`, `STATE_CONFLICT`, `ETAG_MISMATCH`.
    pub async fn report_rectification(
        &self,
        act: &Act<'_>,
        name: &GrantName,
        text: String,
        etag: &str,
    ) -> Result<Stored<Grant>, Failure> {
        let step = |grant: Grant, signed: Signed| {
            Ok(grant.report_rectification(Statement { signed, text }))
        };
        let event = "rectification_reported";
        self.step_grant(act, name, (etag, Whose::Consumer, event), step)
            .await
    }

    /// What was reported does not do; another day is set.
    ///
    /// # Errors
    /// As [`Gateway::order_rectification`].
    pub async fn reject_rectification(
        &self,
        act: &Act<'_>,
        name: &GrantName,
        (reason, until): (String, Date),
        etag: &str,
    ) -> Result<Stored<Grant>, Failure> {
        let step = |grant: Grant, signed: Signed| {
            let clock = self.ordered_clock(until, signed.at)?;
            let why = Statement {
                signed,
                text: reason,
            };
            Ok(grant.reject_rectification(why, clock))
        };
        let event = "rectification_rejected";
        self.step_grant(act, name, (etag, Whose::Supervisor, event), step)
            .await
    }

    /// The consumer says what became of the data of a grant that is over.
    ///
    /// # Errors
    /// A refusal, `NOT_FOUND`, a day to come, `STATE_CONFLICT`, `ETAG_MISMATCH`.
    pub async fn state_disposal(
        &self,
        act: &Act<'_>,
        name: &GrantName,
        (text, done_on): (String, Date),
        etag: &str,
    ) -> Result<Stored<Grant>, Failure> {
        let step = |grant: Grant, signed: Signed| {
            if done_on > shaoyang_date(signed.at) {
                let message = "state it once it was done";
                return Err(Failure::field(
                    "done_on",
                    &Cause::new("IN_THE_FUTURE", message),
                ));
            }
            let said = Statement { signed, text };
            Ok(grant.dispose(Disposal { said, done_on }))
        };
        let event = "disposal_stated";
        self.step_grant(act, name, (etag, Whose::Consumer, event), step)
            .await
    }

    async fn step_grant(
        &self,
        act: &Act<'_>,
        name: &GrantName,
        (etag, whose, event): (&str, Whose, &'static str),
        step: impl FnOnce(Grant, Signed) -> Stepped,
    ) -> Result<Stored<Grant>, Failure> {
        let event = format!("sharing.grant.{event}");
        self.change(act, async |tx, now| {
            let found: Option<Stored<Grant>> = tx.get(name.as_str()).await?;
            let before = found.ok_or_else(|| Failure::not_found(name.as_str()))?;
            self.must_be(whose, act, &before.value)?;
            check_etag(etag, &before, name.as_str())?;
            let signed = Signed {
                by: act.caller.principal().to_string(),
                at: now,
            };
            let value = step(before.value.clone(), signed)?;
            let value = value.map_err(|error| unmoved(name, &error))?;
            let mut draft = self.grant_draft(act, &event, &value);
            if let Some(due) = value.order().and_then(|order| order.clock.due) {
                draft = draft.with_fact("due", due.to_string());
            }
            let entry = tx.record(draft, now).await?;
            Ok(tx.update(&before, &value, Some(entry), now).await?)
        })
        .await
    }

    /// The use of a grant is watched over by its provider, and by the competent department unless it is the consumer itself
    /// (Order 809 art. 27). What the competent department ordered nobody else lets go on, rejects or ends.
    fn must_be(&self, whose: Whose, act: &Act<'_>, grant: &Grant) -> Result<(), Failure> {
        let caller = act.caller;
        let consumer = self.owner_of(&grant.terms.consumer)?;
        let provider = self.owner_of(&grant.provider)?;
        if let Whose::Consumer = whose {
            return Ok(caller.must_be_officer_of(&consumer)?);
        }
        let competent = self.competent().ok().filter(|one| *one != consumer);
        let is_of = |one: &DepartmentName| caller.must_be_officer_of(one).is_ok();
        if competent.as_ref().is_some_and(is_of) {
            return Ok(());
        }
        let order = grant.order();
        let by = order.map_or("", |order| order.misuse.signed.by.as_str());
        let is_its = |one: &DepartmentName| by.starts_with(&format!("{one}/"));
        match competent.filter(|one| *one != provider && is_its(one)) {
            Some(one) => Ok(caller.must_be_officer_of(&one)?),
            None if order.is_none() && matches!(whose, Whose::SupervisorOrOperator) => {
                Ok(caller.must_manage(&provider)?)
            }
            None => Ok(caller.must_be_officer_of(&provider)?),
        }
    }

    /// A clock whose last day whoever orders has set.
    fn ordered_clock(&self, until: Date, now: Timestamp) -> Result<Clock, Failure> {
        let today = shaoyang_date(now);
        let longest = jiff::Span::new().days(LONGEST_ORDER_DAYS);
        let last = today.checked_add(longest).unwrap_or(until);
        if until <= today || until > last {
            let message = format!("set a day after {today} and not after {last}");
            let cause = Cause::new("OUT_OF_RANGE", message);
            return Err(Failure::field("due_date", &cause));
        }
        let regimes = &self.reference.regimes;
        let clock = regimes.clock_until(Rule::Rectify, until, now);
        clock.map_err(|error| Failure::new(Reason::Internal, format!("no due date: {error}")))
    }
}
