//! The way of a system through the plan: steps that people state, stages that the gateway sees.

use std::collections::{BTreeMap, BTreeSet};

use domain::endpoint::Endpoint;
use domain::fault::Cause;
use domain::name::SystemName;
use domain::policy::shaoyang_date;
use domain::progress::Proofs;
use domain::reason::Reason;
use domain::resource::Resource;
use domain::system::{Asset, Disposal, MOST_ASSETS, Statement, Step, StepError, System};
use jiff::Timestamp;
use jiff::civil::Date;
use ledger::entry::Draft;
use store::{Stored, Tx};

use super::{managed, stated, system_draft};
use crate::failure::Failure;
use crate::gateway::{Act, Gateway, check_etag};

/// Most grants that a refusal names; the rest it counts.
const NAMED: usize = 20;

impl Gateway {
    /// What is proved of one system.
    ///
    /// # Errors
    /// The store's.
    pub async fn proofs_of(&self, system: &SystemName) -> Result<Proofs, Failure> {
        let mut proofs = self.store.proofs_of(system).await?;
        if self
            .silent(|resource| resource.system == *system)
            .contains(system)
        {
            proofs.answering = None;
        }
        Ok(proofs)
    }

    /// What is proved of every system.
    ///
    /// # Errors
    /// The store's.
    pub async fn proofs(&self) -> Result<BTreeMap<SystemName, Proofs>, Failure> {
        let mut proofs = self.store.proofs().await?;
        for system in self.silent(|_| true) {
            if let Some(proofs) = proofs.get_mut(&system) {
                proofs.answering = None;
            }
        }
        Ok(proofs)
    }

    /// The systems that do not answer for an entry of theirs that stands in the catalogue, whatever else of them does:
    /// an endpoint that is alive says nothing of another that is not.
    fn silent(&self, of: impl Fn(&Resource) -> bool) -> BTreeSet<SystemName> {
        let (snapshot, now) = (self.snapshot(), self.now());
        let today = shaoyang_date(now);
        let entries = snapshot.resources_where(|entry| of(entry) && entry.stands_on(today));
        let silent = entries.filter(|entry| {
            let endpoints = snapshot.endpoints(&entry.system);
            let over_http = snapshot.is_over_http(entry);
            !Endpoint::answer_for(endpoints, entry, over_http, now)
        });
        silent.map(|entry| entry.system.clone()).collect()
    }

    /// Records a step that the gateway cannot see for itself.
    ///
    /// # Errors
    /// A refusal, `NOT_FOUND`, `ETAG_MISMATCH`, `SECOND_PERSON_NEEDED`, `STATE_CONFLICT`, an unknown system
    /// to merge into.
    pub async fn record_system_step(
        &self,
        act: &Act<'_>,
        name: &SystemName,
        step: Step,
        document: String,
        etag: &str,
    ) -> Result<Stored<System>, Failure> {
        let proofs = self.proofs_of(name).await?;
        self.change(act, async |tx, now| {
            let before = self.steppable(tx, act, name, &step).await?;
            check_etag(etag, &before, name.as_str())?;
            if let Step::Disposal(Disposal::Merge { into }) = &step {
                must_take_over(tx, into).await?;
            }
            if matches!(step, Step::NothingToShare | Step::NothingToShareApproval) {
                let next = "retire them first, or leave it: it has something to share";
                let of = Standing::Shared;
                no_entry_stands(tx, &before.value, of, shaoyang_date(now), next).await?;
            }
            let statement = stated(act, &document, now);
            let draft = step_draft(act, &before.value, &step, &statement);
            let value = before.value.clone().record(step, statement, &proofs);
            let value = value.map_err(|error| refused(name, &error))?;
            let entry = tx.record(draft, now).await?;
            Ok(tx.update(&before, &value, Some(entry), now).await?)
        })
        .await
    }

    /// Takes a system out of service for good.
    ///
    /// # Errors
    /// A refusal for anybody but the operator, `NOT_FOUND`, `ETAG_MISMATCH`, `STATE_CONFLICT` when nobody
    /// decided so, grants stand on its resources or these are in the catalogue.
    pub async fn retire_system(
        &self,
        act: &Act<'_>,
        name: &SystemName,
        etag: &str,
    ) -> Result<Stored<System>, Failure> {
        act.caller.must_be_operator()?;
        self.change(act, async |tx, now| {
            let before = managed(tx, act, name).await?;
            check_etag(etag, &before, name.as_str())?;
            let value = before.value.clone().retire().map_err(|state| match state {
                Some(state) => Failure::state(name.as_str(), state.as_str(), "in service"),
                None => Failure::new(
                    Reason::StateConflict,
                    format!("nobody decided to merge or retire {name}; record its disposal first"),
                ),
            })?;
            self.no_grants_stand(name, now)?;
            let next =
                "retire them, or publish a next version that names the system that holds the data now";
            no_entry_stands(tx, &value, Standing::Any, shaoyang_date(now), next).await?;
            let draft = system_draft(act, "registry.system.retired", &value);
            let entry = tx.record(draft, now).await?;
            Ok(tx.update(&before, &value, Some(entry), now).await?)
        })
        .await
    }

    /// The row, if the caller may record this step of it.
    async fn steppable(
        &self,
        tx: &mut Tx,
        act: &Act<'_>,
        name: &SystemName,
        step: &Step,
    ) -> Result<Stored<System>, Failure> {
        match step {
            Step::Disposal(_) | Step::Cloud(_) | Step::Asset(_) | Step::AssetWithdrawal(_) => {
                managed(tx, act, name).await
            }
            Step::NothingToShare => of_own_department(tx, act, name).await,
            // The competent department takes back what it does not agree to, or agrees to no longer.
            Step::NothingToShareWithdrawal => match self.led(tx, act, name).await {
                Ok(found) => Ok(found),
                Err(_) => of_own_department(tx, act, name).await,
            },
            Step::NothingToShareApproval | Step::Acceptance => self.led(tx, act, name).await,
        }
    }

    /// The row, if the caller is an officer of the competent department.
    async fn led(
        &self,
        tx: &mut Tx,
        act: &Act<'_>,
        name: &SystemName,
    ) -> Result<Stored<System>, Failure> {
        act.caller.must_be_officer_of(&self.competent()?)?;
        let found = tx.get(name.as_str()).await?;
        found.ok_or_else(|| Failure::not_found(name.as_str()))
    }

    fn no_grants_stand(&self, name: &SystemName, now: Timestamp) -> Result<(), Failure> {
        let snapshot = self.snapshot();
        let standing = snapshot.standing_grants_on(name, shaoyang_date(now));
        if standing.is_empty() {
            return Ok(());
        }
        let named: Vec<&str> = standing
            .iter()
            .take(NAMED)
            .map(|g| g.name.as_str())
            .collect();
        let message = format!(
            "{} grants on resources of {name} are in force, among them {}; let them end or revoke them first",
            standing.len(),
            named.join(", ")
        );
        Err(Failure::new(Reason::StateConflict, message))
    }
}

/// The row, if the caller is an officer of the system's department. The operator states nothing for it.
async fn of_own_department(
    tx: &mut Tx,
    act: &Act<'_>,
    name: &SystemName,
) -> Result<Stored<System>, Failure> {
    let found = managed(tx, act, name).await?;
    act.caller.must_be_officer_of(&found.value.department)?;
    Ok(found)
}

/// An entry of the system that is shared is published: it has something to share, whatever was stated or agreed.
pub(crate) async fn end_nothing_to_share(
    tx: &mut Tx,
    act: &Act<'_>,
    published: &Resource,
    now: Timestamp,
) -> Result<(), Failure> {
    if !published.is_to_be_had_here() {
        return Ok(());
    }
    let Some(before) = tx.get::<System>(published.system.as_str()).await? else {
        return Ok(());
    };
    let mut value = before.value.clone();
    if value.steps.nothing_to_share.take().is_none() {
        return Ok(());
    }
    let draft = system_draft(act, "registry.system.nothing_to_share_ended", &value)
        .with_fact("resource", published.name.as_str());
    let entry = tx.record(draft, now).await?;
    tx.update(&before, &value, Some(entry), now).await?;
    Ok(())
}

/// Which entries in the catalogue matter.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// All of them: nothing stays that nobody answers for.
    Any,
    /// Those that are shared by the gateway: what the law forbids to share is nothing to share here, and neither is what
    /// goes by mail or medium.
    Shared,
}

/// The system has none of these entries in the catalogue.
async fn no_entry_stands(
    tx: &mut Tx,
    system: &System,
    which: Standing,
    today: Date,
    next: &str,
) -> Result<(), Failure> {
    let entries = tx.under::<Resource>(system.department.as_str()).await?;
    let stands = |entry: &Resource| {
        let matters = which == Standing::Any || entry.is_to_be_had_here();
        entry.system == system.name && matters && entry.stands_on(today)
    };
    let standing: Vec<&str> = entries
        .iter()
        .filter(|row| stands(&row.value))
        .map(|row| row.value.name.as_str())
        .collect();
    if standing.is_empty() {
        return Ok(());
    }
    let named: Vec<&str> = standing.iter().take(NAMED).copied().collect();
    let message = format!(
        "{} entries of {} are in the catalogue, among them {}; {next}",
        standing.len(),
        system.name,
        named.join(", ")
    );
    Err(Failure::new(Reason::StateConflict, message))
}

/// The system that takes the work over must be able to.
async fn must_take_over(tx: &mut Tx, into: &SystemName) -> Result<(), Failure> {
    let found: Option<Stored<System>> = tx.get(into.as_str()).await?;
    if found.is_some_and(|row| row.value.is_active()) {
        return Ok(());
    }
    let message = format!("{into} is not registered or not active");
    let cause = Cause::new("UNKNOWN_SYSTEM", message);
    Err(Failure::field("disposal.merged_into", &cause))
}

fn step_draft(act: &Act<'_>, system: &System, step: &Step, statement: &Statement) -> Draft {
    let draft = system_draft(act, "registry.system.step_recorded", system)
        .with_fact("step", step.as_str())
        .with_fact("document", statement.document.as_str());
    match step {
        Step::Disposal(disposal) => {
            let draft = draft.with_fact("disposal", disposal.as_str());
            match disposal {
                Disposal::Merge { into } => draft.with_fact("merged_into", into.as_str()),
                Disposal::Keep | Disposal::Retire | Disposal::Exempt => draft,
            }
        }
        Step::Cloud(domain::system::Cloud::Moved { batch }) => {
            draft.with_fact("batch", i64::from(*batch))
        }
        Step::Cloud(domain::system::Cloud::Exempt) => draft.with_fact("cloud_exempt", true),
        Step::Asset(asset) => asset_facts(draft, system.steps.assets.len() + 1, asset),
        Step::AssetWithdrawal(number) => {
            let number = usize::from(*number);
            let place = number.checked_sub(1);
            let found = place.and_then(|place| system.steps.assets.get(place));
            match found {
                Some(stated) => asset_facts(draft, number, &stated.what),
                // Refused when it is recorded.
                None => draft,
            }
        }
        Step::NothingToShare
        | Step::NothingToShareApproval
        | Step::NothingToShareWithdrawal
        | Step::Acceptance => draft,
    }
}

fn asset_facts(draft: Draft, number: usize, asset: &Asset) -> Draft {
    let draft = draft
        .with_fact("asset", asset.kind.as_str())
        .with_fact("asset_number", i64::try_from(number).unwrap_or(i64::MAX))
        .with_fact("count", i64::from(asset.count));
    match asset.retired_on {
        Some(day) => draft.with_fact("retired_on", day.to_string()),
        None => draft,
    }
}

fn refused(name: &SystemName, error: &StepError) -> Failure {
    match error {
        StepError::Accepted => Failure::state(name.as_str(), "accepted", "not accepted yet"),
        StepError::Retired => Failure::state(name.as_str(), "retired", "in service"),
        StepError::IntoItself => {
            let cause = Cause::new("INTO_ITSELF", "a system cannot be merged into itself");
            Failure::field("disposal.merged_into", &cause)
        }
        StepError::TooManyAssets => {
            let text = format!("at most {MOST_ASSETS} assets are kept with a system");
            Failure::field("asset", &Cause::new("TOO_MANY", text))
        }
        StepError::NotRetiredYet => {
            let text = "the day is still to come; state the asset once it is out of use";
            Failure::field("asset.retire_date", &Cause::new("IN_THE_FUTURE", text))
        }
        StepError::NoSuchAsset => {
            let text = "no asset of the system has this number; GetSystem lists them";
            let cause = Cause::new("NO_SUCH_ASSET", text);
            Failure::field("asset_withdrawal.number", &cause)
        }
        StepError::AlreadyWithdrawn => Failure::new(
            Reason::StateConflict,
            format!("this asset of {name} was taken back before"),
        ),
        StepError::NothingStated => Failure::new(
            Reason::StateConflict,
            format!("nobody states of {name} that it has nothing to share"),
        ),
        StepError::AlreadyApproved => Failure::new(
            Reason::StateConflict,
            format!("that {name} has nothing to share was approved before"),
        ),
        StepError::NotSharing(stage) => Failure::state(name.as_str(), stage.as_str(), "sharing"),
        StepError::SamePerson => Failure::new(
            Reason::SecondPersonNeeded,
            "whoever recorded an earlier step of a system may not accept it, and not approve what they stated",
        ),
    }
}
