//! What a library answers as it should, and what becomes of it.

use api::certificate::v1 as pb;
use api::certificate::v1::lookup_certificate_request::Key;
use api::certificate::v1::verify_certificate_request::Key as VerifyKey;
use api::certificate::v1::{CertificateState, Disposition, Verdict};
use api::value::v1::{ItemValue, item_value::Kind};
use kit::world::answer::refused;
use kit::world::shelved::{SYSTEM, Shelved};
use kit::world::story::{agree, publish};
use kit::world::terms::{CASE, CLERK, application, purpose, wire_resource};
use kit::world::{ask, new_id};
use sandbox::library::Conduct;
use sandbox::people::{self, HUSBAND};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_is_found_in_a_library_and_its_signature_is_shown_and_recorded() {
    let shelved = Shelved::start().await;
    let found = shelved.lookup(&HUSBAND).await.unwrap().into_inner();
    assert_eq!(found.disposition(), Disposition::Found);
    let certificate = found.certificate.unwrap();
    assert_eq!(certificate.state(), CertificateState::Valid);
    let signature = certificate.signature.unwrap();
    assert_eq!(signature.algorithm, "SM2-SM3");
    assert_eq!(signature.key_id, "library-2022-1");
    assert!(signature.verified);
    let item = |key: &str| {
        let found = certificate.items.iter().find(|item| item.key == key);
        found.map(|item| item.kind.clone().unwrap())
    };
    assert!(item("husband_name") == Some(Kind::Text(HUSBAND.name.into_owned())));
    assert!(item("registration_date") == Some(Kind::Date("2022-02-22".to_owned())));
    // Not granted, although the library sends it.
    assert!(item("husband_id_number").is_none());

    let outcome = shelved.auditor.latest_outcome().await;
    assert_eq!(outcome.facts().text("disposition"), Some("found"));
    assert_eq!(outcome.facts().text("signature_algorithm"), Some("SM2-SM3"));
    assert_eq!(
        outcome.facts().text("signature_key"),
        Some("library-2022-1")
    );

    // Why it is asked is said by names alone.
    let asked = shelved.library.asked();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].path, "/queryCertInfoByHolderCode");
    let cause = &asked[0].use_cause;
    assert!(cause.contains("事项") && cause.contains("授权"), "{cause}");
    for hidden in [CASE, CLERK, &HUSBAND.code, &HUSBAND.name] {
        assert!(!cause.contains(hidden), "{cause}");
    }

    let mut request = shelved.request(&HUSBAND);
    request.key = Some(Key::Identifier(certificate.identifier.clone()));
    let again = shelved.send(request).await.unwrap().into_inner();
    assert_eq!(
        again.certificate.unwrap().identifier,
        certificate.identifier
    );
    assert_eq!(shelved.library.asked()[1].path, "/queryCertInfo");
    // One connection carried the probe's look, another both questions.
    assert_eq!(shelved.library.connections(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn none_and_one_not_in_force_are_answers_and_both_are_signed() {
    let shelved = Shelved::start().await;
    let none = shelved
        .lookup(&people::STRANGER)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(none.disposition(), Disposition::NoMatch);
    let cancelled = shelved.lookup(&people::ELDER).await.unwrap().into_inner();
    assert_eq!(cancelled.disposition(), Disposition::NotInForce);
    assert_eq!(cancelled.state(), CertificateState::Cancelled);
    assert!(cancelled.certificate.is_none());
    for (code, state) in [
        (22, CertificateState::Expired),
        (23, CertificateState::Suspended),
    ] {
        shelved.library.set(Conduct::Code(code));
        let told = shelved.lookup(&HUSBAND).await.unwrap().into_inner();
        assert_eq!(told.disposition(), Disposition::NotInForce, "{code}");
        assert_eq!(told.state(), state, "{code}");
    }
    let entries = shelved.auditor.entries().await;
    let outcomes: Vec<_> = entries
        .iter()
        .filter_map(|entry| Some((entry.facts().text("disposition")?, entry)))
        .collect();
    let words: Vec<&str> = outcomes.iter().map(|(word, _)| *word).collect();
    assert_eq!(
        words,
        ["no_match", "not_in_force", "not_in_force", "not_in_force"]
    );
    for (_, outcome) in outcomes {
        assert_eq!(
            outcome.facts().text("signature_key"),
            Some("library-2022-1")
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn claimed_values_are_verified_against_a_library_and_none_of_its_values_leaves() {
    let shelved = Shelved::start().await;
    let claim = |key: &str, kind| ItemValue {
        key: key.to_owned(),
        kind: Some(kind),
    };
    let mut request = pb::VerifyCertificateRequest {
        certificate_type: shelved.resource.certificate_type.clone(),
        key: Some(VerifyKey::Holder(HUSBAND.to_wire())),
        purpose: Some(purpose()),
        claimed: vec![
            claim("registration_date", Kind::Date("2022-02-22".to_owned())),
            claim(
                "registration_number",
                Kind::Text("J430502-2022-000002".to_owned()),
            ),
        ],
        request_id: new_id(),
        ..pb::VerifyCertificateRequest::default()
    };
    let verify = async |request: &pb::VerifyCertificateRequest| {
        let mut client = shelved.platform.certificates();
        let answer = client.verify_certificate(ask(request.clone())).await;
        answer.unwrap().into_inner()
    };
    let answer = verify(&request).await;
    assert_eq!(answer.disposition(), Disposition::Verified);
    let verdicts: Vec<Verdict> = answer.items.iter().map(pb::VerifiedItem::verdict).collect();
    assert_eq!(verdicts, [Verdict::Matches, Verdict::Differs]);
    request.key = Some(VerifyKey::Holder(people::ELDER.to_wire()));
    request.request_id = new_id();
    let answer = verify(&request).await;
    assert_eq!(answer.disposition(), Disposition::NotInForce);
    assert_eq!(answer.state(), CertificateState::Cancelled);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_library_is_one_of_the_issuers_that_a_matter_is_answered_from() {
    let shelved = Shelved::start().await;
    let request = crate::needs::request(&HUSBAND);
    let mut client = shelved.platform.certificates();
    let answer = client.lookup_for_matter(ask(request)).await;
    let answer = answer.unwrap().into_inner();
    let need = &answer.needs[3];
    assert_eq!(need.state(), pb::NeedState::Met);
    let certificate = need.attempts[0].certificate.as_ref().unwrap();
    assert!(certificate.signature.as_ref().unwrap().verified);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_library_gives_the_substitute_for_what_a_registry_no_longer_has_in_force() {
    // The registry has the cancelled marriage; a library has the divorce that would do as well.
    let shelved = Shelved::of_divorces().await;
    let registry = shelved.world.provider(SYSTEM).await;
    let owner = &shelved.owner;
    let marriages = wire_resource("marriage-registrations");
    publish(owner, &shelved.publisher, &marriages).await;
    agree(&shelved.applicant, owner, application(&marriages)).await;
    let request = crate::needs::request(&people::ELDER);
    let mut client = shelved.platform.certificates();
    let answer = client.lookup_for_matter(ask(request)).await;
    let answer = answer.unwrap().into_inner();
    let need = &answer.needs[3];
    assert_eq!((need.state(), need.substituted), (pb::NeedState::Met, true));
    let results: Vec<_> = need.attempts.iter().map(pb::Attempt::result).collect();
    let expected = [pb::AttemptResult::NotInForce, pb::AttemptResult::Found];
    assert_eq!(results, expected);
    let certificate = need.attempts[1].certificate.as_ref().unwrap();
    assert!(certificate.signature.is_some());
    assert_eq!(registry.running().asked(), 1);
    assert_eq!(shelved.library.asked().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_return_code_has_its_reason_and_its_side() {
    let shelved = Shelved::start().await;
    for (code, reason, fault) in [
        (11, "LIBRARY_ACCESS_REFUSED", "gateway"),
        (12, "PROVIDER_BAD_ANSWER", "provider"),
        (13, "LIBRARY_NOT_READY", "provider"),
        (14, "PROVIDER_BAD_ANSWER", "provider"),
        (100, "LIBRARY_ACCESS_REFUSED", "gateway"),
        (101, "LIBRARY_NOT_READY", "provider"),
        (102, "PROVIDER_ERROR", "provider"),
        (103, "PROVIDER_ERROR", "provider"),
        (105, "LIBRARY_NOT_READY", "provider"),
        (106, "LIBRARY_NOT_READY", "provider"),
        (107, "LIBRARY_NOT_READY", "provider"),
        (108, "LIBRARY_NOT_READY", "provider"),
        (113, "LIBRARY_NOT_READY", "provider"),
        (-1, "PROVIDER_BAD_ANSWER", "provider"),
    ] {
        shelved.library.set(Conduct::Code(code));
        let told = refused(shelved.lookup(&HUSBAND).await);
        assert_eq!(told.reason, reason, "{code}");
        assert_eq!(told.fault, fault, "{code}");
    }
    // The account was changed at the library: it says so itself.
    shelved.library.set(Conduct::Normal);
    let changed = shelved.library.account().replace("token", "nothing");
    shelved.keep_secret(&changed, 0o600);
    let told = refused(shelved.lookup(&HUSBAND).await);
    assert_eq!(told.reason, "LIBRARY_ACCESS_REFUSED");
    shelved.keep_secret(&shelved.library.account(), 0o600);
    assert!(shelved.lookup(&HUSBAND).await.is_ok());
}
