//! What a document promises of answers, and what breaks it.

use super::*;
use crate::drift;
use crate::item::ItemKey;
use crate::mask::FieldPath;
use crate::operation::{ItemField, Operation};

/// An entry whose items stand at these places.
fn entry(paths: &[&str]) -> Operation {
    let field = |path: &&str| ItemField {
        item: ItemKey::parse("name").unwrap(),
        path: FieldPath::parse(path).unwrap(),
    };
    Operation {
        method: MethodPath::parse("GET /p").unwrap(),
        fields: paths.iter().map(field).collect(),
        structure: Vec::new(),
    }
}

/// What is told of an answer; `before` was a good one.
fn told(document: &Value, paths: &[&str], before: Option<&Value>, answer: &Value) -> String {
    let descriptors = taken(document);
    let operation = entry(paths);
    let method = descriptors.method(&operation.method).unwrap();
    let crate::interface::Method::Http(own) = &method else {
        unreachable!("a document describes none")
    };
    let promise = descriptors.document().unwrap().promise(own, &operation);
    let bytes = |value: &Value| value.to_string().into_bytes();
    let before = before.map(|before| drift::shape_of_json(&bytes(before)).unwrap());
    let changes = drift::of_answer(&bytes(answer), before.as_ref(), &promise, &operation);
    let told: Vec<String> = changes.iter().map(ToString::to_string).collect();
    told.join("; ")
}

fn text() -> Value {
    json!({"type": "string"})
}

fn schemas() -> Value {
    json!({
        "Person": {
            "type": "object",
            "required": ["name", "secret"],
            "properties": {
                "name": text(),
                "secret": {"type": "string", "writeOnly": true},
                "age": {"type": "integer", "nullable": true},
                "tags": {"type": "array", "items": text()},
                "jobs": {"type": "array", "items": {"$ref": "#/components/schemas/Job"}},
            },
        },
        "Job": {"type": "object", "properties": {"employer": text(), "since": text()}, "required": ["employer"]},
    })
}

fn person() -> Value {
    json!({"type": "object", "properties": {"person": {"$ref": "#/components/schemas/Person"}}})
}

#[test]
fn a_value_of_a_kind_that_the_schema_forbids_is_told_with_its_place() {
    let person = person();
    let places = [
        "person.name",
        "person.age",
        "person.tags",
        "person.jobs.employer",
        "person.secret",
    ];
    for (answer, expected) in [
        (
            json!({"person": {"name": "a", "age": 1, "tags": [], "jobs": [{"employer": "x"}]}}),
            "",
        ),
        // Whoever reads numbers reads these.
        (json!({"person": {"name": "a", "age": 1.5}}), ""),
        (
            json!({"person": {"name": null, "age": null, "tags": [null], "jobs": null}}),
            "",
        ),
        (json!({"person": null}), ""),
        // Many write an empty object so.
        (json!({"person": []}), ""),
        (json!([]), ""),
        (
            json!({"person": [{}]}),
            "person is registered as object and served as array",
        ),
        (json!({}), ""),
        // Places of others.
        (
            json!({"person": {"name": "a", "jobs": [{"employer": "x", "since": 7}]}, "more": 1}),
            "",
        ),
        (
            json!({"person": {"name": 7, "age": "1"}}),
            "person.age is registered as number and served as string; \
             person.name is registered as string and served as number",
        ),
        (
            json!({"person": {"name": "a", "jobs": [{"employer": "x"}, {"employer": {"name": "x"}}, "y"]}}),
            "person.jobs.employer is registered as string and served as object; \
             person.jobs is registered as array of object and served as array of string",
        ),
        (
            json!({"person": {"name": ["a"], "tags": "x"}}),
            "person.name is registered as string and served as array; \
             person.tags is registered as array and served as string",
        ),
        (
            json!({"person": "x"}),
            "person is registered as object and served as string",
        ),
        (
            json!([{}]),
            "GET /p is registered as object and served as array",
        ),
    ] {
        let document = document("3.0.3", &person, &schemas());
        assert_eq!(
            told(&document, &places, None, &answer),
            expected,
            "{answer}"
        );
    }
}

#[test]
fn what_passed_a_run_counts_where_it_says_something() {
    let document = document("3.0.3", &person(), &schemas());
    let broken = drift::of_answer(b"{", None, &Promise::default(), &entry(&["a"]));
    assert_eq!(broken, []);
    let before = json!({"person": {"name": 1, "age": null}});
    let answer = json!({"person": {"name": 7, "age": "1"}});
    let both = ["person.name", "person.age"];
    assert_eq!(
        told(&document, &both, Some(&before), &answer),
        "person.age is registered as number and served as string"
    );
    let list = [&before, &answer].map(|one| json!([one]));
    assert_eq!(told(&document, &both, Some(&list[0]), &list[1]), "");
}

#[test]
fn a_place_that_must_be_there_and_is_not_has_another_name_where_one_is_new() {
    let person = json!({"$ref": "#/components/schemas/Person"});
    let places = ["name", "age", "jobs.employer", "secret"];
    for (answer, expected) in [
        (json!({"name": "a", "fullName": "b"}), ""),
        (json!({"tags": ["a"]}), ""),
        (
            json!({"fullName": "b"}),
            "name seems to be called fullName now",
        ),
        // Of another kind, or without a value, it is none.
        (json!({"fullName": {"first": "b"}}), ""),
        (json!({"fullName": null}), ""),
        (
            json!({"fullName": "b", "nick": "c"}),
            "name is registered and not served",
        ),
        (
            json!({"430502190102030017": "b"}),
            "name is registered and not served",
        ),
        (
            json!({"name": "a", "jobs": [{"employer": "x"}, {"firm": "y", "since": "z"}]}),
            "jobs.employer seems to be called jobs.firm now",
        ),
        // It need not be there.
        (json!({"name": "a", "years": 7}), ""),
    ] {
        let document = document("3.1.0", &person, &schemas());
        assert_eq!(
            told(&document, &places, None, &answer),
            expected,
            "{answer}"
        );
    }
}

/// An object with a member `a` that is text and must be there, and with more words.
fn named(more: &Value) -> Value {
    let mut schema = json!({"properties": {"a": text()}, "required": ["a"]});
    let words = more.as_object().unwrap().clone();
    schema.as_object_mut().unwrap().extend(words);
    schema
}

/// References that follow each other down to [`named`], and one that leads to itself twice.
fn chained() -> Value {
    let next = |n: usize| json!({"$ref": format!("#/components/schemas/S{}", n - 1)});
    let chain = (1..100).map(|n| (format!("S{n}"), next(n)));
    let mut schemas: serde_json::Map<String, Value> = chain.collect();
    schemas.insert("S0".to_owned(), named(&json!({})));
    let round = json!({"$ref": "#/components/schemas/Round"});
    schemas.insert("Round".to_owned(), json!({"allOf": [round, round]}));
    Value::Object(schemas)
}

/// Holds an answer where `a` is a number, and one where another name stands, against a schema.
fn must_tell(schema: &Value, retyped: &str, renamed: &str) {
    let document = document("3.1.0", schema, &chained());
    let of = |answer: &Value| told(&document, &["a"], None, answer);
    assert_eq!(of(&json!({"a": 7, "b": "x"})), retyped, "{schema}");
    assert_eq!(of(&json!({"b": "x"})), renamed, "{schema}");
}

const RETYPED: &str = "a is registered as string and served as number";
const RENAMED: &str = "a seems to be called b now";

#[test]
fn what_every_reading_of_a_schema_says_is_told() {
    let name = named(&json!({}));
    for schema in [
        name.clone(),
        named(&json!({"additionalProperties": false})),
        json!({"allOf": [true, name]}),
        json!({"anyOf": [named(&json!({"type": "object"})), {"type": "null"}, text()]}),
        json!({"$ref": "#/components/schemas/S10"}),
    ] {
        must_tell(&schema, RETYPED, RENAMED);
    }
    let other = json!({"properties": {"a": {"type": "boolean"}}, "required": ["a"]});
    let both = "a is registered as boolean or string and served as number";
    must_tell(&json!({"anyOf": [name, other]}), both, RENAMED);
}

#[test]
fn where_other_names_may_be_there_no_name_is_another() {
    let name = named(&json!({}));
    for schema in [
        named(&json!({"additionalProperties": true})),
        named(&json!({"additionalProperties": text()})),
        named(&json!({"unevaluatedProperties": {}})),
        named(&json!({"patternProperties": {"^b": {}}})),
        named(&json!({"discriminator": {}})),
        named(&json!({"then": {}})),
        json!({"additionalProperties": text()}),
        json!({"allOf": [name, {"properties": {"b": text()}}]}),
        json!({"allOf": [{"$ref": "#/nowhere"}, name]}),
    ] {
        must_tell(&schema, RETYPED, "");
    }
}

#[test]
fn what_is_not_sure_is_not_told() {
    let name = named(&json!({}));
    let member = |a: Value| json!({"properties": {"a": a}});
    for schema in [
        json!({}),
        json!(true),
        json!(false),
        json!({"required": ["a"]}),
        member(json!({})),
        member(json!(false)),
        member(json!({"type": "any"})),
        member(json!({"type": ["string", "any"]})),
        member(json!({"properties": {"x": {}}})),
        member(json!({"allOf": [text(), {"type": "boolean"}]})),
        member(json!({"anyOf": [text(), {"$ref": "#/nowhere"}]})),
        member(json!({"$ref": "other.json"})),
        // A name by a pattern is not one of the rest.
        json!({"additionalProperties": text(), "patternProperties": {"a": {}}}),
        // Of several kinds each must say so.
        json!({"oneOf": [name, {"properties": {"b": text()}}]}),
        json!({"oneOf": [name, {}]}),
        json!({"$ref": "#/components/schemas/S99"}),
        json!({"$ref": "#/components/schemas/Round"}),
    ] {
        must_tell(&schema, "", "");
    }
    let listed = "a is registered as array of string and served as array of number";
    for (array, expected) in [
        (json!({"items": text()}), listed),
        // Elements beyond those that are listed may be anything.
        (json!({"prefixItems": [text()]}), ""),
        (json!({"items": [text()]}), ""),
        (
            json!({"prefixItems": [{"type": "number"}], "items": text()}),
            "",
        ),
    ] {
        let document = document("3.1.0", &member(array), &json!({}));
        let answer = json!({"a": [1, 2]});
        assert_eq!(told(&document, &["a"], None, &answer), expected);
    }
}

#[test]
fn a_promise_is_of_one_kind_of_good_answer_and_within_bounds() {
    let mut document = document("3.0.3", &json!({"properties": {"a": text()}}), &json!({}));
    let answer = json!({"a": 7});
    assert_ne!(told(&document, &["a"], None, &answer), "");
    let responses = &mut document["paths"]["/p"]["get"]["responses"];
    responses["404"] = json!({});
    responses["default"] = json!({});
    assert_ne!(told(&document, &["a"], None, &answer), "");
    // With which code it came nobody tells afterwards.
    document["paths"]["/p"]["get"]["responses"]["201"] = json!({});
    assert_eq!(told(&document, &["a"], None, &answer), "");
    let good = json!({"content": {"application/json": {"schema": {"properties": {"a": text()}}}}});
    let other = json!({"$ref": "#/components/responses/Other"});
    for (responses, is_sole) in [
        (json!({"201": good, "default": other}), false),
        // What only reads says no 201.
        (json!({"200": good, "default": other}), true),
        // No good answer is left to it, or each is.
        (json!({"2XX": good, "default": other}), true),
        (json!({"default": good}), true),
    ] {
        document["components"]["responses"] =
            json!({"Other": {"content": {"text/json": {}, "application/json": {"schema": {}}}}});
        document["paths"]["/p"]["get"]["responses"] = responses.clone();
        let is_told = !told(&document, &["a"], None, &answer).is_empty();
        assert_eq!(is_told, is_sole, "{responses}");
    }

    let names = |count: usize| {
        let named = (0..count).map(|n| (format!("n{n}"), json!({})));
        let named: serde_json::Map<String, Value> =
            named.chain([("a".to_owned(), text())]).collect();
        json!({"properties": named, "required": ["a"]})
    };
    for (count, expected) in [(1_999, "a seems to be called b now"), (2_000, "")] {
        let document = super::document("3.0.3", &names(count), &json!({}));
        assert_eq!(told(&document, &["a"], None, &json!({"b": "x"})), expected);
    }
}
