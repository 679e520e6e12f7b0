//! `shuqiaoctl progress`: how far has each bureau come, and what proves it?

use std::io::Write;

use api::compliance::v1::plan_service_client::PlanServiceClient;
use api::compliance::v1::{
    DepartmentProgress, Fact, GetProgressRequest, Progress, StageCount, SystemProgress,
};

use crate::connection::Connection;
use crate::output::{Format, Output, Table};
use crate::{Ending, Failure};

/// Show the progress board of a plan, as computed from what really happened.
///
/// A system is connected when it is registered, has published a resource, passed the conformance kit, answers
/// its probes and has exchanged data with another department's system. `--systems` shows, for each system, the
/// ledger entry that proves each of these. ROOMS and ASSETS are the machine rooms and other assets that bureaux
/// stated as taken out of use with their systems.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The plan.
    #[arg(value_name = "plans/ID", default_value = "plans/2022")]
    plan: String,

    /// One row a system, with the entries that prove its facts.
    #[arg(long)]
    systems: bool,

    /// How many counted systems of each department stand at each stage of the plan. A system that is suspended keeps its
    /// stage and counts as connected in none of the other tables.
    #[arg(long, conflicts_with = "systems")]
    stages: bool,
}

/// The stages, as the gateway names them and as the table does.
const STAGES: [(&str, &str); 7] = [
    ("inventoried", "INVENTORIED"),
    ("disposed", "DISPOSED"),
    ("catalogued", "CATALOGUED"),
    ("on-cloud", "ON-CLOUD"),
    ("connected", "CONNECTED"),
    ("sharing", "SHARING"),
    ("accepted", "ACCEPTED"),
];
/// The row of the whole city.
const ALL: &str = "all";

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
    match (output.format(), args.systems, args.stages) {
        (Format::Json, _, _) => output.json(&json(&board))?,
        (Format::Table, true, _) => output.table(&systems(&board))?,
        (Format::Table, false, true) => output.table(&stages(&board))?,
        (Format::Table, false, false) => output.table(&departments(&board))?,
    }
    Ok(Ending::Good)
}

fn departments(board: &Progress) -> Table<7> {
    let mut table = Table::new([
        "DEPARTMENT",
        "NAME",
        "SYSTEMS",
        "CONNECTED",
        "PERCENT",
        "ROOMS",
        "ASSETS",
    ]);
    let percent =
        |percent: Option<i32>| percent.map_or("n/a".to_owned(), |percent| format!("{percent} %"));
    for row in &board.departments {
        table.push([
            row.department.clone(),
            row.short_name.clone(),
            row.system_count.to_string(),
            row.connected_count.to_string(),
            percent(row.percent),
            row.machine_room_count.to_string(),
            row.other_asset_count.to_string(),
        ]);
    }
    if !board.departments.is_empty() {
        let hundredfold = i64::from(board.connected_count) * 100;
        let share = hundredfold.checked_div(board.system_count.into());
        table.push([
            ALL.to_owned(),
            String::new(),
            board.system_count.to_string(),
            board.connected_count.to_string(),
            percent(share.and_then(|share| i32::try_from(share).ok())),
            board.machine_room_count.to_string(),
            board.other_asset_count.to_string(),
        ]);
    }
    table
}

fn stages(board: &Progress) -> Table<8> {
    let [one, two, three, four, five, six, seven] = STAGES.map(|(_, title)| title);
    let mut table = Table::new(["NAME", one, two, three, four, five, six, seven]);
    let mut push = |name: &str, stages: &[StageCount]| {
        let at = |(key, _): (&str, &str)| {
            let found = stages.iter().find(|count| count.stage == key);
            found.map_or(0, |count| count.system_count).to_string()
        };
        let [one, two, three, four, five, six, seven] = STAGES.map(at);
        table.push([name.to_owned(), one, two, three, four, five, six, seven]);
    };
    for row in &board.departments {
        push(&row.short_name, &row.stages);
    }
    if !board.departments.is_empty() {
        push(ALL, &board.stages);
    }
    table
}

fn systems(board: &Progress) -> Table<9> {
    let mut table = Table::new([
        "SYSTEM",
        "NAME",
        "STAGE",
        "REGISTERED",
        "PUBLISHED",
        "CONFORMED",
        "ANSWERING",
        "EXCHANGED",
        "CONNECTED",
    ]);
    let entry = |system: &SystemProgress, key: &str| {
        let fact = system.facts.iter().find(|fact| fact.key == key);
        let proof = fact.and_then(|fact| Some((fact.entry_index?, fact.agreed)));
        proof.map_or("-".to_owned(), |(index, agreed)| {
            let ground = if agreed { " (nothing to share)" } else { "" };
            format!("#{index}{ground}")
        })
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
            system.stage.clone(),
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
    let stages = |stages: &[StageCount]| {
        let counts = stages.iter();
        let counts = counts.map(|count| (count.stage.clone(), count.system_count.into()));
        serde_json::Value::Object(counts.collect())
    };
    let system = |system: &SystemProgress| {
        serde_json::json!({
            "system": system.system,
            "display_name": system.display_name,
            "counted": system.counted,
            "connected": system.connected,
            "stage": system.stage,
            "machine_room_count": system.machine_room_count,
            "other_asset_count": system.other_asset_count,
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
            "stages": stages(&department.stages),
            "machine_room_count": department.machine_room_count,
            "other_asset_count": department.other_asset_count,
            "systems": department.systems.iter().map(system).collect::<Vec<_>>(),
        })
    };
    serde_json::json!({
        "plan": board.plan,
        "system_count": board.system_count,
        "connected_count": board.connected_count,
        "stages": stages(&board.stages),
        "machine_room_count": board.machine_room_count,
        "other_asset_count": board.other_asset_count,
        "departments": board.departments.iter().map(department).collect::<Vec<_>>(),
    })
}
