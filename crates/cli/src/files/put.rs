//! `shuqiaoctl files put`.

use std::io::Write;
use std::path::PathBuf;

use api::exchange::v1::File;
use api::exchange::v1::file::State;

use super::deliver::{self, carry};
use super::local::{Known, know};
use super::{look, show};
use crate::connection::{Connection, new_request_id};
use crate::output::Output;
use crate::{Ending, Failure};

/// Leave a file with the gateway, as the system that provides the resource.
///
/// Its SHA-256 and SM3 are computed first and held against what arrives. A transfer that breaks off is
/// taken up again; one that was ended goes on with --resume and the name that was printed.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The file on this machine.
    path: PathBuf,

    /// The resource, resources/CODE.
    #[arg(long, value_name = "resources/CODE")]
    resource: String,

    /// Its type among those that the catalogue allows, for example text/csv.
    #[arg(long = "type", value_name = "TYPE")]
    content_type: String,

    /// Keys of the items that it holds, separated by commas; all of the resource if left out.
    #[arg(long, value_name = "KEYS", value_delimiter = ',')]
    items: Vec<String>,

    /// What people call it; its name on this machine if left out.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,

    /// The last day it is kept; as long as the regime allows if left out.
    #[arg(long, value_name = "YYYY-MM-DD", default_value = "")]
    until: String,

    /// A file that was begun, to go on with it.
    #[arg(long, value_name = "files/UUID")]
    resume: Option<String>,
}

const EXAMPLES: &str = "\
Examples:
  shuqiaoctl files put 企业名录.csv --resource resources/102001-000091 --type text/csv
  shuqiaoctl files put 企业名录.csv --resource resources/102001-000091 --type text/csv \\
    --resume files/0191f7a2-5b7e-7c3a-9d53-0c8f5e2b7a11";

pub(super) async fn run<W: Write>(
    args: &Args,
    connection: &Connection,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    let known = know(&args.path).await?;
    let file = match &args.resume {
        Some(name) => resumed(look(connection, name).await?, &known)?,
        None => begin(args, connection, known).await?,
    };
    if args.resume.is_none() {
        writeln!(std::io::stderr(), "begun: {}", file.name)?;
    }
    let file = carry(connection, &args.path, file, new_request_id()).await?;
    show(&file, output)?;
    Ok(match file.state() {
        State::Visible => Ending::Good,
        _ => Ending::Bad,
    })
}

async fn begin(args: &Args, connection: &Connection, known: Known) -> Result<File, Failure> {
    let own = args.path.file_name().map(|name| name.to_string_lossy());
    let name = args
        .name
        .clone()
        .or_else(|| own.map(std::borrow::Cow::into_owned));
    let file = File {
        resource: args.resource.clone(),
        display_name: name.unwrap_or_default(),
        content_type: args.content_type.clone(),
        size: known.size,
        items: args.items.clone(),
        sha256: known.sha256,
        sm3: known.sm3,
        retention_date: args.until.clone(),
        ..File::default()
    };
    Ok(deliver::begin(connection, file, new_request_id()).await?)
}

/// A file that was begun goes on with the same bytes only.
fn resumed(file: File, known: &Known) -> Result<File, Failure> {
    let same = |claimed: &str, own: &str| claimed.is_empty() || claimed == own;
    if file.size == known.size && same(&file.sha256, &known.sha256) && same(&file.sm3, &known.sm3) {
        return Ok(file);
    }
    let message = format!(
        "{} was begun with another content; begin a new file",
        file.name
    );
    Err(Failure::Message(message))
}
