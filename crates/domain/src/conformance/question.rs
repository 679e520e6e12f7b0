//! A question to a method of a system's own: what came, as it is sent.

use prost_reflect::DynamicMessage;
use prost_reflect::prost::Message as _;
use serde_json::Value;

use super::named::{may_be_alive, named};
use super::sample::{Question, SampleQuestion};
use crate::fault::Cause;
use crate::interface::Method;

/// Messages of one question to a method that takes several.
const MESSAGES: usize = 16;

pub(super) const ONLY_SAMPLES: &str = "a run has no basis to look at a living person: name a citizen born before 1906 or an \
     organisation that your system holds for tests";

/// A question as it is sent, where it names nobody who may be alive; of an entry with personal data it names somebody.
///
/// # Errors
/// `MAY_BE_ALIVE`, `NOT_A_QUESTION` or `NOT_A_MESSAGE`.
pub(super) fn question(
    method: &Method,
    given: &SampleQuestion,
    personal: bool,
) -> Result<Question, Cause> {
    let subjects = named(given.json.iter(), &given.path);
    // Of an entry about people a question must say whom it is about: a name or a telephone number would do as well.
    if subjects.iter().any(may_be_alive) || (personal && subjects.is_empty()) {
        return Err(Cause::new("MAY_BE_ALIVE", ONLY_SAMPLES));
    }
    let question = put(method, given)?;
    Ok(Question {
        subjects,
        ..question
    })
}

fn put(method: &Method, given: &SampleQuestion) -> Result<Question, Cause> {
    match method {
        Method::Grpc(described) => {
            let most = if method.is_client_streaming() {
                MESSAGES
            } else {
                1
            };
            if !(1..=most).contains(&given.json.len()) || !given.path.is_empty() {
                let text = format!("give 1 to {most} messages and no path");
                return Err(Cause::new("NOT_A_QUESTION", text));
            }
            let encode = |json: &String| {
                let mut reader = serde_json::Deserializer::from_str(json);
                let message = DynamicMessage::deserialize(described.input(), &mut reader);
                // What the parser says may quote the value.
                let told = |error: serde_json::Error| {
                    let at = format!("line {}, column {}", error.line(), error.column());
                    let text = format!("{at}: it is no {} in JSON", described.input().full_name());
                    Cause::new("NOT_A_MESSAGE", text)
                };
                message.map(|message| message.encode_to_vec()).map_err(told)
            };
            let messages = given.json.iter().map(encode).collect::<Result<_, _>>()?;
            Ok(Question {
                messages,
                ..Question::default()
            })
        }
        Method::Http(operation) => {
            let path = given.path.split('?').next().unwrap_or_default();
            if !operation.takes(path) {
                let text = format!("the path is none of {}", operation.path());
                return Err(Cause::new("NOT_A_QUESTION", text));
            }
            let body = match (operation.takes_body(), given.json.as_slice()) {
                (true, [body]) if serde_json::from_str::<Value>(body).is_ok() => {
                    vec![body.clone().into_bytes()]
                }
                (false, []) => Vec::new(),
                (true, _) => return Err(Cause::new("NOT_A_QUESTION", "give one body in JSON")),
                (false, _) => return Err(Cause::new("NOT_A_QUESTION", "it takes no body")),
            };
            let path = Some(given.path.clone());
            Ok(Question {
                messages: body,
                path,
                ..Question::default()
            })
        }
    }
}
