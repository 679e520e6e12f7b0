//! A library under the conformance kit: what it holds is found, what it does not hold is said not to be there.

use api::registry::v1 as registry;
use api::registry::v1::conformance_finding::Verdict;
use kit::world::ask;
use kit::world::conformed::{request, sample};
use kit::world::shelved::Shelved;
use sandbox::people::{HUSBAND, STRANGER, WIFE};

async fn run(
    shelved: &Shelved,
    sample: registry::ConformanceSample,
) -> registry::CheckConformanceResponse {
    let run = request(&shelved.endpoint().name, vec![sample]);
    let answer = shelved.owner.endpoints().check_conformance(ask(run)).await;
    answer.unwrap().into_inner()
}

/// How each case of a resource ended.
fn cases(answer: &registry::CheckConformanceResponse) -> Vec<(&str, Verdict)> {
    let findings = answer.findings.iter();
    findings
        .map(|one| (one.case.as_str(), one.verdict()))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_library_is_tried_by_signed_answers_about_samples() {
    let shelved = Shelved::start().await;
    let resource = &shelved.resource.name;
    let good = run(&shelved, sample(resource, &HUSBAND, &STRANGER)).await;
    assert_eq!(
        cases(&good),
        [
            ("connection", Verdict::Passed),
            ("found", Verdict::Passed),
            ("schema", Verdict::Passed),
            ("not-found", Verdict::Passed),
        ],
        "{:?}",
        good.findings
    );
    assert!(good.passed);
    let asked = shelved.library.asked();
    assert_eq!(asked.len(), 2);
    assert!(
        asked[0].use_cause.contains("conformance"),
        "{}",
        asked[0].use_cause
    );
    // Who holds nothing is not found, and who holds something is not absent.
    let bad = run(&shelved, sample(resource, &STRANGER, &WIFE)).await;
    assert_eq!(
        cases(&bad)[1..],
        [("found", Verdict::Failed), ("not-found", Verdict::Failed)]
    );
    assert!(!bad.passed);
}
