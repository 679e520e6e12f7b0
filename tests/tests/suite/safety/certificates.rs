//! Certificates of the right authority: only a caller's, only a known one, and only while it is good.

use api::registry::v1 as pb;
use kit::world::answer::refused;
use kit::world::forge::{Forge, uri};
use kit::world::wire::Connection;
use kit::world::{World, ask, new_id};
use rcgen::{CertificateParams, ExtendedKeyUsagePurpose, KeyUsagePurpose};
use tonic::Code;

const LIST: &str = "shuqiao.registry.v1.SystemService/ListSystems";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_a_known_certificate_with_a_callers_profile_is_served() {
    type Change = fn(&mut CertificateParams);
    let world = World::start().await;
    let forge = Forge::with_stolen_key(world.folder().path());
    let cases: [(&str, Change, &str); 8] = [
        ("a perfect copy", |_| {}, "TLS_CERTIFICATE_UNKNOWN"),
        (
            "no usage",
            |p| p.extended_key_usages.clear(),
            "TLS_CERTIFICATE_PROFILE",
        ),
        (
            "any usage",
            |p| p.extended_key_usages.push(ExtendedKeyUsagePurpose::Any),
            "TLS_CERTIFICATE_PROFILE",
        ),
        (
            "may sign others",
            |p| p.key_usages.push(KeyUsagePurpose::KeyCertSign),
            "TLS_CERTIFICATE_PROFILE",
        ),
        (
            "may sign lists",
            |p| p.key_usages.push(KeyUsagePurpose::CrlSign),
            "TLS_CERTIFICATE_PROFILE",
        ),
        (
            "no key usage",
            |p| p.key_usages.clear(),
            "TLS_CERTIFICATE_PROFILE",
        ),
        (
            "two identities",
            |p| {
                p.subject_alt_names
                    .push(uri("spiffe://shuqiao.shaoyang/systems/yjs-platform"))
            },
            "TLS_CERTIFICATE_PROFILE",
        ),
        (
            "no identity",
            |p| p.subject_alt_names.clear(),
            "TLS_CERTIFICATE_PROFILE",
        ),
    ];
    for (case, change, reason) in cases {
        let identity = forge.certificate(change);
        let mut connection = Connection::open(&world.gateway, Some(&identity)).await;
        let told = connection
            .call(LIST, &pb::ListSystemsRequest::default())
            .await
            .told();
        assert_eq!(
            (told.code, told.reason.as_str()),
            (Code::Unauthenticated, reason),
            "{case}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_shows_no_certificate_is_told_so() {
    let world = World::start().await;
    let mut connection = Connection::open(&world.gateway, None).await;
    let told = connection
        .call(LIST, &pb::ListSystemsRequest::default())
        .await
        .told();
    assert_eq!(
        (told.code, told.reason.as_str()),
        (Code::Unauthenticated, "TLS_CERTIFICATE_MISSING")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoked_certificate_is_refused_on_the_connection_that_is_open() {
    let world = World::start().await;
    let system = world.enrol_system("yjs-platform").await;
    let mut open = Connection::open(&world.gateway, Some(&system.identity)).await;
    let list = pb::ListSystemsRequest::default();
    assert!(open.call(LIST, &list).await.is_ok());

    let request = pb::RevokeTlsCertificateRequest {
        name: system.certificate_name(),
        reason: "密钥遗失".to_owned(),
        request_id: new_id(),
        renewals: false,
    };
    let revoked = world
        .operator
        .enrolment()
        .revoke_tls_certificate(ask(request))
        .await
        .unwrap();
    assert!(revoked.into_inner().revoke_time.is_some());
    let told = open.call(LIST, &list).await.told();
    assert_eq!(
        (told.code, told.reason.as_str()),
        (Code::Unauthenticated, "TLS_CERTIFICATE_REVOKED")
    );
    // A new connection does not help, a new certificate does.
    let mut anew = Connection::open(&world.gateway, Some(&system.identity)).await;
    assert_eq!(
        anew.call(LIST, &list).await.told().reason,
        "TLS_CERTIFICATE_REVOKED"
    );
    let again = world.enrol_system("yjs-platform").await;
    again.systems().list_systems(ask(list)).await.unwrap();
    let last = world.operator.entries().await;
    assert!(
        last.iter()
            .any(|entry| entry.facts().text("tls_certificate")
                == Some(system.certificate_name().as_str()))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_suspended_system_is_refused_on_the_connection_that_is_open_until_it_is_resumed() {
    let world = World::start().await;
    let system = world.enrol_system("yjs-platform").await;
    let mut open = Connection::open(&world.gateway, Some(&system.identity)).await;
    let list = pb::ListSystemsRequest::default();
    assert!(open.call(LIST, &list).await.is_ok());

    let name = "systems/yjs-platform".to_owned();
    let request = pb::SuspendSystemRequest {
        name: name.clone(),
        reason: "安全整改".to_owned(),
        request_id: new_id(),
    };
    world
        .operator
        .systems()
        .suspend_system(ask(request))
        .await
        .unwrap();
    let told = open.call(LIST, &list).await.told();
    assert_eq!(
        (told.code, told.reason.as_str()),
        (Code::PermissionDenied, "CALLER_SUSPENDED")
    );
    assert_eq!(told.rule, "caller.active");

    let request = pb::ResumeSystemRequest {
        name,
        request_id: new_id(),
    };
    world
        .operator
        .systems()
        .resume_system(ask(request))
        .await
        .unwrap();
    assert!(open.call(LIST, &list).await.is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_suspended_system_gets_no_new_certificate() {
    use pb::create_enrolment_token_request::Subject;
    let world = World::start().await;
    let name = world.register_system("yjs-platform").await;
    let token = world.token(Subject::System(name.clone())).await;
    let request = pb::SuspendSystemRequest {
        name,
        reason: "安全整改".to_owned(),
        request_id: new_id(),
    };
    world
        .operator
        .systems()
        .suspend_system(ask(request))
        .await
        .unwrap();
    let mut enrolment =
        pb::enrolment_service_client::EnrolmentServiceClient::new(world.anonymous().await);
    let own = sandbox::identity::KeyAndRequest::generate().unwrap();
    let request = pb::EnrolRequest {
        token,
        signing_request: own.request_pem,
        endpoint_hosts: Vec::new(),
    };
    assert_eq!(
        refused(enrolment.enrol(ask(request)).await).reason,
        "CALLER_SUSPENDED"
    );
}
