//! The life of an entry after its first draft: signed off, given back, published, changed in a new version.

use domain::clock::Clock;
use domain::department::Department;
use domain::name::ResourceName;
use domain::reason::Reason;
use domain::regime::Rule;
use domain::resource::{
    Asked, PublishError, Resource, ResourceState, ResourceVersion, Return, StageError, diff,
};
use jiff::Timestamp;
use ledger::entry::Draft;
use store::{Stored, Tx};

use super::duties::with_duty;
use super::{resource_draft, row};
use crate::failure::Failure;
use crate::gateway::{Act, Gateway};
use crate::systems::end_nothing_to_share;

impl Gateway {
    /// Replaces what an entry says: a draft itself, the next version of what is published.
    ///
    /// # Errors
    /// A refusal, all faults, `NOT_FOUND`, `STATE_CONFLICT`, `ETAG_MISMATCH`.
    pub async fn update_resource(
        &self,
        act: &Act<'_>,
        content: Resource,
        etag: &str,
    ) -> Result<Stored<Resource>, Failure> {
        let name = content.name.clone();
        self.change(act, async |tx, now| {
            let before = row(tx, &name, etag).await?;
            act.caller.must_be_officer_of(&before.value.department)?;
            act.caller.must_be_officer_of(&content.department)?;
            self.must_keep_rules(&content, Asked::Always)?;
            let value = before.value.clone().write(content);
            let value = value.map_err(|error| stage_failure(&name, error))?;
            let draft = resource_draft(act, "catalogue.resource.updated", &value)
                .with_fact("at_work", value.at_work().state.as_str());
            let entry = tx.record(draft, now).await?;
            Ok(tx.update(&before, &value, Some(entry), now).await?)
        })
        .await
    }

    /// The providing department signs an entry off, or its next version (Order 809 art. 13). The clock of the review
    /// begins, and the notice where the next version breaks a use. Nobody here knows who the head of a department is: the
    /// entry keeps which document of approval its officer stated.
    ///
    /// # Errors
    /// A refusal, all faults, `NOT_FOUND`, `STATE_CONFLICT`, `ETAG_MISMATCH`.
    pub async fn register_resource(
        &self,
        act: &Act<'_>,
        name: &ResourceName,
        etag: &str,
    ) -> Result<Stored<Resource>, Failure> {
        self.change(act, async |tx, now| {
            let before = row(tx, name, etag).await?;
            act.caller.must_be_officer_of(&before.value.department)?;
            let written = before.value.at_work();
            if written.state == domain::resource::ResourceState::Draft {
                self.must_keep_rules(written, Asked::ToRegister)?;
            }
            let by = act.caller.principal().to_string();
            let clock = self.limit(Rule::CatalogueReview, now)?;
            let mut value = before
                .value
                .clone()
                .register(by, now, clock.clone())
                .map_err(|state| Failure::state(name.as_str(), state.as_str(), "draft"))?;
            if !self.hits_of(&value, now).is_empty() {
                value.progress.notice_ends = self.limit(Rule::GiveNotice, now)?.due;
            }
            let due = clock.due.map_or_else(String::new, |due| due.to_string());
            let draft = resource_draft(act, "catalogue.resource.registered", &value)
                .with_fact("head_approval", &*value.at_work().metadata.head_approval)
                .with_fact("due", due)
                .with_fact("due_rule", clock.rule);
            let entry = tx.record(draft, now).await?;
            Ok(tx.update(&before, &value, Some(entry), now).await?)
        })
        .await
    }

    /// The competent department gives back what was signed off.
    ///
    /// # Errors
    /// A refusal, `NOT_FOUND`, `STATE_CONFLICT`, `ETAG_MISMATCH`.
    pub async fn return_resource(
        &self,
        act: &Act<'_>,
        name: &ResourceName,
        reasons: Vec<(String, String)>,
        etag: &str,
    ) -> Result<Stored<Resource>, Failure> {
        act.caller.must_be_officer_of(&self.competent()?)?;
        self.change(act, async |tx, now| {
            let before = row(tx, name, etag).await?;
            let count = i64::try_from(reasons.len()).unwrap_or(i64::MAX);
            let returned = Return {
                by: act.caller.principal().to_string(),
                at: now,
                reasons,
            };
            let value = before.value.clone().give_back(returned);
            let value = value
                .map_err(|state| Failure::state(name.as_str(), state.as_str(), "registered"))?;
            let draft = resource_draft(act, "catalogue.resource.returned", &value)
                .with_fact("reasons", count);
            let entry = tx.record(draft, now).await?;
            Ok(tx.update(&before, &value, Some(entry), now).await?)
        })
        .await
    }

    /// The competent department publishes what was signed off (Order 809 art. 16). A next version that breaks the use
    /// of grants waits until all their holders have taken note, or the time of notice is over.
    ///
    /// # Errors
    /// A refusal, `NOT_FOUND`, `STATE_CONFLICT`, `SECOND_PERSON_NEEDED`, `ETAG_MISMATCH`.
    pub async fn publish_resource(
        &self,
        act: &Act<'_>,
        name: &ResourceName,
        etag: &str,
    ) -> Result<Stored<Resource>, Failure> {
        act.caller.must_be_officer_of(&self.competent()?)?;
        let published = self
            .change(act, async |tx, now| {
                let before = row(tx, name, etag).await?;
                let by = act.caller.principal().to_string();
                let written = before.value.at_work();
                if let ResourceState::Registered { by: signed, .. } = &written.state {
                    if self.is_same_person(signed, act.caller) {
                        return Err(publish_failure(name, PublishError::SamePerson));
                    }
                    // By the rules of this day: those of the day it was signed off may be others.
                    self.must_keep_rules(written, Asked::ToRegister)?;
                }
                let value = before.value.clone().publish(by, now);
                let mut value = value.map_err(|error| publish_failure(name, error))?;
                if before.value.progress.first_published.is_none() {
                    // Written before it was kept, or the first time now.
                    value.progress.first_published = first_published(tx, name).await?;
                }
                self.must_be_noticed(&before.value, now)?;
                let was = published_before(tx, &before.value).await?;
                let was = was.as_ref();
                if was.is_some_and(|was| was.served_digest() != value.served_digest()) {
                    self.watch_anew(tx, act, name, now).await?;
                }
                let snapshot = self.snapshot();
                let changes = was.map(|was| diff(was, &value, &snapshot));
                let changes = changes.unwrap_or_default();
                let breaking = changes.iter().filter(|change| change.breaking).count();
                let draft = resource_draft(act, "catalogue.resource.published", &value)
                    .with_fact("version", i64::from(value.last_version()))
                    .with_fact("changes", i64::try_from(changes.len()).unwrap_or(i64::MAX))
                    .with_fact("breaking", i64::try_from(breaking).unwrap_or(i64::MAX));
                // What it was to be brought up to date for ends with this.
                let draft = with_duty(draft, &before.value);
                let draft = with_emptied(tx, draft, &before.value, &value).await?;
                let entry = tx.record(draft, now).await?;
                end_nothing_to_share(tx, act, &value, now).await?;
                if let Some(version) = ResourceVersion::of(&value, changes, now) {
                    tx.insert(&version, Some(entry), now).await?;
                }
                Ok(tx.update(&before, &value, Some(entry), now).await?)
            })
            .await?;
        self.read_watches(std::slice::from_ref(name)).await?;
        Ok(published)
    }

    /// The clock of an act by the regime in force on the day it begins.
    pub(crate) fn limit(&self, rule: Rule, now: Timestamp) -> Result<Clock, Failure> {
        let clock = self.law().begin(rule, now);
        clock.map_err(|error| Failure::new(Reason::Internal, format!("no due date: {error}")))
    }
}

/// Adds the system that has nothing in the catalogue any more, once an entry left it or went over to another one.
pub(super) async fn with_emptied(
    tx: &mut Tx,
    draft: Draft,
    before: &Resource,
    after: &Resource,
) -> Result<Draft, Failure> {
    let offers = |entry: &Resource| entry.state.is_public() && !entry.is_retired();
    if !offers(before) || (offers(after) && before.system == after.system) {
        return Ok(draft);
    }
    let entries = tx.under::<Resource>(before.department.as_str()).await?;
    let is_left = |entry: &Resource| {
        entry.system == before.system && entry.name != before.name && offers(entry)
    };
    if entries.iter().any(|row| is_left(&row.value)) {
        return Ok(draft);
    }
    Ok(draft.with_fact("emptied", before.system.as_str()))
}

/// When the first version of an entry was published.
async fn first_published(tx: &mut Tx, name: &ResourceName) -> Result<Option<Timestamp>, Failure> {
    let first = ResourceVersion::name_of(name, 1);
    let found: Option<Stored<ResourceVersion>> = tx.get(&first).await?;
    Ok(found.map(|row| row.create_time))
}

/// What was published last, also where it was taken back since.
async fn published_before(tx: &mut Tx, resource: &Resource) -> Result<Option<Resource>, Failure> {
    if resource.version().is_some() {
        return Ok(Some(resource.clone()));
    }
    let name = ResourceVersion::name_of(&resource.name, resource.last_version());
    let found: Option<Stored<ResourceVersion>> = tx.get(&name).await?;
    Ok(found.map(|row| row.value.content))
}

/// Whether a department has no more to say about an entry than everybody.
pub(super) fn hides_work(department: Option<&Department>, resource: &Resource) -> bool {
    department.is_none_or(|own| own.name != resource.department && !own.competent)
}

fn publish_failure(name: &ResourceName, error: PublishError) -> Failure {
    match error {
        PublishError::SamePerson => Failure::new(
            Reason::SecondPersonNeeded,
            "the person who registered the entry may not publish it",
        ),
        PublishError::State(state) => Failure::state(name.as_str(), state.as_str(), "registered"),
    }
}

pub(super) fn stage_failure(name: &ResourceName, error: StageError) -> Failure {
    match error {
        StageError::State(state) => {
            Failure::state(name.as_str(), state.as_str(), "draft or published")
        }
        StageError::NextRegistered => Failure::new(
            Reason::StateConflict,
            format!(
                "the next version of {name} is signed off; let it be published or given back first"
            ),
        ),
        StageError::NoNext => Failure::new(
            Reason::StateConflict,
            format!("no next version of {name} is signed off"),
        ),
    }
}
