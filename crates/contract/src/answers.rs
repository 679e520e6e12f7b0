//! What an answer is worth: whether it keeps the contract, and where it differs from the catalogue.

use std::collections::BTreeSet;

use api::provider::v1 as pb;
use bytes::Bytes;
use domain::conformance::{CallTrial, Exam, Trial};
use domain::drift::{self, Change, Shape};
use domain::interface::Method;
use domain::item::ItemValue;
use domain::rows::BATCH_ROWS;
use prost::Message as _;
use prost_reflect::DynamicMessage;

use crate::examine::Setting;
use crate::line::Said;
use crate::question::ROWS;
use crate::wire;

/// Certificates of one answer.
const CERTIFICATES: usize = 16;

/// What an answer to the right question was worth.
#[derive(Debug, Default)]
pub(crate) struct Judged {
    /// Where it breaks the contract.
    pub(crate) broken: Vec<String>,
    /// Where it differs from what the catalogue says.
    pub(crate) drift: Vec<Change>,
    /// The shape of an answer, where a later one can be held against it.
    pub(crate) shape: Option<Shape>,
    /// How much came: records, rows or messages.
    pub(crate) count: usize,
}

impl Judged {
    /// Whether something came and it keeps the contract.
    pub(crate) fn is_good(&self) -> bool {
        self.broken.is_empty() && self.count > 0
    }
}

/// Judges the answer about what is there.
pub(crate) fn found(
    exam: &Exam,
    messages: &[Bytes],
    request_id: &str,
    setting: &Setting<'_>,
) -> Judged {
    let judged = match &exam.trial {
        Trial::Certificates { .. } => certificates(exam, messages, request_id, setting),
        Trial::Rows(_) => rows(exam, messages, request_id),
        Trial::Call(call) => Ok(own(exam, call, messages)),
        // There is no question about files.
        Trial::Files => Ok(Judged::default()),
    };
    judged.unwrap_or_else(|broken| Judged {
        broken: vec![broken],
        ..Judged::default()
    })
}

/// Judges the answer about what is not there.
pub(crate) fn absent(
    exam: &Exam,
    said: &Said,
    request_id: &str,
    setting: &Setting<'_>,
) -> Result<(), String> {
    let none = "it answered with a record where nothing is there";
    match (&exam.trial, said) {
        (Trial::Call(_), Said::No(code)) => match code.as_str() {
            "NOT_FOUND" | "HTTP 404" | "HTTP 410" => Ok(()),
            other => Err(format!("it answered {other}, not NOT_FOUND or HTTP 404")),
        },
        (Trial::Call(call), Said::Answer(messages)) => {
            let seen = seen(call, messages);
            let places = call.operation.fields.iter();
            let stands = |path: &str| seen.contains(path);
            if places.map(|field| field.path.as_str()).any(stands) {
                return Err(none.to_owned());
            }
            Ok(())
        }
        (_, Said::No(code)) => Err(format!(
            "it answered {code}; the contract says an empty answer"
        )),
        (_, Said::Answer(messages)) => {
            let judged = found(exam, messages, request_id, setting);
            if judged.count > 0 {
                return Err(none.to_owned());
            }
            // That nothing came is what was asked for.
            let broken = judged.broken.iter().find(|broken| *broken != NOTHING);
            broken.map_or(Ok(()), |broken| Err(broken.clone()))
        }
    }
}

const NOTHING: &str = "it found nothing";
const ANOTHER: &str = "it answered under another request id";

fn certificates(
    exam: &Exam,
    messages: &[Bytes],
    request_id: &str,
    setting: &Setting<'_>,
) -> Result<Judged, String> {
    let [message] = messages else {
        return Err(format!("it sent {} messages, not one", messages.len()));
    };
    let answer = pb::FindCertificatesResponse::decode(message.clone())
        .map_err(|_| "its answer is no FindCertificatesResponse".to_owned())?;
    let mut judged = Judged::default();
    let mut broken = |what: &str| judged.broken.push(what.to_owned());
    if answer.request_id != request_id {
        broken(ANOTHER);
    }
    if answer.pending_s != 0 {
        broken("it put the question off; a record for tests is answered at once");
    }
    if answer.certificates.is_empty() {
        broken(NOTHING);
    }
    if answer.certificates.len() > CERTIFICATES {
        broken("it sent more than 16 certificates");
    }
    judged.count = answer.certificates.len();
    let mut values: Vec<ItemValue> = Vec::new();
    for record in answer.certificates {
        match wire::record_from(record, setting.regions, setting.today) {
            Ok(record) => {
                if Some(&record.certificate_type) != exam.resource.certificate_type.as_ref() {
                    judged
                        .broken
                        .push("a certificate is of another type".to_owned());
                }
                if let Trial::Certificates { found, .. } = &exam.trial
                    && !record.holders.contains(found)
                {
                    judged
                        .broken
                        .push("a certificate is somebody else's".to_owned());
                }
                values.extend(record.items);
                values.extend(record.own.into_iter().map(|own| own.item));
            }
            Err(cause) => judged
                .broken
                .push(format!("a certificate cannot be read: {cause}")),
        }
    }
    judged.drift = of_values(exam, &values);
    judged.shape = Some(drift::shape_of_values(&values));
    Ok(judged)
}

fn rows(exam: &Exam, messages: &[Bytes], request_id: &str) -> Result<Judged, String> {
    let mut judged = Judged::default();
    let mut values = Vec::new();
    for message in messages {
        let part = pb::StreamRowsResponse::decode(message.clone())
            .map_err(|_| "a message is no StreamRowsResponse".to_owned())?;
        if part.request_id != request_id {
            return Err(ANOTHER.to_owned());
        }
        let batch = part.batch.unwrap_or_default();
        if batch.rows.len() > BATCH_ROWS {
            judged
                .broken
                .push(format!("a message holds more than {BATCH_ROWS} rows"));
        }
        judged.count += batch.rows.len();
        for row in batch.rows {
            let mut keys = BTreeSet::new();
            for value in row.values {
                let value = wire::value_from(value);
                let value = value.map_err(|cause| format!("a value cannot be read: {cause}"))?;
                if !keys.insert(value.key.clone()) {
                    return Err(format!("item {} stands twice in a row", value.key));
                }
                values.push(value);
            }
        }
    }
    if judged.count == 0 {
        judged.broken.push(NOTHING.to_owned());
    }
    if judged.count > usize::try_from(ROWS).unwrap_or(usize::MAX) {
        judged.broken.push(format!(
            "it sent {} rows where {ROWS} were asked for",
            judged.count
        ));
    }
    judged.drift = of_values(exam, &values);
    judged.shape = Some(drift::shape_of_values(&values));
    Ok(judged)
}

/// Where what came differs from the items; of nothing there is nothing to say.
fn of_values(exam: &Exam, values: &[ItemValue]) -> Vec<Change> {
    if values.is_empty() {
        return Vec::new();
    }
    drift::of_values(&exam.resource, values)
}

fn own(exam: &Exam, call: &CallTrial, messages: &[Bytes]) -> Judged {
    let mut judged = Judged {
        count: messages.len(),
        ..Judged::default()
    };
    if messages.is_empty() {
        judged.broken.push(NOTHING.to_owned());
        return judged;
    }
    if !call.method.is_server_streaming() && messages.len() != 1 {
        judged
            .broken
            .push(format!("it sent {} messages, not one", messages.len()));
    }
    let seen = seen(call, messages);
    match &call.method {
        Method::Http(_) => {
            judged.shape = messages.iter().find_map(|body| drift::shape_of_json(body));
            let items = &exam.resource.items;
            match &judged.shape {
                Some(shape) => judged.drift = drift::against_items(shape, &call.operation, items),
                None => judged.broken.push("its answer is not JSON".to_owned()),
            }
        }
        Method::Grpc(method) => {
            let whole = |one: &Bytes| DynamicMessage::decode(method.output(), one.clone()).is_ok();
            if !messages.iter().all(whole) {
                judged
                    .broken
                    .push("its answer is not the described message".to_owned());
            }
            let compared = messages
                .iter()
                .flat_map(|one| drift::against_message(&method.output(), &call.operation, one));
            judged.drift = compared.collect();
            judged.drift.sort();
            judged.drift.dedup();
            for field in &call.operation.fields {
                let path = field.path.as_str();
                let known = judged.drift.iter().any(|change| change.path() == path);
                if !seen.contains(path) && !known {
                    let path = path.to_owned();
                    judged.drift.push(Change::Missing { path });
                }
            }
        }
    }
    judged
}

/// The paths that stand in an answer with a value.
fn seen(call: &CallTrial, messages: &[Bytes]) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    for message in messages {
        let shape = match &call.method {
            Method::Grpc(method) => drift::shape_of_message(&method.output(), message).0,
            Method::Http(_) => drift::shape_of_json(message).unwrap_or_default(),
        };
        let there = shape.iter().filter(|(_, kind)| *kind != "null");
        seen.extend(there.map(|(path, _)| path.to_owned()));
    }
    seen
}
