//! A provider's own method over HTTP/JSON: by its registered proto file, cut as ever.

use http::Method;
use kit::city;
use kit::world::insured::Insured;
use kit::world::json::{Http, Reply, Speaks, reason_of};
use kit::world::terms::{CASE, CLERK};
use kit::world::{World, new_id};
use ledger::entry::Kind;
use sandbox::people::HUSBAND;
use serde_json::{Value, json};

const SERVICE: &str = "/shaoyang.insurance.v1.InsuranceService";

async fn ask(insured: &Insured, speaks: Speaks, method: &str, body: &Value) -> Reply {
    let own = &insured.platform.identity;
    let mut open = Http::open(&insured.world.gateway, Some(own), speaks).await;
    let (matter, id) = (city::matter(0).name.to_string(), new_id());
    let headers = [
        ("content-type", "application/json"),
        ("grpc-timeout", "50S"),
        ("shuqiao-matter", matter.as_str()),
        ("shuqiao-case", CASE),
        ("shuqiao-operator", CLERK),
        ("shuqiao-request-id", id.as_str()),
    ];
    let path = format!("{SERVICE}/{method}");
    open.send(Method::POST, &path, &headers, body.to_string())
        .await
}

fn index(reply: &Reply, name: &str) -> usize {
    reply.headers[name].to_str().unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_single_answer_is_cut_and_comes_with_its_receipt() {
    let insured = Insured::granting(World::start().await, &["name", "base", "months"]).await;
    for speaks in [Speaks::Http2, Speaks::Http1] {
        let reply = ask(
            &insured,
            speaks,
            "GetInsured",
            &json!({"idNumber": HUSBAND.code}),
        )
        .await;
        let answer = reply.good();
        let person = answer["insured"].as_object().unwrap();
        let mut fields: Vec<&str> = person.keys().map(String::as_str).collect();
        fields.sort_unstable();
        assert_eq!(fields, ["contributions", "name", "paidMonths"]);
        let pension = person["contributions"]["pension"].as_object().unwrap();
        assert!(
            pension.len() == 1 && pension["base"].is_string(),
            "{pension:?}"
        );
        assert_eq!(answer["registerVersion"], "7");

        let entries = insured.auditor.entries().await;
        let intent = &entries[index(&reply, "shuqiao-intent")];
        assert_eq!(intent.kind(), &Kind::Intent);
        assert_eq!(intent.facts().text("mode"), Some("api"));
        let outcome = &entries[index(&reply, "shuqiao-outcome")];
        assert_eq!(
            outcome.kind(),
            &Kind::Outcome {
                intent: intent.index()
            }
        );
        assert_eq!(outcome.facts().flag("released"), Some(true));
        assert_eq!(reply.headers["shuqiao-grant"], insured.grant.name.as_str());
    }
    // The same question is digested alike, whichever form it came in.
    insured.get(&HUSBAND.code).await.unwrap();
    let entries = insured.auditor.entries().await;
    let intents = entries.iter().filter(|entry| entry.kind() == &Kind::Intent);
    let asked: Vec<_> = intents
        .map(|entry| entry.facts().text("asked_digest"))
        .collect();
    assert!(
        asked.len() == 3 && asked.iter().all(|digest| *digest == asked[0]),
        "{asked:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_comes_as_lines_with_the_receipt_last() {
    let insured = Insured::granting(World::start().await, &["amount"]).await;
    let body = json!({"idNumber": HUSBAND.code, "limit": 20});
    for speaks in [Speaks::Http2, Speaks::Http1] {
        let reply = ask(&insured, speaks, "ListPayments", &body).await;
        let lines = reply.lines();
        let (last, payments) = lines.split_last().unwrap();
        assert!(!payments.is_empty());
        for payment in payments {
            let fields = payment["result"].as_object().unwrap();
            assert!(
                fields.len() == 1 && fields.contains_key("amount"),
                "{payment}"
            );
        }
        let outcome: usize = last["receipt"]["outcome"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap();
        assert_eq!(last["receipt"]["grant"], insured.grant.name);
        let entries = insured.auditor.entries().await;
        assert_eq!(outcome, entries.len() - 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_has_the_same_reasons_and_asks_nobody() {
    let insured = Insured::granting(World::start().await, &["name"]).await;
    let before = insured.auditor.entries().await.len();
    for (method, body, code, reason) in [
        ("GetInsured", json!({"id": 1}), 400, "REQUEST_MALFORMED"),
        ("GetInsured", json!([]), 400, "REQUEST_MALFORMED"),
        ("ReportChanges", json!({}), 400, "REQUEST_MALFORMED"),
        ("Nothing", json!({}), 404, "METHOD_UNKNOWN"),
    ] {
        let reply = ask(&insured, Speaks::Http1, method, &body).await;
        assert_eq!(
            (reply.code, reply.reason().as_str()),
            (code, reason),
            "{method}"
        );
    }
    let path = format!("{SERVICE}/GetInsured");
    let own = &insured.platform.identity;
    let mut open = Http::open(&insured.world.gateway, Some(own), Speaks::Http1).await;
    let reply = open.get(&path).await;
    assert_eq!(
        (reply.code, &reply.headers["allow"]),
        (405, &"POST".parse().unwrap())
    );
    // All faults of the headers at once.
    let reply = open.post(&path, &json!({})).await;
    let fields: Vec<String> = reply
        .violations()
        .into_iter()
        .map(|(field, _)| field)
        .collect();
    assert_eq!(fields, ["shuqiao-matter", "shuqiao-case"]);
    assert_eq!(insured.auditor.entries().await.len(), before);

    // Somebody without a grant is refused, and the refusal is recorded.
    let stranger = insured.world.enrol_system("enterprise-registry").await;
    let mut open = Http::open(
        &insured.world.gateway,
        Some(&stranger.identity),
        Speaks::Http1,
    )
    .await;
    let matter = city::matter(0).name.to_string();
    let headers = [
        ("content-type", "application/json"),
        ("shuqiao-matter", matter.as_str()),
        ("shuqiao-case", CASE),
    ];
    let reply = open.send(Method::POST, &path, &headers, "{}").await;
    assert_eq!(
        (reply.code, reply.reason().as_str()),
        (403, "GRANT_MISSING"),
        "{reply:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fault_of_the_provider_is_the_providers() {
    let mut insured = Insured::granting(World::start().await, &["name", "amount"]).await;
    let question = json!({"idNumber": "nobody"});
    let reply = ask(&insured, Speaks::Http1, "GetInsured", &question).await;
    assert_eq!(
        (reply.code, reply.reason().as_str()),
        (404, "PROVIDER_ERROR"),
        "{reply:?}"
    );
    let metadata = &reply.json()["details"][0]["metadata"];
    assert_eq!(
        (&metadata["fault"], &metadata["provider_code"]),
        (&json!("provider"), &json!("NOT_FOUND"))
    );

    insured.provider.stop().await;
    let reply = ask(&insured, Speaks::Http2, "GetInsured", &question).await;
    assert_eq!(
        (reply.code, reply.reason().as_str()),
        (503, "PROVIDER_UNAVAILABLE"),
        "{reply:?}"
    );
    assert_eq!(reply.headers["retry-after"], "1");
    let stream = ask(&insured, Speaks::Http1, "ListPayments", &question).await;
    assert_eq!(stream.code, 503, "told before the first line: {stream:?}");
    assert_eq!(reason_of(&stream.json()), "PROVIDER_UNAVAILABLE");
}
