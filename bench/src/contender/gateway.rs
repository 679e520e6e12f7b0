//! This gateway, with policy, mask and durable evidence.

use super::front::{Files, echo_server};
use super::{Contender, Kind, Places, purpose};
use crate::Error;
use crate::child::Child;
use crate::keys::HOST;
use crate::load::Target;
use crate::tls;
use crate::world::{Crowd, Shares, World};

/// Starts the gateway and a backend of its own, and shares what the backend answers. The backend is
/// the same program as the others have, with a certificate of this gateway. A crowd may stand in
/// the registry too.
pub(super) async fn start(
    places: &Places,
    kind: Kind,
    crowd: Option<Crowd>,
) -> Result<(Contender, Vec<Child>), Error> {
    let (world, backend, _) = open(places, kind, crowd).await?;
    let contender = contender(kind, &world, &backend)?;
    Ok((contender, vec![backend, world.into_process()]))
}

/// The same with its people still at hand.
pub(super) async fn open(
    places: &Places,
    kind: Kind,
    crowd: Option<Crowd>,
) -> Result<(World, Child, Shares), Error> {
    open_on(places, kind, crowd, None).await
}

/// The same on another database than the embedded one.
pub(super) async fn open_on(
    places: &Places,
    kind: Kind,
    crowd: Option<Crowd>,
    database: Option<&str>,
) -> Result<(World, Child, Shares), Error> {
    // Each gateway has data, keys and a backend of its own.
    let places = &places.within(kind.as_str())?;
    let program = match kind {
        Kind::Unrecorded => places.unrecorded()?,
        _ => places.shuqiao.as_path(),
    };
    let mut world = World::start_on(program, &places.folder, database).await?;
    let files = Files::write(&places.folder, "provider", world.provider())?;
    let (backend, address) = echo_server("provider", places, &files).await?;
    let shares = world.share(address).await?;
    if let Some(crowd) = crowd {
        world = world.settle(crowd).await?;
    }
    Ok((world, backend, shares))
}

/// The gateway as it is called.
pub(super) fn contender(kind: Kind, world: &World, backend: &Child) -> Result<Contender, Error> {
    let target = Target {
        address: world.address()?,
        host: HOST.to_owned(),
        tls: tls::client_config(world.consumer())?,
    };
    Ok(Contender {
        kind,
        target,
        headers: purpose(),
        pid: world.pid()?,
        backend: Some(backend.pid()?),
        ledger: (kind != Kind::Unrecorded).then(|| world.ledger(2)),
        question: None,
    })
}
