//! The explanation for programs: everything that was told.

use api::exchange::v1::{ExplainResponse, Finding, LegalLimit, Obstacle, OtherGrant, Remedy};
use serde_json::{Map, Value};

use crate::lookup::moment;
use crate::output::word;

/// The whole answer.
pub(super) fn of(answer: &ExplainResponse) -> Value {
    serde_json::json!({
        "permitted": answer.permitted,
        "rule": answer.rule,
        "message": answer.message,
        "consumer": answer.consumer,
        "resource": answer.resource,
        "grant": answer.grant,
        "items": answer.items,
        "decided_time": moment(answer.decided_time.as_ref()),
        "registry_time": moment(answer.registry_time.as_ref()),
        "obstacles": answer.obstacles.iter().map(obstacle).collect::<Vec<_>>(),
        "findings": answer.findings.iter().map(finding).collect::<Vec<_>>(),
        "other_grants": answer.other_grants.iter().map(other).collect::<Vec<_>>(),
        "further_grant_count": answer.further_grant_count,
        "warnings": answer.warnings,
    })
}

fn obstacle(obstacle: &Obstacle) -> Value {
    serde_json::json!({
        "rule": obstacle.rule,
        "reason": obstacle.reason,
        "message": obstacle.message,
        "fault": obstacle.fault,
        "next": obstacle.next,
        "remedies": obstacle.remedies.iter().map(remedy).collect::<Vec<_>>(),
    })
}

fn finding(finding: &Finding) -> Value {
    let facts = finding.facts.iter();
    let facts = facts.map(|fact| (fact.key.clone(), Value::from(fact.value.as_str())));
    serde_json::json!({
        "rule": finding.rule,
        "standing": word(finding.standing().as_str_name(), "STANDING_"),
        "message": finding.message,
        "facts": facts.collect::<Map<_, _>>(),
    })
}

fn remedy(remedy: &Remedy) -> Value {
    serde_json::json!({
        "who": word(remedy.who().as_str_name(), "WHO_"),
        "department": remedy.department,
        "what": remedy.what,
        "method": remedy.method,
        "command": remedy.command,
        "limit": remedy.limit.as_ref().map(limit),
        "end_time": moment(remedy.end_time.as_ref()),
    })
}

fn limit(limit: &LegalLimit) -> Value {
    serde_json::json!({
        "rule": limit.rule,
        "regime": limit.regime,
        "document": limit.document,
        "article": limit.article,
        "term": limit.term,
        "working_days": limit.working_days,
        "extension_days": limit.extension_days,
        "assumed": limit.assumed,
        "start_date": limit.start_date,
        "due_date": limit.due_date,
        "undated": limit.undated,
    })
}

fn other(other: &OtherGrant) -> Value {
    serde_json::json!({
        "grant": other.grant,
        "resource": other.resource,
        "rule": other.rule,
        "message": other.message,
    })
}
