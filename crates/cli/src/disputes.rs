//! `shuqiaoctl disputes`: where two departments that share do not agree.

mod act;
mod print;

use std::io::Write;

use api::sharing::v1 as pb;
use api::sharing::v1::dispute_service_client::DisputeServiceClient;

use crate::connection::{Connection, PAGE, all_pages, new_request_id};
use crate::output::{Format, Output, Table, word};
use crate::{Ending, Failure};

/// Disputes (争议) about applications and grants, in three levels (Order 809 art. 28).
///
/// The way of a dispute: a party raises it, both negotiate (propose, accept, decline); once that failed either takes it to
/// the competent department (escalate), whose decision (decide) stands unless one takes it to the people's government in
/// time. `show` says what is legal next.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

/// Which dispute, and in which state it is expected.
#[derive(clap::Args)]
pub(super) struct Which {
    /// The dispute.
    #[arg(value_name = "disputes/UUID")]
    name: String,
    /// Only if nobody changed it since it was read with this etag.
    #[arg(long, value_name = "ETAG", default_value = "")]
    etag: String,
    /// A UUID, the same again for a retry; a new one if left out.
    #[arg(long, value_name = "UUID")]
    request_id: Option<String>,
}

#[derive(clap::Subcommand)]
enum Command {
    /// List the disputes that you may see. Exit code 1 when a step is overdue.
    ///
    /// Example: shuqiaoctl disputes list --state coordinating
    List {
        /// Only those about this application or grant.
        #[arg(long, value_name = "NAME", default_value = "")]
        about: String,
        /// Only those in this state, such as negotiating or coordinating.
        #[arg(long, value_name = "STATE", default_value = "")]
        state: String,
    },
    /// Show a dispute with its proposals and decisions, and what is legal next. Exit code 1 when it is overdue.
    ///
    /// Example: shuqiaoctl disputes show disputes/0191f7a2-5b7e-7c3a-9d53-0c8f5e2b7a11
    Show {
        /// The dispute.
        #[arg(value_name = "disputes/UUID")]
        name: String,
    },
    /// Raise a dispute as an officer of the department that uses or of the one that provides.
    ///
    /// Example: shuqiaoctl disputes raise grants/0191f7a2-5b7e-7c3a-9d53-0c8f5e2b7a11 --statement 数据自三月起未更新
    Raise {
        /// What it is about: an application that was handed over, or a grant.
        #[arg(value_name = "NAME")]
        about: String,
        /// What you say, without any person's data.
        #[arg(long, value_name = "TEXT")]
        statement: String,
        /// A UUID, the same again for a retry; a new one if left out.
        #[arg(long, value_name = "UUID")]
        request_id: Option<String>,
    },
    #[command(flatten)]
    Act(act::Act),
}

pub(super) type Client = DisputeServiceClient<tonic::transport::Channel>;

/// Runs the command.
pub(crate) async fn run<W: Write>(
    args: &Args,
    connection: &Connection,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    let mut client = Client::new(connection.channel.clone());
    let dispute = match &args.command {
        Command::List { about, state } => {
            return list(&mut client, connection, (about, state), output).await;
        }
        Command::Show { name } => {
            let request = pb::GetDisputeRequest { name: name.clone() };
            let found = client.get_dispute(connection.ask(request)).await?;
            found.into_inner()
        }
        Command::Raise {
            about,
            statement,
            request_id,
        } => {
            let dispute = pb::Dispute {
                subject: about.clone(),
                statement: statement.clone(),
                ..pb::Dispute::default()
            };
            let request = pb::CreateDisputeRequest {
                dispute: Some(dispute),
                request_id: request_id.clone().unwrap_or_else(new_request_id),
                validate_only: false,
            };
            let raised = client.create_dispute(connection.ask(request)).await?;
            raised.into_inner()
        }
        Command::Act(act) => act.run(&mut client, connection).await?,
    };
    print::dispute(&dispute, output)?;
    let is_shown = matches!(args.command, Command::Show { .. });
    Ok(ending(is_shown && dispute.overdue))
}

impl Which {
    fn request_id(&self) -> String {
        self.request_id.clone().unwrap_or_else(new_request_id)
    }
}

async fn list<W: Write>(
    client: &mut Client,
    connection: &Connection,
    (about, state): (&str, &str),
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    let states = match state {
        "" => Vec::new(),
        state => {
            let name = format!("STATE_{}", state.to_ascii_uppercase());
            let unknown = || Failure::Message(format!("{state:?} is no state of a dispute"));
            let known = pb::dispute::State::from_str_name(&name).ok_or_else(unknown)?;
            vec![known.into()]
        }
    };
    let found = all_pages(async |page_token| {
        let request = pb::ListDisputesRequest {
            page_size: PAGE,
            page_token,
            subject: about.to_owned(),
            states: states.clone(),
        };
        let page = client.list_disputes(connection.ask(request)).await?;
        let page = page.into_inner();
        Ok((page.disputes, page.next_page_token))
    })
    .await?;
    let mut table = Table::new([
        "DISPUTE",
        "ABOUT",
        "BY",
        "AGAINST",
        "LEVEL",
        "STATE",
        "DUE",
        "WAITS FOR",
    ]);
    for one in &found {
        match output.format() {
            Format::Json => output.json(&print::json(one))?,
            Format::Table => table.push(row(one)),
        }
    }
    output.table(&table)?;
    Ok(ending(found.iter().any(|one| one.overdue)))
}

fn row(one: &pb::Dispute) -> [String; 8] {
    [
        one.name.clone(),
        one.subject.clone(),
        one.department.clone(),
        one.other_department.clone(),
        one.level.to_string(),
        word(one.state().as_str_name(), "STATE_"),
        print::due(one),
        one.waits_for.clone(),
    ]
}

fn ending(is_overdue: bool) -> Ending {
    if is_overdue {
        Ending::Bad
    } else {
        Ending::Good
    }
}
