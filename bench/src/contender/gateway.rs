//! This gateway, with policy, mask and durable evidence.

use super::front::{Files, echo_server};
use super::{Contender, Kind, Places, purpose};
use crate::Error;
use crate::child::Child;
use crate::keys::HOST;
use crate::load::Target;
use crate::tls;
use crate::world::{Crowd, World};

/// Starts the gateway and a backend of its own, and shares what the backend answers. The backend is
/// the same program as the others have, with a certificate of this gateway. A crowd may stand in
/// the registry too.
pub(super) async fn start(
    places: &Places,
    kind: Kind,
    crowd: Option<Crowd>,
) -> Result<(Contender, Vec<Child>), Error> {
    // Each gateway has data, keys and a backend of its own.
    let places = &places.within(kind.as_str())?;
    let recorded = kind != Kind::Unrecorded;
    let program = if recorded {
        places.shuqiao.as_path()
    } else {
        places.unrecorded()?
    };
    let mut world = World::start(program, &places.folder).await?;
    let files = Files::write(&places.folder, "provider", world.provider())?;
    let (backend, address) = echo_server("provider", places, &files).await?;
    world.share(address).await?;
    if let Some(crowd) = crowd {
        world = world.settle(crowd).await?;
    }
    let target = Target {
        address: world.address()?,
        host: HOST.to_owned(),
        tls: tls::client_config(world.consumer())?,
    };
    let ledger = world.ledger(2);
    let gateway = world.into_process();
    let contender = Contender {
        kind,
        target,
        headers: purpose(),
        pid: gateway.pid()?,
        backend: Some(backend.pid()?),
        ledger: recorded.then_some(ledger),
        question: None,
    };
    Ok((contender, vec![backend, gateway]))
}
