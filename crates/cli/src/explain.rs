//! `shuqiaoctl explain`: would this call pass, which rule decides, who can change it?

use std::io::Write;

use api::catalogue::v1::ShareMode;
use api::exchange::v1::exchange_service_client::ExchangeServiceClient;
use api::exchange::v1::explain_request::Target;
use api::exchange::v1::{ExplainRequest, ExplainResponse, Obstacle};
use api::value::v1::Purpose;
use clap::ValueEnum;

use crate::connection::Connection;
use crate::output::{Format, Output};
use crate::{Ending, Failure};

/// Tell whether a call would pass, without making it.
///
/// It is the same decision as the real call's. Exit code 0 when it would pass, 1 when not.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The resource, resources/CODE.
    #[arg(
        long,
        value_name = "resources/CODE",
        conflicts_with = "certificate_type",
        required_unless_present = "certificate_type"
    )]
    resource: Option<String>,

    /// The certificate type, certificateTypes/CODE, instead of a resource.
    #[arg(long = "type", value_name = "certificateTypes/CODE")]
    certificate_type: Option<String>,

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
Example:
  shuqiaoctl explain --type certificateTypes/11100000MB0143028R001 --consumer systems/yjs-platform \\
    --matter matters/11430500XY0000055Q2022000000002 --operator window-07";

/// Runs the command.
pub(crate) async fn run<W: Write>(
    args: &Args,
    connection: &Connection,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    let target = match (&args.resource, &args.certificate_type) {
        (Some(name), _) => Some(Target::Resource(name.clone())),
        (None, Some(name)) => Some(Target::CertificateType(name.clone())),
        (None, None) => None,
    };
    let mode = match args.mode {
        Mode::Api => ShareMode::Api,
        Mode::Table => ShareMode::Table,
        Mode::File => ShareMode::File,
    };
    let request = ExplainRequest {
        consumer: args.consumer.clone(),
        target,
        authorised: args.authorised,
        share_mode: mode.into(),
        purpose: Some(Purpose {
            matter: args.matter.clone(),
            case_number: String::new(),
            operator: args.operator.clone(),
        }),
        items: args.items.clone(),
        at_time: None,
    };
    let answer = ExchangeServiceClient::new(connection.channel.clone())
        .explain(connection.ask(request))
        .await?
        .into_inner();
    match output.format() {
        Format::Json => output.json(&json(&answer))?,
        Format::Table => print(&answer, output)?,
    }
    Ok(if answer.permitted {
        Ending::Good
    } else {
        Ending::Bad
    })
}

fn print<W: Write>(answer: &ExplainResponse, output: &mut Output<W>) -> Result<(), Failure> {
    let decision = if answer.permitted {
        "permit: the call would pass"
    } else {
        "refusal"
    };
    let mut fields = vec![
        ("decision", decision.to_owned()),
        ("rule", answer.rule.clone()),
    ];
    if !answer.grant.is_empty() {
        fields.push(("grant", answer.grant.clone()));
    }
    if answer.permitted {
        fields.push(("items", answer.items.join(", ")));
    }
    for (number, obstacle) in (1..).zip(&answer.obstacles) {
        let because = format!(
            "{number}. {} ({}): {}",
            obstacle.rule, obstacle.reason, obstacle.message
        );
        fields.push(("because", because));
        fields.push((
            "",
            format!("   fault of the {}; {}", obstacle.fault, obstacle.next),
        ));
    }
    Ok(output.fields(&fields)?)
}

fn json(answer: &ExplainResponse) -> serde_json::Value {
    let obstacle = |obstacle: &Obstacle| {
        serde_json::json!({
            "rule": obstacle.rule,
            "reason": obstacle.reason,
            "message": obstacle.message,
            "fault": obstacle.fault,
            "next": obstacle.next,
        })
    };
    serde_json::json!({
        "permitted": answer.permitted,
        "rule": answer.rule,
        "message": answer.message,
        "grant": answer.grant,
        "items": answer.items,
        "obstacles": answer.obstacles.iter().map(obstacle).collect::<Vec<_>>(),
    })
}
