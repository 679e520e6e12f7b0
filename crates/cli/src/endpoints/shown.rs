//! How endpoints are printed.

use std::collections::{BTreeMap, HashMap};
use std::io::Write;

use api::registry::v1::{
    CertificateLibrary, Endpoint, LibraryHolding, Maintenance, SqlSource, SqlView,
};
use jiff::Timestamp;

use crate::Failure;
use crate::output::{Format, Output, Table, word};

/// Prints endpoints, each with what was seen of it, and the columns of its views.
pub(super) fn show<W: Write>(
    endpoints: &[Endpoint],
    output: &mut Output<W>,
) -> Result<(), Failure> {
    let mut table = Table::new([
        "ENDPOINT",
        "ADDRESS",
        "HEALTH",
        "SEEN",
        "MS",
        "TLS",
        "MAINTENANCE",
    ]);
    for endpoint in endpoints {
        match output.format() {
            Format::Json => output.json(&json(endpoint))?,
            Format::Table => table.push(row(endpoint)),
        }
    }
    output.table(&table)?;
    if output.format() == Format::Table {
        output.table(&views(endpoints))?;
    }
    Ok(())
}

/// What databases and libraries hold: each item and where it stands.
fn views(endpoints: &[Endpoint]) -> Table<4> {
    let mut table = Table::new(["RESOURCE", "VIEW", "ITEM", "COLUMN"]);
    let mut add = |resource: &str, view: &str, columns: &HashMap<String, String>| {
        for (item, column) in columns.iter().collect::<BTreeMap<_, _>>() {
            table.push([resource, view, item, column].map(str::to_owned));
        }
    };
    for endpoint in endpoints {
        for view in endpoint.sql.iter().flat_map(|sql| &sql.views) {
            add(&view.resource, &view.view, &view.columns);
        }
        for held in endpoint
            .library
            .iter()
            .flat_map(|library| &library.holdings)
        {
            add(&held.resource, "", &held.fields);
        }
    }
    table
}

fn row(endpoint: &Endpoint) -> [String; 7] {
    let seen = endpoint.observation.clone().unwrap_or_default();
    let waiting = seen.heartbeat.map_or(0, |heard| heard.waiting_files);
    let health = match (endpoint.last_error.as_str(), waiting) {
        ("", 0) => health(endpoint),
        ("", 1) => format!("{}: 1 file waits", health(endpoint)),
        ("", waiting) => format!("{}: {waiting} files wait", health(endpoint)),
        (error, _) => format!("{}: {error}", health(endpoint)),
    };
    let windows = endpoint.maintenance.iter().map(window);
    [
        endpoint.name.clone(),
        endpoint.address.clone(),
        health,
        time(seen.time),
        seen.latency_ms.to_string(),
        seen.tls_version,
        windows.collect::<Vec<_>>().join("; "),
    ]
}

fn json(endpoint: &Endpoint) -> serde_json::Value {
    let seen = endpoint.observation.clone().unwrap_or_default();
    let windows = endpoint.maintenance.iter().map(|window| {
        serde_json::json!({
            "start_time": time(window.start_time),
            "end_time": time(window.end_time),
            "reason": window.reason,
        })
    });
    serde_json::json!({
        "name": endpoint.name,
        "address": endpoint.address,
        "health": health(endpoint),
        "last_error": endpoint.last_error,
        "protocol": word(endpoint.protocol().as_str_name(), "PROTOCOL_").replace('_', "-"),
        "sql": endpoint.sql.as_ref().map(sql),
        "library": endpoint.library.as_ref().map(library),
        "report_seconds": endpoint.file_drop.map(|drop| drop.report_seconds),
        "delete_time": time(endpoint.delete_time),
        "etag": endpoint.etag,
        "maintenance": windows.collect::<Vec<_>>(),
        "observation": {
            "time": time(seen.time),
            "latency_ms": seen.latency_ms,
            "tls_version": seen.tls_version,
            "cipher_suite": seen.cipher_suite,
            "tls_certificate": seen.tls_certificate,
            "tls_certificate_expire_time": time(seen.tls_certificate_expire_time),
            "error": seen.error,
            "failures": seen.failures,
            "heartbeat": seen.heartbeat.map(|heard| serde_json::json!({
                "time": time(heard.time),
                "waiting_files": heard.waiting_files,
                "refused_files": heard.refused_files,
            })),
        },
    })
}

fn sql(sql: &SqlSource) -> serde_json::Value {
    let view = |view: &SqlView| {
        serde_json::json!({
            "resource": view.resource,
            "view": view.view,
            "columns": view.columns,
            "key": view.key,
        })
    };
    serde_json::json!({
        "database": sql.database,
        "secret": sql.secret,
        "views": sql.views.iter().map(view).collect::<Vec<_>>(),
    })
}

fn library(library: &CertificateLibrary) -> serde_json::Value {
    let held = |held: &LibraryHolding| serde_json::json!({"resource": held.resource, "fields": held.fields});
    serde_json::json!({
        "secret": library.secret,
        "key_id": library.key_id,
        "holdings": library.holdings.iter().map(held).collect::<Vec<_>>(),
    })
}

fn window(window: &Maintenance) -> String {
    let (start, end) = (time(window.start_time), time(window.end_time));
    format!("{start} to {end}: {}", window.reason)
}

fn health(endpoint: &Endpoint) -> String {
    if endpoint.delete_time.is_some() {
        return "removed".to_owned();
    }
    let word = word(endpoint.health().as_str_name(), "HEALTH_");
    if word == "unspecified" {
        return "unknown".to_owned();
    }
    word
}

fn time(wire: Option<prost_types::Timestamp>) -> String {
    let at = wire.and_then(|at| Timestamp::new(at.seconds, at.nanos).ok());
    at.map(|at| at.to_string()).unwrap_or_default()
}
