//! `shuqiaoctl systems`: what systems are registered, and the inventory as a sheet in both directions.

mod assets;
mod columns;
mod export;
mod import;
mod row;
mod steps;

use std::io::Write;

use api::registry::v1::system_service_client::SystemServiceClient;
use api::registry::v1::{ListSystemsRequest, ResumeSystemRequest, SuspendSystemRequest, System};

use crate::connection::{Connection, Options, PAGE, all_pages, new_request_id};
use crate::output::{Format, Output, Table, word};
use crate::{Ending, Failure, sheets};

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
    /// Take in a whole inventory sheet: all rows, or none and every fault of every row.
    ///
    /// Titles stand in any order, in one to three lines; those that bureaux use are known. Everything is checked
    /// first, here and by the gateway, and nothing is stored while there is a fault. A system without an id is
    /// looked for by owner and name; columns that the sheet does not have stay as they are. The exit code is 0 when
    /// there is no fault.
    ///
    /// Example: shuqiaoctl systems import inventory.xlsx --document 系统底数清单 --result inventory-checked.xlsx
    Import(import::Args),
    /// Write the systems in service as the sheet that `import` reads; imported again it changes nothing.
    ///
    /// Example: shuqiaoctl systems export --department departments/11430500XY00001437 --out inventory.xlsx
    Export(sheets::Export),
    /// Write an empty sheet to fill in, with drop-downs, notes and an explanation. Asks no gateway.
    ///
    /// Example: shuqiaoctl systems template --out inventory.xlsx
    Template(sheets::Template),
    /// Stop a system from calling and from being called, at once and on every gateway. Role: operator.
    ///
    /// Example: shuqiaoctl systems suspend systems/marriage-registry --reason 安全事件处置
    Suspend {
        /// The system.
        #[arg(value_name = "systems/ID")]
        name: String,
        /// Why; it stands in the register and in the ledger.
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// End a suspension. Role: operator.
    ///
    /// Example: shuqiaoctl systems resume systems/marriage-registry
    Resume {
        /// The system.
        #[arg(value_name = "systems/ID")]
        name: String,
    },
    /// List machine rooms and other assets that were taken out of use with systems, with their numbers and documents.
    ///
    /// Example: shuqiaoctl systems assets --department departments/11430500XY00001437
    Assets {
        /// Only of systems of this department.
        #[arg(long, value_name = "departments/CODE", default_value = "")]
        department: String,
    },
    #[command(flatten)]
    Steps(steps::Command),
}

/// Runs the command.
pub(crate) async fn run<W: Write>(
    args: &Args,
    gateway: &Options,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    match &args.command {
        Command::List { department } => list(department, &gateway.connect().await?, output).await,
        Command::Import(args) => import::run(args, &gateway.connect().await?, output).await,
        Command::Export(args) => export::run(args, &gateway.connect().await?, output).await,
        Command::Template(args) => export::template(args, output),
        Command::Suspend { name, reason } => {
            let connection = gateway.connect().await?;
            let request = SuspendSystemRequest {
                name: name.clone(),
                reason: reason.clone(),
                request_id: new_request_id(),
            };
            let mut client = SystemServiceClient::new(connection.channel.clone());
            let answer = client.suspend_system(connection.ask(request)).await?;
            show(&[answer.into_inner()], output)
        }
        Command::Resume { name } => {
            let connection = gateway.connect().await?;
            let request = ResumeSystemRequest {
                name: name.clone(),
                request_id: new_request_id(),
            };
            let mut client = SystemServiceClient::new(connection.channel.clone());
            let answer = client.resume_system(connection.ask(request)).await?;
            show(&[answer.into_inner()], output)
        }
        Command::Assets { department } => {
            assets::list(department, &gateway.connect().await?, output).await
        }
        Command::Steps(step) => steps::run(step, &gateway.connect().await?, output).await,
    }
}

async fn list<W: Write>(
    department: &str,
    connection: &Connection,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    show(&all(connection, department).await?, output)
}

fn show<W: Write>(systems: &[System], output: &mut Output<W>) -> Result<Ending, Failure> {
    let mut table = Table::new([
        "SYSTEM",
        "NAME",
        "DEPARTMENT",
        "SELF-BUILT",
        "ZONE",
        "HOSTING",
        "STATE",
    ]);
    for system in systems {
        match output.format() {
            Format::Json => output.json(&json(system))?,
            Format::Table => table.push(listed(system)),
        }
    }
    output.table(&table)?;
    Ok(Ending::Good)
}

/// All systems of a department, or of all when none is named.
pub(crate) async fn all(connection: &Connection, department: &str) -> Result<Vec<System>, Failure> {
    let mut client = SystemServiceClient::new(connection.channel.clone());
    all_pages(async |page_token| {
        let request = ListSystemsRequest {
            page_size: PAGE,
            page_token,
            department: department.to_owned(),
        };
        let page = client.list_systems(connection.ask(request)).await?;
        let page = page.into_inner();
        Ok((page.systems, page.next_page_token))
    })
    .await
}

fn listed(system: &System) -> [String; 7] {
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
        "stage": stage(system),
        "etag": system.etag,
    })
}

fn state(system: &System) -> String {
    word(system.state().as_str_name(), "STATE_")
}

/// How far it has come in the plan.
fn stage(system: &System) -> String {
    let stage = system.steps.clone().unwrap_or_default().stage();
    word(stage.as_str_name(), "STAGE_").replace('_', "-")
}
