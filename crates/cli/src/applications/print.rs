//! An application for people and for programs.

use std::io::Write;

use api::sharing::v1 as pb;
use api::sharing::v1::application as parts;
use serde_json::{Value, json};

use crate::Failure;
use crate::lookup::moment;
use crate::output::{Format, Output, word};
use crate::terms::{self, modes};

/// Writes an application, and the grant that came of it.
pub(super) fn application<W: Write>(
    one: &pb::Application,
    grant: Option<&pb::Grant>,
    output: &mut Output<W>,
) -> Result<(), Failure> {
    if output.format() == Format::Json {
        return Ok(output.json(&self::json(one))?);
    }
    let mut fields = vec![
        ("application", one.name.clone()),
        ("state", word(one.state().as_str_name(), "STATE_")),
        ("for", format!("{}: {}", one.consumer, one.scene)),
        ("resource", one.resource.clone()),
        ("items", one.items.join(", ")),
        ("modes", modes(one.share_modes()).join(", ")),
        ("matters", one.matters.join(", ")),
        ("basis", one.legal_basis.clone()),
        ("term", format!("{} to {}", one.start_date, one.end_date)),
        ("networks", one.network_zones.join(", ")),
        (
            "quota",
            one.quota
                .as_ref()
                .map(terms::quota_said)
                .unwrap_or_default(),
        ),
        ("amends", one.amends.clone()),
        ("applicant", one.applicant.clone()),
        ("etag", one.etag.clone()),
    ];
    if !one.due_rule.is_empty() {
        let due = format!("{} {} ({})", one.due_date, clock_word(one), one.due_rule);
        fields.push(("answer due", due));
    }
    // What is not said is not shown.
    fields.retain(|(key, value)| {
        !value.is_empty() || !matches!(*key, "networks" | "quota" | "amends")
    });
    fields.extend(answering(one));
    for step in &one.history {
        let at = moment(step.time.as_ref()).unwrap_or_default();
        let text = format!("{at} {} by {} {}", step.kind, step.by, step.note);
        fields.push(("history", text.trim_end().to_owned()));
    }
    if let Some(grant) = grant {
        let text = format!("{} by {}", grant.name, grant.approvers.join(", "));
        fields.push(("grant", text));
    } else if !one.grant.is_empty() {
        fields.push(("grant", one.grant.clone()));
    }
    if !one.legal_methods.is_empty() {
        fields.push(("legal next", one.legal_methods.join(", ")));
    }
    Ok(output.fields(&fields)?)
}

/// What was done about it since it was submitted.
fn answering(one: &pb::Application) -> Vec<(&'static str, String)> {
    let mut fields = Vec::new();
    if let Some(asked) = &one.material_request {
        let text = format!("until {}: {}", asked.due_date, asked.missing.join("; "));
        fields.push(("material asked", text));
        if !asked.statement.is_empty() {
            fields.push(("supplied", asked.statement.clone()));
        }
    }
    if let Some(longer) = &one.extension {
        let consent = if !longer.decline_reason.is_empty() {
            format!("declined: {}", longer.decline_reason)
        } else if longer.consented_by.is_empty() {
            "no consent yet".to_owned()
        } else {
            format!("consent by {}", longer.consented_by)
        };
        let told = if longer.notice_time.is_some() {
            "applicant told"
        } else {
            "applicant not told"
        };
        let days = longer.working_days;
        fields.push((
            "extension",
            format!("{days} working days, {consent}, {told}"),
        ));
    }
    if let Some(first) = &one.proposal {
        let what = match &first.terms {
            Some(terms) => format!("less: {}; {}", terms::said(terms), first.note),
            None => "what is asked for".to_owned(),
        };
        fields.push((
            "proposed",
            format!("by {}, {what}; a second person approves", first.by),
        ));
    }
    for offer in &one.offers {
        let answer = word(offer.answer().as_str_name(), "ANSWER_");
        let terms = offer.terms.as_ref().map(terms::said).unwrap_or_default();
        let (until, note) = (&offer.due_date, &offer.note);
        fields.push(("offer", format!("{answer}, until {until}: {terms}; {note}")));
    }
    if !one.refuse_reason.is_empty() {
        let ground = [&one.refusal_ground, &one.refusal_basis, &one.refuse_reason];
        let ground: Vec<&str> = ground
            .into_iter()
            .map(String::as_str)
            .filter(|text| !text.is_empty())
            .collect();
        fields.push(("because", ground.join(": ")));
    }
    fields
}

/// How its clock stands, in one word.
pub(super) fn clock_word(one: &pb::Application) -> &'static str {
    if one.overdue {
        "overdue"
    } else if one.paused {
        "paused"
    } else {
        ""
    }
}

/// The same for programs.
pub(super) fn json(one: &pb::Application) -> Value {
    json!({
        "name": one.name,
        "state": word(one.state().as_str_name(), "STATE_"),
        "consumer": one.consumer,
        "resource": one.resource,
        "items": one.items,
        "share_modes": modes(one.share_modes()).join(", "),
        "has_row_filter": one.row_filter.is_some(),
        "issues_use_codes": one.issues_use_codes,
        "matters": one.matters,
        "network_zones": one.network_zones,
        "quota": terms::quota_json(one.quota.as_ref()),
        "amends": one.amends,
        "legal_basis": one.legal_basis,
        "scene": one.scene,
        "start_date": one.start_date,
        "end_date": one.end_date,
        "operator_required": one.operator_required,
        "applicant": one.applicant,
        "receive_time": moment(one.receive_time.as_ref()),
        "due_date": one.due_date,
        "due_rule": one.due_rule,
        "paused": one.paused,
        "overdue": one.overdue,
        "material_request": one.material_request.as_ref().map(material),
        "extension": one.extension.as_ref().map(extension),
        "proposal": one.proposal.as_ref().map(proposal),
        "offers": one.offers.iter().map(offer).collect::<Vec<_>>(),
        "grant": one.grant,
        "refusal_ground": one.refusal_ground,
        "refusal_basis": one.refusal_basis,
        "refuse_reason": one.refuse_reason,
        "history": one.history.iter().map(step).collect::<Vec<_>>(),
        "legal_methods": one.legal_methods,
        "etag": one.etag,
    })
}

fn step(step: &parts::Step) -> Value {
    json!({"kind": step.kind, "by": step.by, "time": moment(step.time.as_ref()), "note": step.note})
}

fn material(asked: &parts::MaterialRequest) -> Value {
    json!({
        "missing": asked.missing,
        "due_date": asked.due_date,
        "due_rule": asked.due_rule,
        "statement": asked.statement,
    })
}

fn extension(longer: &parts::Extension) -> Value {
    json!({
        "working_days": longer.working_days,
        "reason": longer.reason,
        "consented_by": longer.consented_by,
        "decline_reason": longer.decline_reason,
        "notice_time": moment(longer.notice_time.as_ref()),
        "counts": longer.counts,
    })
}

fn proposal(first: &parts::Proposal) -> Value {
    json!({"by": first.by, "terms": first.terms.as_ref().map(terms::json), "note": first.note})
}

fn offer(offer: &parts::Offer) -> Value {
    json!({
        "terms": offer.terms.as_ref().map(terms::json),
        "note": offer.note,
        "approvers": offer.approvers,
        "due_date": offer.due_date,
        "answer": word(offer.answer().as_str_name(), "ANSWER_"),
        "decline_reason": offer.decline_reason,
    })
}
