//! What is found, by holder and by identifier.

use api::certificate::v1::CertificateState;
use api::provider::v1::FindCertificatesRequest;
use api::provider::v1::find_certificates_request::Key;
use tonic::Code;

use super::{LICENCE, MARRIAGE, Scene, TITLE, by, ticket, type_name};
use crate::people;

#[tokio::test]
async fn both_holders_find_the_one_marriage_certificate() {
    let scene = Scene::of("marriage-registry").await;
    for holder in [people::HUSBAND, people::WIFE] {
        let found = scene.find(MARRIAGE, by(&holder)).await.unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].holders.len(), 2);
        assert_eq!(
            found[0].identifier,
            "1.2.156.3005.2.11100000XY9000051R001.11430500XY00001437.J4305002022000001.001.U"
        );
    }
}

#[tokio::test]
async fn a_certificate_comes_whole_so_that_the_gateway_has_something_to_mask() {
    let scene = Scene::of("marriage-registry").await;
    let found = scene.find(MARRIAGE, by(&people::WIFE)).await.unwrap();
    let has = |key: &str| found[0].items.iter().any(|item| item.key == key);
    assert!(has("registration_number"), "was asked for");
    assert!(has("husband_birth_date"), "was not asked for");
    assert_eq!(
        (
            found[0].effective_date.as_str(),
            found[0].expire_date.as_str()
        ),
        ("2022-02-22", "")
    );
}

#[tokio::test]
async fn an_owner_of_two_gets_both_and_nobody_chooses() {
    let scene = Scene::of("realestate-registry").await;
    let found = scene.find(TITLE, by(&people::OWNER)).await.unwrap();
    assert_eq!(found.len(), 2);
    let one = scene
        .find(TITLE, Key::Identifier(found[1].identifier.clone()))
        .await
        .unwrap();
    assert_eq!(one.len(), 1);
    assert_eq!(one[0].identifier, found[1].identifier);
}

#[tokio::test]
async fn who_has_none_gets_none() {
    let scene = Scene::of("realestate-registry").await;
    assert!(
        scene
            .find(TITLE, by(&people::STRANGER))
            .await
            .unwrap()
            .is_empty()
    );
    // The same digits as another type of holder are somebody else.
    let other = people::Holder {
        type_code: "999",
        ..people::OWNER
    };
    assert!(scene.find(TITLE, by(&other)).await.unwrap().is_empty());
    assert!(
        scene
            .find(MARRIAGE, by(&people::OWNER))
            .await
            .unwrap()
            .is_empty()
    );
    let unknown = Key::Identifier("1.2.156.3005.2".to_owned());
    assert!(scene.find(TITLE, unknown).await.unwrap().is_empty());
}

#[tokio::test]
async fn the_stored_state_is_sent_and_expiry_is_not_one() {
    let scene = Scene::of("enterprise-registry").await;
    for (holder, state, last_day) in [
        (people::COMPANY, CertificateState::Valid, ""),
        (people::SUSPENDED, CertificateState::Suspended, ""),
        (people::COOPERATIVE, CertificateState::Valid, "2021-11-30"),
    ] {
        let found = scene.find(LICENCE, by(&holder)).await.unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].state(), found[0].expire_date.as_str()),
            (state, last_day)
        );
    }
}

#[tokio::test]
async fn a_request_without_ticket_or_key_is_malformed() {
    let scene = Scene::of("marriage-registry").await;
    let whole = FindCertificatesRequest {
        ticket: Some(ticket()),
        certificate_type: type_name(MARRIAGE),
        key: Some(by(&people::WIFE)),
        items: Vec::new(),
    };
    for request in [
        FindCertificatesRequest {
            ticket: None,
            ..whole.clone()
        },
        FindCertificatesRequest { key: None, ..whole },
    ] {
        let refused = scene.ask(request).await.err().unwrap();
        assert_eq!(refused.code(), Code::InvalidArgument);
    }
}
