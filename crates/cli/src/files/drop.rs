//! `shuqiaoctl files drop`: brings whatever somebody puts into a folder, and reports that the system is there.

use std::cell::Cell;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use api::exchange::v1::File;
use api::exchange::v1::file::{Removal, State};
use api::registry::v1::ReportHeartbeatRequest;
use api::registry::v1::endpoint_service_client::EndpointServiceClient;
use domain::file::Format as FileFormat;
use domain::name::RequestId;
use tokio::time::{Instant, MissedTickBehavior};
use tonic::Status;
use tonic_types::StatusExt as _;

use super::deliver::{self, Undelivered};
use super::folder::{self, Away, Found, Lying, Patience};
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

    /// A file is brought when it has not changed for so many seconds; a round of --once takes them longer where there is
    /// something to bring.
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
/// Times that one file is begun after its half was taken away.
const ATTEMPTS: usize = 20;
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
    let settle = Duration::from_secs(args.settle);
    let mut patience = Patience::new(settle);
    // What is wrong from the start is told at once, not at each round.
    let mut lying = folder::look(&args.folder)?;
    gateway.identity()?;
    if args.once {
        patience.sort(&mut lying, Instant::now());
        if !lying.unsettled.is_empty() {
            // A second look tells what something still writes to.
            let _ = tokio::time::timeout(settle, std::future::pending::<()>()).await;
        }
        return round(args, gateway, &mut patience, output).await;
    }
    let mut rounds = tokio::time::interval(Duration::from_secs(args.every));
    rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        rounds.tick().await;
        match round(args, gateway, &mut patience, output).await {
            Ok(_) => {}
            // That nobody reads along ends nothing.
            Err(failure) => warn(&text_of(failure)),
        }
    }
}

/// Brings what is ready, and reports before, after and while it takes longer.
async fn round<W: Write>(
    args: &Args,
    gateway: &Options,
    patience: &mut Patience,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    let connection = gateway.connect().await?;
    let mut lying = folder::look(&args.folder)?;
    patience.sort(&mut lying, Instant::now());
    for wrong in &lying.wrong {
        warn(wrong);
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
        ));
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
    // That nothing can be told is told at the end: what lies there is brought all the same.
    let mut told = Ok(());
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
        told = told.and(tell(&found.path, &fate, output));
    }
    if args.once {
        for path in &lying.unsettled {
            let why = "something may still write to it".to_owned();
            told = told.and(tell(path, &Fate::Waits(why), output));
        }
    }
    told
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
        (Err(failure), Fate::Sent(file)) => {
            let why = text_of(failure);
            Fate::Waits(format!(
                "it is with the gateway as {file}, and stays here: {why}"
            ))
        }
        (Err(failure), _) => Fate::Waits(text_of(failure)),
    }
}

fn fate_of(delivered: Result<File, Undelivered>) -> Fate {
    match delivered {
        Ok(file) if file.state() == State::Visible => Fate::Sent(file.name),
        Ok(file) if file.removal() == Removal::Rejected => Fate::Refused(format!(
            "its content was refused before, as {}; entry #{} of the ledger says what was wrong",
            file.name, file.entry_index
        )),
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
    if u64::try_from(known.size) != Ok(found.size()) || !found.is_unchanged() {
        let text = "something writes to it".to_owned();
        return Err(Undelivered::Unread(Failure::Message(text)));
    }
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
    let mut attempt = String::new();
    for _ in 0..ATTEMPTS {
        let request_id = id(&format!("begin{attempt}"));
        let begun = deliver::begin(connection, file.clone(), request_id).await?;
        if begun.removal() != Removal::Abandoned {
            let complete = id(&format!("complete{attempt}"));
            return deliver::carry(connection, &found.path, begun, complete).await;
        }
        // The line was down for so long that the gateway took the half of it away.
        attempt = format!(" after {}", begun.name);
    }
    let text = "it was begun many times and never ended".to_owned();
    Err(Undelivered::Unread(Failure::Message(text)))
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

/// Where even standard error is closed, the reports must do.
fn warn(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}
