//! Reads of nouns outside a transaction.

use crate::db::with_db;
use crate::error::StoreError;
use crate::noun::{Noun, Stored};
use crate::{Store, from_db, from_micros};

/// Body, revision, create time, update time, create entry, update entry.
pub(crate) type NounRow = (String, i64, i64, i64, Option<i64>, Option<i64>);

impl Store {
    /// One row by name.
    ///
    /// # Errors
    /// [`StoreError`]; absence is not an error.
    pub async fn get<T: Noun>(&self, name: &str) -> Result<Option<Stored<T>>, StoreError> {
        let row: Option<NounRow> = with_db!(&self.db, pool =>
            sqlx::query_as(T::STATEMENTS.get).bind(name).fetch_optional(pool).await)
        .map_err(StoreError::driver("reading one row"))?;
        row.map(|row| stored(row)).transpose()
    }

    /// One row by its second name.
    ///
    /// # Errors
    /// [`StoreError`]; absence is not an error.
    pub async fn by_alias<T: Noun>(&self, alias: &str) -> Result<Option<Stored<T>>, StoreError> {
        let row: Option<NounRow> = with_db!(&self.db, pool =>
            sqlx::query_as(T::STATEMENTS.by_alias).bind(alias).fetch_optional(pool).await)
        .map_err(StoreError::driver("reading one row by its second name"))?;
        row.map(|row| stored(row)).transpose()
    }

    /// All rows, in the order of their names.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn all<T: Noun>(&self) -> Result<Vec<Stored<T>>, StoreError> {
        let rows: Vec<NounRow> = with_db!(&self.db, pool =>
            sqlx::query_as(T::STATEMENTS.all).fetch_all(pool).await)
        .map_err(StoreError::driver("reading all rows"))?;
        rows.into_iter().map(|row| stored(row)).collect()
    }

    /// All rows in one state, in the order of their names.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn in_state<T: Noun>(&self, state: &str) -> Result<Vec<Stored<T>>, StoreError> {
        self.in_state_under(state, "").await
    }

    /// All rows in one state under one parent, or of all where it is empty, in the order of their names.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn in_state_under<T: Noun>(
        &self,
        state: &str,
        parent: &str,
    ) -> Result<Vec<Stored<T>>, StoreError> {
        let rows: Vec<NounRow> = with_db!(&self.db, pool =>
            sqlx::query_as(T::STATEMENTS.in_state)
                .bind(state)
                .bind(parent)
                .fetch_all(pool)
                .await)
        .map_err(StoreError::driver("reading the rows of a state"))?;
        rows.into_iter().map(|row| stored(row)).collect()
    }

    /// At most `limit` rows after a name, all or those under one parent.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn page<T: Noun>(
        &self,
        after: &str,
        parent: &str,
        limit: u32,
    ) -> Result<Vec<Stored<T>>, StoreError> {
        let rows: Vec<NounRow> = with_db!(&self.db, pool =>
            sqlx::query_as(T::STATEMENTS.page)
                .bind(after)
                .bind(parent)
                .bind(i64::from(limit))
                .fetch_all(pool)
                .await)
        .map_err(StoreError::driver("reading a page"))?;
        rows.into_iter().map(|row| stored(row)).collect()
    }
}

pub(crate) fn stored<T: Noun>(row: NounRow) -> Result<Stored<T>, StoreError> {
    let (body, revision, create_time, update_time, create_entry, update_entry) = row;
    let value = serde_json::from_str(&body).map_err(|error| StoreError::Inconsistent {
        table: T::STATEMENTS.table,
        // Where in the JSON, never what: a row can name people's accounts.
        name: format!("line {} column {}", error.line(), error.column()),
    })?;
    Ok(Stored {
        value,
        revision,
        create_time: from_micros(create_time),
        update_time: from_micros(update_time),
        create_entry: create_entry.map(from_db),
        update_entry: update_entry.map(from_db),
    })
}
