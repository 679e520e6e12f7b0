//! `shuqiaoctl files drop`: brings whatever somebody puts into a folder, and reports that the system is there.

use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use api::exchange::v1::File;
use api::exchange::v1::file::State;
use api::registry::v1::ReportHeartbeatRequest;
use api::registry::v1::endpoint_service_client::EndpointServiceClient;
use domain::file::Format as FileFormat;
use domain::name::RequestId;
use tokio::time::MissedTickBehavior;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use super::deliver::{self, Undelivered};
use super::folder::{self, Found, Lying};
use super::local::know;
use crate::connection::{Connection, Options};
use crate::output::{Format, Output};
use crate::{Ending, Failure};

/// Bring whatever is put into a folder to the gateway, and report that the system is there.
///
/// The folder has a folder for each resource, such as 102001-000091, and whatever somebody or something puts there is
/// brought once nothing was written to it for a while: names that begin with a point or end with .part, .tmp or
/// .filepart are left alone. The type is told by the ending of the name. What was brought goes into the folder `sent`
/// beside it; what the gateway refused goes into `refused`, with a text that says why, and counts against the
/// endpoint until somebody removes it. Where the line or the gateway is down, files wait; nothing is brought twice.
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

    /// One round. Exit code 1 when a file was refused or could not be brought.
    #[arg(long)]
    once: bool,
}

const EXAMPLES: &str = "\
Examples:
  shuqiaoctl files drop /srv/outgoing --endpoint systems/archive-index/endpoints/drop
  shuqiaoctl files drop /srv/outgoing --endpoint systems/archive-index/endpoints/drop --once";

/// The name space of request ids: the same file has the same ones, however often it is begun.
const SPACE: &str = "6f9619ff-8b86-8d01-b42d-00cf4fc964ff";

/// What became of a file.
enum Fate {
    Sent(String),
    Refused(String),
    Waits(String),
}

/// What a round came to.
#[derive(Default)]
struct Round {
    waiting: usize,
    refused: usize,
}

pub(super) async fn run<W: Write>(
    args: &Args,
    gateway: &Options,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    if args.once {
        let round = round(args, gateway, output).await?;
        let is_good = round.refused == 0 && round.waiting == 0;
        return Ok(if is_good { Ending::Good } else { Ending::Bad });
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

/// Brings what is ready and reports how it stands.
async fn round<W: Write>(
    args: &Args,
    gateway: &Options,
    output: &mut Output<W>,
) -> Result<Round, Failure> {
    let connection = gateway.connect().await?;
    let settle = Duration::from_secs(args.settle);
    let lying = folder::look(&args.folder, settle, now())?;
    for wrong in &lying.wrong {
        warn(wrong)?;
    }
    let mut round = Round {
        waiting: lying.unsettled,
        refused: lying.refused,
    };
    let Lying { ready, .. } = lying;
    for found in &ready {
        let fate = bring(args, &connection, found).await?;
        match &fate {
            Fate::Sent(_) => {}
            Fate::Refused(_) => round.refused += 1,
            Fate::Waits(why) => {
                round.waiting += 1;
                warn(&format!("{} waits: {why}", found.path.display()))?;
            }
        }
        tell(found, &fate, output)?;
    }
    report(args, &connection, &round).await?;
    Ok(round)
}

/// Brings one file and puts it away.
async fn bring(args: &Args, connection: &Connection, found: &Found) -> Result<Fate, Failure> {
    let fate = match delivered(args, connection, found).await {
        Ok(file) if file.state() == State::Visible => Fate::Sent(file.name),
        Ok(file) => Fate::Refused(format!(
            "this very file was brought before as {}, and is gone; write it anew to bring it again",
            file.name
        )),
        Err(Undelivered::Unread(Failure::Message(why))) => Fate::Waits(why),
        Err(Undelivered::Unread(Failure::Io(error))) => Fate::Waits(error.to_string()),
        Err(Undelivered::Told(status) | Undelivered::Broken(status, _)) => {
            let is_refused = is_refused(&status);
            let Failure::Message(why) = Failure::from(status) else {
                return Ok(Fate::Waits("the gateway cannot be asked".to_owned()));
            };
            // One that was written to meanwhile is another file by now.
            if is_refused && found.is_unchanged() {
                Fate::Refused(why)
            } else {
                Fate::Waits(why)
            }
        }
    };
    match &fate {
        Fate::Sent(_) if found.is_unchanged() => found.sent()?,
        Fate::Refused(why) => found.refused(why)?,
        // What was written since it was sent is another file, for the next round.
        Fate::Sent(_) | Fate::Waits(_) => {}
    }
    Ok(fate)
}

async fn delivered(
    args: &Args,
    connection: &Connection,
    found: &Found,
) -> Result<File, Undelivered> {
    let known = know(&found.path).await.map_err(Undelivered::Unread)?;
    let id = |step: &str| {
        let mark = found.mark.text();
        let what = [
            step,
            &args.endpoint,
            found.resource.as_str(),
            &found.name,
            &known.sha256,
            &mark,
        ];
        let space = RequestId::parse(SPACE);
        let id = space.map(|space| space.part(&what));
        id.map(|id| id.as_str().to_owned()).unwrap_or_default()
    };
    // Without a known ending the gateway says which types the catalogue allows.
    let format = FileFormat::of_name(&found.name);
    let file = File {
        resource: found.resource.as_str().to_owned(),
        display_name: found.name.clone(),
        content_type: format.map_or("", FileFormat::content_type).to_owned(),
        items: found.items.clone(),
        size: known.size,
        sha256: known.sha256.clone(),
        sm3: known.sm3.clone(),
        ..File::default()
    };
    let begun = deliver::begin(connection, file, id("begin")).await?;
    deliver::carry(connection, &found.path, begun, id("complete")).await
}

/// Whether it is the file that is wrong, so that it is of no use to bring it again.
fn is_refused(status: &Status) -> bool {
    let details = status.get_error_details();
    let reason = details.error_info().map(|info| info.reason.as_str());
    match reason {
        Some("FILE_CONTENT_REFUSED" | "FILE_DELETED") => true,
        Some(_) => matches!(status.code(), Code::InvalidArgument | Code::NotFound),
        // Without a reason it did not come from the gateway.
        None => false,
    }
}

async fn report(args: &Args, connection: &Connection, round: &Round) -> Result<(), Failure> {
    let count = |files: usize| i32::try_from(files).unwrap_or(i32::MAX).min(1_000_000);
    let request = ReportHeartbeatRequest {
        name: args.endpoint.clone(),
        waiting_files: count(round.waiting),
        refused_files: count(round.refused),
    };
    EndpointServiceClient::new(connection.channel.clone())
        .report_heartbeat(connection.ask(request))
        .await?;
    Ok(())
}

fn tell<W: Write>(found: &Found, fate: &Fate, output: &mut Output<W>) -> Result<(), Failure> {
    let (state, file, why) = match fate {
        Fate::Sent(name) => ("sent", name.as_str(), ""),
        Fate::Refused(why) => ("refused", "", why.as_str()),
        Fate::Waits(why) => ("waits", "", why.as_str()),
    };
    if output.format() == Format::Json {
        return Ok(output.json(&serde_json::json!({
            "local": found.name,
            "resource": found.resource.as_str(),
            "state": state,
            "name": file,
            "why": why,
        }))?);
    }
    let told = if file.is_empty() { why } else { file };
    Ok(output.text(&format!("{state}: {}: {told}", found.path.display()))?)
}

fn warn(text: &str) -> Result<(), Failure> {
    Ok(writeln!(std::io::stderr(), "{text}")?)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the edge: how old a file is by the clock that dated it"
)]
fn now() -> std::time::SystemTime {
    std::time::SystemTime::now()
}
