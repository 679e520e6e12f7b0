//! What the next version of an entry changes, whose use that breaks, and who has taken note.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::caller::Caller;
use domain::grant::Grant;
use domain::name::{DepartmentName, GrantName, ResourceName};
use domain::policy::shaoyang_date;
use domain::reason::Reason;
use domain::regime::Rule;
use domain::resource::{
    Acknowledgement, Change, Hit, Resource, ResourceState, ResourceVersion, diff, hits,
};
use jiff::Timestamp;
use jiff::civil::Date;
use store::Stored;

use super::life::stage_failure;
use super::{resource_draft, row};
use crate::failure::Failure;
use crate::gateway::{Act, Gateway};
use crate::page::{Page, PageRequest};

/// Most grants that a refusal names; the rest it counts.
const NAMED: usize = 20;

/// What a next version changes.
#[derive(Clone, Debug)]
pub struct ResourceChange {
    /// The entry.
    pub name: ResourceName,
    /// Its stage.
    pub state: ResourceState,
    /// The fields that change.
    pub changes: Vec<Change>,
    /// The grants it breaks, each with whether its department has taken note.
    pub hits: Vec<(Hit, bool)>,
    /// After this day nobody is waited for.
    pub notice_ends: Option<Date>,
}

/// A department that has not taken note of the next version of an entry, which breaks its use.
pub(crate) struct Unnoted {
    pub(crate) department: DepartmentName,
    /// When that was signed off.
    pub(crate) since: Timestamp,
    /// Until when it is waited for; none where the law of that day leaves it open.
    pub(crate) until: Option<Date>,
}

impl Gateway {
    /// Who has not taken note yet of those who hold these grants, each department once.
    pub(crate) fn unnoted(&self, resource: &Resource, standing: &[&Arc<Grant>]) -> Vec<Unnoted> {
        let ResourceState::Registered { at: since, .. } = resource.at_work().state else {
            return Vec::new();
        };
        let mut ends: BTreeMap<DepartmentName, Vec<Option<Date>>> = BTreeMap::new();
        for hit in self.hits_among(resource, standing) {
            if let Some(department) = self.holder_of(&hit)
                && !self.has_noted(resource, &hit)
            {
                // A calendar that ends too soon is told of where it matters: when it is to be published.
                let end = self.notice_ends(resource, &hit).unwrap_or_default();
                ends.entry(department).or_default().push(end);
            }
        }
        let waiting = ends.into_iter().map(|(department, ends)| Unnoted {
            department,
            since,
            until: latest(ends.into_iter()),
        });
        waiting.collect()
    }

    /// The grants in force that the next version of an entry breaks.
    pub(super) fn hits_of(&self, resource: &Resource, now: Timestamp) -> Vec<Hit> {
        if resource.progress.next.is_none() {
            return Vec::new();
        }
        let snapshot = self.snapshot();
        let standing = snapshot.standing_grants_of(&resource.name, shaoyang_date(now));
        self.hits_among(resource, &standing)
    }

    /// Which of these grants on an entry its next version breaks.
    fn hits_among(&self, resource: &Resource, standing: &[&Arc<Grant>]) -> Vec<Hit> {
        let Some(next) = resource.progress.next.as_deref() else {
            return Vec::new();
        };
        let standing = standing.iter().map(AsRef::as_ref);
        hits(resource, next, &self.snapshot(), standing)
    }

    /// Refuses to publish what breaks a use that nobody was told of.
    pub(super) fn must_be_noticed(&self, before: &Resource, now: Timestamp) -> Result<(), Failure> {
        let hits = self.hits_of(before, now);
        let waiting: Vec<&Hit> = hits
            .iter()
            .filter(|hit| !self.has_noted(before, hit))
            .collect();
        let today = shaoyang_date(now);
        let mut waiting_for = Vec::with_capacity(waiting.len());
        for hit in waiting {
            let ends = self.notice_ends(before, hit)?;
            if ends.is_none_or(|last| today <= last) {
                waiting_for.push((hit, ends));
            }
        }
        if waiting_for.is_empty() {
            return Ok(());
        }
        let named: Vec<&str> = waiting_for
            .iter()
            .take(NAMED)
            .map(|(hit, _)| hit.grant.as_str())
            .collect();
        let until = latest(waiting_for.iter().map(|(_, ends)| *ends));
        let until = until.map(|day| day.to_string());
        let message = format!(
            "it breaks the use of {} grants whose holders have not taken note, among them {}; publish it once they have, \
             or after {}",
            waiting_for.len(),
            named.join(", "),
            until
                .as_deref()
                .unwrap_or("the time of notice, which the law of that day leaves open")
        );
        Err(Failure::new(Reason::StateConflict, message))
    }

    /// Until when the holder of a grant is waited for: as long as everybody, and where the grant was agreed to after
    /// the next version was signed off, as long as from that day.
    fn notice_ends(&self, resource: &Resource, hit: &Hit) -> Result<Option<Date>, Failure> {
        let ResourceState::Registered { at: signed, .. } = resource.at_work().state else {
            return Ok(None);
        };
        let snapshot = self.snapshot();
        let agreed = snapshot.grant(&hit.grant).map(|grant| grant.created);
        let agreed = agreed.filter(|agreed| *agreed > signed);
        match (agreed, resource.progress.notice_ends) {
            (None, Some(ends)) => Ok(Some(ends)),
            // Of one that was being agreed to while the version was signed off, nobody knew then.
            (begins, _) => Ok(self.limit(Rule::GiveNotice, begins.unwrap_or(signed))?.due),
        }
    }

    fn has_noted(&self, resource: &Resource, hit: &Hit) -> bool {
        let department = self.holder_of(hit);
        let noted = &resource.progress.acknowledged;
        noted
            .iter()
            .any(|note| note.is_of(&hit.grant, department.as_ref()))
    }

    fn holder_of(&self, hit: &Hit) -> Option<DepartmentName> {
        let snapshot = self.snapshot();
        let system = snapshot.system(&hit.consumer);
        system.map(|system| system.department.clone())
    }

    /// What the next version of an entry changes, if the caller may know.
    ///
    /// # Errors
    /// `NOT_FOUND`, also where there is no next version.
    pub async fn resource_change(
        &self,
        caller: &Caller,
        name: &ResourceName,
    ) -> Result<ResourceChange, Failure> {
        let found: Option<Stored<Resource>> = self.store.get(name.as_str()).await?;
        let hidden = || Failure::not_found(&format!("{name}/change"));
        let resource = found.ok_or_else(hidden)?.value;
        self.change_of(caller, &resource).ok_or_else(hidden)
    }

    fn change_of(&self, caller: &Caller, resource: &Resource) -> Option<ResourceChange> {
        let next = resource.progress.next.as_deref()?;
        let all = self.hits_of(resource, self.now());
        let sees_all = !self.hides_work(caller, resource);
        let is_own = |hit: &Hit| self.holder_of(hit).is_some_and(|own| caller.is_of(&own));
        let shown: Vec<(Hit, bool)> = all
            .into_iter()
            .filter(|hit| sees_all || is_own(hit))
            .map(|hit| {
                let noted = self.has_noted(resource, &hit);
                (hit, noted)
            })
            .collect();
        let notice: Vec<Option<Date>> = shown
            .iter()
            .filter(|(_, noted)| !noted)
            // A calendar that ends too soon is told of where it matters: when it is to be published.
            .map(|(hit, _)| self.notice_ends(resource, hit).unwrap_or_default())
            .collect();
        // A draft may still become anything: only what is signed off concerns others.
        let is_signed = matches!(next.state, ResourceState::Registered { .. });
        (sees_all || (is_signed && !shown.is_empty())).then(|| ResourceChange {
            name: resource.name.clone(),
            state: next.state.clone(),
            changes: diff(resource, next, &self.snapshot()),
            notice_ends: latest(notice.into_iter()),
            hits: shown,
        })
    }

    /// A department takes note of a change that breaks the use of a grant of its own.
    ///
    /// # Errors
    /// A refusal, `NOT_FOUND`, `STATE_CONFLICT` when nothing of it is signed off.
    pub async fn acknowledge_resource_change(
        &self,
        act: &Act<'_>,
        name: &ResourceName,
    ) -> Result<ResourceChange, Failure> {
        act.caller.must_be_officer()?;
        let hidden = || Failure::not_found(&format!("{name}/change"));
        let stored = self
            .change(act, async |tx, now| {
                let before = row(tx, name, "").await?;
                let department = act.caller.department().ok_or_else(hidden)?.clone();
                let hits = self.hits_of(&before.value, now);
                let own = |hit: &Hit| self.holder_of(hit).as_ref() == Some(&department);
                let grants: Vec<GrantName> =
                    hits.into_iter().filter(own).map(|hit| hit.grant).collect();
                if grants.is_empty() {
                    return Err(hidden());
                }
                let note = Acknowledgement {
                    department,
                    by: act.caller.principal().to_string(),
                    at: now,
                    grants,
                };
                let draft =
                    resource_draft(act, "catalogue.resource.change_acknowledged", &before.value)
                        .with_fact("consumer_department", note.department.as_str())
                        .with_fact(
                            "grants",
                            i64::try_from(note.grants.len()).unwrap_or(i64::MAX),
                        );
                let value = before.value.clone().acknowledge(note);
                let value = value.map_err(|error| stage_failure(name, error))?;
                let entry = tx.record(draft, now).await?;
                Ok(tx.update(&before, &value, Some(entry), now).await?)
            })
            .await?;
        // Repeated after the version was published, or given back, there is nothing more to take note of.
        let shown = self.change_of(act.caller, &stored.value);
        Ok(shown.unwrap_or_else(|| ResourceChange {
            name: stored.value.name,
            state: stored.value.state,
            changes: Vec::new(),
            hits: Vec::new(),
            notice_ends: None,
        }))
    }

    /// The versions of an entry as they were published.
    ///
    /// # Errors
    /// `NOT_FOUND`, a bad page token, the store's.
    pub async fn resource_versions(
        &self,
        caller: &Caller,
        name: &ResourceName,
        page: &PageRequest,
    ) -> Result<Page<ResourceVersion>, Failure> {
        self.resource(caller, name).await?;
        page.read(&self.store, "resource_versions", name.as_str())
            .await
    }
}

/// The last of some days; none where one of them is open.
fn latest(days: impl Iterator<Item = Option<Date>>) -> Option<Date> {
    days.reduce(|one, other| Some(one?.max(other?))).flatten()
}
