//! `events watch`: the stream, made anew where it breaks.

use std::io::{self, Write};
use std::time::Duration;

use api::sharing::v1 as pb;
use api::sharing::v1::event_service_client::EventServiceClient;
use api::sharing::v1::watch_events_request::Start;
use jiff::Timestamp;
use tonic::{Code, Status};

use super::{Wanted, as_json, pairs, time_of};
use crate::connection::{Connection, Options, wire_time};
use crate::output::{Format, Output};
use crate::{Ending, Failure};

/// The gateway lets a watch last for so long.
const WATCH: Duration = Duration::from_mins(30);
/// The gateway says something every ten seconds; silence for longer is a dead connection.
const SILENCE: Duration = Duration::from_secs(30);
/// Between two tries to connect.
const PAUSE: Duration = Duration::from_secs(1);
/// Tries in a row that reach nothing.
const TRIES: u32 = 60;

#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    wanted: Wanted,
    /// Go on behind the cursor of an event; nothing since then is missed.
    #[arg(long, value_name = "CURSOR", conflicts_with = "since")]
    from: Option<String>,
    /// Start with the first event at or after this moment; without either, with what happens from now on.
    #[arg(long, value_name = "TIME")]
    since: Option<Timestamp>,
    /// Stop after so many events.
    #[arg(long, value_name = "NUMBER")]
    count: Option<usize>,
}

/// How one connection ended.
enum Ended {
    /// All that was wanted has come.
    Done,
    /// It can be made anew.
    Broken,
}

pub(super) async fn run<W: Write>(
    args: &Args,
    gateway: &Options,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    let mut start = match (&args.from, args.since) {
        (Some(cursor), _) => Start::Cursor(cursor.clone()),
        (None, Some(since)) => Start::Since(wire_time(since)),
        (None, None) => Start::FromNow(true),
    };
    let mut left = args.count.unwrap_or(usize::MAX);
    // The first time, whatever is wrong is told at once.
    let mut connection = Some(gateway.connect().await?);
    let mut tries = 0;
    while left > 0 {
        let before = start.clone();
        if let Some(connection) = connection.take() {
            let watched = watch(args, &connection, &mut start, &mut left, output).await;
            if let Ended::Done = watched? {
                break;
            }
        }
        tries = if start == before { tries + 1 } else { 0 };
        writeln!(io::stderr(), "the connection ended; connecting again")?;
        let _ = tokio::time::timeout(PAUSE, std::future::pending::<()>()).await;
        connection = match gateway.connect().await {
            Err(failure) if tries >= TRIES => return Err(failure),
            connected => connected.ok(),
        };
    }
    Ok(Ending::Good)
}

async fn watch<W: Write>(
    args: &Args,
    connection: &Connection,
    start: &mut Start,
    left: &mut usize,
    output: &mut Output<W>,
) -> Result<Ended, Failure> {
    let request = pb::WatchEventsRequest {
        start: Some(start.clone()),
        filter: Some(args.wanted.filter()),
    };
    let mut client = EventServiceClient::new(connection.channel.clone());
    let asked = client.watch_events(Connection::ask_for(request, WATCH));
    let mut stream = match tokio::time::timeout(SILENCE, asked).await {
        Ok(Ok(answer)) => answer.into_inner(),
        Ok(Err(status)) => return ended(status),
        Err(_) => return Ok(Ended::Broken),
    };
    loop {
        let message = match tokio::time::timeout(SILENCE, stream.message()).await {
            Ok(Ok(Some(message))) => message,
            Ok(Ok(None)) | Err(_) => return Ok(Ended::Broken),
            Ok(Err(status)) => return ended(status),
        };
        if let Some(event) = &message.event {
            print(event, output)?;
            *left -= 1;
        }
        *start = Start::Cursor(message.cursor);
        if *left == 0 {
            return Ok(Ended::Done);
        }
    }
}

/// What another connection can mend, and what it cannot.
fn ended(status: Status) -> Result<Ended, Failure> {
    match status.code() {
        Code::Unavailable | Code::Cancelled | Code::DeadlineExceeded | Code::Unknown => {
            Ok(Ended::Broken)
        }
        _ if std::error::Error::source(&status).is_some() => Ok(Ended::Broken),
        _ => Err(status.into()),
    }
}

fn print<W: Write>(event: &pb::Event, output: &mut Output<W>) -> Result<(), Failure> {
    match output.format() {
        Format::Json => output.json(&as_json(event))?,
        Format::Table => {
            let (time, about) = (time_of(event), pairs(&event.about));
            output.text(&format!(
                "{time}  {}  {about}  {}",
                event.name,
                pairs(&event.facts)
            ))?;
        }
    }
    Ok(())
}
