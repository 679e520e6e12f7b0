//! What passes, in all four kinds of calls, and what is recorded of it.

use kit::world::World;
use kit::world::answer::Told;
use kit::world::insured::{Insured, call};
use kit::world::new_id;
use ledger::entry::{Entry, Kind};
use sandbox::insurance as pb;
use sandbox::people::{HUSBAND, STRANGER, WIFE};
use sandbox::provider::Behaviour;
use tonic::Code;
use tonic::metadata::MetadataValue;

fn number(metadata: &tonic::metadata::MetadataMap, key: &str) -> u64 {
    metadata
        .get(key)
        .unwrap()
        .to_str()
        .unwrap()
        .parse()
        .unwrap()
}

async fn last_outcome(insured: &Insured) -> Entry {
    let entries = insured.auditor.entries().await;
    let outcome = |entry: &&Entry| matches!(entry.kind(), Kind::Outcome { .. });
    entries.iter().rev().find(outcome).unwrap().clone()
}

#[tokio::test]
async fn a_single_answer_comes_cut_to_the_grant_with_its_receipt() {
    let insured = Insured::granting(World::start().await, &["name", "base", "months"]).await;
    let answer = insured.get(&HUSBAND.code).await.unwrap();
    let (intent, outcome) = {
        // tonic joins trailers into the metadata of a single answer.
        let metadata = answer.metadata();
        (
            number(metadata, "shuqiao-intent"),
            number(metadata, "shuqiao-outcome"),
        )
    };
    let answer = answer.into_inner();
    assert_eq!(
        answer.register_version, 7,
        "structure leaves under every grant"
    );
    let person = answer.insured.unwrap();
    assert_eq!(person.name, HUSBAND.name);
    assert_eq!(person.paid_months, [202_201, 202_202, 202_203]);
    let pension = &person.contributions["pension"];
    assert!(pension.base > 3000 && pension.employer_share == 0);
    assert!(person.id_number.is_empty() && person.address.is_none() && person.contact.is_none());
    assert!(person.employments.is_empty());

    let entries = insured.auditor.entries().await;
    let recorded = &entries[usize::try_from(intent).unwrap()];
    assert_eq!(recorded.kind(), &Kind::Intent);
    let facts = recorded.facts();
    let method = "/shaoyang.insurance.v1.InsuranceService/GetInsured";
    assert_eq!(
        (facts.text("method"), facts.text("mode")),
        (Some(method), Some("api"))
    );
    assert_eq!(facts.list("items").unwrap(), ["name", "base", "months"]);
    assert!(facts.text("asked_digest").is_some());
    let ended = &entries[usize::try_from(outcome).unwrap()];
    assert_eq!(ended.kind(), &Kind::Outcome { intent });
    assert_eq!(ended.facts().flag("released"), Some(true));
    assert!(ended.facts().text("digest").is_some());

    // The provider learned which use it served, and of no clerk and no case.
    let asked = insured.provider.running().latest();
    assert_eq!(
        asked.last().unwrap().intent_index,
        i64::try_from(intent).unwrap()
    );
}

#[tokio::test]
async fn a_caller_may_ask_for_less_than_is_granted() {
    let insured = Insured::granting(World::start().await, &["name", "base"]).await;
    let mut request = call(pb::GetInsuredRequest {
        id_number: WIFE.code.clone().into_owned(),
    });
    let grant = MetadataValue::try_from(&insured.grant.name).unwrap();
    request
        .metadata_mut()
        .insert("shuqiao-items", MetadataValue::from_static("base"));
    request.metadata_mut().insert("shuqiao-grant", grant);
    let answer = insured
        .platform
        .insurance()
        .get_insured(request)
        .await
        .unwrap();
    let person = answer.into_inner().insured.unwrap();
    assert!(person.name.is_empty() && person.contributions["medical"].base > 0);
}

#[tokio::test]
async fn a_stream_of_answers_is_counted_and_digested() {
    let insured = Insured::granting(World::start().await, &["months", "amount"]).await;
    let request = pb::ListPaymentsRequest {
        id_number: HUSBAND.code.clone().into_owned(),
        limit: 5000,
    };
    let answer = insured
        .platform
        .insurance()
        .list_payments(call(request))
        .await;
    let mut payments = answer.unwrap().into_inner();
    let mut count = 0;
    while let Some(payment) = payments.message().await.unwrap() {
        assert_eq!(payment.amount, 800 + count);
        assert!(payment.account.is_empty() && payment.month > 0);
        count += 1;
    }
    assert_eq!(count, 5000);
    let trailers = payments.trailers().await.unwrap().unwrap();
    let outcome = last_outcome(&insured).await;
    assert_eq!(outcome.index(), number(&trailers, "shuqiao-outcome"));
    assert_eq!(outcome.facts().integer("messages"), Some(5000));
    assert_eq!(outcome.facts().text("disposition"), Some("delivered"));
    assert_eq!(outcome.facts().list("segments").unwrap().len(), 1);
}

#[tokio::test]
async fn messages_go_up_in_a_stream_and_one_answer_comes_back() {
    let insured = Insured::granting(World::start().await, &["name"]).await;
    let changes: Vec<_> = (0..300)
        .map(|_| pb::ReportChangesRequest {
            id_number: WIFE.code.clone().into_owned(),
            address: None,
        })
        .collect();
    let request = call(tokio_stream::iter(changes));
    let answer = insured
        .platform
        .insurance()
        .report_changes(request)
        .await
        .unwrap();
    let answer = answer.into_inner();
    assert_eq!((answer.taken_count, answer.clerk.as_str()), (300, ""));
    let outcome = last_outcome(&insured).await;
    assert_eq!(outcome.facts().integer("asked_messages"), Some(300));
    assert_eq!(outcome.facts().flag("released"), Some(true));
}

#[tokio::test]
async fn questions_and_answers_go_both_ways_at_once() {
    let insured = Insured::granting(World::start().await, &["base"]).await;
    let (questions, waiting) = tokio::sync::mpsc::channel(1);
    let request = call(tokio_stream::wrappers::ReceiverStream::new(waiting));
    let mut client = insured.platform.insurance();
    let asking = client.check_insured(request);
    let first = async {
        let ask = |code: &str| pb::CheckInsuredRequest {
            id_number: code.to_owned(),
        };
        questions.send(ask(&HUSBAND.code)).await.unwrap();
        ask
    };
    let (answers, ask) = tokio::join!(asking, first);
    let mut answers = answers.unwrap().into_inner();
    // Each question is asked only when the one before was answered.
    for (code, expected) in [
        ("", true),
        ("430502190102300013", false),
        (WIFE.code.as_ref(), true),
    ] {
        if !code.is_empty() {
            questions.send(ask(code)).await.unwrap();
        }
        let answer = answers.message().await.unwrap().unwrap();
        assert_eq!((answer.insured, answer.base > 0), (expected, expected));
    }
    drop(questions);
    assert!(answers.message().await.unwrap().is_none());
    let outcome = last_outcome(&insured).await;
    assert_eq!(outcome.facts().integer("messages"), Some(3));
    assert_eq!(outcome.facts().integer("asked_messages"), Some(3));
}

#[tokio::test]
async fn an_error_of_the_providers_own_keeps_its_code_and_loses_its_text() {
    let insured = Insured::granting(World::start().await, &["name"]).await;
    let unknown = "430502190102300013";
    let status = insured.get(unknown).await.err().unwrap();
    assert_eq!(status.code(), Code::NotFound);
    let told = Told::of(&status);
    assert_eq!(told.reason, "PROVIDER_ERROR");
    assert_eq!(
        (told.fault.as_str(), told.provider_code.as_str()),
        ("provider", "NOT_FOUND")
    );
    assert!(!status.message().contains(unknown));
    let outcome = last_outcome(&insured).await;
    assert_eq!(outcome.facts().text("provider_code"), Some("NOT_FOUND"));
    assert_eq!(
        outcome.facts().flag("released"),
        Some(true),
        "that nobody is insured is an answer"
    );

    insured.provider.running().set_behaviour(Behaviour::Fail);
    let status = insured.get(&STRANGER.code).await.err().unwrap();
    assert_eq!(
        (status.code(), Told::of(&status).reason.as_str()),
        (Code::Internal, "PROVIDER_ERROR")
    );
    assert!(!status.message().contains(STRANGER.code.as_ref()));
}

#[tokio::test]
async fn a_stream_that_breaks_off_says_whose_fault_it_is() {
    let insured = Insured::granting(World::start().await, &["amount"]).await;
    insured
        .provider
        .running()
        .set_behaviour(Behaviour::BreakOff);
    let request = pb::ListPaymentsRequest {
        id_number: HUSBAND.code.clone().into_owned(),
        limit: 10,
    };
    let answer = insured
        .platform
        .insurance()
        .list_payments(call(request))
        .await;
    let mut payments = answer.unwrap().into_inner();
    let mut count = 0;
    let status = loop {
        match payments.message().await {
            Ok(Some(_)) => count += 1,
            Ok(None) => panic!("it ended well"),
            Err(status) => break status,
        }
    };
    assert_eq!(count, 3);
    assert_eq!(Told::of(&status).reason, "PROVIDER_UNAVAILABLE");
    let outcome = last_outcome(&insured).await;
    assert_eq!(
        outcome.facts().flag("released"),
        Some(true),
        "three messages left"
    );
    assert_eq!(outcome.facts().integer("messages"), Some(3));
}

#[tokio::test]
async fn the_same_request_id_is_not_served_twice() {
    let insured = Insured::granting(World::start().await, &["name"]).await;
    let id = new_id();
    let ask = || {
        let mut request = call(pb::GetInsuredRequest {
            id_number: HUSBAND.code.clone().into_owned(),
        });
        let id = MetadataValue::try_from(&id).unwrap();
        request.metadata_mut().insert("shuqiao-request-id", id);
        request
    };
    insured
        .platform
        .insurance()
        .get_insured(ask())
        .await
        .unwrap();
    let status = insured
        .platform
        .insurance()
        .get_insured(ask())
        .await
        .err()
        .unwrap();
    assert_eq!(Told::of(&status).reason, "REQUEST_ID_REUSED");
}
