//! What waits for a caller's department, over entries, demands, applications, disputes and complaints: read
//! off what is registered.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::caller::Caller;
use domain::demand::Demand;
use domain::grant::Grant;
use domain::name::{DepartmentName, ResourceName};
use domain::policy::shaoyang_date;
use domain::reason::Reason;
use domain::regime::Rule;
use domain::resource::{Resource, ResourceState};
use domain::snapshot::Snapshot;
use domain::work_item::{self, WorkItem, WorkItemKind};
use jiff::civil::Date;

use crate::failure::Failure;
use crate::gateway::Gateway;
use crate::page::PageRequest;

/// Which work items are asked for.
#[derive(Clone, Debug, Default)]
pub struct WorkItemFilter {
    /// Those of one department.
    pub department: Option<DepartmentName>,
    /// Those whose last day has passed.
    pub overdue_only: bool,
}

/// One page of work items.
#[derive(Clone, Debug)]
pub struct WorkItems {
    /// The earliest last day first.
    pub rows: Vec<WorkItem>,
    /// Token of the next page; empty on the last.
    pub next: String,
    /// How many there are on all pages.
    pub total: usize,
    /// Of those, how many are overdue.
    pub overdue: usize,
}

impl Gateway {
    /// What waits for the caller's department; for who oversees, what waits for any. The competent department sees of
    /// others what it reviews or leads.
    ///
    /// # Errors
    /// A bad page token; the store.
    pub async fn work_items(
        &self,
        caller: &Caller,
        filter: &WorkItemFilter,
        page: &PageRequest,
    ) -> Result<WorkItems, Failure> {
        let list = format!("work_items?{filter:?}");
        let after = page.after(&list)?;
        let today = shaoyang_date(self.now());
        let is_competent = self.is_competent(caller);
        let mut items = self.all_work_items(today).await?;
        items.retain(|item| {
            let department = filter.department.as_ref();
            let is_seen = caller.oversees()
                || caller.is_of(&item.waits_for)
                // What is late is brought before who leads the sharing of the city.
                || (is_competent && (item.kind.is_led() || item.is_overdue(today)));
            is_seen
                && department.is_none_or(|name| *name == item.waits_for)
                && (!filter.overdue_only || item.is_overdue(today))
        });
        items.sort_by(|one, other| one.place().cmp(&other.place()));
        let total = items.len();
        let overdue = items.iter().filter(|item| item.is_overdue(today));
        let overdue = overdue.count();
        items.retain(|item| mark(item) > after);
        let size = usize::try_from(page.size()).unwrap_or(usize::MAX);
        let more = items.len() > size;
        items.truncate(size);
        let reached = items.last().filter(|_| more);
        Ok(WorkItems {
            next: reached.map_or_else(String::new, |item| PageRequest::token(&list, &mark(item))),
            rows: items,
            total,
            overdue,
        })
    }

    fn is_competent(&self, caller: &Caller) -> bool {
        let snapshot = self.snapshot();
        let competent = snapshot.competent();
        competent.is_some_and(|department| caller.is_of(&department.name))
    }

    async fn all_work_items(&self, today: Date) -> Result<Vec<WorkItem>, Failure> {
        let snapshot = self.snapshot();
        let mut items = self.items_of_users(&snapshot, today);
        let applications = self.applications_under_way(None).await?;
        let waiting = applications.iter().filter_map(|application| {
            let terms = &application.terms;
            let resource = snapshot.resource(&terms.resource)?;
            let applicant = &snapshot.system(&terms.consumer)?.department;
            let competent = snapshot.competent().map(|one| &one.name);
            let items = work_item::of_application(application, resource, applicant, competent);
            Some(items)
        });
        items.extend(waiting.flatten());
        let corrections = self.open_corrections().await?;
        items.extend(corrections.iter().filter_map(|one| {
            let resource = snapshot.resource(&one.resource)?;
            work_item::of_correction(one, resource)
        }));
        items.extend(
            snapshot
                .grants()
                .filter_map(|grant| {
                    let resource = snapshot.resource(&grant.terms.resource)?;
                    let consumer = &snapshot.system(&grant.terms.consumer)?.department;
                    Some(work_item::of_grant(grant, resource, consumer))
                })
                .flatten(),
        );
        // Where nobody is competent, nothing waits for them, and nothing can be signed off.
        let Some(competent) = snapshot.competent().map(|one| one.name.clone()) else {
            return Ok(items);
        };
        let departments = snapshot.departments();
        items
            .extend(departments.filter_map(|one| work_item::of_department(one, &competent, today)));
        let systems = snapshot.systems();
        items.extend(systems.filter_map(|system| work_item::of_system(system, &competent)));
        for state in ["raised", "assigned"] {
            let demands = self.store.in_state::<Demand>(state).await?;
            let waiting = demands.iter();
            items.extend(waiting.filter_map(|row| work_item::of_demand(&row.value, &competent)));
        }
        items.extend(self.items_of_disputes(&snapshot, &competent).await?);
        let complaints = self.open_complaints().await?;
        items.extend(complaints.iter().filter_map(|complaint| {
            work_item::of_complaint(complaint, &self.responsible_for(complaint)?)
        }));
        // All entries are looked at: not on a thread that serves calls.
        let of_entries = tokio::task::spawn_blocking(move || {
            let entries = snapshot.resources_where(|resource| !resource.is_retired());
            let items = entries.flat_map(|resource| work_item::of_entry(resource, &competent));
            items.collect::<Vec<_>>()
        });
        let ended = |_| Failure::new(Reason::Internal, "the look at all entries ended early");
        items.extend(of_entries.await.map_err(ended)?);
        Ok(items)
    }

    async fn items_of_disputes(
        &self,
        snapshot: &Snapshot,
        competent: &DepartmentName,
    ) -> Result<Vec<WorkItem>, Failure> {
        let open = self.open_disputes().await?;
        let waiting = open.iter().filter_map(|dispute| {
            let parties = self.parties_of(dispute).ok()?;
            let title = &snapshot.resource(&dispute.resource)?.title;
            let both = [&parties.consumer, &parties.provider];
            Some(work_item::of_dispute(dispute, title, both, competent))
        });
        Ok(waiting.flatten().collect())
    }

    /// What waits for those who hold grants: changes that break their use, entries that stop, and those of which something
    /// else is served; the last for their departments too.
    fn items_of_users(&self, snapshot: &Snapshot, today: Date) -> Vec<WorkItem> {
        let known = self.watching.all();
        let drift_of = |resource: &Resource| {
            let watch = known.get(&resource.name)?;
            watch.drift.as_ref().filter(|_| resource.stands_on(today))
        };
        let concerns = |resource: &Resource| {
            let is_signed = matches!(resource.at_work().state, ResourceState::Registered { .. });
            let is_stopped = matches!(resource.state, ResourceState::Suspended { .. });
            let is_leaving = resource.progress.retiring.is_some();
            is_signed || is_stopped || is_leaving || drift_of(resource).is_some()
        };
        let concerned = snapshot.resources_where(concerns);
        let mut grants_on: BTreeMap<&ResourceName, (&Arc<Resource>, Vec<&Arc<Grant>>)> = concerned
            .map(|resource| (&resource.name, (resource, Vec::new())))
            .collect();
        if grants_on.is_empty() {
            return Vec::new();
        }
        for grant in snapshot.all_standing_grants(today) {
            if let Some((_, grants)) = grants_on.get_mut(&grant.terms.resource) {
                grants.push(grant);
            }
        }
        let mut items = Vec::new();
        for (resource, grants) in grants_on.into_values() {
            let holders = grants.iter().filter_map(|grant| {
                let system = snapshot.system(&grant.terms.consumer)?;
                Some(&system.department)
            });
            let mut holders: Vec<&DepartmentName> = holders.collect();
            holders.sort_unstable();
            holders.dedup();
            for user in &holders {
                items.extend(work_item::of_user(resource, user, today));
            }
            if let Some(drift) = drift_of(resource) {
                holders.retain(|user| **user != resource.department);
                let told = holders.into_iter().chain([&resource.department]);
                items.extend(told.map(|one| work_item::of_drift(resource, one, drift.since)));
            }
            items.extend(self.to_be_noted(resource, &grants));
        }
        items
    }

    fn to_be_noted(&self, resource: &Resource, grants: &[&Arc<Grant>]) -> Vec<WorkItem> {
        let unnoted = self.unnoted(resource, grants);
        let item = |waiting: crate::resources::Unnoted| {
            let clock = self.limit(Rule::GiveNotice, waiting.since);
            WorkItem {
                kind: WorkItemKind::AcknowledgeChange,
                about: resource.name.to_string(),
                title: resource.title.clone(),
                waits_for: waiting.department,
                since: waiting.since,
                due: waiting.until,
                rule: clock.map_or_else(|_| String::new(), |clock| clock.rule),
            }
        };
        unnoted.into_iter().map(item).collect()
    }
}

/// Where it stands in its list, as text that sorts like it.
fn mark(item: &WorkItem) -> String {
    let (is_open, due, about, kind, waits_for) = item.place();
    let due = due.map_or_else(String::new, |due| due.to_string());
    let (open, kind) = (u8::from(is_open), kind as u8);
    format!("{open} {due} {about} {kind} {waits_for}")
}
