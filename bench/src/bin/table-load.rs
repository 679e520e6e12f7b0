//! What table mode carries: one read of a SQLite view through a running demo gateway.
//!
//! One JSON line comes out: rows a second, CPU seconds of the gateway, and the most memory it ever
//! held before and after the read. The consumer decodes every row on the same machine.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use api::catalogue::v1 as catalogue;
use api::exchange::v1 as exchange;
use api::exchange::v1::exchange_service_client::ExchangeServiceClient;
use api::exchange::v1::read_rows_response::Part;
use api::registry::v1 as registry;
use api::registry::v1::endpoint_service_client::EndpointServiceClient;
use api::value::v1::Purpose;
use arrow_flight::Ticket;
use arrow_flight::decode::{DecodedPayload, FlightDataDecoder};
use arrow_flight::error::FlightError;
use arrow_flight::flight_service_client::FlightServiceClient;
use bench::Error;
use bench::demo::{MATTER, ask, channel, new_id, resource};
use bench::proc::{cpu_seconds, peak_mib};
use clap::Parser;
use futures_util::TryStreamExt as _;
use prost::Message as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};
use tokio::time::Instant;
use tonic::transport::Channel;

/// The provider whose table the demo grants.
const SYSTEM: &str = "systems/enterprise-registry";
/// Columns of one row.
const COLUMNS: usize = 10;

/// Read rows of a view through a running demo gateway, and print what it cost.
#[derive(Debug, Parser)]
struct Options {
    /// Host and port of the gateway.
    #[arg(long)]
    server: String,
    /// Its data folder; the database is made in `sources/SYSTEM` there.
    #[arg(long)]
    data: PathBuf,
    /// Process whose CPU time and memory are read.
    #[arg(long)]
    pid: u32,
    /// Rows to read.
    #[arg(long, default_value_t = 2_000_000)]
    rows: i32,
    /// Read record batches over Arrow Flight instead of rows.
    #[arg(long)]
    flight: bool,
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let options = Options::parse();
    // The first provider installed is the one for all.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let of = |who: &str| options.data.join("clients").join(who);
    let platform = channel(&options.server, &of("yjs-platform")).await?;
    let operator = channel(&options.server, &of("operator")).await?;
    let table = catalogue::ShareMode::Table;
    let resource = resource(platform.clone(), table, |r| r.system == SYSTEM).await?;
    let system = SYSTEM.strip_prefix("systems/").unwrap_or(SYSTEM);
    let folder = options.data.join("sources").join(system);
    make(&folder, &resource, options.rows).await?;
    register(operator, &resource).await?;

    let memory_before = peak_mib(options.pid)?;
    let cpu_before = cpu_seconds(options.pid)?;
    let begun = Instant::now();
    let request = request(&resource, options.rows);
    let (rows, first) = if options.flight {
        read_batches(platform, request).await?
    } else {
        read(platform, request).await?
    };
    let seconds = begun.elapsed().as_secs_f64();
    let cpu = cpu_seconds(options.pid)? - cpu_before;
    let report = serde_json::json!({
        "form": if options.flight { "record batches" } else { "rows" },
        "rows": rows,
        "columns": COLUMNS,
        "rows_per_s": (f64::from(rows) / seconds).round(),
        "first_batch_ms": first.as_millis(),
        "gateway_cpu_us_per_row": cpu * 1_000_000.0 / f64::from(rows),
        "peak_mib_before": memory_before,
        "peak_mib_after": peak_mib(options.pid)?,
    });
    writeln!(std::io::stdout(), "{report}")?;
    Ok(())
}

/// Makes a table with a column for each item, and a view of it.
async fn make(folder: &Path, resource: &catalogue::Resource, rows: i32) -> Result<(), Error> {
    std::fs::create_dir_all(folder)?;
    let file = folder.join("bench.db");
    if file.exists() {
        std::fs::remove_file(&file)?;
    }
    let mut connection: SqliteConnection = SqliteConnectOptions::new()
        .filename(&file)
        .create_if_missing(true)
        .connect()
        .await?;
    let (mut columns, mut values) = (Vec::new(), Vec::new());
    for item in &resource.items {
        let (kind, value) = match item.data_type.as_str() {
            "I" => ("INTEGER", "n % 1000".to_owned()),
            "D" => (
                "TEXT",
                "date('2000-01-01', '+' || (n % 9000) || ' days')".to_owned(),
            ),
            "T" => ("TEXT", "'2022-05-12T01:30:00Z'".to_owned()),
            "L" => ("INTEGER", "n % 2".to_owned()),
            "N" | "Y" | "B" | "F" => ("REAL", "n * 0.25".to_owned()),
            _ => (
                "TEXT",
                format!("substr('{}', 1, 12) || '-' || n", item.title),
            ),
        };
        columns.push(format!("{} {kind}", item.key));
        values.push(value);
    }
    let statements = format!(
        "CREATE TABLE held (id INTEGER PRIMARY KEY, {});
         CREATE VIEW shown AS SELECT * FROM held;
         WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {rows})
         INSERT INTO held SELECT n, {} FROM numbers;",
        columns.join(", "),
        values.join(", ")
    );
    // Keys of items are letters, digits and _; nothing else in it comes from outside.
    sqlx::raw_sql(AssertSqlSafe(statements))
        .execute(&mut connection)
        .await?;
    connection.close().await?;
    Ok(())
}

async fn register(channel: Channel, resource: &catalogue::Resource) -> Result<(), Error> {
    let own = |item: &catalogue::ResourceItem| (item.key.clone(), item.key.clone());
    let view = registry::SqlView {
        resource: resource.name.clone(),
        view: "shown".to_owned(),
        columns: resource
            .items
            .iter()
            .map(own)
            .collect::<BTreeMap<_, _>>()
            .into_iter()
            .collect(),
        key: vec!["id".to_owned()],
    };
    let endpoint = registry::Endpoint {
        name: format!("{SYSTEM}/endpoints/bench"),
        protocol: registry::endpoint::Protocol::SqlSqlite.into(),
        address: "file:bench.db".to_owned(),
        sql: Some(registry::SqlSource {
            database: "main".to_owned(),
            secret: String::new(),
            views: vec![view],
        }),
        ..registry::Endpoint::default()
    };
    let request = registry::CreateEndpointRequest {
        parent: SYSTEM.to_owned(),
        endpoint: Some(endpoint),
        request_id: new_id(),
        validate_only: false,
    };
    match EndpointServiceClient::new(channel)
        .create_endpoint(ask(request))
        .await
    {
        // Left from an earlier run on the same gateway.
        Err(status) if status.code() == tonic::Code::AlreadyExists => Ok(()),
        made => Ok(made.map(drop)?),
    }
}

/// How many rows came, and when the first of them.
fn request(resource: &catalogue::Resource, rows: i32) -> exchange::ReadRowsRequest {
    // Whom the licence stands for is granted to nobody.
    let keys = resource.items.iter().map(|item| item.key.clone());
    let items = keys
        .filter(|key| key != "legal_representative")
        .take(COLUMNS)
        .collect();
    exchange::ReadRowsRequest {
        resource: resource.name.clone(),
        purpose: Some(Purpose {
            matter: MATTER.to_owned(),
            case_number: "BENCH-1".to_owned(),
            operator: "window-01".to_owned(),
        }),
        items,
        limit: rows,
        request_id: new_id(),
        ..exchange::ReadRowsRequest::default()
    }
}

/// Reads record batches, decoding each, up to the receipt.
async fn read_batches(
    channel: Channel,
    request: exchange::ReadRowsRequest,
) -> Result<(u32, Duration), Error> {
    let begun = Instant::now();
    let ticket = Ticket::new(request.encode_to_vec());
    let answer = FlightServiceClient::new(channel)
        .do_get(ask(ticket))
        .await?;
    let data = answer.into_inner().map_err(FlightError::from);
    let mut batches = FlightDataDecoder::new(data);
    let (mut rows, mut first, mut proven) = (0, Duration::ZERO, false);
    while let Some(message) = batches.try_next().await? {
        proven = message.app_metadata().starts_with(b"{\"receipt\"");
        let DecodedPayload::RecordBatch(batch) = message.payload else {
            continue;
        };
        if rows == 0 {
            first = begun.elapsed();
        }
        rows += u32::try_from(batch.num_rows())?;
    }
    if !proven {
        return Err("the read ended without a receipt".into());
    }
    Ok((rows, first))
}

async fn read(
    channel: Channel,
    request: exchange::ReadRowsRequest,
) -> Result<(u32, Duration), Error> {
    let begun = Instant::now();
    let mut parts = ExchangeServiceClient::new(channel)
        .read_rows(ask(request))
        .await?
        .into_inner();
    let (mut rows, mut first, mut proven) = (0, Duration::ZERO, false);
    while let Some(message) = parts.message().await? {
        match message.part {
            Some(Part::Batch(batch)) => {
                if rows == 0 {
                    first = begun.elapsed();
                }
                rows += u32::try_from(batch.rows.len())?;
            }
            Some(Part::Receipt(_)) => proven = true,
            None => {}
        }
    }
    if !proven {
        return Err("the read ended without a receipt".into());
    }
    Ok((rows, first))
}
