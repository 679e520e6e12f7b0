//! What a service answers is held to its document: a change that nobody announced is told.

use api::catalogue::v1 as catalogue;
use catalogue::drift_change::Kind;
use http::Method;
use kit::world::json::Speaks;
use kit::world::persons::{PERSON, Persons};
use serde_json::{Value, json};

/// Looks at a list of drifts are bounded by the time that the list itself takes.
const LOOKS: usize = 6000;

/// The document of the service, with its answers.
fn document() -> Value {
    let answer = json!({"200": {"description": "one person", "content": {"application/json": {"schema": {
        "type": "object",
        "properties": {"version": {"type": "integer"}, "person": {"$ref": "#/components/schemas/Person"}},
    }}}}});
    json!({
        "openapi": "3.0.3",
        "info": {"title": "参保信息", "version": "2"},
        "paths": {
            "/persons/{id}": {"get": {"responses": answer}},
            "/persons/{id}/address": {"put": {"requestBody": {"content": {}}, "responses": answer}},
        },
        "components": {"schemas": {"Person": {"type": "object", "required": ["name"], "properties": {
            "name": {"type": "string"},
            "idNumber": {"type": "string"},
            "base": {"type": "number"},
            "number": {"type": "integer"},
            "jobs": {"type": "array", "items": {"type": "object", "properties": {"employer": {"type": "string"}}}},
        }}}},
    })
}

async fn call(persons: &Persons) {
    let path = "/social-security/persons/430502190102030017";
    let reply = persons
        .ask(Speaks::Http2, Method::GET, path, "30S", "")
        .await;
    assert_eq!(reply.code, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_value_of_another_kind_than_the_document_says_is_told_though_no_run_was_made() {
    let persons = Persons::described(&document().to_string(), &["base"]).await;
    call(&persons).await;
    assert_eq!(persons.owner.drifts().await, []);

    persons.answer_with(&PERSON.replace("5320.10", "\"5320.10\""));
    let mut found = Vec::new();
    for _ in 0..LOOKS {
        // Each entry is looked at about once a second.
        call(&persons).await;
        found = persons.owner.drifts().await;
        if !found.is_empty() {
            break;
        }
    }
    let [drift] = found.as_slice() else {
        panic!("{found:?}")
    };
    assert_eq!(drift.seen_in(), catalogue::resource_drift::SeenIn::Traffic);
    let changes: Vec<_> = drift
        .changes
        .iter()
        .map(|one| {
            (
                one.kind(),
                one.path.as_str(),
                one.registered.as_str(),
                one.seen.as_str(),
            )
        })
        .collect();
    assert_eq!(
        changes,
        [(Kind::Retyped, "person.base", "number", "string")]
    );
    assert_eq!(persons.platform.drifts().await, found);
}
