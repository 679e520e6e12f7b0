//! A system that brings its files counts as there while it reports, at whichever gateway.

use broker::PageRequest;
use domain::caller::Caller;
use domain::endpoint::{Address, Endpoint, Health, Protocol};
use domain::file_drop::FileDrop;
use domain::name::EndpointId;
use domain::reason::Reason;
use jiff::SignedDuration;
use kit::city::{self, SEEDS};
use kit::databases::Database;
use kit::gateway::TestGateway;
use kit::tables::{PROVIDER, Tables};

kit::on_each_database!(who_stops_reporting_fails_at_every_gateway_and_comes_back_with_a_report,);

async fn health(gateway: &TestGateway, operator: &Caller, name: &EndpointId) -> Health {
    gateway.refresh().await.unwrap();
    gateway.probe_all().await.unwrap();
    let system = name.system().unwrap();
    let listed = gateway.endpoints(operator, &system, false).await.unwrap();
    listed[0].value.health.clone()
}

/// How often the ledger tells that an endpoint fails.
async fn failures(gateway: &TestGateway, operator: &Caller) -> usize {
    let page = PageRequest::new(0, "").unwrap();
    let event = Some("registry.endpoint.failing");
    let found = gateway.entries(operator, &page, None, event).await;
    found.unwrap().entries.len()
}

async fn who_stops_reporting_fails_at_every_gateway_and_comes_back_with_a_report(
    database: &Database,
) {
    let tables = Tables::start(database).await;
    let (one, operator) = (&tables.gateway, &tables.operator);
    let other = TestGateway::start_with_key(database, 1, 2).await.unwrap();
    other.load_seeds(&SEEDS).await.unwrap();
    let endpoint = Endpoint {
        address: Address::here(),
        protocol: Protocol::FileDrop(FileDrop::every(60).unwrap()),
        ..city::endpoint("enterprise-registry.drop", "127.0.0.1:1")
    };
    let name = endpoint.name.clone();
    let made = tables.register(endpoint).await.unwrap();
    assert_eq!(made.health, Health::Unknown, "nothing can be said of it");
    assert_eq!(health(&other, operator, &name).await, Health::Unknown);

    let provider = one.system_caller(operator, PROVIDER).await;
    let reported = one.report_heartbeat(&provider, &name, 3, 0).await.unwrap();
    assert!(reported.value.health.is_serving());
    for seconds in [0, 120] {
        for gateway in [one, &other] {
            gateway.clock.advance(SignedDuration::from_secs(seconds));
            assert!(health(gateway, operator, &name).await.is_serving());
        }
    }
    assert_eq!(failures(one, operator).await, 0);

    other.clock.advance(SignedDuration::from_secs(1));
    let Health::Failing { error, .. } = health(&other, operator, &name).await else {
        panic!("it stopped reporting two minutes ago");
    };
    assert!(error.contains("every 60 seconds"), "{error}");
    assert_eq!(failures(&other, operator).await, 1);

    one.refresh().await.unwrap();
    let back = one.report_heartbeat(&provider, &name, 0, 0).await.unwrap();
    assert!(back.value.health.is_serving(), "{:?}", back.value.health);
    let system = name.system().unwrap();
    let answering = async || one.proofs_of(&system).await.unwrap().answering;
    assert!(answering().await.is_some());
    // That it reports says nothing of the endpoint by which its table is read.
    let dead = city::endpoint("enterprise-registry.main", "127.0.0.1:1");
    tables.register(dead).await.unwrap();
    assert_eq!(answering().await, None);
    let refused = one.report_heartbeat(&provider, &name, 0, 2).await.unwrap();
    assert!(!refused.value.health.is_serving());
    assert_eq!(failures(one, operator).await, 3);

    let officer = one.report_heartbeat(&tables.owner, &name, 0, 0).await;
    assert_eq!(officer.unwrap_err().reason, Reason::RoleNotAllowed);
}
