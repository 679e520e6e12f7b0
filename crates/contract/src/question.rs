//! What is asked in an exam: the right question, and those that break the rules.

use api::exchange::v1 as exchange_pb;
use api::provider::v1 as pb;
use bytes::Bytes;
use domain::conformance::{CallTrial, Exam, Question, RowsOf, Trial};
use domain::filter::{Filter, Operator};
use domain::http_api::Verb;
use domain::interface::Method;
use domain::item::{ItemKey, ItemValue, Value};
use domain::subject::Subject;
use http::{HeaderMap, HeaderName, HeaderValue};
use prost::Message as _;

use crate::examine::Setting;
use crate::line::{Asking, framed};
use crate::wire;

/// Rows that are asked for.
pub(crate) const ROWS: i32 = 100;
/// A message above what the gateway ever sends.
const TOO_LARGE: usize = 5 * 1024 * 1024;
/// A query that no server should read to its end.
const LONG_QUERY: usize = 256 * 1024;
/// A field that no contract has, for what is only there to be large.
const NOBODYS_FIELD: u32 = 18_999;

/// What a question is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum About {
    /// What is there.
    Found,
    /// What is not there.
    Absent,
    /// A resource or type that the endpoint does not have.
    Unknown,
    /// Nothing: it is no message of the schema.
    Malformed,
    /// What is there, in a request that is too large.
    Oversized,
}

/// The question, and the request id under which the answer must come.
pub(crate) struct Asked {
    pub(crate) asking: Asking,
    pub(crate) request_id: String,
}

/// The question of an exam; none where there is no such question.
pub(crate) fn question(exam: &Exam, about: About, setting: &Setting<'_>) -> Option<Asked> {
    let request_id = (setting.request_ids)();
    let asking = match &exam.trial {
        Trial::Certificates { found, absent } => {
            let holder = if about == About::Absent {
                absent
            } else {
                found
            };
            let path = "/shuqiao.provider.v1.CertificateProviderService/FindCertificates";
            grpc(
                path,
                vec![certificates(exam, holder, about, setting, &request_id)?],
                about,
            )
        }
        Trial::Rows(of) => {
            let path = "/shuqiao.provider.v1.RowProviderService/StreamRows";
            grpc(
                path,
                vec![rows(exam, of.as_ref(), about, setting, &request_id)],
                about,
            )
        }
        Trial::Call(call) => own(call, about)?,
        // They are brought.
        Trial::Files => return None,
    };
    let mut asking = asking;
    asking.headers = headers(setting, &request_id);
    Some(Asked { asking, request_id })
}

/// The health check of gRPC, for the server as a whole.
pub(crate) fn health(setting: &Setting<'_>) -> Asking {
    let mut asking = grpc(
        "/grpc.health.v1.Health/Check",
        vec![Vec::new()],
        About::Found,
    );
    asking.headers = headers(setting, &(setting.request_ids)());
    asking
}

fn grpc(path: &str, mut messages: Vec<Vec<u8>>, about: About) -> Asking {
    match about {
        // A tag with a kind of field that does not exist.
        About::Malformed => messages = vec![vec![0x0f]],
        About::Oversized => {
            if let Some(first) = messages.first_mut() {
                let filling = vec![0; TOO_LARGE];
                prost::encoding::bytes::encode(NOBODYS_FIELD, &filling, first);
            }
        }
        About::Found | About::Absent | About::Unknown => {}
    }
    Asking {
        method: http::Method::POST,
        path: path.to_owned(),
        headers: HeaderMap::new(),
        body: framed(&messages),
        grpc: true,
    }
}

fn ticket(setting: &Setting<'_>, request_id: &str) -> pb::ExchangeTicket {
    pb::ExchangeTicket {
        request_id: request_id.to_owned(),
        intent_index: setting.intent_index,
        grant: NO_GRANT.to_owned(),
        consumer: setting.consumer.to_owned(),
        matter: NO_MATTER.to_owned(),
        conformance: true,
    }
}

const NO_GRANT: &str = "grants/00000000-0000-0000-0000-000000000000";
const NO_MATTER: &str = "matters/0000000000000000000000000000000";

fn headers(setting: &Setting<'_>, request_id: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, text) in [
        ("shuqiao-request-id", request_id),
        ("shuqiao-grant", NO_GRANT),
        ("shuqiao-consumer", setting.consumer),
        ("shuqiao-matter", NO_MATTER),
        ("shuqiao-conformance", "true"),
        ("grpc-timeout", "10S"),
    ] {
        if let Ok(value) = HeaderValue::from_str(text) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    headers.insert("shuqiao-intent", HeaderValue::from(setting.intent_index));
    headers
}

fn certificates(
    exam: &Exam,
    holder: &Subject,
    about: About,
    setting: &Setting<'_>,
    request_id: &str,
) -> Option<Vec<u8>> {
    if about == About::Unknown {
        // An issuer may answer with an error or with none: both say the same.
        return None;
    }
    let holder = api::certificate::v1::Holder {
        type_code: holder.type_code().to_owned(),
        code: holder.expose().to_owned(),
    };
    let request = pb::FindCertificatesRequest {
        ticket: Some(ticket(setting, request_id)),
        certificate_type: exam.resource.certificate_type.as_ref()?.to_string(),
        items: item_names(exam),
        key: Some(pb::find_certificates_request::Key::Holder(holder)),
    };
    Some(request.encode_to_vec())
}

fn rows(
    exam: &Exam,
    of: Option<&RowsOf>,
    about: About,
    setting: &Setting<'_>,
    request_id: &str,
) -> Vec<u8> {
    let resource = match about {
        About::Unknown => "resources/999999-999999".to_owned(),
        _ => exam.resource.name.to_string(),
    };
    let filter = match about {
        About::Absent => exam.resource.items.first().map(|item| no_row(&item.key)),
        _ => of.map(rows_of),
    };
    let request = pb::StreamRowsRequest {
        ticket: Some(ticket(setting, request_id)),
        resource,
        items: item_names(exam),
        filter,
        limit: ROWS,
        order: Vec::new(),
        resume: String::new(),
    };
    request.encode_to_vec()
}

/// The rows of one holder.
fn rows_of(of: &RowsOf) -> exchange_pb::Filter {
    let code = ItemValue {
        key: of.item.clone(),
        value: Value::Text(of.found.expose().to_owned()),
    };
    wire::filter_to(Filter::Compare(Operator::Equal, code))
}

/// A condition that no row meets: an item has no value, and it has one.
fn no_row(item: &ItemKey) -> exchange_pb::Filter {
    let absent = || Filter::Absent(item.clone());
    wire::filter_to(Filter::AllOf(vec![
        absent(),
        Filter::Not(Box::new(absent())),
    ]))
}

fn item_names(exam: &Exam) -> Vec<String> {
    let items = exam.resource.items.iter();
    items.map(|item| item.key.to_string()).collect()
}

fn own(call: &CallTrial, about: About) -> Option<Asking> {
    let asked: &Question = match about {
        About::Absent => call.absent.as_ref()?,
        About::Unknown => return None,
        About::Found | About::Malformed | About::Oversized => &call.found,
    };
    match &call.method {
        Method::Grpc(_) => {
            let path = call.method.path();
            Some(grpc(path.as_str(), asked.messages.clone(), about))
        }
        Method::Http(operation) => {
            let mut path = format!("{}{}", operation.base(), asked.path.as_ref()?);
            let mut body = asked.messages.first().cloned();
            match about {
                About::Malformed => {
                    // Without a body there is nothing that could be no message.
                    body = Some(body.map(|_| b"{\"".to_vec())?);
                }
                About::Oversized if body.is_some() => {
                    body = Some(format!("\"{}\"", "x".repeat(TOO_LARGE)).into_bytes());
                }
                About::Oversized => {
                    path.push(if path.contains('?') { '&' } else { '?' });
                    path.push_str(&"x".repeat(LONG_QUERY));
                }
                About::Found | About::Absent | About::Unknown => {}
            }
            Some(Asking {
                method: verb(operation.verb()),
                path,
                headers: HeaderMap::new(),
                body: body.map(Bytes::from).unwrap_or_default(),
                grpc: false,
            })
        }
    }
}

fn verb(verb: Verb) -> http::Method {
    match verb {
        Verb::Get => http::Method::GET,
        Verb::Post => http::Method::POST,
        Verb::Put => http::Method::PUT,
        Verb::Patch => http::Method::PATCH,
        Verb::Delete => http::Method::DELETE,
    }
}
