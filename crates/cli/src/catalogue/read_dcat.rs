//! `shuqiaoctl catalogue read-dcat`.

use std::io::{Read as _, Write};
use std::path::{Path, PathBuf};

use dcat::{ImportedEntry, Syntax};

use super::json;
use crate::output::{Format, Output, Table};
use crate::{Ending, Failure};

/// The file, and how it is written.
#[derive(clap::Args)]
pub(super) struct Args {
    /// A catalogue in DCAT: Turtle (.ttl) or JSON-LD (.jsonld, .json).
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// How it is written, where the name does not say it.
    #[arg(long = "as", value_name = "SYNTAX")]
    syntax: Option<Written>,
}

/// How a catalogue is written.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Written {
    Turtle,
    JsonLd,
}

/// Runs the command; it asks no gateway. An entry that lacks something is a no.
pub(super) fn run<W: Write>(args: &Args, output: &mut Output<W>) -> Result<Ending, Failure> {
    let syntax = syntax(args)?;
    let bytes = read(&args.file)?;
    let place = args.file.display();
    let refused = |error: dcat::ImportError| Failure::Message(format!("{place}: {error}"));
    let entries = dcat::import(&bytes, syntax).map_err(refused)?.entries;
    match output.format() {
        Format::Json => {
            for entry in &entries {
                output.json(&document(entry))?;
            }
        }
        Format::Table => show(&entries, output)?,
    }
    let complete = entries.iter().all(|entry| entry.lacks.is_empty());
    Ok(if complete { Ending::Good } else { Ending::Bad })
}

fn syntax(args: &Args) -> Result<Syntax, Failure> {
    let ending = args.file.extension().and_then(|ending| ending.to_str());
    match (args.syntax, ending) {
        (Some(Written::Turtle), _) | (None, Some("ttl")) => Ok(Syntax::Turtle),
        (Some(Written::JsonLd), _) | (None, Some("jsonld" | "json")) => Ok(Syntax::JsonLd),
        (None, _) => {
            let message = "the name does not say how the file is written; add --as turtle or --as json-ld. \
                           RDF/XML is not read: convert it first, for example by rapper or riot";
            Err(Failure::Message(message.to_owned()))
        }
    }
}

/// Reads the file, one byte past the limit at most: that is enough to refuse it.
fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let unreadable =
        |error| Failure::Message(format!("{} cannot be read: {error}", path.display()));
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let most = u64::try_from(dcat::MOST_BYTES).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    let mut file = file.take(most.saturating_add(1));
    file.read_to_end(&mut bytes).map_err(unreadable)?;
    Ok(bytes)
}

fn show<W: Write>(entries: &[ImportedEntry], output: &mut Output<W>) -> Result<(), Failure> {
    let mut read = Table::new(["DATASET", "TITLE", "PUBLISHER", "FORMAT", "ITEMS", "LACKS"]);
    let mut lacks = Table::new(["DATASET", "FIELD", "WHAT TO DO"]);
    for entry in entries {
        let resource = &entry.resource;
        read.push([
            entry.dataset.clone(),
            resource.title.clone(),
            entry.publisher.clone(),
            resource.format_type.clone(),
            resource.items.len().to_string(),
            entry.lacks.len().to_string(),
        ]);
        for lack in &entry.lacks {
            let row = [&entry.dataset, &lack.field, &lack.message];
            lacks.push(row.map(String::clone));
        }
    }
    output.table(&read)?;
    output.table(&lacks)?;
    Ok(())
}

fn document(entry: &ImportedEntry) -> serde_json::Value {
    let lack =
        |lack: &dcat::Lack| serde_json::json!({ "field": lack.field, "what_to_do": lack.message });
    let resource = &entry.resource;
    let mut fields = json(resource);
    let more = serde_json::json!({
        "format_class": resource.format_class,
        "format_type": resource.format_type,
        "update_cycle": resource.update_cycle,
        "data_level": resource.data_level,
        "data_class": resource.data_class,
        "open": resource.open,
        "open_condition": resource.open_condition,
        "related_resources": resource.related_resources,
    });
    if let (Some(fields), serde_json::Value::Object(more)) = (fields.as_object_mut(), more) {
        fields.extend(more);
    }
    serde_json::json!({
        "dataset": entry.dataset,
        "identifier": entry.identifier,
        "publisher": entry.publisher,
        "resource": fields,
        "lacks": entry.lacks.iter().map(lack).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_says_how_a_file_is_written_unless_it_is_told() {
        for (file, told, syntax_of) in [
            ("a.ttl", None, Some(Syntax::Turtle)),
            ("a.jsonld", None, Some(Syntax::JsonLd)),
            ("a.json", None, Some(Syntax::JsonLd)),
            ("a.ttl", Some(Written::JsonLd), Some(Syntax::JsonLd)),
            ("a", Some(Written::Turtle), Some(Syntax::Turtle)),
            ("a.rdf", None, None),
            ("a", None, None),
        ] {
            let args = Args {
                file: file.into(),
                syntax: told,
            };
            assert_eq!(syntax(&args).ok(), syntax_of, "{file}");
        }
    }
}
