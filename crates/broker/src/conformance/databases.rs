//! Views of databases: the gateway writes the statements, so what is to be seen is whether they fit.

use domain::conformance::{Case, Exam, Finding, Report, Seen, Verdict};
use domain::endpoint::Endpoint;
use domain::source::SqlSource;

use crate::gateway::Gateway;
use crate::sql::Looked;

impl Gateway {
    pub(super) async fn examine_database(
        &self,
        endpoint: &Endpoint,
        source: &SqlSource,
        exams: &[Exam],
    ) -> Report {
        let mut report = Report::default();
        let mut seen = Vec::new();
        let mut note = |case, exam: Option<&Exam>, verdict| {
            report.findings.push(Finding {
                case,
                resource: exam.map(|exam| exam.resource.name.clone()),
                method: None,
                verdict,
            });
        };
        for exam in exams {
            let Some(view) = source.view(&exam.resource.name) else {
                continue;
            };
            let looked = self
                .databases
                .examine(endpoint, source, view, &exam.resource)
                .await;
            let (found, schema) = match looked {
                Err(Looked::Fault(fault)) => {
                    note(
                        Case::Connection,
                        Some(exam),
                        Verdict::Failed { saw: fault.message },
                    );
                    continue;
                }
                Err(Looked::Unfit(faults)) => {
                    let saw = faults.to_string();
                    (None, Verdict::Failed { saw })
                }
                Ok(any) => (Some(any), Verdict::Passed),
            };
            note(Case::Connection, Some(exam), Verdict::Passed);
            if schema == Verdict::Passed {
                seen.push(Seen {
                    resource: exam.resource.name.clone(),
                    method: None,
                    changes: Vec::new(),
                    shape: None,
                });
            }
            let found = match found {
                Some(true) => Verdict::Passed,
                Some(false) => Verdict::Failed {
                    saw: "the view has no row".to_owned(),
                },
                None => Verdict::NotApplicable {
                    why: "the view does not fit, so it was not read".to_owned(),
                },
            };
            note(Case::Found, Some(exam), found);
            note(Case::Schema, Some(exam), schema);
        }
        report.seen = seen;
        report
    }
}
