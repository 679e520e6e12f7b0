//! Views of databases: the gateway writes the statements, so what is to be seen is whether they fit.

use domain::conformance::{Case, Exam, Report, Verdict};
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
        for exam in exams {
            let Some(view) = source.view(&exam.resource.name) else {
                continue;
            };
            let looking = self
                .databases
                .examine(endpoint, source, view, &exam.resource);
            let (found, schema) = match looking.await {
                Err(Looked::Fault(fault)) => {
                    report.note(Case::Connection, Some(exam), Verdict::failed(fault.message));
                    continue;
                }
                Err(Looked::Unfit(unfit)) => {
                    let why = "the view does not fit, so it was not read";
                    (
                        Verdict::not_applicable(why),
                        Verdict::failed(unfit.faults.to_string()),
                    )
                }
                Ok(has_rows) => {
                    report.see(exam, Vec::new(), None);
                    let found = if has_rows {
                        Verdict::Passed
                    } else {
                        Verdict::failed("the view has no row")
                    };
                    (found, Verdict::Passed)
                }
            };
            report.note(Case::Connection, Some(exam), Verdict::Passed);
            report.note(Case::Found, Some(exam), found);
            report.note(Case::Schema, Some(exam), schema);
        }
        report
    }
}
