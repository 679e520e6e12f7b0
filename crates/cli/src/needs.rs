//! `shuqiaoctl needs`: see what a matter needs, and ask for all of it.

mod listed;

use std::io::{BufRead as _, Write};

use api::certificate::v1 as pb;
use api::certificate::v1::certificate_service_client::CertificateServiceClient;
use api::value::v1::Purpose;
use serde_json::{Map, Value};

use crate::connection::{Connection, new_request_id};
use crate::corrections::{dispute, disputes};
use crate::lookup::{receipt_json, text, value};
use crate::output::{Format, Output, Table, word};
use crate::{Ending, Failure};

/// See what a matter needs, or ask all issuers at once for it.
///
/// `needs MATTER` lists the needs, what meets each in which order, and what your grants cover of it; nobody
/// is asked. With --matter and --case all of it is asked for.
///
/// What the matter needs, and of whom, is data of the city; a wrong or missing role is told with all
/// others. Each need is met by one certificate in force; the answer says what was found, what is missing
/// and why, and what nobody shares. The exit code is 0 when every need is met.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The matter whose needs are listed, matters/CODE.
    #[arg(value_name = "MATTER", conflicts_with_all = [
        "matter", "case_number", "holders", "operator", "request_id", "max_age_s"
    ])]
    listed: Option<String>,

    /// The system whose grants are looked at when needs are listed; your own if left out.
    #[arg(
        long,
        value_name = "systems/ID",
        default_value = "",
        conflicts_with = "matter"
    )]
    consumer: String,

    /// The matter the citizen or firm came for, matters/CODE.
    #[arg(
        long,
        value_name = "matters/CODE",
        default_value = "",
        required_unless_present = "listed"
    )]
    matter: String,

    /// Who takes a role: `applicant=CODE`, or `enterprise:001=CODE` with a holder type code. A code of
    /// - is read from standard input, one line for each in their order: others can read command lines.
    #[arg(long = "holder", value_name = "ROLE[:TYPE]=CODE", value_parser = role_holder)]
    holders: Vec<(String, String, String)>,

    /// The case number in your system.
    #[arg(
        long = "case",
        value_name = "NUMBER",
        default_value = "",
        required_unless_present = "listed"
    )]
    case_number: String,

    /// The clerk on whose behalf you ask.
    #[arg(long, value_name = "ACCOUNT", default_value = "")]
    operator: String,

    /// A UUID, the same again to ask for what did not come; a new one if left out.
    #[arg(long, value_name = "UUID")]
    request_id: Option<String>,

    /// How old an issuer's answer may be, in seconds; 0 asks the issuers now. As old as each allows if
    /// left out.
    #[arg(long, value_name = "SECONDS")]
    max_age_s: Option<i32>,
}

const EXAMPLES: &str = "\
Examples:
  shuqiaoctl needs matters/11430500XY0000055Q2022000000002
  shuqiaoctl needs --matter matters/11430500XY0000055Q2022000000002 --case SY-2022-000001 \\
    --operator window-07 --holder applicant=- --holder enterprise:001=92430582XYXYXY0325";

/// Runs the command.
pub(crate) async fn run<W: Write>(
    args: &Args,
    connection: &Connection,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    if let Some(matter) = &args.listed {
        return listed::run(matter, &args.consumer, connection, output).await;
    }
    let request = pb::LookupForMatterRequest {
        purpose: Some(Purpose {
            matter: args.matter.clone(),
            case_number: args.case_number.clone(),
            operator: args.operator.clone(),
        }),
        holders: holders(&args.holders)?,
        items: Vec::new(),
        request_id: args.request_id.clone().unwrap_or_else(new_request_id),
        max_age_s: args.max_age_s,
    };
    let answer = CertificateServiceClient::new(connection.channel.clone())
        .lookup_for_matter(connection.ask(request))
        .await?
        .into_inner();
    match output.format() {
        Format::Json => output.json(&json(&answer))?,
        Format::Table => output.table(&table(&answer))?,
    }
    let complete = answer.complete;
    Ok(if complete { Ending::Good } else { Ending::Bad })
}

fn holders(given: &[(String, String, String)]) -> Result<Vec<pb::RoleHolder>, Failure> {
    let mut lines = std::io::stdin().lock();
    let mut holders = Vec::with_capacity(given.len());
    for (role, type_code, code) in given {
        let mut code = code.clone();
        if code == "-" {
            code.clear();
            lines.read_line(&mut code)?;
        }
        holders.push(pb::RoleHolder {
            role: role.clone(),
            holder: Some(pb::Holder {
                type_code: type_code.clone(),
                code: code.trim().to_owned(),
            }),
            ..pb::RoleHolder::default()
        });
    }
    Ok(holders)
}

fn table(answer: &pb::LookupForMatterResponse) -> Table<5> {
    let mut table = Table::new(["ROLE", "NEED", "TYPE", "RESULT", "MORE"]);
    for need in &answer.needs {
        let state = word(need.state().as_str_name(), "NEED_STATE_");
        for attempt in &need.attempts {
            table.push([
                need.role.clone(),
                state.clone(),
                attempt.certificate_type.clone(),
                word(attempt.result().as_str_name(), "ATTEMPT_RESULT_"),
                more(attempt),
            ]);
        }
    }
    table
}

/// What was found, or why nothing was.
fn more(attempt: &pb::Attempt) -> String {
    match (attempt.result(), &attempt.certificate) {
        (_, Some(certificate)) => {
            let items = certificate.items.iter();
            let items = items.map(|item| format!("{}={}", item.key, text(item)));
            let disputes = certificate.disputes.iter();
            let disputes = disputes.map(|one| format!("disputed {}", dispute(one)));
            items.chain(disputes).collect::<Vec<_>>().join(" ")
        }
        (pb::AttemptResult::NotInForce, None) => {
            word(attempt.state().as_str_name(), "CERTIFICATE_STATE_")
        }
        (pb::AttemptResult::Pending, None) => format!("again in {} s", attempt.retry_after_s),
        (_, None) if attempt.reason.is_empty() => String::new(),
        (_, None) => format!("{} ({}): {}", attempt.reason, attempt.fault, attempt.next),
    }
}

fn json(answer: &pb::LookupForMatterResponse) -> Value {
    let attempt = |attempt: &pb::Attempt| {
        let certificate = attempt.certificate.as_ref().map(|certificate| {
            let items = certificate.items.iter();
            let items: Map<String, Value> =
                items.map(|item| (item.key.clone(), value(item))).collect();
            serde_json::json!({
                "identifier": certificate.identifier,
                "items": items,
                "disputes": disputes(&certificate.disputes),
            })
        });
        let not_in_force = attempt.result() == pb::AttemptResult::NotInForce;
        let state = word(attempt.state().as_str_name(), "CERTIFICATE_STATE_");
        serde_json::json!({
            "certificate_type": attempt.certificate_type,
            "result": word(attempt.result().as_str_name(), "ATTEMPT_RESULT_"),
            "certificate": certificate,
            "state": not_in_force.then_some(state),
            "reason": attempt.reason,
            "fault": attempt.fault,
            "rule": attempt.rule,
            "next": attempt.next,
            "retry": attempt.retry,
            "retry_after_s": attempt.retry_after_s,
            "receipt": attempt.receipt.as_ref().map(receipt_json),
        })
    };
    let need = |need: &pb::NeedAnswer| {
        let attempts: Vec<Value> = need.attempts.iter().map(attempt).collect();
        serde_json::json!({
            "role": need.role,
            "state": word(need.state().as_str_name(), "NEED_STATE_"),
            "substituted": need.substituted,
            "attempts": attempts,
        })
    };
    let needs: Vec<Value> = answer.needs.iter().map(need).collect();
    serde_json::json!({ "complete": answer.complete, "needs": needs })
}

/// Reads `ROLE[:TYPE]=CODE`. What is wrong is told without the code.
fn role_holder(given: &str) -> Result<(String, String, String), String> {
    let (role, code) = given.split_once('=').ok_or("write ROLE=CODE")?;
    let (role, type_code) = role.split_once(':').unwrap_or((role, "111"));
    if role.is_empty() || code.is_empty() {
        return Err("write ROLE=CODE".to_owned());
    }
    Ok((role.to_owned(), type_code.to_owned(), code.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holders_are_read_with_their_role_and_type() {
        let read = |given: &str| role_holder(given).unwrap();
        let parts = |a: &str, b: &str, c: &str| (a.to_owned(), b.to_owned(), c.to_owned());
        assert_eq!(read("applicant=-"), parts("applicant", "111", "-"));
        assert_eq!(read("enterprise:001=A1"), parts("enterprise", "001", "A1"));
        for given in ["applicant", "=A1", "applicant="] {
            let wrong = role_holder(given).unwrap_err();
            assert!(!wrong.contains("A1"), "{given}");
        }
    }
}
