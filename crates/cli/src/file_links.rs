//! `shuqiaoctl certificate-file`: fetch the file of one certificate.

use std::io::Write;
use std::path::PathBuf;

use api::certificate::v1::certificate_file_service_client::CertificateFileServiceClient;
use api::certificate::v1::create_certificate_file_link_request::Key as FileKey;
use api::certificate::v1::lookup_certificate_request::Key;
use api::certificate::v1::{
    CertificateFileFormat, CertificateFileLink, CreateCertificateFileLinkRequest,
    CreateCertificateFileLinkResponse, Disposition,
};
use clap::ValueEnum;
use domain::file_link::FILE_BYTES;
use domain::subject::hex;
use http_body_util::{BodyExt as _, Limited};
use sha2_kept::{Digest as _, Sha256};
use tower::ServiceExt as _;

use crate::connection::Connection;
use crate::lookup::{Question, receipt_json};
use crate::output::{Format, Output, word};
use crate::{Ending, Failure};

/// Fetch the file of one certificate, with a purpose mark in it, under a grant of your system.
///
/// The issuer makes the file for this use; the gateway keeps it for minutes behind a link that serves
/// your system once. The grant must be in file mode and cover every item, since a file shows the whole
/// certificate.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    question: Question,

    /// The format of the file.
    #[arg(long, value_enum, default_value_t = Kind::Ofd)]
    format: Kind,

    /// Where to write the file; it must not be there yet.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    Ofd,
    Pdf,
}

const EXAMPLES: &str = "\
Example:
  shuqiaoctl certificate-file --type certificateTypes/11100000MB0143028R001 \\
    --holder 92430582XYXYXY0325 --holder-type 001 --format ofd --out licence.ofd \\
    --matter matters/11430500XY0000055Q2022000000002 --case SY-2022-000001 --operator window-07";

/// Runs the command.
pub(crate) async fn run<W: Write>(
    args: &Args,
    connection: &Connection,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    let key = match args.question.key()? {
        Key::Holder(holder) => FileKey::Holder(holder),
        Key::Identifier(identifier) => FileKey::Identifier(identifier),
        Key::NetworkIdentity(code) => FileKey::NetworkIdentity(code),
        Key::UseCode(code) => FileKey::UseCode(code),
    };
    let format = match args.format {
        Kind::Ofd => CertificateFileFormat::Ofd,
        Kind::Pdf => CertificateFileFormat::Pdf,
    };
    let request = CreateCertificateFileLinkRequest {
        certificate_type: args.question.certificate_type(),
        key: Some(key),
        purpose: Some(args.question.purpose()),
        format: format.into(),
        request_id: args.question.request_id(),
        authorisation: args.question.authorisation(),
    };
    // Before anything is asked: a file that cannot be written is not worth a use of the grant.
    let file = std::fs::File::create_new(&args.out)?;
    let fetched = ask(connection, request, file).await;
    if !matches!(&fetched, Ok((_, true))) {
        std::fs::remove_file(&args.out)?;
    }
    let (answer, written) = fetched?;
    print(args, &answer, written, output)?;
    Ok(match answer.disposition() {
        Disposition::Found => Ending::Good,
        _ => Ending::Bad,
    })
}

/// Asks for a link and writes its file; whether there was one.
async fn ask(
    connection: &Connection,
    request: CreateCertificateFileLinkRequest,
    mut file: std::fs::File,
) -> Result<(CreateCertificateFileLinkResponse, bool), Failure> {
    let answer = CertificateFileServiceClient::new(connection.channel.clone())
        .create_certificate_file_link(connection.ask(request))
        .await?
        .into_inner();
    let Some(link) = &answer.link else {
        return Ok((answer, false));
    };
    file.write_all(&fetch(connection, link).await?)?;
    Ok((answer, true))
}

fn print<W: Write>(
    args: &Args,
    answer: &CreateCertificateFileLinkResponse,
    written: bool,
    output: &mut Output<W>,
) -> Result<(), Failure> {
    let disposition = word(answer.disposition().as_str_name(), "DISPOSITION_");
    let link = answer.link.clone().unwrap_or_default();
    let path = args.out.display().to_string();
    if output.format() == Format::Json {
        return Ok(output.json(&serde_json::json!({
            "disposition": disposition,
            "file": written.then_some(path),
            "content_type": link.content_type,
            "size": link.size,
            "sha256": link.sha256,
            "sm3": link.sm3,
            "receipt": answer.receipt.as_ref().map(receipt_json),
        }))?);
    }
    let mut fields = vec![("disposition", disposition)];
    if written {
        fields.push(("file", path));
        fields.push(("size", format!("{} bytes", link.size)));
        fields.push(("sha256", link.sha256));
        fields.push(("sm3", link.sm3));
    }
    Ok(output.fields(&fields)?)
}

/// Fetches a link's file over the connection that is open already.
async fn fetch(connection: &Connection, link: &CertificateFileLink) -> Result<Vec<u8>, Failure> {
    let broken = |what: &str| Failure::Message(format!("the file was not fetched: {what}"));
    let request = http::Request::get(&link.uri)
        .header("grpc-timeout", "20S")
        .body(tonic::body::Body::empty())
        .map_err(|_| broken("the link is none"))?;
    let answered = connection.channel.clone().oneshot(request).await;
    let response = answered.map_err(|_| broken("the connection broke"))?;
    let code = response.status();
    if !code.is_success() {
        return Err(broken(&format!(
            "the gateway answered HTTP {}",
            code.as_u16()
        )));
    }
    let body = Limited::new(response.into_body(), FILE_BYTES)
        .collect()
        .await;
    let bytes = body.map_err(|_| broken("it broke off"))?.to_bytes();
    if hex(&Sha256::digest(&bytes)) != link.sha256 {
        return Err(broken("its bytes are not those of the link"));
    }
    Ok(bytes.to_vec())
}
