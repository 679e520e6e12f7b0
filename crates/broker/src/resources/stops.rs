//! Stopping a published entry: for a while, until it is corrected, or for good.

use domain::fault::Cause;
use domain::name::ResourceName;
use domain::policy::shaoyang_date;
use domain::reason::Reason;
use domain::regime::Rule;
use domain::resource::{Resource, Retiring, Return, Why};
use jiff::Timestamp;
use jiff::civil::Date;
use ledger::entry::Draft;
use store::{Stored, Tx};

use super::life::with_emptied;
use super::{resource_draft, row};
use crate::failure::Failure;
use crate::gateway::{Act, Gateway};

impl Gateway {
    /// Stops a published entry for a while.
    ///
    /// # Errors
    /// A refusal, `NOT_FOUND`, `STATE_CONFLICT`, `ETAG_MISMATCH`.
    pub async fn suspend_resource(
        &self,
        act: &Act<'_>,
        name: &ResourceName,
        reason: String,
        etag: &str,
    ) -> Result<Stored<Resource>, Failure> {
        self.change(act, async |tx, now| {
            let before = self.stoppable(tx, act, name, etag).await?;
            let value = before.value.clone().suspend(why(act, now, reason.clone()));
            let value = value
                .map_err(|state| Failure::state(name.as_str(), state.as_str(), "published"))?;
            let draft = resource_draft(act, "catalogue.resource.suspended", &value)
                .with_fact("reason", reason);
            save(tx, &before, &value, draft, now).await
        })
        .await
    }

    /// Ends that.
    ///
    /// # Errors
    /// A refusal, `NOT_FOUND`, `STATE_CONFLICT`, `ETAG_MISMATCH`.
    pub async fn resume_resource(
        &self,
        act: &Act<'_>,
        name: &ResourceName,
        etag: &str,
    ) -> Result<Stored<Resource>, Failure> {
        self.change(act, async |tx, now| {
            let before = self.stoppable(tx, act, name, etag).await?;
            let value = before.value.clone().resume();
            let value = value
                .map_err(|state| Failure::state(name.as_str(), state.as_str(), "suspended"))?;
            let draft = resource_draft(act, "catalogue.resource.resumed", &value);
            save(tx, &before, &value, draft, now).await
        })
        .await
    }

    /// Takes a publication back. It is a draft again.
    ///
    /// # Errors
    /// A refusal, `NOT_FOUND`, `STATE_CONFLICT`, also while grants on it are in force, `ETAG_MISMATCH`.
    pub async fn recall_resource(
        &self,
        act: &Act<'_>,
        name: &ResourceName,
        reason: String,
        etag: &str,
    ) -> Result<Stored<Resource>, Failure> {
        self.change(act, async |tx, now| {
            let before = self.stoppable(tx, act, name, etag).await?;
            let standing = self.standing(name, now);
            if standing > 0 {
                let message = format!(
                    "{standing} grants on {name} are in force; retire it with notice, or write its next version"
                );
                return Err(Failure::new(Reason::StateConflict, message));
            }
            if before.value.progress.next.is_some() {
                let message = format!(
                    "the next version of {name} would be lost; publish it, or write what is published once more to discard it"
                );
                return Err(Failure::new(Reason::StateConflict, message));
            }
            let returned = Return {
                by: act.caller.principal().to_string(),
                at: now,
                reasons: vec![(String::new(), reason.clone())],
            };
            let value = before.value.clone().recall(returned);
            let value = value
                .map_err(|state| Failure::state(name.as_str(), state.as_str(), "published"))?;
            let draft = resource_draft(act, "catalogue.resource.recalled", &value)
                .with_fact("reason", reason);
            let draft = with_emptied(tx, draft, &before.value, &value).await?;
            save(tx, &before, &value, draft, now).await
        })
        .await
    }

    /// Announces that an entry leaves the catalogue after a day.
    ///
    /// # Errors
    /// A refusal, `NOT_FOUND`, `STATE_CONFLICT`, a day that is too soon, `ETAG_MISMATCH`.
    pub async fn retire_resource(
        &self,
        act: &Act<'_>,
        name: &ResourceName,
        reason: String,
        last_day: Date,
        etag: &str,
    ) -> Result<Stored<Resource>, Failure> {
        self.change(act, async |tx, now| {
            let before = self.stoppable(tx, act, name, etag).await?;
            self.must_leave_time(name, last_day, now)?;
            let announced = before.value.progress.retiring.as_ref();
            if announced.is_some_and(|announced| announced.last_day < shaoyang_date(now)) {
                // Its day is over, whether or not the gateway has come to record that.
                return Err(Failure::state(name.as_str(), "retired", "published"));
            }
            let retiring = Retiring {
                last_day,
                why: why(act, now, reason.clone()),
            };
            let value = before.value.clone().announce_retirement(retiring);
            let value = value
                .map_err(|state| Failure::state(name.as_str(), state.as_str(), "published"))?;
            let draft = resource_draft(act, "catalogue.resource.retirement_announced", &value)
                .with_fact("reason", reason)
                .with_fact("last_day", last_day.to_string());
            save(tx, &before, &value, draft, now).await
        })
        .await
    }

    /// Holders of grants have the time of notice; without one, the day may be today.
    fn must_leave_time(
        &self,
        name: &ResourceName,
        last: Date,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let earliest = if self.standing(name, now) == 0 {
            shaoyang_date(now)
        } else {
            let notice = self.limit(Rule::GiveNotice, now)?;
            notice.due.unwrap_or_else(|| shaoyang_date(now))
        };
        if last >= earliest {
            return Ok(());
        }
        let text = format!("choose {earliest} or later: holders of grants are told in time");
        Err(Failure::field("last_day", &Cause::new("TOO_SOON", text)))
    }

    fn standing(&self, name: &ResourceName, now: Timestamp) -> usize {
        let snapshot = self.snapshot();
        snapshot.standing_grants_of(name, shaoyang_date(now)).len()
    }

    /// Takes entries out of the catalogue whose last day is over. Policy refuses them from that moment on, whether or not
    /// this has run.
    ///
    /// # Errors
    /// The store's; what was retired before stays so.
    pub async fn retire_due_resources(&self) -> Result<(), Failure> {
        let now = self.now();
        let today = shaoyang_date(now);
        let snapshot = self.snapshot();
        let is_due = |resource: &Resource| {
            let retiring = resource.progress.retiring.as_ref();
            retiring.is_some_and(|retiring| retiring.last_day < today)
        };
        let due = snapshot.resources_where(is_due);
        for name in due.map(|resource| resource.name.clone()) {
            let mut tx = self.store.begin("retiring an entry").await?;
            let before = row(&mut tx, &name, "").await?;
            // Another gateway was faster.
            let Ok(value) = before.value.clone().retire(today) else {
                tx.forget().await;
                continue;
            };
            let draft = Draft::change("catalogue.resource.retired", self.new_id())
                .with_fact("actor", "gateway")
                .with_fact("resource", name.as_str())
                .with_fact("system", value.system.as_str())
                .with_fact("department", value.department.as_str());
            let draft = with_emptied(&mut tx, draft, &before.value, &value).await?;
            save(&mut tx, &before, &value, draft, now).await?;
            tx.save().await?;
            self.refresh_after_change().await;
        }
        Ok(())
    }

    /// The row, if the caller may stop it: the owner or the competent department.
    pub(super) async fn stoppable(
        &self,
        tx: &mut Tx,
        act: &Act<'_>,
        name: &ResourceName,
        etag: &str,
    ) -> Result<Stored<Resource>, Failure> {
        let competent = self.competent()?;
        let before = row(tx, name, etag).await?;
        let owner = act.caller.must_be_officer_of(&before.value.department);
        owner.or_else(|refusal| {
            act.caller
                .must_be_officer_of(&competent)
                .map_err(|_| refusal)
        })?;
        Ok(before)
    }
}

pub(super) fn why(act: &Act<'_>, now: Timestamp, reason: String) -> Why {
    Why {
        by: act.caller.principal().to_string(),
        at: now,
        reason,
    }
}

pub(super) async fn save(
    tx: &mut Tx,
    before: &Stored<Resource>,
    value: &Resource,
    draft: Draft,
    now: Timestamp,
) -> Result<Stored<Resource>, Failure> {
    let entry = tx.record(draft, now).await?;
    Ok(tx.update(before, value, Some(entry), now).await?)
}
