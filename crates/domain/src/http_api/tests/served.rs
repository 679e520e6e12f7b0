//! What another document at the same path tells of an entry.

use super::compared::{operation, whole};
use super::*;

/// What is told where the endpoint serves this now.
fn told(is: &Value) -> String {
    let was = Descriptors::parse_openapi(whole().to_string().into_bytes(), FIELD).unwrap();
    let is = Descriptors::served_openapi(is.to_string().into_bytes()).unwrap();
    let served = Served::beside(&was, &is).unwrap();
    let changes = served.changes(&operation());
    let told: Vec<String> = changes.iter().map(ToString::to_string).collect();
    told.join("; ")
}

type Change = fn(&mut Value);

/// Holds changes of the document against what must be told of them.
fn must_tell(cases: Vec<(Change, &str)>) {
    for (number, (change, expected)) in cases.into_iter().enumerate() {
        let mut is = whole();
        // At least one operation stands in it whatever is taken out.
        is["paths"]["/x"] = json!({"get": {}});
        change(&mut is);
        assert_eq!(told(&is), expected, "case {number}");
    }
}

#[test]
fn what_no_entry_uses_is_not_told() {
    let cases: Vec<Change> = vec![
        |_| (),
        |is| is["info"]["version"] = json!("2"),
        |is| is["paths"]["/more"] = json!({"get": {}}),
        |is| is["servers"] = json!([{"url": "/api"}]),
        |is| person(is)["note"]["type"] = json!("integer"),
        |is| drop(person(is).remove("friends")),
    ];
    must_tell(cases.into_iter().map(|change| (change, "")).collect());
}

#[test]
fn what_an_entry_uses_and_the_served_document_describes_otherwise_is_told() {
    let cases: Vec<(Change, &str)> = vec![
        (
            |is| person(is)["name"]["type"] = json!("integer"),
            "person.name is registered as string and served as integer",
        ),
        (
            |is| drop(person(is).remove("home")),
            "person.home is registered and not served",
        ),
        (
            |is| {
                let name = person(is).remove("name").unwrap();
                person(is).insert("fullName".to_owned(), name);
            },
            "person.name seems to be called person.fullName now",
        ),
        (
            |is| {
                person(is).remove("name");
                person(is).insert("a".to_owned(), text("string"));
                person(is).insert("b".to_owned(), text("string"));
                person(is).insert("c".to_owned(), text("integer"));
            },
            "person.name is registered and not served",
        ),
        (
            |is| {
                person(is).remove("name");
                person(is).insert("number".to_owned(), text("integer"));
            },
            "person.name is registered and not served",
        ),
        (
            |is| {
                let put = &mut is["paths"]["/p/{id}"]["put"];
                put["parameters"][0]["required"] = json!(true);
                put["requestBody"] =
                    json!({"content": {"application/json": {"schema": {"type": "array"}}}});
            },
            "query limit is registered as optional and served as required; \
             request body is registered as object and served as array",
        ),
        (
            |is| {
                is["paths"]["/p/{id}"]["put"]["responses"]["200"]["content"]["application/json"]
                    ["schema"] = json!({"type": "string"});
            },
            "PUT /p/{id} is registered as object and served as string",
        ),
        (
            |is| is["paths"]["/p/{id}"] = json!({"get": {}}),
            "PUT /p/{id} is registered and not served",
        ),
    ];
    must_tell(cases);
}

#[test]
fn what_nobody_can_tell_is_no_drift() {
    let cases: Vec<Change> = vec![
        // The parameter has another name, and nobody asks by it.
        |is| {
            let item = is["paths"]
                .as_object_mut()
                .unwrap()
                .remove("/p/{id}")
                .unwrap();
            is["paths"]["/p/{number}"] = item;
        },
        // It can be called no more, and is described.
        |is| is["paths"]["/p/{id}"]["put"]["servers"] = json!([{"url": "x"}]),
        |is| is["paths"]["/p/{id}"]["put"]["responses"] = json!({}),
        |is| person(is)["name"] = json!({}),
        |is| person(is)["name"] = json!({"$ref": "#/nowhere"}),
        |is| is["components"]["schemas"]["Person"] = json!({"type": "object"}),
        |is| is["components"]["schemas"]["Person"] = json!({"additionalProperties": true}),
        |is| {
            let deep = (0..50).fold(
                json!({"type": "integer"}),
                |inner, _| json!({"allOf": [inner]}),
            );
            person(is)["name"] = json!({"allOf": [deep, {"$ref": "#/components/schemas/S0"}]});
            for n in 0..100 {
                let next = json!({"$ref": format!("#/components/schemas/S{}", n + 1)});
                is["components"]["schemas"][format!("S{n}")] = next;
            }
            is["components"]["schemas"]["S100"] = text("integer");
        },
    ];
    for (number, change) in cases.into_iter().enumerate() {
        let mut is = whole();
        change(&mut is);
        assert_eq!(told(&is), "", "case {number}");
    }
    for none in [
        json!({"openapi": "3.0.0"}),
        json!({"swagger": "2.0", "paths": {}}),
        json!([]),
    ] {
        assert!(Descriptors::served_openapi(none.to_string().into_bytes()).is_err());
    }
    let paths = (0..257).map(|n| (format!("/{n}"), json!({"get": {}})));
    let paths: serde_json::Map<String, Value> = paths.collect();
    let many = json!({"openapi": "3.0.0", "paths": paths});
    assert!(Descriptors::served_openapi(many.to_string().into_bytes()).is_err());
}

#[test]
fn a_document_path_is_plain_and_from_the_root() {
    let long = format!("/{}", "x".repeat(255));
    for (text, good) in [
        ("/openapi.json", true),
        ("/v3/api-docs", true),
        ("/a:b@c,d", true),
        (&long[..255], true),
        (&long, false),
        ("", false),
        ("/", false),
        ("openapi.json", false),
        ("/api/schema/", true),
        ("/a//", false),
        ("//", false),
        ("//a", false),
        ("/a/../b", false),
        ("/a%2fb", false),
        ("/a?b", false),
        ("/a#b", false),
        ("/接口", false),
        ("https://a.example/x", false),
    ] {
        assert_eq!(DocumentPath::parse(text).is_ok(), good, "{text}");
    }
}

/// The members of a person.
fn person(document: &mut Value) -> &mut serde_json::Map<String, Value> {
    let person = &mut document["components"]["schemas"]["Person"]["properties"];
    person.as_object_mut().unwrap()
}

fn text(kind: &str) -> Value {
    json!({"type": kind})
}
