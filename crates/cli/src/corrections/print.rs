//! Corrections for people and for programs, and the marks of disputed records.

use api::sharing::v1 as pb;
use api::sharing::v1::disputed_record::Kind;
use api::value::v1::Dispute;
use serde_json::Value;

use crate::lookup::{moment, text};
use crate::output::word;

/// What a list says of each.
pub(super) const HEADING: [&str; 6] = [
    "CORRECTION",
    "STATE",
    "RESOURCE",
    "CONSUMER",
    "SINCE",
    "DUE",
];

pub(super) fn row(correction: &pb::Correction) -> [String; 6] {
    [
        correction.name.clone(),
        state(correction),
        correction.resource.clone(),
        correction.consumer.clone(),
        moment(correction.raise_time.as_ref()).unwrap_or_default(),
        due(correction),
    ]
}

pub(super) fn fields(correction: &pb::Correction) -> Vec<(&'static str, String)> {
    let signed = |by: &str, at: Option<&prost_types::Timestamp>| {
        let at = moment(at)?;
        Some(format!("{by} at {at}"))
    };
    let items = match correction.items.as_slice() {
        [] => "the record as a whole".to_owned(),
        items => items.join(", "),
    };
    let mut fields = vec![
        ("correction", correction.name.clone()),
        ("state", state(correction)),
        ("resource", correction.resource.clone()),
        ("consumer", correction.consumer.clone()),
    ];
    fields.extend(record(correction).map(|record| ("record", record)));
    fields.push(("items", items));
    for (name, text) in [
        ("statement", &correction.statement),
        ("answer", &correction.answer),
    ] {
        if !text.is_empty() {
            fields.push((name, text.clone()));
        }
    }
    if correction.evidence_index > 0 {
        fields.push(("seen in", format!("outcome #{}", correction.evidence_index)));
    }
    let steps = [
        ("raised", &correction.raised_by, &correction.raise_time),
        ("accepted", &correction.accepted_by, &correction.accept_time),
        ("closed", &correction.closed_by, &correction.close_time),
    ];
    let steps = steps
        .into_iter()
        .filter_map(|(name, by, at)| Some((name, signed(by, at.as_ref())?)));
    fields.extend(steps);
    fields.push(("due", due(correction)));
    fields.push(("rule", correction.due_rule.clone()));
    if !correction.legal_methods.is_empty() {
        fields.push(("legal next", correction.legal_methods.join(", ")));
    }
    fields
}

pub(super) fn json(correction: &pb::Correction) -> Value {
    let named = correction.record.as_ref().and_then(|one| one.kind.as_ref());
    let record = named.map(|kind| match kind {
        Kind::Certificate(certificate) => serde_json::json!({
            "certificate_type": certificate.certificate_type,
            "identifier": certificate.identifier,
        }),
        Kind::Row(row) => {
            let values = row.values.iter();
            values
                .map(|value| (value.key.clone(), Value::from(text(value))))
                .collect()
        }
    });
    serde_json::json!({
        "name": correction.name,
        "state": state(correction),
        "resource": correction.resource,
        "consumer": correction.consumer,
        "record": record,
        "items": correction.items,
        "statement": correction.statement,
        "answer": correction.answer,
        "evidence_index": correction.evidence_index,
        "raised_by": correction.raised_by,
        "raise_time": moment(correction.raise_time.as_ref()),
        "accepted_by": correction.accepted_by,
        "accept_time": moment(correction.accept_time.as_ref()),
        "closed_by": correction.closed_by,
        "close_time": moment(correction.close_time.as_ref()),
        "due_date": correction.due_date,
        "due_rule": correction.due_rule,
        "overdue": correction.overdue,
        "legal_methods": correction.legal_methods,
        "etag": correction.etag,
    })
}

/// The record, where the caller is told.
fn record(correction: &pb::Correction) -> Option<String> {
    match correction.record.as_ref()?.kind.as_ref()? {
        Kind::Certificate(certificate) => Some(certificate.identifier.clone()),
        Kind::Row(row) => {
            let values = row.values.iter();
            let values: Vec<String> = values
                .map(|value| format!("{}={}", value.key, text(value)))
                .collect();
            Some(values.join(" "))
        }
    }
}

fn state(correction: &pb::Correction) -> String {
    word(correction.state().as_str_name(), "STATE_")
}

fn due(correction: &pb::Correction) -> String {
    let late = if correction.overdue { " overdue" } else { "" };
    let due = match correction.due_date.as_str() {
        "" => "no limit",
        day => day,
    };
    format!("{due}{late}")
}

/// The mark of a disputed record, for people.
pub(crate) fn dispute(one: &Dispute) -> String {
    let since = moment(one.since.as_ref()).unwrap_or_default();
    let items = match one.items.as_slice() {
        [] => "the record as a whole".to_owned(),
        items => items.join(", "),
    };
    format!("since {since}: {items} ({})", one.correction)
}

/// The marks of a disputed record, for programs.
pub(crate) fn disputes(all: &[Dispute]) -> Value {
    let one = |one: &Dispute| {
        serde_json::json!({
            "correction": one.correction,
            "since": moment(one.since.as_ref()),
            "items": one.items,
        })
    };
    all.iter().map(one).collect()
}
