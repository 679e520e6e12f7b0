//! The scores of all that stands in the catalogue, computed at once and off the threads that serve calls.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use domain::name::ResourceName;
use domain::policy::shaoyang_date;
use domain::quality::{Facts, Quality, QualityRule, QualityTerms, quality, rule_on};
use domain::reason::Reason;
use domain::resource::Resource;
use domain::snapshot::Snapshot;
use domain::watch::Watch;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

use crate::failure::Failure;
use crate::gateway::Gateway;

/// Scores of what did not change are this old at most: a window of maintenance may have begun.
const LASTS: SignedDuration = SignedDuration::from_secs(60);

/// The watches of all entries, as they stand in memory.
type Watches = HashMap<ResourceName, Arc<Watch>>;

/// Score and entry, the worst first and each score in the order of the names.
pub(crate) type Scores = Vec<(u32, ResourceName)>;

/// The scores that were computed last, with what they were computed from.
#[derive(Debug, Default)]
pub(crate) struct Scoring(Mutex<Option<Scored>>);

#[derive(Debug)]
struct Scored {
    snapshot: Weak<Snapshot>,
    watches: Weak<Watches>,
    rules: Arc<Vec<QualityRule>>,
    at: Timestamp,
    scores: Arc<Scores>,
}

impl Scored {
    fn still_holds(
        &self,
        snapshot: &Arc<Snapshot>,
        watches: &Arc<Watches>,
        rules: &Arc<Vec<QualityRule>>,
        now: Timestamp,
    ) -> bool {
        let age = now.duration_since(self.at);
        shaoyang_date(now) == shaoyang_date(self.at)
            && Arc::ptr_eq(&self.rules, rules)
            && Weak::as_ptr(&self.snapshot) == Arc::as_ptr(snapshot)
            && Weak::as_ptr(&self.watches) == Arc::as_ptr(watches)
            && !age.is_negative()
            && age < LASTS
    }
}

impl Gateway {
    /// The scores of all that stands in the catalogue; none on a day without a rule. Computed once for all who ask while
    /// nothing changes.
    ///
    /// # Errors
    /// Only when the runtime shuts down.
    pub(crate) async fn scores(&self) -> Result<Arc<Scores>, Failure> {
        let mut last = self.scoring.0.lock().await;
        let (snapshot, watches, now) = (self.snapshot(), self.watching.all(), self.now());
        let rules = self.quality_rules.load_full();
        if let Some(scored) = &*last
            && scored.still_holds(&snapshot, &watches, &rules, now)
        {
            return Ok(Arc::clone(&scored.scores));
        }
        let (of, seen, by) = (
            Arc::clone(&snapshot),
            Arc::clone(&watches),
            Arc::clone(&rules),
        );
        let computed = tokio::task::spawn_blocking(move || compute(&of, &seen, &by, now));
        let ended = |_| {
            Failure::new(
                Reason::Internal,
                "the computation of the scores ended early",
            )
        };
        let scores = Arc::new(computed.await.map_err(ended)?);
        *last = Some(Scored {
            snapshot: Arc::downgrade(&snapshot),
            watches: Arc::downgrade(&watches),
            rules,
            at: now,
            scores: Arc::clone(&scores),
        });
        Ok(scores)
    }
}

/// The quality of an entry in a picture of the registry.
pub(crate) fn quality_in(
    snapshot: &Snapshot,
    resource: &Resource,
    watch: Option<&Watch>,
    now: Timestamp,
    terms: &QualityTerms,
) -> Quality {
    let facts = Facts {
        endpoints: snapshot.endpoints(&resource.system),
        over_http: snapshot.is_over_http(resource),
        watch,
        now,
        terms,
    };
    quality(resource, facts)
}

fn compute(
    snapshot: &Snapshot,
    watches: &Watches,
    rules: &[QualityRule],
    now: Timestamp,
) -> Scores {
    let today = shaoyang_date(now);
    let Some(rule) = rule_on(rules, today) else {
        return Vec::new();
    };
    let score = |resource: &Resource| {
        let watch = watches.get(&resource.name).map(AsRef::as_ref);
        quality_in(snapshot, resource, watch, now, &rule.terms).score
    };
    let standing = snapshot.resources_where(|resource| resource.stands_on(today));
    let mut scores: Scores = standing
        .map(|resource| (score(resource), resource.name.clone()))
        .collect();
    scores.sort_unstable();
    scores
}
