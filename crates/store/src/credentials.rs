//! The texts of renewed certificates: kept as long as somebody may ask for them once more.

use jiff::Timestamp;

use crate::error::StoreError;
use crate::tx::with_tx;
use crate::{Store, micros};

/// Rows that go in one transaction.
const DROPPED: i64 = 500;

impl Store {
    /// Drops texts from before a moment, a bounded number at a time. Returns how many.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn drop_certificate_texts(&self, before: Timestamp) -> Result<u64, StoreError> {
        const DROP: &str = "DELETE FROM certificate_texts WHERE name IN (\
            SELECT name FROM certificate_texts WHERE create_time < $1 LIMIT $2)";
        let context = "dropping texts of certificates";
        let mut tx = self.begin(context).await?;
        let dropped = with_tx!(&mut tx.inner, c => sqlx::query(DROP)
            .bind(micros(before))
            .bind(DROPPED)
            .execute(c)
            .await
            .map(|done| done.rows_affected()))
        .map_err(StoreError::driver(context))?;
        tx.save().await?;
        Ok(dropped)
    }
}
