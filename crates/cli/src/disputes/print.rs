//! A dispute for people and programs.

use std::io::Write;

use api::sharing::v1 as pb;
use api::sharing::v1::dispute as parts;

use crate::Failure;
use crate::output::{Format, Output, word};

/// Writes one dispute.
pub(super) fn dispute<W: Write>(one: &pb::Dispute, output: &mut Output<W>) -> Result<(), Failure> {
    match output.format() {
        Format::Json => output.json(&json(one))?,
        Format::Table => output.fields(&fields(one))?,
    }
    Ok(())
}

/// The last day, marked when it has passed.
pub(super) fn due(one: &pb::Dispute) -> String {
    if one.overdue {
        format!("{} overdue", one.due_date)
    } else {
        one.due_date.clone()
    }
}

fn fields(one: &pb::Dispute) -> Vec<(&'static str, String)> {
    let mut fields = vec![
        ("name", one.name.clone()),
        ("about", one.subject.clone()),
        ("raised by", one.department.clone()),
        ("other party", one.other_department.clone()),
        ("statement", one.statement.clone()),
        ("level", one.level.to_string()),
        ("state", word(one.state().as_str_name(), "STATE_")),
    ];
    if !one.due_date.is_empty() || !one.due_rule.is_empty() {
        fields.push(("due", due(one)));
        fields.push(("rule", one.due_rule.clone()));
    }
    if !one.waits_for.is_empty() {
        fields.push(("waits for", one.waits_for.clone()));
    }
    for proposal in &one.proposals {
        let answer = word(proposal.answer().as_str_name(), "ANSWER_");
        let mut said = format!("{}: {} ({answer})", proposal.department, proposal.terms);
        if !proposal.reason.is_empty() {
            said = format!("{said}: {}", proposal.reason);
        }
        fields.push(("proposal", said));
    }
    for department in &one.given_up {
        fields.push(("says it failed", department.clone()));
    }
    for escalation in &one.escalations {
        let text = format!("to level {} by {}", escalation.level, escalation.department);
        fields.push(("taken further", text));
    }
    for ruling in &one.rulings {
        fields.push(("decision", said(ruling)));
    }
    if !one.withdraw_reason.is_empty() {
        fields.push(("withdrawn", one.withdraw_reason.clone()));
    }
    if !one.legal_methods.is_empty() {
        fields.push(("legal next", one.legal_methods.join(", ")));
    }
    fields.push(("etag", one.etag.clone()));
    fields
}

fn said(ruling: &parts::Ruling) -> String {
    let favour = word(ruling.favour().as_str_name(), "FAVOUR_");
    let by = if ruling.forwarded_to.is_empty() {
        String::new()
    } else {
        format!(" by {}", ruling.forwarded_to)
    };
    format!(
        "level {}{by}, for {favour}: {} ({} {})",
        ruling.level, ruling.text, ruling.document, ruling.document_date
    )
}

/// The same for programs.
pub(super) fn json(one: &pb::Dispute) -> serde_json::Value {
    let proposals = one.proposals.iter().map(|proposal| {
        serde_json::json!({
            "department": proposal.department,
            "proposer": proposal.proposer,
            "terms": proposal.terms,
            "answer": word(proposal.answer().as_str_name(), "ANSWER_"),
            "answerer": proposal.answerer,
            "reason": proposal.reason,
        })
    });
    let escalations = one.escalations.iter().map(|escalation| {
        serde_json::json!({
            "level": escalation.level,
            "department": escalation.department,
            "escalator": escalation.escalator,
        })
    });
    let rulings = one.rulings.iter().map(|ruling| {
        serde_json::json!({
            "level": ruling.level,
            "favour": word(ruling.favour().as_str_name(), "FAVOUR_"),
            "text": ruling.text,
            "document": ruling.document,
            "document_date": ruling.document_date,
            "forwarded_to": ruling.forwarded_to,
            "recorder": ruling.recorder,
        })
    });
    serde_json::json!({
        "name": one.name,
        "subject": one.subject,
        "statement": one.statement,
        "department": one.department,
        "other_department": one.other_department,
        "consumer": one.consumer,
        "resource": one.resource,
        "state": word(one.state().as_str_name(), "STATE_"),
        "level": one.level,
        "due_date": one.due_date,
        "due_rule": one.due_rule,
        "overdue": one.overdue,
        "waits_for": one.waits_for,
        "proposals": proposals.collect::<Vec<_>>(),
        "given_up": one.given_up,
        "escalations": escalations.collect::<Vec<_>>(),
        "rulings": rulings.collect::<Vec<_>>(),
        "withdraw_reason": one.withdraw_reason,
        "raiser": one.raiser,
        "legal_methods": one.legal_methods,
        "etag": one.etag,
    })
}
