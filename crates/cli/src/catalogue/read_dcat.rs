//! `shuqiaoctl catalogue read-dcat`.

use std::io::Write;

use dcat::ImportedEntry;

use super::document::Document;
use super::json;
use crate::output::{Format, Output, Table};
use crate::{Ending, Failure};

/// Runs the command; it asks no gateway. An entry that lacks something is a no.
pub(super) fn run<W: Write>(
    document: &Document,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    let entries = document.entries()?;
    match output.format() {
        Format::Json => {
            for entry in &entries {
                output.json(&told(entry))?;
            }
        }
        Format::Table => show(&entries, output)?,
    }
    let complete = entries.iter().all(|entry| entry.lacks.is_empty());
    Ok(if complete { Ending::Good } else { Ending::Bad })
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

fn told(entry: &ImportedEntry) -> serde_json::Value {
    let lack = |lack: &dcat::Lack| serde_json::json!({ "field": lack.field, "code": lack.code, "what_to_do": lack.message });
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
