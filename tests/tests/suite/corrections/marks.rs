//! The mark travels: with every way of asking for the record, to every consumer, on every gateway, and as long as it is
//! disputed.

use api::certificate::v1 as certificate;
use api::certificate::v1::batch_lookup_result::Result as Came;
use api::certificate::v1::verify_certificate_request::Key as VerifyKey;
use api::sharing::v1 as pb;
use api::value::v1::ItemValue;
use api::value::v1::item_value::Kind as Value;
use kit::databases::Database;
use kit::folder::Folder;
use kit::world::coded::Coded;
use kit::world::json::{Http, Speaks};
use kit::world::story::{Story, agree};
use kit::world::terms::{CASE, CLERK, application, lookup_request, purpose};
use kit::world::{Client, World, ask, new_id};
use ledger::entry::Kind as EntryKind;
use sandbox::people::{self, Holder};
use serde_json::json;

use super::cast::{
    accept, by_identifier, corrected, disputed, found, marked, marks, of_certificate, raise,
    withdraw,
};

/// Another system of another department.
const SECOND: &str = "realestate-registry";

async fn verified(story: &Story, holder: &Holder) -> certificate::VerifyCertificateResponse {
    let claimed = ItemValue {
        key: "husband_name".to_owned(),
        kind: Some(Value::Text(people::HUSBAND.name.into_owned())),
    };
    let request = certificate::VerifyCertificateRequest {
        certificate_type: story.resource.certificate_type.clone(),
        key: Some(VerifyKey::Holder(holder.to_wire())),
        purpose: Some(purpose()),
        claimed: vec![claimed],
        request_id: new_id(),
        ..certificate::VerifyCertificateRequest::default()
    };
    let mut certificates = story.platform.certificates();
    let answer = certificates.verify_certificate(ask(request)).await;
    answer.unwrap().into_inner()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_way_of_asking_for_a_certificate_says_that_it_is_disputed() {
    let story = Story::of_marriages().await;
    assert!(verified(&story, &people::HUSBAND).await.disputes.is_empty());
    let raised = disputed(&story).await;
    let own = [raised.name.as_str()];
    // The other holder of the same certificate, and its identifier.
    let of_wife = found(&story, &people::WIFE).await.certificate.unwrap();
    assert_eq!(marks(&of_wife), own);
    let request = by_identifier(&story, &of_wife.identifier);
    let answer = story.send(request).await.unwrap().into_inner();
    assert_eq!(marks(&answer.certificate.unwrap()), own);
    // Another certificate of the same entry is not.
    let other = found(&story, &people::ELDER).await.certificate.unwrap();
    assert!(other.disputes.is_empty());
    // A verdict is about a disputed record, and its entry says so.
    let verdict = verified(&story, &people::HUSBAND).await;
    assert_eq!(verdict.disputes.len(), 1);
    assert_eq!(verdict.disputes[0].correction, raised.name);
    let index = usize::try_from(verdict.receipt.unwrap().outcome_index).unwrap();
    let entries = story.auditor.entries().await;
    let told = entries[index].facts().list("disputed");
    assert_eq!(told, Some(&[raised.name.clone()][..]));
    // In a batch the one is and the other is not.
    let batch = certificate::BatchLookupCertificatesRequest {
        purpose: Some(purpose()),
        requests: [people::HUSBAND, people::ELDER]
            .iter()
            .map(|holder| story.part_request(holder))
            .collect(),
    };
    let mut certificates = story.platform.certificates();
    let answer = certificates.batch_lookup_certificates(ask(batch)).await;
    let results = answer.unwrap().into_inner().results.into_iter();
    let results: Vec<usize> = results
        .map(|result| match result.result.unwrap() {
            Came::Answer(answer) => answer.certificate.unwrap().disputes.len(),
            Came::Failure(failure) => panic!("{}", failure.reason),
        })
        .collect();
    assert_eq!(results, [1, 0]);
    // For a matter, where the proof of marriage is the fourth need.
    let request = crate::needs::request(&people::HUSBAND);
    let answer = certificates.lookup_for_matter(ask(request)).await;
    let needs = answer.unwrap().into_inner().needs;
    let met = needs[3].attempts.last().unwrap();
    assert_eq!(marks(met.certificate.as_ref().unwrap()), own);
    // And as JSON.
    let identity = Some(&story.platform.identity);
    let mut http = Http::open(&story.world.gateway, identity, Speaks::Http2).await;
    let body = json!({
        "certificateType": story.resource.certificate_type,
        "holder": {"typeCode": "111", "code": people::HUSBAND.code},
        "purpose": {"matter": purpose().matter, "caseNumber": CASE, "operator": CLERK},
        "requestId": new_id(),
    });
    let reply = http.post("/v1/certificates:lookup", &body).await.good();
    let told = &reply["certificate"]["disputes"];
    assert_eq!(told[0]["correction"], raised.name.as_str());
    assert_eq!(told[0]["items"], json!(["registration_date"]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_use_code_brings_the_mark_along() {
    let coded = Coded::start().await;
    let by_code = async || {
        let code = coded.code().await.code;
        let answer = coded.story.send(coded.lookup_by(&code)).await;
        answer.unwrap().into_inner().certificate.unwrap()
    };
    let card = by_code().await;
    assert!(card.disputes.is_empty());
    let doubt = pb::Correction {
        items: Vec::new(),
        ..of_certificate(&coded.story, &card.identifier)
    };
    let raised = raise(&coded.story.platform, doubt).await.unwrap();
    assert_eq!(marks(&by_code().await), [raised.into_inner().name.as_str()]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kept_answer_has_the_marks_of_the_moment_and_not_those_of_its_making() {
    let story = Story::of_cached_marriages_in(World::start().await, 3600).await;
    let kept = async || {
        let found = found(&story, &people::HUSBAND).await;
        let receipt = found.receipt.unwrap();
        let certificate = found.certificate.unwrap();
        let marks: Vec<String> = marks(&certificate).into_iter().map(str::to_owned).collect();
        (certificate.from_cache, marks, receipt.outcome_index)
    };
    assert!(!kept().await.0);
    let (from_cache, before, _) = kept().await;
    assert!(from_cache && before.is_empty());
    let raised = disputed(&story).await;
    let (from_cache, marks, index) = kept().await;
    assert!(from_cache && marks == [raised.name.as_str()]);
    let entries = story.auditor.entries().await;
    let served = &entries[usize::try_from(index).unwrap()];
    assert_eq!(*served.kind(), EntryKind::Served);
    let told = served.facts().list("disputed");
    assert_eq!(told, Some(&[raised.name.clone()][..]));
    // What the issuer is asked for now and kept anew is kept without its mark.
    let fresh = certificate::LookupCertificateRequest {
        max_age_s: Some(0),
        ..story.lookup_request(&people::HUSBAND)
    };
    story.send(fresh).await.unwrap();
    accept(&story.owner, &raised.name).await.unwrap();
    assert_eq!(kept().await.1, [raised.name.as_str()]);
    corrected(&story.owner, &raised.name).await.unwrap();
    let (from_cache, after, _) = kept().await;
    assert!(from_cache && after.is_empty());
}

/// A second consumer of the same entry: its system, and an officer of its department.
pub(super) async fn second(story: &Story) -> (Client, Client) {
    let system = story.world.enrol_system(SECOND).await;
    let officer = story
        .world
        .enrol_officer("市自然资源和规划局", "chen")
        .await;
    let terms = pb::Application {
        consumer: format!("systems/{SECOND}"),
        ..application(&story.resource)
    };
    agree(&officer, &story.owner, terms).await;
    (system, officer)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_consumer_sees_the_mark_and_may_add_its_own() {
    let story = Story::of_marriages().await;
    let (system, officer) = second(&story).await;
    let theirs = async || {
        let request = lookup_request(&story.resource.certificate_type, &people::HUSBAND);
        let answer = system.certificates().lookup_certificate(ask(request)).await;
        answer.unwrap().into_inner().certificate.unwrap()
    };
    let raised = disputed(&story).await;
    let seen = theirs().await;
    assert_eq!(marks(&seen), [raised.name.as_str()]);
    let own = pb::Correction {
        consumer: format!("systems/{SECOND}"),
        items: Vec::new(),
        ..of_certificate(&story, &seen.identifier)
    };
    let second = raise(&officer, own).await.unwrap().into_inner();
    let mut both = vec![raised.name.clone(), second.name.clone()];
    both.sort();
    assert_eq!(marks(&theirs().await), both);
    assert_eq!(marked(&story).await, both);
    withdraw(&officer, &second.name).await.unwrap();
    assert_eq!(marked(&story).await, [raised.name.as_str()]);
}

kit::on_each_database!(the_mark_comes_and_goes_on_the_other_gateway_too);

async fn the_mark_comes_and_goes_on_the_other_gateway_too(database: &Database) {
    let url = database.url_text();
    let first = World::open_on(Folder::new("one"), Some(&url), None).await;
    let story = Story::of_cached_marriages_in(first, 3600).await;
    let copy = story.world.folder().copy("two");
    let second = World::open_on(copy, Some(&url), None).await;
    let elsewhere = second.connect(story.platform.identity.clone()).await;
    let there = async || {
        let request = story.lookup_request(&people::HUSBAND);
        let answer = elsewhere
            .certificates()
            .lookup_certificate(ask(request))
            .await;
        answer
            .unwrap()
            .into_inner()
            .certificate
            .unwrap()
            .disputes
            .len()
    };
    // The other gateway looks at the store by itself; until then it knows what it knew.
    let until = async |wanted: usize| {
        let mut asked = 0;
        while there().await != wanted {
            asked += 1;
            assert!(asked < 5_000, "it was never heard of");
        }
    };
    assert_eq!(there().await, 0);
    let raised = disputed(&story).await;
    until(1).await;
    withdraw(&story.applicant, &raised.name).await.unwrap();
    until(0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_that_starts_anew_knows_what_is_disputed() {
    let story = Story::of_marriages().await;
    let raised = disputed(&story).await;
    let (identity, request) = (
        story.platform.identity.clone(),
        story.lookup_request(&people::HUSBAND),
    );
    let Story {
        world, provider, ..
    } = story;
    let again = World::open(world.kill()).await;
    let platform = again.connect(identity).await;
    let mut tries = 0;
    let answer = loop {
        let mut certificates = platform.certificates();
        match certificates.lookup_certificate(ask(request.clone())).await {
            Ok(answer) => break answer.into_inner(),
            Err(status) => {
                tries += 1;
                assert!(tries < 20, "{status:?}");
            }
        }
    };
    assert_eq!(marks(&answer.certificate.unwrap()), [raised.name.as_str()]);
    drop(provider);
}
