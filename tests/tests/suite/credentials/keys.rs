//! A token is short-lived, and a key stands for one holder only: systems and people never share one.

use broker::{Failure, NewToken};
use domain::caller::Caller;
use domain::credential::Principal;
use domain::name::Account;
use domain::reason::Reason;
use jiff::SignedDuration;
use kit::databases::Database;
use kit::drafts::noon;
use kit::gateway::{TestGateway, act};
use sandbox::identity::KeyAndRequest;

use super::renewal::registered;

kit::on_each_database!(
    a_token_is_good_until_its_last_moment_and_no_longer,
    the_key_of_a_system_never_stands_for_a_person_nor_the_other_way_round,
);

/// Of the thirty days of a certificate, the last ten or so.
const IN_TIME: SignedDuration = SignedDuration::from_hours(24 * 21);
const LIFE: SignedDuration = SignedDuration::from_mins(15);
const MOMENT: SignedDuration = SignedDuration::from_micros(1);

fn account(text: &str) -> Account {
    Account::parse(text).unwrap()
}

async fn offered(gateway: &TestGateway, operator: &Caller, principal: Principal) -> NewToken {
    let request = gateway.new_request();
    let offering = act(operator, &request, "CreateEnrolmentToken");
    let token = gateway.create_enrolment_token(&offering, principal);
    token.await.unwrap()
}

fn told(failure: &Failure) -> (Reason, &str) {
    (failure.reason, failure.message.as_str())
}

async fn a_token_is_good_until_its_last_moment_and_no_longer(database: &Database) {
    let gateway = TestGateway::start(database).await;
    let operator = gateway.operator("zhao").await;
    let auditor = |text| Principal::Auditor {
        account: account(text),
    };
    let used = offered(&gateway, &operator, auditor("audit-one")).await;
    let late = offered(&gateway, &operator, auditor("audit-two")).await;
    assert_eq!((used.expires, late.expires), (noon() + LIFE, noon() + LIFE));
    let own = KeyAndRequest::generate().unwrap();
    gateway.clock.advance(LIFE - MOMENT);
    gateway
        .enrol(&used.secret, &own.request_pem, &[])
        .await
        .unwrap();

    gateway.clock.advance(MOMENT);
    let own = KeyAndRequest::generate().unwrap();
    let refused = gateway.enrol(&late.secret, &own.request_pem, &[]).await;
    let expected = (Reason::EnrolmentTokenInvalid, "the token has expired");
    assert_eq!(told(&refused.unwrap_err()), expected);
    // Its key is not spoilt by that.
    let again = offered(&gateway, &operator, auditor("audit-two")).await;
    let issued = gateway.enrol(&again.secret, &own.request_pem, &[]).await;
    assert_eq!(issued.unwrap().credential.principal, auditor("audit-two"));
}

async fn the_key_of_a_system_never_stands_for_a_person_nor_the_other_way_round(
    database: &Database,
) {
    let gateway = TestGateway::start(database).await;
    let operator = gateway.operator("zhao").await;
    let system = registered(&gateway, &operator).await;
    let department = kit::city::department(0).name;
    let officer = |text| Principal::Officer {
        department: department.clone(),
        account: account(text),
    };
    let systems = KeyAndRequest::generate().unwrap();
    let token = offered(&gateway, &operator, system.clone()).await;
    let issued = gateway
        .enrol(&token.secret, &systems.request_pem, &[])
        .await;
    issued.unwrap();
    let expected = (
        Reason::SigningRequestRefused,
        "a certificate was issued for this key before; make a new key",
    );

    let token = offered(&gateway, &operator, officer("wang")).await;
    let shared = gateway
        .enrol(&token.secret, &systems.request_pem, &[])
        .await;
    assert_eq!(told(&shared.unwrap_err()), expected);
    let own = Principal::Operator {
        account: account("qian"),
    };
    let shared = gateway.issue_operator(&own, &systems.request_pem).await;
    assert_eq!(told(&shared.unwrap_err()), expected);

    // The token is kept for a key of the officer's own, which no system gets afterwards.
    let persons = KeyAndRequest::generate().unwrap();
    let issued = gateway
        .enrol(&token.secret, &persons.request_pem, &[])
        .await;
    let wang = gateway.authenticate(&issued.unwrap().credential.name);
    let wang = wang.unwrap();
    let token = offered(&gateway, &operator, system).await;
    let shared = gateway
        .enrol(&token.secret, &persons.request_pem, &[])
        .await;
    assert_eq!(told(&shared.unwrap_err()), expected);

    gateway.clock.advance(IN_TIME);
    let request = gateway.new_request();
    let renewing = act(&wang, &request, "RenewTlsCertificate");
    let shared = gateway.renew_tls_certificate(&renewing, &systems.request_pem);
    assert_eq!(told(&shared.await.unwrap_err()), expected);
}
