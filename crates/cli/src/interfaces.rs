//! `shuqiaoctl interfaces`: describe a system's own services, and fetch what others described.

mod file;
mod yaml;

use std::io::Write;
use std::path::PathBuf;

use api::registry::v1::interface_service_client::InterfaceServiceClient;
use api::registry::v1::{
    CreateInterfaceRequest, GetInterfaceRequest, Interface, InterfaceMethod, ListInterfacesRequest,
    UncalledOperation,
};

use crate::connection::{Connection, new_request_id};
use crate::output::{Format, Output, Table};
use crate::{Ending, Failure};

pub(crate) use file::read;

/// Interfaces: the compiled proto files or `OpenAPI` documents of systems' own services.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Register a descriptor set, made by `protoc --include_imports --descriptor_set_out` or
    /// `buf build -o`, or an `OpenAPI` 3 document in JSON or YAML; or let the gateway ask a registered endpoint
    /// what it serves: by gRPC reflection, where its server has that turned on, or for the document that
    /// it serves at a path. What was asked for is asked again by probes, which report what differs.
    ///
    /// A document is one file, without references into others; one that ends in .yaml or .yml is sent as
    /// the JSON that it means. Its methods are asked below the path of
    /// its first server. What is described and cannot be called is shown with the reason.
    ///
    /// Example: shuqiaoctl interfaces create systems/social-security/interfaces/v1 insurance.binpb
    ///
    /// Example: shuqiaoctl interfaces create systems/social-security/interfaces/http openapi.yaml
    ///
    /// Example: shuqiaoctl interfaces create systems/social-security/interfaces/v1
    /// --reflect systems/social-security/endpoints/main
    ///
    /// Example: shuqiaoctl interfaces create systems/social-security/interfaces/http
    /// --reflect systems/social-security/endpoints/http --path /openapi.json
    Create {
        /// The new interface.
        #[arg(value_name = "systems/ID/interfaces/ID")]
        name: String,
        /// The descriptor set or the document.
        #[arg(
            value_name = "FILE",
            required_unless_present = "reflect",
            conflicts_with = "reflect"
        )]
        description: Option<PathBuf>,
        /// The endpoint of the same system that tells its services itself.
        #[arg(long, value_name = "systems/ID/endpoints/ID")]
        reflect: Option<String>,
        /// Where an endpoint of the protocol `http-json` serves its document in JSON.
        #[arg(long, value_name = "PATH", requires = "reflect")]
        path: Option<String>,
    },
    /// List the interfaces of a system with their methods.
    ///
    /// Example: shuqiaoctl interfaces list systems/social-security
    List {
        /// The system.
        #[arg(value_name = "systems/ID")]
        system: String,
    },
    /// Write the descriptor set or the document of an interface to a file, to generate a client from.
    ///
    /// Example: shuqiaoctl interfaces fetch systems/social-security/interfaces/v1 insurance.binpb
    Fetch {
        /// The interface.
        #[arg(value_name = "systems/ID/interfaces/ID")]
        name: String,
        /// Where to write it.
        #[arg(value_name = "FILE")]
        to: PathBuf,
    },
}

/// Runs the command.
pub(crate) async fn run<W: Write>(
    args: &Args,
    connection: &Connection,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    let mut client = InterfaceServiceClient::new(connection.channel.clone());
    let interfaces = match &args.command {
        Command::Create {
            name,
            description,
            reflect,
            path,
        } => {
            let described = match description {
                Some(file) => sent(read(file)?),
                None => Interface {
                    reflected_from: reflect.clone().unwrap_or_default(),
                    document_path: path.clone().unwrap_or_default(),
                    ..Interface::default()
                },
            };
            let request = create(name, described);
            vec![
                client
                    .create_interface(connection.ask(request))
                    .await?
                    .into_inner(),
            ]
        }
        Command::List { system } => {
            let request = ListInterfacesRequest {
                parent: system.clone(),
            };
            client
                .list_interfaces(connection.ask(request))
                .await?
                .into_inner()
                .interfaces
        }
        Command::Fetch { name, to } => {
            let request = GetInterfaceRequest { name: name.clone() };
            let interface = client
                .get_interface(connection.ask(request))
                .await?
                .into_inner();
            let (set, document) = (&interface.descriptor_set, &interface.openapi);
            std::fs::write(to, if set.is_empty() { document } else { set })?;
            vec![interface]
        }
    };
    let mut table = Table::new(["INTERFACE", "METHOD", "KIND", "EFFECTS"]);
    for interface in &interfaces {
        match output.format() {
            Format::Json => output.json(&json(interface))?,
            Format::Table => {
                for method in &interface.methods {
                    table.push(row(interface, method));
                }
                for left in &interface.left_out {
                    table.push(row_left_out(interface, left));
                }
            }
        }
    }
    output.table(&table)?;
    Ok(Ending::Good)
}

fn sent(description: Vec<u8>) -> Interface {
    // A descriptor set is no text: it begins with the key of its first file, and holds lengths and keys below 32 that
    // no JSON has. A document that was not read to its end is none yet.
    let is_json = description.starts_with(b"{")
        || serde_json::from_slice::<serde_json::Value>(&description).is_ok();
    let (descriptor_set, openapi) = if is_json {
        (Vec::new(), description)
    } else {
        (description, Vec::new())
    };
    Interface {
        descriptor_set,
        openapi,
        ..Interface::default()
    }
}

fn create(name: &str, described: Interface) -> CreateInterfaceRequest {
    let parent = name
        .split_once("/interfaces/")
        .map_or("", |(system, _)| system);
    CreateInterfaceRequest {
        parent: parent.to_owned(),
        interface: Some(Interface {
            name: name.to_owned(),
            ..described
        }),
        request_id: new_request_id(),
    }
}

fn kind(method: &InterfaceMethod) -> &'static str {
    match (method.client_streaming, method.server_streaming) {
        (false, false) => "unary",
        (true, false) => "client stream",
        (false, true) => "server stream",
        (true, true) => "two-way stream",
    }
}

fn row(interface: &Interface, method: &InterfaceMethod) -> [String; 4] {
    let effects = if method.free_of_effects {
        "none"
    } else {
        "not declared"
    };
    [
        interface.name.clone(),
        method.path.clone(),
        kind(method).to_owned(),
        effects.to_owned(),
    ]
}

fn row_left_out(interface: &Interface, left: &UncalledOperation) -> [String; 4] {
    [
        interface.name.clone(),
        left.method.clone(),
        "left out".to_owned(),
        left.reason.clone(),
    ]
}

fn json(interface: &Interface) -> serde_json::Value {
    let method = |method: &InterfaceMethod| {
        serde_json::json!({
            "path": method.path,
            "provider_path": method.provider_path,
            "kind": kind(method),
            "free_of_effects": method.free_of_effects,
        })
    };
    let left_out = |left: &UncalledOperation| serde_json::json!({"method": left.method, "reason": left.reason});
    serde_json::json!({
        "name": interface.name,
        "digest": interface.digest,
        "reflected_from": interface.reflected_from,
        "document_path": interface.document_path,
        "methods": interface.methods.iter().map(method).collect::<Vec<_>>(),
        "left_out": interface.left_out.iter().map(left_out).collect::<Vec<_>>(),
    })
}
