//! What is promised of each entry: as a file says it, or as a gateway's catalogue does.

use std::path::Path;

use api::catalogue::v1::resource_service_client::ResourceServiceClient;
use api::catalogue::v1::{
    Api, GetResourceRequest, ItemField, Operation, Resource, ResourceItem, ShareMode,
};
use api::registry::v1::interface_service_client::InterfaceServiceClient;
use api::registry::v1::{ConformanceSample, GetInterfaceRequest};
use domain::fault::Cause;
use serde::Deserialize;

use crate::Failure;
use crate::catalogue::at_work;
use crate::connection::Connection;
use crate::interfaces::read;

/// One entry of the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    resource: String,
    modes: Vec<Mode>,
    #[serde(default)]
    certificate_type: String,
    items: Vec<Item>,
    /// The file that describes its own methods.
    interface: Option<String>,
    #[serde(default, rename = "operation")]
    operations: Vec<Call>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Mode {
    Api,
    Table,
    File,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Item {
    key: String,
    data_type: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    personal: bool,
    #[serde(default)]
    sensitive: bool,
    #[serde(default)]
    length: i32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Call {
    method: String,
    fields: Vec<Place>,
    #[serde(default)]
    structure: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    item: String,
    path: String,
}

impl Entry {
    /// For the contract; `number` names the interface, `folder` is where the file of the entries lies.
    pub(super) fn into_promised(self, number: usize, folder: &Path) -> contract::Entry {
        let description = self.interface.as_ref().map(|file| {
            read(&folder.join(file)).map_err(|failure| {
                let told = match failure {
                    Failure::Message(told) => told,
                    Failure::Io(error) => error.to_string(),
                };
                Cause::new("UNREADABLE", told)
            })
        });
        let described = self.interface.is_some() || !self.operations.is_empty();
        let api = described.then(|| Api {
            interface: format!("systems/rehearsal/interfaces/e{number}"),
            operations: self.operations.into_iter().map(operation).collect(),
        });
        let modes = self.modes.iter().map(|mode| match mode {
            Mode::Api => ShareMode::Api,
            Mode::Table => ShareMode::Table,
            Mode::File => ShareMode::File,
        });
        contract::Entry {
            description,
            resource: Resource {
                name: self.resource,
                share_modes: modes.map(Into::into).collect(),
                certificate_type: self.certificate_type,
                items: self.items.into_iter().map(item).collect(),
                api,
                ..Resource::default()
            },
        }
    }
}

fn item(item: Item) -> ResourceItem {
    let title = if item.title.is_empty() {
        item.key.clone()
    } else {
        item.title
    };
    ResourceItem {
        key: item.key,
        title,
        data_type: item.data_type,
        sensitive: item.sensitive,
        length: item.length,
        personal: item.personal,
    }
}

fn operation(call: Call) -> Operation {
    let field = |place: Place| ItemField {
        item: place.item,
        path: place.path,
    };
    Operation {
        method: call.method,
        fields: call.fields.into_iter().map(field).collect(),
        structure: call.structure,
    }
}

/// The entries that the samples name, as their departments are writing them in the catalogue of a gateway.
///
/// # Errors
/// What the gateway says.
pub(super) async fn ask(
    connection: &Connection,
    samples: &[ConformanceSample],
) -> Result<Vec<contract::Entry>, Failure> {
    let mut resources = ResourceServiceClient::new(connection.channel.clone());
    let mut interfaces = InterfaceServiceClient::new(connection.channel.clone());
    let mut entries: Vec<contract::Entry> = Vec::new();
    for sample in samples {
        let known = |entry: &contract::Entry| entry.resource.name == sample.resource;
        if entries.iter().any(known) {
            continue;
        }
        let request = GetResourceRequest {
            name: sample.resource.clone(),
        };
        let found = resources.get_resource(connection.ask(request)).await?;
        let resource = at_work(found.into_inner());
        let mut description = None;
        if let Some(api) = &resource.api {
            let request = GetInterfaceRequest {
                name: api.interface.clone(),
            };
            let found = interfaces.get_interface(connection.ask(request)).await?;
            let found = found.into_inner();
            let (set, document) = (found.descriptor_set, found.openapi);
            description = Some(Ok(if set.is_empty() { document } else { set }));
        }
        entries.push(contract::Entry {
            resource,
            description,
        });
    }
    Ok(entries)
}
