//! `shuqiaoctl use-records`: what data was used for, and what became of it.

use std::io::Write;

use api::sharing::v1 as pb;
use api::sharing::v1::use_record_service_client::UseRecordServiceClient;
use serde_json::json;

use crate::connection::{Connection, PAGE, all_pages, new_request_id};
use crate::lookup::moment;
use crate::output::{Format, Output, Table};
use crate::{Ending, Failure};

/// Records of use (使用记录): the consumer keeps them, its provider and the competent department may inspect them (Order 809
/// art. 29).
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// List the records that you may read.
    List {
        /// Only those of this grant.
        #[arg(long, value_name = "grants/UUID", default_value = "")]
        grant: String,
    },
    /// Show one record.
    Show {
        /// The record.
        #[arg(value_name = "useRecords/UUID")]
        name: String,
    },
    Create(Box<Create>),
}

/// Consumer: make a record of the use of a grant. What the gateway counted of the same days is put beside it.
///
/// Example: shuqiaoctl use-records create grants/UUID --since 2022-04-01 --until 2022-06-30 --scene 不动产转移登记核验婚姻状况
/// --process 窗口人员逐件核验 --effect 免交结婚证复印件 --storage 仅存核验结果，随登记档案保管 --destruction 未留存原始数据
#[derive(clap::Args)]
struct Create {
    /// The grant that was used.
    #[arg(value_name = "grants/UUID")]
    grant: String,
    /// The first day that the record is about.
    #[arg(long, value_name = "DAY")]
    since: String,
    /// The last day.
    #[arg(long, value_name = "DAY")]
    until: String,
    /// In which business it was used (使用场景).
    #[arg(long, value_name = "TEXT")]
    scene: String,
    /// Who used it, and how (使用过程).
    #[arg(long, value_name = "TEXT")]
    process: String,
    /// What came of it (应用成效).
    #[arg(long, value_name = "TEXT")]
    effect: String,
    /// What is kept, where, and how it is guarded (存储情况).
    #[arg(long, value_name = "TEXT")]
    storage: String,
    /// What was destroyed, when, and how (销毁情况).
    #[arg(long, value_name = "TEXT")]
    destruction: String,
    /// A UUID, the same again for a retry; a new one if left out.
    #[arg(long, value_name = "UUID")]
    request_id: Option<String>,
    /// Check everything and store nothing.
    #[arg(long)]
    validate_only: bool,
}

type Client = UseRecordServiceClient<tonic::transport::Channel>;

/// Runs the command.
pub(crate) async fn run<W: Write>(
    args: &Args,
    connection: &Connection,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    let mut client = Client::new(connection.channel.clone());
    let record = match &args.command {
        Command::List { grant } => return list(&mut client, connection, grant, output).await,
        Command::Show { name } => {
            let request = pb::GetUseRecordRequest { name: name.clone() };
            client.get_use_record(connection.ask(request)).await?
        }
        Command::Create(new) => {
            let request = new.request();
            client.create_use_record(connection.ask(request)).await?
        }
    };
    let record = record.into_inner();
    match output.format() {
        Format::Json => output.json(&json(&record))?,
        Format::Table => output.fields(&fields(&record))?,
    }
    Ok(Ending::Good)
}

impl Create {
    fn request(&self) -> pb::CreateUseRecordRequest {
        let record = pb::UseRecord {
            grant: self.grant.clone(),
            since_date: self.since.clone(),
            until_date: self.until.clone(),
            scene: self.scene.clone(),
            process: self.process.clone(),
            effect: self.effect.clone(),
            storage: self.storage.clone(),
            destruction: self.destruction.clone(),
            ..pb::UseRecord::default()
        };
        pb::CreateUseRecordRequest {
            use_record: Some(record),
            request_id: self.request_id.clone().unwrap_or_else(new_request_id),
            validate_only: self.validate_only,
        }
    }
}

async fn list<W: Write>(
    client: &mut Client,
    connection: &Connection,
    grant: &str,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    let found = all_pages(async |page_token| {
        let request = pb::ListUseRecordsRequest {
            page_size: PAGE,
            page_token,
            grant: grant.to_owned(),
        };
        let page = client.list_use_records(connection.ask(request)).await?;
        let page = page.into_inner();
        Ok((page.use_records, page.next_page_token))
    })
    .await?;
    let mut table = Table::new([
        "RECORD", "GRANT", "SINCE", "UNTIL", "CALLS", "ROWS", "SCENE",
    ]);
    for one in &found {
        match output.format() {
            Format::Json => output.json(&json(one))?,
            Format::Table => table.push([
                one.name.clone(),
                one.grant.clone(),
                one.since_date.clone(),
                one.until_date.clone(),
                one.counted_calls.to_string(),
                one.counted_rows.to_string(),
                one.scene.clone(),
            ]),
        }
    }
    output.table(&table)?;
    Ok(Ending::Good)
}

fn fields(one: &pb::UseRecord) -> Vec<(&'static str, String)> {
    let kept = match one.kept_until_date.as_str() {
        "" => "no rule sets a term".to_owned(),
        until => format!("until {until} ({})", one.kept_rule),
    };
    vec![
        ("record", one.name.clone()),
        (
            "grant",
            format!("{} version {}", one.grant, one.grant_version),
        ),
        ("days", format!("{} to {}", one.since_date, one.until_date)),
        ("scene", one.scene.clone()),
        ("process", one.process.clone()),
        ("effect", one.effect.clone()),
        ("storage", one.storage.clone()),
        ("destruction", one.destruction.clone()),
        (
            "counted by the gateway",
            format!("{} calls, {} rows", one.counted_calls, one.counted_rows),
        ),
        ("kept", kept),
        ("by", one.by.clone()),
        ("made", moment(one.create_time.as_ref()).unwrap_or_default()),
    ]
}

fn json(one: &pb::UseRecord) -> serde_json::Value {
    json!({
        "name": one.name,
        "grant": one.grant,
        "grant_version": one.grant_version,
        "since_date": one.since_date,
        "until_date": one.until_date,
        "scene": one.scene,
        "process": one.process,
        "effect": one.effect,
        "storage": one.storage,
        "destruction": one.destruction,
        "counted_calls": one.counted_calls,
        "counted_rows": one.counted_rows,
        "kept_until_date": one.kept_until_date,
        "kept_rule": one.kept_rule,
        "by": one.by,
        "create_time": moment(one.create_time.as_ref()),
    })
}
