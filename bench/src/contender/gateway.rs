//! This gateway, with policy, mask and durable evidence.

use super::{Files, Places, echo_server};
use crate::Error;
use crate::child::Child;
use crate::keys::HOST;
use crate::load::Target;
use crate::tls;
use crate::world::World;

/// The gateway, ready to be called.
pub(super) struct Started {
    /// Its own process.
    pub(super) gateway: Child,
    /// Its backend: the same program as the others have, with a certificate of this gateway.
    pub(super) backend: Child,
    /// How the consumer calls it.
    pub(super) target: Target,
}

/// Starts the gateway and a backend of its own, and shares what the backend answers.
pub(super) async fn start(places: &Places) -> Result<Started, Error> {
    let world = World::start(&places.shuqiao, &places.folder).await?;
    let files = Files::write(&places.folder, "provider", world.provider())?;
    let (backend, address) = echo_server("provider", places, &files).await?;
    world.share(address).await?;
    let target = Target {
        address: world.address(),
        host: HOST.to_owned(),
        tls: tls::client_config(world.consumer())?,
    };
    Ok(Started {
        gateway: world.into_process(),
        backend,
        target,
    })
}
