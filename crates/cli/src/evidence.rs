//! `shuqiaoctl evidence`: list entries, export a bundle, and verify one offline.

mod list;

use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use api::evidence::v1::ExportBundleRequest;
use api::evidence::v1::evidence_service_client::EvidenceServiceClient;
use ledger::checkpoint::LogVerifier;

use crate::connection::{Connection, Options};
use crate::input::read_text;
use crate::output::{Format, Output};
use crate::{Ending, Failure};

/// The evidence ledger.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// List entries that you may see, newest first.
    ///
    /// Alarms that somebody may be guessing: `shuqiaoctl evidence list --event exchange.budget_spent`
    List(list::Args),
    /// Export a bundle that verifies on a machine that has nothing else. Role: auditor, operator.
    ///
    /// Example: shuqiaoctl evidence export --out ledger.bundle
    Export {
        /// The file to write.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// Only the uses of this grant; the whole ledger if left out.
        #[arg(long, value_name = "grants/ID", default_value = "")]
        grant: String,
    },
    /// Verify a bundle offline: every byte, every proof, every number.
    ///
    /// Without a key of your own the bundle's own key is used, and the report says so: that proves
    /// that the bundle is whole, not whose it is. Exit code 0 verified, 1 not.
    ///
    /// Example: shuqiaoctl evidence verify ledger.bundle --key-file log.vkey
    Verify {
        /// The bundle.
        #[arg(value_name = "FILE")]
        bundle: PathBuf,
        /// The log's verifier key, as the gateway's keeper gave it to you.
        #[arg(long, value_name = "KEY", conflicts_with = "key_file")]
        key: Option<String>,
        /// A file with that key, such as keys/log.vkey in the gateway's data folder.
        #[arg(long, value_name = "FILE")]
        key_file: Option<PathBuf>,
    },
}

/// Runs the command; to verify asks no gateway.
pub(crate) async fn run<W: Write>(
    args: &Args,
    gateway: &Options,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    match &args.command {
        Command::List(args) => list::run(args, &gateway.connect().await?, output).await,
        Command::Export { out, grant } => {
            export(out, grant, &gateway.connect().await?, output).await
        }
        Command::Verify {
            bundle,
            key,
            key_file,
        } => verify(bundle, key.as_deref(), key_file.as_deref(), output),
    }
}

/// Exports a bundle. The file appears whole or not at all.
async fn export<W: Write>(
    out: &Path,
    grant: &str,
    connection: &Connection,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    let request = ExportBundleRequest {
        grant: grant.to_owned(),
    };
    let mut pieces = EvidenceServiceClient::new(connection.channel.clone())
        .export_bundle(connection.ask(request))
        .await?
        .into_inner();
    let half = out.with_extension("part");
    let mut file = BufWriter::new(File::create(&half)?);
    let mut bytes = 0;
    while let Some(piece) = pieces.message().await? {
        bytes += piece.chunk.len();
        file.write_all(&piece.chunk)?;
    }
    file.into_inner()
        .map_err(std::io::IntoInnerError::into_error)?
        .sync_all()?;
    std::fs::rename(&half, out)?;
    let out = out.display().to_string();
    match output.format() {
        Format::Json => output.json(&serde_json::json!({"bundle": out, "bytes": bytes}))?,
        Format::Table => output.fields(&[("bundle", out), ("bytes", bytes.to_string())])?,
    }
    Ok(Ending::Good)
}

/// Verifies a bundle; needs no server.
fn verify<W: Write>(
    bundle: &Path,
    key: Option<&str>,
    key_file: Option<&Path>,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    let text = match key_file {
        Some(path) => Some(read_text(path)?),
        None => key.map(str::to_owned),
    };
    let trusted = text
        .map(|text| {
            LogVerifier::parse(text.trim()).map_err(|error| {
                Failure::Message(format!("the verifier key cannot be used: {error}"))
            })
        })
        .transpose()?;
    let file = File::open(bundle).map_err(|error| {
        Failure::Message(format!("{} cannot be read: {error}", bundle.display()))
    })?;
    let report = ledger::bundle::verify(BufReader::new(file), trusted.as_ref())?;
    match output.format() {
        Format::Json => output.json(&report)?,
        Format::Table => output.text(&report.to_string())?,
    }
    Ok(if report.ok { Ending::Good } else { Ending::Bad })
}
