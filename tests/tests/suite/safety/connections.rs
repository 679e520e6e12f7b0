//! HTTP/2: the limits that the gateway announces, and that it keeps to.

use api::registry::v1 as pb;
use kit::world::World;
use kit::world::wire::{Connection, LONG, framed, settings, shake, tls};
use rustls::version::TLS13;

const LIST: &str = "shuqiao.registry.v1.SystemService/ListSystems";
/// SETTINGS of RFC 9113, 6.5.2.
const MAX_CONCURRENT_STREAMS: u16 = 3;
const MAX_HEADER_LIST_SIZE: u16 = 6;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_settings_announce_the_limits() {
    let world = World::start().await;
    let config = tls(&world.gateway, Some(&world.operator.identity), &TLS13);
    let mut stream = shake(&world.gateway, config).await.unwrap();
    let announced = settings(&mut stream).await.unwrap();
    assert!(
        announced.contains(&(MAX_CONCURRENT_STREAMS, 100)),
        "{announced:?}"
    );
    assert!(
        announced.contains(&(MAX_HEADER_LIST_SIZE, 32 * 1024)),
        "{announced:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn headers_beyond_the_limit_are_refused_and_those_below_are_not() {
    let world = World::start().await;
    let mut open = Connection::open(&world.gateway, Some(&world.operator.identity)).await;
    let list = framed(&[]);
    let (fits, too_long) = ("a".repeat(15 * 1024), "a".repeat(17 * 1024));
    let far_too_long = "a".repeat(40 * 1024);
    let served = open
        .send(LIST, Some(LONG), &[("x-note", &fits)], list.clone())
        .await
        .unwrap();
    assert!(served.is_ok(), "{served:?}");
    let refused = open
        .send(LIST, Some(LONG), &[("x-note", &too_long)], list.clone())
        .await
        .unwrap();
    assert_eq!(refused.told().reason, "MESSAGE_TOO_LARGE", "{refused:?}");
    // Beyond what HTTP/2 takes at all, h2 answers before anything of ours is asked.
    let refused = open
        .send(LIST, Some(LONG), &[("x-note", &far_too_long)], list)
        .await
        .unwrap();
    assert_eq!(refused.http, 431, "{refused:?}");
    // It is the request that is refused, not the neighbours on its connection.
    assert!(
        open.call(LIST, &pb::ListSystemsRequest::default())
            .await
            .is_ok()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_peer_cannot_hold_all_connections() {
    const MOST: usize = 64;
    let world = World::start().await;
    let identity = Some(&world.operator.identity);
    let mut held = Vec::new();
    let refused = loop {
        let mut open = Connection::open(&world.gateway, identity).await;
        let answer = open.send(LIST, Some(LONG), &[], framed(&[])).await;
        if answer.is_err() {
            break true;
        }
        held.push(open);
        if held.len() > MOST {
            break false;
        }
    };
    assert!(
        refused,
        "{} connections of one peer were served",
        held.len()
    );
    // Somebody without a certificate still gets in, to enrol.
    let mut stranger = Connection::open(&world.gateway, None).await;
    let health = stranger
        .send("grpc.health.v1.Health/Check", Some(LONG), &[], framed(&[]))
        .await
        .unwrap();
    assert!(health.is_ok(), "{health:?}");
    // Those that were open go on.
    let first = held.first_mut().unwrap();
    let served = first
        .send(LIST, Some(LONG), &[], framed(&[]))
        .await
        .unwrap();
    assert!(served.is_ok(), "{served:?}");
}
