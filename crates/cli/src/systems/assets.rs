//! `shuqiaoctl systems assets`: machine rooms and other assets that were taken out of use with systems.

use std::io::Write;

use api::registry::v1::{AssetStep, System};

use crate::connection::Connection;
use crate::output::{Format, Output, Table};
use crate::{Ending, Failure};

/// Lists them, those taken back too.
pub(super) async fn list<W: Write>(
    department: &str,
    connection: &Connection,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    let systems = super::all(connection, department).await?;
    let mut table = Table::new([
        "SYSTEM",
        "NUMBER",
        "KIND",
        "DESCRIPTION",
        "COUNT",
        "RETIRED",
        "DOCUMENT",
        "STATE",
    ]);
    for (system, asset) in systems.iter().flat_map(assets) {
        match output.format() {
            Format::Json => output.json(&json(system, asset))?,
            Format::Table => table.push(listed(system, asset)),
        }
    }
    output.table(&table)?;
    Ok(Ending::Good)
}

fn assets(system: &System) -> impl Iterator<Item = (&System, &AssetStep)> {
    let assets = system.steps.iter().flat_map(|steps| &steps.assets);
    assets.map(move |asset| (system, asset))
}

fn document(asset: &AssetStep) -> &str {
    let statement = asset.statement.as_ref();
    statement.map_or("", |statement| &statement.document)
}

fn listed(system: &System, asset: &AssetStep) -> [String; 8] {
    let state = match asset.withdrawal {
        Some(_) => "withdrawn",
        None => "stands",
    };
    let day = match asset.retire_date.as_str() {
        "" => "-",
        day => day,
    };
    [
        system.name.clone(),
        asset.number.to_string(),
        asset.kind.clone(),
        asset.description.clone(),
        asset.count.to_string(),
        day.to_owned(),
        document(asset).to_owned(),
        state.to_owned(),
    ]
}

fn json(system: &System, asset: &AssetStep) -> serde_json::Value {
    let withdrawal = asset.withdrawal.as_ref();
    serde_json::json!({
        "system": system.name,
        "number": asset.number,
        "kind": asset.kind,
        "description": asset.description,
        "count": asset.count,
        "retire_date": asset.retire_date,
        "document": document(asset),
        "withdrawn": withdrawal.is_some(),
        "withdrawal_document": withdrawal.map(|statement| &statement.document),
    })
}
