//! Providers that break the contract do so over the real wire.

use std::time::Duration;

use api::provider::v1::FindCertificatesRequest;
use api::provider::v1::certificate_provider_service_client::CertificateProviderServiceClient;
use api::value::v1::item_value::Kind;
use tonic::Code;

use super::{MARRIAGE, REQUEST_ID, Scene, by, ticket, type_name};
use crate::client::with_deadline;
use crate::people;
use crate::provider::{Asked, Behaviour};

fn request() -> FindCertificatesRequest {
    FindCertificatesRequest {
        ticket: Some(ticket()),
        certificate_type: type_name(MARRIAGE),
        key: Some(by(&people::HUSBAND)),
        items: Vec::new(),
    }
}

#[tokio::test]
async fn each_behaviour_is_seen_and_can_be_taken_back() {
    let scene = Scene::of("marriage-registry").await;
    let whole = scene.find(MARRIAGE, by(&people::HUSBAND)).await.unwrap();

    scene.provider.set_behaviour(Behaviour::WrongRequestId);
    let answer = scene.ask(request()).await.ok().unwrap().into_inner();
    assert_ne!(answer.request_id, REQUEST_ID);
    assert_eq!(answer.certificates.len(), 1);

    scene.provider.set_behaviour(Behaviour::SwappedHolder);
    let swapped = scene.find(MARRIAGE, by(&people::HUSBAND)).await.unwrap();
    assert_eq!(swapped.len(), 1);
    assert!(
        swapped[0]
            .holders
            .iter()
            .all(|holder| holder.code != people::HUSBAND.code)
    );

    scene.provider.set_behaviour(Behaviour::ExtraItems);
    let more = scene.find(MARRIAGE, by(&people::HUSBAND)).await.unwrap();
    assert_eq!(more[0].items.len(), whole[0].items.len() + 1);

    scene.provider.set_behaviour(Behaviour::MistypedItem);
    let mistyped = scene.find(MARRIAGE, by(&people::HUSBAND)).await.unwrap();
    assert!(mistyped[0].items[0].kind == Some(Kind::Integer(0)));

    scene.provider.set_behaviour(Behaviour::TooMany);
    assert_eq!(
        scene
            .find(MARRIAGE, by(&people::HUSBAND))
            .await
            .unwrap()
            .len(),
        17
    );

    scene.provider.set_behaviour(Behaviour::BreakOff);
    let broken = scene.ask(request()).await.err().unwrap();
    assert_eq!(broken.code(), Code::Unavailable);

    scene.provider.set_behaviour(Behaviour::Fail);
    let failed = scene.ask(request()).await.err().unwrap();
    assert_eq!(failed.code(), Code::Internal);
    assert!(failed.message().contains(people::HUSBAND.code.as_ref()));

    scene.provider.set_behaviour(Behaviour::Normal);
    let again = scene.find(MARRIAGE, by(&people::HUSBAND)).await.unwrap();
    assert!(again == whole);
}

#[tokio::test]
async fn a_hanging_or_slow_provider_meets_the_deadline() {
    let scene = Scene::of("marriage-registry").await;
    for behaviour in [Behaviour::Hang, Behaviour::Slow(Duration::from_hours(1))] {
        scene.provider.set_behaviour(behaviour);
        let late = CertificateProviderServiceClient::new(scene.gateway.clone())
            .find_certificates(with_deadline(request(), Duration::from_millis(100)))
            .await
            .err()
            .unwrap();
        // tonic gives an elapsed deadline as either, depending on the side that noticed.
        assert!(
            matches!(late.code(), Code::Cancelled | Code::DeadlineExceeded),
            "{late:?}"
        );
    }
    assert_eq!(scene.provider.asked(), 2);
}

#[tokio::test]
async fn a_slow_provider_answers_in_the_end() {
    let scene = Scene::of("marriage-registry").await;
    scene
        .provider
        .set_behaviour(Behaviour::Slow(Duration::from_millis(20)));
    assert_eq!(
        scene
            .find(MARRIAGE, by(&people::HUSBAND))
            .await
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn a_stop_ends_calls_that_hang() {
    let scene = Scene::of("marriage-registry").await;
    scene.provider.set_behaviour(Behaviour::Hang);
    let gateway = scene.gateway.clone();
    let waiting = tokio::spawn(async move {
        let mut client = CertificateProviderServiceClient::new(gateway);
        client
            .find_certificates(with_deadline(request(), Duration::from_mins(1)))
            .await
            .err()
    });
    let arrived = async {
        while scene.provider.asked() == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), arrived)
        .await
        .unwrap();
    scene.provider.stop().await;
    assert_eq!(waiting.await.unwrap().unwrap().code(), Code::Unavailable);
}

#[tokio::test]
async fn every_request_is_counted_and_the_latest_are_remembered() {
    let scene = Scene::of("marriage-registry").await;
    for _ in 0..3 {
        scene.find(MARRIAGE, by(&people::HUSBAND)).await.unwrap();
    }
    // Also one that could not be answered.
    let refused = scene
        .ask(FindCertificatesRequest {
            ticket: None,
            ..request()
        })
        .await;
    assert!(refused.is_err());
    assert_eq!(scene.provider.asked(), 4);
    let one = Asked {
        request_id: REQUEST_ID.to_owned(),
        intent_index: 7,
    };
    let none = Asked {
        request_id: String::new(),
        intent_index: 0,
    };
    assert_eq!(
        scene.provider.latest(),
        [one.clone(), one.clone(), one, none]
    );
}
