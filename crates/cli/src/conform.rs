//! `shuqiaoctl conform`: whether an endpoint keeps the contract of providers, case by case, with advice.

mod entries;
mod folder;
mod rehearsal;
mod samples;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use api::registry::v1::conformance_finding::Verdict;
use api::registry::v1::endpoint_service_client::EndpointServiceClient;
use api::registry::v1::{CheckConformanceRequest, CheckConformanceResponse, ConformanceFinding};

use crate::connection::{Connection, Options, new_request_id};
use crate::input::read_text;
use crate::output::{self, Format, Output, Table};
use crate::{Ending, Failure};

/// A run of the gateway takes up to 45 seconds.
const PATIENCE: Duration = Duration::from_mins(1);

/// Try an endpoint against the contract of providers. Exit code 1 when a case fails.
///
/// Of a registered endpoint the gateway asks itself, with its own certificate and with wrong ones: about records that
/// the department keeps for tests and about what is not there, malformed, too large, many at once, given up. The
/// result is recorded; a system counts as connected only while its endpoints pass.
///
/// An endpoint that is still being written is rehearsed straight from this machine: the same cases, by certificates
/// of a rehearsal that --rehearsal keeps. It needs no gateway and no registration, and nothing is recorded.
///
/// Samples say what to ask about. Whom they name cannot be alive: an organisation, or a citizen born before 1906.
///
/// Example: shuqiaoctl conform --endpoint systems/marriage-registry/endpoints/main --samples samples.toml
///
/// Example: shuqiaoctl conform --endpoint 127.0.0.1:9443 --samples samples.toml
#[derive(clap::Args)]
#[command(after_long_help = samples::EXAMPLE)]
pub(crate) struct Args {
    /// The registered endpoint, or where the one is that is to be rehearsed.
    #[arg(long, value_name = "systems/ID/endpoints/ID|HOST:PORT")]
    endpoint: String,
    /// What the department holds for tests; tables need none. For a rehearsal also the entries, where no gateway is
    /// named that has them in its catalogue.
    #[arg(long, value_name = "FILE.toml")]
    samples: Option<PathBuf>,
    /// Check the samples and ask nothing.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    rehearsal: rehearsal::Options,
}

/// Runs the command.
pub(crate) async fn run<W: Write>(
    args: &Args,
    gateway: &Options,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    let file = args.samples.as_deref().map(read).transpose()?;
    let registered = args.endpoint.starts_with("systems/");
    let answer = if registered {
        args.rehearsal.must_be_bare()?;
        recorded(args, file.unwrap_or_default(), &gateway.connect().await?).await?
    } else {
        rehearsal::run(args, file.unwrap_or_default(), gateway).await?
    };
    if args.dry_run {
        eprintln!("the samples fit; nothing was asked");
        return Ok(Ending::Good);
    }
    show(&answer, output)?;
    if !registered {
        eprintln!(
            "nothing was recorded: once the endpoint is registered, run `shuqiaoctl conform --endpoint \
             systems/ID/endpoints/ID{}`",
            args.samples
                .as_ref()
                .map_or_else(String::new, |file| format!(" --samples {}", file.display()))
        );
    }
    Ok(if answer.passed {
        Ending::Good
    } else {
        Ending::Bad
    })
}

fn read(file: &Path) -> Result<samples::File, Failure> {
    samples::parse(&read_text(file)?)
        .map_err(|what| Failure::Message(format!("{}: {what}", file.display())))
}

/// A run of the gateway.
async fn recorded(
    args: &Args,
    file: samples::File,
    connection: &Connection,
) -> Result<CheckConformanceResponse, Failure> {
    let request = CheckConformanceRequest {
        name: args.endpoint.clone(),
        samples: file.into_samples(),
        request_id: new_request_id(),
        validate_only: args.dry_run,
    };
    let request = Connection::ask_for(request, PATIENCE);
    let mut client = EndpointServiceClient::new(connection.channel.clone());
    Ok(client.check_conformance(request).await?.into_inner())
}

fn show<W: Write>(
    answer: &CheckConformanceResponse,
    output: &mut Output<W>,
) -> Result<(), Failure> {
    if output.format() == Format::Json {
        for finding in &answer.findings {
            output.json(&json(finding))?;
        }
        return Ok(());
    }
    let mut table = Table::new(["CASE", "OF", "RESULT", "SAW", "WHAT TO DO"]);
    for finding in &answer.findings {
        let of = [finding.resource.as_str(), finding.method.as_str()];
        table.push([
            finding.case.clone(),
            of.join(" ").trim().to_owned(),
            shown(finding),
            or_dash(&finding.saw),
            or_dash(&finding.advice),
        ]);
    }
    output.table(&table)?;
    let failed = answer
        .findings
        .iter()
        .filter(|finding| finding.verdict() == Verdict::Failed);
    let (failed, all) = (failed.count(), answer.findings.len());
    let ended = if answer.passed { "passed" } else { "failed" };
    if failed == 0 && !answer.passed {
        eprintln!("{ended}: nothing of the catalogue could be tried in {all} cases");
    } else {
        eprintln!("{ended}: {failed} of {all} cases failed");
    }
    Ok(())
}

fn or_dash(text: &str) -> String {
    if text.is_empty() {
        "-".to_owned()
    } else {
        text.to_owned()
    }
}

fn word(finding: &ConformanceFinding) -> String {
    output::word(finding.verdict().as_str_name(), "VERDICT_")
}

/// The same for people: what failed is to be seen among all the others.
fn shown(finding: &ConformanceFinding) -> String {
    match finding.verdict() {
        Verdict::Failed => word(finding).to_uppercase(),
        Verdict::Passed | Verdict::NotApplicable | Verdict::Unspecified => word(finding),
    }
}

fn json(finding: &ConformanceFinding) -> serde_json::Value {
    serde_json::json!({
        "case": finding.case,
        "resource": finding.resource,
        "method": finding.method,
        "result": word(finding),
        "saw": finding.saw,
        "advice": finding.advice,
    })
}
