//! Certificates of several holders: who asks about one sees what is theirs, and what is common.

use api::certificate::v1 as pb;
use api::value::v1::ItemValue;
use api::value::v1::item_value::Kind;
use kit::world::story::Story;
use kit::world::terms::purpose;
use kit::world::{ask, new_id};
use prost::Message;
use sandbox::people;

fn text(certificate: &pb::Certificate, key: &str) -> Option<String> {
    let item = certificate.items.iter().find(|item| item.key == key)?;
    match &item.kind {
        Some(Kind::Text(text)) => Some(text.clone()),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_holder_sees_the_common_items_and_its_own() {
    let story = Story::of_households().await;
    let mut identifiers = Vec::new();
    for (holder, own, others) in [
        (&people::HUSBAND, ["户主", "汉"], ["妻", "苗"]),
        (&people::WIFE, ["妻", "苗"], ["户主", "汉"]),
    ] {
        let answer = story.lookup(holder).await.unwrap().into_inner();
        let certificate = answer.certificate.as_ref().unwrap();
        let seen = ["relation_to_head", "ethnicity"].map(|key| text(certificate, key).unwrap());
        assert_eq!(seen, own);
        let kind = text(certificate, "household_kind");
        assert_eq!(kind.as_deref(), Some("家庭户"));
        let values: Vec<Vec<u8>> = certificate
            .items
            .iter()
            .map(Message::encode_to_vec)
            .collect();
        for other in others {
            let spelled = |value: &Vec<u8>| value.ends_with(&[&[3], other.as_bytes()].concat());
            assert!(!values.iter().any(spelled), "{other}");
        }
        identifiers.push(certificate.identifier.clone());
    }
    // By identifier nobody is asked about: nobody's own items leave.
    let mut request = story.lookup_request(&people::HUSBAND);
    let key = pb::lookup_certificate_request::Key::Identifier(identifiers[0].clone());
    request.key = Some(key);
    let answer = story.send(request).await.unwrap().into_inner();
    let certificate = answer.certificate.unwrap();
    assert_eq!(text(&certificate, "relation_to_head"), None);
    assert!(text(&certificate, "household_kind").is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_claim_about_one_holder_is_not_compared_with_another() {
    let story = Story::of_households().await;
    for (holder, verdict) in [
        (&people::WIFE, pb::Verdict::Matches),
        (&people::HUSBAND, pb::Verdict::Differs),
    ] {
        let key = pb::verify_certificate_request::Key::Holder(holder.to_wire());
        let request = pb::VerifyCertificateRequest {
            certificate_type: story.resource.certificate_type.clone(),
            key: Some(key),
            purpose: Some(purpose()),
            claimed: vec![ItemValue {
                key: "relation_to_head".to_owned(),
                kind: Some(Kind::Text("妻".to_owned())),
            }],
            request_id: new_id(),
            ..pb::VerifyCertificateRequest::default()
        };
        let mut certificates = story.platform.certificates();
        let answer = certificates.verify_certificate(ask(request)).await.unwrap();
        assert_eq!(answer.get_ref().items[0].verdict(), verdict);
    }
}
