//! Certificate libraries: signed answers about who holds a certificate and who holds none.

use domain::conformance::{Case, Exam, Finding, Report, Trial, Verdict};
use domain::drift;
use domain::endpoint::Endpoint;
use domain::item::ItemValue;
use domain::library::Library;
use domain::subject::Subject;

use super::Examining;
use crate::gateway::Gateway;
use crate::lookup::Came;

impl Gateway {
    pub(super) async fn examine_library(
        &self,
        endpoint: &Endpoint,
        library: &Library,
        exams: &[Exam],
        under: &Examining,
    ) -> Report {
        let mut report = Report::default();
        let mut note = |case, exam: Option<&Exam>, verdict| {
            report.findings.push(Finding {
                case,
                resource: exam.map(|exam| exam.resource.name.clone()),
                method: None,
                verdict,
            });
        };
        let failed = |saw: String| Verdict::Failed { saw };
        if let Err(saw) = self.check_library(endpoint, library).await {
            note(Case::Connection, None, failed(saw));
            return report;
        }
        note(Case::Connection, None, Verdict::Passed);
        for exam in exams {
            let Trial::Certificates { found, absent } = &exam.trial else {
                continue;
            };
            let came = self
                .try_library(endpoint, library, exam, found, under)
                .await;
            match came {
                Err(saw) => note(Case::Found, Some(exam), failed(saw)),
                Ok(Came::Records(records)) if !records.is_empty() => {
                    let theirs = records.iter().all(|record| record.holders.contains(found));
                    let verdict = if theirs {
                        Verdict::Passed
                    } else {
                        failed("a certificate is somebody else's".to_owned())
                    };
                    note(Case::Found, Some(exam), verdict);
                    let own = records.iter().flat_map(|record| record.own.iter());
                    let all = records.iter().flat_map(|record| record.items.iter());
                    let values: Vec<_> = all.chain(own.map(|own| &own.item)).cloned().collect();
                    note(Case::Schema, Some(exam), schema(exam, &values));
                }
                Ok(_) => note(
                    Case::Found,
                    Some(exam),
                    failed("it found nothing".to_owned()),
                ),
            }
            let verdict = match self
                .try_library(endpoint, library, exam, absent, under)
                .await
            {
                Err(saw) => failed(saw),
                Ok(Came::Records(records)) if records.is_empty() => Verdict::Passed,
                Ok(_) => failed("it answered with a record where nothing is there".to_owned()),
            };
            note(Case::NotFound, Some(exam), verdict);
        }
        report
    }

    async fn try_library(
        &self,
        endpoint: &Endpoint,
        library: &Library,
        exam: &Exam,
        holder: &Subject,
        under: &Examining,
    ) -> Result<Came, String> {
        let asking = self.sample_in_library(endpoint, library, &exam.resource, holder, under);
        asking.await.map_err(|fault| fault.message)
    }
}

fn schema(exam: &Exam, values: &[ItemValue]) -> Verdict {
    let changes = drift::of_values(&exam.resource, values);
    if changes.is_empty() {
        return Verdict::Passed;
    }
    let told: Vec<String> = changes.iter().map(ToString::to_string).collect();
    Verdict::Failed {
        saw: told.join("; "),
    }
}
