//! `shuqiaoctl certificates announce`.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;

use api::certificate::v1::certificate_change::Kind;
use api::certificate::v1::{
    AnnounceCertificateChangesRequest, CertificateChange, CertificateState, Holder,
};
use domain::announcement::fits;
use serde::Deserialize;

use super::client;
use crate::connection::{Connection, new_request_id};
use crate::output::{Format, Output};
use crate::{Ending, Failure};

/// Announce certificates whose state or data changed, or that you issued. Role: the providing system.
///
/// Answers that gateways keep of them are dropped within a second. With --listed the states enter the
/// list of the type, which every caller may read and check certificates against.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The certificate type.
    #[arg(long = "type", value_name = "certificateTypes/CODE")]
    certificate_type: String,

    /// What changed: issued, state or data.
    #[arg(long, default_value = "state", value_parser = kind, conflicts_with = "file")]
    kind: Kind,

    /// The identifier of the certificate.
    #[arg(
        long,
        value_name = "ID",
        required_unless_present = "file",
        conflicts_with = "file"
    )]
    identifier: Option<String>,

    /// The new state: valid, suspended, cancelled, withdrawn, revoked or superseded.
    #[arg(long, value_name = "STATE", value_parser = state, requires = "from", conflicts_with = "file")]
    state: Option<CertificateState>,

    /// The first day on which it is in that state.
    #[arg(long, value_name = "DAY", requires = "state")]
    from: Option<String>,

    /// The last day of validity; as it was if left out.
    #[arg(long, value_name = "DAY", requires = "state")]
    until: Option<String>,

    /// Many changes: a file of JSON objects, one a line, with `kind`, `identifier`, `holders` (each
    /// `type_code` and `code`), `state`, `effective_date`, `expire_date`. - for standard input.
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,

    /// The states enter the list of the type.
    #[arg(long)]
    listed: bool,
}

const EXAMPLES: &str = "\
Examples:
  shuqiaoctl certificates announce --type certificateTypes/11100000MB0143028R001 --listed \\
    --identifier 1.2.156.3005.2.11100000MB0143028R001.11430500XY0000055Q.20220000001.001.L \\
    --state suspended --from 2024-05-01
  shuqiaoctl certificates announce --type certificateTypes/11100000MB0143028R001 --file changes.jsonl";

/// One line of a file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    kind: String,
    #[serde(default)]
    identifier: String,
    #[serde(default)]
    holders: Vec<LineHolder>,
    #[serde(default)]
    state: String,
    #[serde(default)]
    effective_date: String,
    #[serde(default)]
    expire_date: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LineHolder {
    type_code: String,
    code: String,
}

pub(super) async fn run<W: Write>(
    args: &Args,
    connection: &Connection,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    let Some(file) = &args.file else {
        let change = CertificateChange {
            kind: args.kind.into(),
            identifier: args.identifier.clone().unwrap_or_default(),
            holders: Vec::new(),
            state: args.state.map(i32::from).unwrap_or_default(),
            effective_date: args.from.clone().unwrap_or_default(),
            expire_date: args.until.clone().unwrap_or_default(),
        };
        send(args, vec![change], connection, output).await?;
        return Ok(Ending::Good);
    };
    let mut lines: Box<dyn BufRead> = if file.as_os_str() == "-" {
        Box::new(std::io::stdin().lock())
    } else {
        Box::new(BufReader::new(std::fs::File::open(file)?))
    };
    let (mut number, mut text) = (0_usize, String::new());
    let (mut changes, mut named) = (Vec::new(), 0_usize);
    while lines.read_line(&mut text)? > 0 {
        number += 1;
        if !text.trim().is_empty() {
            let change = change_of(text.trim()).map_err(|what| {
                // The line itself may name a person, so it is not repeated.
                Failure::Message(format!("line {number}: {what}"))
            })?;
            let own = change.holders.len() + usize::from(!change.identifier.is_empty());
            if !fits(changes.len() + 1, named + own) && !changes.is_empty() {
                send(args, std::mem::take(&mut changes), connection, output).await?;
                named = 0;
            }
            named += own;
            changes.push(change);
        }
        text.clear();
    }
    if !changes.is_empty() {
        send(args, changes, connection, output).await?;
    }
    Ok(Ending::Good)
}

async fn send<W: Write>(
    args: &Args,
    changes: Vec<CertificateChange>,
    connection: &Connection,
    output: &mut Output<W>,
) -> Result<(), Failure> {
    let count = changes.len();
    let request = AnnounceCertificateChangesRequest {
        certificate_type: args.certificate_type.clone(),
        changes,
        listed: args.listed,
        request_id: new_request_id(),
    };
    let answer = client(connection)
        .announce_certificate_changes(connection.ask(request))
        .await?
        .into_inner();
    match output.format() {
        Format::Json => output.json(&serde_json::json!({
            "announced": count,
            "entry_index": answer.entry_index,
        }))?,
        Format::Table => output.fields(&[
            ("announced", count.to_string()),
            ("recorded", format!("#{}", answer.entry_index)),
        ])?,
    }
    Ok(())
}

fn change_of(line: &str) -> Result<CertificateChange, String> {
    let read: Result<Line, _> = serde_json::from_str(line);
    let line = read.map_err(|error| match error.classify() {
        serde_json::error::Category::Data => "a field is unknown, missing or of another type",
        _ => "not one JSON object",
    })?;
    let state = match line.state.as_str() {
        "" => CertificateState::Unspecified,
        word => state(word)?,
    };
    let holder = |holder: LineHolder| Holder {
        type_code: holder.type_code,
        code: holder.code,
    };
    Ok(CertificateChange {
        kind: kind(&line.kind)?.into(),
        identifier: line.identifier,
        holders: line.holders.into_iter().map(holder).collect(),
        state: state.into(),
        effective_date: line.effective_date,
        expire_date: line.expire_date,
    })
}

fn kind(word: &str) -> Result<Kind, String> {
    match word {
        "issued" => Ok(Kind::Issued),
        "state" => Ok(Kind::State),
        "data" => Ok(Kind::Data),
        _ => Err("choose issued, state or data".to_owned()),
    }
}

fn state(word: &str) -> Result<CertificateState, String> {
    let name = format!("CERTIFICATE_STATE_{}", word.to_ascii_uppercase());
    match CertificateState::from_str_name(&name) {
        Some(CertificateState::Unspecified | CertificateState::Expired) | None => {
            let message = "choose valid, suspended, cancelled, withdrawn, revoked or superseded";
            Err(message.to_owned())
        }
        Some(state) => Ok(state),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_change_and_a_bad_one_is_told_without_what_it_holds() {
        let good = r#"{"kind":"issued","identifier":"1","holders":[{"type_code":"111","code":"2"}],
            "state":"valid","effective_date":"2022-02-22"}"#;
        let change = change_of(good).unwrap();
        assert_eq!(change.kind(), Kind::Issued);
        assert_eq!(change.state(), CertificateState::Valid);
        assert_eq!(change.holders.len(), 1);
        for bad in [
            "{",
            "430502190102030017",
            r#"{"kind":"430502190102030017"}"#,
            r#"{"kind":"state","holder":"430502190102030017"}"#,
            r#"{"kind":"state","state":"expired"}"#,
        ] {
            let told = change_of(bad).err().unwrap();
            assert!(!told.contains("430502190102030017"), "{told}");
        }
    }
}
