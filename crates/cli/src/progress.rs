//! `shuqiaoctl progress`: how far has each bureau come, and what proves it?

use std::io::Write;

use api::compliance::v1::plan_service_client::PlanServiceClient;
use api::compliance::v1::{DepartmentProgress, Fact, GetProgressRequest, Progress, SystemProgress};

use crate::connection::Connection;
use crate::output::{Format, Output, Table};
use crate::{Ending, Failure};

/// Show the progress board of a plan, as computed from what really happened.
///
/// A system is connected when it is registered, has published a resource, answers its probes and
/// has exchanged data with another department's system. `--systems` shows, for each system, the
/// ledger entry that proves each of these.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The plan.
    #[arg(value_name = "plans/ID", default_value = "plans/2022")]
    plan: String,

    /// One row a system, with the entries that prove its facts.
    #[arg(long)]
    systems: bool,
}

/// Runs the command.
pub(crate) async fn run<W: Write>(
    args: &Args,
    connection: &Connection,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    let request = GetProgressRequest {
        name: args.plan.clone(),
    };
    let board = PlanServiceClient::new(connection.channel.clone())
        .get_progress(connection.ask(request))
        .await?
        .into_inner();
    match (output.format(), args.systems) {
        (Format::Json, _) => output.json(&json(&board))?,
        (Format::Table, true) => output.table(&systems(&board))?,
        (Format::Table, false) => output.table(&departments(&board))?,
    }
    Ok(Ending::Good)
}

fn departments(board: &Progress) -> Table<5> {
    let mut table = Table::new(["DEPARTMENT", "NAME", "SYSTEMS", "CONNECTED", "PERCENT"]);
    for row in &board.departments {
        table.push([
            row.department.clone(),
            row.short_name.clone(),
            row.system_count.to_string(),
            row.connected_count.to_string(),
            row.percent
                .map_or("n/a".to_owned(), |percent| format!("{percent} %")),
        ]);
    }
    table
}

fn systems(board: &Progress) -> Table<8> {
    let mut table = Table::new([
        "SYSTEM",
        "NAME",
        "REGISTERED",
        "PUBLISHED",
        "CONFORMED",
        "ANSWERING",
        "EXCHANGED",
        "CONNECTED",
    ]);
    let entry = |system: &SystemProgress, key: &str| {
        let fact = system.facts.iter().find(|fact| fact.key == key);
        fact.and_then(|fact| fact.entry_index)
            .map_or("-".to_owned(), |index| format!("#{index}"))
    };
    for system in board
        .departments
        .iter()
        .flat_map(|department| &department.systems)
    {
        let connected = match (system.counted, system.connected) {
            (false, _) => "not counted",
            (true, true) => "yes",
            (true, false) => "no",
        };
        table.push([
            system.system.clone(),
            system.display_name.clone(),
            entry(system, "registered"),
            entry(system, "published"),
            entry(system, "conformed"),
            entry(system, "answering"),
            entry(system, "exchanged"),
            connected.to_owned(),
        ]);
    }
    table
}

fn json(board: &Progress) -> serde_json::Value {
    let fact = |fact: &Fact| (fact.key.clone(), fact.entry_index.into());
    let system = |system: &SystemProgress| {
        serde_json::json!({
            "system": system.system,
            "display_name": system.display_name,
            "counted": system.counted,
            "connected": system.connected,
            "facts": system.facts.iter().map(fact).collect::<serde_json::Map<_, _>>(),
        })
    };
    let department = |department: &DepartmentProgress| {
        serde_json::json!({
            "department": department.department,
            "short_name": department.short_name,
            "system_count": department.system_count,
            "connected_count": department.connected_count,
            "percent": department.percent,
            "systems": department.systems.iter().map(system).collect::<Vec<_>>(),
        })
    };
    serde_json::json!({
        "plan": board.plan,
        "system_count": board.system_count,
        "connected_count": board.connected_count,
        "departments": board.departments.iter().map(department).collect::<Vec<_>>(),
    })
}
