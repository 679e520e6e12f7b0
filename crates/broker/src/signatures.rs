//! Request signatures: each counts once.

use domain::name::SystemName;
use jiff::Timestamp;
use store::Remembered;

use crate::failure::Failure;
use crate::gateway::Gateway;

impl Gateway {
    /// Remembers a signature of a system, for all gateways over one database.
    ///
    /// # Errors
    /// The store's: what cannot be remembered must not be taken.
    pub async fn remember_signature(
        &self,
        system: &SystemName,
        nonce: &str,
        until: Timestamp,
    ) -> Result<Remembered, Failure> {
        let now = self.now();
        let remembered = self
            .store
            .remember_signature(system.as_str(), nonce, now, until)
            .await?;
        Ok(remembered)
    }
}
