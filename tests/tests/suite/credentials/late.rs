//! What was asked for under a certificate that is revoked meanwhile is not carried out.

use domain::reason::Reason;
use kit::databases::Database;
use kit::gateway::{TestGateway, act};

kit::on_each_database!(a_request_that_arrives_after_its_callers_revocation_changes_nothing);

async fn a_request_that_arrives_after_its_callers_revocation_changes_nothing(database: &Database) {
    let gateway = TestGateway::start(database).await;
    let operator = gateway.operator("zhao").await;
    let department = kit::city::department(0);
    let id = gateway.new_request();
    let create = act(&operator, &id, "CreateDepartment");
    let created = gateway.create_department(&create, department.clone()).await;
    created.unwrap();
    // Known at the door while its body is still on the way.
    let officer = gateway.officer(&operator, &department.name, "wang").await;
    let id = gateway.new_request();
    let revoke = act(&operator, &id, "RevokeTlsCertificate");
    let revoked = gateway
        .revoke_tls_certificate(&revoke, officer.fingerprint(), "密钥外泄".to_owned(), false)
        .await;
    revoked.unwrap();

    let mut system = kit::city::system("yjs-platform");
    system.department = department.name.clone();
    let id = gateway.new_request();
    let late = act(&officer, &id, "CreateSystem");
    let refused = gateway
        .create_system(&late, system.clone(), "虚构系统底数清单".to_owned())
        .await
        .unwrap_err();
    assert_eq!(refused.reason, Reason::TlsCertificateRevoked);
    let found = gateway.system(&system.name).await.unwrap_err();
    assert_eq!(found.reason, Reason::NotFound);
}
