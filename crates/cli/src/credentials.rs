//! `shuqiaoctl credentials`: get a TLS certificate, renew it, and see who holds which.

mod enrol;
mod list;
mod renew;

use std::io::Write;
use std::path::PathBuf;

use api::registry::v1 as pb;
use api::registry::v1::create_enrolment_token_request::Subject;
use api::registry::v1::enrolment_service_client::EnrolmentServiceClient;
use api::registry::v1::tls_certificate_service_client::TlsCertificateServiceClient;

use crate::connection::{Options, new_request_id};
use crate::input::read_text;
use crate::lookup::moment;
use crate::output::{Format, Output};
use crate::{Ending, Failure};

/// TLS certificates of systems and people: enrol, renew, list, revoke.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    List(list::Args),
    Offer(Offer),
    Enrol(enrol::Args),
    Renew(renew::Args),
    Register(Register),
    Revoke(Revoke),
}

const EXAMPLES: &str = "\
Examples:
  shuqiaoctl credentials offer --system systems/yjs-platform > token
  shuqiaoctl credentials enrol --token-file token --authority gateway.pem --out /etc/shuqiao/yjs-platform
  shuqiaoctl --identity /etc/shuqiao/yjs-platform credentials renew --if-due
  shuqiaoctl credentials list --expires-soon";

/// Make a one-time token: for a system, an officer, an auditor or an operator. It is shown once.
#[derive(clap::Args)]
struct Offer {
    #[command(flatten)]
    holder: Holder,
}

/// Who will hold the certificate.
#[derive(clap::Args)]
#[group(required = true, multiple = false)]
struct Holder {
    /// A registered system, systems/ID.
    #[arg(long, value_name = "systems/ID")]
    system: Option<String>,

    /// An officer: the department, a slash, the account.
    #[arg(long, value_name = "departments/CODE/ACCOUNT")]
    officer: Option<String>,

    /// An auditor's account.
    #[arg(long, value_name = "ACCOUNT")]
    auditor: Option<String>,

    /// An operator's account.
    #[arg(long, value_name = "ACCOUNT")]
    operator: Option<String>,
}

/// Register a TLS certificate that an external authority issued, for whoever will call with it.
#[derive(clap::Args)]
struct Register {
    #[command(flatten)]
    holder: Holder,

    /// The certificate, PEM, with the authorities between it and the configured one behind it.
    #[arg(long, value_name = "FILE")]
    certificate: PathBuf,
}

/// Revoke a TLS certificate: its holder is refused within a second, also on open connections.
#[derive(clap::Args)]
struct Revoke {
    /// The certificate, tlsCertificates/FINGERPRINT.
    name: String,

    /// Why, in a sentence; the holder is told.
    #[arg(long, value_name = "TEXT")]
    reason: String,

    /// Revoke also what was renewed from it. Give it when the key may be in the wrong hands.
    #[arg(long)]
    renewals: bool,
}

/// Runs the command.
pub(crate) async fn run<W: Write>(
    args: &Args,
    gateway: &Options,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    match &args.command {
        Command::List(args) => list::run(args, &gateway.connect().await?, output).await,
        Command::Offer(args) => offer(args, gateway, output).await,
        Command::Enrol(args) => enrol::run(args, gateway, output).await,
        Command::Renew(args) => renew::run(args, gateway, output).await,
        Command::Register(args) => register(args, gateway, output).await,
        Command::Revoke(args) => revoke(args, gateway, output).await,
    }
}

async fn offer<W: Write>(
    args: &Offer,
    gateway: &Options,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    let request = pb::CreateEnrolmentTokenRequest {
        subject: Some(args.holder.subject()?),
        request_id: new_request_id(),
    };
    let connection = gateway.connect().await?;
    let made = EnrolmentServiceClient::new(connection.channel.clone())
        .create_enrolment_token(connection.ask(request))
        .await?
        .into_inner();
    let expires = moment(made.expire_time.as_ref()).unwrap_or_default();
    match output.format() {
        Format::Json => output.json(&serde_json::json!({
            "token": made.token, "expires": expires,
        }))?,
        // Alone, so that it can go into a file; the rest is talk.
        Format::Table => {
            output.text(&made.token)?;
            writeln!(
                std::io::stderr(),
                "good once, until {expires}; hand it over by a way that others do not read"
            )?;
        }
    }
    Ok(Ending::Good)
}

async fn register<W: Write>(
    args: &Register,
    gateway: &Options,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    use pb::register_tls_certificate_request::Subject as Named;
    let certificate = read_text(&args.certificate)?;
    let request = pb::RegisterTlsCertificateRequest {
        subject: Some(match args.holder.subject()? {
            Subject::System(name) => Named::System(name),
            Subject::Officer(officer) => Named::Officer(officer),
            Subject::Auditor(account) => Named::Auditor(account),
            Subject::Operator(account) => Named::Operator(account),
        }),
        certificate,
        request_id: new_request_id(),
    };
    let connection = gateway.connect().await?;
    let made = TlsCertificateServiceClient::new(connection.channel.clone())
        .register_tls_certificate(connection.ask(request))
        .await?
        .into_inner();
    match output.format() {
        Format::Json => output.json(&list::json(&made))?,
        Format::Table => output.fields(&[
            ("registered", made.name),
            ("subject", made.subject),
            (
                "ends",
                moment(made.expire_time.as_ref()).unwrap_or_default(),
            ),
        ])?,
    }
    Ok(Ending::Good)
}

async fn revoke<W: Write>(
    args: &Revoke,
    gateway: &Options,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    let request = pb::RevokeTlsCertificateRequest {
        name: args.name.clone(),
        reason: args.reason.clone(),
        request_id: new_request_id(),
        renewals: args.renewals,
    };
    let connection = gateway.connect().await?;
    let revoked = EnrolmentServiceClient::new(connection.channel.clone())
        .revoke_tls_certificate(connection.ask(request))
        .await?
        .into_inner();
    let when = moment(revoked.revoke_time.as_ref()).unwrap_or_default();
    match output.format() {
        Format::Json => output.json(&serde_json::json!({
            "revoked": revoked.name, "subject": revoked.subject, "time": when,
        }))?,
        Format::Table => output.fields(&[
            ("revoked", revoked.name),
            ("subject", revoked.subject),
            ("time", when),
        ])?,
    }
    Ok(Ending::Good)
}

impl Holder {
    fn subject(&self) -> Result<Subject, Failure> {
        if let Some(system) = &self.system {
            return Ok(Subject::System(system.clone()));
        }
        if let Some(auditor) = &self.auditor {
            return Ok(Subject::Auditor(auditor.clone()));
        }
        if let Some(operator) = &self.operator {
            return Ok(Subject::Operator(operator.clone()));
        }
        let officer = self.officer.as_deref().unwrap_or_default();
        let (department, account) = officer.rsplit_once('/').ok_or_else(|| {
            Failure::Message(format!(
                "`{officer}` names no officer; write departments/CODE/ACCOUNT"
            ))
        })?;
        Ok(Subject::Officer(pb::Officer {
            department: department.to_owned(),
            account: account.to_owned(),
        }))
    }
}
