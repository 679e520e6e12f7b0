//! `shuqiaoctl files drop`: brings whatever somebody puts into a folder, and reports that the system is there.

use std::cell::Cell;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use api::exchange::v1::File;
use api::exchange::v1::file::State;
use api::registry::v1::ReportHeartbeatRequest;
use api::registry::v1::endpoint_service_client::EndpointServiceClient;
use domain::file::Format as FileFormat;
use domain::name::RequestId;
use tokio::time::MissedTickBehavior;
use tonic::Status;
use tonic_types::StatusExt as _;

use super::deliver::{self, Undelivered};
use super::folder::{self, Away, Found, Lying};
use super::local::know;
use crate::connection::{Connection, Options};
use crate::output::{Format, Output};
use crate::{Ending, Failure, today};

/// Bring whatever is put into a folder to the gateway, and report that the system is there.
///
/// The folder has a folder for each resource, such as 102001-000091, and whatever somebody or something puts there is
/// brought once nothing was written to it for a while. A program that writes slowly writes under a name that ends with
/// .part or .tmp and renames the file when it is whole: such names are left alone, as are those that begin with a
/// point, empty files, and what Windows and Excel leave beside files. The type is told by the ending of the name. What
/// was brought goes into `sent` beside it, each day into a folder of its own; what the gateway refused goes into
/// `refused`, with a text that says why, and counts against the endpoint until somebody removes it. Where the line or
/// the gateway is down, files wait; nothing is brought twice.
///
/// A file `.drop.toml` in the folder of a resource names the items that its files hold, where it is not all of them:
/// `items = ["enterprise_name"]`. A grant must cover them all. Columns of a .csv file are called by the keys or titles
/// of the items; where they are others, the department and who holds grants are told.
///
/// Runs until it is ended; with --once, for timers, one round. The identity is that of the system, and is read anew at
/// each round: `credentials renew --if-due` may run beside it.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The folder with a folder for each resource.
    folder: PathBuf,

    /// The endpoint of the protocol file-drop that is reported for.
    #[arg(long, value_name = "systems/ID/endpoints/ID")]
    endpoint: String,

    /// Seconds between two rounds: at most what the endpoint was registered with.
    #[arg(long, default_value_t = 30, value_name = "SECONDS",
          value_parser = clap::value_parser!(u64).range(1..=604_800))]
    every: u64,

    /// A file is brought when nothing was written to it for so many seconds.
    #[arg(long, default_value_t = 10, value_name = "SECONDS")]
    settle: u64,

    /// Days for which what was brought is kept in `sent`.
    #[arg(long, default_value_t = 30, value_name = "DAYS")]
    keep_sent: u32,

    /// One round. Exit code 1 when something was refused, waits or is wrong.
    #[arg(long)]
    once: bool,
}

const EXAMPLES: &str = "\
Examples:
  shuqiaoctl files drop /srv/outgoing --endpoint systems/archive-index/endpoints/drop
  shuqiaoctl files drop /srv/outgoing --endpoint systems/archive-index/endpoints/drop --once";

/// The name space of request ids: the same file has the same ones, however often it is begun.
const SPACE: &str = "6f9619ff-8b86-8d01-b42d-00cf4fc964ff";
/// Files that a report may name.
const MOST_FILES: i32 = 1_000_000;

/// What became of a file.
enum Fate {
    Sent(String),
    Refused(String),
    Waits(String),
}

/// How files fare.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Standing {
    waiting: usize,
    refused: usize,
}

pub(super) async fn run<W: Write>(
    args: &Args,
    gateway: &Options,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    if args.once {
        return round(args, gateway, output).await;
    }
    // What is wrong from the start is told at once, not at each round.
    folder::look(&args.folder, Duration::ZERO, now())?;
    gateway.identity()?;
    let mut rounds = tokio::time::interval(Duration::from_secs(args.every));
    rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        rounds.tick().await;
        match round(args, gateway, output).await {
            Ok(_) => {}
            // Nobody reads any more.
            Err(Failure::Io(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => {
                return Ok(Ending::Good);
            }
            Err(Failure::Io(error)) => warn(&error.to_string())?,
            Err(Failure::Message(message)) => warn(&message)?,
        }
    }
}

/// Brings what is ready, and reports before, after and while it takes longer.
async fn round<W: Write>(
    args: &Args,
    gateway: &Options,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    let connection = gateway.connect().await?;
    let lying = folder::look(&args.folder, Duration::from_secs(args.settle), now())?;
    for wrong in &lying.wrong {
        warn(wrong)?;
    }
    let standing = Cell::new(Standing {
        waiting: lying.ready.len() + lying.unsettled.len() + lying.held_up,
        refused: lying.refused,
    });
    let first = standing.get();
    let promised = report(args, &connection, first).await?;
    if !args.once && Duration::from_secs(args.every) > promised {
        warn(&format!(
            "the endpoint is registered to report every {} seconds; give --every {0} or less",
            promised.as_secs()
        ))?;
    }
    let mut reports = tokio::time::interval(promised / 2);
    reports.tick().await;
    let bringing = bring_all(args, &connection, &lying, &standing, output);
    tokio::pin!(bringing);
    let brought = loop {
        tokio::select! {
            brought = &mut bringing => break brought,
            // A large file takes longer than the next report may be late. One that fails is made up for by the next.
            _ = reports.tick() => { let _ = report(args, &connection, standing.get()).await; }
        }
    };
    if standing.get() != first {
        report(args, &connection, standing.get()).await?;
    }
    brought?;
    folder::forget_sent(&args.folder, today(), args.keep_sent)?;
    let is_good = standing.get() == Standing::default() && lying.wrong.is_empty();
    Ok(if is_good { Ending::Good } else { Ending::Bad })
}

async fn bring_all<W: Write>(
    args: &Args,
    connection: &Connection,
    lying: &Lying,
    standing: &Cell<Standing>,
    output: &mut Output<W>,
) -> Result<(), Failure> {
    for found in &lying.ready {
        let fate = bring(args, connection, found).await;
        let mut now = standing.get();
        match &fate {
            Fate::Sent(_) => now.waiting -= 1,
            Fate::Refused(_) => {
                now.waiting -= 1;
                now.refused += 1;
            }
            Fate::Waits(_) => {}
        }
        standing.set(now);
        tell(&found.path, &fate, output)?;
    }
    if args.once {
        for path in &lying.unsettled {
            let why = "something may still write to it".to_owned();
            tell(path, &Fate::Waits(why), output)?;
        }
    }
    Ok(())
}

/// Brings one file and puts it away.
async fn bring(args: &Args, connection: &Connection, found: &Found) -> Fate {
    let fate = match FileFormat::of_name(&found.name) {
        Some(format) => fate_of(delivered(args, connection, found, format).await),
        None => Fate::Refused(no_type()),
    };
    let away = match &fate {
        Fate::Sent(_) => found.sent(today()),
        Fate::Refused(why) => found.refused(why),
        Fate::Waits(_) => return fate,
    };
    match (away, &fate) {
        (Ok(Away::Changed), Fate::Refused(_)) => {
            Fate::Waits("it was written to while it was brought".to_owned())
        }
        // What was written since it was sent is another file, for the next round.
        (Ok(_), _) => fate,
        (Err(failure), _) => Fate::Waits(text_of(failure)),
    }
}

fn fate_of(delivered: Result<File, Undelivered>) -> Fate {
    match delivered {
        Ok(file) if file.state() == State::Visible => Fate::Sent(file.name),
        Ok(file) => Fate::Refused(format!(
            "this very file was brought before as {}, and is gone; write it anew to bring it again",
            file.name
        )),
        Err(Undelivered::Unread(failure)) => Fate::Waits(text_of(failure)),
        Err(Undelivered::Told(status) | Undelivered::Broken(status, _)) => {
            let is_refused = is_refused(&status);
            let why = text_of(status.into());
            if is_refused {
                Fate::Refused(why)
            } else {
                Fate::Waits(why)
            }
        }
    }
}

fn no_type() -> String {
    let endings = FileFormat::ALL.iter().flat_map(|format| format.endings());
    let endings: Vec<&str> = endings.copied().collect();
    format!(
        "the ending of its name tells no type of files; rename it to one of {}",
        endings.join(", ")
    )
}

async fn delivered(
    args: &Args,
    connection: &Connection,
    found: &Found,
    format: FileFormat,
) -> Result<File, Undelivered> {
    let known = know(&found.path).await.map_err(Undelivered::Unread)?;
    let id = |step: &str| {
        let marks = found.marks();
        let mut what = vec![step, &args.endpoint, &known.sha256, format.content_type()];
        what.extend(marks.iter().map(String::as_str));
        let id = RequestId::parse(SPACE).map(|space| space.part(&what));
        id.map(|id| id.as_str().to_owned()).unwrap_or_default()
    };
    let file = File {
        resource: found.resource.as_str().to_owned(),
        display_name: found.name.clone(),
        content_type: format.content_type().to_owned(),
        items: found.items.clone(),
        size: known.size,
        sha256: known.sha256.clone(),
        sm3: known.sm3.clone(),
        ..File::default()
    };
    let begun = deliver::begin(connection, file, id("begin")).await?;
    deliver::carry(connection, &found.path, begun, id("complete")).await
}

/// Whether it is the file that is wrong, so that it is of no use to bring it again. What is not there, not granted or
/// too much at once may come right by itself.
fn is_refused(status: &Status) -> bool {
    let details = status.get_error_details();
    let reason = details.error_info().map(|info| info.reason.as_str());
    matches!(
        reason,
        Some("FILE_CONTENT_REFUSED" | "FILE_DELETED" | "REQUEST_INVALID")
    )
}

/// Reports how files fare; says how long the next report may take.
async fn report(
    args: &Args,
    connection: &Connection,
    standing: Standing,
) -> Result<Duration, Failure> {
    let count = |files: usize| i32::try_from(files).unwrap_or(MOST_FILES).min(MOST_FILES);
    let request = ReportHeartbeatRequest {
        name: args.endpoint.clone(),
        waiting_files: count(standing.waiting),
        refused_files: count(standing.refused),
    };
    let endpoint = EndpointServiceClient::new(connection.channel.clone())
        .report_heartbeat(connection.ask(request))
        .await?
        .into_inner();
    let seconds = endpoint.file_drop.unwrap_or_default().report_seconds;
    // A gateway of before its time, or none: the shortest that can be registered.
    Ok(Duration::from_secs(
        u64::try_from(seconds).unwrap_or_default().max(60),
    ))
}

fn tell<W: Write>(path: &Path, fate: &Fate, output: &mut Output<W>) -> Result<(), Failure> {
    let (state, file, why) = match fate {
        Fate::Sent(name) => ("sent", name.as_str(), ""),
        Fate::Refused(why) => ("refused", "", why.as_str()),
        Fate::Waits(why) => ("waits", "", why.as_str()),
    };
    if output.format() == Format::Json {
        return Ok(output.json(&serde_json::json!({
            "path": path,
            "state": state,
            "file": file,
            "why": why,
        }))?);
    }
    let told = if file.is_empty() { why } else { file };
    Ok(output.text(&format!("{state}: {}: {told}", path.display()))?)
}

fn text_of(failure: Failure) -> String {
    match failure {
        Failure::Message(text) => text,
        Failure::Io(error) => error.to_string(),
    }
}

fn warn(text: &str) -> Result<(), Failure> {
    Ok(writeln!(std::io::stderr(), "{text}")?)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the edge: how old a file is by the clock that dated it"
)]
fn now() -> SystemTime {
    SystemTime::now()
}
