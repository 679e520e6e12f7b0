//! What a matter needs, and what the grants of a system cover of it.

use std::io::Write;

use api::catalogue::v1::Basis;
use api::certificate::v1 as pb;
use api::certificate::v1::certificate_service_client::CertificateServiceClient;
use api::certificate::v1::need_alternative::Coverage;
use serde_json::Value;

use crate::connection::Connection;
use crate::output::{Format, Output, Table, word};
use crate::{Ending, Failure};

/// Lists the needs. The answer is no where something is not covered.
pub(super) async fn run<W: Write>(
    matter: &str,
    consumer: &str,
    connection: &Connection,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    let request = pb::GetMatterNeedsRequest {
        name: matter.to_owned(),
        consumer: consumer.to_owned(),
    };
    let answer = CertificateServiceClient::new(connection.channel.clone())
        .get_matter_needs(connection.ask(request))
        .await?
        .into_inner();
    match output.format() {
        Format::Json => output.json(&json(&answer))?,
        Format::Table => output.table(&table(&answer))?,
    }
    let covered = |need: &pb::MatterNeed| {
        let mut alternatives = need.alternatives.iter();
        alternatives.any(|one| one.coverage() == Coverage::Covered)
    };
    let all = answer.needs.iter().all(covered);
    Ok(if all { Ending::Good } else { Ending::Bad })
}

fn table(answer: &pb::MatterNeeds) -> Table<5> {
    let mut table = Table::new(["ROLE", "TYPE", "NAME", "COVERAGE", "MORE"]);
    for need in &answer.needs {
        for one in &need.alternatives {
            table.push([
                need.role.clone(),
                one.certificate_type.clone(),
                one.display_name.clone(),
                word(one.coverage().as_str_name(), "COVERAGE_"),
                more(one),
            ]);
        }
    }
    table
}

/// Under what it is covered, or what to do.
fn more(one: &pb::NeedAlternative) -> String {
    match (one.coverage(), one.basis()) {
        (Coverage::Covered, Basis::Authorisation) => {
            format!("{}, with the holder's authorisation", one.grant)
        }
        (Coverage::Covered, _) => one.grant.clone(),
        (Coverage::Refused, _) => format!("{}: {}", one.rule, one.next),
        (Coverage::NotShared | Coverage::Unspecified, _) => String::new(),
    }
}

fn json(answer: &pb::MatterNeeds) -> Value {
    let alternative = |one: &pb::NeedAlternative| {
        let covered = one.coverage() == Coverage::Covered;
        serde_json::json!({
            "certificate_type": one.certificate_type,
            "display_name": one.display_name,
            "coverage": word(one.coverage().as_str_name(), "COVERAGE_"),
            "grant": one.grant,
            "basis": covered.then(|| word(one.basis().as_str_name(), "BASIS_")),
            "rule": one.rule,
            "message": one.message,
            "next": one.next,
        })
    };
    let need = |need: &pb::MatterNeed| {
        let alternatives: Vec<Value> = need.alternatives.iter().map(alternative).collect();
        serde_json::json!({ "role": need.role, "alternatives": alternatives })
    };
    let needs: Vec<Value> = answer.needs.iter().map(need).collect();
    serde_json::json!({ "matter": answer.name, "title": answer.title, "needs": needs })
}
