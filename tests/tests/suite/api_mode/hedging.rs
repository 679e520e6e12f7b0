//! A slow answer is looked for at a second endpoint too, where the provider declared that safe.

use kit::world::hostile::Hostile;
use kit::world::insured::{Insured, SYSTEM};
use kit::world::terms::endpoint_request;
use kit::world::{World, ask};
use ledger::entry::Kind;
use sandbox::people::HUSBAND;
use sandbox::provider::Provider;

/// Questions that earn more second questions than this test needs.
const EARNING: usize = 100;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_question_that_one_endpoint_leaves_lying_is_answered_by_the_other() {
    let mut insured = Insured::granting(World::start().await, &["name"]).await;
    let identity = insured.provider.client.identity.clone();
    let holdings = sandbox::data::holdings_for(SYSTEM).unwrap();
    let anywhere = "127.0.0.1:0".parse().unwrap();
    let second = Provider::start(&identity, anywhere, holdings)
        .await
        .unwrap();
    let mut request = endpoint_request(SYSTEM, &second.address().to_string());
    let endpoint = request.endpoint.as_mut().unwrap();
    endpoint.name = endpoint.name.replace("main", "second");
    let mut endpoints = insured.provider.client.endpoints();
    endpoints.create_endpoint(ask(request)).await.unwrap();
    for _ in 0..EARNING {
        insured.get(&HUSBAND.code).await.unwrap();
    }
    // The first endpoint takes every question from now on, and says nothing.
    let address = insured.provider.address();
    insured.provider.stop().await;
    let _silent = Hostile::start(&identity, address).await;
    for _ in 0..4 {
        insured.get(&HUSBAND.code).await.unwrap();
    }
    let entries = insured.auditor.entries().await;
    let outcomes: Vec<_> = entries
        .iter()
        .filter(|entry| matches!(entry.kind(), Kind::Outcome { .. }))
        .collect();
    let twice = outcomes
        .iter()
        .filter(|entry| entry.facts().flag("asked_twice") == Some(true));
    assert!(twice.count() > 0, "no question was asked twice");
    assert_eq!(
        outcomes.len(),
        EARNING + 4,
        "one outcome for one call, however often it was asked"
    );
    second.stop().await;
}
