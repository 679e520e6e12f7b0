//! The use of a grant over HTTP/JSON: the same answer, the same evidence.

use kit::city;
use kit::world::json::{Http, Speaks};
use kit::world::new_id;
use kit::world::story::Story;
use kit::world::terms::{CASE, CLERK};
use ledger::entry::Entry;
use sandbox::people;
use serde_json::{Value, json};

const LOOKUP: &str = "/v1/certificates:lookup";

fn purpose() -> Value {
    json!({"matter": city::matter(0).name.to_string(), "caseNumber": CASE, "operator": CLERK})
}

/// What two entries of the same use have in common: all but ids, times and order.
fn substance(entry: &Entry) -> Vec<(String, String)> {
    let passing = ["request_id", "grant_sequence", "intent"];
    let mut facts: Vec<(String, String)> = entry
        .facts()
        .iter()
        .map(|(name, fact)| (name.to_string(), format!("{fact:?}")))
        .filter(|(name, _)| !passing.contains(&name.as_str()))
        .collect();
    facts.push((
        "subject".to_owned(),
        format!("{:?}", std::mem::discriminant(entry.kind())),
    ));
    facts
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lookup_answers_and_is_recorded_as_over_grpc() {
    let story = Story::of_marriages().await;
    let holder = people::HUSBAND;
    let by_grpc = story.lookup(&holder).await.unwrap().into_inner();
    let entries = story.auditor.entries().await;
    let recorded: Vec<_> = entries[entries.len() - 2..].iter().map(substance).collect();
    for speaks in [Speaks::Http2, Speaks::Http1, Speaks::Unsaid] {
        let mut open =
            Http::open(&story.world.gateway, Some(&story.platform.identity), speaks).await;
        let wire = holder.to_wire();
        let body = json!({
            "certificateType": story.resource.certificate_type,
            "holder": {"typeCode": wire.type_code, "code": wire.code},
            "purpose": purpose(),
            "requestId": new_id(),
        });
        let answer = open.post(LOOKUP, &body).await.good();
        assert_eq!(answer["disposition"], "DISPOSITION_FOUND");
        let certificate = by_grpc.certificate.as_ref().unwrap();
        assert_eq!(answer["certificate"]["identifier"], certificate.identifier);
        let keys = |items: &Value| -> Vec<String> {
            let items = items.as_array().unwrap().iter();
            items
                .map(|item| item["key"].as_str().unwrap().to_owned())
                .collect()
        };
        let expected: Vec<&str> = certificate
            .items
            .iter()
            .map(|item| item.key.as_str())
            .collect();
        assert_eq!(keys(&answer["certificate"]["items"]), expected);
        let entries = story.auditor.entries().await;
        let now: Vec<_> = entries[entries.len() - 2..].iter().map(substance).collect();
        assert_eq!(now, recorded, "{speaks:?}");
        // 64-bit numbers are texts (proto3 JSON mapping).
        let outcome: u64 = answer["receipt"]["outcomeIndex"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap();
        assert_eq!(usize::try_from(outcome).unwrap(), entries.len() - 1);
        // Once delivered, the same request delivers nothing again.
        let again = open.post(LOOKUP, &body).await;
        assert_eq!(
            (again.code, again.reason().as_str()),
            (409, "REQUEST_ID_REUSED")
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_come_as_lines() {
    let story = Story::of_enterprises().await;
    let (rows, ended) = story.read(story.read_request(1_000)).await;
    assert!(ended.is_ok() && rows.len() > 1);
    for (speaks, path) in [
        (Speaks::Http2, "/v1/rows:read"),
        (Speaks::Http1, "/v1/rows:read"),
        (
            Speaks::Http1,
            "/shuqiao.exchange.v1.ExchangeService/ReadRows",
        ),
    ] {
        let mut open =
            Http::open(&story.world.gateway, Some(&story.platform.identity), speaks).await;
        let body = json!({
            "resource": story.resource.name,
            "purpose": purpose(),
            "limit": 1000,
            "requestId": new_id(),
        });
        let reply = open.post(path, &body).await;
        assert_eq!(reply.code, 200, "{reply:?}");
        assert_eq!(reply.headers["content-type"], "application/x-ndjson");
        let lines = reply.lines();
        let (last, batches) = lines.split_last().unwrap();
        assert!(
            last["result"]["receipt"]["outcomeIndex"].is_string(),
            "{last}"
        );
        let count: usize = batches
            .iter()
            .map(|line| line["result"]["batch"]["rows"].as_array().unwrap().len())
            .sum();
        assert_eq!(count, rows.len());
        // A refusal before the first line still has its HTTP code.
        let refused = open.post(path, &body).await;
        assert_eq!(
            (refused.code, refused.reason().as_str()),
            (409, "REQUEST_ID_REUSED")
        );
    }
}
