//! One run of an endpoint at a time, over all gateways of a database, and none that holds it for ever.

use std::net::SocketAddr;
use std::sync::Arc;

use broker::clock::Clock as _;
use broker::{Examined, Failure, Gateway, Merger, PageRequest};
use domain::caller::Caller;
use domain::name::{EndpointId, RequestId};
use domain::policy::shaoyang_date;
use domain::reason::Reason;
use jiff::SignedDuration;
use kit::city::{self, SEEDS};
use kit::databases::Database;
use kit::gateway::{TestGateway, act};
use kit::tables::{CONSUMER, PROVIDER, Tables};
use tokio::net::TcpListener;

kit::on_each_database!(
    a_second_run_is_refused_by_every_gateway_until_the_first_has_ended_or_died,
    a_run_without_a_result_lets_go_of_its_endpoint,
);

/// Looks at the ledger until a run has begun.
const LOOKS: usize = 100_000;

/// A place that takes connections and never says a word: a run of it takes as long as a connection may.
async fn silent() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            held.push(stream);
        }
    });
    address
}

async fn run(gateway: &Arc<Gateway>, who: &Caller, id: RequestId) -> Result<Examined, Failure> {
    let name = EndpointId::from_id("enterprise-registry.main").unwrap();
    let asked = act(who, &id, "CheckConformance");
    gateway.check_conformance(&asked, &name, &[]).await
}

async fn until_begun(gateway: &TestGateway, operator: &Caller) {
    let page = PageRequest::new(0, "").unwrap();
    let event = Some("registry.endpoint.examination_begun");
    for _ in 0..LOOKS {
        let found = gateway.entries(operator, &page, None, event).await;
        if !found.unwrap().entries.is_empty() {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("no run has begun");
}

async fn a_second_run_is_refused_by_every_gateway_until_the_first_has_ended_or_died(
    database: &Database,
) {
    let tables = Tables::start(database).await;
    let (one, owner) = (&tables.gateway, &tables.owner);
    let other = TestGateway::start_with_key(database, 1, 2).await.unwrap();
    other.load_seeds(&SEEDS).await.unwrap();
    let place = silent().await.to_string();
    let endpoint = city::endpoint("enterprise-registry.main", &place);
    tables.register(endpoint).await.unwrap();
    other.refresh().await.unwrap();

    let first = tokio::spawn({
        let (gateway, owner, id) = (Arc::clone(one), owner.clone(), one.new_request());
        async move { run(&gateway, &owner, id).await }
    });
    until_begun(one, &tables.operator).await;
    for gateway in [one, &other] {
        let refused = run(gateway, owner, gateway.new_request()).await;
        let failure = refused.unwrap_err();
        assert_eq!(failure.reason, Reason::StateConflict);
        assert!(failure.message.contains("being examined"), "{failure:?}");
    }
    // One that died holds nothing any more: to this gateway the first has taken longer than a run can.
    other.clock.advance(SignedDuration::from_mins(4));
    let second = run(&other, owner, other.new_request()).await.unwrap();
    assert!(!second.report.passed());
    // The first ends all the same, and its end is the endpoint's.
    assert!(!first.await.unwrap().unwrap().report.passed());
    let third = run(one, owner, one.new_request()).await.unwrap();
    assert_eq!(third.endpoint.value.examined_until, None);
}

async fn a_run_without_a_result_lets_go_of_its_endpoint(database: &Database) {
    let tables = Tables::start(database).await;
    let (gateway, owner) = (&tables.gateway, &tables.owner);
    let place = silent().await.to_string();
    let endpoint = city::endpoint("enterprise-registry.main", &place);
    tables.register(endpoint).await.unwrap();
    let first = tokio::spawn({
        let (gateway, owner, id) = (Arc::clone(gateway), owner.clone(), gateway.new_request());
        async move { run(&gateway, &owner, id).await }
    });
    until_begun(gateway, &tables.operator).await;
    // Its department goes over to another while it is tried: whoever asked has no say in the endpoint any more.
    let merger = Merger {
        successor: city::owner_of(CONSUMER),
        last_day: shaoyang_date(gateway.clock.now()),
        document: "邵编〔2022〕1号".to_owned(),
    };
    let request = gateway.new_request();
    let merging = act(&tables.operator, &request, "MergeDepartment");
    let ends = city::owner_of(PROVIDER);
    let merged = gateway.merge_department(&merging, &ends, merger, "").await;
    merged.unwrap();
    let failure = first.await.unwrap().unwrap_err();
    assert_eq!(failure.reason, Reason::CallerSuspended);
    // It is held by nobody: who has a say in it now may try it.
    let again = run(gateway, &tables.operator, gateway.new_request()).await;
    let again = again.unwrap();
    assert!(!again.report.passed());
    assert_eq!(again.endpoint.value.examined_until, None);
}
