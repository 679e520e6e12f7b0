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
/// Changes of grade that one round records at most; the next goes on.
const AT_ONCE: usize = 500;

impl Gateway {
    /// Reads again what is known of entries, and records the grades that changed since; called on a tick.
    ///
    /// # Errors
    /// The store's; what was recorded before stays so.
    pub async fn follow_quality(&self) -> Result<(), Failure> {
        self.refresh_watches().await?;
        self.grade_resources().await
    }

    async fn grade_resources(&self) -> Result<(), Failure> {
        let rules = self.quality_rules.load_full();
        let Some(rule) = rule_on(&rules, shaoyang_date(self.now())) else {
            return Ok(());
        };
        let scores = self.scores().await?;
        let (known, mut recorded) = (self.watching.all(), 0);
        for (score, name) in scores.iter() {
            let before = known.get(name).and_then(|watch| watch.graded);
            let before = before.map_or(Grade::Poor, |graded| graded.grade);
            let grade = rule.terms.grade(*score);
            if grade == before {
                continue;
            }
            self.record_grade(name, grade, *score).await?;
            recorded += 1;
            if recorded == AT_ONCE {
                tracing::info!(recorded, "more grades changed; the next round records them");
                return Ok(());
            }
        }
        Ok(())
    }

    /// The same for one entry of which something was seen just now.
    ///
    /// # Errors
    /// The store's.
    pub(super) async fn grade_resource(&self, name: &ResourceName) -> Result<(), Failure> {
        let snapshot = self.snapshot();
        let today = shaoyang_date(self.now());
        let standing = snapshot.resource(name).filter(|one| one.stands_on(today));
        let Some(found) = standing.and_then(|resource| self.quality_of(resource)) else {
            return Ok(());
        };
        let before = found.graded.map_or(Grade::Poor, |graded| graded.grade);
        if before == found.quality.grade {
            return Ok(());
        }
        self.record_grade(name, found.quality.grade, found.quality.score)
            .await
    }

    async fn record_grade(
        &self,
        name: &ResourceName,
        grade: Grade,
        score: u32,
    ) -> Result<(), Failure> {
        let now = self.now();
        let mut tx = self.store.begin("recording the grade of an entry").await?;
        let request_id = self.new_id();
        let noting = Noting {
            event: GRADED,
            request_id: &request_id,
            actor: None,
        };
        let graded = Graded {
            grade,
            score,
            since: now,
        };
        let seen = |watch: &Watch| watch.graded(graded);
        match self.watch(&mut tx, name, noting, now, seen).await {
            Ok(()) => {
                tx.save().await?;
            }
            // Another gateway, or a sighting of the same moment, was faster; the next round looks again.
            Err(failure)
                if matches!(failure.reason, Reason::EtagMismatch | Reason::AlreadyExists) =>
            {
                tx.forget().await;
            }
            Err(failure) => return Err(failure),
        }
        self.read_watches(std::slice::from_ref(name)).await
    }
}
