//! Reports of systems that bring their files.

use domain::name::EndpointId;

use crate::error::StoreError;
use crate::tx::{Tx, with_tx};

impl Tx {
    /// Forgets the latest report for an endpoint: what is registered now was not reported for yet.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn forget_heartbeat(&mut self, endpoint: &EndpointId) -> Result<(), StoreError> {
        const QUERY: &str = "DELETE FROM heartbeats WHERE name = $1";
        let context = self.context();
        with_tx!(&mut self.inner, c => sqlx::query(QUERY)
            .bind(endpoint.as_str())
            .execute(c)
            .await
            .map(|_| ()))
        .map_err(StoreError::driver(context))
    }
}
