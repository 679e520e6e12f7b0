//! When the gateway has to look at a file link again.

use domain::file_link::FileLink;
use domain::name::FileLinkName;
use jiff::Timestamp;

use crate::db::with_db;
use crate::error::StoreError;
use crate::read::{NounRow, stored};
use crate::tx::Tx;
use crate::{Store, Stored, micros};

impl Store {
    /// Links whose time is over by now, those that wait longest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn file_links_due(
        &self,
        now: Timestamp,
        most: u32,
    ) -> Result<Vec<Stored<FileLink>>, StoreError> {
        const QUERY: &str = "SELECT l.body, l.revision, l.create_time, l.update_time, \
            l.create_entry, l.update_entry FROM file_deadlines d \
            JOIN file_links l ON l.name = d.file \
            WHERE d.due <= $1 ORDER BY d.due, d.file LIMIT $2";
        let rows: Vec<NounRow> = with_db!(&self.db, pool => sqlx::query_as(QUERY)
            .bind(micros(now))
            .bind(i64::from(most))
            .fetch_all(pool)
            .await)
        .map_err(StoreError::driver("reading file links that are due"))?;
        rows.into_iter().map(stored).collect()
    }
}

impl Tx {
    /// Says when the gateway has to look at a link again; never, for none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn set_link_due(
        &mut self,
        link: &FileLinkName,
        due: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        self.set_deadline(link.as_str(), due).await
    }
}
