//! What an OpenAPI document describes is held to: where items stand, what a next version changes, where it is served.

use api::catalogue::v1 as pb;
use api::registry::v1 as registry;
use http::Method;
use kit::world::answer::refused;
use kit::world::conformed::request;
use kit::world::insured::SYSTEM;
use kit::world::json::Speaks;
use kit::world::persons::{NOBODY, Persons, resource};
use kit::world::story;
use kit::world::terms::COMPETENT;
use kit::world::{Client, ask, new_id};
use serde_json::{Value, json};
use tonic::{Response, Status};

/// The document of the service, with its answers.
fn document() -> Value {
    let answer = json!({"200": {"$ref": "#/components/responses/Person"}});
    json!({
        "openapi": "3.0.3",
        "info": {"title": "参保信息", "version": "2"},
        "servers": [{"url": "https://{host}/api/v2", "variables": {"host": {"default": "persons.example"}}}],
        "paths": {
            "/persons/{id}": {
                "parameters": [{"in": "path", "name": "id", "required": true, "schema": {"type": "string"}}],
                "get": {"responses": answer},
            },
            "/persons/{id}/address": {"put": {"requestBody": {"content": {}}, "responses": answer}},
            "/persons/all": {"get": {"responses": {}}},
            "/persons/{id}:verify": {"get": {"responses": {}}},
            "/persons/{id}{part}": {"get": {"responses": {}}},
        },
        "components": {
            "responses": {"Person": {"description": "one person", "content": {"application/json": {"schema": {
                "type": "object",
                "properties": {"version": {"type": "integer"}, "person": {"$ref": "#/components/schemas/Person"}},
            }}}}},
            "schemas": {"Person": {"type": "object", "properties": {
                "name": {"type": "string"},
                "idNumber": {"type": "string"},
                "base": {"type": "number"},
                "number": {"type": "integer"},
                "note": {"type": "string"},
                "jobs": {"type": "array", "items": {"type": "object", "properties": {"employer": {"type": "string"}}}},
            }}},
        },
    })
}

async fn describe(
    owner: &Client,
    id: &str,
    document: &Value,
) -> Result<Response<registry::Interface>, Status> {
    let parent = format!("systems/{SYSTEM}");
    let request = registry::CreateInterfaceRequest {
        parent: parent.clone(),
        interface: Some(registry::Interface {
            name: format!("{parent}/interfaces/{id}"),
            openapi: document.to_string().into_bytes(),
            ..registry::Interface::default()
        }),
        request_id: new_id(),
    };
    owner.interfaces().create_interface(ask(request)).await
}

async fn write(owner: &Client, next: &pb::Resource) -> Result<Response<pb::Resource>, Status> {
    let request = pb::UpdateResourceRequest {
        resource: Some(next.clone()),
        request_id: new_id(),
        validate_only: false,
    };
    owner.resources().update_resource(ask(request)).await
}

/// The entry by another interface, signed off.
async fn sign_off(owner: &Client, interface: &str) {
    let mut next = resource();
    next.api.as_mut().unwrap().interface = format!("systems/{SYSTEM}/interfaces/{interface}");
    write(owner, &next).await.unwrap();
    story::sign_off(owner, &next.name).await;
}

async fn put_out(publisher: &Client) -> Result<Response<pb::Resource>, Status> {
    let request = pb::PublishResourceRequest {
        name: resource().name,
        request_id: new_id(),
        etag: String::new(),
    };
    publisher.resources().publish_resource(ask(request)).await
}

/// A run of the kit, which asks below the server too.
async fn conforms(persons: &Persons) {
    let path = |id: &str| {
        Some(registry::SampleQuestion {
            json: Vec::new(),
            path: format!("/persons/{id}"),
        })
    };
    let sample = registry::ConformanceSample {
        resource: resource().name,
        calls: vec![registry::SampleCall {
            method: "GET /persons/{id}".to_owned(),
            found: path("430502190102030017"),
            absent: path(NOBODY),
        }],
        ..registry::ConformanceSample::default()
    };
    let endpoint = format!("systems/{SYSTEM}/endpoints/http");
    let asked = request(&endpoint, vec![sample]);
    let ran = persons
        .owner
        .endpoints()
        .check_conformance(ask(asked))
        .await;
    assert!(ran.unwrap().into_inner().passed);
}

async fn code(persons: &Persons, path: &str) -> (u16, String) {
    let path = format!("/{SYSTEM}{path}");
    let reply = persons
        .ask(Speaks::Http2, Method::GET, &path, "50S", "")
        .await;
    let reason = if reply.code == 200 {
        String::new()
    } else {
        reply.reason()
    };
    (reply.code, reason)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_item_that_an_answer_has_not_is_refused_when_it_is_registered() {
    let persons = Persons::granting(&["name"]).await;
    let owner = &persons.owner;
    let mut broken = document();
    broken["components"]["schemas"]["Person"]["properties"]["base"] =
        json!({"$ref": "base.json#/Base"});
    broken["paths"]["/persons/all"]["get"]["responses"] = json!([]);
    let told = refused(describe(owner, "broken", &broken).await);
    assert_eq!(told.fields(), ["interface.openapi"; 2], "{told:?}");
    for (place, text) in [
        ("#/components/schemas/Person/properties/base", "bundle"),
        ("#/paths/~1persons~1all/get/responses", "object"),
    ] {
        let mut all = told.violations.iter();
        let found = all.any(|(_, what)| what.contains(place) && what.contains(text));
        assert!(found, "{told:?}");
    }

    let made = describe(owner, "described", &document()).await;
    let made = made.unwrap().into_inner();
    let get = made
        .methods
        .iter()
        .find(|one| one.path == "GET /persons/{id}");
    assert_eq!(get.unwrap().provider_path, "/api/v2/persons/{id}");
    let left_out: Vec<&str> = made.left_out.iter().map(|one| &*one.method).collect();
    assert_eq!(left_out, ["GET /persons/{id}{part}"]);

    let mut next = resource();
    let api = next.api.as_mut().unwrap();
    api.interface.clone_from(&made.name);
    api.operations[0].fields[0].path = "person.Name".to_owned();
    api.operations[1].structure = vec!["versions".to_owned()];
    let told = refused(write(owner, &next).await);
    let field = "resource.api.operations[0].fields[0].path";
    assert_eq!(
        told.of_field(field),
        "UNKNOWN_FIELD: person.Name: the document describes no Name in person, but name, base, note, number, idNumber, jobs"
    );
    let field = "resource.api.operations[1].structure[0]";
    assert!(
        told.of_field(field).contains("but version, person"),
        "{told:?}"
    );

    let api = next.api.as_mut().unwrap();
    api.operations[0].fields[0].path = "person.name".to_owned();
    api.operations[1].structure.clear();
    api.operations[0].method = "GET /persons/{id}{part}".to_owned();
    let told = refused(write(owner, &next).await);
    let method = told.of_field("resource.api.operations[0].method");
    assert!(method.contains("text between parameters"), "{told:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_document_breaks_by_what_is_used_of_it_and_is_asked_below_its_server() {
    let persons = Persons::granting(&["name", "base"]).await;
    let owner = &persons.owner;
    let publisher = persons.world.enrol_officer(COMPETENT, "chen").await;
    let last = || persons.seen.lock().unwrap().last().unwrap().line.clone();
    assert_eq!(code(&persons, "/persons/1").await.0, 200);
    assert_eq!(last(), "GET /persons/1");

    // What was not described was not promised.
    describe(owner, "described", &document()).await.unwrap();
    sign_off(owner, "described").await;
    put_out(&publisher).await.unwrap();
    assert_eq!(code(&persons, "/persons/1?detail=full").await.0, 200);
    assert_eq!(last(), "GET /api/v2/persons/1?detail=full");
    let asked = persons.seen.lock().unwrap().len();
    for other in [
        "/persons/all",
        "/persons/ALL",
        "/persons/%61ll",
        "/persons/1:verify",
        "/api/v2/persons/1",
    ] {
        let expected = (404, "METHOD_UNKNOWN".to_owned());
        assert_eq!(code(&persons, other).await, expected, "{other}");
    }
    assert_eq!(
        persons.seen.lock().unwrap().len(),
        asked,
        "nobody was asked"
    );
    conforms(&persons).await;
    let seen = persons.seen.lock().unwrap().clone();
    let mut since = seen.iter().skip(asked);
    assert!(seen.len() > asked && since.all(|seen| seen.line.contains(" /api/v2/persons/")));

    let mut other = document();
    other["info"]["version"] = json!("3");
    other["components"]["schemas"]["Person"]["properties"]["note"]["type"] = json!("integer");
    other["paths"]["/persons/all"]["get"] =
        json!({"parameters": [{"in": "query", "name": "a", "required": true}]});
    describe(owner, "other", &other).await.unwrap();
    sign_off(owner, "other").await;
    put_out(&publisher).await.unwrap();

    other["components"]["schemas"]["Person"]["properties"]["base"]["type"] = json!("string");
    other["paths"]["/persons/{id}"]["get"]["parameters"] =
        json!([{"in": "query", "name": "why", "required": true}]);
    describe(owner, "breaking", &other).await.unwrap();
    sign_off(owner, "breaking").await;
    let told = refused(put_out(&publisher).await);
    assert_eq!(told.reason, "STATE_CONFLICT", "{told:?}");
    let request = pb::GetResourceChangeRequest {
        name: resource().name,
    };
    let change = owner.resources().get_resource_change(ask(request)).await;
    let change = change.unwrap().into_inner();
    let lines = change.changes.iter().filter(|change| change.breaking);
    let lines: Vec<String> = lines
        .map(|line| format!("{}: {} -> {}", line.field, line.before, line.after))
        .collect();
    let get = "api.operations[GET /persons/{id}]";
    let put = "api.operations[PUT /persons/{id}/address]";
    assert_eq!(
        lines,
        [
            format!("{get}.input[query why (required)]:  -> query why (required)"),
            format!("{get}.output[person.base]: number -> string"),
            format!("{put}.output[person.base]: number -> string"),
        ]
    );
}
