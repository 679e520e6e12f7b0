//! `shuqiaoctl duties`: what waits for whom?

use std::io::Write;

use api::catalogue::v1::duty_service_client::DutyServiceClient;
use api::catalogue::v1::{Duty, ListDutiesRequest};

use crate::connection::{Connection, PAGE, all_pages};
use crate::output::{Format, Output, Table, word};
use crate::{Ending, Failure};

/// List what waits for your department: reviews, corrections, changes to take note of, demands and applications to answer,
/// entries that you use and that stop. The earliest last day comes first.
///
/// Exit code 1 when something is overdue.
///
/// Example: shuqiaoctl duties --overdue
#[derive(clap::Args)]
pub(crate) struct Args {
    /// List what waits for one department alone.
    #[arg(long, value_name = "departments/CODE", default_value = "")]
    department: String,

    /// List what is overdue alone.
    #[arg(long)]
    overdue: bool,
}

/// Runs the command.
pub(crate) async fn run<W: Write>(
    args: &Args,
    connection: &Connection,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    let mut client = DutyServiceClient::new(connection.channel.clone());
    let duties = all_pages(async |page_token| {
        let request = ListDutiesRequest {
            department: args.department.clone(),
            overdue_only: args.overdue,
            page_size: PAGE,
            page_token,
        };
        let page = client.list_duties(connection.ask(request)).await?;
        let page = page.into_inner();
        Ok((page.duties, page.next_page_token))
    })
    .await?;
    let mut table = Table::new([
        "DUE",
        "",
        "ABOUT",
        "TITLE",
        "DEPARTMENT",
        "WHAT TO DO",
        "RULE",
    ]);
    for duty in &duties {
        match output.format() {
            Format::Json => output.json(&json(duty))?,
            Format::Table => table.push(row(duty)),
        }
    }
    output.table(&table)?;
    Ok(if duties.iter().any(|duty| duty.overdue) {
        Ending::Bad
    } else {
        Ending::Good
    })
}

fn row(duty: &Duty) -> [String; 7] {
    let or_none = |text: &str| if text.is_empty() { "-" } else { text }.to_owned();
    [
        or_none(&duty.due_date),
        if duty.overdue { "overdue" } else { "" }.to_owned(),
        duty.about.clone(),
        duty.title.clone(),
        duty.department.clone(),
        duty.what.clone(),
        or_none(&duty.rule),
    ]
}

fn json(duty: &Duty) -> serde_json::Value {
    serde_json::json!({
        "kind": word(duty.kind().as_str_name(), "KIND_"),
        "about": duty.about,
        "title": duty.title,
        "department": duty.department,
        "due_date": duty.due_date,
        "overdue": duty.overdue,
        "rule": duty.rule,
        "what": duty.what,
    })
}
