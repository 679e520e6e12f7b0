//! File drops: nobody connects to the system, so what is judged is what it has brought.

use domain::conformance::{Case, Exam, Report, Verdict};
use domain::drift::Change;
use domain::endpoint::Endpoint;
use domain::file::{Claimed, File, Why};
use domain::file_drop::FileDrop;
use domain::policy::shaoyang_date;
use domain::quality::rule_on;
use domain::resource::Resource;
use jiff::{Timestamp, ToSpan as _};

use crate::failure::Failure;
use crate::gateway::Gateway;

/// Files of a resource that are looked at: behind those that were refused or taken back stands the latest good one.
const LOOKED_AT: u32 = 50;

/// The latest good file of a resource.
struct Latest {
    file: File,
    begun: Timestamp,
    /// Consumers can read it; otherwise its term of keeping is over.
    is_here: bool,
}

impl Gateway {
    /// Judges what a system reports and has brought.
    ///
    /// # Errors
    /// What of ours cannot be read: that is no fault of the system, and the run comes to no result.
    pub(super) async fn examine_drop(
        &self,
        endpoint: &Endpoint,
        drop: &FileDrop,
        exams: &[Exam],
    ) -> Result<Report, Failure> {
        let mut report = Report::default();
        let reporting = match self.examine_reports(endpoint, drop).await? {
            Ok(()) => Verdict::Passed,
            Err(saw) => Verdict::failed(saw.to_string()),
        };
        report.note(Case::Reporting, None, reporting);
        let mut is_any_published = false;
        for exam in exams {
            if exam.resource.version().is_none() {
                let why = "it is not published yet, and files are begun of what is published";
                report.note(Case::Brought, Some(exam), Verdict::not_applicable(why));
                continue;
            }
            is_any_published = true;
            let latest = self.latest_of(endpoint, &exam.resource).await?;
            let brought = self.brought(&exam.resource, latest.as_ref());
            report.note(Case::Brought, Some(exam), brought);
            let columns = match &latest {
                Some(latest) if latest.is_here => {
                    self.file_columns(&latest.file, &exam.resource).await?
                }
                _ => None,
            };
            note_columns(&mut report, exam, columns);
        }
        if !is_any_published {
            let saw = "nothing that it shares by file is published yet";
            report.note(Case::Brought, None, Verdict::failed(saw));
        }
        Ok(report)
    }

    async fn latest_of(
        &self,
        endpoint: &Endpoint,
        resource: &Resource,
    ) -> Result<Option<Latest>, Failure> {
        let latest = self.store.latest_files(&resource.name, LOOKED_AT).await?;
        let now = self.now();
        let good = |file: &File| match file.removal() {
            None => true,
            Some(removal) => removal.why == Why::Expired,
        };
        let mut latest = latest.into_iter();
        let found = latest.find(|row| row.value.system == endpoint.system && good(&row.value));
        Ok(found.map(|row| Latest {
            is_here: row.value.is_visible(now),
            begun: row.create_time,
            file: row.value,
        }))
    }

    /// Whether the latest file is here, or was for as long as one is kept and its entry has not fallen due again.
    fn brought(&self, resource: &Resource, latest: Option<&Latest>) -> Verdict {
        let Some(latest) = latest else {
            return Verdict::failed("no file of it was brought");
        };
        let (begun, today) = (shaoyang_date(latest.begun), shaoyang_date(self.now()));
        let rules = self.quality_rules.load();
        let rule = rule_on(&rules, today);
        let days = rule.and_then(|rule| rule.terms.days.get(&resource.update_cycle));
        let due = days.and_then(|days| begun.checked_add(i64::from(*days).days()).ok());
        if !latest.is_here && due.is_some_and(|due| today > due) {
            return Verdict::failed(format!(
                "the latest file was brought on {begun} and its term of keeping is over"
            ));
        }
        whole(&latest.file.claimed)
    }
}

/// A file that became visible is what its system said, as far as it said something.
fn whole(claimed: &Claimed) -> Verdict {
    if claimed.sha256.is_some() || claimed.sm3.is_some() {
        return Verdict::Passed;
    }
    Verdict::failed(
        "it was brought without a digest, so that nobody can tell whether it arrived as it was sent",
    )
}

fn note_columns(report: &mut Report, exam: &Exam, columns: Option<Vec<Change>>) {
    let schema = if let Some(changes) = columns {
        let verdict = Verdict::of_changes(&changes);
        report.see(exam, changes, None);
        verdict
    } else {
        let why = "there is no file of values between commas, whose columns can be read";
        Verdict::not_applicable(why)
    };
    report.note(Case::Schema, Some(exam), schema);
}
