//! Where an endpoint may lie is asked when it is registered and again before each connection: a name can come to
//! mean another place, and the networks that an operator allows can change.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use broker::Networks;
use domain::endpoint::Health;
use kit::city::{self, SEEDS};
use kit::databases::{Database, on_sqlite};
use kit::gateway::{TestGateway, act};
use kit::tables::Tables;
use tokio::net::TcpListener;

/// A place that counts who comes, and says nothing.
async fn counting() -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let seen = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&seen);
    tokio::spawn(async move {
        while listener.accept().await.is_ok() {
            count.fetch_add(1, Ordering::SeqCst);
        }
    });
    (address, seen)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_that_means_a_place_outside_by_now_is_not_connected_to() {
    on_sqlite(async |database: &Database| {
        let tables = Tables::start(database).await;
        let (place, seen) = counting().await;
        let named = format!("localhost:{}", place.port());
        let endpoint = city::endpoint("enterprise-registry.main", &named);
        let name = endpoint.name.clone();
        tables.register(endpoint).await.unwrap();
        let before = seen.load(Ordering::SeqCst);
        assert!(before > 0, "it was allowed, and looked at");

        // To this gateway the name means a place outside of its networks.
        let elsewhere = Networks::parse(&["10.0.0.0/8".to_owned()], false).unwrap();
        let other = TestGateway::start_within(database, 1, 2, elsewhere).await;
        let other = other.unwrap();
        other.load_seeds(&SEEDS).await.unwrap();
        let probed = other.probe_endpoint(&tables.owner, &name).await.unwrap();
        let seen_there = other.observation(&name).unwrap();
        assert!(!probed.value.health.is_serving());
        let error = seen_there.error.unwrap();
        assert!(error.contains("none of the networks"), "{error}");
        let request = other.new_request();
        let examining = act(&tables.owner, &request, "CheckConformance");
        let run = other
            .check_conformance(&examining, &name, &[])
            .await
            .unwrap();
        assert!(!run.report.passed());
        assert_eq!(seen.load(Ordering::SeqCst), before, "nobody came");
        assert!(!matches!(run.endpoint.value.health, Health::Serving { .. }));
    })
    .await;
}
