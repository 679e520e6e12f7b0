//! `shuqiaoctl`: the client of integration engineers and auditors.
//!
//! Each command is a module with `Args` and `run`. Commands write their answer through [`Output`]
//! and end in an [`Ending`]; talk and errors go to standard error.

mod applications;
mod batch;
mod catalogue;
mod certificates;
mod check;
mod clocks;
mod complaints;
mod conform;
mod connection;
mod corrections;
mod credentials;
mod demands;
mod departments;
mod disputes;
mod due;

mod endpoints;
mod events;
mod evidence;
mod explain;
mod file_links;
mod files;
mod grants;
mod input;
mod interfaces;
mod lookup;
mod needs;
mod output;
mod progress;
mod rows;
mod sheets;
mod subscriptions;
mod systems;
mod terms;
mod use_codes;
mod use_records;
mod verify;
mod work_items;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use jiff::civil::Date;
use jiff::tz::{self, TimeZone};

use crate::output::{Format, Output};

/// The client of the Shuqiao 数桥 data-sharing gateway.
///
/// `check`, `due`, `evidence verify`, `events verify-webhook`, `certificates status --list` and `catalogue read-dcat` work
/// offline: they need no server and no network. `conform --endpoint HOST:PORT` needs nothing but that endpoint. The others ask a gateway: name it by --server and yourself by
/// --identity, or set `SHUQIAO_SERVER` and `SHUQIAO_IDENTITY` once.
#[derive(Parser)]
#[command(name = "shuqiaoctl", version, after_help = EXAMPLES)]
struct Cli {
    /// How to print the answer: for people or for programs.
    #[arg(long, global = true, value_enum, default_value_t = Format::Table, value_name = "FORM")]
    output: Format,

    #[command(flatten)]
    gateway: connection::Options,

    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  shuqiaoctl check uscc 91430502XYXYXY016N
  shuqiaoctl check certificate --output json < identifiers.txt
  shuqiaoctl due --received 2026-03-02 --rule APP-CON
  shuqiaoctl systems list
  shuqiaoctl progress plans/2022 --systems
  shuqiaoctl evidence export --out ledger.bundle
  shuqiaoctl evidence verify ledger.bundle --key-file log.vkey

Exit codes: 0 all is well, 1 the answer is no or there is none, 2 the command line is wrong.";

#[derive(Subcommand)]
enum Command {
    Check(check::Args),
    Due(due::Args),
    Departments(departments::Args),
    Systems(systems::Args),
    Endpoints(endpoints::Args),
    Conform(conform::Args),
    Credentials(credentials::Args),
    Interfaces(interfaces::Args),
    Catalogue(catalogue::Args),
    Demands(demands::Args),
    Applications(applications::Args),
    Grants(grants::Args),
    UseRecords(use_records::Args),
    Disputes(disputes::Args),
    Complaints(complaints::Args),
    Corrections(corrections::Args),
    Clocks(clocks::Args),
    WorkItems(work_items::Args),
    Certificates(certificates::Args),
    Lookup(lookup::Args),
    LookupBatch(batch::Args),
    CertificateFile(file_links::Args),
    Verify(verify::Args),
    Needs(needs::Args),
    UseCodes(use_codes::Args),
    Rows(rows::Args),
    Files(files::Args),
    Explain(explain::Args),
    Progress(progress::Args),
    Events(events::Args),
    Subscriptions(subscriptions::Args),
    Evidence(evidence::Args),
}

/// How a command that had an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// All is well: exit code 0.
    Good,
    /// The answer holds a no: exit code 1.
    Bad,
}

/// Why a command has no answer: printed on standard error, exit code 1.
#[derive(Debug)]
pub(crate) enum Failure {
    /// One or several sentences that say what to do.
    Message(String),
    /// Reading or writing failed.
    Io(io::Error),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let stdout = io::stdout();
    let mut output = Output::new(stdout.lock(), cli.output);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    exit_code(match runtime {
        Ok(runtime) => runtime.block_on(run(&cli, &mut output)),
        Err(error) => Err(error.into()),
    })
}

/// The commands. Those that ask a gateway connect first.
async fn run<W: Write>(cli: &Cli, output: &mut Output<W>) -> Result<Ending, Failure> {
    let gateway = &cli.gateway;
    match &cli.command {
        Command::Check(args) => check::run(args, today(), output),
        Command::Due(args) => due::run(args, output),
        Command::Departments(args) => {
            departments::run(args, &gateway.connect().await?, output).await
        }
        Command::Conform(args) => conform::run(args, gateway, output).await,
        Command::Endpoints(args) => endpoints::run(args, &gateway.connect().await?, output).await,
        Command::Systems(args) => systems::run(args, gateway, output).await,
        Command::Credentials(args) => credentials::run(args, gateway, output).await,
        Command::Interfaces(args) => interfaces::run(args, &gateway.connect().await?, output).await,
        Command::Catalogue(args) => catalogue::run(args, gateway, output).await,
        Command::Applications(args) => {
            applications::run(args, &gateway.connect().await?, output).await
        }
        Command::Grants(args) => grants::run(args, &gateway.connect().await?, output).await,
        Command::Corrections(args) => {
            corrections::run(args, &gateway.connect().await?, output).await
        }
        Command::Clocks(args) => clocks::run(args, &gateway.connect().await?, output).await,
        Command::Demands(args) => demands::run(args, &gateway.connect().await?, output).await,
        Command::UseRecords(args) => {
            use_records::run(args, &gateway.connect().await?, output).await
        }
        Command::Disputes(args) => disputes::run(args, &gateway.connect().await?, output).await,
        Command::Complaints(args) => complaints::run(args, &gateway.connect().await?, output).await,
        Command::WorkItems(args) => work_items::run(args, &gateway.connect().await?, output).await,
        Command::Certificates(args) => certificates::run(args, gateway, today(), output).await,
        Command::Lookup(args) => lookup::run(args, &gateway.connect().await?, output).await,
        Command::LookupBatch(args) => batch::run(args, &gateway.connect().await?, output).await,
        Command::CertificateFile(args) => {
            file_links::run(args, &gateway.connect().await?, output).await
        }
        Command::Verify(args) => verify::run(args, &gateway.connect().await?, output).await,
        Command::Needs(args) => needs::run(args, &gateway.connect().await?, output).await,
        Command::UseCodes(args) => use_codes::run(args, &gateway.connect().await?, output).await,
        Command::Rows(args) => rows::run(args, &gateway.connect().await?, output).await,
        Command::Files(args) => files::run(args, gateway, output).await,
        Command::Explain(args) => explain::run(args, &gateway.connect().await?, output).await,
        Command::Progress(args) => progress::run(args, &gateway.connect().await?, output).await,
        Command::Events(args) => events::run(args, gateway, output).await,
        Command::Subscriptions(args) => {
            subscriptions::run(args, &gateway.connect().await?, output).await
        }
        Command::Evidence(args) => evidence::run(args, gateway, output).await,
    }
}

fn exit_code(ended: Result<Ending, Failure>) -> ExitCode {
    let message = match ended {
        Ok(Ending::Good) => return ExitCode::SUCCESS,
        Ok(Ending::Bad) => return ExitCode::FAILURE,
        // The reader has seen enough, as in `shuqiaoctl … | head`: nothing went wrong.
        Err(Failure::Io(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            return ExitCode::SUCCESS;
        }
        Err(Failure::Io(error)) => format!("cannot read or write: {error}"),
        Err(Failure::Message(message)) => message,
    };
    // Where even standard error is closed, the exit code alone must do.
    let _ = writeln!(io::stderr(), "error: {message}");
    ExitCode::FAILURE
}

/// The present moment.
#[expect(
    clippy::disallowed_methods,
    reason = "the edge: commands take the moment as a parameter"
)]
fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

/// Today's date in China, which has had one time zone without summer time since 1992.
fn today() -> Date {
    now().to_zoned(TimeZone::fixed(tz::offset(8))).date()
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }
}
