//! `shuqiaoctl applications`: apply for data, and answer who applies.

mod act;
mod print;
mod write;

use std::io::Write;

use api::sharing::v1 as pb;
use api::sharing::v1::application_service_client::ApplicationServiceClient;

use crate::connection::{Connection, PAGE, all_pages, new_request_id};
use crate::output::{Format, Output, Table, word};
use crate::{Ending, Failure};

/// Apply for data of others, and answer who applies for yours.
///
/// The way of an application: write it, sign-off by a second person of your department, submit it; the provider approves
/// (two people), offers less, asks once for material, or refuses on a ground of the law. `show` says what is legal next.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

/// Which application, and in which state it is expected.
#[derive(clap::Args)]
pub(super) struct Which {
    /// The application.
    #[arg(value_name = "applications/UUID")]
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
    /// List the applications that you may see. Exit code 1 when an answer is overdue.
    List {
        /// Only those in this state, such as submitted or offered.
        #[arg(long, value_name = "STATE", default_value = "")]
        state: String,
    },
    /// Show an application with its history, and what is legal next. Exit code 1 when its answer is overdue.
    Show {
        /// The application.
        #[arg(value_name = "applications/UUID")]
        name: String,
    },
    /// List the grounds on which an application may be declined today.
    Grounds,
    Write(write::Write),
    Update(write::Update),
    #[command(flatten)]
    Act(act::Act),
}

pub(super) type Client = ApplicationServiceClient<tonic::transport::Channel>;

/// Runs the command.
pub(crate) async fn run<W: Write>(
    args: &Args,
    connection: &Connection,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    let mut client = Client::new(connection.channel.clone());
    let (application, grant) = match &args.command {
        Command::List { state } => return list(&mut client, connection, state, output).await,
        Command::Grounds => return grounds(&mut client, connection, output).await,
        Command::Show { name } => {
            let request = pb::GetApplicationRequest { name: name.clone() };
            let found = client.get_application(connection.ask(request)).await?;
            (found.into_inner(), None)
        }
        Command::Write(write) => (write.run(&mut client, connection).await?, None),
        Command::Update(update) => (update.run(&mut client, connection).await?, None),
        Command::Act(act) => act.run(&mut client, connection).await?,
    };
    print::application(&application, grant.as_ref(), output)?;
    let is_shown = matches!(args.command, Command::Show { .. });
    Ok(if is_shown && application.overdue {
        Ending::Bad
    } else {
        Ending::Good
    })
}

impl Which {
    fn request_id(&self) -> String {
        self.request_id.clone().unwrap_or_else(new_request_id)
    }
}

async fn list<W: Write>(
    client: &mut Client,
    connection: &Connection,
    state: &str,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    let found = all_pages(async |page_token| {
        let request = pb::ListApplicationsRequest {
            page_size: PAGE,
            page_token,
        };
        let page = client.list_applications(connection.ask(request)).await?;
        let page = page.into_inner();
        Ok((page.applications, page.next_page_token))
    })
    .await?;
    let state_of = |one: &pb::Application| word(one.state().as_str_name(), "STATE_");
    let found = found.into_iter();
    let found: Vec<_> = found
        .filter(|one| state.is_empty() || state_of(one) == state)
        .collect();
    let mut table = Table::new([
        "APPLICATION",
        "STATE",
        "CONSUMER",
        "RESOURCE",
        "DUE",
        "",
        "RULE",
    ]);
    for one in &found {
        match output.format() {
            Format::Json => output.json(&print::json(one))?,
            Format::Table => table.push([
                one.name.clone(),
                state_of(one),
                one.consumer.clone(),
                one.resource.clone(),
                one.due_date.clone(),
                print::clock_word(one).to_owned(),
                one.due_rule.clone(),
            ]),
        }
    }
    output.table(&table)?;
    Ok(if found.iter().any(|one| one.overdue) {
        Ending::Bad
    } else {
        Ending::Good
    })
}

async fn grounds<W: Write>(
    client: &mut Client,
    connection: &Connection,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    let request = pb::ListRefusalGroundsRequest {};
    let found = client.list_refusal_grounds(connection.ask(request)).await?;
    let mut table = Table::new(["GROUND", "SAYS", "ARTICLE", "SOURCE", ""]);
    for ground in found.into_inner().grounds {
        match output.format() {
            Format::Json => output.json(&serde_json::json!({
                "id": ground.id,
                "title": ground.title,
                "article": ground.article,
                "source": ground.source,
                "assumed": ground.assumed,
                "cites": ground.cites,
                "unsupplied": ground.unsupplied,
            }))?,
            Format::Table => table.push([
                ground.id,
                ground.title,
                ground.article,
                ground.source,
                if ground.assumed { "assumed" } else { "" }.to_owned(),
            ]),
        }
    }
    output.table(&table)?;
    Ok(Ending::Good)
}
