//! `shuqiaoctl files get`.

use std::io::Write;
use std::path::{Path, PathBuf};

use api::exchange::v1::read_file_response::Part;
use api::exchange::v1::{File, ReadFileRequest};
use api::value::v1::{Purpose, Receipt};
use tokio::io::AsyncWriteExt as _;
use tonic::Status;

use super::local::know;
use super::{DEADLINE, IN_VAIN, client, goes_on, look};
use crate::connection::{Connection, new_request_id};
use crate::lookup::receipt_json;
use crate::output::{Format, Output};
use crate::{Ending, Failure};

/// Fetch a file under a grant of your system.
///
/// It is written beside its place under the name with .part, compared with the digests that the gateway
/// tells, and only then put in its place. A part that is there from an earlier attempt is gone on with;
/// each read is an exchange of its own with a receipt.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The file, files/UUID.
    file: String,

    /// Where to put it. Never overwritten.
    #[arg(long, value_name = "PATH")]
    out: PathBuf,

    /// The matter the data is for, matters/CODE.
    #[arg(long, value_name = "matters/CODE")]
    matter: String,

    /// The case number in your system.
    #[arg(long = "case", value_name = "NUMBER")]
    case_number: String,

    /// The clerk on whose behalf you ask.
    #[arg(long, value_name = "ACCOUNT", default_value = "")]
    operator: String,
}

const EXAMPLES: &str = "\
Example:
  shuqiaoctl files get files/0191f7a2-5b7e-7c3a-9d53-0c8f5e2b7a11 --out 企业名录.csv \\
    --matter matters/11430500XY0000055Q2022000000002 --case SY-2022-000001 --operator window-07";

pub(super) async fn run<W: Write>(
    args: &Args,
    connection: &Connection,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    if args.out.exists() {
        let message = format!(
            "{} is there already; name another place",
            args.out.display()
        );
        return Err(Failure::Message(message));
    }
    let file = look(connection, &args.file).await?;
    let part = part_of(&args.out);
    let mut received = length(&part).await?;
    let mut in_vain = 0;
    while received < file.size {
        let (ended, now) = fetch(args, connection, &part, received).await?;
        in_vain = if now > received { 0 } else { in_vain + 1 };
        received = now;
        match ended {
            Ok(receipt) => tell(&receipt, output)?,
            Err(status) if goes_on(&status) && in_vain < IN_VAIN => {}
            Err(status) => return Err(status.into()),
        }
    }
    compare(&file, &part).await?;
    tokio::fs::rename(&part, &args.out).await?;
    if output.format() == Format::Json {
        let place = args.out.display().to_string();
        output.json(&serde_json::json!({ "file": file.name, "out": place, "sha256": file.sha256, "sm3": file.sm3 }))?;
    } else {
        output.fields(&[
            ("file", file.name.clone()),
            ("out", args.out.display().to_string()),
            ("bytes", file.size.to_string()),
            ("sha256", format!("{} as told", file.sha256)),
            ("sm3", format!("{} as told", file.sm3)),
        ])?;
    }
    Ok(Ending::Good)
}

/// Reads from an offset on, behind what is there. Says how it ended, and how much is there then.
async fn fetch(
    args: &Args,
    connection: &Connection,
    part: &Path,
    offset: i64,
) -> Result<(Result<Receipt, Status>, i64), Failure> {
    let request = ReadFileRequest {
        name: args.file.clone(),
        purpose: Some(Purpose {
            matter: args.matter.clone(),
            case_number: args.case_number.clone(),
            operator: args.operator.clone(),
        }),
        offset,
        limit: 0,
        request_id: new_request_id(),
    };
    let asked = Connection::ask_for(request, DEADLINE);
    let mut parts = match client(connection).read_file(asked).await {
        Ok(parts) => parts.into_inner(),
        Err(status) => return Ok((Err(status), offset)),
    };
    let mut options = tokio::fs::OpenOptions::new();
    let local = options.create(true).append(true).open(part).await?;
    let mut local = tokio::io::BufWriter::with_capacity(1024 * 1024, local);
    let mut place = offset;
    let ended = loop {
        match parts.message().await {
            Ok(Some(message)) => match message.part {
                Some(Part::Chunk(chunk)) if chunk.offset == place => {
                    local.write_all(&chunk.data).await?;
                    let length = i64::try_from(chunk.data.len()).unwrap_or(i64::MAX);
                    place = place.saturating_add(length);
                }
                Some(Part::Receipt(receipt)) => break Ok(receipt),
                Some(Part::Chunk(_)) | None => break Err(out_of_order()),
            },
            Ok(None) => break Err(Status::unavailable("the answer ended without a receipt")),
            Err(status) => break Err(status),
        }
    };
    local.flush().await?;
    local.get_ref().sync_all().await?;
    Ok((ended, place))
}

fn out_of_order() -> Status {
    Status::data_loss("the gateway sent a chunk that does not follow the one before")
}

fn tell<W: Write>(receipt: &Receipt, output: &mut Output<W>) -> Result<(), Failure> {
    if output.format() == Format::Json {
        let receipt = serde_json::json!({ "receipt": receipt_json(receipt) });
        return Ok(output.json(&receipt)?);
    }
    let (intent, outcome) = (receipt.intent_index, receipt.outcome_index);
    let told = format!("recorded: intent #{intent}, outcome #{outcome}");
    writeln!(std::io::stderr(), "{told}")?;
    Ok(())
}

/// What arrived is what the gateway vouches for; anything else is not left lying about.
async fn compare(file: &File, part: &Path) -> Result<(), Failure> {
    let known = know(part).await?;
    if (known.size, &known.sha256, &known.sm3) == (file.size, &file.sha256, &file.sm3) {
        return Ok(());
    }
    tokio::fs::remove_file(part).await?;
    let message = format!(
        "what arrived is not {}: {} bytes, SHA-256 {}; it was removed, fetch it again",
        file.name, known.size, known.sha256
    );
    Err(Failure::Message(message))
}

async fn length(part: &Path) -> Result<i64, Failure> {
    match tokio::fs::metadata(part).await {
        Ok(found) => Ok(i64::try_from(found.len()).unwrap_or(i64::MAX)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(0),
        Err(error) => Err(error.into()),
    }
}

fn part_of(out: &Path) -> PathBuf {
    let mut name = out.as_os_str().to_owned();
    name.push(".part");
    PathBuf::from(name)
}
