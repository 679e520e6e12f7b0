//! What a service answers is held to its document: a change that nobody announced is told.

use api::catalogue::v1 as catalogue;
use api::registry::v1 as registry;
use catalogue::drift_change::Kind;
use http::Method;
use kit::world::insured::SYSTEM;
use kit::world::json::Speaks;
use kit::world::persons::{DOCUMENT_PATH, PERSON, Persons, resource};
use kit::world::terms::COMPETENT;
use kit::world::{ask, new_id, story};
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
    let expected = [(Kind::Retyped, "person.base", "number", "string")];
    assert_eq!(
        changes(&found, catalogue::resource_drift::SeenIn::Traffic),
        expected
    );
    assert_eq!(persons.platform.drifts().await, found);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_document_at_its_path_is_told_as_far_as_an_entry_uses_it() {
    let mut served = document();
    let persons = Persons::fetched(&served.to_string(), &["name"]).await;
    let endpoint = "systems/social-security/endpoints/http";
    let probe = async || {
        persons.owner.probe(endpoint).await;
        persons.owner.drifts().await
    };
    assert_eq!(probe().await, []);

    // What no entry uses, and what is no document any more, is no drift.
    served["info"]["version"] = json!("3");
    served["paths"]["/more"] = json!({"get": {}});
    served["components"]["schemas"]["Person"]["properties"]["note"] = json!({"type": "string"});
    persons.serve_document(200, "application/json", &served.to_string());
    assert_eq!(probe().await, []);
    for (code, body) in [
        (404, "{}"),
        (200, "MARKED"),
        (200, r#"{"openapi": "3.0.0"}"#),
    ] {
        persons.serve_document(code, "application/json", body);
        assert_eq!(probe().await, []);
    }

    let person = &mut served["components"]["schemas"]["Person"]["properties"];
    let name = person.as_object_mut().unwrap().remove("name").unwrap();
    person["fullName"] = name;
    person["note"]["type"] = json!("integer");
    person["base"]["type"] = json!("string");
    persons.serve_document(200, "application/json", &served.to_string());
    let found = probe().await;
    let mut told = changes(&found, catalogue::resource_drift::SeenIn::Probe);
    told.sort_by_key(|change| change.1);
    assert_eq!(
        told,
        [
            (Kind::Retyped, "person.base", "number", "string"),
            (
                Kind::Renamed,
                "person.name",
                "person.name",
                "person.fullName"
            ),
        ]
    );
    assert_eq!(persons.platform.drifts().await, found);
}

/// How often the service was asked for its document.
fn asked(persons: &Persons) -> usize {
    let seen = persons.seen.lock().unwrap();
    let lines = seen.iter().map(|seen| &seen.line);
    lines.filter(|line| line.ends_with(DOCUMENT_PATH)).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn health_is_recorded_before_the_document_is_asked_for() {
    let mut persons = Persons::fetched(&document().to_string(), &["name"]).await;
    let name = format!("systems/{SYSTEM}/endpoints/http");
    persons.stop().await;
    persons.owner.probe(&name).await;
    persons.serve_anybody().await;
    let before = asked(&persons);
    let held = persons.hold_document().await;
    let look = async {
        for _ in 0..LOOKS {
            let list = registry::ListEndpointsRequest {
                parent: format!("systems/{SYSTEM}"),
                ..registry::ListEndpointsRequest::default()
            };
            let is_asked = asked(&persons) > before;
            let found = persons.owner.endpoints().list_endpoints(ask(list)).await;
            if is_asked {
                drop(held);
                let found = found.unwrap().into_inner().endpoints;
                return found.iter().find(|one| one.name == name).unwrap().health();
            }
        }
        panic!("the document was not asked for")
    };
    let (health, ()) = tokio::join!(look, persons.owner.probe(&name));
    assert_eq!(health, registry::endpoint::Health::Serving);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_through_which_nothing_is_published_is_not_asked_for() {
    let persons = Persons::granting(&["name"]).await;
    let endpoint = format!("systems/{SYSTEM}/endpoints/http");
    let parent = format!("systems/{SYSTEM}");
    let interface = format!("{parent}/interfaces/served");
    let request = registry::CreateInterfaceRequest {
        parent,
        interface: Some(registry::Interface {
            name: interface.clone(),
            reflected_from: endpoint.clone(),
            document_path: DOCUMENT_PATH.to_owned(),
            ..registry::Interface::default()
        }),
        request_id: new_id(),
    };
    let made = persons
        .owner
        .interfaces()
        .create_interface(ask(request))
        .await;
    made.unwrap();
    let mut entry = resource();
    entry.name = "resources/105003-000098".to_owned();
    entry.title = "缴费信息".to_owned();
    entry.api.as_mut().unwrap().interface = interface;
    let request = catalogue::CreateResourceRequest {
        resource: Some(entry.clone()),
        request_id: new_id(),
        validate_only: false,
    };
    let made = persons
        .owner
        .resources()
        .create_resource(ask(request))
        .await;
    made.unwrap();
    story::sign_off(&persons.owner, &entry.name).await;
    let before = asked(&persons);
    persons.owner.probe(&endpoint).await;
    assert_eq!(asked(&persons), before);

    let publisher = persons.world.enrol_officer(COMPETENT, "chen").await;
    let request = catalogue::PublishResourceRequest {
        name: entry.name,
        request_id: new_id(),
        etag: String::new(),
    };
    let published = publisher.resources().publish_resource(ask(request)).await;
    published.unwrap();
    persons.owner.probe(&endpoint).await;
    assert_eq!(asked(&persons), before + 1);
}

type Told<'a> = (Kind, &'a str, &'a str, &'a str);

/// The changes of the one drift.
fn changes(
    found: &[catalogue::ResourceDrift],
    seen_in: catalogue::resource_drift::SeenIn,
) -> Vec<Told<'_>> {
    let [drift] = found else { panic!("{found:?}") };
    assert_eq!(drift.seen_in(), seen_in);
    let all = drift.changes.iter();
    all.map(|one| (one.kind(), &*one.path, &*one.registered, &*one.seen))
        .collect()
}
