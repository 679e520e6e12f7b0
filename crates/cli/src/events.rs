//! `shuqiaoctl events`: what concerns you, as it happens or as a list.

mod watch;
mod webhook;

use std::collections::BTreeMap;
use std::io::Write;

use api::sharing::v1 as pb;
use api::sharing::v1::event_service_client::EventServiceClient;
use api::sharing::v1::list_events_request::Start;
use jiff::Timestamp;
use serde_json::json;

use crate::connection::{Connection, Options, PAGE, wire_time};
use crate::output::{Format, Output, Table};
use crate::{Ending, Failure};

/// Events: applications, grants, entries, endpoints and certificates that changed and concern you.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Print events as they happen, until you stop it. A connection that breaks is made anew, and nothing is missed.
    ///
    /// Programs read `--output json`: one event a line, each with the cursor that goes on behind it.
    ///
    /// Example: shuqiaoctl events watch --kind sharing.grant
    Watch(watch::Args),
    /// List events, oldest first. The exit code is 1 when there is none.
    ///
    /// Example: shuqiaoctl events list --since 2026-03-02T00:00:00Z
    List {
        #[command(flatten)]
        wanted: Wanted,
        /// Go on behind the cursor of an event.
        #[arg(long, value_name = "CURSOR", conflicts_with = "since")]
        from: Option<String>,
        /// With the first event at or after this moment.
        #[arg(long, value_name = "TIME")]
        since: Option<Timestamp>,
        /// At most so many.
        #[arg(long, value_name = "NUMBER", default_value_t = 100)]
        limit: usize,
    },
    /// Tell whether a message of a subscription is to be believed, offline: by its headers, its body and the public key.
    ///
    /// For whoever writes a receiver. Exit code 0 verified, 1 not.
    VerifyWebhook(webhook::Args),
}

/// Which events are wanted.
#[derive(clap::Args)]
struct Wanted {
    /// The beginning of an event's name, whole words of it; may be given several times.
    #[arg(long = "kind", value_name = "PREFIX")]
    kinds: Vec<String>,
    /// Only those that name this system on either side.
    #[arg(long, value_name = "systems/ID", default_value = "")]
    system: String,
    /// Only those about this resource.
    #[arg(long, value_name = "resources/CODE", default_value = "")]
    resource: String,
    /// Only those about this grant.
    #[arg(long, value_name = "grants/ID", default_value = "")]
    grant: String,
}

impl Wanted {
    fn filter(&self) -> pb::EventFilter {
        pb::EventFilter {
            kinds: self.kinds.clone(),
            system: self.system.clone(),
            resource: self.resource.clone(),
            grant: self.grant.clone(),
        }
    }
}

pub(crate) async fn run<W: Write>(
    args: &Args,
    gateway: &Options,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    match &args.command {
        Command::Watch(args) => watch::run(args, gateway, output).await,
        Command::VerifyWebhook(args) => webhook::run(args, output),
        Command::List {
            wanted,
            from,
            since,
            limit,
        } => {
            let start = match (from, since) {
                (Some(cursor), _) => Some(Start::Cursor(cursor.clone())),
                (None, Some(since)) => Some(Start::Since(wire_time(*since))),
                (None, None) => None,
            };
            let connection = gateway.connect().await?;
            let events = listed(&connection, start, wanted.filter(), *limit).await?;
            match output.format() {
                Format::Json => {
                    for event in &events {
                        output.json(&as_json(event))?;
                    }
                }
                Format::Table => {
                    let mut table = Table::new(["TIME", "EVENT", "ABOUT", "FACTS"]);
                    for event in &events {
                        table.push([
                            time_of(event),
                            event.name.clone(),
                            pairs(&event.about),
                            pairs(&event.facts),
                        ]);
                    }
                    output.table(&table)?;
                }
            }
            Ok(if events.is_empty() {
                Ending::Bad
            } else {
                Ending::Good
            })
        }
    }
}

async fn listed(
    connection: &Connection,
    mut start: Option<Start>,
    filter: pb::EventFilter,
    limit: usize,
) -> Result<Vec<pb::Event>, Failure> {
    let mut events = Vec::new();
    let mut client = EventServiceClient::new(connection.channel.clone());
    loop {
        let left = limit.saturating_sub(events.len());
        let request = pb::ListEventsRequest {
            page_size: i32::try_from(left).unwrap_or(PAGE).clamp(1, PAGE),
            start,
            filter: Some(filter.clone()),
        };
        let page = client.list_events(connection.ask(request)).await?;
        let page = page.into_inner();
        events.extend(page.events.into_iter().take(left));
        if !page.more || events.len() >= limit {
            return Ok(events);
        }
        start = Some(Start::Cursor(page.cursor));
    }
}

fn as_json(event: &pb::Event) -> serde_json::Value {
    // In the order of their keys: the same event is the same line.
    let sorted = |map: &std::collections::HashMap<String, String>| -> BTreeMap<String, String> {
        map.clone().into_iter().collect()
    };
    json!({
        "cursor": event.cursor,
        "entry": event.entry,
        "name": event.name,
        "time": time_of(event),
        "about": sorted(&event.about),
        "facts": sorted(&event.facts),
        "title": event.title,
        "next": event.next,
    })
}

fn time_of(event: &pb::Event) -> String {
    let at = event.time.as_ref();
    at.and_then(|at| Timestamp::new(at.seconds, at.nanos).ok())
        .map_or_else(String::new, |at| at.to_string())
}

fn pairs(map: &std::collections::HashMap<String, String>) -> String {
    let mut pairs: Vec<String> = map
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    pairs.sort_unstable();
    pairs.join(" ")
}
