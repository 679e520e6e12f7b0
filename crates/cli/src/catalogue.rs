//! `shuqiaoctl catalogue`: what data is there?

mod export;
mod read_dcat;
mod search;

use std::io::Write;

use api::catalogue::v1::resource_service_client::ResourceServiceClient;
use api::catalogue::v1::{ListResourcesRequest, Resource};

use crate::connection::{Connection, Options};
use crate::output::{Format, Output, Table};
use crate::{Ending, Failure};

/// The data resource catalogue.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// List the resources that you may see: published ones, and your own department's drafts.
    ///
    /// Example: shuqiaoctl catalogue list --output json
    List {
        /// Only resources of this department.
        #[arg(long, value_name = "departments/CODE", default_value = "")]
        department: String,
    },
    /// Search what you may see, over titles, items, summaries, departments and systems.
    ///
    /// Every text that holds the words is found; letters are initials of pinyin too. The counts below the
    /// results say what else it could be narrowed to.
    ///
    /// Example: shuqiaoctl catalogue search 婚姻 登记 --share-type conditional
    Search(search::Args),
    /// Write the entries that are open to society as a DCAT-AP 3 catalogue, for the portals of others.
    ///
    /// Only what is published, open and shared leaves, whatever else you may see: without systems, interfaces and
    /// the documents of reviews. The same entries give the same document.
    ///
    /// Example: shuqiaoctl catalogue export --as json-ld --out open.jsonld
    Export(export::Args),
    /// Read a catalogue of others in DCAT, and say what each dataset lacks to be an entry of ours.
    ///
    /// Needs no server. The answer is no, exit code 1, as long as something is lacking: at least the system that will
    /// provide the data, which no foreign catalogue can know.
    ///
    /// Example: shuqiaoctl catalogue read-dcat open.ttl --output json
    ReadDcat(read_dcat::Args),
}

/// Runs the command; reading a file asks no gateway.
pub(crate) async fn run<W: Write>(
    args: &Args,
    gateway: &Options,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    match &args.command {
        Command::List { department } => list(department, &gateway.connect().await?, output).await,
        Command::Search(args) => search::run(args, &gateway.connect().await?, output).await,
        Command::Export(args) => export::run(args, gateway, output).await,
        Command::ReadDcat(args) => read_dcat::run(args, output),
    }
}

async fn list<W: Write>(
    department: &str,
    connection: &Connection,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    let mut table = Table::new([
        "RESOURCE", "TITLE", "SYSTEM", "SHARED", "MODES", "ITEMS", "STATE",
    ]);
    let mut client = ResourceServiceClient::new(connection.channel.clone());
    let mut page_token = String::new();
    loop {
        let request = ListResourcesRequest {
            page_size: 0,
            page_token,
            department: department.to_owned(),
        };
        let page = client
            .list_resources(connection.ask(request))
            .await?
            .into_inner();
        for resource in &page.resources {
            match output.format() {
                Format::Json => output.json(&json(resource))?,
                Format::Table => table.push(row(resource)),
            }
        }
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    output.table(&table)?;
    Ok(Ending::Good)
}

fn row(resource: &Resource) -> [String; 7] {
    [
        resource.name.clone(),
        resource.title.clone(),
        resource.system.clone(),
        share_type(resource),
        modes(resource).join(","),
        resource.items.len().to_string(),
        state(resource),
    ]
}

fn json(resource: &Resource) -> serde_json::Value {
    let item = |item: &api::catalogue::v1::ResourceItem| {
        serde_json::json!({
            "key": item.key,
            "title": item.title,
            "data_type": item.data_type,
            "sensitive": item.sensitive,
        })
    };
    serde_json::json!({
        "name": resource.name,
        "title": resource.title,
        "summary": resource.summary,
        "system": resource.system,
        "department": resource.department,
        "share_type": share_type(resource),
        "share_condition": resource.share_condition,
        "share_modes": modes(resource),
        "certificate_type": resource.certificate_type,
        "items": resource.items.iter().map(item).collect::<Vec<_>>(),
        "state": state(resource),
        "version": resource.version,
        "etag": resource.etag,
    })
}

fn share_type(resource: &Resource) -> String {
    resource
        .share_type()
        .as_str_name()
        .trim_start_matches("SHARE_TYPE_")
        .to_ascii_lowercase()
}

fn modes(resource: &Resource) -> Vec<String> {
    let word = |mode: api::catalogue::v1::ShareMode| {
        mode.as_str_name()
            .trim_start_matches("SHARE_MODE_")
            .to_ascii_lowercase()
    };
    resource.share_modes().map(word).collect()
}

fn state(resource: &Resource) -> String {
    resource
        .state()
        .as_str_name()
        .trim_start_matches("STATE_")
        .to_ascii_lowercase()
}
