//! `shuqiaoctl endpoints`: where systems are reached, whether they answer, and when they do not on purpose.

mod description;
mod shown;

use std::io::Write;
use std::path::PathBuf;

use api::registry::v1::endpoint::Protocol as Wire;
use api::registry::v1::endpoint_service_client::EndpointServiceClient;
use api::registry::v1::{
    AnnounceMaintenanceRequest, CancelMaintenanceRequest, CreateEndpointRequest,
    DeleteEndpointRequest, Endpoint, FileDrop, ListEndpointsRequest, Maintenance,
    ProbeEndpointRequest, UpdateEndpointRequest,
};
use jiff::Timestamp;
use tonic::transport::Channel;

use crate::connection::{Connection, new_request_id, wire_time};
use crate::output::Output;
use crate::{Ending, Failure};
use description::Description;

/// Endpoints of systems.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

/// How an endpoint is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Protocol {
    /// gRPC with the provider contract, or methods of the system's own.
    Grpc,
    /// HTTP and JSON: the methods of an `OpenAPI` interface.
    HttpJson,
    /// A certificate library of the national standard; needs --description.
    CertificateLibrary,
    /// The one system that resolves network identity codes; the operator alone registers it.
    NetworkIdentity,
    /// Views of a `PostgreSQL` database; needs --description.
    SqlPostgres,
    /// Views of a `MySQL` or `MariaDB` database; needs --description.
    SqlMysql,
    /// Views of a `SQLite` file; needs --description.
    SqlSqlite,
    /// Nobody connects to the system: it brings its files (`files drop`); needs --report-seconds and no --address.
    FileDrop,
}

/// An endpoint to be registered.
#[derive(clap::Args)]
struct Registration {
    /// The new endpoint.
    #[arg(value_name = "systems/ID/endpoints/ID")]
    name: String,
    /// How it is spoken to.
    #[arg(long, value_enum)]
    protocol: Protocol,
    /// Where it is, inside the networks that the operator allowed; `file:NAME` of a `SQLite` file.
    #[arg(
        long,
        value_name = "HOST:PORT",
        required_unless_present = "report_seconds",
        default_value = ""
    )]
    address: String,
    /// How often the system of a file drop reports at least, 60 to 604800 seconds.
    #[arg(long, value_name = "SECONDS")]
    report_seconds: Option<i32>,
    /// The views of a database or the holdings of a library; `--help` shows one.
    #[arg(long, value_name = "FILE.toml")]
    description: Option<PathBuf>,
    /// Check everything and look there; store nothing.
    #[arg(long)]
    dry_run: bool,
}

/// What is to change about an endpoint.
#[derive(clap::Args)]
struct Change {
    /// The endpoint.
    #[arg(value_name = "systems/ID/endpoints/ID")]
    name: String,
    /// Where it is now.
    #[arg(
        long,
        value_name = "HOST:PORT",
        required_unless_present_any = ["description", "report_seconds"]
    )]
    address: Option<String>,
    /// How often the system of a file drop reports at least, 60 to 604800 seconds.
    #[arg(long, value_name = "SECONDS")]
    report_seconds: Option<i32>,
    /// The views of a database or the holdings of a library, as a whole.
    #[arg(long, value_name = "FILE.toml")]
    description: Option<PathBuf>,
    /// Refuse when it changed since it was read with this mark.
    #[arg(long, value_name = "ETAG", default_value = "")]
    etag: String,
    /// Check everything and look there; store nothing.
    #[arg(long)]
    dry_run: bool,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Register where a system is reached. The gateway looks there at once, and what it found is printed.
    ///
    /// Exit code 1 when it does not answer as it should; it is registered all the same and looked at again, unless
    /// it is a database whose views do not fit: then every fault is told and nothing is stored.
    ///
    /// Example: shuqiaoctl endpoints register systems/marriage-registry/endpoints/main --protocol grpc --address
    /// 10.1.2.3:9443
    #[command(after_long_help = description::EXAMPLE)]
    Register(Registration),
    /// Change where an endpoint is, what its database or library holds, or how often a file drop reports. The gateway
    /// looks there at once.
    ///
    /// Grants, maintenance and history stay. What it passed before counts no longer: run `conform` again.
    ///
    /// Example: shuqiaoctl endpoints change systems/marriage-registry/endpoints/main --address 10.1.2.4:9443
    #[command(after_long_help = description::EXAMPLE)]
    Change(Change),
    /// Remove an endpoint that is not needed any more. Refused while something published or granted is reached by it
    /// alone.
    ///
    /// Example: shuqiaoctl endpoints remove systems/marriage-registry/endpoints/old
    Remove {
        /// The endpoint.
        #[arg(value_name = "systems/ID/endpoints/ID")]
        name: String,
        /// Refuse when it changed since it was read with this mark.
        #[arg(long, value_name = "ETAG", default_value = "")]
        etag: String,
        /// Check whether it could be removed; remove nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// List the endpoints of a system with what the latest probe saw.
    ///
    /// Example: shuqiaoctl endpoints list systems/marriage-registry
    List {
        /// The system.
        #[arg(value_name = "systems/ID")]
        system: String,
        /// List those that were removed too.
        #[arg(long)]
        removed: bool,
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
    let endpoints = asked(&args.command, connection, &mut client).await?;
    shown::show(&endpoints, output)?;
    let looked = matches!(
        args.command,
        Command::Probe { .. } | Command::Register(_) | Command::Change(_)
    );
    let failing = endpoints
        .iter()
        .any(|endpoint| !endpoint.last_error.is_empty());
    Ok(if looked && failing {
        Ending::Bad
    } else {
        Ending::Good
    })
}

/// The endpoints that a command is about, as they are then.
async fn asked(
    command: &Command,
    connection: &Connection,
    client: &mut EndpointServiceClient<Channel>,
) -> Result<Vec<Endpoint>, Failure> {
    let answer = match command {
        Command::List { system, removed } => {
            let request = ListEndpointsRequest {
                parent: system.clone(),
                show_deleted: *removed,
            };
            let listed = client.list_endpoints(connection.ask(request)).await?;
            return Ok(listed.into_inner().endpoints);
        }
        Command::Register(wanted) => {
            let request = connection.ask(wanted.request()?);
            client.create_endpoint(request).await?
        }
        Command::Change(wanted) => {
            let request = connection.ask(wanted.request()?);
            client.update_endpoint(request).await?
        }
        Command::Remove {
            name,
            etag,
            dry_run,
        } => {
            let request = DeleteEndpointRequest {
                name: name.clone(),
                request_id: new_request_id(),
                etag: etag.clone(),
                validate_only: *dry_run,
            };
            client.delete_endpoint(connection.ask(request)).await?
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
                request_id: new_request_id(),
            };
            client.announce_maintenance(connection.ask(request)).await?
        }
        Command::CancelMaintenance { name, from } => {
            let request = CancelMaintenanceRequest {
                name: name.clone(),
                start_time: Some(wire_time(*from)),
                request_id: new_request_id(),
            };
            client.cancel_maintenance(connection.ask(request)).await?
        }
        Command::Probe { name } => {
            let request = ProbeEndpointRequest {
                name: name.clone(),
                request_id: new_request_id(),
            };
            client.probe_endpoint(connection.ask(request)).await?
        }
    };
    Ok(vec![answer.into_inner()])
}

impl Registration {
    fn request(&self) -> Result<CreateEndpointRequest, Failure> {
        let parent = self.name.split_once("/endpoints/");
        let parent = parent.map_or("", |(system, _)| system);
        if self.report_seconds.is_some() != (self.protocol == Protocol::FileDrop) {
            let text = "--report-seconds belongs to --protocol file-drop, and to no other";
            return Err(Failure::Message(text.to_owned()));
        }
        let endpoint = Endpoint {
            name: self.name.clone(),
            protocol: self.protocol.wire().into(),
            address: self.address.clone(),
            file_drop: self.report_seconds.map(drop_of),
            ..Endpoint::default()
        };
        let description = Description::read(self.description.as_deref())?;
        Ok(CreateEndpointRequest {
            parent: parent.to_owned(),
            endpoint: Some(description.into(endpoint)),
            request_id: new_request_id(),
            validate_only: self.dry_run,
        })
    }
}

impl Change {
    fn request(&self) -> Result<UpdateEndpointRequest, Failure> {
        let description = Description::read(self.description.as_deref())?;
        let address = self.address.is_some().then_some("address");
        let file_drop = self.report_seconds.is_some().then_some("file_drop");
        let paths = address.into_iter().chain(file_drop);
        let paths = paths.chain(description.paths());
        let paths = paths.map(str::to_owned).collect();
        let endpoint = Endpoint {
            name: self.name.clone(),
            address: self.address.clone().unwrap_or_default(),
            file_drop: self.report_seconds.map(drop_of),
            etag: self.etag.clone(),
            ..Endpoint::default()
        };
        Ok(UpdateEndpointRequest {
            endpoint: Some(description.into(endpoint)),
            update_mask: Some(prost_types::FieldMask { paths }),
            request_id: new_request_id(),
            validate_only: self.dry_run,
        })
    }
}

fn drop_of(report_seconds: i32) -> FileDrop {
    FileDrop { report_seconds }
}

impl Protocol {
    fn wire(self) -> Wire {
        match self {
            Self::Grpc => Wire::Grpc,
            Self::HttpJson => Wire::HttpJson,
            Self::CertificateLibrary => Wire::CertificateLibrary,
            Self::NetworkIdentity => Wire::NetworkIdentity,
            Self::SqlPostgres => Wire::SqlPostgres,
            Self::SqlMysql => Wire::SqlMysql,
            Self::SqlSqlite => Wire::SqlSqlite,
            Self::FileDrop => Wire::FileDrop,
        }
    }
}
