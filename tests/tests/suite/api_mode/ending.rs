//! How streams end before their end: rights lost on the way, consumers that go away.

use api::sharing::v1 as sharing;
use kit::world::answer::Told;
use kit::world::insured::{Insured, call};
use kit::world::{World, ask, new_id};
use ledger::entry::{Entry, Kind};
use sandbox::insurance as pb;
use sandbox::people::HUSBAND;
use tokio_stream::wrappers::ReceiverStream;

fn question() -> pb::CheckInsuredRequest {
    pb::CheckInsuredRequest {
        id_number: HUSBAND.code.clone().into_owned(),
    }
}

/// The outcome of the last intent, once it is there.
async fn outcome(insured: &Insured) -> Entry {
    for _ in 0..1000 {
        let entries = insured.auditor.entries().await;
        let intent = entries
            .iter()
            .rev()
            .find(|entry| *entry.kind() == Kind::Intent);
        let intent = intent.unwrap().index();
        let ends = |entry: &&Entry| *entry.kind() == Kind::Outcome { intent };
        if let Some(outcome) = entries.iter().find(ends) {
            return outcome.clone();
        }
    }
    panic!("the exchange did not end");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_ends_when_its_grant_is_suspended() {
    let insured = Insured::granting(World::start().await, &["base"]).await;
    let (questions, waiting) = tokio::sync::mpsc::channel(1);
    questions.send(question()).await.unwrap();
    let request = call(ReceiverStream::new(waiting));
    let answers = insured.platform.insurance().check_insured(request).await;
    let mut answers = answers.unwrap().into_inner();
    assert!(answers.message().await.unwrap().unwrap().insured);
    let suspend = sharing::SuspendGrantRequest {
        name: insured.grant.name.clone(),
        reason: "核查".to_owned(),
        request_id: new_id(),
    };
    insured
        .owner
        .grants()
        .suspend_grant(ask(suspend))
        .await
        .unwrap();
    questions.send(question()).await.unwrap();
    let status = answers.message().await.err().unwrap();
    assert_eq!(Told::of(&status).reason, "GRANT_SUSPENDED");
    let outcome = outcome(&insured).await;
    assert_eq!(outcome.facts().integer("messages"), Some(1));
    assert_eq!(outcome.facts().flag("released"), Some(true));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_consumer_that_goes_away_leaves_an_outcome_and_blames_nobody() {
    let insured = Insured::granting(World::start().await, &["base"]).await;
    // More often than failures in a row would open the breaker.
    for _ in 0..6 {
        let (questions, waiting) = tokio::sync::mpsc::channel(1);
        questions.send(question()).await.unwrap();
        let request = call(ReceiverStream::new(waiting));
        let answers = insured.platform.insurance().check_insured(request).await;
        let mut answers = answers.unwrap().into_inner();
        assert!(answers.message().await.unwrap().unwrap().insured);
        drop((answers, questions));
        let outcome = outcome(&insured).await;
        // The provider may come to its end before it hears that the consumer has gone.
        let disposition = outcome.facts().text("disposition").unwrap();
        assert!(
            ["cancelled", "delivered"].contains(&disposition),
            "{disposition}"
        );
        assert_eq!(outcome.facts().text("fault"), None);
    }
    let request = call(tokio_stream::iter([question()]));
    let answers = insured.platform.insurance().check_insured(request).await;
    assert!(
        answers
            .unwrap()
            .into_inner()
            .message()
            .await
            .unwrap()
            .unwrap()
            .insured
    );
}
