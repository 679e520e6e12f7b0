//! `shuqiaoctl endpoints`: where systems are reached, whether they answer, and when they do not on purpose.

use std::io::Write;

use api::registry::v1::endpoint_service_client::EndpointServiceClient;
use api::registry::v1::{
    AnnounceMaintenanceRequest, CancelMaintenanceRequest, Endpoint, ListEndpointsRequest,
    Maintenance, ProbeEndpointRequest,
};
use jiff::Timestamp;

use crate::connection::{Connection, new_request_id, wire_time};
use crate::output::{Format, Output, Table, word};
use crate::{Ending, Failure};

/// Endpoints of systems.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// List the endpoints of a system with what the latest probe saw.
    ///
    /// Example: shuqiaoctl endpoints list systems/marriage-registry
    List {
        /// The system.
        #[arg(value_name = "systems/ID")]
        system: String,
    },
    /// Connect to an endpoint now. Exit code 1 when it does not answer as it should.
    ///
    /// Example: shuqiaoctl endpoints probe systems/marriage-registry/endpoints/main
    Probe {
        /// The endpoint.
        #[arg(value_name = "systems/ID/endpoints/ID")]
        name: String,
    },
    /// Announce planned maintenance: while it lasts nobody is asked, and callers are told until when.
    ///
    /// Example: shuqiaoctl endpoints maintenance systems/marriage-registry/endpoints/main --from
    /// 2026-12-05T22:00:00+08:00 --until 2026-12-06T02:00:00+08:00 --reason 数据库升级
    Maintenance {
        /// The endpoint.
        #[arg(value_name = "systems/ID/endpoints/ID")]
        name: String,
        /// From when, RFC 3339.
        #[arg(long, value_name = "TIME")]
        from: Timestamp,
        /// Until when, at most 72 hours later.
        #[arg(long, value_name = "TIME")]
        until: Timestamp,
        /// What for; callers see it.
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Call planned maintenance off, or end it early.
    ///
    /// Example: shuqiaoctl endpoints cancel-maintenance systems/marriage-registry/endpoints/main --from
    /// 2026-12-05T22:00:00+08:00
    CancelMaintenance {
        /// The endpoint.
        #[arg(value_name = "systems/ID/endpoints/ID")]
        name: String,
        /// When the window begins.
        #[arg(long, value_name = "TIME")]
        from: Timestamp,
    },
}

/// Runs the command.
pub(crate) async fn run<W: Write>(
    args: &Args,
    connection: &Connection,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    let mut client = EndpointServiceClient::new(connection.channel.clone());
    let request_id = new_request_id();
    let endpoints = match &args.command {
        Command::List { system } => {
            let request = ListEndpointsRequest {
                parent: system.clone(),
            };
            let listed = client.list_endpoints(connection.ask(request)).await?;
            listed.into_inner().endpoints
        }
        Command::Probe { name } => {
            let request = ProbeEndpointRequest {
                name: name.clone(),
                request_id,
            };
            let probed = client.probe_endpoint(connection.ask(request)).await?;
            vec![probed.into_inner()]
        }
        Command::Maintenance {
            name,
            from,
            until,
            reason,
        } => {
            let window = Maintenance {
                start_time: Some(wire_time(*from)),
                end_time: Some(wire_time(*until)),
                reason: reason.clone(),
            };
            let request = AnnounceMaintenanceRequest {
                name: name.clone(),
                maintenance: Some(window),
                request_id,
            };
            let known = client.announce_maintenance(connection.ask(request)).await?;
            vec![known.into_inner()]
        }
        Command::CancelMaintenance { name, from } => {
            let request = CancelMaintenanceRequest {
                name: name.clone(),
                start_time: Some(wire_time(*from)),
                request_id,
            };
            let left = client.cancel_maintenance(connection.ask(request)).await?;
            vec![left.into_inner()]
        }
    };
    show(&endpoints, output)?;
    let probed = matches!(args.command, Command::Probe { .. });
    let failing = endpoints
        .iter()
        .any(|endpoint| !endpoint.last_error.is_empty());
    Ok(if probed && failing {
        Ending::Bad
    } else {
        Ending::Good
    })
}

fn show<W: Write>(endpoints: &[Endpoint], output: &mut Output<W>) -> Result<(), Failure> {
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
    Ok(())
}

fn row(endpoint: &Endpoint) -> [String; 7] {
    let seen = endpoint.observation.clone().unwrap_or_default();
    let health = match endpoint.last_error.as_str() {
        "" => health(endpoint),
        error => format!("{}: {error}", health(endpoint)),
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
        },
    })
}

fn window(window: &Maintenance) -> String {
    let (start, end) = (time(window.start_time), time(window.end_time));
    format!("{start} to {end}: {}", window.reason)
}

fn health(endpoint: &Endpoint) -> String {
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
