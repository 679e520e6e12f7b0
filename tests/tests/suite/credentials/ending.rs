//! What ends soon is told: of holders, of the gateway and of the authorities; and no more once it was renewed.

use broker::{CredentialFilter, PageRequest, Warning};
use domain::credential::Principal;
use domain::name::Account;
use jiff::SignedDuration;
use kit::databases::Database;
use kit::gateway::{TestGateway, act};
use sandbox::identity::KeyAndRequest;

kit::on_each_database!(what_ends_soon_is_told_until_it_is_renewed);

const DAY: SignedDuration = SignedDuration::from_hours(24);

async fn what_ends_soon_is_told_until_it_is_renewed(database: &Database) {
    let gateway = TestGateway::start(database).await;
    let operator = gateway.operator("zhao").await;
    let department = kit::city::department(0);
    let id = gateway.new_request();
    let create = act(&operator, &id, "CreateDepartment");
    gateway
        .create_department(&create, department.clone())
        .await
        .unwrap();
    gateway.clock.advance(DAY);
    let officer = gateway.officer(&operator, &department.name, "wang").await;
    assert!(gateway.warnings().is_empty());

    // The gateway's own certificate towards providers is made anew in time, where somebody looks after it.
    gateway.clock.advance(DAY * 22);
    let names = |warnings: Vec<Warning>| -> Vec<String> {
        warnings.into_iter().map(|warning| warning.name).collect()
    };
    assert_eq!(names(gateway.own_warnings()), ["gateway/providers"]);
    let follow = || {
        let authorities = gateway.authorities().as_ref().clone();
        gateway.follow_authorities(authorities).unwrap();
        assert!(
            names(gateway.own_warnings())
                .iter()
                .all(|name| name.starts_with("authorities/"))
        );
    };
    follow();
    // The operator's ends first; a day later the officer's.
    let holders = || -> Vec<String> {
        gateway
            .warnings()
            .into_iter()
            .map(|warning| warning.holder)
            .collect()
    };
    assert_eq!(holders(), ["operators/zhao"]);
    gateway.clock.advance(DAY);
    let account = Account::parse("wang").unwrap();
    let wang = Principal::Officer {
        department: department.name.clone(),
        account,
    };
    assert_eq!(holders(), ["operators/zhao".to_owned(), wang.to_string()]);
    let warned = gateway.warnings();
    assert_eq!(warned[0].department, None);
    assert_eq!(warned[1].department.as_ref(), Some(&department.name));
    let page = PageRequest::new(0, "").unwrap();
    let soon = CredentialFilter {
        expires_soon: true,
        ..CredentialFilter::default()
    };
    let listed = gateway.credentials(&officer, &page, &soon).await.unwrap();
    assert_eq!(
        listed.rows.len(),
        1,
        "an officer sees what the own department has to do"
    );
    assert_eq!(listed.rows[0].value.name, *officer.fingerprint());

    let request = gateway.new_request();
    let renew = act(&officer, &request, "RenewTlsCertificate");
    let csr = KeyAndRequest::generate().unwrap().request_pem;
    gateway.renew_tls_certificate(&renew, &csr).await.unwrap();
    assert_eq!(holders(), ["operators/zhao"]);

    // Both authorities, in the last half year of their ten years.
    gateway.clock.advance(DAY * (3650 - 24 - 180));
    follow();
    assert_eq!(
        names(gateway.warnings()),
        ["authorities/callers", "authorities/gateway"]
    );
    let own = gateway.own_warnings();
    assert_eq!(own, gateway.warnings(), "nothing but the gateway's own");
}
