//! The manifests of files, and when the gateway has to look at a file again.

use domain::file::File;
use domain::name::{FileName, ResourceName};
use jiff::Timestamp;

use crate::db::with_db;
use crate::error::StoreError;
use crate::read::{NounRow, stored};
use crate::tx::{Tx, with_tx};
use crate::{Store, Stored, from_db, micros, to_db};

/// One part of a file: which object holds which bytes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// From 0 without gap.
    pub number: u32,
    /// The offset of its first byte in the file.
    pub start: u64,
    /// Bytes, at least one.
    pub size: u64,
    /// The key of the object.
    pub object: String,
    /// The SHA-256 of its bytes in hexadecimal.
    pub digest: String,
}

type PartRow = (i64, i64, i64, String, String);

impl Part {
    /// The offset behind its last byte.
    pub fn end(&self) -> u64 {
        self.start.saturating_add(self.size)
    }

    fn of((number, start, size, object, digest): PartRow) -> Self {
        Self {
            number: u32::try_from(number).unwrap_or(u32::MAX),
            start: from_db(start),
            size: from_db(size),
            object,
            digest,
        }
    }
}

impl Store {
    /// Whether a file of a resource lies ready.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn has_visible_file(&self, resource: &str) -> Result<bool, StoreError> {
        const QUERY: &str = "SELECT 1 FROM files WHERE parent = $1 AND state = 'visible' LIMIT 1";
        let row: Option<(i32,)> = with_db!(&self.db, pool =>
            sqlx::query_as(QUERY).bind(resource).fetch_optional(pool).await)
        .map_err(StoreError::driver("looking for a file"))?;
        Ok(row.is_some())
    }

    /// The parts of a file from a number on, at most so many, in their order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn parts(
        &self,
        file: &FileName,
        from: u32,
        most: u32,
    ) -> Result<Vec<Part>, StoreError> {
        const QUERY: &str = "SELECT number, start, size, object, digest FROM file_parts \
            WHERE file = $1 AND number >= $2 ORDER BY number LIMIT $3";
        let rows: Vec<PartRow> = with_db!(&self.db, pool => sqlx::query_as(QUERY)
            .bind(file.as_str())
            .bind(i64::from(from))
            .bind(i64::from(most))
            .fetch_all(pool)
            .await)
        .map_err(StoreError::driver("reading a manifest"))?;
        Ok(rows.into_iter().map(Part::of).collect())
    }

    /// The number of the part that holds an offset; none behind the last byte.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn part_at(&self, file: &FileName, offset: u64) -> Result<Option<u32>, StoreError> {
        // Parts have no gap, so numbers ascend with offsets.
        const QUERY: &str = "SELECT MIN(number) FROM file_parts \
            WHERE file = $1 AND start + size > $2";
        let (number,): (Option<i64>,) = with_db!(&self.db, pool => sqlx::query_as(QUERY)
            .bind(file.as_str())
            .bind(to_db(offset))
            .fetch_one(pool)
            .await)
        .map_err(StoreError::driver("reading a manifest"))?;
        Ok(number.and_then(|number| u32::try_from(number).ok()))
    }

    /// The files of a resource that were begun last and are not on their way any more, the latest first, gone or not.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn latest_files(
        &self,
        resource: &ResourceName,
        most: u32,
    ) -> Result<Vec<Stored<File>>, StoreError> {
        const QUERY: &str = "SELECT body, revision, create_time, update_time, create_entry, update_entry \
            FROM files WHERE parent = $1 AND state <> 'receiving' ORDER BY create_time DESC, name DESC LIMIT $2";
        let rows: Vec<NounRow> = with_db!(&self.db, pool => sqlx::query_as(QUERY)
            .bind(resource.as_str())
            .bind(i64::from(most))
            .fetch_all(pool)
            .await)
        .map_err(StoreError::driver("reading the latest files"))?;
        rows.into_iter().map(stored).collect()
    }

    /// Files that the gateway has to look at by now, those that wait longest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn files_due(
        &self,
        now: Timestamp,
        most: u32,
    ) -> Result<Vec<Stored<File>>, StoreError> {
        const QUERY: &str = "SELECT f.body, f.revision, f.create_time, f.update_time, \
            f.create_entry, f.update_entry FROM file_deadlines d JOIN files f ON f.name = d.file \
            WHERE d.due <= $1 ORDER BY d.due, d.file LIMIT $2";
        let rows: Vec<NounRow> = with_db!(&self.db, pool => sqlx::query_as(QUERY)
            .bind(micros(now))
            .bind(i64::from(most))
            .fetch_all(pool)
            .await)
        .map_err(StoreError::driver("reading files that are due"))?;
        rows.into_iter().map(stored).collect()
    }
}

impl Tx {
    /// How many files of a resource are in a state.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn count_files(&mut self, resource: &str, state: &str) -> Result<u64, StoreError> {
        const QUERY: &str = "SELECT COUNT(*) FROM files WHERE parent = $1 AND state = $2";
        let context = self.context();
        let (count,): (i64,) = with_tx!(&mut self.inner, c => sqlx::query_as(QUERY)
            .bind(resource)
            .bind(state)
            .fetch_one(c)
            .await)
        .map_err(StoreError::driver(context))?;
        Ok(from_db(count))
    }

    /// Adds a part to the manifest of a file.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn add_part(&mut self, file: &FileName, part: &Part) -> Result<(), StoreError> {
        const QUERY: &str = "INSERT INTO file_parts (file, number, start, size, object, digest) \
            VALUES ($1, $2, $3, $4, $5, $6)";
        let context = self.context();
        with_tx!(&mut self.inner, c => sqlx::query(QUERY)
            .bind(file.as_str())
            .bind(i64::from(part.number))
            .bind(to_db(part.start))
            .bind(to_db(part.size))
            .bind(&part.object)
            .bind(&part.digest)
            .execute(c)
            .await
            .map(|_| ()))
        .map_err(StoreError::driver(context))
    }

    /// Drops the manifest of a file.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn drop_parts(&mut self, file: &FileName) -> Result<(), StoreError> {
        const QUERY: &str = "DELETE FROM file_parts WHERE file = $1";
        let context = self.context();
        with_tx!(&mut self.inner, c =>
            sqlx::query(QUERY).bind(file.as_str()).execute(c).await.map(|_| ()))
        .map_err(StoreError::driver(context))
    }

    /// Says when the gateway has to look at a file again; never, for none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn set_due(
        &mut self,
        file: &FileName,
        due: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        self.set_deadline(file.as_str(), due).await
    }

    /// The same by the name of whatever has a deadline.
    pub(crate) async fn set_deadline(
        &mut self,
        name: &str,
        due: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        const SET: &str = "INSERT INTO file_deadlines (file, due) VALUES ($1, $2) \
            ON CONFLICT (file) DO UPDATE SET due = excluded.due";
        const NEVER: &str = "DELETE FROM file_deadlines WHERE file = $1";
        let context = self.context();
        with_tx!(&mut self.inner, c => match due {
            Some(due) => sqlx::query(SET).bind(name).bind(micros(due)).execute(c).await,
            None => sqlx::query(NEVER).bind(name).execute(c).await,
        }
        .map(|_| ()))
        .map_err(StoreError::driver(context))
    }
}
