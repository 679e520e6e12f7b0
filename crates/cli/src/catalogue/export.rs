//! `shuqiaoctl catalogue export`.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use api::catalogue::v1::Resource;
use api::registry::v1::Department;
use dcat::{Language, OpenEntry, Site, SiteWords};
use jiff::Timestamp;

use crate::connection::Options;
use crate::output::{Format, Output};
use crate::{Ending, Failure};

/// What is written, and as whose.
#[derive(clap::Args)]
pub(super) struct Args {
    /// How it is written.
    #[arg(long = "as", value_name = "SYNTAX", default_value = "turtle")]
    syntax: Syntax,
    /// The file to write, whole or not at all; standard output if left out.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// What all addresses in it begin with; ends in /. They must never change once others have them, so give the
    /// city's own and not that of one gateway. The gateway's HTTP/JSON entries if left out.
    #[arg(long, value_name = "IRI")]
    base: Option<String>,
    /// Where programs of others reach the gateway. With --base and without it no service is told of, since the address
    /// by which you reach the gateway is nobody else's business.
    #[arg(long, value_name = "IRI")]
    endpoint: Option<String>,
    /// The department that publishes the catalogue; the competent one if left out.
    #[arg(long, value_name = "departments/CODE")]
    publisher: Option<String>,
    /// The title of the catalogue, in Chinese.
    #[arg(long, value_name = "TEXT", default_value = "开放数据目录")]
    title: String,
    /// What the catalogue is, in Chinese.
    #[arg(
        long,
        value_name = "TEXT",
        default_value = "依法向社会开放的政务数据资源。"
    )]
    description: String,
    /// The address of the licence under which all of it may be used; none is stated if left out.
    #[arg(long, value_name = "IRI")]
    license: Option<String>,
}

/// How a catalogue is written.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Syntax {
    Turtle,
    JsonLd,
}

/// Runs the command.
pub(super) async fn run<W: Write>(
    args: &Args,
    gateway: &Options,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    let connection = gateway.connect().await?;
    // What may leave is decided entry by entry behind this.
    let resources = super::all(&connection, "").await?;
    let departments = crate::departments::all(&connection).await?;
    let site = site(args, gateway, &resources, &departments)?;
    let graph = dcat::export(&resources, &departments, &site);
    let document = match args.syntax {
        Syntax::Turtle => dcat::turtle(&graph)?,
        Syntax::JsonLd => dcat::json_ld(&graph)?,
    };
    let Some(out) = &args.out else {
        // A document and no answer of fields: the same for people and programs.
        output.document(&document)?;
        return Ok(Ending::Good);
    };
    write_whole(out, document.as_bytes())?;
    let entries = OpenEntry::all(&resources).len();
    let out = out.display().to_string();
    match output.format() {
        Format::Json => output.json(&serde_json::json!({
            "catalogue": out,
            "entries": entries,
            "triples": graph.len(),
            "bytes": document.len(),
        }))?,
        Format::Table => output.fields(&[
            ("catalogue", out),
            ("entries", entries.to_string()),
            ("triples", graph.len().to_string()),
            ("bytes", document.len().to_string()),
        ])?,
    }
    Ok(Ending::Good)
}

fn site(
    args: &Args,
    gateway: &Options,
    resources: &[Resource],
    departments: &[Department],
) -> Result<Site, Failure> {
    let own = format!("https://{}/", gateway.named_server().unwrap_or_default());
    let endpoint = args.endpoint.clone();
    let words = SiteWords {
        base: args.base.clone().unwrap_or_else(|| format!("{own}v1/")),
        endpoint: endpoint.or_else(|| args.base.is_none().then_some(own)),
        title: args.title.clone(),
        description: args.description.clone(),
        publisher: publisher(args, departments)?,
        license: args.license.clone(),
        modified: modified(resources),
        languages: vec![Language::Chinese],
    };
    Site::of(words).map_err(|faults| Failure::Message(faults.to_string()))
}

fn publisher(args: &Args, departments: &[Department]) -> Result<String, Failure> {
    let mut existing = departments
        .iter()
        .filter(|known| known.valid_until.is_empty());
    let competent = existing.find(|known| known.competent);
    let competent = competent.map(|known| known.name.clone());
    let none = "no department is registered as competent for data sharing; name the one that publishes the \
                catalogue by --publisher departments/CODE";
    let none = || Failure::Message(none.to_owned());
    args.publisher.clone().or(competent).ok_or_else(none)
}

/// When the newest open entry was published: the same catalogue is the same document, whenever it is written. That of
/// an empty one is 1970.
fn modified(resources: &[Resource]) -> Timestamp {
    let open = resources
        .iter()
        .filter(|entry| OpenEntry::of(entry).is_some());
    let times = open.filter_map(|entry| {
        let time = entry.publish_time.as_ref()?;
        Timestamp::new(time.seconds, time.nanos).ok()
    });
    times.max().unwrap_or_default()
}

/// Writes beside the place, and puts it there when it is whole.
fn write_whole(out: &Path, document: &[u8]) -> std::io::Result<()> {
    let half = out.with_added_extension("part");
    let mut file = File::create(&half)?;
    file.write_all(document)?;
    file.sync_all()?;
    std::fs::rename(&half, out)
}

#[cfg(test)]
mod tests {
    use api::catalogue::v1::ShareType;
    use api::catalogue::v1::resource::State;

    use super::*;

    fn published(seconds: i64, open: bool) -> Resource {
        Resource {
            open,
            state: State::Published.into(),
            share_type: ShareType::Unconditional.into(),
            publish_time: Some(prost_types::Timestamp { seconds, nanos: 0 }),
            ..Resource::default()
        }
    }

    #[test]
    fn it_changed_when_the_newest_open_entry_was_published() {
        let entries = [published(5, true), published(9, false), published(7, true)];
        assert_eq!(modified(&entries), Timestamp::from_second(7).unwrap());
        assert_eq!(modified(&[]), Timestamp::UNIX_EPOCH);
    }
}
