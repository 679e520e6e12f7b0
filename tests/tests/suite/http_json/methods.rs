//! Every method of ours that has an HTTP rule is served by it.

use http::Method;
use kit::world::World;
use kit::world::json::{Http, Speaks};
use serde_json::{Value, json};

/// What is not served under a path.
const NOT_OURS: [&str; 2] = ["METHOD_UNKNOWN", "INTERNAL"];

/// The HTTP rules of the proto files, as the served document names them: method and path.
async fn rules(open: &mut Http) -> Vec<(Method, String)> {
    let document = open.get("/openapi.json").await.good();
    let mut rules = Vec::new();
    for (path, verbs) in document["paths"].as_object().unwrap() {
        for verb in verbs.as_object().unwrap().keys() {
            rules.push((verb.to_uppercase().parse().unwrap(), path.clone()));
        }
    }
    assert!(rules.len() > 30, "{rules:?}");
    rules
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_method_answers_an_empty_body_with_a_reason_of_ours() {
    let world = World::start().await;
    for speaks in [Speaks::Http2, Speaks::Http1, Speaks::Unsaid] {
        let identity = &world.operator.identity;
        let mut open = Http::open(&world.gateway, Some(identity), speaks).await;
        for (verb, path) in rules(&mut open).await {
            let path = path.replace(['{', '}'], "");
            let kind = [("content-type", "application/json")];
            let reply = open.send(verb.clone(), &path, &kind, "").await;
            assert_ne!(reply.code, 500, "{verb} {path}");
            if reply.code != 200 {
                let reason = reply.reason();
                assert!(
                    !NOT_OURS.contains(&reason.as_str()),
                    "{verb} {path}: {reply:?}"
                );
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_system_is_registered_changed_and_listed() {
    let world = World::start().await;
    let department = world.register_department("市民政局").await;
    let identity = &world.operator.identity;
    let mut open = Http::open(&world.gateway, Some(identity), Speaks::Http1).await;
    let system = json!({
        "name": "systems/json-made",
        "displayName": "婚姻登记系统",
        "department": department,
        "selfBuilt": true,
        "networkZone": "public",
        "hosting": "city-cloud",
    });
    // The body is the system; the rest stands in the query.
    let id = kit::world::new_id();
    let path = format!("/v1/systems?requestId={id}&document=inventory-2022");
    let made = open.post(&path, &system).await.good();
    assert_eq!(made["state"], "STATE_ACTIVE");
    assert_eq!(
        open.post(&path, &system).await.good(),
        made,
        "repeated, not made again"
    );

    // The name in the path counts, whatever the body says.
    let change = json!({"name": "systems/another", "builder": "某公司", "etag": made["etag"]});
    let id = kit::world::new_id();
    let path = format!("/v1/systems/json-made?update_mask=builder&request_id={id}");
    let kind = [("content-type", "application/json; charset=utf-8")];
    let changed = open
        .send(Method::PATCH, &path, &kind, change.to_string())
        .await
        .good();
    assert_eq!(changed["builder"], "某公司", "{changed}");
    assert_eq!(changed["displayName"], "婚姻登记系统");

    let id = kit::world::new_id();
    let suspend = json!({"reason": "检修", "requestId": id});
    let suspended = open
        .post("/v1/systems/json-made:suspend", &suspend)
        .await
        .good();
    assert_eq!(suspended["suspendReason"], "检修");
    assert_eq!(open.get("/v1/systems/json-made").await.good(), suspended);
    let page = open.get("/v1/systems?page_size=1&pageToken=").await.good();
    assert_eq!(page["systems"].as_array().map(Vec::len), Some(1), "{page}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_document_is_open_and_whole() {
    let world = World::start().await;
    let mut open = Http::open(&world.gateway, None, Speaks::Http1).await;
    let document = open.get("/openapi.json").await.good();
    assert_eq!(document["openapi"], "3.1.0");
    references_resolve(&document, &document);
    let lookup = &document["paths"]["/v1/certificates:lookup"]["post"];
    assert!(
        lookup["summary"].as_str().unwrap().contains("grant"),
        "{lookup}"
    );
}

/// Every `$ref` of a document leads to something in it.
fn references_resolve(document: &Value, part: &Value) {
    match part {
        Value::Object(members) => {
            if let Some(Value::String(to)) = members.get("$ref") {
                let to = to.strip_prefix('#').unwrap();
                assert!(document.pointer(to).is_some(), "{to} leads nowhere");
            }
            members
                .values()
                .for_each(|part| references_resolve(document, part));
        }
        Value::Array(parts) => parts
            .iter()
            .for_each(|part| references_resolve(document, part)),
        _ => {}
    }
}
