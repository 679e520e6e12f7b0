mod compared;
mod followed;
mod promised;
mod served;

use serde_json::{Value, json};

use super::*;
use crate::interface::{Descriptors, MethodPath};

const FIELD: &str = "openapi";

/// A document of one operation, `GET /p`, with this answer and these schemas.
fn document(version: &str, answer: &Value, schemas: &Value) -> Value {
    json!({
        "openapi": version,
        "paths": {"/p": {"get": {"responses": {"200": {"content": {"application/json": {"schema": answer}}}}}}},
        "components": {"schemas": schemas},
    })
}

/// The document as somebody registers it; what it refers to need not be there.
fn taken(document: &Value) -> Descriptors {
    let encoded = base64::Engine::encode(
        &base64::engine::general_purpose::STANDARD,
        document.to_string(),
    );
    Descriptors::try_from(format!("openapi-servers:{encoded}")).unwrap()
}

/// The faults of a document: code and text.
fn faults(document: &Value) -> Vec<(String, String)> {
    match Descriptors::parse_openapi(document.to_string().into_bytes(), FIELD) {
        Ok(_) => Vec::new(),
        Err(faults) => {
            assert!(faults.as_slice().iter().all(|fault| fault.field == FIELD));
            let all = faults.as_slice().iter();
            all.map(|fault| (fault.code.clone(), fault.message.clone()))
                .collect()
        }
    }
}

/// What can be called, where it is asked for, and what cannot.
fn told(descriptors: &Descriptors) -> Vec<String> {
    let called = descriptors.methods().map(|method| match method {
        crate::interface::Method::Http(own) => {
            let body = if own.takes_body() { " with a body" } else { "" };
            format!("{} {}{}{body}", own.verb().as_str(), own.base(), own.path())
        }
        crate::interface::Method::Grpc(_) => unreachable!("a document describes none"),
    });
    let left_out = descriptors.left_out().iter();
    called
        .chain(left_out.map(|left| format!("not {}", left.shown())))
        .collect()
}

#[test]
fn a_document_gives_its_operations() {
    for (paths, expected) in [
        (
            json!({"/a/{x}": {"get": {}, "post": {"requestBody": {}}, "parameters": []}}),
            vec!["GET /a/{x}", "POST /a/{x} with a body"],
        ),
        (
            json!({"/a/{x}.json": {"get": {}}, "/a/{x}:verify": {"post": {}}, "/a/": {"get": {}}, "x-a": {"get": {}}}),
            vec!["GET /a/", "GET /a/{x}.json", "POST /a/{x}:verify"],
        ),
        (
            json!({"/a": {"get": {}, "trace": {}}, "/人": {"put": {}}, "/{a}{b}": {"get": {}}}),
            vec!["GET /a", "not GET /{a}{b}", "not PUT /人"],
        ),
        (
            json!({"/a": {"post": {}}, "/a?m=drop": {"post": {}}, "/b/{x}": {"get": {}}, "/b/{y}/#z": {"get": {}}, "/b": {"get": {}}}),
            vec![
                "GET /b",
                "not POST /a?m=drop",
                "not GET /b/{y}/#z",
                "not POST /a",
                "not GET /b/{x}",
            ],
        ),
        // A path can stand elsewhere in the document.
        (
            json!({"/a": {"$ref": "#/paths/~1b~1%7Bx%7D", "get": {}}, "/b/{x}": {"delete": {}}}),
            vec!["GET /a", "DELETE /a", "DELETE /b/{x}"],
        ),
    ] {
        let document = json!({"openapi": "3.1.0", "paths": paths});
        assert_eq!(faults(&document), [], "{document}");
        assert_eq!(told(&taken(&document)), expected, "{document}");
    }
}

#[test]
fn a_document_that_is_none_is_refused() {
    for (document, code) in [
        (r#"{"swagger": "2.0", "paths": {}}"#, "NOT_OPENAPI"),
        (r#"{"openapi": "3.1.0"}"#, "NOT_OPENAPI"),
        (r#"{"openapi": "3.1.0", "paths": []}"#, "NOT_OPENAPI"),
        (r#"{"openapi": "3.1.0", "openapi": "3.1.0"}"#, "NOT_OPENAPI"),
        ("{", "NOT_OPENAPI"),
        (r#"{"openapi": "3.1.0", "paths": {}}"#, "NO_OPERATION"),
        (
            r#"{"openapi": "3.1.0", "paths": {"a": {"get": {}}}}"#,
            "NO_OPERATION",
        ),
    ] {
        let refused = Descriptors::parse_openapi(document.into(), FIELD).unwrap_err();
        assert_eq!(refused.as_slice()[0].code, code, "{document}");
    }
    let many = |count: usize, servers: &Value| {
        let paths = (0..count).map(|n| (format!("/{n}"), json!({"get": {}})));
        let paths: serde_json::Map<String, Value> = paths.collect();
        faults(&json!({"openapi": "3.0.0", "paths": paths, "servers": servers}))
    };
    assert_eq!(many(256, &json!([])), []);
    let told = many(257, &json!([{"url": "x"}]));
    assert_eq!(told.len(), 1, "nothing else is looked at: {told:?}");
    assert_eq!(told[0].0, "TOO_MANY");
}

#[test]
fn what_is_malformed_is_told_all_at_once_with_its_place() {
    let document = json!({
        "openapi": "3.0.0",
        "servers": [{"url": "api"}],
        "paths": {
            "/persons/{id}": {
                "parameters": {"name": "id"},
                "get": {"responses": {"200": {"$ref": "#/components/responses/None"}}},
                "put": {"requestBody": {"content": []}, "responses": []},
                "servers": [{"url": "/"}],
            },
            "/a": {"get": {"responses": {"201": {"content": {"application/json; charset=utf-8": {"schema": {
                "allOf": [{"$ref": "other.json#/A"}, {"properties": {"x/y": 7, "z": {"type": 1}}}],
            }}}}}}},
            "/b": {"$ref": "#/paths/~1b"},
            "/c": {"get": {"parameters": [{"$ref": "#/components/parameters/A"}, {"$ref": 7}]}},
            "/d": {"$ref": "#/components/pathItems/D"},
        },
        "components": {
            "parameters": {"A": {"schema": {"anyOf": {}}}},
            "pathItems": {"D": {
                "servers": [{"url": "d"}],
                "parameters": [{"content": {"application/json": {"schema": {"type": 7}}}}],
                "get": {"responses": []},
            }},
        },
    });
    let mut told: Vec<String> = faults(&document)
        .into_iter()
        .map(|(code, text)| format!("{code} {}", text.split(": ").next().unwrap()))
        .collect();
    told.sort();
    let answer =
        "#/paths/~1a/get/responses/201/content/application~1json; charset=utf-8/schema/allOf";
    assert_eq!(
        told,
        [
            "BROKEN_REFERENCE #/paths/~1b",
            "BROKEN_REFERENCE #/paths/~1persons~1{id}/get/responses/200",
            &format!("FOREIGN_REFERENCE {answer}/0"),
            "NOT_A_SERVER #/components/pathItems/D/servers",
            "NOT_A_SERVER #/servers",
            "NOT_OPENAPI #/components/parameters/A/schema/anyOf",
            "NOT_OPENAPI #/components/pathItems/D/get/responses",
            "NOT_OPENAPI #/components/pathItems/D/parameters/0/content/application~1json/schema",
            &format!("NOT_OPENAPI {answer}/1/properties/x~1y"),
            &format!("NOT_OPENAPI {answer}/1/properties/z"),
            "NOT_OPENAPI #/paths/~1c/get/parameters/1",
            "NOT_OPENAPI #/paths/~1persons~1{id}/parameters",
            "NOT_OPENAPI #/paths/~1persons~1{id}/put/requestBody/content",
            "NOT_OPENAPI #/paths/~1persons~1{id}/put/responses",
        ]
    );
    let many: Vec<Value> = (0..100)
        .map(|n| json!({"$ref": format!("#/{n}")}))
        .collect();
    let many = crate::http_api::tests::document("3.0.0", &json!({"allOf": many}), &json!({}));
    assert_eq!(faults(&many).len(), 20);
    let bad = json!({"get": {}, "servers": {"url": "/"}});
    let paths = (0..100).map(|n| (format!("/{n}"), bad.clone()));
    let paths: serde_json::Map<String, Value> = paths.collect();
    let told = faults(&json!({"openapi": "3.0.0", "paths": paths}));
    assert_eq!(told.len(), 20);
    assert!(told.iter().all(|(code, _)| code == "NOT_A_SERVER"));
}
