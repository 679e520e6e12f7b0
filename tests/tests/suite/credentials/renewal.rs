//! Renewal: a new key for the same holder, in time, once a request, and never for more than before.

use broker::{Act, Failure, PageRequest, Renewed};
use domain::caller::Caller;
use domain::credential::{Credential, CredentialTerms, Principal};
use domain::name::{Account, SystemName};
use domain::reason::Reason;
use jiff::SignedDuration;
use kit::city::SEEDS;
use kit::databases::Database;
use kit::gateway::{TestGateway, act};
use kit::together;
use sandbox::identity::KeyAndRequest;

kit::on_each_database!(
    a_young_certificate_is_not_renewed_and_the_refusal_says_when,
    old_and_new_overlap_until_the_old_one_ends,
    the_same_request_gives_the_same_certificate,
    a_text_is_kept_as_long_as_its_certificate_lives,
    a_key_is_certified_once,
    the_hosts_of_an_endpoint_are_carried_over,
    whoever_is_revoked_or_suspended_does_not_renew,
    a_holder_has_so_many_certificates_at_once_and_no_more,
    a_revocation_takes_along_what_was_renewed_where_it_is_told_to,
);

const DAY: SignedDuration = SignedDuration::from_hours(24);
/// Of the thirty days of a certificate, the last ten or so.
const IN_TIME: SignedDuration = SignedDuration::from_hours(24 * 21);

struct Holder<'a> {
    gateway: &'a TestGateway,
    caller: Caller,
}

impl<'a> Holder<'a> {
    async fn of(gateway: &'a TestGateway, hosts: &[&str]) -> Self {
        let operator = gateway.operator("zhao").await;
        let principal = registered(gateway, &operator).await;
        let caller = gateway.enrolled(&operator, principal, hosts).await.0;
        Self { gateway, caller }
    }

    async fn renew(&self) -> Result<Renewed, Failure> {
        self.renew_by(
            &self.caller,
            &KeyAndRequest::generate().unwrap().request_pem,
        )
        .await
    }

    async fn renew_by(&self, caller: &Caller, request: &str) -> Result<Renewed, Failure> {
        let id = self.gateway.new_request();
        let act = act(caller, &id, "RenewTlsCertificate");
        self.gateway.renew_tls_certificate(&act, request).await
    }

    fn calls(&self, credential: &Credential) -> Result<Caller, Failure> {
        self.gateway.authenticate(&credential.name)
    }

    fn own(&self) -> Credential {
        let snapshot = self.gateway.snapshot();
        snapshot
            .credential(self.caller.fingerprint())
            .unwrap()
            .clone()
    }
}

pub(super) async fn registered(gateway: &TestGateway, operator: &Caller) -> Principal {
    let department = kit::city::department(0);
    let system = domain::system::System {
        department: department.name.clone(),
        ..kit::city::system("yjs-platform")
    };
    let name = system.name.clone();
    let ids = [gateway.new_request(), gateway.new_request()];
    let first = act(operator, &ids[0], "CreateDepartment");
    gateway.create_department(&first, department).await.unwrap();
    let second = act(operator, &ids[1], "CreateSystem");
    let document = "虚构系统底数清单".to_owned();
    gateway
        .create_system(&second, system, document)
        .await
        .unwrap();
    Principal::System { system: name }
}

fn refusal(answer: Result<Renewed, Failure>) -> Failure {
    answer.expect_err("it is refused")
}

async fn a_young_certificate_is_not_renewed_and_the_refusal_says_when(database: &Database) {
    let gateway = TestGateway::start(database).await;
    let holder = Holder::of(&gateway, &[]).await;
    let from = holder.own().renewable_from(gateway.credential_terms());
    let failure = refusal(holder.renew().await);
    assert_eq!(failure.reason, Reason::RenewalTooEarly);
    assert!(
        failure.message.contains(&from.to_string()),
        "{}",
        failure.message
    );
    // At the moment itself it is taken, a second before not.
    gateway
        .clock
        .advance(from.duration_since(gateway.now()) - SignedDuration::from_secs(1));
    assert_eq!(
        refusal(holder.renew().await).reason,
        Reason::RenewalTooEarly
    );
    gateway.clock.advance(SignedDuration::from_secs(1));
    holder.renew().await.unwrap();
}

async fn old_and_new_overlap_until_the_old_one_ends(database: &Database) {
    let gateway = TestGateway::start(database).await;
    let holder = Holder::of(&gateway, &[]).await;
    gateway.clock.advance(IN_TIME);
    let old = holder.own();
    let new = holder.renew().await.unwrap().credential;
    assert_eq!(new.principal, old.principal);
    assert_ne!(new.key_digest, old.key_digest);
    assert_eq!(new.renews(), Some(&old.name));
    assert!(new.not_after.duration_since(gateway.now()) == DAY * 30);
    for credential in [&old, &new] {
        assert_eq!(
            holder.calls(credential).unwrap().principal(),
            &old.principal
        );
    }
    gateway
        .clock
        .advance(old.not_after.duration_since(gateway.now()) + DAY);
    let reason = holder.calls(&old).unwrap_err().reason;
    assert_eq!(reason, Reason::TlsCertificateExpired);
    let caller = holder.calls(&new).unwrap();
    // And so on without end, as long as somebody renews in time.
    gateway.clock.advance(DAY * 10);
    let request = KeyAndRequest::generate().unwrap().request_pem;
    let third = holder.renew_by(&caller, &request).await.unwrap();
    assert_eq!(third.credential.renews(), Some(&new.name));
}

async fn the_same_request_gives_the_same_certificate(database: &Database) {
    let gateway = TestGateway::start(database).await;
    let holder = Holder::of(&gateway, &[]).await;
    gateway.clock.advance(IN_TIME);
    let own = KeyAndRequest::generate().unwrap();
    let id = gateway.new_request();
    let ask = async |digest: &str| {
        let act = Act {
            digest: digest.to_owned(),
            ..act(&holder.caller, &id, "RenewTlsCertificate")
        };
        gateway.renew_tls_certificate(&act, &own.request_pem).await
    };
    let first = ask("one").await.unwrap();
    let again = ask("one").await.unwrap();
    assert_eq!(first.pem, again.pem);
    assert_eq!(first.credential, again.credential);
    assert_eq!(
        refusal(ask("another").await).reason,
        Reason::RequestIdReused
    );
    // Elsewhere too: what is kept stands in the store.
    let other = TestGateway::start_with_key(database, 1, 2).await.unwrap();
    other.clock.advance(IN_TIME);
    let act = Act {
        digest: "one".to_owned(),
        ..act(&holder.caller, &id, "RenewTlsCertificate")
    };
    let there = other.renew_tls_certificate(&act, &own.request_pem).await;
    assert_eq!(there.unwrap().pem, first.pem);
}

async fn a_text_is_kept_as_long_as_its_certificate_lives(database: &Database) {
    let gateway = TestGateway::start(database).await;
    let holder = Holder::of(&gateway, &[]).await;
    gateway.clock.advance(IN_TIME);
    let own = KeyAndRequest::generate().unwrap();
    let id = gateway.new_request();
    let act = act(&holder.caller, &id, "RenewTlsCertificate");
    let first = gateway
        .renew_tls_certificate(&act, &own.request_pem)
        .await
        .unwrap();
    // The holder goes on under certificates that follow, by which it may ask for the first answer once more.
    gateway.clock.advance(DAY * 25);
    let renewed = gateway.authenticate(&first.credential.name).unwrap();
    let (next, next_id) = (KeyAndRequest::generate().unwrap(), gateway.new_request());
    let following = Act {
        caller: &renewed,
        request_id: &next_id,
        digest: "the next".to_owned(),
        ..act.clone()
    };
    let second = gateway
        .renew_tls_certificate(&following, &next.request_pem)
        .await;
    let holder = gateway
        .authenticate(&second.unwrap().credential.name)
        .unwrap();
    let act = Act {
        caller: &holder,
        ..act
    };
    gateway.clock.advance(DAY * 5);
    gateway.tidy_certificate_texts().await.unwrap();
    let again = gateway
        .renew_tls_certificate(&act, &own.request_pem)
        .await
        .unwrap();
    assert_eq!(again.pem, first.pem);
    gateway.clock.advance(DAY);
    gateway.tidy_certificate_texts().await.unwrap();
    let gone = refusal(gateway.renew_tls_certificate(&act, &own.request_pem).await);
    assert_eq!(gone.reason, Reason::StateConflict);
    assert!(gone.message.contains("new request id"), "{}", gone.message);
}

async fn a_key_is_certified_once(database: &Database) {
    let gateway = TestGateway::start(database).await;
    let holder = Holder::of(&gateway, &[]).await;
    gateway.clock.advance(IN_TIME);
    let own = KeyAndRequest::generate().unwrap();
    holder
        .renew_by(&holder.caller, &own.request_pem)
        .await
        .unwrap();
    let failure = refusal(holder.renew_by(&holder.caller, &own.request_pem).await);
    assert_eq!(failure.reason, Reason::SigningRequestRefused);
    assert!(
        failure.message.contains("make a new key"),
        "{}",
        failure.message
    );
    let garbage = refusal(holder.renew_by(&holder.caller, "no request").await);
    assert_eq!(garbage.reason, Reason::SigningRequestRefused);
}

async fn the_hosts_of_an_endpoint_are_carried_over(database: &Database) {
    let gateway = TestGateway::start(database).await;
    let holder = Holder::of(&gateway, &["127.0.0.1", "provider.example"]).await;
    gateway.clock.advance(IN_TIME);
    // What the request itself asks for is not looked at.
    let key = rcgen::KeyPair::generate().unwrap();
    let params = rcgen::CertificateParams::new(vec!["gateway.example".to_owned()]).unwrap();
    let request = params.serialize_request(&key).unwrap().pem().unwrap();
    let renewed = holder.renew_by(&holder.caller, &request).await.unwrap();
    let kept = renewed.credential.issuance.unwrap();
    assert_eq!(kept.hosts, ["127.0.0.1", "provider.example"]);
    let der = kit::world::forge::certificate_der(&renewed.pem);
    let text = String::from_utf8_lossy(&der).into_owned();
    assert!(text.contains("provider.example") && !text.contains("gateway.example"));
}

async fn whoever_is_revoked_or_suspended_does_not_renew(database: &Database) {
    let gateway = TestGateway::start(database).await;
    let holder = Holder::of(&gateway, &[]).await;
    gateway.clock.advance(IN_TIME);
    let operator = gateway.operator("qian").await;
    let ids = [gateway.new_request(), gateway.new_request()];
    let revoke = act(&operator, &ids[0], "RevokeTlsCertificate");
    let name = holder.caller.fingerprint();
    let why = "密钥遗失".to_owned();
    let done = gateway
        .revoke_tls_certificate(&revoke, name, why, false)
        .await;
    done.unwrap();
    // A caller that was recognised a moment before comes too late all the same.
    assert_eq!(
        refusal(holder.renew().await).reason,
        Reason::TlsCertificateRevoked
    );
    let system = SystemName::from_id("yjs-platform").unwrap();
    let suspend = act(&operator, &ids[1], "SuspendSystem");
    gateway
        .suspend_system(&suspend, &system, "整改".to_owned())
        .await
        .unwrap();
    assert_eq!(
        holder.calls(&holder.own()).unwrap_err().reason,
        Reason::TlsCertificateRevoked
    );
}

async fn a_holder_has_so_many_certificates_at_once_and_no_more(database: &Database) {
    let gateway = TestGateway::start(database).await;
    let mut seeds = SEEDS.clone();
    let terms = CredentialTerms {
        most_live: 3,
        ..CredentialTerms::DEFAULT
    };
    seeds.credentials[0].terms = terms;
    gateway.load_seeds(&seeds).await.unwrap();
    let holder = Holder::of(&gateway, &[]).await;
    gateway.clock.advance(IN_TIME);
    // Of many that race, as many win as there is room.
    let answers = together((0..8).map(|_| holder.renew())).await;
    let won = answers.iter().filter(|answer| answer.is_ok()).count();
    assert_eq!(won, 2);
    for lost in answers.into_iter().filter_map(Result::err) {
        assert_eq!(lost.reason, Reason::TlsCertificatesTooMany);
    }
    // A token does not help.
    let operator = gateway.operator("qian").await;
    let id = gateway.new_request();
    let offer = act(&operator, &id, "CreateEnrolmentToken");
    let principal = holder.own().principal;
    let token = gateway
        .create_enrolment_token(&offer, principal)
        .await
        .unwrap();
    let csr = KeyAndRequest::generate().unwrap().request_pem;
    let failure = gateway.enrol(&token.secret, &csr, &[]).await.unwrap_err();
    assert_eq!(failure.reason, Reason::TlsCertificatesTooMany);
    // One that ends makes room, and so does one that is revoked.
    let end = holder.own().not_after;
    gateway
        .clock
        .advance(end.duration_since(gateway.now()) - DAY);
    assert_eq!(
        refusal(holder.renew().await).reason,
        Reason::TlsCertificatesTooMany
    );
    gateway.clock.advance(DAY + DAY);
    let page = PageRequest::new(0, "").unwrap();
    let any = broker::CredentialFilter::default();
    let all = gateway.credentials(&operator, &page, &any).await.unwrap();
    let live = all
        .rows
        .iter()
        .find(|row| row.value.renews().is_some())
        .unwrap();
    gateway.clock.advance(DAY * 10);
    let caller = holder.calls(&live.value).unwrap();
    holder.renew_by(&caller, &csr).await.unwrap();
}

async fn a_revocation_takes_along_what_was_renewed_where_it_is_told_to(database: &Database) {
    let gateway = TestGateway::start(database).await;
    let holder = Holder::of(&gateway, &[]).await;
    gateway.clock.advance(IN_TIME);
    let first = holder.own();
    let second = holder.renew().await.unwrap().credential;
    gateway.clock.advance(IN_TIME);
    let caller = holder.calls(&second).unwrap();
    let csr = KeyAndRequest::generate().unwrap().request_pem;
    let third = holder.renew_by(&caller, &csr).await.unwrap().credential;
    let operator = gateway.operator("qian").await;
    let other = gateway
        .enrolled(&operator, first.principal.clone(), &[])
        .await
        .0;
    let revoke = async |renewals| {
        let id = gateway.new_request();
        let act = act(&operator, &id, "RevokeTlsCertificate");
        let why = "密钥外泄".to_owned();
        gateway
            .revoke_tls_certificate(&act, &first.name, why, renewals)
            .await
    };
    assert_eq!(revoke(false).await.unwrap().value.name, first.name);
    assert!(holder.calls(&third).is_ok());
    assert_eq!(
        revoke(false).await.unwrap_err().reason,
        Reason::StateConflict
    );
    // The named one is revoked already; what came of it is not.
    revoke(true).await.unwrap();
    for credential in [&second, &third] {
        let revoked = gateway
            .snapshot()
            .credential(&credential.name)
            .unwrap()
            .revoked
            .clone();
        assert_eq!(revoked.unwrap().reason, "密钥外泄");
    }
    assert!(
        gateway.authenticate(other.fingerprint()).is_ok(),
        "got by a token, it stays"
    );
    assert_eq!(
        revoke(true).await.unwrap_err().reason,
        Reason::StateConflict
    );
    let account = Account::parse("li").unwrap();
    let auditor = gateway.auditor(&operator, account.as_str()).await;
    let page = PageRequest::new(0, "").unwrap();
    let event = Some("registry.tls_certificate.revoked");
    let entries = gateway.entries(&auditor, &page, None, event).await.unwrap();
    assert_eq!(entries.entries.len(), 3, "an entry for each");
}
