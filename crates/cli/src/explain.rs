//! `shuqiaoctl explain`: would this call pass, what did each rule see, who removes what stands in the way?

mod chain;
mod json;

use std::io::Write;

use api::catalogue::v1::ShareMode;
use api::exchange::v1::ExplainRequest;
use api::exchange::v1::exchange_service_client::ExchangeServiceClient;
use api::exchange::v1::explain_request::Target;
use api::value::v1::Purpose;
use clap::{ArgGroup, ValueEnum};
use jiff::Timestamp;

use crate::connection::{Connection, wire_time};
use crate::output::{Format, Output};
use crate::{Ending, Failure};

/// Tell whether a call would pass, without making it, and why.
///
/// It is the same decision as the real call's. Printed are all rules in their order, ✓ where one holds, ✗ where it stands
/// in the way and · where there was nothing to ask it about, each with what it looked at; then who removes what stands in
/// the way, by what, and how long the law gives them. Exit code 0 when it would pass, 1 when not.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
#[command(group = ArgGroup::new("target").required(true).args(["resource", "certificate_type", "method"]))]
pub(crate) struct Args {
    /// The resource, resources/CODE.
    #[arg(long, value_name = "resources/CODE")]
    resource: Option<String>,

    /// The certificate type, certificateTypes/CODE, instead of a resource.
    #[arg(long = "type", value_name = "certificateTypes/CODE")]
    certificate_type: Option<String>,

    /// A method of a provider's own, as it is called: /package.Service/Method, or 'GET /system/path'.
    #[arg(long, value_name = "METHOD")]
    method: Option<String>,

    /// The system to decide for; your own if left out.
    #[arg(long, value_name = "systems/ID", default_value = "")]
    consumer: String,

    /// The matter, matters/CODE.
    #[arg(long, value_name = "matters/CODE", default_value = "")]
    matter: String,

    /// A clerk would be named.
    #[arg(long, value_name = "ACCOUNT", default_value = "")]
    operator: String,

    /// The holder's authorisation would be given: a use-code, or one that you keep.
    #[arg(long)]
    authorised: bool,

    /// By which way.
    #[arg(long, value_enum, default_value_t = Mode::Api, value_name = "MODE")]
    mode: Mode,

    /// Keys of the items, separated by commas; all granted ones if left out.
    #[arg(long, value_name = "KEYS", value_delimiter = ',')]
    items: Vec<String>,

    /// Keys of the items that would be compared with and not released: those of a filter, an order, a verification.
    #[arg(long, value_name = "KEYS", value_delimiter = ',')]
    compared: Vec<String>,

    /// The whole of a certificate would be asked for, as its file shows it; with --mode file.
    #[arg(long, conflicts_with = "use_code")]
    whole: bool,

    /// A use-code would be handed out.
    #[arg(long)]
    use_code: bool,

    /// The one grant that would be named; whichever permits if left out.
    #[arg(long, value_name = "grants/UUID", default_value = "")]
    grant: String,

    /// At which moment, RFC 3339; now if left out. Days count in China. The registry is that of now.
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Mode {
    /// Single answers, certificate lookups among them.
    Api,
    /// Rows by a typed filter.
    Table,
    /// Files.
    File,
}

const EXAMPLES: &str = "\
Examples:
  shuqiaoctl explain --type certificateTypes/11100000MB0143028R001 --consumer systems/yjs-platform \\
    --matter matters/11430500XY0000055Q2022000000002 --operator window-07
  shuqiaoctl explain --resource resources/105001-000001 --mode table --compared district \\
    --matter matters/11430500XY0000055Q2022000000002 --at 2026-12-31T09:00:00+08:00";

/// Runs the command.
pub(crate) async fn run<W: Write>(
    args: &Args,
    connection: &Connection,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    let answer = ExchangeServiceClient::new(connection.channel.clone())
        .explain(connection.ask(request(args)))
        .await?
        .into_inner();
    match output.format() {
        Format::Json => output.json(&json::of(&answer))?,
        Format::Table => chain::print(&answer, output)?,
    }
    Ok(if answer.permitted {
        Ending::Good
    } else {
        Ending::Bad
    })
}

fn request(args: &Args) -> ExplainRequest {
    let resource = args.resource.clone().map(Target::Resource);
    let kind = args.certificate_type.clone().map(Target::CertificateType);
    let method = args.method.clone().map(Target::Method);
    let mode = match args.mode {
        Mode::Api => ShareMode::Api,
        Mode::Table => ShareMode::Table,
        Mode::File => ShareMode::File,
    };
    ExplainRequest {
        consumer: args.consumer.clone(),
        target: resource.or(kind).or(method),
        authorised: args.authorised,
        share_mode: mode.into(),
        purpose: Some(Purpose {
            matter: args.matter.clone(),
            case_number: String::new(),
            operator: args.operator.clone(),
        }),
        items: args.items.clone(),
        compared_items: args.compared.clone(),
        whole: args.whole,
        issues_use_code: args.use_code,
        grant: args.grant.clone(),
        at_time: args.at.map(wire_time),
    }
}
