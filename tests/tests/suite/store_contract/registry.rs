//! The registry through the use cases: seeds, revisions, request ids, enrolment, and the bundle.

use broker::Failure;
use domain::credential::Principal;
use domain::department::Department;
use domain::reason::Reason;
use kit::city::{self, SEEDS};
use kit::databases::Database;
use kit::drafts::assert_no_index_skipped;
use kit::gateway::{ORIGIN, TestGateway, act, log_signer, verified};
use kit::together;
use ledger::bundle::Scope;
use sandbox::identity::KeyAndRequest;

kit::on_each_database!(
    seeds_loaded_twice_change_nothing,
    two_gateways_that_load_the_seeds_at_once_both_succeed,
    the_revision_moves_with_changes_only,
    another_gateway_sees_a_change_after_its_next_look,
    a_log_of_another_key_is_refused_at_start,
    a_repeated_request_gets_the_earlier_answer,
    a_request_repeated_at_the_same_time_gets_the_same_answer,
    a_request_id_of_another_request_is_refused,
    what_is_only_validated_is_not_stored,
    a_token_traded_by_many_at_once_gives_one_certificate,
    the_exported_log_verifies_offline,
    a_changed_byte_of_the_exported_log_is_found,
);

async fn seeds_loaded_twice_change_nothing(database: &Database) {
    let gateway = TestGateway::start_with_key(database, 1, 1).await.unwrap();
    assert!(gateway.load_seeds(&SEEDS).await.unwrap() > 0);
    let store = database.open().await;
    let revision = store.revision().await.unwrap();
    let before = store.contents().await.unwrap();
    assert_eq!(gateway.load_seeds(&SEEDS).await.unwrap(), 0);
    assert_eq!(store.revision().await.unwrap(), revision);
    assert_eq!(store.contents().await.unwrap().matters, before.matters);
    assert_eq!(store.ledger_size().await.unwrap(), 0, "seeds are no acts");
    assert_eq!(before.matters.len(), SEEDS.matters.len());
    assert_eq!(
        before.certificate_types.len(),
        SEEDS.certificate_types.len()
    );
}

async fn two_gateways_that_load_the_seeds_at_once_both_succeed(database: &Database) {
    let one = TestGateway::start_with_key(database, 1, 1).await.unwrap();
    let other = TestGateway::start_with_key(database, 1, 2).await.unwrap();
    let (first, second) = tokio::join!(one.load_seeds(&SEEDS), other.load_seeds(&SEEDS));
    let mut changed = [first.unwrap(), second.unwrap()];
    changed.sort_unstable();
    assert_eq!(changed[0], 0, "the second finds everything in place");
    assert!(changed[1] > 0);
}

async fn the_revision_moves_with_changes_only(database: &Database) {
    let gateway = TestGateway::start(database).await;
    let store = database.open().await;
    let operator = gateway.operator("owner").await;
    let before = store.revision().await.unwrap();
    gateway.auditor(&operator, "li").await;
    assert!(
        store.revision().await.unwrap() > before,
        "an enrolment is a change"
    );

    let before = store.revision().await.unwrap();
    let entries = store.ledger_size().await.unwrap();
    gateway.checkpoint().await.unwrap();
    let request = gateway.new_request();
    gateway
        .create_department(&act(&operator, &request, "c"), city::department(0))
        .await
        .unwrap();
    assert_eq!(store.ledger_size().await.unwrap(), entries + 1);
    assert_eq!(store.revision().await.unwrap(), before + 1);
    let request = gateway.new_request();
    let twice = gateway
        .create_department(&act(&operator, &request, "create"), city::department(0))
        .await;
    assert_eq!(twice.unwrap_err().reason, Reason::AlreadyExists);
    assert_eq!(store.revision().await.unwrap(), before + 1);
}

async fn another_gateway_sees_a_change_after_its_next_look(database: &Database) {
    let one = TestGateway::start(database).await;
    let other = TestGateway::start_with_key(database, 1, 2).await.unwrap();
    let operator = one.operator("owner").await;
    let department = city::department(0);
    let request = one.new_request();
    one.create_department(&act(&operator, &request, "create"), department.clone())
        .await
        .unwrap();
    assert!(
        one.snapshot().department(&department.name).is_some(),
        "the own change is seen at once"
    );
    assert!(other.snapshot().department(&department.name).is_none());
    other.refresh().await.unwrap();
    assert!(other.snapshot().department(&department.name).is_some());
    assert!(other.authenticate(operator.fingerprint()).is_ok());
}

async fn a_log_of_another_key_is_refused_at_start(database: &Database) {
    TestGateway::start(database).await;
    let failure = TestGateway::start_with_key(database, 2, 2)
        .await
        .unwrap_err();
    assert_eq!(failure.reason, Reason::LedgerUnavailable);
    TestGateway::start_with_key(database, 1, 3).await.unwrap();
}

async fn a_repeated_request_gets_the_earlier_answer(database: &Database) {
    let gateway = TestGateway::start(database).await;
    let operator = gateway.operator("owner").await;
    let request = gateway.new_request();
    let create = async || {
        gateway
            .create_department(&act(&operator, &request, "c"), city::department(0))
            .await
    };
    let first = create().await.unwrap();
    let size = database.open().await.ledger_size().await.unwrap();
    assert_eq!(create().await.unwrap(), first);
    assert_eq!(database.open().await.ledger_size().await.unwrap(), size);
}

async fn a_request_repeated_at_the_same_time_gets_the_same_answer(database: &Database) {
    let gateway = TestGateway::start(database).await;
    let operator = gateway.operator("owner").await;
    let request = gateway.new_request();
    let answers = together((0..8).map(|_| {
        let act = act(&operator, &request, "create");
        let gateway = &gateway;
        async move { gateway.create_department(&act, city::department(0)).await }
    }))
    .await;
    let answers: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
    assert!(answers.iter().all(|answer| answer == &answers[0]));
    // The operator's certificate, then the department: once.
    assert_eq!(assert_no_index_skipped(&database.open().await).await, 2);
}

async fn a_request_id_of_another_request_is_refused(database: &Database) {
    let gateway = TestGateway::start(database).await;
    let operator = gateway.operator("owner").await;
    let request = gateway.new_request();
    gateway
        .create_department(&act(&operator, &request, "one"), city::department(0))
        .await
        .unwrap();
    let other = gateway
        .create_department(&act(&operator, &request, "other"), city::department(1))
        .await;
    assert_eq!(other.unwrap_err().reason, Reason::RequestIdReused);
    assert!(
        gateway
            .snapshot()
            .department(&city::department(1).name)
            .is_none()
    );
}

async fn what_is_only_validated_is_not_stored(database: &Database) {
    let gateway = TestGateway::start(database).await;
    let operator = gateway.operator("owner").await;
    let size = database.open().await.ledger_size().await.unwrap();
    let request = gateway.new_request();
    let mut act = act(&operator, &request, "create");
    act.validate_only = true;
    gateway
        .create_department(&act, city::department(0))
        .await
        .unwrap();
    assert_eq!(database.open().await.ledger_size().await.unwrap(), size);
    act.validate_only = false;
    gateway
        .create_department(&act, city::department(0))
        .await
        .unwrap();
}

async fn a_token_traded_by_many_at_once_gives_one_certificate(database: &Database) {
    let gateway = TestGateway::start(database).await;
    let operator = gateway.operator("owner").await;
    let request = gateway.new_request();
    let auditor = Principal::Auditor {
        account: domain::name::Account::parse("li").unwrap(),
    };
    let token = gateway
        .create_enrolment_token(&act(&operator, &request, "offer"), auditor)
        .await
        .unwrap();
    let results = together((0..10).map(|_| {
        let (gateway, secret) = (&gateway, &token.secret);
        async move {
            let own = KeyAndRequest::generate().unwrap();
            gateway.enrol(secret, &own.request_pem, &[]).await
        }
    }))
    .await;
    let failures: Vec<Failure> = results.into_iter().filter_map(Result::err).collect();
    assert_eq!(failures.len(), 9, "exactly one gets a certificate");
    for failure in failures {
        assert_eq!(
            failure.reason,
            Reason::EnrolmentTokenInvalid,
            "{}",
            failure.message
        );
    }
}

async fn busy_log(database: &Database) -> (TestGateway, domain::caller::Caller) {
    let gateway = TestGateway::start(database).await;
    let operator = gateway.operator("owner").await;
    for index in 0..city::department_count() {
        let request = gateway.new_request();
        let act = act(&operator, &request, "create");
        // On the day of this test the one that ended later exists as well.
        let department = Department {
            valid_until: None,
            ..city::department(index)
        };
        gateway.create_department(&act, department).await.unwrap();
    }
    (gateway, operator)
}

async fn the_exported_log_verifies_offline(database: &Database) {
    let (gateway, operator) = busy_log(database).await;
    let bundle = gateway.export(&operator, None).await;
    let report = verified(&bundle, &log_signer(1).verifier_key());
    assert!(report.ok, "{report}");
    assert_eq!(
        (report.scope, report.origin.as_deref()),
        (Some(Scope::Log), Some(ORIGIN))
    );
    let size = database.open().await.ledger_size().await.unwrap();
    assert_eq!((report.size, report.summary.entries), (Some(size), size));
    assert!(
        !verified(&bundle, &log_signer(2).verifier_key()).ok,
        "another key does not verify it"
    );
}

async fn a_changed_byte_of_the_exported_log_is_found(database: &Database) {
    let (gateway, operator) = busy_log(database).await;
    let bundle = gateway.export(&operator, None).await;
    let vkey = log_signer(1).verifier_key();
    for place in (0..bundle.len()).step_by(bundle.len() / 60) {
        let mut changed = bundle.clone();
        changed[place] ^= 1;
        assert!(!verified(&changed, &vkey).ok, "byte {place}");
    }
}
