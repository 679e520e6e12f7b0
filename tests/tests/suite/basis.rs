//! On what a use rests: the consumer's duty, or the holder's authorisation where that is demanded.

use api::catalogue::v1 as catalogue;
use api::certificate::v1 as pb;
use api::certificate::v1::Disposition;
use api::exchange::v1 as exchange;
use domain::policy::shaoyang_date;
use kit::world::answer::refused;
use kit::world::story::Story;
use kit::world::terms::{purpose, wire_resource};
use kit::world::{ask, new_id};
use ledger::entry::{Entry, Kind};
use sandbox::people::{self, Holder};

/// Where the consumer keeps the paper; a name stands in it, as it happens.
const REFERENCE: &str = "授权书-测试丙-2022-0117";

fn cardholder() -> Holder {
    people::background_citizen(1)
}

fn today() -> String {
    let now = broker::clock::Clock::now(&broker::clock::SystemClock);
    shaoyang_date(now).to_string()
}

fn authorised(story: &Story) -> pb::LookupCertificateRequest {
    pb::LookupCertificateRequest {
        authorisation: Some(pb::HolderAuthorisation {
            reference: REFERENCE.to_owned(),
            granted_on: today(),
        }),
        ..story.lookup_request(&cardholder())
    }
}

/// The first entry of a request.
async fn entry_of(story: &Story, request_id: &str) -> Entry {
    let entries = story.auditor.entries().await;
    let mut entries = entries.into_iter();
    entries
        .find(|entry| entry.request_id() == request_id)
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_demands_an_authorisation_is_refused_without_and_answered_with_one() {
    let story = Story::of_cards().await;
    let bare = story.lookup_request(&cardholder());
    let told = refused(story.send(bare.clone()).await);
    assert_eq!(told.reason, "AUTHORISATION_MISSING");
    assert_eq!(told.code, tonic::Code::PermissionDenied);
    assert_eq!(told.fault, "consumer");
    assert_eq!(story.provider.running().asked(), 0);
    let refusal = entry_of(&story, &bare.request_id).await;
    assert_eq!(Some(refusal.index()), told.entry);
    let rule = refusal.facts().text("rule");
    assert_eq!(rule, Some("resource.basis-given"));

    let request = authorised(&story);
    let id = request.request_id.clone();
    let answer = story.send(request).await.unwrap().into_inner();
    assert_eq!(answer.disposition(), Disposition::Found);
    let intent = entry_of(&story, &id).await;
    assert_eq!(*intent.kind(), Kind::Intent);
    let facts = intent.facts();
    assert_eq!(facts.text("basis"), Some("authorisation"));
    assert_eq!(facts.text("authorised_on"), Some(today().as_str()));
    assert_eq!(facts.text("authorisation").map(str::len), Some(32));
    // The same paper is the same hash: an auditor who holds it finds its uses.
    let again = authorised(&story);
    let again_id = again.request_id.clone();
    story.send(again).await.unwrap();
    let second = entry_of(&story, &again_id).await;
    let hash = second.facts().text("authorisation");
    assert_eq!(hash, facts.text("authorisation"));
    // Where the paper is stays with who keeps it.
    let mut places = story.auditor.entry_bodies().await;
    places.push(story.world.log().into_bytes());
    for bytes in places {
        assert!(!String::from_utf8_lossy(&bytes).contains("授权书"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_verification_needs_the_same() {
    let story = Story::of_cards().await;
    let verification = |authorisation| pb::VerifyCertificateRequest {
        certificate_type: story.resource.certificate_type.clone(),
        key: Some(pb::verify_certificate_request::Key::Holder(
            cardholder().to_wire(),
        )),
        purpose: Some(purpose()),
        claimed: vec![api::value::v1::ItemValue {
            key: "card_state".to_owned(),
            kind: Some(api::value::v1::item_value::Kind::Text("正常".to_owned())),
        }],
        request_id: new_id(),
        authorisation,
        max_age_s: None,
    };
    let send = async |request| {
        let mut certificates = story.platform.certificates();
        certificates.verify_certificate(ask(request)).await
    };
    let told = refused(send(verification(None)).await);
    assert_eq!(told.reason, "AUTHORISATION_MISSING");
    let request = verification(authorised(&story).authorisation);
    let id = request.request_id.clone();
    let answer = send(request).await.unwrap().into_inner();
    assert_eq!(answer.disposition(), Disposition::Verified);
    let intent = entry_of(&story, &id).await;
    assert_eq!(intent.facts().text("basis"), Some("authorisation"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_the_duty_does_the_intent_says_so_and_an_authorisation_serves_too() {
    let story = Story::of_marriages().await;
    let bare = story.lookup_request(&people::HUSBAND);
    let given = pb::LookupCertificateRequest {
        authorisation: authorised(&story).authorisation,
        ..story.lookup_request(&people::HUSBAND)
    };
    for (request, basis) in [(bare, "duty"), (given, "authorisation")] {
        let id = request.request_id.clone();
        story.send(request).await.unwrap();
        let intent = entry_of(&story, &id).await;
        assert_eq!(intent.facts().text("basis"), Some(basis));
        assert!(intent.facts().text("legal_basis").is_some());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_dry_run_shows_the_rule() {
    let story = Story::of_cards().await;
    for (authorised, rule) in [
        (false, "resource.basis-given"),
        (true, domain::policy::PERMIT_RULE),
    ] {
        let question = exchange::ExplainRequest {
            target: Some(exchange::explain_request::Target::CertificateType(
                story.resource.certificate_type.clone(),
            )),
            purpose: Some(purpose()),
            authorised,
            ..exchange::ExplainRequest::default()
        };
        let explained = story.platform.exchange().explain(ask(question)).await;
        let explained = explained.unwrap().into_inner();
        assert_eq!(
            (explained.permitted, explained.rule.as_str()),
            (authorised, rule)
        );
        let reasons: Vec<_> = explained
            .obstacles
            .iter()
            .map(|o| o.reason.as_str())
            .collect();
        let expected: &[&str] = if authorised {
            &[]
        } else {
            &["AUTHORISATION_MISSING"]
        };
        assert_eq!(reasons, expected);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_faults_of_an_authorisation_are_told_at_once() {
    let story = Story::of_cards().await;
    let request = pb::LookupCertificateRequest {
        authorisation: Some(pb::HolderAuthorisation {
            reference: format!("{REFERENCE}\u{7}"),
            granted_on: "2999-01-01".to_owned(),
        }),
        ..story.lookup_request(&cardholder())
    };
    let told = refused(story.send(request).await);
    assert_eq!(told.reason, "REQUEST_INVALID");
    for (field, code) in [
        ("authorisation.reference", "CONTROL_CHARACTER"),
        ("authorisation.granted_on", "IN_THE_FUTURE"),
    ] {
        let said = told.of_field(field);
        assert!(said.starts_with(code) && !said.contains("测试丙"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_a_certificate_can_demand_its_holders_authorisation() {
    let story = Story::of_marriages().await;
    let resource = catalogue::Resource {
        name: "resources/105001-000077".to_owned(),
        certificate_type: String::new(),
        basis: catalogue::Basis::Authorisation.into(),
        ..wire_resource("marriage-registrations")
    };
    let request = catalogue::CreateResourceRequest {
        resource: Some(resource),
        request_id: new_id(),
        validate_only: false,
    };
    let told = refused(story.owner.resources().create_resource(ask(request)).await);
    assert!(
        told.of_field("resource.basis")
            .starts_with("ONLY_CERTIFICATES")
    );
}
