//! Misuse of a grant: ordered to be put right, reported, judged; and what becomes of the data in the end.

use domain::application::{Signed, Statement};
use domain::clock::Clock;
use domain::fault::Cause;
use domain::grant::{Disposal, Grant, GrantError, LONGEST_ORDER_DAYS};
use domain::name::GrantName;
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
    /// Who watches over its use: the provider, and the competent department where it is not the consumer itself.
    Supervisor,
}

impl Gateway {
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
        let event = "sharing.grant.rectification_ordered";
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
        let event = "sharing.grant.rectification_reported";
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
        let event = "sharing.grant.rectification_rejected";
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
        let event = "sharing.grant.disposal_stated";
        self.step_grant(act, name, (etag, Whose::Consumer, event), step)
            .await
    }

    async fn step_grant(
        &self,
        act: &Act<'_>,
        name: &GrantName,
        (etag, whose, event): (&str, Whose, &'static str),
        step: impl FnOnce(Grant, Signed) -> Result<Result<Grant, GrantError>, Failure>,
    ) -> Result<Stored<Grant>, Failure> {
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
            let mut draft = self.grant_draft(act, event, &value);
            if let Some(due) = value.order().and_then(|order| order.clock.due) {
                draft = draft.with_fact("due", due.to_string());
            }
            let entry = tx.record(draft, now).await?;
            Ok(tx.update(&before, &value, Some(entry), now).await?)
        })
        .await
    }

    fn must_be(&self, whose: Whose, act: &Act<'_>, grant: &Grant) -> Result<(), Failure> {
        let consumer = self.owner_of(&grant.terms.consumer)?;
        let provider = self.owner_of(&grant.provider)?;
        match whose {
            Whose::Consumer => Ok(act.caller.must_be_officer_of(&consumer)?),
            Whose::Supervisor => {
                let competent = self.competent().ok().filter(|one| *one != consumer);
                let leads =
                    competent.is_some_and(|one| act.caller.must_be_officer_of(&one).is_ok());
                if leads {
                    return Ok(());
                }
                Ok(act.caller.must_be_officer_of(&provider)?)
            }
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
