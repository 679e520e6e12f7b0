//! `shuqiaoctl clocks`: until when has who to act, and which cards were earned?

use std::io::Write;

use api::compliance::v1 as pb;
use api::compliance::v1::clock_service_client::ClockServiceClient;

use crate::connection::{Connection, PAGE, all_pages};
use crate::lookup::moment;
use crate::output::{Format, Output, Table, word};
use crate::{Ending, Failure};

/// List clocks: what has to be done by whom until when, and the cards 预警、黄牌、红牌 that were earned.
///
/// Exit code 1 when one that has not ended is overdue.
///
/// Example: shuqiaoctl clocks --open --level yellow
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Only those of this thing, such as an application.
    #[arg(long, value_name = "NAME", default_value = "")]
    about: String,

    /// Only those for which this department has to act.
    #[arg(long, value_name = "departments/CODE", default_value = "")]
    department: String,

    /// Only those that have not ended.
    #[arg(long)]
    open: bool,

    /// Only those that have reached this level or a higher one.
    #[arg(long, value_enum, value_name = "LEVEL")]
    level: Option<Level>,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Level {
    /// 预警.
    Warning,
    /// 黄牌.
    Yellow,
    /// 红牌.
    Red,
}

/// Runs the command.
pub(crate) async fn run<W: Write>(
    args: &Args,
    connection: &Connection,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    let mut client = ClockServiceClient::new(connection.channel.clone());
    let level = match args.level {
        None => pb::Level::Unspecified,
        Some(Level::Warning) => pb::Level::Warning,
        Some(Level::Yellow) => pb::Level::Yellow,
        Some(Level::Red) => pb::Level::Red,
    };
    let clocks = all_pages(async |page_token| {
        let request = pb::ListClocksRequest {
            about: args.about.clone(),
            department: args.department.clone(),
            open_only: args.open,
            level: level.into(),
            page_size: PAGE,
            page_token,
        };
        let page = client.list_clocks(connection.ask(request)).await?;
        let page = page.into_inner();
        Ok((page.clocks, page.next_page_token))
    })
    .await?;
    let mut table = Table::new(["DUE", "", "ABOUT", "RULE", "DEPARTMENT", "CARDS", "BY"]);
    for clock in &clocks {
        match output.format() {
            Format::Json => output.json(&json(clock))?,
            Format::Table => table.push(row(clock)),
        }
    }
    output.table(&table)?;
    Ok(if clocks.iter().any(|clock| clock.overdue) {
        Ending::Bad
    } else {
        Ending::Good
    })
}

fn row(clock: &pb::Clock) -> [String; 7] {
    let state = if clock.overdue {
        "overdue".to_owned()
    } else {
        word(clock.state().as_str_name(), "STATE_")
    };
    let cards = clock
        .cards
        .iter()
        .map(|card| format!("{} {}", level(card), card.date));
    let assumed = if clock.assumed { " (assumed)" } else { "" };
    [
        clock.due_date.clone(),
        state,
        clock.about.clone(),
        clock.rule.clone(),
        clock.department.clone(),
        cards.collect::<Vec<_>>().join(", "),
        format!("{}{assumed}", clock.due_rule),
    ]
}

fn level(card: &pb::clock::Card) -> String {
    word(card.level().as_str_name(), "LEVEL_")
}

fn json(clock: &pb::Clock) -> serde_json::Value {
    let card = |card: &pb::clock::Card| {
        serde_json::json!({
            "level": level(card),
            "date": card.date,
            "due_date": card.due_date,
            "entry": card.entry,
        })
    };
    serde_json::json!({
        "name": clock.name,
        "about": clock.about,
        "rule": clock.rule,
        "due_rule": clock.due_rule,
        "department": clock.department,
        "receive_time": moment(clock.receive_time.as_ref()),
        "due_date": clock.due_date,
        "state": word(clock.state().as_str_name(), "STATE_"),
        "overdue": clock.overdue,
        "assumed": clock.assumed,
        "extended_working_days": clock.extended_working_days,
        "cards": clock.cards.iter().map(card).collect::<Vec<_>>(),
    })
}
