//! Two gateways on one database, both called.

use super::{Contender, Kind, Places, gateway};
use crate::Error;
use crate::child::Child;
use crate::load::Target;
use crate::world::{Replica, World};

/// Two gateways on one database, and the backend of both.
#[derive(Debug)]
pub struct Replicas {
    /// How the first is called.
    pub contender: Contender,
    /// Who acts, on the first.
    pub world: World,
    /// How the second is called.
    pub second: Target,
    process: Child,
    backend: Child,
}

impl Replicas {
    /// Starts both on a database, which must be empty.
    ///
    /// # Errors
    /// When one does not start, or refuses a step.
    pub async fn start(places: &Places, database: &str) -> Result<Self, Error> {
        let kind = Kind::Gateway;
        let (world, backend, _) = gateway::open_on(places, kind, None, Some(database)).await?;
        let Replica { address, process } = world.replica(&places.within("replica")?.folder).await?;
        let contender = gateway::contender(kind, &world, &backend)?;
        Ok(Self {
            second: Target {
                address,
                ..contender.target.clone()
            },
            contender,
            world,
            process,
            backend,
        })
    }

    /// Ends all, the gateways first.
    ///
    /// # Errors
    /// When one cannot be waited for.
    pub async fn stop(self) -> Result<(), Error> {
        self.process.stop().await?;
        self.world.into_process().stop().await?;
        self.backend.stop().await
    }
}
