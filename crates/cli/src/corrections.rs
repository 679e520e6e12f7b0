//! `shuqiaoctl corrections`: dispute a record, and say what came of it.

mod print;
mod raise;

use std::io::Write;

use api::sharing::v1 as pb;
use api::sharing::v1::close_correction_request::Result as Closing;
use api::sharing::v1::correction_service_client::CorrectionServiceClient;

use crate::connection::{Connection, PAGE, all_pages, new_request_id};
use crate::output::{Format, Output, Table};
use crate::{Ending, Failure};

use raise::{Raise, raised, said};

pub(crate) use print::{dispute, disputes};

/// Dispute records of other departments, and answer for your own (校核).
///
/// From the moment at which a correction is raised until it is closed, every answer that holds the record is marked as
/// disputed, whoever asks; who serves a citizen with paper proof goes on serving them. The provider has ten working days.
/// Which record it is and what is said of it is told to both sides alone.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    Raise(Raise),
    /// Take a correction up (受理): the provider.
    ///
    /// Example: shuqiaoctl corrections accept corrections/0191f7a2-5b7e-7c3a-9d53-0c8f5e2b7a11
    Accept {
        /// The correction.
        #[arg(value_name = "corrections/UUID")]
        name: String,
    },
    /// Say what came of it: the provider. The record is disputed no more.
    ///
    /// Example: echo 与档案一致 | shuqiaoctl corrections close corrections/0191f7a2-5b7e-7c3a-9d53-0c8f5e2b7a11
    /// --confirmed --answer -
    Close(Close),
    /// Take a correction back: who raised it.
    ///
    /// Example: shuqiaoctl corrections withdraw corrections/0191f7a2-5b7e-7c3a-9d53-0c8f5e2b7a11
    Withdraw {
        /// The correction.
        #[arg(value_name = "corrections/UUID")]
        name: String,
        /// Why: a file, or - for standard input.
        #[arg(long, value_name = "FILE")]
        reason: Option<String>,
    },
    /// List the corrections that you may see. Exit code 1 when one of them is overdue.
    ///
    /// Example: shuqiaoctl corrections list --open
    List(List),
    /// Show a correction. Exit code 1 when its answer is overdue.
    ///
    /// Example: shuqiaoctl corrections show corrections/0191f7a2-5b7e-7c3a-9d53-0c8f5e2b7a11
    Show {
        /// The correction.
        #[arg(value_name = "corrections/UUID")]
        name: String,
    },
}

#[derive(clap::Args)]
#[group(id = "closing", required = true, multiple = false)]
struct CameOfIt {
    /// The data was wrong and is corrected.
    #[arg(long, group = "closing")]
    corrected: bool,

    /// The data is right; --answer says why.
    #[arg(long, group = "closing", requires = "answer")]
    confirmed: bool,
}

#[derive(clap::Args)]
struct Close {
    /// The correction.
    #[arg(value_name = "corrections/UUID")]
    name: String,

    #[command(flatten)]
    result: CameOfIt,

    /// What was found: a file, or - for standard input.
    #[arg(long, value_name = "FILE")]
    answer: Option<String>,
}

#[derive(clap::Args)]
struct List {
    /// Only those of this entry.
    #[arg(long, value_name = "resources/CODE", default_value = "")]
    resource: String,

    /// Only those of this system.
    #[arg(long, value_name = "systems/ID", default_value = "")]
    consumer: String,

    /// Only those of which the record is disputed still.
    #[arg(long)]
    open: bool,
}

type Client = CorrectionServiceClient<tonic::transport::Channel>;

/// Runs the command.
pub(crate) async fn run<W: Write>(
    args: &Args,
    connection: &Connection,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    let mut client = Client::new(connection.channel.clone());
    if let Command::List(list) = &args.command {
        return listed(list, &mut client, connection, output).await;
    }
    let correction = answered(&args.command, &mut client, connection).await?;
    match output.format() {
        Format::Json => output.json(&print::json(&correction))?,
        Format::Table => output.fields(&print::fields(&correction))?,
    }
    Ok(ending(correction.overdue))
}

fn ending(overdue: bool) -> Ending {
    if overdue { Ending::Bad } else { Ending::Good }
}

async fn listed<W: Write>(
    list: &List,
    client: &mut Client,
    connection: &Connection,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    let corrections = all_pages(async |page_token| {
        let request = pb::ListCorrectionsRequest {
            page_size: PAGE,
            page_token,
            resource: list.resource.clone(),
            consumer: list.consumer.clone(),
            open_only: list.open,
        };
        let page = client.list_corrections(connection.ask(request)).await?;
        let page = page.into_inner();
        Ok((page.corrections, page.next_page_token))
    })
    .await?;
    let mut table = Table::new(print::HEADING);
    for correction in &corrections {
        match output.format() {
            Format::Json => output.json(&print::json(correction))?,
            Format::Table => table.push(print::row(correction)),
        }
    }
    output.table(&table)?;
    Ok(ending(corrections.iter().any(|one| one.overdue)))
}

async fn answered(
    command: &Command,
    client: &mut Client,
    connection: &Connection,
) -> Result<pb::Correction, Failure> {
    let (request_id, etag) = (new_request_id(), String::new());
    let answered = match command {
        Command::Raise(raise) => {
            let request = raised(raise)?;
            client.raise_correction(connection.ask(request)).await?
        }
        Command::Accept { name } => {
            let request = pb::AcceptCorrectionRequest {
                name: name.clone(),
                request_id,
                etag,
            };
            client.accept_correction(connection.ask(request)).await?
        }
        Command::Close(close) => {
            let result = if close.result.corrected {
                Closing::Corrected
            } else {
                Closing::Confirmed
            };
            let request = pb::CloseCorrectionRequest {
                name: close.name.clone(),
                result: result.into(),
                answer: said(close.answer.as_deref())?,
                request_id,
                etag,
            };
            client.close_correction(connection.ask(request)).await?
        }
        Command::Withdraw { name, reason } => {
            let request = pb::WithdrawCorrectionRequest {
                name: name.clone(),
                reason: said(reason.as_deref())?,
                request_id,
                etag,
            };
            client.withdraw_correction(connection.ask(request)).await?
        }
        Command::Show { name } => {
            let request = pb::GetCorrectionRequest { name: name.clone() };
            client.get_correction(connection.ask(request)).await?
        }
        Command::List(_) => {
            return Err(Failure::Message(
                "this is no step of a correction".to_owned(),
            ));
        }
    };
    Ok(answered.into_inner())
}
