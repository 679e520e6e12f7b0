//! Enrolment: one token, one key, one certificate, for the subject that the token names.

use api::registry::v1 as pb;
use api::registry::v1::create_enrolment_token_request::Subject;
use api::registry::v1::enrolment_service_client::EnrolmentServiceClient;
use kit::together;
use kit::world::answer::{Told, refused};
use kit::world::forge::{certificate_der, uri};
use kit::world::{World, ask, new_id};
use ledger::entry::{Entry, Kind};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, KeyPair, KeyUsagePurpose};
use sandbox::identity::{EnrolError, KeyAndRequest, enrol};
use tonic::{Code, Response, Status};

/// As many as try at once.
const RACERS: usize = 20;

async fn send(
    world: &World,
    token: &str,
    signing_request: &str,
) -> Result<Response<pb::EnrolResponse>, Status> {
    let request = pb::EnrolRequest {
        token: token.to_owned(),
        signing_request: signing_request.to_owned(),
        endpoint_hosts: Vec::new(),
    };
    EnrolmentServiceClient::new(world.anonymous().await)
        .enrol(ask(request))
        .await
}

fn is_issue(entry: &Entry) -> bool {
    let event = "registry.tls_certificate.issued";
    matches!(entry.kind(), Kind::Change { event: found } if found == event)
}

async fn issued(world: &World) -> usize {
    world
        .operator
        .entries()
        .await
        .iter()
        .filter(|entry| is_issue(entry))
        .count()
}

fn told(refusal: EnrolError) -> Told {
    match refusal {
        EnrolError::Refused(status) => Told::of(&status),
        other => panic!("{other}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_works_once_and_garbage_never() {
    let world = World::start().await;
    let name = world.register_system("yjs-platform").await;
    let token = world.token(Subject::System(name)).await;
    enrol(&world.gateway, &token, &[]).await.unwrap();
    let made = issued(&world).await;
    let cut = &token[..token.len() - 1];
    for (case, token) in [
        ("used", token.as_str()),
        ("cut", cut),
        ("invented", "letmein"),
    ] {
        let told = told(enrol(&world.gateway, token, &[]).await.expect_err(case));
        let expected = (Code::PermissionDenied, "ENROLMENT_TOKEN_INVALID");
        assert_eq!((told.code, told.reason.as_str()), expected, "{case}");
    }
    let told = told(enrol(&world.gateway, " ", &[]).await.unwrap_err());
    assert_eq!(
        (told.reason.as_str(), told.fields()),
        ("REQUEST_INVALID", vec!["token"])
    );
    assert_eq!(issued(&world).await, made);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_who_try_one_token_at_once_exactly_one_gets_a_certificate() {
    let world = World::start().await;
    let name = world.register_system("yjs-platform").await;
    let token = world.token(Subject::System(name)).await;
    let before = issued(&world).await;
    let attempts = together((0..RACERS).map(|_| enrol(&world.gateway, &token, &[]))).await;
    let (won, lost): (Vec<_>, Vec<_>) = attempts.into_iter().partition(Result::is_ok);
    assert_eq!((won.len(), lost.len()), (1, RACERS - 1));
    for attempt in lost {
        assert_eq!(told(attempt.unwrap_err()).reason, "ENROLMENT_TOKEN_INVALID");
    }
    assert_eq!(issued(&world).await, before + 1);
    let winner = world
        .connect(won.into_iter().next().unwrap().unwrap())
        .await;
    winner
        .systems()
        .list_systems(ask(pb::ListSystemsRequest::default()))
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_is_certified_once_and_the_token_is_kept_for_a_better_one() {
    let world = World::start().await;
    let name = world.register_system("yjs-platform").await;
    let own = KeyAndRequest::generate().unwrap();
    let first = world.token(Subject::System(name.clone())).await;
    send(&world, &first, &own.request_pem).await.unwrap();
    let second = world.token(Subject::System(name)).await;
    let made = issued(&world).await;
    let told = refused(send(&world, &second, &own.request_pem).await);
    assert_eq!(
        (told.code, told.reason.as_str()),
        (Code::InvalidArgument, "SIGNING_REQUEST_REFUSED")
    );
    assert_eq!(issued(&world).await, made, "nothing half done");
    send(
        &world,
        &second,
        &KeyAndRequest::generate().unwrap().request_pem,
    )
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signing_request_gives_its_key_and_nothing_else() {
    let world = World::start().await;
    let name = world.register_system("yjs-platform").await;
    let token = world.token(Subject::System(name)).await;
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec!["gateway.example".to_owned()]).unwrap();
    params
        .distinguished_name
        .push(DnType::CommonName, "operators/owner");
    params
        .subject_alt_names
        .push(uri("spiffe://shuqiao.shaoyang/operators/owner"));
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let greedy = params.serialize_request(&key).unwrap().pem().unwrap();
    let answer = send(&world, &token, &greedy).await.unwrap().into_inner();
    assert_eq!(
        answer.tls_certificate.unwrap().subject,
        "systems/yjs-platform"
    );

    let der = certificate_der(&answer.certificate);
    let (_, leaf) = x509_parser::parse_x509_certificate(&der).unwrap();
    assert!(!leaf.is_ca());
    let usage = leaf.key_usage().unwrap().unwrap().value;
    assert!(usage.digital_signature() && !usage.key_cert_sign());
    let names = leaf
        .subject_alternative_name()
        .unwrap()
        .unwrap()
        .value
        .general_names
        .clone();
    let [x509_parser::extensions::GeneralName::URI(identity)] = names.as_slice() else {
        panic!("{names:?}");
    };
    assert!(identity.ends_with("/systems/yjs-platform"), "{identity}");
    assert!(
        !leaf.subject().to_string().contains("operators"),
        "{}",
        leaf.subject()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signing_request_that_proves_nothing_is_refused_and_the_token_is_kept() {
    let world = World::start().await;
    let name = world.register_system("yjs-platform").await;
    let token = world.token(Subject::System(name)).await;
    let good = KeyAndRequest::generate().unwrap().request_pem;
    // Another letter in the last line: the signature does not fit.
    let lines: Vec<&str> = good.lines().collect();
    let body = lines[lines.len() - 2];
    let other = if body.starts_with('A') { "B" } else { "A" };
    let forged = good.replace(body, &format!("{other}{}", &body[1..]));
    let empty = "-----BEGIN CERTIFICATE REQUEST-----\n-----END CERTIFICATE REQUEST-----\n";
    for (case, request) in [("forged", forged.as_str()), ("empty", empty)] {
        let told = refused(send(&world, &token, request).await);
        assert_eq!(told.reason, "SIGNING_REQUEST_REFUSED", "{case}");
    }
    let told = refused(send(&world, &token, "my key").await);
    assert_eq!(
        (told.reason.as_str(), told.fields()),
        ("REQUEST_INVALID", vec!["signing_request"])
    );
    send(&world, &token, &good).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_is_made_for_what_is_registered_and_shown_once() {
    let world = World::start().await;
    let unknown = pb::CreateEnrolmentTokenRequest {
        subject: Some(Subject::System("systems/yjs-platform".to_owned())),
        request_id: new_id(),
    };
    let mut enrolment = world.operator.enrolment();
    let told = refused(enrolment.create_enrolment_token(ask(unknown)).await);
    assert_eq!(told.reason, "NOT_FOUND");
    let request = pb::CreateEnrolmentTokenRequest {
        subject: Some(Subject::Auditor("audit".to_owned())),
        request_id: new_id(),
    };
    let shown = enrolment
        .create_enrolment_token(ask(request.clone()))
        .await
        .unwrap();
    assert!(shown.into_inner().token.len() >= 64);
    let told = refused(enrolment.create_enrolment_token(ask(request)).await);
    assert_eq!(told.reason, "REQUEST_ID_REUSED");
}
