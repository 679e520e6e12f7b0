//! Entries as a list: alarms, refusals, the uses of a grant.

use std::io::Write;

use api::evidence::v1::ListEntriesRequest;
use api::evidence::v1::evidence_service_client::EvidenceServiceClient;
use ledger::entry::{Entry, Fact, Kind};
use serde_json::Value;

use crate::connection::Connection;
use crate::output::{Format, Output, Table};
use crate::{Ending, Failure};

/// Which entries are listed.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Only changes of this event, for example `exchange.budget_spent` or `exchange.refused`.
    #[arg(long, value_name = "EVENT", default_value = "")]
    event: String,

    /// Only entries about this grant.
    #[arg(long, value_name = "grants/ID", default_value = "")]
    grant: String,

    /// At most so many.
    #[arg(long, value_name = "NUMBER", default_value_t = 100,
          value_parser = clap::value_parser!(i32).range(1..=1000))]
    limit: i32,
}

/// Lists one page, newest first. The exit code is 1 when there is none.
pub(super) async fn run<W: Write>(
    args: &Args,
    connection: &Connection,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    let request = ListEntriesRequest {
        page_size: args.limit,
        page_token: String::new(),
        grant: args.grant.clone(),
        event: args.event.clone(),
    };
    let answer = EvidenceServiceClient::new(connection.channel.clone())
        .list_entries(connection.ask(request))
        .await?
        .into_inner();
    let entries = answer.entries.iter().map(|entry| {
        Entry::decode(&entry.body)
            .map_err(|error| Failure::Message(format!("{} cannot be read: {error}", entry.name)))
    });
    let entries = entries.collect::<Result<Vec<_>, _>>()?;
    match output.format() {
        Format::Json => {
            for entry in &answer.entries {
                // The entry is JSON as it is stored.
                let body: Value = serde_json::from_slice(&entry.body).unwrap_or_default();
                output.json(&body)?;
            }
        }
        Format::Table => {
            let mut table = Table::new(["INDEX", "TIME", "WHAT", "FACTS"]);
            for entry in &entries {
                table.push([
                    entry.index().to_string(),
                    entry.time().to_string(),
                    what(entry.kind()).to_owned(),
                    facts(entry),
                ]);
            }
            output.table(&table)?;
        }
    }
    Ok(if entries.is_empty() {
        Ending::Bad
    } else {
        Ending::Good
    })
}

fn what(kind: &Kind) -> &str {
    match kind {
        Kind::Change { event } => event,
        Kind::Intent => "intent",
        Kind::Outcome { .. } => "outcome",
        Kind::Served => "served",
    }
}

fn facts(entry: &Entry) -> String {
    let fact = |(key, fact): (&str, &Fact)| match fact {
        Fact::Text(text) => format!("{key}={text}"),
        Fact::Integer(number) => format!("{key}={number}"),
        Fact::Flag(yes) => format!("{key}={yes}"),
        Fact::List(texts) => format!("{key}={}", texts.join(",")),
    };
    entry.facts().iter().map(fact).collect::<Vec<_>>().join(" ")
}
