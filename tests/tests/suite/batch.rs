//! Many lookups in one call: each of its own, in their order.

use std::collections::BTreeSet;

use api::certificate::v1 as pb;
use api::certificate::v1::Disposition;
use api::certificate::v1::batch_lookup_result::Result as Came;
use kit::world::answer::refused;
use kit::world::story::Story;
use kit::world::terms::purpose;
use kit::world::{ask, new_id};
use ledger::entry::Kind;
use sandbox::people;
use sandbox::provider::Behaviour;
use tonic::Status;

fn batch(requests: Vec<pb::LookupCertificateRequest>) -> pb::BatchLookupCertificatesRequest {
    pb::BatchLookupCertificatesRequest {
        purpose: Some(purpose()),
        requests,
    }
}

async fn send(
    story: &Story,
    request: pb::BatchLookupCertificatesRequest,
) -> Result<Vec<Came>, Status> {
    let mut certificates = story.platform.certificates();
    let answer = certificates.batch_lookup_certificates(ask(request)).await?;
    let results = answer.into_inner().results.into_iter();
    Ok(results.map(|result| result.result.unwrap()).collect())
}

/// In one word: a disposition or a reason.
fn words(results: &[Came]) -> Vec<&str> {
    let word = |came: &Came| match came {
        Came::Answer(answer) => answer.disposition().as_str_name(),
        Came::Failure(failure) => Box::leak(failure.reason.clone().into_boxed_str()),
    };
    results.iter().map(word).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_is_answered_in_its_place_and_a_bad_one_spoils_no_other() {
    let story = Story::of_marriages().await;
    let refused_part = pb::LookupCertificateRequest {
        items: vec!["wife_id_number".to_owned()],
        ..story.part_request(&people::HUSBAND)
    };
    let nobodys = pb::LookupCertificateRequest {
        certificate_type: "certificateTypes/11100000MB0143028R001".to_owned(),
        ..story.part_request(&people::HUSBAND)
    };
    let requests = vec![
        story.part_request(&people::HUSBAND),
        refused_part,
        story.part_request(&people::STRANGER),
        nobodys,
        story.part_request(&people::WIFE),
    ];
    let ids: Vec<String> = requests
        .iter()
        .map(|part| part.request_id.clone())
        .collect();
    let results = send(&story, batch(requests.clone())).await.unwrap();
    assert_eq!(
        words(&results),
        [
            "DISPOSITION_FOUND",
            "ITEM_NOT_COVERED",
            "DISPOSITION_NO_MATCH",
            "GRANT_MISSING",
            "DISPOSITION_FOUND"
        ]
    );
    let entries = story.auditor.entries().await;
    let mut intents = BTreeSet::new();
    for (came, id) in results.iter().zip(&ids) {
        let of_it = entries.iter().filter(|entry| entry.request_id() == id);
        let kinds: Vec<&Kind> = of_it.clone().map(ledger::entry::Entry::kind).collect();
        match came {
            Came::Answer(answer) => {
                let receipt = answer.receipt.as_ref().unwrap();
                assert_eq!(receipt.request_id, *id);
                assert!(intents.insert(receipt.intent_index));
                assert!(matches!(
                    kinds.as_slice(),
                    [Kind::Intent, Kind::Outcome { .. }]
                ));
            }
            Came::Failure(failure) => {
                let entry = of_it.clone().next().unwrap();
                assert_eq!(u64::try_from(failure.entry).ok(), Some(entry.index()));
                assert_eq!((failure.fault.as_str(), failure.retry), ("consumer", false));
                assert!(!failure.next.is_empty() && !failure.rule.is_empty());
            }
        }
    }
    // What was answered is not answered twice.
    let again = send(&story, batch(requests)).await.unwrap();
    assert_eq!(words(&again)[0], "REQUEST_ID_REUSED");
    assert_eq!(words(&again)[1], "ITEM_NOT_COVERED");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_failed_is_asked_for_again_under_the_same_ids() {
    let story = Story::of_marriages().await;
    let requests = batch(vec![
        story.part_request(&people::HUSBAND),
        story.part_request(&people::WIFE),
    ]);
    let provider = story.provider.running();
    provider.set_behaviour(Behaviour::BreakOff);
    for came in send(&story, requests.clone()).await.unwrap() {
        let Came::Failure(failure) = came else {
            panic!("answered");
        };
        assert_eq!((failure.fault.as_str(), failure.retry), ("provider", true));
    }
    provider.set_behaviour(Behaviour::Normal);
    let results = send(&story, requests).await.unwrap();
    assert_eq!(words(&results), ["DISPOSITION_FOUND"; 2]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_faults_of_all_lookups_are_told_at_once_and_nobody_is_asked() {
    let story = Story::of_marriages().await;
    let good = story.part_request(&people::HUSBAND);
    let twice = good.clone();
    let with_purpose = story.lookup_request(&people::WIFE);
    let bad = pb::LookupCertificateRequest {
        certificate_type: String::new(),
        key: None,
        request_id: "x".to_owned(),
        ..story.part_request(&people::WIFE)
    };
    let mut request = batch(vec![good, twice, with_purpose, bad]);
    request.purpose.as_mut().unwrap().case_number.clear();
    let told = refused(send(&story, request).await.map(tonic::Response::new));
    assert_eq!(
        told.fields(),
        [
            "purpose.case_number",
            "requests[1].request_id",
            "requests[2].purpose",
            "requests[3].request_id",
            "requests[3].certificate_type",
            "requests[3].key",
        ]
    );
    assert_eq!(story.provider.running().asked(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_are_the_most() {
    let story = Story::of_marriages().await;
    let many = |count: usize| {
        let one = |_| pb::LookupCertificateRequest {
            request_id: new_id(),
            ..story.part_request(&people::HUSBAND)
        };
        batch((0..count).map(one).collect())
    };
    let results = send(&story, many(50)).await.unwrap();
    assert_eq!(words(&results), vec![Disposition::Found.as_str_name(); 50]);
    for count in [0, 51] {
        let told = refused(send(&story, many(count)).await.map(tonic::Response::new));
        assert!(told.of_field("requests").starts_with("TOO_MANY"), "{count}");
    }
}
