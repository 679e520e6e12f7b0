//! `shuqiaoctl catalogue`: what data is there, and the catalogue as a sheet in both directions.

mod document;
mod duties;
mod export;
mod import_dcat;
mod life;
mod quality;
mod read_dcat;
mod register;
mod review;
mod search;
mod sheet;
mod words;

pub(crate) use register::at_work;

use std::io::Write;

use api::catalogue::v1::resource_service_client::ResourceServiceClient;
use api::catalogue::v1::{ListResourcesRequest, Resource};

use crate::connection::{Connection, Options, all_pages};
use crate::output::{Format, Output, Table, word};
use crate::{Ending, Failure, sheets};

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
    /// Every text that holds the words is found; letters are initials of pinyin of titles, items and departments
    /// too. The counts below the results say what else it could be narrowed to.
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
    ReadDcat(document::Document),
    /// Take in a catalogue of others in DCAT as drafts: every dataset, or none and every fault of every dataset.
    ///
    /// What a dataset says is taken from it; what no graph can say is given by --system, --default and --given, and
    /// is a fault where it is not. A dataset with a catalogue code is that entry; any other is looked for by title
    /// within its department, and a new one is numbered within the classification. What an entry says already and
    /// the dataset does not stays as it is, so the same document a second time changes nothing. The exit code is 0
    /// when there is no fault.
    ///
    /// Example: shuqiaoctl catalogue import-dcat open.ttl --system systems/roads --default classification=314001
    /// --default share-type=unconditional --default data-level=general --dry-run
    ImportDcat(import_dcat::Args),
    /// Take in a whole sheet of entries as drafts: all of them, or none and every fault of every row.
    ///
    /// The layout is that of the guide of 2017: one row an item, the cells of the entry merged over its items, or
    /// filled in its first row alone. Titles stand in any order. An entry without a code is looked for by title; a
    /// new one is numbered within its classification. Columns that the sheet does not have stay as they are. The
    /// exit code is 0 when there is no fault.
    ///
    /// Example: shuqiaoctl catalogue import catalogue.xlsx --dry-run --result catalogue-checked.xlsx
    Import(sheets::Import),
    /// Write the entries that you may see as the sheet that `import` reads; imported again it changes nothing.
    ///
    /// Example: shuqiaoctl catalogue export-sheet --department departments/11430500XY00001437 --out catalogue.xlsx
    ExportSheet(sheets::Export),
    /// Write an empty sheet to fill in, with drop-downs, notes and an explanation. Asks no gateway.
    ///
    /// Example: shuqiaoctl catalogue template --out catalogue.xlsx
    Template(sheets::Template),
    #[command(flatten)]
    Life(life::Command),
    #[command(flatten)]
    Quality(quality::Command),
}

/// Runs the command; reading a file asks no gateway.
pub(crate) async fn run<W: Write>(
    args: &Args,
    gateway: &Options,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    match &args.command {
        Command::List { department } => list(department, &gateway.connect().await?, output).await,
        Command::Search(wanted) => search::run(wanted, &gateway.connect().await?, output).await,
        Command::Quality(asked) => quality::run(asked, &gateway.connect().await?, output).await,
        Command::Life(step) => life::run(step, &gateway.connect().await?, output).await,
        Command::Import(args) => sheet::import(args, &gateway.connect().await?, output).await,
        Command::ExportSheet(args) => sheet::export(args, &gateway.connect().await?, output).await,
        Command::Template(args) => sheet::template(args, output),
        Command::Export(args) => export::run(args, gateway, output).await,
        Command::ReadDcat(args) => read_dcat::run(args, output),
        Command::ImportDcat(args) => import_dcat::run(args, gateway, output).await,
    }
}

async fn list<W: Write>(
    department: &str,
    connection: &Connection,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    show(&all(connection, department).await?, output)
}

fn show<W: Write>(resources: &[Resource], output: &mut Output<W>) -> Result<Ending, Failure> {
    let mut table = Table::new([
        "RESOURCE", "TITLE", "SYSTEM", "SHARED", "MODES", "ITEMS", "STATE",
    ]);
    for resource in resources {
        match output.format() {
            Format::Json => output.json(&json(resource))?,
            Format::Table => table.push(row(resource)),
        }
    }
    output.table(&table)?;
    Ok(Ending::Good)
}

/// All entries of a department that the caller may see, or of all when none is named.
async fn all(connection: &Connection, department: &str) -> Result<Vec<Resource>, Failure> {
    let mut client = ResourceServiceClient::new(connection.channel.clone());
    all_pages(async |page_token| {
        let request = ListResourcesRequest {
            page_size: 0,
            page_token,
            department: department.to_owned(),
        };
        let page = client.list_resources(connection.ask(request)).await?;
        let page = page.into_inner();
        Ok((page.resources, page.next_page_token))
    })
    .await
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
        "update_duty": resource.update_duty.as_ref().map(duties::json),
        "etag": resource.etag,
    })
}

fn share_type(resource: &Resource) -> String {
    word(resource.share_type().as_str_name(), "SHARE_TYPE_")
}

fn modes(resource: &Resource) -> Vec<String> {
    let modes = resource.share_modes();
    modes
        .map(|mode| word(mode.as_str_name(), "SHARE_MODE_"))
        .collect()
}

fn state(resource: &Resource) -> String {
    word(resource.state().as_str_name(), "STATE_")
}
