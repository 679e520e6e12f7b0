//! A demo gateway that runs already: how a measurement calls it.

use std::path::Path;
use std::time::Duration;

use api::catalogue::v1 as catalogue;
use api::catalogue::v1::resource_service_client::ResourceServiceClient;
use sandbox::client::{GatewayAddress, connect, with_deadline};
use sandbox::identity::Identity;
use tonic::transport::Channel;

use crate::Error;

/// The matter of the demo's grants.
pub const MATTER: &str = "matters/11430500XY0000055Q2022000000002";

/// Connects as somebody, by the folder that enrolment left.
///
/// # Errors
/// When the folder cannot be read, or the gateway does not answer.
pub async fn channel(server: &str, identity: &Path) -> Result<Channel, Error> {
    let read = |name: &str| std::fs::read_to_string(identity.join(name));
    let identity = Identity {
        certificate_pem: read("certificate.pem")?,
        key_pem: read("key.pem")?,
        authority_pem: read("authority.pem")?,
    };
    let gateway = GatewayAddress {
        address: server.to_owned(),
        server_name: "localhost".to_owned(),
        authority_pem: identity.authority_pem.clone(),
    };
    Ok(connect(&gateway, Some(&identity)).await?)
}

/// A resource of the demo that is shared by a mode.
///
/// # Errors
/// When there is none.
pub async fn resource(
    channel: Channel,
    mode: catalogue::ShareMode,
    of: impl Fn(&catalogue::Resource) -> bool,
) -> Result<catalogue::Resource, Error> {
    let request = catalogue::ListResourcesRequest::default();
    let page = ResourceServiceClient::new(channel)
        .list_resources(ask(request))
        .await?
        .into_inner();
    let shared = |found: &&catalogue::Resource| found.share_modes.contains(&mode.into());
    let found = page.resources.iter().filter(shared).find(|found| of(found));
    let found = found.cloned();
    found.ok_or_else(|| format!("the demo shares nothing by {}", mode.as_str_name()).into())
}

/// A request that may take a minute.
pub fn ask<T>(message: T) -> tonic::Request<T> {
    with_deadline(message, Duration::from_mins(1))
}

/// An id for a request.
#[expect(
    clippy::disallowed_methods,
    reason = "each call is a request of its own"
)]
pub fn new_id() -> String {
    uuid::Uuid::now_v7().hyphenated().to_string()
}
