//! `shuqiaoctl lookup-batch`: look up what a file lists, and write what came of it beside the file.

mod csv;
mod file;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use api::certificate::v1 as pb;
use api::certificate::v1::batch_lookup_result::Result as Came;
use api::certificate::v1::certificate_service_client::CertificateServiceClient;
use api::value::v1::Purpose;
use serde_json::Value;

use crate::connection::Connection;
use crate::lookup::json;
use crate::output::{Format, Output, Table, word};
use crate::{Ending, Failure};

/// Lookups of one call, by the contract.
const AT_ONCE: usize = 50;

/// Look up all certificates that a file lists, for one purpose.
///
/// FILE.csv has a line of column names, FILE.jsonl an object a line. The names: `certificate_type`,
/// `holder`, `holder_type` (111 if left out), `identifier`, `use_code`, `items`, `request_id`,
/// `authorisation`, `authorised_on`. What came of each is written to FILE.results.jsonl, with the
/// request id under which it can be asked for again. The exit code is 0 when every certificate was found.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The file of lookups, .csv or .jsonl.
    file: PathBuf,

    /// The matter the citizen or firm came for, matters/CODE.
    #[arg(long, value_name = "matters/CODE")]
    matter: String,

    /// The case number in your system.
    #[arg(long = "case", value_name = "NUMBER")]
    case_number: String,

    /// The clerk on whose behalf you ask.
    #[arg(long, value_name = "ACCOUNT", default_value = "")]
    operator: String,
}

const EXAMPLES: &str = "\
Example:
  shuqiaoctl lookup-batch applicants.csv --matter matters/11430500XY0000055Q2022000000002 \\
    --case SY-2022-000001 --operator window-07";

/// Runs the command.
pub(crate) async fn run<W: Write>(
    args: &Args,
    connection: &Connection,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    let lookups = file::read(&args.file)?;
    let path = beside(&args.file);
    let mut results = create(&path)?;
    let mut client = CertificateServiceClient::new(connection.channel.clone());
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for requests in lookups.chunks(AT_ONCE) {
        let request = pb::BatchLookupCertificatesRequest {
            purpose: Some(Purpose {
                matter: args.matter.clone(),
                case_number: args.case_number.clone(),
                operator: args.operator.clone(),
            }),
            requests: requests.to_vec(),
        };
        let answer = client.batch_lookup_certificates(connection.ask(request));
        let came = match answer.await {
            Ok(answer) => answer.into_inner().results,
            Err(status) => {
                // They may have been answered: what came is asked for again under these ids.
                for request in requests {
                    let id = &request.request_id;
                    let line = serde_json::json!({ "request_id": id, "reason": "NOT_ANSWERED" });
                    write(&mut results, &line)?;
                }
                results.flush()?;
                return Err(status.into());
            }
        };
        for (request, result) in requests.iter().zip(came) {
            let (name, line) = told(&request.request_id, result);
            *counts.entry(name).or_default() += 1;
            write(&mut results, &line)?;
        }
        // What was answered is not answered again: it must not be lost with what comes after it.
        results.flush()?;
    }
    summary(&counts, &path, output)?;
    let all = counts.keys().all(|name| name == "found");
    Ok(if all { Ending::Good } else { Ending::Bad })
}

fn write(results: &mut impl Write, line: &Value) -> Result<(), Failure> {
    serde_json::to_writer(&mut *results, line).map_err(std::io::Error::from)?;
    Ok(results.write_all(b"\n")?)
}

/// A word for what came, and the line of the results.
fn told(request_id: &str, result: pb::BatchLookupResult) -> (String, Value) {
    match result.result {
        Some(Came::Answer(answer)) => {
            let mut line = json(&answer);
            if let Value::Object(fields) = &mut line {
                fields.insert("request_id".to_owned(), request_id.into());
            }
            let name = answer.disposition().as_str_name();
            (word(name, "DISPOSITION_"), line)
        }
        Some(Came::Failure(failure)) => {
            let line = serde_json::json!({
                "request_id": request_id,
                "reason": failure.reason,
                "message": failure.message,
                "fault": failure.fault,
                "next": failure.next,
                "rule": failure.rule,
                "retry": failure.retry,
                "retry_after_s": failure.retry_after_s,
                "entry": (failure.entry != 0).then_some(failure.entry),
            });
            (failure.reason, line)
        }
        None => (
            String::new(),
            serde_json::json!({ "request_id": request_id }),
        ),
    }
}

fn summary<W: Write>(
    counts: &BTreeMap<String, u64>,
    path: &Path,
    output: &mut Output<W>,
) -> Result<(), Failure> {
    let path = path.display().to_string();
    match output.format() {
        Format::Json => output.json(&serde_json::json!({ "results": path, "counts": counts }))?,
        Format::Table => {
            let mut table = Table::new(["RESULT", "LOOKUPS"]);
            for (name, count) in counts {
                table.push([name.clone(), count.to_string()]);
            }
            output.table(&table)?;
            output.fields(&[("written to", path)])?;
        }
    }
    Ok(())
}

/// `applicants.csv` has its results in `applicants.results.jsonl`.
fn beside(file: &Path) -> PathBuf {
    file.with_extension("results.jsonl")
}

/// A new file that its owner alone can read; one that is there is kept.
fn create(path: &Path) -> Result<BufWriter<File>, Failure> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = File::options();
    let opened = options.write(true).create_new(true).mode(0o600).open(path);
    opened.map(BufWriter::new).map_err(|error| {
        let path = path.display();
        Failure::Message(format!(
            "{path} cannot be made anew, move it away first: {error}"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_stand_beside_their_file() {
        let beside = beside(Path::new("of/applicants.csv"));
        assert_eq!(beside, Path::new("of/applicants.results.jsonl"));
    }
}
