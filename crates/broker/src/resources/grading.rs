//! Grades: a score that crosses a step is recorded, so that a fall is told and not found by chance.
//!
//! On a schedule for all that stands in the catalogue, and at once for what was seen to differ in live traffic.

use domain::name::ResourceName;
use domain::policy::shaoyang_date;
use domain::quality::{Grade, rule_on};
use domain::reason::Reason;
use domain::watch::{Graded, Watch};

use super::drift::Noting;
use crate::failure::Failure;
use crate::gateway::Gateway;

/// The event of the ledger.
pub(super) const GRADED: &str = "catalogue.resource.quality_changed";
/// Changes of grade that one round looks at; the next goes on.
const AT_ONCE: usize = 500;

impl Gateway {
    /// Reads again what is known of entries, and records the grades that changed since; called on a tick.
    ///
    /// # Errors
    /// The store's; what was recorded before stays so.
    pub async fn follow_quality(&self) -> Result<(), Failure> {
        self.refresh_watches().await?;
        let changed = self.changed_grades().await?;
        for name in &changed {
            self.record_grade(name).await?;
        }
        self.read_watches(&changed).await
    }

    /// The entries whose grade is to be recorded.
    async fn changed_grades(&self) -> Result<Vec<ResourceName>, Failure> {
        let rules = self.quality_rules.load_full();
        let Some(rule) = rule_on(&rules, shaoyang_date(self.now())) else {
            return Ok(Vec::new());
        };
        let (scores, known, since) = (self.scores().await?, self.watching.all(), self.now());
        // By what will be recorded: a rise that waits takes nobody's place in the round.
        let changed = scores.iter().filter(|(score, name)| {
            let grade = rule.terms.grade(*score);
            let graded = Graded {
                grade,
                score: *score,
                since,
            };
            let watch = known.get(name);
            watch.map_or(grade != Grade::Poor, |watch| watch.graded(graded).is_some())
        });
        Ok(changed
            .map(|(_, name)| name.clone())
            .take(AT_ONCE)
            .collect())
    }

    /// Records the grade of one entry of which something was seen just now, where it changed.
    ///
    /// # Errors
    /// The store's.
    pub(super) async fn follow_grade(&self, name: &ResourceName) -> Result<(), Failure> {
        self.record_grade(name).await?;
        self.read_watches(std::slice::from_ref(name)).await
    }

    /// Records the grade as it is at this moment; what was computed before may be old.
    async fn record_grade(&self, name: &ResourceName) -> Result<(), Failure> {
        let (snapshot, now) = (self.snapshot(), self.now());
        let standing = snapshot
            .resource(name)
            .filter(|resource| resource.stands_on(shaoyang_date(now)));
        let Some(found) = standing.and_then(|resource| self.quality_of(resource)) else {
            return Ok(());
        };
        let graded = Graded {
            grade: found.quality.grade,
            score: found.quality.score,
            since: now,
        };
        let mut tx = self.store.begin("recording the grade of an entry").await?;
        let request_id = self.new_id();
        let noting = Noting {
            event: GRADED,
            request_id: &request_id,
            actor: None,
        };
        let seen = |watch: &Watch| watch.graded(graded);
        match self.watch(&mut tx, name, noting, now, seen).await {
            Ok(()) => {
                tx.save().await?;
                Ok(())
            }
            // Another gateway, or a sighting of the same moment, was faster; the next round looks again.
            Err(failure)
                if matches!(failure.reason, Reason::EtagMismatch | Reason::AlreadyExists) =>
            {
                tx.forget().await;
                Ok(())
            }
            Err(failure) => Err(failure),
        }
    }
}
