//! Paths through schemas.

use super::*;
use crate::fault::Faults;
use crate::http_api::reading::HttpApi;
use crate::http_api::schema::{Member, Reader};
use crate::mask::FieldPath;
use crate::operation::Api;

/// What is said of a path in the answer; nothing where it is taken.
fn said(document: &Value, path: &str) -> String {
    let descriptors = taken(document);
    let method = MethodPath::parse("GET /p").unwrap();
    let method = descriptors.method(&method).unwrap();
    let read = descriptors.document().unwrap();
    let path = FieldPath::parse(path).unwrap();
    let led = method.leads(&path, Some(&mut read.answers()));
    led.map_or_else(|cause| cause.to_string(), |()| String::new())
}

/// Holds paths against a schema: those that lead somewhere, and those that do not.
fn must_lead(version: &str, schema: &Value, schemas: &Value, good: &[&str], bad: &[&str]) {
    let document = document(version, schema, schemas);
    for path in good {
        assert_eq!(said(&document, path), "", "{path} in {schema}");
    }
    for path in bad {
        assert_ne!(said(&document, path), "", "{path} in {schema}");
    }
}

fn text() -> Value {
    json!({"type": "string"})
}

fn schemas() -> Value {
    json!({
        "Person": {
            "type": "object",
            "properties": {
                "name": text(),
                "parents": {"type": "array", "items": {"$ref": "#/components/schemas/Person"}},
                "home": {"$ref": "#/components/schemas/Home"},
            },
        },
        "Home": {"properties": {"street": text()}},
        "a/b~c d": {"properties": {"odd": text()}},
        "Round": {"$ref": "#/components/schemas/Round"},
        "First": {"allOf": [{"$ref": "#/components/schemas/Second"}, {"properties": {"a": text()}}]},
        "Second": {"anyOf": [{"$ref": "#/components/schemas/First"}, {"properties": {"b": text()}}]},
    })
}

fn person() -> Value {
    json!({"$ref": "#/components/schemas/Person"})
}

type Case = (Value, &'static [&'static str], &'static [&'static str]);

#[test]
fn a_path_goes_through_members_and_passes_arrays() {
    let cases: Vec<Case> = vec![
        (
            person(),
            &[
                "name",
                "parents",
                "parents.parents.parents.name",
                "home",
                "parents.home.street",
            ],
            &[
                "nme",
                "name.x",
                "home.town",
                "parents.nobody",
                "home.street.x",
            ],
        ),
        (
            json!({"type": "array", "items": person()}),
            &["name", "home.street"],
            &["nobody"],
        ),
        (
            json!({"items": {"items": [person(), {"properties": {"count": {}}}]}}),
            &["name", "count", "count.x"],
            &["total"],
        ),
        (
            json!({"$ref": "#/components/schemas/a~1b~0c%20d"}),
            &["odd"],
            &["even"],
        ),
        (
            json!({"allOf": [person(), {"properties": {"age": {"type": "integer"}}}, {"description": "x"}]}),
            &["name", "age", "home.street"],
            &["x", "age.x"],
        ),
        (
            json!({"oneOf": [person(), {"properties": {"code": text()}}], "nullable": true}),
            &["name", "code"],
            &["x", "code.x"],
        ),
        // Kinds that only say what has to be there describe nothing by themselves.
        (
            json!({"properties": {"a": text()}, "anyOf": [{"required": ["a"]}, {"required": ["b"]}]}),
            &["a"],
            &["b"],
        ),
        (
            json!({"$ref": "#/components/schemas/First"}),
            &["a", "b"],
            &["c"],
        ),
        (text(), &[], &["a"]),
        (
            json!({"type": "object", "additionalProperties": false}),
            &[],
            &["a"],
        ),
    ];
    for (schema, good, bad) in &cases {
        for version in ["3.0.3", "3.1.0"] {
            must_lead(version, schema, &schemas(), good, bad);
        }
    }
}

#[test]
fn where_nothing_is_said_every_path_is_taken() {
    for schema in [
        json!({}),
        json!({"type": "object"}),
        json!({"type": "array"}),
        json!({"type": ["array", "object"], "properties": {"a": {}}}),
        json!({"type": "any"}),
        json!({"properties": {}}),
        json!({"properties": {"a": text()}, "additionalProperties": true}),
        json!({"properties": {"a": text()}, "additionalProperties": {}}),
        json!({"properties": {"a": text()}, "patternProperties": {"^x": text()}}),
        json!({"properties": {"a": text()}, "discriminator": {"propertyName": "a"}}),
        json!({"properties": {"a": text()}, "if": {}, "then": {"properties": {"x": {}}}}),
        json!({"properties": {"a": text()}, "else": {"properties": {"x": {}}}}),
        json!({"properties": {"a": text()}, "dependentSchemas": {"a": {"properties": {"x": {}}}}}),
        json!({"oneOf": [{"properties": {"a": text()}}, {}]}),
        json!({"$ref": "other.json#/Person"}),
        json!({"$ref": "#/components/schemas/Nobody"}),
        json!({"allOf": [{"properties": {"a": text()}}, {"$ref": "#/nowhere"}]}),
        json!(7),
        json!({"properties": 7, "allOf": {"x": 1}, "items": "x"}),
    ] {
        must_lead("3.0.3", &schema, &json!({}), &["x.y.z"], &[]);
    }
    for document in [
        json!({"openapi": "3.0.0", "paths": {"/p": {"get": {}}}}),
        json!({"openapi": "3.0.0", "paths": {"/p": {"get": {"responses": {"404": {}, "200": {}}}}}}),
        json!({"openapi": "3.0.0", "paths": {"/p": {"get": {"responses": {"200": {"content": {"text/csv": {"schema": text()}}}}}}}}),
    ] {
        assert_eq!(said(&document, "x.y"), "", "{document}");
    }
}

#[test]
fn a_map_leads_on_by_any_name() {
    let map = json!({"additionalProperties": person()});
    must_lead("3.0.3", &map, &schemas(), &["x", "x.name"], &["x.nobody"]);
    let both = json!({"properties": {"count": text()}, "additionalProperties": person()});
    must_lead(
        "3.0.3",
        &both,
        &schemas(),
        &["x.name", "count"],
        &["count.x", "x.y"],
    );
}

#[test]
fn the_versions_differ_in_what_stands_beside_a_reference_and_in_types() {
    let beside = json!({"$ref": "#/components/schemas/Home", "properties": {"town": text()}});
    must_lead("3.0.3", &beside, &schemas(), &["street"], &["town"]);
    must_lead("3.1.0", &beside, &schemas(), &["street", "town"], &["x"]);
    let either = json!({"type": ["object", "null"], "properties": {"a": {"type": ["string", "null"]}, "b": true, "c": false}});
    must_lead(
        "3.1.0",
        &either,
        &json!({}),
        &["a", "b", "b.x", "c"],
        &["d", "a.x", "c.x"],
    );
    let first = json!({"prefixItems": [person(), {"properties": {"n": text()}}]});
    must_lead("3.1.0", &first, &schemas(), &["name", "n"], &["x"]);
}

#[test]
fn the_good_answer_is_found() {
    let of = |name: &str| json!({"content": {"application/json": {"schema": {"properties": {name: text()}}}}});
    let cases: Vec<(Value, &str)> = vec![
        (
            json!({"200": of("a"), "201": of("b"), "default": of("c")}),
            "a",
        ),
        (json!({"404": of("a"), "201": of("b"), "2XX": of("c")}), "b"),
        (json!({"206": of("a"), "202": of("b"), "2XX": of("c")}), "c"),
        (
            json!({"404": of("a"), "2XX": of("b"), "default": of("c")}),
            "b",
        ),
        (json!({"404": of("a"), "default": of("b")}), "b"),
        (
            json!({"200": {"$ref": "#/components/responses/Good"}}),
            "good",
        ),
        (
            json!({"200": {"content": {"text/xml": {}, "application/json;charset=UTF-8": of("a")["content"]["application/json"]}}}),
            "a",
        ),
        (
            json!({"200": {"content": {"*/*": of("a")["content"]["application/json"]}}}),
            "a",
        ),
        (
            json!({"200": {"content": {"application/*": of("a")["content"]["application/json"], "application/hal+json": of("b")["content"]["application/json"]}}}),
            "b",
        ),
    ];
    for (responses, name) in cases {
        let document = json!({
            "openapi": "3.0.0",
            "paths": {"/p": {"get": {"responses": responses}}},
            "components": {"responses": {"Good": of("good")}},
        });
        assert_eq!(said(&document, name), "", "{responses}");
        assert_ne!(said(&document, "nobody"), "", "{responses}");
    }
    // No call succeeds with these.
    let others = json!({"openapi": "3.0.0", "paths": {"/p": {"get": {"responses": {"202": of("a"), "206": of("a")}}}}});
    assert_eq!(said(&others, "nobody"), "");
}

#[test]
fn a_fault_tells_the_names_that_are_there_the_likest_first() {
    let document = document("3.0.3", &person(), &schemas());
    assert_eq!(
        said(&document, "Name"),
        "Name: the document describes no Name in the answer, but name, home, parents"
    );
    assert_eq!(
        said(&document, "home.strasse"),
        "home.strasse: the document describes no strasse in home, but street"
    );
    assert_eq!(
        said(&document, "name.first"),
        "name.first: name is a plain value by the document, without first"
    );
}

#[test]
fn hostile_schemas_end() {
    // References in a long row, one that leads to itself, and kinds that double at each step.
    let chain: serde_json::Map<String, Value> = (0..5_000)
        .map(|n| {
            let next = format!("#/components/schemas/s{}", n + 1);
            (
                format!("s{n}"),
                json!({"allOf": [{"$ref": next}, {"$ref": next}]}),
            )
        })
        .collect();
    let start = json!({"$ref": "#/components/schemas/s0"});
    must_lead(
        "3.0.3",
        &start,
        &Value::Object(chain.clone()),
        &["x.y"],
        &[],
    );
    assert_eq!(
        faults(&document("3.0.3", &start, &Value::Object(chain)))[0].0,
        "BROKEN_REFERENCE"
    );
    let round = json!({"$ref": "#/components/schemas/Round"});
    assert_ne!(said(&document("3.0.3", &round, &schemas()), "a"), "");
    let mut deep = text();
    for _ in 0..30 {
        deep = json!({"items": deep});
    }
    must_lead("3.0.3", &deep, &json!({}), &[], &["x"]);
    let wide: Vec<Value> = (0..20_000)
        .map(|n| json!({"properties": {format!("p{n}"): {}}}))
        .collect();
    let wide = document("3.0.3", &json!({"oneOf": wide}), &json!({}));
    assert!(said(&wide, "q").len() < 500);
}

#[test]
fn names_count_among_what_is_looked_at() {
    let members: serde_json::Map<String, Value> =
        (0..2_000).map(|n| (format!("p{n}"), text())).collect();
    let whole = document("3.0.3", &json!({"properties": members}), &json!({}));
    let document = Document::read(whole.to_string().as_bytes()).unwrap();
    let descriptors = taken(&whole);
    let crate::interface::Method::Http(own) = descriptors.methods().next().unwrap() else {
        unreachable!("a document describes none")
    };
    let place: Vec<&Value> = document.answer(&own).into_iter().collect();
    let mut reader = Reader::of(&document);
    for _ in 0..600 {
        assert!(matches!(
            reader.member(&place, "p1999"),
            Member::Described(_)
        ));
        assert!(matches!(reader.member(&place, "q"), Member::Nowhere));
    }
    assert!(!reader.gave_up());
    for _ in 0..600 {
        reader.members(&place);
    }
    assert!(reader.gave_up());
}

#[test]
fn what_was_taken_before_is_read_whatever_is_asked_today() {
    // Each was taken when only paths and verbs were read.
    for text in [
        r#"{"openapi": "3.0.0", "paths": {"/p": {"get": null}}}"#,
        r#"{"openapi": "3.0.0", "paths": {"/p": {"get": {"responses": [7]}}}, "servers": 7}"#,
        r#"{"openapi": "3.x", "paths": {"/p": {"get": {"requestBody": {"$ref": "a.json"}}, "parameters": 1}}}"#,
        r#"{"openapi": "3.0.0", "servers": [{"url": "::"}], "paths": {"/p": {"get": {"responses": {"200": {"$ref": "x"}}}}}}"#,
    ] {
        let bytes = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, text);
        let stored = serde_json::to_string(&format!("openapi:{bytes}")).unwrap();
        let descriptors: Descriptors = serde_json::from_str(&stored).unwrap();
        assert_eq!(told(&descriptors), ["GET /p"], "{text}");
        assert_eq!(serde_json::to_string(&descriptors).unwrap(), stored);
        let read = descriptors.document().unwrap();
        let method = descriptors.methods().next().unwrap();
        let path = FieldPath::parse("x.y").unwrap();
        assert_eq!(method.leads(&path, Some(&mut read.answers())), Ok(()));
    }
    assert!(HttpApi::stored(b"{", Servers::Count).is_err());
}

#[test]
fn servers_count_since_they_are_read() {
    let document = json!({
        "openapi": "3.0.0",
        "servers": [{"url": "https://a.example/api/v2"}],
        "paths": {"/a": {"get": {}}, "/b": {
            "servers": [{"url": "/b"}],
            "get": {},
            "put": {"servers": [{"url": "/"}]},
            "post": {"servers": []},
        }, "/c": {"servers": [], "get": {"servers": []}}},
    });
    let descriptors = Descriptors::parse_openapi(document.to_string().into(), FIELD).unwrap();
    let expected = [
        "GET /api/v2/a",
        "GET /b/b",
        "POST /b/b",
        "PUT /b",
        "GET /api/v2/c",
    ];
    assert_eq!(told(&descriptors), expected);
    let stored = serde_json::to_string(&descriptors).unwrap();
    let again: Descriptors = serde_json::from_str(&stored).unwrap();
    assert_eq!(told(&again), expected);
    let before = stored.replace("openapi-servers:", "openapi:");
    let before: Descriptors = serde_json::from_str(&before).unwrap();
    assert_eq!(
        told(&before),
        ["GET /a", "GET /b", "POST /b", "PUT /b", "GET /c"]
    );
}

/// Whether a path is one of a method.
fn takes(document: &Value, method: &str, path: &str) -> bool {
    let method = taken(document).method(&MethodPath::parse(method).unwrap());
    match method.unwrap() {
        crate::interface::Method::Http(own) => own.takes(path),
        crate::interface::Method::Grpc(_) => unreachable!("a document describes none"),
    }
}

#[test]
fn a_path_that_could_be_of_another_method_is_not_of_this_one() {
    let document = json!({
        "openapi": "3.0.0",
        "paths": {
            "/persons/{id}": {"get": {}},
            "/persons/all": {"post": {}},
            "/persons/{id}:verify": {"get": {}},
            "/persons/x{a}{b}": {"get": {}},
            "/persons/drop?all=1": {"get": {}},
        },
    });
    let takes = |method: &str, path: &str| takes(&document, method, path);
    for (path, plain, verify) in [
        ("/persons/1", true, false),
        ("/persons/all", false, false),
        ("/persons/ALL", false, false),
        ("/persons/%61ll", false, false),
        ("/persons/1:verify", false, true),
        ("/persons/1%3Averify", false, false),
        ("/persons/xyz", false, false),
        ("/persons/drop", false, false),
        ("/persons/x", true, false),
    ] {
        assert_eq!(takes("GET /persons/{id}", path), plain, "{path}");
        assert_eq!(takes("GET /persons/{id}:verify", path), verify, "{path}");
    }
    assert!(takes("POST /persons/all", "/persons/all"));
}

#[test]
fn what_the_servers_put_in_front_counts_between_paths() {
    let root = json!([{"url": "/"}]);
    let document = json!({
        "openapi": "3.0.0",
        "servers": [{"url": "/api"}],
        "paths": {
            "/persons/{id}": {"get": {}},
            "/api/persons/all": {"servers": root, "get": {}},
            "/persons/none": {"servers": root, "get": {}},
            "/api/{x}{y}/me": {"servers": root, "get": {}},
            "/{x}": {"servers": [{"url": "/api/persons"}], "post": {}},
            "/x": {"servers": [{"url": "/api/persons"}], "post": {}},
        },
    });
    for (method, path, expected) in [
        ("GET /persons/{id}", "/persons/1", true),
        ("GET /persons/{id}", "/persons/all", false),
        ("GET /persons/{id}", "/persons/x", false),
        ("GET /persons/{id}", "/persons/me", false),
        ("GET /persons/{id}", "/persons/none", true),
        ("GET /api/persons/all", "/api/persons/all", true),
        ("POST /{x}", "/x", false),
        ("POST /{x}", "/1", true),
    ] {
        assert_eq!(takes(&document, method, path), expected, "{method} {path}");
    }
}

#[test]
fn an_entry_is_held_to_a_document_since_documents_are() {
    let document = document("3.0.3", &person(), &schemas()).to_string();
    let api: Api = serde_json::from_value(json!({
        "interface": "interfaces/residents.persons",
        "operations": [{"method": "GET /p", "fields": [], "structure": ["nobody"]}],
    }))
    .unwrap();
    let bytes = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, document);
    for (prefix, expected) in [
        ("openapi-servers:", vec!["UNKNOWN_FIELD"]),
        ("openapi:", vec![]),
    ] {
        let descriptors = Descriptors::try_from(format!("{prefix}{bytes}")).unwrap();
        let mut faults = Faults::default();
        api.check(&[], &descriptors, &mut faults);
        let codes = faults.as_slice().iter().map(|fault| fault.code.as_str());
        assert_eq!(codes.collect::<Vec<_>>(), expected, "{prefix}");
    }
}
