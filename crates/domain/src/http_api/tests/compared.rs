//! What another document changes.

use super::*;
use crate::drift::Change;
use crate::item::ItemKey;
use crate::mask::FieldPath;
use crate::operation::{ItemField, Operation};

/// An entry's method, with an item that is a text, one that is an object, and a count.
pub(super) fn operation() -> Operation {
    let field = |item: &str, path: &str| ItemField {
        item: ItemKey::parse(item).unwrap(),
        path: FieldPath::parse(path).unwrap(),
    };
    Operation {
        method: MethodPath::parse("PUT /p/{id}").unwrap(),
        fields: vec![field("name", "person.name"), field("home", "person.home")],
        structure: vec![FieldPath::parse("count").unwrap()],
    }
}

pub(super) fn whole() -> Value {
    json!({
        "openapi": "3.0.3",
        "info": {"title": "x"},
        "paths": {"/p/{id}": {
            "parameters": [{"$ref": "#/components/parameters/Id"}],
            "put": {
                "parameters": [
                    {"in": "query", "name": "limit", "schema": {"type": "integer"}},
                    {"in": "header", "name": "X-Note", "schema": {"type": "string"}},
                ],
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Question"}}}},
                "responses": {"200": {"content": {"application/json": {"schema": {"properties": {
                    "count": {"type": "integer", "format": "int32"},
                    "person": {"$ref": "#/components/schemas/Person"},
                    "free": {},
                }}}}}},
            },
        }},
        "components": {
            "parameters": {"Id": {"in": "path", "name": "id", "required": true, "schema": {"type": "string"}}},
            "schemas": {
                "Person": {"type": "object", "properties": {
                    "name": {"type": "string"},
                    "note": {"type": "string"},
                    "home": {"$ref": "#/components/schemas/Home"},
                    "friends": {"type": "array", "items": {"$ref": "#/components/schemas/Person"}},
                }},
                "Home": {"type": "object", "properties": {
                    "street": {"type": "string"},
                    "since": {"type": "string", "format": "date"},
                    "rooms": {"type": "array"},
                    "doors": {"type": "object", "additionalProperties": {"type": "string"}},
                    "pair": {"type": "array", "items": {"type": ["string", "integer"]}},
                    "owner": {"properties": {"home": {"$ref": "#/components/schemas/Home"}}},
                }},
                "Question": {"type": "object", "required": ["why"], "properties": {
                    "why": {"type": "string"},
                    "more": {"type": "array", "items": {"$ref": "#/components/schemas/Question"}},
                }},
            },
        },
    })
}

/// What differs: `input[…]` and `output[…]` with what was and what is.
fn told(was: &Value, is: &Value) -> Vec<String> {
    let (was, is) = (taken(was), taken(is));
    let operation = operation();
    let own = |descriptors: &Descriptors| match descriptors.method(&operation.method).unwrap() {
        crate::interface::Method::Http(own) => own,
        crate::interface::Method::Grpc(_) => unreachable!("a document describes none"),
    };
    let documents = (was.document().unwrap(), is.document().unwrap());
    let changes = between(
        (&documents.0, &own(&was)),
        (&documents.1, &own(&is)),
        &operation,
    );
    let line = |part: &str, change: &Change| {
        let (path, was, is) = (change.path(), change.registered(), change.seen());
        format!("{part}[{path}] {was} -> {is}")
    };
    let input = changes.input.iter().map(|change| line("input", change));
    let output = changes.output.iter().map(|change| line("output", change));
    input.chain(output).collect()
}

type Case = (&'static str, fn(&mut Value), &'static [&'static str]);

const PUT: &str = "/paths/~1p~1{id}/put";
const SCHEMAS: &str = "/components/schemas";

/// One place of a document.
fn at<'a>(document: &'a mut Value, root: &str, path: &str) -> &'a mut Value {
    document.pointer_mut(&format!("{root}{path}")).unwrap()
}

const CASES: &[Case] = &[
    ("nothing", |_| (), &[]),
    (
        "what nobody is given, other paths, words for people",
        |whole| {
            whole["info"]["title"] = json!("y");
            whole["paths"]["/q"] = json!({"get": {}});
            *at(whole, SCHEMAS, "/Person/properties/note") = json!({"type": "integer"});
            at(whole, SCHEMAS, "/Person/properties/name")["description"] = json!("name");
            at(whole, SCHEMAS, "/Person/properties")["new"] = json!({"type": "string"});
            at(whole, SCHEMAS, "/Question/properties")["new"] = json!({"type": "string"});
            at(whole, PUT, "/responses")["404"] = json!({});
        },
        &[],
    ),
    (
        "the same written in another way",
        |whole| {
            whole["openapi"] = json!("3.1.0");
            *at(whole, SCHEMAS, "/Person/properties/name") = json!({"type": ["string", "null"]});
            *at(whole, SCHEMAS, "/Person/properties/home") =
                json!({"allOf": [{"$ref": "#/components/schemas/Home"}], "nullable": true});
            let parameter = whole["components"]["parameters"]["Id"].take();
            whole["paths"]["/p/{id}"]["parameters"][0] = parameter;
        },
        &[],
    ),
    (
        "an item of another type",
        |whole| *at(whole, SCHEMAS, "/Person/properties/name") = json!({"type": "integer"}),
        &["output[person.name] string -> integer"],
    ),
    (
        "an item that is gone",
        |whole| {
            drop(
                at(whole, SCHEMAS, "/Person/properties")
                    .as_object_mut()
                    .unwrap()
                    .remove("name"),
            );
        },
        &["output[person.name] person.name -> "],
    ),
    (
        "within an item that is an object, another format and one that is gone",
        |whole| {
            at(whole, SCHEMAS, "/Home/properties/since")["format"] = json!("date-time");
            at(whole, SCHEMAS, "/Home/properties")
                .as_object_mut()
                .unwrap()
                .remove("street");
        },
        &[
            "output[person.home.since] string (date) -> string (date-time)",
            "output[person.home.street] person.home.street -> ",
        ],
    ),
    (
        "a list instead of one",
        |whole| {
            let schema = "/responses/200/content/application~1json/schema/properties/person";
            let person = at(whole, PUT, schema).take();
            *at(whole, PUT, schema) = json!({"type": "array", "items": person});
        },
        &["output[person] object -> array of object"],
    ),
    (
        "a list of answers",
        |whole| {
            let schema = at(
                whole,
                PUT,
                "/responses/200/content/application~1json/schema",
            );
            *schema = json!({"type": "array", "items": schema.take()});
        },
        &["output[] object -> array of object"],
    ),
    (
        "what is newly said of what was promised",
        |whole| {
            at(whole, SCHEMAS, "/Person/properties/name")["format"] = json!("name");
            let more = at(whole, SCHEMAS, "/Home/properties");
            more["rooms"]["items"] = json!({"type": "array", "items": {"type": "string"}});
            more["doors"] = json!({"additionalProperties": {"type": "string"}});
            more["pair"] = json!({"prefixItems": [{"type": "string"}, {"type": "integer"}]});
        },
        &[],
    ),
    (
        "what is no longer said, or otherwise",
        |whole| {
            let more = at(whole, SCHEMAS, "/Home/properties");
            more["since"] = json!({"type": "string"});
            more["rooms"] = json!({});
            more["doors"] = json!({"prefixItems": []});
            more["pair"] = json!({"type": "array", "items": {"type": "string"}});
        },
        &[
            "output[person.home.doors] object -> array",
            "output[person.home.pair] array of integer or array of string -> array of string",
            "output[person.home.rooms] array -> anything",
            "output[person.home.since] string (date) -> string",
        ],
    ),
    (
        "an answer that is not described any more",
        |whole| *at(whole, PUT, "/responses") = json!({}),
        &["output[] object -> anything"],
    ),
    (
        "a new parameter that may be left out",
        |whole| {
            let all = at(whole, PUT, "/parameters").as_array_mut().unwrap();
            all.push(json!({"in": "query", "name": "new"}));
            all.push(json!({"in": "header", "name": "Authorization", "required": true}));
            all.remove(1);
        },
        &[],
    ),
    (
        "parameters that are needed, of another type, gone",
        |whole| {
            *at(whole, PUT, "/parameters") = json!([
                {"in": "query", "name": "new", "required": true},
                {"in": "header", "name": "X-Note", "required": true, "schema": {"type": "string"}},
            ]);
            whole["components"]["parameters"]["Id"]["schema"]["type"] = json!("integer");
        },
        &[
            "input[header X-Note] optional -> required",
            "input[path id] string -> integer",
            "input[query limit] query limit -> ",
            "input[query new (required)]  -> query new (required)",
        ],
    ),
    (
        "a body that is needed, and members of it",
        |whole| {
            at(whole, PUT, "/requestBody")["required"] = json!(true);
            *at(whole, SCHEMAS, "/Question/required") = json!(["why", "more", "who"]);
            at(whole, SCHEMAS, "/Question/properties")
                .as_object_mut()
                .unwrap()
                .remove("why");
        },
        &[
            "input[body] optional -> required",
            "input[body.more] optional -> required",
            "input[body.who (required)]  -> body.who (required)",
            "input[body.why] body.why -> ",
        ],
    ),
    (
        "what can only be read need not be sent",
        |whole| {
            let question = at(whole, SCHEMAS, "/Question");
            question["required"] = json!(["why", "id", "at"]);
            question["properties"]["id"] = json!({"type": "string", "readOnly": true});
            question["properties"]["at"] = json!({"$ref": "#/components/schemas/At"});
            at(whole, SCHEMAS, "")["At"] = json!({"readOnly": true});
        },
        &[],
    ),
    (
        "what each of several kinds needs",
        |whole| {
            let kind = |needed: &[&str]| json!({"required": needed});
            at(whole, SCHEMAS, "/Question")["oneOf"] =
                json!([kind(&["more", "a"]), kind(&["b", "more"])]);
            at(whole, SCHEMAS, "/Question")["anyOf"] =
                json!([kind(&["who"]), {"allOf": [kind(&["who"])]}, {"type": "null"}]);
        },
        &[
            "input[body.more] optional -> required",
            "input[body.who (required)]  -> body.who (required)",
        ],
    ),
    (
        "no body any more",
        |whole| {
            drop(
                at(whole, PUT, "")
                    .as_object_mut()
                    .unwrap()
                    .remove("requestBody"),
            );
        },
        &["input[body] body -> "],
    ),
];

#[test]
fn each_change_of_a_document_is_told_by_its_place() {
    for (named, change, expected) in CASES {
        let mut after = whole();
        change(&mut after);
        assert_eq!(told(&whole(), &after), *expected, "{named}");
    }
}

#[test]
fn what_was_not_described_was_not_promised() {
    let mut bare = whole();
    *at(&mut bare, PUT, "/responses") = json!({});
    at(&mut bare, PUT, "")
        .as_object_mut()
        .unwrap()
        .remove("requestBody");
    *at(&mut bare, PUT, "/parameters") = json!([]);
    let mut described = whole();
    at(&mut described, PUT, "")
        .as_object_mut()
        .unwrap()
        .remove("requestBody");
    assert_eq!(told(&bare, &described), [] as [String; 0]);
    assert_eq!(told(&bare, &bare), [] as [String; 0]);
}

#[test]
fn so_many_differences_are_told_and_no_more() {
    let of = |kind: &str| {
        let members = (0..200).map(|n| (format!("p{n}"), json!({"type": kind})));
        let members: serde_json::Map<String, Value> = members.collect();
        let mut whole = whole();
        *at(&mut whole, SCHEMAS, "/Home") = json!({"properties": members});
        whole
    };
    assert_eq!(
        told(&of("string"), &of("integer")).len(),
        crate::drift::CHANGES
    );
}

/// Schemas of which each leads to the next in several ways.
fn hostile(each: fn(&Value) -> Value, count: usize) -> Value {
    let mut hostile = whole();
    for n in 0..count {
        let next = json!({"$ref": format!("#/components/schemas/s{}", (n + 1) % count)});
        at(&mut hostile, SCHEMAS, "")[format!("s{n}")] = each(&next);
    }
    *at(&mut hostile, SCHEMAS, "/Home") = json!({"$ref": "#/components/schemas/s0"});
    hostile
}

const TOO_MUCH: &str = "output[] described -> too much to compare";

#[test]
fn hostile_documents_are_compared_within_bounds() {
    let round = hostile(
        |next| json!({"anyOf": [next, {"items": next}], "properties": {"a": next}}),
        100,
    );
    assert_eq!(told(&round, &round), [TOO_MUCH]);
    let deep = hostile(
        |next| json!({"properties": {"a": {"properties": {"b": next}}}}),
        40,
    );
    assert_eq!(told(&deep, &deep), [TOO_MUCH]);
}

#[test]
fn what_is_told_of_a_kind_is_short() {
    let mut long = whole();
    let mut kind = json!({"type": "string", "format": "x".repeat(400_000)});
    for n in 0..15 {
        let next = json!({"$ref": format!("#/components/schemas/s{n}")});
        at(&mut long, SCHEMAS, "")[format!("s{n}")] = kind;
        let list = json!({"type": "array", "items": next});
        kind = json!({"type": "array", "prefixItems": [next, list]});
    }
    *at(&mut long, SCHEMAS, "/Person/properties/name") = kind;
    let told = told(&long, &whole());
    assert_eq!(told.len(), 1);
    assert!(told[0].len() < 20_000, "{}", told[0].len());
}

#[test]
fn what_is_too_much_to_compare_breaks() {
    let was = hostile(|next| json!({"anyOf": [next, {"allOf": [next]}]}), 50);
    let mut is = whole();
    let answer = "/responses/200/content/application~1json/schema/properties";
    drop(
        at(&mut is, PUT, answer)
            .as_object_mut()
            .unwrap()
            .remove("count"),
    );
    assert!(told(&was, &is).contains(&TOO_MUCH.to_owned()));
    assert!(told(&is, &was).contains(&TOO_MUCH.to_owned()));
}
