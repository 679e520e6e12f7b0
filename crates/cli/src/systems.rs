//! `shuqiaoctl systems`: what systems are registered?

use std::io::Write;

use api::registry::v1::system_service_client::SystemServiceClient;
use api::registry::v1::{ListSystemsRequest, System};

use crate::connection::Connection;
use crate::output::{Format, Output, Table};
use crate::{Ending, Failure};

/// Systems of departments.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// List registered systems.
    ///
    /// Example: shuqiaoctl systems list --department departments/11430500XY00001437
    List {
        /// Only systems of this department.
        #[arg(long, value_name = "departments/CODE", default_value = "")]
        department: String,
    },
}

/// Runs the command.
pub(crate) async fn run<W: Write>(
    args: &Args,
    connection: &Connection,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    let Command::List { department } = &args.command;
    let mut table = Table::new([
        "SYSTEM",
        "NAME",
        "DEPARTMENT",
        "SELF-BUILT",
        "ZONE",
        "HOSTING",
        "STATE",
    ]);
    let mut client = SystemServiceClient::new(connection.channel.clone());
    let mut page_token = String::new();
    loop {
        let request = ListSystemsRequest {
            page_size: 0,
            page_token,
            department: department.clone(),
        };
        let page = client
            .list_systems(connection.ask(request))
            .await?
            .into_inner();
        for system in &page.systems {
            match output.format() {
                Format::Json => output.json(&json(system))?,
                Format::Table => table.push(row(system)),
            }
        }
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    output.table(&table)?;
    Ok(Ending::Good)
}

fn row(system: &System) -> [String; 7] {
    [
        system.name.clone(),
        system.display_name.clone(),
        system.department.clone(),
        if system.self_built { "yes" } else { "no" }.to_owned(),
        system.network_zone.clone(),
        system.hosting.clone(),
        state(system),
    ]
}

fn json(system: &System) -> serde_json::Value {
    serde_json::json!({
        "name": system.name,
        "display_name": system.display_name,
        "department": system.department,
        "self_built": system.self_built,
        "network_zone": system.network_zone,
        "hosting": system.hosting,
        "state": state(system),
        "etag": system.etag,
    })
}

fn state(system: &System) -> String {
    system
        .state()
        .as_str_name()
        .trim_start_matches("STATE_")
        .to_ascii_lowercase()
}
