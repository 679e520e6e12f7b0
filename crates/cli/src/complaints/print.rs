//! A complaint for people and programs.

use std::io::Write;

use api::sharing::v1 as pb;

use crate::Failure;
use crate::output::{Format, Output, word};

/// Writes one complaint.
pub(super) fn complaint<W: Write>(
    one: &pb::Complaint,
    output: &mut Output<W>,
) -> Result<(), Failure> {
    match output.format() {
        Format::Json => output.json(&json(one))?,
        Format::Table => output.fields(&fields(one))?,
    }
    Ok(())
}

/// Writes what a receipt tells.
pub(super) fn status<W: Write>(
    told: &pb::ComplaintStatus,
    output: &mut Output<W>,
) -> Result<(), Failure> {
    let (state, outcome) = (state(told.state()), outcome(told.outcome()));
    match output.format() {
        Format::Json => output.json(&serde_json::json!({
            "kind": word(told.kind().as_str_name(), "KIND_"),
            "state": state,
            "responsible": told.responsible,
            "why": told.why,
            "received_date": told.received_date,
            "due_date": told.due_date,
            "overdue": told.overdue,
            "outcome": outcome,
            "answer": told.answer,
        }))?,
        Format::Table => {
            let mut fields = vec![
                ("state", state),
                ("responsible", told.responsible.clone()),
                ("why", told.why.clone()),
                ("received", told.received_date.clone()),
            ];
            if !told.due_date.is_empty() {
                fields.push(("due", due(&told.due_date, told.overdue)));
            }
            if !told.answer.is_empty() {
                fields.push(("outcome", outcome));
                fields.push(("answer", told.answer.clone()));
            }
            output.fields(&fields)?;
        }
    }
    Ok(())
}

/// The last day, marked when it has passed.
pub(super) fn due(date: &str, overdue: bool) -> String {
    if overdue {
        format!("{date} overdue")
    } else {
        date.to_owned()
    }
}

fn state(wire: pb::complaint::State) -> String {
    word(wire.as_str_name(), "STATE_")
}

/// Empty until it was answered.
fn outcome(wire: pb::complaint::Outcome) -> String {
    match wire {
        pb::complaint::Outcome::Unspecified => String::new(),
        known => word(known.as_str_name(), "OUTCOME_"),
    }
}

fn fields(one: &pb::Complaint) -> Vec<(&'static str, String)> {
    let mut fields = vec![
        ("name", one.name.clone()),
        ("kind", word(one.kind().as_str_name(), "KIND_")),
        ("state", state(one.state())),
        ("received", one.received_date.clone()),
        ("entered by", one.entering_department.clone()),
        ("responsible", one.responsible.clone()),
    ];
    let named = [
        ("grant", &one.grant),
        ("resource", &one.resource),
        ("department", &one.department),
        ("statement", &one.statement),
        ("contact", &one.contact),
    ];
    fields.extend(said(&named));
    for step in &one.routing {
        let mut why = format!("{}: {}", step.department, step.why);
        if !step.reason.is_empty() {
            why = format!("{why}: {}", step.reason);
        }
        fields.push(("lies with", why));
    }
    if !one.due_date.is_empty() || !one.due_rule.is_empty() {
        fields.push(("due", due(&one.due_date, one.overdue)));
        fields.push(("rule", one.due_rule.clone()));
    }
    let outcome = outcome(one.outcome());
    let legal = one.legal_methods.join(", ");
    let rest = [
        ("outcome", &outcome),
        ("answer", &one.answer),
        ("legal next", &legal),
        ("etag", &one.etag),
    ];
    fields.extend(said(&rest));
    fields
}

/// Those that say something.
fn said(all: &[(&'static str, &String)]) -> Vec<(&'static str, String)> {
    let all = all.iter().filter(|(_, text)| !text.is_empty());
    all.map(|(name, text)| (*name, (*text).clone())).collect()
}

/// The same for programs.
pub(super) fn json(one: &pb::Complaint) -> serde_json::Value {
    let routing = one.routing.iter().map(|step| {
        serde_json::json!({
            "department": step.department,
            "routed_by": step.routed_by,
            "why": step.why,
            "actor": step.actor,
            "reason": step.reason,
        })
    });
    serde_json::json!({
        "name": one.name,
        "kind": word(one.kind().as_str_name(), "KIND_"),
        "grant": one.grant,
        "resource": one.resource,
        "department": one.department,
        "statement": one.statement,
        "contact": one.contact,
        "received_date": one.received_date,
        "responsible": one.responsible,
        "routing": routing.collect::<Vec<_>>(),
        "entering_department": one.entering_department,
        "enterer": one.enterer,
        "state": state(one.state()),
        "due_date": one.due_date,
        "due_rule": one.due_rule,
        "overdue": one.overdue,
        "outcome": outcome(one.outcome()),
        "answer": one.answer,
        "answerer": one.answerer,
        "legal_methods": one.legal_methods,
        "etag": one.etag,
    })
}
