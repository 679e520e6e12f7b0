//! `shuqiaoctl certificates`: announce changes, fetch lists of states, and check one against a list.

mod announce;
mod status;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use api::certificate::v1::certificate_status_service_client::CertificateStatusServiceClient;
use api::certificate::v1::{DownloadStatusListRequest, GetStatusListRequest};
use tonic::transport::Channel;

use crate::connection::{Connection, Options, new_request_id};
use crate::output::{Format, Output};
use crate::{Ending, Failure};

/// A whole list may take as long as the gateway lets it.
const DEADLINE: std::time::Duration = std::time::Duration::from_mins(1);

/// What issuers announce about certificates, and the lists of states.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    Announce(announce::Args),
    Status(status::Args),
    /// Download the list of states of a certificate type, or one shard of it. Any caller.
    ///
    /// Whoever has the file checks certificates against it without asking anybody: see `status --list`.
    ///
    /// Example: shuqiaoctl certificates list --type certificateTypes/11100000MB0143028R001 --out licences.list
    List {
        /// The certificate type.
        #[arg(long = "type", value_name = "certificateTypes/CODE")]
        certificate_type: String,
        /// The file to write.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// First digits of the hashes wanted; the whole list if left out.
        #[arg(long, value_name = "DIGITS", default_value = "")]
        prefix: String,
    },
}

/// Runs the command; a status against a file asks no gateway.
pub(crate) async fn run<W: Write>(
    args: &Args,
    gateway: &Options,
    today: jiff::civil::Date,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    match &args.command {
        Command::Announce(args) => announce::run(args, &gateway.connect().await?, output).await,
        Command::Status(args) => status::run(args, gateway, today, output).await,
        Command::List {
            certificate_type,
            out,
            prefix,
        } => {
            list(
                certificate_type,
                prefix,
                out,
                &gateway.connect().await?,
                output,
            )
            .await
        }
    }
}

fn client(connection: &Connection) -> CertificateStatusServiceClient<Channel> {
    CertificateStatusServiceClient::new(connection.channel.clone())
}

/// Downloads a list. The file appears whole or not at all.
async fn list<W: Write>(
    certificate_type: &str,
    prefix: &str,
    out: &Path,
    connection: &Connection,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    let request = GetStatusListRequest {
        certificate_type: certificate_type.to_owned(),
    };
    let info = client(connection)
        .get_status_list(connection.ask(request))
        .await?
        .into_inner();
    let half = out.with_extension("part");
    let mut file = BufWriter::new(File::create(&half)?);
    let bytes = download(connection, certificate_type, prefix, &mut file).await?;
    file.into_inner()
        .map_err(std::io::IntoInnerError::into_error)?
        .sync_all()?;
    std::fs::rename(&half, out)?;
    let out = out.display().to_string();
    match output.format() {
        Format::Json => output.json(&serde_json::json!({
            "list": out,
            "bytes": bytes,
            "certificates": info.entries,
            "verifier_key": info.verifier_key,
        }))?,
        Format::Table => output.fields(&[
            ("list", out),
            ("bytes", bytes.to_string()),
            ("certificates", info.entries.to_string()),
            ("verifier key", info.verifier_key),
        ])?,
    }
    Ok(Ending::Good)
}

/// Writes the pieces of a list as they come, and counts their bytes.
async fn download(
    connection: &Connection,
    certificate_type: &str,
    prefix: &str,
    out: &mut impl Write,
) -> Result<usize, Failure> {
    let request = DownloadStatusListRequest {
        certificate_type: certificate_type.to_owned(),
        prefix: prefix.to_owned(),
        request_id: new_request_id(),
    };
    let mut pieces = client(connection)
        .download_status_list(Connection::ask_for(request, DEADLINE))
        .await?
        .into_inner();
    let mut bytes = 0;
    while let Some(piece) = pieces.message().await? {
        bytes += piece.chunk.len();
        out.write_all(&piece.chunk)?;
    }
    Ok(bytes)
}
