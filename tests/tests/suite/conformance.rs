//! The conformance kit: an endpoint that keeps the contract passes, each that breaks it fails by the case that says
//! how, and what is recorded decides whether its system counts as connected.

use api::compliance::v1 as compliance;
use api::registry::v1 as registry;
use api::registry::v1::conformance_finding::Verdict;
use kit::folder::Folder;
use kit::world::answer::refused;
use kit::world::conformed::{request, sample};
use kit::world::insured::Insured;
use kit::world::persons::{NOBODY, Persons};
use kit::world::story::Story;
use kit::world::{Client, World, ask, new_id};
use ledger::entry::Kind;
use sandbox::people::{self, HUSBAND, STRANGER};
use sandbox::provider::Behaviour;

/// How a provider breaks the contract, by which case that is found, and what is told of it.
pub(super) const BREACHES: [(Behaviour, &str, &str); 13] = [
    (Behaviour::Fail, "found", "INTERNAL"),
    (Behaviour::BreakOff, "found", "UNAVAILABLE"),
    (Behaviour::Pending, "found", "put the question off"),
    (Behaviour::WrongRequestId, "found", "another request id"),
    (Behaviour::SwappedHolder, "found", "somebody else's"),
    (Behaviour::TooMany, "found", "more than 16"),
    (Behaviour::MistypedItem, "schema", "served as"),
    (Behaviour::NotServing, "health", "does not say SERVING"),
    (
        Behaviour::NeverNone,
        "not-found",
        "a record where nothing is there",
    ),
    (Behaviour::TakesAnything, "malformed", "it answered"),
    (Behaviour::TakesAnything, "oversized", "it answered"),
    (
        Behaviour::OneAtATime,
        "slow",
        "of 16 questions at once got no good answer",
    ),
    (
        Behaviour::Leaks,
        "cancelled",
        "after 120 requests that were given up",
    ),
];

async fn run(
    who: &Client,
    request: registry::CheckConformanceRequest,
) -> registry::CheckConformanceResponse {
    let answer = who.endpoints().check_conformance(ask(request)).await;
    answer.unwrap().into_inner()
}

/// The cases that failed, each with what was seen.
fn failed(answer: &registry::CheckConformanceResponse) -> Vec<(String, String)> {
    let findings = answer.findings.iter();
    findings
        .filter(|finding| finding.verdict() == Verdict::Failed)
        .map(|finding| {
            assert!(!finding.advice.is_empty(), "{}", finding.case);
            (finding.case.clone(), finding.saw.clone())
        })
        .collect()
}

/// How one case ended.
fn verdict(answer: &registry::CheckConformanceResponse, case: &str) -> Vec<Verdict> {
    let findings = answer
        .findings
        .iter()
        .filter(|finding| finding.case == case);
    findings
        .map(registry::ConformanceFinding::verdict)
        .collect()
}

async fn connected(auditor: &Client, system: &str) -> (bool, bool) {
    let request = compliance::GetProgressRequest {
        name: "plans/2022".to_owned(),
    };
    let board = auditor
        .plans()
        .get_progress(ask(request))
        .await
        .unwrap()
        .into_inner();
    let row = board
        .departments
        .into_iter()
        .flat_map(|department| department.systems);
    let row = row.into_iter().find(|row| row.system == system).unwrap();
    let conformed = row
        .facts
        .iter()
        .find(|fact| fact.key == "conformed")
        .unwrap();
    (row.connected, conformed.proved)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_system_counts_as_connected_while_its_endpoint_passes() {
    let story = Story::of_marriages().await;
    let system = "systems/marriage-registry";
    story.lookup(&HUSBAND).await.unwrap();
    assert_eq!(connected(&story.auditor, system).await, (false, false));

    let asked = story.conformance_request();
    let answer = run(&story.owner, asked.clone()).await;
    assert_eq!(failed(&answer), []);
    assert!(answer.passed);
    assert_eq!(answer.findings.len(), 12, "{:?}", answer.findings);
    assert!(answer.endpoint.unwrap().conformance.unwrap().passed);
    assert_eq!(connected(&story.auditor, system).await, (true, true));
    // The same request again asks nobody.
    let before = story.provider.running().asked();
    let again = run(&story.owner, asked).await;
    assert!(again.endpoint.unwrap().conformance.unwrap().passed);
    assert_eq!(story.provider.running().asked(), before);

    story
        .provider
        .running()
        .set_behaviour(Behaviour::MistypedItem);
    let answer = run(&story.owner, story.conformance_request()).await;
    let (cases, saw): (Vec<_>, Vec<_>) = failed(&answer).into_iter().unzip();
    assert_eq!(cases, ["schema"]);
    assert!(saw[0].contains("is registered as data type"), "{saw:?}");
    assert_eq!(connected(&story.auditor, system).await, (false, false));

    story.provider.running().set_behaviour(Behaviour::Normal);
    run(&story.owner, story.conformance_request()).await;
    assert_eq!(connected(&story.auditor, system).await, (true, true));
    // Asking is recorded before it is done, and names nobody.
    let entries = story.auditor.entries().await;
    let events: Vec<String> = entries
        .iter()
        .filter_map(|entry| match entry.kind() {
            Kind::Change { event } => event.strip_prefix("registry.endpoint.").map(str::to_owned),
            _ => None,
        })
        .filter(|event| event.contains("conform") || event.contains("examination"))
        .collect();
    let begun = "examination_begun";
    assert_eq!(
        events,
        [
            begun,
            "conformed",
            begun,
            "not_conformed",
            begun,
            "conformed"
        ]
    );
    let bodies = story.auditor.entry_bodies().await.concat();
    assert!(!String::from_utf8_lossy(&bodies).contains(HUSBAND.code.as_ref()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_way_to_break_the_contract_fails_by_its_case() {
    let story = Story::of_marriages().await;
    for (behaviour, case, saw) in BREACHES {
        story.provider.running().set_behaviour(behaviour);
        let answer = run(&story.owner, story.conformance_request()).await;
        assert!(!answer.passed, "{behaviour:?}");
        let failed = failed(&answer);
        let told = failed.iter().find(|(known, _)| known == case);
        let (_, told) = told.unwrap_or_else(|| panic!("{behaviour:?}: {failed:?}"));
        assert!(told.contains(saw), "{behaviour:?}: {told}");
        assert!(!format!("{answer:?}").contains(HUSBAND.code.as_ref()));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_faults_of_samples_are_told_before_anybody_is_asked() {
    let story = Story::of_marriages().await;
    let before = story.provider.running().asked();
    let entries = story.auditor.entries().await.len();
    let mut asked = story.conformance_request();
    // Nobody may be looked at who could be alive.
    asked.samples[0].holder = Some(registry::SampleHolder {
        type_code: "111".to_owned(),
        code: "430502198201020013".to_owned(),
    });
    asked.samples[0].absent_holder = None;
    asked.samples.push(registry::ConformanceSample {
        resource: "resources/105001-000777".to_owned(),
        ..registry::ConformanceSample::default()
    });
    let told = refused(story.owner.endpoints().check_conformance(ask(asked)).await);
    for (field, code) in [
        ("samples[0].holder", "MAY_BE_ALIVE"),
        ("samples[0].absent_holder", "REQUIRED"),
        ("samples[1].resource", "NOT_PROVIDED"),
    ] {
        assert!(told.of_field(field).contains(code), "{told:?}");
    }
    assert_eq!(told.violations.len(), 3, "{told:?}");
    let mut dry = story.conformance_request();
    dry.validate_only = true;
    assert_eq!(run(&story.owner, dry).await.findings, []);
    assert_eq!(story.provider.running().asked(), before);
    assert_eq!(story.auditor.entries().await.len(), entries);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tables_are_tried_beside_certificates() {
    let story = Story::of_enterprises().await;
    let absent = people::background_firm(9_000);
    let certificates = sample(&story.resource.name, &people::COMPANY, &absent);
    let endpoint = "systems/enterprise-registry/endpoints/main";
    let sample = registry::ConformanceSample {
        holder_item: "credit_code".to_owned(),
        ..certificates
    };
    let answer = run(&story.owner, request(endpoint, vec![sample.clone()])).await;
    assert_eq!(failed(&answer), []);
    assert_eq!(verdict(&answer, "found"), [Verdict::Passed; 2]);
    assert_eq!(verdict(&answer, "cancelled"), [Verdict::Passed; 2]);
    for (behaviour, case) in [
        (Behaviour::NeverNone, "not-found"),
        (Behaviour::TakesAnything, "malformed"),
        (Behaviour::TakesAnything, "oversized"),
    ] {
        story.provider.running().set_behaviour(behaviour);
        let answer = run(&story.owner, request(endpoint, vec![sample.clone()])).await;
        assert_eq!(verdict(&answer, case), [Verdict::Failed; 2], "{case}");
        assert!(!answer.passed);
    }
    story.provider.running().set_behaviour(Behaviour::TooMany);
    let answer = run(&story.owner, request(endpoint, vec![sample])).await;
    assert_eq!(verdict(&answer, "found"), [Verdict::Failed; 2]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_of_a_bureaus_own_is_tried_method_by_method() {
    let insured = Insured::granting(World::start().await, &["name"]).await;
    let asked = insured.conformance_request();
    let answer = run(&insured.owner, asked.clone()).await;
    assert_eq!(failed(&answer), []);
    let mut found = vec![Verdict::Passed; 3];
    // What may have an effect, and has no sample, is not called; that is told with what to do.
    found.push(Verdict::NotApplicable);
    assert_eq!(verdict(&answer, "found"), found);
    let untried = answer.findings.last().unwrap();
    assert!(untried.method.ends_with("/ReportChanges"), "{untried:?}");
    assert!(untried.saw.contains("may have an effect"), "{untried:?}");
    assert!(untried.advice.contains("give a sample"), "{untried:?}");
    // A question that is no message of the method, and a method without one.
    let mut bad = registry::CheckConformanceRequest {
        request_id: new_id(),
        ..asked
    };
    let question = bad.samples[0].calls[0].found.as_mut().unwrap();
    question.json = vec![r#"{"idNumbr": "430502190102030017"}"#.to_owned()];
    bad.samples[0].calls.remove(1);
    let asked = bad;
    let told = refused(
        insured
            .owner
            .endpoints()
            .check_conformance(ask(asked))
            .await,
    );
    assert_eq!(
        told.fields(),
        ["samples[0].calls[0].found", "samples[0].calls"]
    );
    assert!(told.violations[0].1.contains("NOT_A_MESSAGE"), "{told:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_lets_anybody_in_fails_by_each_wrong_certificate() {
    let mut persons = Persons::granting(&["name"]).await;
    let path = |id: &str| {
        Some(registry::SampleQuestion {
            json: Vec::new(),
            path: format!("/persons/{id}"),
        })
    };
    let sample = registry::ConformanceSample {
        resource: persons.grant.resource.clone(),
        calls: vec![registry::SampleCall {
            method: "GET /persons/{id}".to_owned(),
            found: path("430502190102030017"),
            absent: path(NOBODY),
        }],
        ..registry::ConformanceSample::default()
    };
    let endpoint = "systems/social-security/endpoints/http";
    let answer = run(&persons.owner, request(endpoint, vec![sample.clone()])).await;
    assert_eq!(failed(&answer), []);
    assert_eq!(verdict(&answer, "health"), [Verdict::NotApplicable]);
    persons.serve_anybody().await;
    let answer = run(&persons.owner, request(endpoint, vec![sample])).await;
    let cases: Vec<String> = failed(&answer).into_iter().map(|(case, _)| case).collect();
    assert_eq!(
        cases,
        ["no-certificate", "strange-certificate", "other-certificate"]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_prints_each_case_and_its_ending_says_whether_all_passed() {
    let story = Story::of_marriages().await;
    let folder = Folder::new("samples");
    let file = folder.path().join("samples.toml");
    let resource = &story.resource.name;
    let (code, nobody) = (&HUSBAND.code, &STRANGER.code);
    let text = format!(
        "[[sample]]\nresource = \"{resource}\"\nholder = {{ type_code = \"111\", code = \"{code}\" }}\n\
         absent_holder = {{ type_code = \"111\", code = \"{nobody}\" }}\n"
    );
    std::fs::write(&file, text).unwrap();
    let file = file.to_str().unwrap();
    let endpoint = "systems/marriage-registry/endpoints/main";
    let arguments = ["conform", "--endpoint", endpoint, "--samples", file];
    let ran = story.world.shuqiaoctl(&story.owner, &arguments);
    assert_eq!(ran.code, 0, "{} {}", ran.said, ran.told);
    assert!(
        ran.told.contains("passed: 0 of 12 cases failed"),
        "{}",
        ran.told
    );
    story.provider.running().set_behaviour(Behaviour::Fail);
    let ran = story.world.shuqiaoctl(&story.owner, &arguments);
    assert_eq!(ran.code, 1, "{}", ran.told);
    assert!(
        ran.said.contains("FAILED") && ran.said.contains("INTERNAL"),
        "{}",
        ran.said
    );
}
