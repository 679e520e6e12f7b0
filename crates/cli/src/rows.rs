//! `shuqiaoctl rows read`: read rows of a resource under a grant.

mod filter;

pub(crate) use filter::{parse as parse_filter, wire as wire_filter};

use std::io::Write;

use api::exchange::v1::exchange_service_client::ExchangeServiceClient;
use api::exchange::v1::read_rows_response::Part;
use api::exchange::v1::{OrderBy, ReadRowsRequest, RowBatch};
use api::value::v1::{ItemValue, Purpose, Receipt};
use serde_json::{Map, Value};

use crate::connection::{Connection, new_request_id};
use crate::corrections::{dispute, disputes};
use crate::lookup::{receipt_json, text, value};
use crate::output::{Format, Output};
use crate::{Ending, Failure};

/// Read tables under a grant of your system.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    Read(Read),
}

/// Read rows of a resource, as they come.
///
/// Each row is one line: a JSON object with --output json, else its values between tabs under a line
/// of item keys. A row that is disputed says so: under "@disputes", else on standard error behind its
/// line. The receipt and the cursor come last, on standard error for people. A read that
/// broke off goes on with --resume and the cursor that its error names.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
struct Read {
    /// The resource, resources/CODE.
    resource: String,

    /// The matter the data is for, matters/CODE.
    #[arg(long, value_name = "matters/CODE")]
    matter: String,

    /// The case number in your system.
    #[arg(long = "case", value_name = "NUMBER")]
    case_number: String,

    /// The clerk on whose behalf you ask.
    #[arg(long, value_name = "ACCOUNT", default_value = "")]
    operator: String,

    /// Keys of the items wanted, separated by commas; all granted ones if left out.
    #[arg(long, value_name = "KEYS", value_delimiter = ',')]
    items: Vec<String>,

    /// Which rows, as JSON; or @FILE, or @- for standard input, since others can read command lines.
    #[arg(long, value_name = "JSON", value_parser = filter::parse)]
    filter: Option<domain::filter::Filter>,

    /// Keys of the items to order by, separated by commas; - before a key for the greatest first.
    #[arg(
        long,
        value_name = "KEYS",
        value_delimiter = ',',
        allow_hyphen_values = true
    )]
    order: Vec<String>,

    /// At most so many rows; 100 if left out.
    #[arg(long, value_name = "ROWS", default_value_t = 0)]
    limit: i32,

    /// The cursor of an earlier read with the same filter and order, to go on behind it.
    #[arg(long, value_name = "CURSOR", default_value = "")]
    resume: String,

    /// A UUID, the same again for a retry; a new one if left out.
    #[arg(long, value_name = "UUID")]
    request_id: Option<String>,
}

const EXAMPLES: &str = r#"Examples:
  shuqiaoctl rows read resources/102001-000001 --matter matters/11430500XY0000055Q2022000000002 \
    --case SY-2022-000001 --operator window-07 --items enterprise_name,credit_code \
    --filter '{"compare": {"operator": "prefix", "item": "credit_code", "value": {"text": "9143"}}}' \
    --order -established_date,enterprise_name --limit 20

A filter is one of
  {"compare": {"operator": "equal", "item": "KEY", "value": VALUE}}
      equal, not_equal, less, less_or_equal, greater, greater_or_equal, prefix
  {"in": {"item": "KEY", "values": [VALUE, ...]}}
  {"between": {"item": "KEY", "low": VALUE, "high": VALUE}}
  {"absent": {"item": "KEY"}}
  {"all_of": [FILTER, ...]}   {"any_of": [FILTER, ...]}   {"not": FILTER}
and a VALUE one of {"text": "..."} {"integer": 1} {"decimal": "1.50"} {"logical": true}
  {"date": "2022-05-12"} {"time": "2022-05-12T09:30:00+08:00"}"#;

/// Runs the command.
pub(crate) async fn run<W: Write>(
    args: &Args,
    connection: &Connection,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    let Command::Read(read) = &args.command;
    let mut parts = ExchangeServiceClient::new(connection.channel.clone())
        .read_rows(connection.ask(request(read)))
        .await?
        .into_inner();
    let (mut cursor, mut heading) = (read.resume.clone(), read.items.clone());
    loop {
        match parts.message().await {
            Ok(Some(message)) => match message.part {
                Some(Part::Batch(batch)) => {
                    print(&batch, &mut heading, output)?;
                    cursor = batch.cursor;
                }
                Some(Part::Receipt(receipt)) => {
                    finish(&receipt, &cursor, output)?;
                    return Ok(Ending::Good);
                }
                None => {}
            },
            Ok(None) => return Err(broken("the answer ended without a receipt", &cursor)),
            Err(status) => {
                let Failure::Message(message) = Failure::from(status) else {
                    return Err(broken("the read broke off", &cursor));
                };
                return Err(broken(&message, &cursor));
            }
        }
    }
}

fn request(read: &Read) -> ReadRowsRequest {
    let by = |key: &String| OrderBy {
        item: key.trim_start_matches('-').to_owned(),
        descending: key.starts_with('-'),
    };
    ReadRowsRequest {
        resource: read.resource.clone(),
        purpose: Some(Purpose {
            matter: read.matter.clone(),
            case_number: read.case_number.clone(),
            operator: read.operator.clone(),
        }),
        items: read.items.clone(),
        filter: read.filter.clone().map(filter::wire),
        limit: read.limit,
        request_id: read.request_id.clone().unwrap_or_else(new_request_id),
        order: read.order.iter().map(by).collect(),
        resume: read.resume.clone(),
    }
}

fn print<W: Write>(
    batch: &RowBatch,
    heading: &mut Vec<String>,
    output: &mut Output<W>,
) -> Result<(), Failure> {
    if output.format() == Format::Json {
        for row in &batch.rows {
            let pairs = row.values.iter();
            let pairs = pairs.map(|item| (item.key.clone(), value(item)));
            // No key of an item has such a sign.
            let mark = (!row.disputes.is_empty())
                .then(|| ("@disputes".to_owned(), disputes(&row.disputes)));
            output.json(&pairs.chain(mark).collect::<Map<String, Value>>())?;
        }
        return Ok(());
    }
    if let (true, Some(row)) = (heading.is_empty(), batch.rows.first()) {
        heading.extend(row.values.iter().map(|item| item.key.clone()));
    }
    for row in &batch.rows {
        let cell = |key: &String| {
            let own = |item: &&ItemValue| item.key == *key;
            // A line is a row: what would end it or a cell is shown as a blank.
            row.values
                .iter()
                .find(own)
                .map(text)
                .unwrap_or_default()
                .replace(['\t', '\n', '\r'], " ")
        };
        let cells: Vec<String> = heading.iter().map(cell).collect();
        output.text(&cells.join("\t"))?;
        for one in &row.disputes {
            writeln!(
                std::io::stderr(),
                "the row above is disputed {}",
                dispute(one)
            )?;
        }
    }
    Ok(())
}

fn finish<W: Write>(
    receipt: &Receipt,
    cursor: &str,
    output: &mut Output<W>,
) -> Result<(), Failure> {
    if output.format() == Format::Json {
        let last = serde_json::json!({ "receipt": receipt_json(receipt), "cursor": cursor });
        return Ok(output.json(&last)?);
    }
    let (intent, outcome) = (receipt.intent_index, receipt.outcome_index);
    writeln!(
        std::io::stderr(),
        "recorded: intent #{intent}, outcome #{outcome}"
    )?;
    if !cursor.is_empty() {
        writeln!(std::io::stderr(), "cursor: {cursor}")?;
    }
    Ok(())
}

fn broken(message: &str, cursor: &str) -> Failure {
    if cursor.is_empty() {
        return Failure::Message(message.to_owned());
    }
    Failure::Message(format!("{message}\n  go on with: --resume {cursor}"))
}
