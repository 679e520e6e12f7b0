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

/// Asks a method of which the answer cannot leave, since no window is open for it, and waits until
/// the gateway gives the connection up.
async fn asks_and_does_not_read(insured: &Insured, who: &kit::world::Client, method: &str) {
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
    metadata.insert("grpc-timeout", HeaderValue::from_static("1S"));
    let body = match method {
        GET => framed(&question.encode_to_vec()),
        _ => framed(&[]),
    };
    Connection::asking_without_a_window(stream, method, metadata, body).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_takes_no_answer_is_given_up_after_its_deadline() {
    let insured = Insured::granting(World::start().await, &["name"]).await;
    asks_and_does_not_read(&insured, &insured.platform, GET).await;
    asks_and_does_not_read(&insured, &insured.auditor, LIST).await;
    assert!(insured.world.log().contains("does not take its answers"));
    // Others, and the same peer on another connection, are served as before.
    assert!(insured.get(&HUSBAND.code).await.is_ok());
}
