//! What another document at the same path tells of an entry.

use super::compared::{operation, whole};
use super::*;

/// What is told where the endpoint serves this now.
fn told(is: &Value) -> String {
    told_beside(&whole(), is)
}

/// The same where another document was registered.
fn told_beside(was: &Value, is: &Value) -> String {
    told_at("/p/{id}", was, is)
}

/// The same where the entry is of another path.
fn told_at(path: &str, was: &Value, is: &Value) -> String {
    let was = Descriptors::parse_openapi(was.to_string().into_bytes(), FIELD).unwrap();
    let is = Descriptors::served_openapi(is.to_string().into_bytes()).unwrap();
    let served = Served::beside(&was, &is).unwrap();
    let mut operation = operation();
    operation.method = MethodPath::parse(&format!("PUT {path}")).unwrap();
    let changes = served.changes(&operation);
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
fn a_path_is_where_it_is_asked_for_below_its_server() {
    let below = |urls: &[&str]| {
        let servers = urls.iter().map(|url| json!({"url": url}));
        Value::Array(servers.collect())
    };
    let at = |path: &str, urls: &[&str]| {
        let mut document = whole();
        let paths = document["paths"].as_object_mut().unwrap();
        let item = paths.remove("/p/{id}").unwrap();
        document["paths"] = json!({"/x": {"get": {}}, path: item});
        document["servers"] = below(urls);
        document
    };
    for (was, path, urls, expected) in [
        (&["/v1"] as &[&str], "/p/{id}", &["/v1"] as &[&str], ""),
        (&["/v1"], "/v1/p/{number}", &[], ""),
        (&[], "/{id}", &["https://a.example/p"], ""),
        // One of several, and one that cannot be read, may be it.
        (&["/v1"], "/p/{id}", &["/v2", "https://a.example/v1/"], ""),
        (&["/v1"], "/p/{id}", &["/v2", "v1"], ""),
        (&[], "/{id}", &["p"], ""),
        (
            &["/v1"],
            "/p/{id}",
            &["/v2"],
            "PUT /v1/p/{id} seems to be called PUT /v2/p/{id} now",
        ),
        (
            &[],
            "/p/{number}",
            &["/api"],
            "PUT /p/{id} seems to be called PUT /api/p/{id} now",
        ),
        (
            &["/v1"],
            "/p/{id}",
            &[],
            "PUT /v1/p/{id} seems to be called PUT /p/{id} now",
        ),
        // It could be made of data.
        (
            &[],
            "/p/{id}",
            &["/430502190102030017"],
            "PUT /p/{id} is registered and not served",
        ),
        (
            &["/v1"],
            "/v2/p/{id}",
            &[],
            "PUT /p/{id} is registered and not served",
        ),
    ] {
        let mut registered = whole();
        registered["servers"] = below(was);
        let told = told_beside(&registered, &at(path, urls));
        assert_eq!(told, expected, "{was:?} {path} {urls:?}");
    }
}

#[test]
fn a_name_that_could_be_data_is_not_told() {
    const KEY: &str = "430502190102030017";
    let cases: Vec<(Change, &str)> = vec![
        (
            |is| {
                let name = person(is).remove("name").unwrap();
                person(is).insert(KEY.to_owned(), name);
            },
            "person.name is registered and not served",
        ),
        (
            |is| {
                let name = json!({"in": "query", "name": KEY, "required": true});
                let parameters = &mut is["paths"]["/p/{id}"]["put"]["parameters"];
                parameters.as_array_mut().unwrap().push(name);
            },
            "query parameter (required) is served and not registered",
        ),
        (
            |is| {
                let name = json!({"in": "header", "name": "X-Tenant", "required": true});
                let parameters = &mut is["paths"]["/p/{id}"]["put"]["parameters"];
                parameters.as_array_mut().unwrap().push(name);
            },
            "header X-Tenant (required) is served and not registered",
        ),
        (
            |is| {
                let question = &mut is["components"]["schemas"]["Question"];
                question["properties"][KEY] = text("string");
                question["required"] = json!(["why", KEY]);
            },
            "request body (more is required) is served and not registered",
        ),
    ];
    must_tell(cases);
    // Nor of the registered document, where no item stands.
    let mut was = whole();
    was["components"]["schemas"]["Home"]["properties"][KEY] = text("string");
    assert_eq!(told_beside(&was, &whole()), "");
    // Of what nothing was said, nothing is the same kind.
    let mut was = whole();
    person(&mut was)["name"] = json!({});
    let mut is = was.clone();
    person(&mut is).remove("name");
    person(&mut is).insert("fullName".to_owned(), text("string"));
    let told = told_beside(&was, &is);
    assert_eq!(told, "person.name is registered and not served");
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
        // Less is said of it.
        |is| {
            let responses = &mut is["paths"]["/p/{id}"]["put"]["responses"];
            let answer = &mut responses["200"]["content"]["application/json"]["schema"];
            answer["properties"]["count"] = text("integer");
        },
        |is| home(is)["since"] = text("string"),
        |is| home(is)["pair"]["items"] = json!({}),
        |is| drop(home(is)["pair"].as_object_mut().unwrap().remove("items")),
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
    // What nobody can call is described, however long its path is.
    let long = format!("/{}/p/{{id}}", "x".repeat(120));
    let mut was = whole();
    let item = was["paths"]["/p/{id}"].take();
    was["paths"] = json!({"/x": {"get": {}}, &long: item});
    let mut is = was.clone();
    is["paths"][&long]["put"]["servers"] = json!([{"url": "x"}]);
    assert_eq!(told_at(&long, &was, &is), "");
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

fn home(document: &mut Value) -> &mut Value {
    &mut document["components"]["schemas"]["Home"]["properties"]
}

fn text(kind: &str) -> Value {
    json!({"type": kind})
}
