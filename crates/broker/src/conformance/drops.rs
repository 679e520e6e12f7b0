//! File drops: nobody connects to the system, so what is judged is what it has brought.

use domain::conformance::{Case, Exam, Report, Verdict};
use domain::drift::Change;
use domain::endpoint::Endpoint;
use domain::file::{Claimed, File};
use domain::file_drop::FileDrop;

use crate::failure::Failure;
use crate::gateway::Gateway;

impl Gateway {
    pub(super) async fn examine_drop(
        &self,
        endpoint: &Endpoint,
        drop: &FileDrop,
        exams: &[Exam],
    ) -> Report {
        let mut report = Report::default();
        let reporting = match self.check_heartbeat(endpoint, drop).await {
            Ok(()) => Verdict::Passed,
            Err(saw) => Verdict::failed(saw),
        };
        report.note(Case::Reporting, None, reporting);
        for exam in exams {
            let (brought, schema) = match self.latest_of(endpoint, exam).await {
                Ok(Some(file)) => (whole(&file.claimed), self.columns_of(&file, exam).await),
                Ok(None) => (Verdict::failed("no file of it is here"), Ok(None)),
                Err(failure) => (Verdict::failed(failure.message), Ok(None)),
            };
            report.note(Case::Brought, Some(exam), brought);
            note_columns(&mut report, exam, schema);
        }
        report
    }

    /// The latest file that consumers can read and that this system brought.
    async fn latest_of(&self, endpoint: &Endpoint, exam: &Exam) -> Result<Option<File>, Failure> {
        let latest = self.store.latest_file(&exam.resource.name).await?;
        let now = self.now();
        Ok(latest
            .map(|row| row.value)
            .filter(|file| file.system == endpoint.system && file.is_visible(now)))
    }

    /// Where the columns of a file differ from its items; none for a file without columns that can be read.
    async fn columns_of(&self, file: &File, exam: &Exam) -> Result<Option<Vec<Change>>, Failure> {
        self.file_columns(file, &exam.resource).await
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

fn note_columns(report: &mut Report, exam: &Exam, columns: Result<Option<Vec<Change>>, Failure>) {
    let schema = match columns {
        Ok(Some(changes)) => {
            let verdict = Verdict::of_changes(&changes);
            report.see(exam, changes, None);
            verdict
        }
        Ok(None) => Verdict::not_applicable(
            "there is no file of values between commas, whose columns can be read",
        ),
        Err(failure) => Verdict::failed(failure.message),
    };
    report.note(Case::Schema, Some(exam), schema);
}
