//! Quality: the score of an entry, computed whenever it is asked for from what the gateway holds and has seen.

use std::sync::Arc;

use domain::caller::Caller;
use domain::name::ResourceName;
use domain::policy::shaoyang_date;
use domain::quality::{Facts, Part, Quality, QualityRule, quality, rule_on};
use domain::reason::Reason;
use domain::resource::Resource;
use domain::watch::{Drift, Update};

use crate::failure::Failure;
use crate::gateway::Gateway;

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
        let mut found = self.quality_of(resource).ok_or_else(|| {
            let message = "no rule of seeds/quality.toml is in force";
            Failure::new(Reason::StateConflict, message)
        })?;
        if !self.is_told_of(caller, resource) {
            found.drift = None;
            let parts = found.quality.parts.into_iter();
            found.quality.parts = parts.map(Part::without_detail).collect();
        }
        Ok(found)
    }

    /// The quality of an entry; none on a day without a rule.
    pub fn quality_of(&self, resource: &Arc<Resource>) -> Option<ResourceQuality> {
        let now = self.now();
        let rules = self.quality_rules.load();
        let rule = rule_on(&rules, shaoyang_date(now))?;
        let snapshot = self.snapshot();
        let watch = self.watching.of(&resource.name);
        let facts = Facts {
            endpoints: snapshot.endpoints(&resource.system),
            over_http: snapshot.is_over_http(resource),
            watch: watch.as_deref(),
            now,
            terms: &rule.terms,
        };
        Some(ResourceQuality {
            quality: quality(resource, facts),
            rule: rule.clone(),
            drift: watch.as_ref().and_then(|watch| watch.drift.clone()),
            updated: watch.as_ref().and_then(|watch| watch.updated.clone()),
            resource: Arc::clone(resource),
        })
    }
}
