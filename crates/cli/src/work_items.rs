//! `shuqiaoctl work-items`: what waits for whom?

use std::io::Write;

use api::catalogue::v1::work_item_service_client::WorkItemServiceClient;
use api::catalogue::v1::{ListWorkItemsRequest, WorkItem};

use crate::connection::{Connection, PAGE, all_pages};
use crate::lookup::moment;
use crate::output::{Format, Output, Table, word};
use crate::{Ending, Failure};

/// List what waits for your department: reviews, corrections, changes to take note of, demands and applications to answer,
/// entries that you use and that stop. The earliest last day comes first.
///
/// Exit code 1 when something is overdue.
///
/// Example: shuqiaoctl work-items --overdue
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
    let mut client = WorkItemServiceClient::new(connection.channel.clone());
    let items = all_pages(async |page_token| {
        let request = ListWorkItemsRequest {
            department: args.department.clone(),
            overdue_only: args.overdue,
            page_size: PAGE,
            page_token,
        };
        let page = client.list_work_items(connection.ask(request)).await?;
        let page = page.into_inner();
        Ok((page.work_items, page.next_page_token))
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
    for item in &items {
        match output.format() {
            Format::Json => output.json(&json(item))?,
            Format::Table => table.push(row(item)),
        }
    }
    output.table(&table)?;
    Ok(if items.iter().any(|item| item.overdue) {
        Ending::Bad
    } else {
        Ending::Good
    })
}

fn row(item: &WorkItem) -> [String; 7] {
    let or_none = |text: &str| if text.is_empty() { "-" } else { text }.to_owned();
    [
        or_none(&item.due_date),
        if item.overdue { "overdue" } else { "" }.to_owned(),
        item.about.clone(),
        item.title.clone(),
        item.department.clone(),
        item.what.clone(),
        or_none(&item.rule),
    ]
}

fn json(item: &WorkItem) -> serde_json::Value {
    serde_json::json!({
        "kind": word(item.kind().as_str_name(), "KIND_"),
        "about": item.about,
        "title": item.title,
        "department": item.department,
        "since_time": moment(item.since_time.as_ref()),
        "due_date": item.due_date,
        "overdue": item.overdue,
        "rule": item.rule,
        "what": item.what,
    })
}
