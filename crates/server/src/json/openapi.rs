//! The `OpenAPI` 3.1 document of what is served over HTTP/JSON, made from the proto files.
//!
//! Paths come from the same rules that requests are matched by, descriptions from the comments, so
//! the document cannot say anything else than what is served. One path has no method behind it
//! ([`links`]).

mod comments;
mod links;
mod schema;

use domain::reason::Reason;
use prost_reflect::{DescriptorPool, MessageDescriptor};
use serde_json::{Map, Value, json};

use self::comments::first_sentence;
use self::schema::{Schemas, put};
use super::parameter::field_at;
use super::rules::{Place, Rule, Rules};

/// Messages in messages whose fields are parameters of a query.
const DEPTH: usize = 3;

/// The document.
pub(crate) fn document(pool: &DescriptorPool, rules: &Rules) -> Value {
    let mut schemas = Schemas::of(pool);
    let mut paths = Map::new();
    let mut tags = Map::new();
    for rule in rules.described() {
        let (path, operation) = operation(rule, &mut schemas);
        let verb = rule.verb.as_str().to_ascii_lowercase();
        if let Some(item) = paths
            .entry(path)
            .or_insert_with(|| json!({}))
            .as_object_mut()
        {
            item.insert(verb, operation);
        }
        let service = rule.method.parent_service();
        let comment = schemas.comments.at(&service.parent_file(), service.path());
        let tag = json!({"name": service.name(), "description": comment});
        tags.insert(service.name().to_owned(), tag);
    }
    paths.extend([links::path()]);
    let mut components: Map<String, Value> = schemas.into_made().into_iter().collect();
    components.insert("Status".to_owned(), status());
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Shuqiao 数桥",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "What the gateway serves over gRPC, over HTTP/JSON. 64-bit numbers are \
                texts, and fields at their default are left out (proto3 JSON mapping). Branch on \
                `details[0].reason` of an error.",
        },
        "security": [{"mutualTLS": []}],
        "tags": tags.into_iter().map(|(_, tag)| tag).collect::<Vec<_>>(),
        "paths": paths,
        "components": {
            "securitySchemes": {"mutualTLS": {
                "type": "mutualTLS",
                "description": "A TLS client certificate that this gateway issued at enrolment.",
            }},
            "parameters": {"deadline": {
                "name": "grpc-timeout",
                "in": "header",
                "description": "How long the caller waits: 1 to 8 digits and a unit, H M S m u n. \
                    Absent means 60 seconds, which is also the most.",
                "schema": {"type": "string", "pattern": "^[0-9]{1,8}[HMSmun]$"},
                "example": "5S",
            }},
            "responses": {"refused": {
                "description": "It was refused or failed; `details` tells why and what to do next.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Status"}}},
            }},
            "schemas": components,
        },
    })
}

fn operation(rule: &Rule, schemas: &mut Schemas) -> (String, Value) {
    let method = &rule.method;
    let service = method.parent_service();
    let comment = schemas
        .comments
        .at(&service.parent_file(), method.path())
        .to_owned();
    let (path, segments) = rule.template.described();
    let mut parameters = vec![json!({"$ref": "#/components/parameters/deadline"})];
    for segment in segments {
        let fields = field_at(&method.input(), &segment.field).unwrap_or_default();
        let comment = fields.last().map_or("", |field| {
            schemas.comments.at(&field.parent_file(), field.path())
        });
        parameters.push(json!({
            "name": segment.name,
            "in": "path",
            "required": true,
            "description": format!("Part of `{}`: {comment}", segment.field),
            "schema": {"type": "string", "minLength": 1},
        }));
    }
    let mut operation = json!({
        "operationId": format!("{}_{}", service.name(), method.name()),
        "tags": [service.name()],
        "summary": first_sentence(&comment),
        "description": comment,
        "responses": {"200": answer(rule, schemas), "default": {"$ref": "#/components/responses/refused"}},
    });
    if rule.path().ends_with("/Enrol") {
        // The way in: a one-time token in the body decides.
        put(&mut operation, "security", json!([]));
    }
    if rule.body != Place::Whole {
        let skipped = |path: &str| {
            rule.template.fields().any(|field| field == path)
                || matches!(&rule.body, Place::Field(body) if body.name() == path)
        };
        query(
            &method.input(),
            "",
            &skipped,
            DEPTH,
            schemas,
            &mut parameters,
        );
    }
    put(&mut operation, "parameters", parameters);
    if let Some(schema) = body(rule, schemas) {
        let body = json!({
            "required": true,
            "content": {"application/json": {"schema": schema}},
        });
        put(&mut operation, "requestBody", body);
    }
    (path, operation)
}

/// The fields that stand in the query.
fn query(
    message: &MessageDescriptor,
    before: &str,
    skipped: &impl Fn(&str) -> bool,
    depth: usize,
    schemas: &mut Schemas,
    parameters: &mut Vec<Value>,
) {
    for field in message.fields() {
        let name = format!("{before}{}", field.name());
        if skipped(&name) || field.is_map() {
            continue;
        }
        let schema = schemas.field(&field);
        let kind = field.kind();
        if let (Some(inner), None) = (kind.as_message(), schema.get("type")) {
            if !field.is_list() && depth > 1 {
                let before = format!("{name}.");
                query(inner, &before, skipped, depth - 1, schemas, parameters);
            }
            continue;
        }
        parameters.push(json!({
            "name": format!("{before}{}", field.json_name()),
            "in": "query",
            "required": before.is_empty() && schemas.is_required(&field),
            "schema": schema,
        }));
    }
}

/// The schema of the body, if there is one.
fn body(rule: &Rule, schemas: &mut Schemas) -> Option<Value> {
    match &rule.body {
        Place::None => None,
        Place::Field(field) => Some(schemas.field(field)),
        Place::Whole => {
            let without: Vec<&str> = rule.template.fields().collect();
            let input = rule.method.input();
            Some(if without.is_empty() {
                schemas.message(&input)
            } else {
                schemas.object(&input, &without)
            })
        }
    }
}

fn answer(rule: &Rule, schemas: &mut Schemas) -> Value {
    let message = schemas.message(&rule.method.output());
    if rule.method.is_server_streaming() {
        let line = json!({
            "type": "object",
            "properties": {
                "result": message,
                "error": {"$ref": "#/components/schemas/Status"},
            },
        });
        return json!({
            "description": "Lines of JSON, one message each. A line with `error` is the last one.",
            "content": {"application/x-ndjson": {"schema": line}},
        });
    }
    json!({
        "description": "It was done.",
        "content": {"application/json": {"schema": message}},
    })
}

/// `google.rpc.Status` as we fill it.
fn status() -> Value {
    let reasons: Vec<&str> = Reason::ALL.iter().map(|reason| reason.as_str()).collect();
    json!({
        "type": "object",
        "required": ["code", "message", "details"],
        "properties": {
            "code": {"type": "integer", "description": "The gRPC code."},
            "message": {"type": "string", "description": "One sentence; it may change."},
            "details": {
                "type": "array",
                "description": "The first is google.rpc.ErrorInfo; RetryInfo and BadRequest follow where they apply.",
                "items": {
                    "type": "object",
                    "required": ["@type"],
                    "properties": {
                        "@type": {"type": "string"},
                        "reason": {"type": "string", "enum": reasons},
                        "domain": {"type": "string", "const": api::ERROR_DOMAIN},
                        "metadata": {
                            "type": "object",
                            "description": "`fault`, `retry`, `next`, and where they apply `rule`, `entry`, `obstacles`, `provider_code`.",
                            "additionalProperties": {"type": "string"},
                        },
                        "retryDelay": {"type": "string"},
                        "fieldViolations": {
                            "type": "array",
                            "items": {
                                "type": "object",
                                "properties": {
                                    "field": {"type": "string"},
                                    "description": {"type": "string"},
                                },
                            },
                        },
                    },
                },
            },
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made() -> Value {
        let pool = DescriptorPool::decode(api::DESCRIPTOR_SET).unwrap();
        document(&pool, &Rules::of(&pool).unwrap())
    }

    /// Every operation with its path and method.
    fn operations(document: &Value) -> Vec<(String, Value)> {
        let paths = document["paths"].as_object().unwrap();
        let of_path = |(path, item): (&String, &Value)| {
            let verbs = item.as_object().unwrap().clone();
            let named = |(verb, operation)| (format!("{verb} {path}"), operation);
            verbs.into_iter().map(named).collect::<Vec<_>>()
        };
        paths.iter().flat_map(of_path).collect()
    }

    #[test]
    fn path_parameters_are_declared_and_operations_have_names_of_their_own() {
        let document = made();
        let mut ids = std::collections::BTreeSet::new();
        for (at, operation) in operations(&document) {
            let id = operation["operationId"].as_str().unwrap().to_owned();
            assert!(ids.insert(id.clone()), "{id} stands twice");
            assert!(
                operation["summary"]
                    .as_str()
                    .is_some_and(|text| text.len() > 5),
                "{at}"
            );
            let parameters = operation["parameters"].as_array().unwrap();
            let declared: Vec<String> = parameters
                .iter()
                .filter(|parameter| parameter["in"] == "path")
                .map(|parameter| format!("{{{}}}", parameter["name"].as_str().unwrap()))
                .collect();
            assert_eq!(declared.len(), at.matches('{').count(), "{at}");
            assert!(
                declared.iter().all(|name| at.contains(name)),
                "{at}: {declared:?}"
            );
        }
        assert!(ids.len() > 30);
    }

    #[test]
    fn bodies_parameters_and_answers_are_those_of_the_proto_files() {
        let document = made();
        let change = &document["paths"]["/v1/systems/{system}"]["patch"];
        let names: Vec<&str> = change["parameters"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|parameter| parameter["name"].as_str())
            .collect();
        assert_eq!(names, ["system", "updateMask", "requestId", "document"]);
        let suspend = &document["paths"]["/v1/systems/{system}:suspend"]["post"];
        let body = &suspend["requestBody"]["content"]["application/json"]["schema"];
        assert!(
            body["properties"].get("name").is_none() && body["properties"].get("reason").is_some()
        );
        let system = &document["components"]["schemas"]["registry.v1.System"];
        assert_eq!(system["properties"]["state"]["readOnly"], true);
        assert!(
            system["required"]
                .as_array()
                .unwrap()
                .contains(&"displayName".into())
        );
        let rows = &document["paths"]["/v1/rows:read"]["post"]["responses"]["200"]["content"];
        assert!(rows.get("application/x-ndjson").is_some());
    }
}
