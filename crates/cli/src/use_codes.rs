//! `shuqiaoctl use-codes`: hand a use-code out to a holder, and take one back.

use std::io::Write;

use api::certificate::v1 as pb;
use api::certificate::v1::create_use_code_request::Addressee;
use api::certificate::v1::use_code_service_client::UseCodeServiceClient;
use clap::Subcommand;

use crate::connection::{Connection, new_request_id};
use crate::lookup::typed;
use crate::output::{Format, Output};
use crate::{Ending, Failure};

/// Hand use-codes (用证码) out to holders, as a portal that recognises them.
///
/// A code opens one lookup or verification of one certificate type, in one matter and one case, by one
/// system or department. It is shown once; the gateway keeps its keyed hash.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Hand a code out.
    Create(Create),
    /// Take a code back that was not used.
    Withdraw {
        /// Its name, useCodes/HASH.
        name: String,
    },
}

#[derive(clap::Args)]
struct Create {
    /// The certificate type, certificateTypes/CODE.
    #[arg(long = "type", value_name = "certificateTypes/CODE")]
    certificate_type: String,

    /// The holder's code, or - to read it from standard input.
    #[arg(long, value_name = "CODE")]
    holder: String,

    /// Holder type code: 111 citizen identity number, 001 unified social credit code …
    #[arg(long, value_name = "CODE", default_value = "111")]
    holder_type: String,

    /// The matter the holder has come for, matters/CODE.
    #[arg(long, value_name = "matters/CODE")]
    matter: String,

    /// The case number, as whoever uses the code will write it.
    #[arg(long = "case", value_name = "NUMBER")]
    case_number: String,

    /// Who may use it: systems/ID, or departments/CODE for any system of a department.
    #[arg(long = "for", value_name = "NAME")]
    addressee: String,

    /// Its life in seconds, at least 60; the longest that is allowed if left out.
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    life: i32,

    /// A UUID; a new one if left out.
    #[arg(long, value_name = "UUID")]
    request_id: Option<String>,
}

const EXAMPLES: &str = "\
Examples:
  shuqiaoctl use-codes create --type certificateTypes/11100000XY90000354001 --holder - \\
    --matter matters/11430500XY0000055Q2022000000002 --case SY-2022-000001 --for systems/yjs-platform
  shuqiaoctl use-codes withdraw useCodes/0123456789abcdef0123456789abcdef";

/// Runs the command.
pub(crate) async fn run<W: Write>(
    args: &Args,
    connection: &Connection,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    match &args.command {
        Command::Create(create) => hand_out(create, connection, output).await,
        Command::Withdraw { name } => withdraw(name, connection, output).await,
    }
}

async fn hand_out<W: Write>(
    create: &Create,
    connection: &Connection,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    let addressee = create.addressee.clone();
    let request = pb::CreateUseCodeRequest {
        holder: Some(pb::Holder {
            type_code: create.holder_type.clone(),
            code: typed(&create.holder)?,
        }),
        certificate_type: create.certificate_type.clone(),
        matter: create.matter.clone(),
        case_number: create.case_number.clone(),
        addressee: Some(if addressee.starts_with("departments/") {
            Addressee::Department(addressee)
        } else {
            Addressee::System(addressee)
        }),
        life_s: create.life,
        request_id: create.request_id.clone().unwrap_or_else(new_request_id),
    };
    let made = UseCodeServiceClient::new(connection.channel.clone())
        .create_use_code(connection.ask(request))
        .await?
        .into_inner();
    let expires = made
        .expire_time
        .and_then(|time| jiff::Timestamp::new(time.seconds, 0).ok());
    let expires = expires.map_or_else(String::new, |time| time.to_string());
    match output.format() {
        Format::Json => output.json(&serde_json::json!({
            "code": made.code, "name": made.name, "expires": expires,
        }))?,
        Format::Table => {
            output.fields(&[
                ("code", made.code),
                ("name", made.name),
                ("expires", expires),
            ])?;
        }
    }
    Ok(Ending::Good)
}

async fn withdraw<W: Write>(
    name: &str,
    connection: &Connection,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    let request = pb::WithdrawUseCodeRequest {
        name: name.to_owned(),
        request_id: new_request_id(),
    };
    UseCodeServiceClient::new(connection.channel.clone())
        .withdraw_use_code(connection.ask(request))
        .await?;
    match output.format() {
        Format::Json => output.json(&serde_json::json!({ "withdrawn": name }))?,
        Format::Table => output.fields(&[("withdrawn", name.to_owned())])?,
    }
    Ok(Ending::Good)
}
