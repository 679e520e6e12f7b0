//! `shuqiaoctl files`: leave files with the gateway and fetch them, going on where a transfer broke off.

mod deliver;
mod drop;
mod folder;
mod get;
mod local;
mod put;

use std::io::Write;
use std::time::Duration;

use api::exchange::v1::file::State;
use api::exchange::v1::file_service_client::FileServiceClient;
use api::exchange::v1::{DeleteFileRequest, File, GetFileRequest, ListFilesRequest};
use serde_json::{Value, json};
use tonic::Status;
use tonic::transport::Channel;

use crate::connection::{Connection, Options, new_request_id};
use crate::output::{Format, Output, Table};
use crate::{Ending, Failure};

/// For one transfer; a longer one goes on with the next.
const DEADLINE: Duration = Duration::from_mins(1);
/// Transfers that may bring nothing, one after the other, before we give up.
const IN_VAIN: u32 = 3;

/// Leave files of a resource with the gateway, and fetch them under a grant.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    Put(put::Args),
    Drop(drop::Args),
    List(List),
    Get(get::Args),
    Delete(Delete),
}

/// List the files of a resource that you may see, the oldest first.
#[derive(clap::Args)]
struct List {
    /// The resource, resources/CODE; all if left out.
    #[arg(default_value = "")]
    resource: String,
}

/// Take a file back: nobody sees it any more, its bytes are removed, an entry proves it.
#[derive(clap::Args)]
struct Delete {
    /// The file, files/UUID.
    file: String,

    /// A UUID, the same again for a retry; a new one if left out.
    #[arg(long, value_name = "UUID")]
    request_id: Option<String>,
}

/// Runs the command.
pub(crate) async fn run<W: Write>(
    args: &Args,
    gateway: &Options,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    match &args.command {
        // It goes on for days, and connects anew at each round.
        Command::Drop(args) => drop::run(args, gateway, output).await,
        Command::Put(args) => put::run(args, &gateway.connect().await?, output).await,
        Command::List(args) => list(args, &gateway.connect().await?, output).await,
        Command::Get(args) => get::run(args, &gateway.connect().await?, output).await,
        Command::Delete(args) => delete(args, &gateway.connect().await?, output).await,
    }
}

async fn list<W: Write>(
    args: &List,
    connection: &Connection,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    let mut request = ListFilesRequest {
        resource: args.resource.clone(),
        ..ListFilesRequest::default()
    };
    let mut table = Table::new(["FILE", "STATE", "BYTES", "RECEIVED", "KEPT UNTIL", "NAME"]);
    loop {
        let asked = connection.ask(request.clone());
        let page = client(connection).list_files(asked).await?.into_inner();
        for file in page.files {
            if output.format() == Format::Json {
                output.json(&file_json(&file))?;
            } else {
                let state = state(&file).to_owned();
                let (size, received) = (file.size.to_string(), file.received_size.to_string());
                let File {
                    name,
                    retention_date,
                    display_name,
                    ..
                } = file;
                table.push([name, state, size, received, retention_date, display_name]);
            }
        }
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    output.table(&table)?;
    Ok(Ending::Good)
}

async fn delete<W: Write>(
    args: &Delete,
    connection: &Connection,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    let request = DeleteFileRequest {
        name: args.file.clone(),
        request_id: args.request_id.clone().unwrap_or_else(new_request_id),
        etag: String::new(),
    };
    let asked = connection.ask(request);
    let file = client(connection).delete_file(asked).await?.into_inner();
    show(&file, output)?;
    Ok(Ending::Good)
}

fn client(connection: &Connection) -> FileServiceClient<Channel> {
    FileServiceClient::new(connection.channel.clone())
}

/// What the gateway knows of a file.
async fn look(connection: &Connection, name: &str) -> Result<File, Failure> {
    Ok(look_at(connection, name).await?)
}

/// The same, with what the gateway says where it says no.
async fn look_at(connection: &Connection, name: &str) -> Result<File, Status> {
    let request = GetFileRequest {
        name: name.to_owned(),
    };
    let asked = connection.ask(request);
    Ok(client(connection).get_file(asked).await?.into_inner())
}

/// Whether a transfer that ended so may go on: the time was up, or the line broke. What the gateway
/// refuses it refuses again.
fn goes_on(status: &Status) -> bool {
    use tonic::Code;
    // Without a reason it did not come from the gateway.
    let broke = tonic_types::StatusExt::get_error_details(status)
        .error_info()
        .is_none();
    broke || matches!(status.code(), Code::DeadlineExceeded | Code::Unavailable)
}

fn show<W: Write>(file: &File, output: &mut Output<W>) -> Result<(), Failure> {
    if output.format() == Format::Json {
        return Ok(output.json(&file_json(file))?);
    }
    let mut fields = vec![
        ("file", file.name.clone()),
        ("name", file.display_name.clone()),
        ("state", state(file).to_owned()),
        ("bytes", format!("{} of {}", file.received_size, file.size)),
    ];
    if !file.sha256.is_empty() {
        fields.push(("sha256", file.sha256.clone()));
        fields.push(("sm3", file.sm3.clone()));
    }
    fields.push(("kept until", file.retention_date.clone()));
    fields.push(("entry", format!("#{}", file.entry_index)));
    Ok(output.fields(&fields)?)
}

fn file_json(file: &File) -> Value {
    json!({
        "name": file.name,
        "resource": file.resource,
        "display_name": file.display_name,
        "content_type": file.content_type,
        "size": file.size,
        "received_size": file.received_size,
        "items": file.items,
        "sha256": file.sha256,
        "sm3": file.sm3,
        "retention_date": file.retention_date,
        "retention_assumed": file.retention_assumed,
        "state": state(file),
        "entry_index": file.entry_index,
    })
}

fn state(file: &File) -> &'static str {
    match file.state() {
        State::Receiving => "receiving",
        State::Visible => "visible",
        State::Deleting => "deleting",
        State::Deleted => "deleted",
        State::Unspecified => "unknown",
    }
}
