//! Interfaces: register, read, list.

use domain::interface::Interface;
use domain::name::{InterfaceId, SystemName};
use domain::reason::Reason;
use ledger::entry::Draft;
use store::Stored;

use crate::failure::Failure;
use crate::gateway::{Act, Gateway};

/// Interfaces of one system.
const MOST: usize = 64;

impl Gateway {
    /// Registers the description of a system's own services.
    ///
    /// # Errors
    /// A refusal, `ALREADY_EXISTS`, or one interface too many.
    pub async fn create_interface(
        &self,
        act: &Act<'_>,
        interface: Interface,
    ) -> Result<Stored<Interface>, Failure> {
        self.may_manage_endpoints(act.caller, &interface.system)?;
        let system = &interface.system;
        if self.interfaces(system).await?.len() >= MOST {
            let message = format!("a system has at most {MOST} interfaces");
            return Err(Failure::new(Reason::StateConflict, message));
        }
        let owner = self.owner_of(system)?;
        self.change(act, async |tx, now| {
            let draft = Draft::change("registry.interface.created", act.request_id.as_str())
                .with_fact("actor", act.caller.principal().to_string())
                .with_fact("system", system.as_str())
                .with_fact("department", owner.as_str())
                .with_fact("interface", interface.name.path())
                .with_fact("digest", interface.descriptors.digest());
            let entry = tx.record(draft, now).await?;
            Ok(tx.insert(&interface, Some(entry), now).await?)
        })
        .await
    }

    /// One interface. A description of methods holds no data, so every known caller may read it:
    /// who is to call a service must be able to generate a client.
    ///
    /// # Errors
    /// `NOT_FOUND`.
    pub async fn interface(&self, name: &InterfaceId) -> Result<Stored<Interface>, Failure> {
        let found = self.store.get(name.as_str()).await?;
        found.ok_or_else(|| Failure::not_found(&name.path()))
    }

    /// The interfaces of one system.
    ///
    /// # Errors
    /// The store's.
    pub async fn interfaces(&self, system: &SystemName) -> Result<Vec<Stored<Interface>>, Failure> {
        Ok(self
            .store
            .page::<Interface>("", system.as_str(), 100)
            .await?)
    }
}
