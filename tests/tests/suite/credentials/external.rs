//! Certificates of an external authority: good for whom the operator registers them, and not before.

use api::registry::v1 as pb;
use api::registry::v1::create_enrolment_token_request;
use api::registry::v1::enrolment_service_client::EnrolmentServiceClient;
use api::registry::v1::register_tls_certificate_request::Subject;
use kit::folder::Folder;
use kit::world::answer::refused;
use kit::world::wire::Connection;
use kit::world::{World, ask, new_id};
use rcgen::{
    BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use sandbox::identity::{Identity, KeyAndRequest};
use tonic::Code;

const LIST: &str = "shuqiao.registry.v1.SystemService/ListSystems";

struct External {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl External {
    fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let pem = params.self_signed(&key).unwrap().pem();
        let issuer = Issuer::from_ca_cert_pem(&pem, key).unwrap();
        Self { pem, issuer }
    }

    /// A gateway whose operator trusts it.
    async fn trusted(&self) -> World {
        let folder = Folder::new("external");
        let file = folder.join("chain.pem");
        std::fs::write(&file, &self.pem).unwrap();
        let more = format!("[authority]\nexternal = {:?}\n", file.display().to_string());
        World::open_with(folder, None, None, &more).await
    }

    /// A client's certificate as such an authority makes it: with a name of its own kind.
    fn issue(&self, change: impl Fn(&mut CertificateParams), trusts: &str) -> Identity {
        self.issue_for(&KeyPair::generate().unwrap(), change, trusts)
    }

    /// The same, for a key that is there.
    fn issue_for(
        &self,
        key: &KeyPair,
        change: impl Fn(&mut CertificateParams),
        trusts: &str,
    ) -> Identity {
        let mut params = CertificateParams::new(vec!["platform.example".to_owned()]).unwrap();
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        change(&mut params);
        Identity {
            certificate_pem: params.signed_by(key, &self.issuer).unwrap().pem(),
            key_pem: key.serialize_pem(),
            authority_pem: trusts.to_owned(),
        }
    }
}

async fn register(
    world: &World,
    identity: &Identity,
) -> Result<tonic::Response<pb::TlsCertificate>, tonic::Status> {
    let system = Subject::System("systems/yjs-platform".to_owned());
    register_for(world, system, identity).await
}

async fn register_for(
    world: &World,
    subject: Subject,
    identity: &Identity,
) -> Result<tonic::Response<pb::TlsCertificate>, tonic::Status> {
    let request = pb::RegisterTlsCertificateRequest {
        subject: Some(subject),
        certificate: identity.certificate_pem.clone(),
        request_id: new_id(),
    };
    let mut client = world.operator.tls_certificates();
    client.register_tls_certificate(ask(request)).await
}

async fn asked(world: &World, identity: &Identity) -> String {
    let mut connection = Connection::open(&world.gateway, Some(identity)).await;
    let list = pb::ListSystemsRequest::default();
    let answer = connection.call(LIST, &list).await;
    if answer.is_ok() {
        return "served".to_owned();
    }
    answer.told().reason
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registered_certificate_serves_its_holder_until_it_is_revoked() {
    let external = External::new();
    let world = external.trusted().await;
    world.register_system("yjs-platform").await;
    let trusts = world.gateway.authority_pem.clone();
    let identity = external.issue(|_| {}, &trusts);
    assert_eq!(asked(&world, &identity).await, "TLS_CERTIFICATE_PROFILE");

    let made = register(&world, &identity).await.unwrap().into_inner();
    assert!(made.external && made.renewable_time.is_none(), "{made:?}");
    assert_eq!(made.subject, "systems/yjs-platform");
    assert_eq!(made.endpoint_hosts, ["platform.example"]);
    assert_eq!(asked(&world, &identity).await, "served");
    // Another one of the same authority is not known.
    let other = external.issue(|_| {}, &trusts);
    assert_eq!(asked(&world, &other).await, "TLS_CERTIFICATE_PROFILE");
    let twice = refused(register(&world, &identity).await);
    assert_eq!(twice.reason, "SIGNING_REQUEST_REFUSED");

    let client = world.connect(identity.clone()).await;
    let renew = pb::RenewTlsCertificateRequest {
        signing_request: KeyAndRequest::generate().unwrap().request_pem,
        request_id: new_id(),
    };
    let told = refused(
        client
            .tls_certificates()
            .renew_tls_certificate(ask(renew))
            .await,
    );
    assert_eq!(told.reason, "STATE_CONFLICT");

    let revoke = pb::RevokeTlsCertificateRequest {
        name: made.name,
        reason: "换证".to_owned(),
        request_id: new_id(),
        renewals: false,
    };
    let mut enrolment = world.operator.enrolment();
    enrolment.revoke_tls_certificate(ask(revoke)).await.unwrap();
    assert_eq!(asked(&world, &identity).await, "TLS_CERTIFICATE_REVOKED");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_stands_for_a_system_or_a_person_whoever_signed_its_certificate() {
    let external = External::new();
    let world = external.trusted().await;
    let department = world.register_department("市财政局").await;
    let officer = |account: &str| pb::Officer {
        department: department.clone(),
        account: account.to_owned(),
    };
    // The gateway certified it for a system; an external authority for one of its people.
    let platform = world.enrol_system("yjs-platform").await;
    let key = KeyPair::from_pem(&platform.identity.key_pem).unwrap();
    let shared = external.issue_for(&key, |_| {}, "");
    let wang = Subject::Officer(officer("wang"));
    let told = refused(register_for(&world, wang.clone(), &shared).await);
    assert_eq!(told.reason, "SIGNING_REQUEST_REFUSED", "{told:?}");
    let own = external.issue(|_| {}, "");
    register_for(&world, wang, &own).await.unwrap();

    // An external authority certified it for a system; the gateway is asked to for one of its people.
    let key = KeyPair::generate().unwrap();
    let systems = external.issue_for(&key, |_| {}, "");
    register(&world, &systems).await.unwrap();
    let unnamed = CertificateParams::default()
        .serialize_request(&key)
        .unwrap();
    let zhang = create_enrolment_token_request::Subject::Officer(officer("zhang"));
    let request = pb::EnrolRequest {
        token: world.token(zhang).await,
        signing_request: unnamed.pem().unwrap(),
        endpoint_hosts: Vec::new(),
    };
    let anybody = world.anonymous().await;
    let mut enrolment = EnrolmentServiceClient::new(anybody);
    let told = refused(enrolment.enrol(ask(request)).await);
    assert_eq!(told.reason, "SIGNING_REQUEST_REFUSED", "{told:?}");
    assert!(told.message.contains("make a new key"), "{told:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_with_a_certificate_is_told_at_once() {
    let external = External::new();
    let world = external.trusted().await;
    world.register_system("yjs-platform").await;
    let old = |params: &mut CertificateParams| {
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(2020, 2, 1);
    };
    let bare = |params: &mut CertificateParams| {
        params.key_usages.clear();
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    };
    let stranger = External::new();
    let cases = [
        (
            "a stranger's",
            stranger.issue(|_| {}, ""),
            vec!["NOT_TRUSTED"],
        ),
        ("over", external.issue(old, ""), vec!["NOT_TRUSTED"]),
        (
            "a server's",
            external.issue(bare, ""),
            vec!["NOT_FOR_SIGNING", "NOT_FOR_CLIENTS", "NOT_TRUSTED"],
        ),
    ];
    for (case, identity, codes) in cases {
        let told = refused(register(&world, &identity).await);
        assert_eq!(
            (told.code, told.reason.as_str()),
            (Code::InvalidArgument, "REQUEST_INVALID"),
            "{case}"
        );
        let found: Vec<&str> = told
            .violations
            .iter()
            .map(|(_, text)| text.split(':').next().unwrap())
            .collect();
        assert_eq!(found, codes, "{case}");
        assert!(
            told.fields().iter().all(|field| *field == "certificate"),
            "{case}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_an_external_authority_nothing_is_registered() {
    let world = World::start().await;
    world.register_system("yjs-platform").await;
    let told = refused(register(&world, &External::new().issue(|_| {}, "")).await);
    assert_eq!(told.reason, "STATE_CONFLICT");
}
