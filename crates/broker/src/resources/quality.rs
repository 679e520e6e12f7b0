//! Quality: the score of an entry, computed whenever it is asked for from what the gateway holds and has seen; and of all
//! entries, the worst first.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::caller::Caller;
use domain::name::{DepartmentName, ResourceName, SystemName};
use domain::policy::shaoyang_date;
use domain::quality::{Grade, Part, Quality, QualityRule, rule_on};
use domain::reason::Reason;
use domain::resource::Resource;
use domain::watch::{Drift, Graded, Update};

use super::drift::own_systems;
use crate::failure::Failure;
use crate::gateway::Gateway;
use crate::page::PageRequest;
use crate::scoring::quality_in;

/// The quality of one entry, for a caller.
#[derive(Clone, Debug)]
pub struct ResourceQuality {
    /// The entry.
    pub resource: Arc<Resource>,
    /// The score with its parts.
    pub quality: Quality,
    /// The rule by which it is scored.
    pub rule: QualityRule,
    /// Where what is served differs; none also for who is not concerned.
    pub drift: Option<Drift>,
    /// The latest sign that its data was brought up to date.
    pub updated: Option<Update>,
    /// The grade that was recorded last; none where it was never better than poor.
    pub graded: Option<Graded>,
}

/// Which entries are asked for.
#[derive(Clone, Debug, Default)]
pub struct QualityFilter {
    /// Those of one department.
    pub department: Option<DepartmentName>,
    /// Those of one grade.
    pub grade: Option<Grade>,
}

/// Entries of the catalogue, the worst first.
#[derive(Clone, Debug)]
pub struct ResourceQualities {
    /// One page of them.
    pub rows: Vec<ResourceQuality>,
    /// Token of the next page; empty on the last.
    pub next: String,
    /// How many of the department, or of all, are of each grade, whichever is asked for.
    pub counts: BTreeMap<Grade, u32>,
}

impl Gateway {
    /// The quality of an entry that the caller may see.
    ///
    /// # Errors
    /// `NOT_FOUND`, or no rule is in force.
    pub fn resource_quality(
        &self,
        caller: &Caller,
        name: &ResourceName,
    ) -> Result<ResourceQuality, Failure> {
        let snapshot = self.snapshot();
        let resource = snapshot
            .resource(name)
            .filter(|resource| self.sees(caller, resource))
            .ok_or_else(|| Failure::not_found(name.as_str()))?;
        let found = self.quality_of(resource).ok_or_else(no_rule)?;
        Ok(self.as_told(caller, &own_systems(caller, &snapshot), found))
    }

    /// All that stands in the catalogue and that the caller sees, the worst first.
    ///
    /// # Errors
    /// A bad page token, or no rule is in force.
    pub async fn resource_qualities(
        &self,
        caller: &Caller,
        filter: &QualityFilter,
        page: &PageRequest,
    ) -> Result<ResourceQualities, Failure> {
        let list = format!("resource_qualities?{filter:?}");
        let after = page.after(&list)?;
        let rules = self.quality_rules.load_full();
        let rule = rule_on(&rules, shaoyang_date(self.now())).ok_or_else(no_rule)?;
        let (scores, snapshot) = (self.scores().await?, self.snapshot());
        let own = own_systems(caller, &snapshot);
        let after = after.split_once(' ').unwrap_or_default();
        let after = (after.0.parse::<u32>().unwrap_or(0), after.1);
        let mut counts: BTreeMap<Grade, u32> = Grade::ALL.map(|grade| (grade, 0)).into();
        let (mut rows, mut next) = (Vec::new(), String::new());
        let mut reached = String::new();
        for (score, name) in scores.iter() {
            let is_asked = |resource: &&Arc<Resource>| {
                let department = filter.department.as_ref();
                department.is_none_or(|name| *name == resource.department)
                    && self.sees(caller, resource)
            };
            let Some(resource) = snapshot.resource(name).filter(is_asked) else {
                continue;
            };
            let grade = rule.terms.grade(*score);
            *counts.entry(grade).or_default() += 1;
            let is_other = filter.grade.is_some_and(|asked| asked != grade);
            if is_other || (*score, name.as_str()) <= after {
                continue;
            }
            if u32::try_from(rows.len()).is_ok_and(|count| count < page.size()) {
                reached = format!("{score} {name}");
                let found = self.quality_of(resource).ok_or_else(no_rule)?;
                rows.push(self.as_told(caller, &own, found));
            } else if next.is_empty() {
                next = PageRequest::token(&list, &reached);
            }
        }
        Ok(ResourceQualities { rows, next, counts })
    }

    /// What a caller is told of it.
    fn as_told(
        &self,
        caller: &Caller,
        own: &[SystemName],
        mut found: ResourceQuality,
    ) -> ResourceQuality {
        if !self.tells_of(caller, own, &found.resource) {
            found.drift = None;
            let parts = found.quality.parts.into_iter();
            found.quality.parts = parts.map(Part::without_detail).collect();
        }
        found
    }

    /// The quality of an entry; none on a day without a rule.
    pub fn quality_of(&self, resource: &Arc<Resource>) -> Option<ResourceQuality> {
        let now = self.now();
        let rules = self.quality_rules.load();
        let rule = rule_on(&rules, shaoyang_date(now))?;
        let snapshot = self.snapshot();
        let watch = self.watching.of(&resource.name);
        Some(ResourceQuality {
            quality: quality_in(&snapshot, resource, watch.as_deref(), now, &rule.terms),
            rule: rule.clone(),
            drift: watch.as_ref().and_then(|watch| watch.drift.clone()),
            updated: watch.as_ref().and_then(|watch| watch.updated.clone()),
            graded: watch.as_ref().and_then(|watch| watch.graded),
            resource: Arc::clone(resource),
        })
    }
}

fn no_rule() -> Failure {
    let message = "no rule of seeds/quality.toml is in force";
    Failure::new(Reason::StateConflict, message)
}
