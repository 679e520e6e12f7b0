//! What waits for a caller's department, over entries, demands and applications: read off what is registered.

use domain::application::Application;
use domain::caller::Caller;
use domain::demand::Demand;
use domain::duty::{self, Duty, DutyKind};
use domain::name::DepartmentName;
use domain::policy::shaoyang_date;
use domain::regime::Rule;
use domain::resource::{Resource, ResourceState};
use jiff::Timestamp;

use crate::failure::Failure;
use crate::gateway::Gateway;
use crate::page::PageRequest;

/// Which duties are asked for.
#[derive(Clone, Debug, Default)]
pub struct DutyFilter {
    /// Those of one department.
    pub department: Option<DepartmentName>,
    /// Those whose last day has passed.
    pub overdue_only: bool,
}

/// One page of duties.
#[derive(Clone, Debug)]
pub struct Duties {
    /// The earliest last day first.
    pub rows: Vec<Duty>,
    /// Token of the next page; empty on the last.
    pub next: String,
    /// How many there are on all pages.
    pub total: usize,
    /// Of those, how many are overdue.
    pub overdue: usize,
}

impl Gateway {
    /// What waits for the caller's department; for who oversees and for the competent department, what waits for any.
    ///
    /// # Errors
    /// A bad page token; the store.
    pub async fn duties(
        &self,
        caller: &Caller,
        filter: &DutyFilter,
        page: &PageRequest,
    ) -> Result<Duties, Failure> {
        let list = format!("duties?{filter:?}");
        let after = page.after(&list)?;
        let today = shaoyang_date(self.now());
        let sees_all = caller.oversees() || self.is_competent(caller);
        let mut duties = self.all_duties().await?;
        duties.retain(|duty| {
            let department = filter.department.as_ref();
            (sees_all || caller.is_of(&duty.waits_for))
                && department.is_none_or(|name| *name == duty.waits_for)
                && (!filter.overdue_only || duty.is_overdue(today))
        });
        duties.sort_by(|one, other| one.place().cmp(&other.place()));
        let total = duties.len();
        let overdue = duties.iter().filter(|duty| duty.is_overdue(today));
        let overdue = overdue.count();
        duties.retain(|duty| mark(duty) > after);
        let size = usize::try_from(page.size()).unwrap_or(usize::MAX);
        let more = duties.len() > size;
        duties.truncate(size);
        let reached = duties.last().filter(|_| more);
        Ok(Duties {
            next: reached.map_or_else(String::new, |duty| PageRequest::token(&list, &mark(duty))),
            rows: duties,
            total,
            overdue,
        })
    }

    fn is_competent(&self, caller: &Caller) -> bool {
        let snapshot = self.snapshot();
        let competent = snapshot.competent();
        competent.is_some_and(|department| caller.is_of(&department.name))
    }

    async fn all_duties(&self) -> Result<Vec<Duty>, Failure> {
        let (snapshot, now) = (self.snapshot(), self.now());
        let mut duties = self.duties_of_users(now);
        let applications = self.store.all::<Application>().await?;
        let applied_for = applications.iter().filter_map(|row| {
            let resource = snapshot.resource(&row.value.terms.resource)?;
            duty::of_application(&row.value, resource)
        });
        duties.extend(applied_for);
        // Where nobody is competent, nothing waits for them, and nothing can be signed off.
        let Some(competent) = snapshot.competent().map(|department| &department.name) else {
            return Ok(duties);
        };
        let entries = snapshot.resources_where(|resource| !resource.is_retired());
        duties.extend(entries.flat_map(|resource| duty::of_entry(resource, competent)));
        let demands = self.store.all::<Demand>().await?;
        let demanded = demands.iter();
        duties.extend(demanded.filter_map(|row| duty::of_demand(&row.value, competent)));
        Ok(duties)
    }

    /// What waits for those who hold grants: changes that break their use, and entries that stop.
    fn duties_of_users(&self, now: Timestamp) -> Vec<Duty> {
        let snapshot = self.snapshot();
        let concerns = |resource: &Resource| {
            let progress = &resource.progress;
            let is_stopped = matches!(resource.state, ResourceState::Suspended { .. });
            progress.next.is_some() || progress.retiring.is_some() || is_stopped
        };
        let mut duties = Vec::new();
        for resource in snapshot.resources_where(concerns) {
            let grants = snapshot.standing_grants_of(&resource.name, shaoyang_date(now));
            let holders = grants.iter().filter_map(|grant| {
                let system = snapshot.system(&grant.terms.consumer)?;
                Some(&system.department)
            });
            let mut holders: Vec<&DepartmentName> = holders.collect();
            holders.sort_unstable();
            holders.dedup();
            duties.extend(
                holders
                    .iter()
                    .flat_map(|user| duty::of_user(resource, user)),
            );
            let unnoted = self.unnoted(resource, now).into_iter();
            duties.extend(unnoted.map(|waiting| Duty {
                kind: DutyKind::AcknowledgeChange,
                about: resource.name.to_string(),
                title: resource.title.clone(),
                waits_for: waiting.department,
                since: waiting.since,
                due: waiting.until,
                rule: Rule::GiveNotice.id().to_owned(),
            }));
        }
        duties
    }
}

/// Where it stands in its list, as text that sorts like it.
fn mark(duty: &Duty) -> String {
    let (is_open, due, about, kind, waits_for) = duty.place();
    let due = due.map_or_else(String::new, |due| due.to_string());
    let (open, kind) = (u8::from(is_open), kind as u8);
    format!("{open} {due} {about} {kind} {waits_for}")
}
