//! Quality and drift of entries.

mod list;

use std::io::Write;

use api::catalogue::v1::resource_service_client::ResourceServiceClient;
use api::catalogue::v1::{
    GetResourceQualityRequest, ListResourceDriftsRequest, ReportResourceUpdateRequest,
    ResourceDrift, ResourceQuality,
};
use jiff::Timestamp;

use list::Grade;

use crate::connection::{Connection, new_request_id, wire_time};
use crate::lookup::moment;
use crate::output::{Format, Output, Table, word};
use crate::{Ending, Failure};

#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// Show the score of an entry with its parts, and what keeps each from 100; or of all entries, the worst first.
    ///
    /// Example: shuqiaoctl catalogue quality resources/105001-000001
    /// Example: shuqiaoctl catalogue quality --grade poor --department departments/civil-affairs
    Quality {
        /// The entry; none for a list.
        #[arg(value_name = "resources/CODE", conflicts_with_all = ["department", "grade"])]
        name: Option<String>,
        /// List the entries of one department alone.
        #[arg(long, value_name = "departments/CODE")]
        department: Option<String>,
        /// List the entries of one grade alone.
        #[arg(long, value_enum)]
        grade: Option<Grade>,
    },
    /// List where what is served is no longer what is registered: of your department's entries and of those that you
    /// hold grants on. Exit code 1 when there is any.
    ///
    /// Example: shuqiaoctl catalogue drift
    Drift,
    /// Report as of when the data of an entry is.
    ///
    /// Example: shuqiaoctl catalogue updated resources/105001-000001 --at 2026-03-02T00:00:00+08:00
    Updated {
        /// The entry.
        #[arg(value_name = "resources/CODE")]
        name: String,
        /// As of when, RFC 3339.
        #[arg(long, value_name = "TIME")]
        at: Timestamp,
    },
}

/// Runs the command.
pub(super) async fn run<W: Write>(
    command: &Command,
    connection: &Connection,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    let mut client = ResourceServiceClient::new(connection.channel.clone());
    let quality = match command {
        Command::Drift => {
            let request = connection.ask(ListResourceDriftsRequest {});
            let drifts = client
                .list_resource_drifts(request)
                .await?
                .into_inner()
                .drifts;
            show_drifts(&drifts, output)?;
            return Ok(if drifts.is_empty() {
                Ending::Good
            } else {
                Ending::Bad
            });
        }
        Command::Quality {
            name: Some(name), ..
        } => {
            let request = GetResourceQualityRequest { name: name.clone() };
            client.get_resource_quality(connection.ask(request)).await?
        }
        Command::Quality {
            name: None,
            department,
            grade,
        } => {
            let department = department.clone().unwrap_or_default();
            return list::run(&mut client, connection, output, department, *grade).await;
        }
        Command::Updated { name, at } => {
            let request = ReportResourceUpdateRequest {
                name: name.clone(),
                data_time: Some(wire_time(*at)),
                request_id: new_request_id(),
            };
            client
                .report_resource_update(connection.ask(request))
                .await?
        }
    };
    show(&quality.into_inner(), output)?;
    Ok(Ending::Good)
}

fn show<W: Write>(quality: &ResourceQuality, output: &mut Output<W>) -> Result<(), Failure> {
    if output.format() == Format::Json {
        output.json(&json_of(quality))?;
        return Ok(());
    }
    let assumed = if quality.assumed {
        ", weights assumed"
    } else {
        ""
    };
    output.fields(&[
        ("entry", quality.name.clone()),
        (
            "score",
            format!(
                "{} of 100, {}{assumed}",
                quality.score,
                word(quality.grade().as_str_name(), "GRADE_")
            ),
        ),
    ])?;
    let mut table = Table::new(["PART", "WEIGHT", "POINTS", "WHAT TO DO"]);
    for part in &quality.parts {
        let mut lacks = part.lacks.iter();
        let first = lacks.next().cloned().unwrap_or_else(|| "-".to_owned());
        let (weight, points) = (part.weight.to_string(), part.points.to_string());
        table.push([part.key.clone(), weight, points, first]);
        for lack in lacks {
            table.push([String::new(), String::new(), String::new(), lack.clone()]);
        }
    }
    output.table(&table)?;
    Ok(())
}

/// A score as JSON.
fn json_of(quality: &ResourceQuality) -> serde_json::Value {
    let part = |part: &api::catalogue::v1::QualityPart| {
        serde_json::json!({
            "key": part.key, "weight": part.weight, "points": part.points, "lacks": part.lacks,
        })
    };
    serde_json::json!({
        "name": quality.name,
        "title": quality.title,
        "department": quality.department,
        "score": quality.score,
        "grade": word(quality.grade().as_str_name(), "GRADE_"),
        "assumed": quality.assumed,
        "source": quality.source,
        "parts": quality.parts.iter().map(part).collect::<Vec<_>>(),
        "first_lack": quality.first_lack,
        "data_time": moment(quality.data_time.as_ref()),
        "recorded_grade": quality
            .recorded_grade_time
            .map(|_| word(quality.recorded_grade().as_str_name(), "GRADE_")),
        "recorded_grade_time": moment(quality.recorded_grade_time.as_ref()),
        "drift": quality.drift.as_ref().map(json),
    })
}

fn show_drifts<W: Write>(drifts: &[ResourceDrift], output: &mut Output<W>) -> Result<(), Failure> {
    let mut table = Table::new(["ENTRY", "TITLE", "WHAT", "WHERE", "REGISTERED", "SEEN"]);
    for drift in drifts {
        if output.format() == Format::Json {
            output.json(&json(drift))?;
            continue;
        }
        for change in &drift.changes {
            table.push([
                drift.resource.clone(),
                drift.title.clone(),
                word(change.kind().as_str_name(), "KIND_"),
                change.path.clone(),
                change.registered.clone(),
                change.seen.clone(),
            ]);
        }
    }
    output.table(&table)?;
    Ok(())
}

fn json(drift: &ResourceDrift) -> serde_json::Value {
    let change = |change: &api::catalogue::v1::DriftChange| {
        serde_json::json!({
            "change": word(change.kind().as_str_name(), "KIND_"),
            "path": change.path,
            "registered": change.registered,
            "seen": change.seen,
        })
    };
    serde_json::json!({
        "resource": drift.resource,
        "title": drift.title,
        "department": drift.department,
        "changes": drift.changes.iter().map(change).collect::<Vec<_>>(),
    })
}
