//! `shuqiaoctl credentials enrol`: trade a one-time token for a TLS certificate.

use std::io::Write;
use std::path::{Path, PathBuf};

use api::registry::v1::EnrolRequest;
use api::registry::v1::enrolment_service_client::EnrolmentServiceClient;

use super::renew::{refused, told};
use crate::connection::{Options, new_request_id};
use crate::input::read_text;
use crate::output::Output;
use crate::{Ending, Failure};
use identity::{Certified, Folder};

/// Trade a one-time token for a TLS certificate. The key is made here and stays here.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The file with the token, or - to read it from standard input.
    #[arg(long, value_name = "FILE")]
    token_file: String,

    /// The gateway's own authority, PEM, as its operator handed it over: without it anybody could pass for
    /// the gateway and take the token.
    #[arg(long, value_name = "FILE")]
    authority: PathBuf,

    /// The folder to make: certificate.pem, key.pem, authority.pem.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,

    /// A name or address under which the own endpoint is reached, for a system that others call; may be repeated.
    #[arg(long = "host", value_name = "HOST")]
    hosts: Vec<String>,
}

/// Runs the command.
pub(super) async fn run<W: Write>(
    args: &Args,
    gateway: &Options,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    let folder = Folder::new(&args.out);
    if folder.holds_identity() {
        let message = format!(
            "{} holds an identity already; renew it with `credentials renew`, or name another folder",
            args.out.display()
        );
        return Err(Failure::Message(message));
    }
    let token = token(&args.token_file)?;
    let authority = read_text(&args.authority)?;
    let connection = gateway.connect_anonymously(&authority).await?;
    let pending = folder.pending(new_request_id)?;
    let request = EnrolRequest {
        token,
        signing_request: pending.signing_request,
        endpoint_hosts: args.hosts.clone(),
    };
    let answer = EnrolmentServiceClient::new(connection.channel.clone())
        .enrol(connection.ask(request))
        .await;
    let answer = match answer {
        Ok(answer) => answer.into_inner(),
        Err(status) => return Err(refused(&folder, status)?),
    };
    folder.adopt(&Certified {
        certificate: answer.certificate,
        authority: answer.authority,
    })?;
    told(output, "enrolled", &folder, answer.tls_certificate.as_ref())
}

fn token(file: &str) -> Result<String, Failure> {
    let text = if file == "-" {
        std::io::read_to_string(std::io::stdin().lock())?
    } else {
        read_text(Path::new(file))?
    };
    Ok(text.trim().to_owned())
}
