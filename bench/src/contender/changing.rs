//! A gateway whose grants change while it is called.

use super::gateway;
use super::{Contender, Kind, Places};
use crate::Error;
use crate::child::Child;
use crate::world::{Crowd, Shares, World};

/// The gateway with a crowd in its registry, its backend, and the grants that change.
#[derive(Debug)]
pub struct Changing {
    /// How it is called.
    pub contender: Contender,
    /// Who changes what.
    pub world: World,
    /// The grants.
    pub shares: Shares,
    backend: Child,
}

impl Changing {
    /// Starts both, and puts the crowd into the registry.
    ///
    /// # Errors
    /// As [`super::Field::crowded`].
    pub async fn start(places: &Places, crowd: Crowd) -> Result<Self, Error> {
        let (world, backend, shares) = gateway::open(places, Kind::Gateway, Some(crowd)).await?;
        Ok(Self {
            contender: gateway::contender(Kind::Gateway, &world, &backend)?,
            world,
            shares,
            backend,
        })
    }

    /// Ends both, the gateway first.
    ///
    /// # Errors
    /// When one cannot be waited for.
    pub async fn stop(self) -> Result<(), Error> {
        self.world.into_process().stop().await?;
        self.backend.stop().await
    }
}
