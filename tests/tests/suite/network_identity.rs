//! Lookups by network identity code: resolved after the decision, about one person, for one call.

use api::certificate::v1 as pb;
use api::certificate::v1::lookup_certificate_request::Key;
use api::certificate::v1::verify_certificate_request::Key as VerifyKey;
use api::certificate::v1::{CertificateFileFormat, Disposition, Verdict};
use api::registry::v1 as registry;
use api::value::v1::{ItemValue, item_value::Kind};
use domain::budget::{Counted, Scope};
use kit::city::SEEDS;
use kit::world::answer::refused;
use kit::world::department::Department;
use kit::world::story::Story;
use kit::world::terms::{PLATFORM, purpose};
use kit::world::{ask, new_id};
use ledger::entry::Entry;
use sandbox::people::{self, HUSBAND, Holder};
use sandbox::provider::{Behaviour, expired_network_code, network_code};

/// The system that resolves codes: the register of the people.
pub(crate) const RESOLVER: &str = "household-registry";

/// The platform's own name, for which codes are made.
fn audience() -> String {
    format!("systems/{PLATFORM}")
}

/// The code that a holder shows to the platform.
pub(crate) fn code(holder: &Holder) -> String {
    network_code(holder, &audience())
}

/// A lookup by a code.
pub(crate) fn by_code(story: &Story, code: String) -> pb::LookupCertificateRequest {
    pb::LookupCertificateRequest {
        key: Some(Key::NetworkIdentity(code)),
        ..story.lookup_request(&HUSBAND)
    }
}

/// Starts a resolver and has the operator register it.
pub(crate) async fn resolver(story: &Story) -> Department {
    let department = story.world.unregistered_provider(RESOLVER).await;
    let made = story.world.operator.endpoints();
    let made = { made }.create_endpoint(ask(endpoint(&department))).await;
    let made = made.unwrap().into_inner();
    let serving = registry::endpoint::Health::Serving;
    assert_eq!(made.health(), serving, "{}", made.last_error);
    department
}

fn endpoint(department: &Department) -> registry::CreateEndpointRequest {
    let parent = format!("systems/{RESOLVER}");
    registry::CreateEndpointRequest {
        endpoint: Some(registry::Endpoint {
            name: format!("{parent}/endpoints/resolver"),
            protocol: registry::endpoint::Protocol::NetworkIdentity.into(),
            address: department.address().to_string(),
            ..registry::Endpoint::default()
        }),
        parent,
        request_id: new_id(),
        validate_only: false,
    }
}

fn subject(entry: &Entry) -> &str {
    entry.facts().text("subject").unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_is_found_by_a_code_and_the_evidence_knows_hashes_alone() {
    let story = Story::of_marriages().await;
    let resolver = resolver(&story).await;
    let by_holder = story.lookup(&HUSBAND).await.unwrap().into_inner();
    let found = story.send(by_code(&story, code(&HUSBAND))).await;
    let found = found.unwrap().into_inner();
    assert_eq!(found.disposition(), Disposition::Found);
    // The same but for the moment at which the issuer answered.
    let undated = |certificate: &Option<pb::Certificate>| pb::Certificate {
        as_of: None,
        ..certificate.clone().unwrap()
    };
    assert!(undated(&found.certificate) == undated(&by_holder.certificate));
    assert_eq!(resolver.running().asked(), 1);

    let entries = story.auditor.entries().await;
    let at = |index: i64| &entries[usize::try_from(index).unwrap()];
    let holder = subject(at(by_holder.receipt.unwrap().intent_index));
    let receipt = found.receipt.unwrap();
    // Before the resolver was asked the code alone was known, after it the person.
    assert_ne!(subject(at(receipt.intent_index)), holder);
    assert_eq!(subject(at(receipt.outcome_index)), holder);
    // The same code is the same hash, so that its uses can be seen together.
    let again = story.send(by_code(&story, code(&HUSBAND))).await;
    let again = again.unwrap().into_inner().receipt.unwrap();
    let entries = story.auditor.entries().await;
    let intent = |index: i64| subject(&entries[usize::try_from(index).unwrap()]).to_owned();
    assert_eq!(intent(again.intent_index), intent(receipt.intent_index));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_that_stands_for_nobody_is_a_certificate_that_is_not_there_and_a_miss() {
    let story = Story::of_marriages().await;
    let resolver = resolver(&story).await;
    let foreign = network_code(&HUSBAND, "systems/yjs-acceptance");
    let expired = expired_network_code(&HUSBAND, &audience());
    let mut asked = 0;
    for unknown in [foreign, expired, "never.made".to_owned()] {
        let answer = story.send(by_code(&story, unknown)).await.unwrap();
        let answer = answer.into_inner();
        assert_eq!(answer.disposition(), Disposition::NoMatch);
        assert!(answer.certificate.is_none() && answer.receipt.is_some());
        asked += 1;
    }
    // Somebody who has none is the same answer.
    let answer = story.send(by_code(&story, code(&people::STRANGER))).await;
    assert_eq!(
        answer.unwrap().into_inner().disposition(),
        Disposition::NoMatch
    );
    assert_eq!(story.provider.running().asked(), 1);
    asked += 1;
    assert_eq!(resolver.running().asked(), asked);

    let of_case = |budget: &&domain::budget::Budget| {
        budget.scope == Scope::Case && budget.counted == Counted::Misses
    };
    let most = SEEDS.budgets.iter().find(of_case).unwrap().most;
    for guess in asked..most.into() {
        let answer = story.send(by_code(&story, format!("guess.{guess}"))).await;
        assert!(answer.is_ok(), "{guess}");
    }
    let told = refused(story.send(by_code(&story, code(&HUSBAND))).await);
    assert_eq!(told.reason, "BUDGET_SPENT");
    assert_eq!(resolver.running().asked(), u64::from(most));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn own_items_are_those_of_whoever_showed_the_code() {
    let story = Story::of_households().await;
    let resolver = story.world.operator.endpoints();
    let made = { resolver }
        .create_endpoint(ask(endpoint(&story.provider)))
        .await;
    made.unwrap();
    for (holder, own) in [(&people::HUSBAND, "户主"), (&people::WIFE, "妻")] {
        let answer = story.send(by_code(&story, code(holder))).await;
        let certificate = answer.unwrap().into_inner().certificate.unwrap();
        let relation = certificate
            .items
            .iter()
            .find(|item| item.key == "relation_to_head");
        let kind = relation.and_then(|item| item.kind.clone());
        assert!(kind == Some(Kind::Text(own.to_owned())));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn verifications_and_files_take_a_code_too() {
    let story = Story::of_certificate_files().await;
    let _resolver = resolver(&story).await;
    let request = pb::VerifyCertificateRequest {
        certificate_type: story.resource.certificate_type.clone(),
        key: Some(VerifyKey::NetworkIdentity(code(&HUSBAND))),
        purpose: Some(purpose()),
        claimed: vec![ItemValue {
            key: "registration_number".to_owned(),
            kind: Some(Kind::Text("J430502-2022-000001".to_owned())),
        }],
        request_id: new_id(),
        ..pb::VerifyCertificateRequest::default()
    };
    let mut certificates = story.platform.certificates();
    let answer = certificates.verify_certificate(ask(request)).await;
    assert_eq!(
        answer.unwrap().into_inner().items[0].verdict(),
        Verdict::Matches
    );

    use pb::create_certificate_file_link_request::Key as FileKey;
    for (shown, disposition) in [
        (code(&HUSBAND), Disposition::Found),
        ("never.made".to_owned(), Disposition::NoMatch),
    ] {
        let request = pb::CreateCertificateFileLinkRequest {
            certificate_type: story.resource.certificate_type.clone(),
            key: Some(FileKey::NetworkIdentity(shown)),
            purpose: Some(purpose()),
            format: CertificateFileFormat::Ofd.into(),
            request_id: new_id(),
            authorisation: None,
        };
        let mut files = story.platform.certificate_files();
        let answer = files.create_certificate_file_link(ask(request)).await;
        assert_eq!(answer.unwrap().into_inner().disposition(), disposition);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_resolver_that_fails_is_named_and_no_issuer_is_asked() {
    let story = Story::of_marriages().await;
    let told = refused(story.send(by_code(&story, code(&HUSBAND))).await);
    assert_eq!(told.reason, "PROVIDER_NOT_CONNECTED");
    let resolver = resolver(&story).await;
    for (behaviour, reason) in [
        (Behaviour::BreakOff, "PROVIDER_UNAVAILABLE"),
        (Behaviour::Fail, "PROVIDER_BAD_ANSWER"),
        (Behaviour::WrongRequestId, "PROVIDER_BAD_ANSWER"),
        (Behaviour::MistypedItem, "PROVIDER_BAD_ANSWER"),
    ] {
        resolver.running().set_behaviour(behaviour);
        let answer = story.send(by_code(&story, code(&HUSBAND))).await;
        let said = answer.as_ref().err().unwrap().message().to_owned();
        assert!(said.contains("resolver"), "{behaviour:?}: {said}");
        assert_eq!(refused(answer).reason, reason, "{behaviour:?}");
    }
    assert_eq!(story.provider.running().asked(), 0);
    // A person who is not who was resolved is the issuer's fault.
    resolver.running().set_behaviour(Behaviour::Normal);
    story
        .provider
        .running()
        .set_behaviour(Behaviour::SwappedHolder);
    let told = refused(story.send(by_code(&story, code(&HUSBAND))).await);
    assert_eq!(told.reason, "PROVIDER_BAD_ANSWER");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_operator_alone_says_who_resolves_codes() {
    let story = Story::of_marriages().await;
    let department = story.world.unregistered_provider(RESOLVER).await;
    let request = endpoint(&department);
    let mut own = department.client.endpoints();
    let told = refused(own.create_endpoint(ask(request.clone())).await);
    assert_eq!(told.reason, "ROLE_NOT_ALLOWED");
    let mut operator = story.world.operator.endpoints();
    operator.create_endpoint(ask(request)).await.unwrap();
    assert!(story.send(by_code(&story, code(&HUSBAND))).await.is_ok());
    let suspend = registry::SuspendSystemRequest {
        name: format!("systems/{RESOLVER}"),
        reason: "a question is open".to_owned(),
        request_id: new_id(),
    };
    let mut systems = story.world.operator.systems();
    systems.suspend_system(ask(suspend)).await.unwrap();
    let told = refused(story.send(by_code(&story, code(&HUSBAND))).await);
    assert_eq!(told.reason, "PROVIDER_NOT_CONNECTED");
    let told = refused(story.send(by_code(&story, "a b".to_owned())).await);
    let said = told.of_field("network_identity");
    assert!(said.starts_with("NOT_A_NETWORK_IDENTITY"), "{said}");
}
