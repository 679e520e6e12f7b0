//! Interfaces whose document the endpoint serves itself.

use api::registry::v1 as pb;
use kit::folder::Folder;
use kit::world::answer::refused;
use kit::world::insured::SYSTEM;
use kit::world::persons::{DOCUMENT, DOCUMENT_PATH, Persons};
use kit::world::{ask, new_id};
use serde_json::json;

use super::create_interface;

const HTTP: &str = "systems/social-security/endpoints/http";
const FIELD: &str = "interface.document_path";

fn request(id: &str, endpoint: &str, path: &str) -> pb::CreateInterfaceRequest {
    let parent = format!("systems/{SYSTEM}");
    pb::CreateInterfaceRequest {
        interface: Some(pb::Interface {
            name: format!("{parent}/interfaces/{id}"),
            reflected_from: endpoint.to_owned(),
            document_path: path.to_owned(),
            ..pb::Interface::default()
        }),
        parent,
        request_id: new_id(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_document_that_an_endpoint_serves_is_what_its_interface_says() {
    let mut persons = Persons::granting(&["name"]).await;
    let owner = &persons.owner;
    let stranger = persons.world.enrol_officer("市民政局", "qian").await;
    let asking = request("served", HTTP, DOCUMENT_PATH);
    let made = create_interface(owner, &asking).await.unwrap().into_inner();
    assert_eq!(made.openapi, DOCUMENT.as_bytes());
    assert_eq!(
        (&*made.reflected_from, &*made.document_path),
        (HTTP, DOCUMENT_PATH)
    );
    let asked = persons.seen.lock().unwrap().last().unwrap().clone();
    assert_eq!(asked.line, format!("GET {DOCUMENT_PATH}"));
    assert_eq!(asked.headers["accept"], "application/json");
    let entries = owner.entries().await;
    let entry = entries.last().unwrap();
    assert_eq!(super::event(entry), Some("registry.interface.created"));
    assert_eq!(entry.facts().text("reflected_from"), Some(HTTP));
    assert_eq!(entry.facts().text("document_path"), Some(DOCUMENT_PATH));
    assert_eq!(entry.facts().text("digest"), Some(made.digest.as_str()));

    let told = refused(create_interface(&stranger, &request("v3", HTTP, DOCUMENT_PATH)).await);
    assert_eq!(told.reason, "ROLE_NOT_ALLOWED", "{told:?}");
    let name = format!("systems/{SYSTEM}/interfaces/by-client");
    let arguments = [
        "interfaces",
        "create",
        &name,
        "--reflect",
        HTTP,
        "--path",
        DOCUMENT_PATH,
        "--output",
        "json",
    ];
    let ran = persons.world.shuqiaoctl(owner, &arguments);
    assert_eq!(ran.code, 0, "{ran:?}");
    let said: serde_json::Value = serde_json::from_str(&ran.said).unwrap();
    assert_eq!(said["document_path"], json!(DOCUMENT_PATH));
    assert_eq!(said["methods"].as_array().unwrap().len(), 2);

    persons.stop().await;
    let again = create_interface(&persons.owner, &asking)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(again, made, "the same request has the same answer");
    let told = refused(create_interface(&persons.owner, &request("v4", HTTP, DOCUMENT_PATH)).await);
    assert_eq!(told.reason, "PROVIDER_UNAVAILABLE", "{told:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_served_as_a_document_is_refused_in_words_that_teach() {
    let persons = Persons::granting(&["name"]).await;
    let owner = &persons.owner;
    let from = "interface.reflected_from";
    for (endpoint, path, field, code) in [
        (HTTP, "", FIELD, "REQUIRED"),
        ("", DOCUMENT_PATH, from, "REQUIRED"),
        (HTTP, "openapi.json", FIELD, "NOT_A_PATH"),
        (HTTP, "/a/../b", FIELD, "NOT_A_PATH"),
        (HTTP, "/openapi.json?of=b", FIELD, "NOT_A_PATH"),
        (HTTP, "//other.example/x", FIELD, "NOT_A_PATH"),
    ] {
        let told = refused(create_interface(owner, &request("v1", endpoint, path)).await);
        assert_eq!(told.reason, "REQUEST_INVALID", "{told:?}");
        assert!(told.of_field(field).starts_with(code), "{told:?}");
    }
    assert!(
        persons
            .seen
            .lock()
            .unwrap()
            .iter()
            .all(|seen| !seen.line.contains("openapi"))
    );

    let json = "application/json";
    let large = " ".repeat(512 * 1024 + 1);
    let broken = DOCUMENT.replace(r#""put": {"#, r#""put": {"responses": 7, "#);
    for (code, kind, body, fault, word) in [
        (404, json, "MARKED", "NOT_SERVED", "/v3/api-docs"),
        (403, json, "MARKED", "NOT_SERVED", "certificate"),
        (302, json, "MARKED", "REDIRECTED", "not followed"),
        (406, json, "MARKED", "NOT_JSON", "send openapi"),
        (
            200,
            "application/yaml",
            "MARKED",
            "NOT_JSON",
            "shuqiaoctl reads YAML",
        ),
        (200, "text/html", "MARKED", "NOT_JSON", "application/json"),
        (200, json, "MARKED", "NOT_OPENAPI", "line 1"),
        (
            200,
            json,
            r#"{"swagger": "2.0"}"#,
            "NOT_OPENAPI",
            "OpenAPI 3",
        ),
        (200, json, &large, "TOO_LARGE", "524288"),
        (200, json, &broken, "NOT_OPENAPI", "JSON"),
    ] {
        persons.serve_document(code, kind, body);
        let told = refused(create_interface(owner, &request("v1", HTTP, DOCUMENT_PATH)).await);
        assert_eq!(told.reason, "REQUEST_INVALID", "{told:?}");
        let said = told.of_field(FIELD);
        assert!(
            said.starts_with(fault) && said.contains(word),
            "{code} {kind}: {told:?}"
        );
        assert!(!format!("{told:?}").contains("MARKED"), "{told:?}");
    }
    for (code, reason) in [(500, "PROVIDER_BAD_ANSWER"), (503, "PROVIDER_UNAVAILABLE")] {
        persons.serve_document(code, json, "MARKED");
        let told = refused(create_interface(owner, &request("v1", HTTP, DOCUMENT_PATH)).await);
        assert_eq!(told.reason, reason, "{told:?}");
        assert!(!format!("{told:?}").contains("MARKED"), "{told:?}");
    }
    let asked = persons.seen.lock().unwrap().clone();
    assert!(asked.iter().all(|seen| !seen.line.contains("MARKED")));
    let list = pb::ListInterfacesRequest {
        parent: format!("systems/{SYSTEM}"),
    };
    let kept = owner.interfaces().list_interfaces(ask(list)).await;
    assert_eq!(kept.unwrap().into_inner().interfaces.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_in_yaml_is_sent_as_the_json_that_it_means() {
    let persons = Persons::granting(&["name"]).await;
    let folder = Folder::new("yaml");
    let (good, bad) = (folder.join("openapi.yaml"), folder.join("bad.YML"));
    let document = "openapi: 3.0.3
info: {title: 参保信息, version: 1.0}
paths:
  /persons/{id}:
    get: {responses: {200: &person {description: one person}}}
    put: {requestBody: {content: {}}, responses: {200: *person}}
";
    std::fs::write(&good, document).unwrap();
    std::fs::write(&bad, format!("{document}openapi: 3.1.0\n")).unwrap();
    let create = |id: &str, file: &std::path::Path| {
        let name = format!("systems/{SYSTEM}/interfaces/{id}");
        let file = file.to_str().unwrap();
        let arguments = ["interfaces", "create", &name, file];
        persons.world.shuqiaoctl(&persons.owner, &arguments)
    };
    let ran = create("yaml", &good);
    assert_eq!(ran.code, 0, "{ran:?}");
    let get = pb::GetInterfaceRequest {
        name: format!("systems/{SYSTEM}/interfaces/yaml"),
    };
    let kept = persons.owner.interfaces().get_interface(ask(get)).await;
    let kept: serde_json::Value =
        serde_json::from_slice(&kept.unwrap().into_inner().openapi).unwrap();
    let responses = json!({"200": {"description": "one person"}});
    assert_eq!(
        kept["paths"]["/persons/{id}"]["get"]["responses"],
        responses
    );
    assert_eq!(kept["info"]["version"], "1.0");
    let ran = create("bad", &bad);
    assert_ne!(ran.code, 0);
    assert!(
        ran.told.contains("line 7: \"openapi\" stands twice"),
        "{ran:?}"
    );
}
