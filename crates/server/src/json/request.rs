//! From a request in JSON to the message of its method.

use std::collections::HashSet;

use broker::Failure;
use domain::fault::Faults;
use domain::json;
use domain::reason::Reason;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue};
use prost_reflect::{DynamicMessage, MessageDescriptor, Value};

use super::parameter;
use super::rules::{Place, Rule};

/// Checks that a body is JSON as it stands, by its headers.
///
/// # Errors
/// `REQUEST_MALFORMED`.
pub(crate) fn check_kind(headers: &HeaderMap) -> Result<(), Failure> {
    let malformed = |message: &str| Err(Failure::new(Reason::RequestMalformed, message));
    let kind = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    let is_json = kind.is_some_and(|kind| {
        let name = kind.split(|byte| *byte == b';').next().unwrap_or_default();
        name.trim_ascii().eq_ignore_ascii_case(b"application/json")
    });
    if !is_json {
        return malformed("send the body as content-type application/json");
    }
    let encoding = headers.get(CONTENT_ENCODING).map(HeaderValue::as_bytes);
    if encoding.is_some_and(|name| !name.eq_ignore_ascii_case(b"identity")) {
        return malformed("the body is compressed; send it as it is");
    }
    Ok(())
}

/// The message that a request asks with. An empty body is an empty message.
///
/// # Errors
/// `REQUEST_MALFORMED` when the body is no JSON of the message, `REQUEST_INVALID` with every fault
/// of path and query.
pub(crate) fn message(
    rule: &Rule,
    variables: Vec<(&str, String)>,
    query: &str,
    body: &[u8],
) -> Result<DynamicMessage, Failure> {
    let input = rule.method.input();
    let mut request = match &rule.body {
        Place::None if body.is_empty() => DynamicMessage::new(input),
        Place::None => {
            let message = "this method takes no body; give path and query";
            return Err(Failure::new(Reason::RequestMalformed, message));
        }
        Place::Whole => decode(input, body)?,
        Place::Field(field) => {
            let mut request = DynamicMessage::new(input);
            if let (Some(kind), false) = (field.kind().as_message(), body.is_empty()) {
                let value = decode(kind.clone(), body)?;
                request.set_field(field, Value::Message(value));
            }
            request
        }
    };
    let mut faults = Faults::default();
    let parameters = parameter::query(query, &mut faults);
    if rule.body == Place::Whole && !parameters.is_empty() {
        faults.add("query", "NOT_A_PARAMETER", "give every field in the body");
    } else {
        let mut seen: HashSet<&str> = rule.template.fields().collect();
        for (name, value) in &parameters {
            let again = !seen.insert(name);
            parameter::set(&mut request, name, value, &mut faults, again);
        }
    }
    // The path decides: a name in the body cannot lead elsewhere.
    for (name, value) in variables {
        parameter::set(&mut request, name, &value, &mut faults, false);
    }
    faults.finish(Some(request)).map_err(Failure::from)
}

/// Checks the body of a request that goes on as it is.
///
/// # Errors
/// `REQUEST_MALFORMED` where it is not JSON that has one reading, or where none belongs.
pub(crate) fn check_body(body: &[u8], takes_body: bool) -> Result<(), Failure> {
    let malformed = |message: String| Err(Failure::new(Reason::RequestMalformed, message));
    if !takes_body && !body.is_empty() {
        return malformed("this method takes no body".to_owned());
    }
    match json::check(body) {
        Err(error) if !body.is_empty() => {
            let at = format!("line {}, column {}", error.line(), error.column());
            malformed(format!("{at}: the body is not JSON that has one reading"))
        }
        _ => Ok(()),
    }
}

/// A message from its JSON form.
///
/// # Errors
/// `REQUEST_MALFORMED` with line and column. What stands there is not repeated: it can be a value.
pub(crate) fn decode(kind: MessageDescriptor, body: &[u8]) -> Result<DynamicMessage, Failure> {
    if body.is_empty() {
        return Ok(DynamicMessage::new(kind));
    }
    let name = kind.full_name().to_owned();
    let malformed = |what: &str, error: &serde_json::Error| {
        let at = format!("line {}, column {}", error.line(), error.column());
        Failure::new(Reason::RequestMalformed, format!("{at}: {what} {name}"))
    };
    json::check(body).map_err(|error| malformed(json::what(&error), &error))?;
    let mut reader = serde_json::Deserializer::from_slice(body);
    let decoded = DynamicMessage::deserialize(kind, &mut reader);
    decoded.map_err(|error| {
        let what = if error.to_string().starts_with("unrecognized field name") {
            "there is no such field in the message"
        } else {
            "this is no value of the field, in the message"
        };
        malformed(what, &error)
    })
}
