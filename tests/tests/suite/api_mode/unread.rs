//! Peers that ask and do not read.

use http::HeaderValue;
use kit::world::World;
use kit::world::insured::{Insured, call};
use kit::world::wire::{self, Connection, framed, shake};
use prost::Message as _;
use sandbox::insurance as pb;
use sandbox::people::HUSBAND;

const GET: &str = "shaoyang.insurance.v1.InsuranceService/GetInsured";
const LIST: &str = "shuqiao.evidence.v1.EvidenceService/ListEntries";

/// Asks a method of which the answer cannot leave, since its window is too small for it, and waits until
/// the gateway gives the connection up.
async fn asks_and_does_not_read(
    insured: &Insured,
    who: &kit::world::Client,
    method: &str,
    window: u32,
) {
    let config = wire::tls(
        &insured.world.gateway,
        Some(&who.identity),
        &rustls::version::TLS13,
    );
    let stream = shake(&insured.world.gateway, config).await.unwrap();
    let question = pb::GetInsuredRequest {
        id_number: HUSBAND.code.clone().into_owned(),
    };
    let mut metadata = call(()).metadata().clone().into_headers();
    // Time enough to make the answer on a busy machine: a deadline that passed before is another case.
    metadata.insert("grpc-timeout", HeaderValue::from_static("6S"));
    let body = match method {
        GET => framed(&question.encode_to_vec()),
        _ => framed(&[]),
    };
    Connection::asking_with_a_window(window, stream, method, metadata, body).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_takes_no_answer_is_given_up_after_its_deadline() {
    let insured = Insured::granting(World::start().await, &["name"]).await;
    asks_and_does_not_read(&insured, &insured.platform, GET, 0).await;
    asks_and_does_not_read(&insured, &insured.auditor, LIST, 0).await;
    assert!(insured.world.log().contains("does not take its answers"));
    // Others, and the same peer on another connection, are served as before.
    assert!(insured.get(&HUSBAND.code).await.is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_answer_of_which_a_byte_is_taken_is_not_taken() {
    let insured = Insured::granting(World::start().await, &["name"]).await;
    // A page of entries that is larger than any piece in which answers leave.
    while insured.auditor.entries().await.len() < 100 {
        assert!(insured.get(&HUSBAND.code).await.is_ok());
    }
    let page: usize = insured
        .auditor
        .entry_bodies()
        .await
        .iter()
        .map(Vec::len)
        .sum();
    assert!(page > 48 * 1024, "{page}");
    asks_and_does_not_read(&insured, &insured.auditor, LIST, 1).await;
    assert!(insured.world.log().contains("does not take its answers"));
}
