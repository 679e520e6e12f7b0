//! Certificate libraries: signed answers about who holds a certificate and who holds none.

use domain::certificate::CertificateRecord;
use domain::conformance::{Case, Exam, Report, Trial, Verdict};
use domain::drift::{self, Shape};
use domain::endpoint::Endpoint;
use domain::item::ItemValue;
use domain::library::Library;
use domain::subject::Subject;
use domain::watch::CERTIFICATES;

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
        if let Err(saw) = self.check_library(endpoint, library).await {
            report.note(Case::Connection, None, Verdict::failed(saw));
            return report;
        }
        report.note(Case::Connection, None, Verdict::Passed);
        for exam in exams {
            let Trial::Certificates { found, absent } = &exam.trial else {
                continue;
            };
            let ask =
                |holder| self.sample_in_library(endpoint, library, &exam.resource, holder, under);
            match ask(found).await {
                Err(fault) => report.note(Case::Found, Some(exam), Verdict::failed(fault.message)),
                Ok(Came::Records(records)) if !records.is_empty() => {
                    judge(&mut report, exam, library, records, found);
                }
                Ok(_) => {
                    report.note(Case::Found, Some(exam), Verdict::failed("it found nothing"));
                }
            }
            let verdict = match ask(absent).await {
                Err(fault) => Verdict::failed(fault.message),
                Ok(Came::Records(records)) if records.is_empty() => Verdict::Passed,
                Ok(_) => Verdict::failed("it answered with a record where nothing is there"),
            };
            report.note(Case::NotFound, Some(exam), verdict);
        }
        report
    }
}

fn judge(
    report: &mut Report,
    exam: &Exam,
    library: &Library,
    records: Vec<CertificateRecord>,
    holder: &Subject,
) {
    if !records.iter().all(|record| record.holders.contains(holder)) {
        let saw = "a certificate is somebody else's";
        report.note(Case::Found, Some(exam), Verdict::failed(saw));
        return;
    }
    report.note(Case::Found, Some(exam), Verdict::Passed);
    let metadata = records.iter().filter_map(|record| record.metadata.as_ref());
    let mut shape = Shape::default();
    metadata.for_each(|one| shape.extend(one));
    let values = records.into_iter().flat_map(|record| {
        let own = record.own.into_iter().map(|own| own.item);
        record.items.into_iter().chain(own)
    });
    let values: Vec<ItemValue> = values.collect();
    let changes = drift::of_values(&exam.resource, &values);
    report.note(Case::Schema, Some(exam), Verdict::of_changes(&changes));
    let places = library.places(&exam.resource.name);
    let kept = shape.to_keep(&places.collect::<Vec<_>>());
    report.see(exam, changes, Some((CERTIFICATES.to_owned(), kept)));
}
