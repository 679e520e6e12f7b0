//! What issuers announce about certificates: tags by which kept answers are dropped on every gateway, and
//! the lists of states.

use jiff::Timestamp;

use crate::db::{ListSql, with_db};
use crate::error::StoreError;
use crate::registry::row_of;
use crate::segment::json_list;
use crate::tx::{Tx, with_tx};
use crate::{Store, from_db, from_micros, micros, to_db};

/// Announcements kept for the gateways that have not looked yet: they look several times a second.
const KEPT: i64 = 200;

pub(crate) const CHANGES: &str = "certificate_changes";

/// What was announced since a gateway looked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Announced {
    /// The tags of each announcement, by certificate type.
    These(Vec<(String, Vec<String>)>),
    /// More than is kept: anything may have changed.
    Anything,
}

/// The list of a certificate type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusList {
    /// What the identifiers are hashed with.
    pub salt: String,
    /// Certificates in it.
    pub entries: u64,
    /// When it changed last.
    pub update_time: Timestamp,
    /// The entry of the announcement that changed it.
    pub update_entry: u64,
}

/// The states of one certificate as they are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusRow {
    /// The hash of its identifier.
    pub hash: String,
    /// The system that announced it first.
    pub system: String,
    /// `domain::status::StatusHistory::line`.
    pub history: String,
}

type ListRow = (String, i64, i64, i64);

const LIST: &str = "SELECT salt, entries, update_time, update_entry FROM status_lists \
    WHERE certificate_type = $1";

const ANNOUNCED: ListSql = ListSql {
    sqlite: "SELECT c.certificate_type, c.tags FROM json_each($1) AS j \
        JOIN certificate_changes c ON c.entry = CAST(j.value AS INTEGER) ORDER BY c.entry",
    postgres: "SELECT c.certificate_type, c.tags \
        FROM json_array_elements_text($1::TEXT::JSON) AS j (value) \
        JOIN certificate_changes c ON c.entry = j.value::BIGINT ORDER BY c.entry",
};

const SOME: ListSql = ListSql {
    sqlite: "SELECT s.hash, s.system, s.history FROM json_each($2) AS j \
        JOIN certificate_statuses s ON s.certificate_type = $1 AND s.hash = j.value",
    postgres: "SELECT s.hash, s.system, s.history \
        FROM json_array_elements_text($2::TEXT::JSON) AS j (value) \
        JOIN certificate_statuses s ON s.certificate_type = $1 AND s.hash = j.value",
};

const PUT: ListSql = ListSql {
    sqlite: "INSERT INTO certificate_statuses (certificate_type, hash, system, history) \
        SELECT $1, j.key, $3, j.value FROM json_each($2) AS j WHERE TRUE \
        ON CONFLICT (certificate_type, hash) DO UPDATE SET history = excluded.history",
    postgres: "INSERT INTO certificate_statuses (certificate_type, hash, system, history) \
        SELECT $1, j.key, $3, j.value FROM json_each_text($2::TEXT::JSON) AS j \
        ON CONFLICT (certificate_type, hash) DO UPDATE SET history = excluded.history",
};

fn list_of((salt, entries, update_time, update_entry): ListRow) -> StatusList {
    StatusList {
        salt,
        entries: from_db(entries),
        update_time: from_micros(update_time),
        update_entry: from_db(update_entry),
    }
}

impl Tx {
    /// Tells every gateway of an announcement. It takes effect with the transaction.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn announce(
        &mut self,
        certificate_type: &str,
        entry: u64,
        tags: &[String],
    ) -> Result<(), StoreError> {
        const ADD: &str = "INSERT INTO certificate_changes (entry, certificate_type, tags) \
            VALUES ($1, $2, $3)";
        const DROP: &str = "DELETE FROM certificate_changes WHERE entry <= COALESCE(\
            (SELECT entry FROM certificate_changes ORDER BY entry DESC LIMIT 1 OFFSET $1), -1)";
        let context = self.context();
        with_tx!(&mut self.inner, c => {
            sqlx::query(ADD)
                .bind(to_db(entry))
                .bind(certificate_type)
                .bind(json_list(tags))
                .execute(&mut *c)
                .await
                .map_err(StoreError::driver(context))?;
            sqlx::query(DROP).bind(KEPT).execute(c).await.map(|_| ())
        })
        .map_err(StoreError::driver(context))?;
        self.note_changed(row_of(CHANGES, &entry.to_string()));
        Ok(())
    }

    /// The list of a certificate type, if something was ever announced for it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn status_list(&mut self, kind: &str) -> Result<Option<StatusList>, StoreError> {
        let context = self.context();
        let row: Option<ListRow> = with_tx!(&mut self.inner, c =>
            sqlx::query_as(LIST).bind(kind).fetch_optional(c).await)
        .map_err(StoreError::driver(context))?;
        Ok(row.map(list_of))
    }

    /// What is known of these certificates.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn statuses(
        &mut self,
        kind: &str,
        hashes: impl IntoIterator<Item = &str>,
    ) -> Result<Vec<StatusRow>, StoreError> {
        let (context, text) = (self.context(), self.list_sql(SOME));
        let rows: Vec<(String, String, String)> =
            with_tx!(&mut self.inner, c => sqlx::query_as(text)
            .bind(kind)
            .bind(json_list(hashes))
            .fetch_all(c)
            .await)
            .map_err(StoreError::driver(context))?;
        let row = |(hash, system, history)| StatusRow {
            hash,
            system,
            history,
        };
        Ok(rows.into_iter().map(row).collect())
    }

    /// Puts states of certificates in place, of which `added` were not known, and moves the list on.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn put_statuses(
        &mut self,
        kind: &str,
        system: &str,
        rows: &[(String, String)],
        list: &StatusList,
    ) -> Result<(), StoreError> {
        const MOVE: &str = "INSERT INTO status_lists \
            (certificate_type, salt, entries, update_time, update_entry) VALUES ($1, $2, $3, $4, $5) \
            ON CONFLICT (certificate_type) DO UPDATE SET entries = excluded.entries, \
            update_time = excluded.update_time, update_entry = excluded.update_entry";
        let rows: serde_json::Map<String, serde_json::Value> = rows
            .iter()
            .map(|(hash, history)| (hash.clone(), history.as_str().into()))
            .collect();
        let rows = serde_json::Value::Object(rows).to_string();
        let (context, text) = (self.context(), self.list_sql(PUT));
        with_tx!(&mut self.inner, c => {
            sqlx::query(text)
                .bind(kind)
                .bind(rows)
                .bind(system)
                .execute(&mut *c)
                .await
                .map_err(StoreError::driver(context))?;
            sqlx::query(MOVE)
                .bind(kind)
                .bind(&list.salt)
                .bind(to_db(list.entries))
                .bind(micros(list.update_time))
                .bind(to_db(list.update_entry))
                .execute(c)
                .await
                .map(|_| ())
        })
        .map_err(StoreError::driver(context))
    }
}

impl Store {
    /// The list of a certificate type, if something was ever announced for it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn status_list(&self, kind: &str) -> Result<Option<StatusList>, StoreError> {
        let row: Option<ListRow> = with_db!(&self.db, pool =>
            sqlx::query_as(LIST).bind(kind).fetch_optional(pool).await)
        .map_err(StoreError::driver("reading a status list"))?;
        Ok(row.map(list_of))
    }

    /// Hashes and states of a list behind a hash and before another, at most so many, in their order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn statuses_between(
        &self,
        kind: &str,
        after: &str,
        before: &str,
        most: u32,
    ) -> Result<Vec<(String, String)>, StoreError> {
        const PAGE: &str = "SELECT hash, history FROM certificate_statuses \
            WHERE certificate_type = $1 AND hash > $2 AND hash < $3 ORDER BY hash LIMIT $4";
        with_db!(&self.db, pool => sqlx::query_as(PAGE)
            .bind(kind)
            .bind(after)
            .bind(before)
            .bind(i64::from(most))
            .fetch_all(pool)
            .await)
        .map_err(StoreError::driver("reading a status list"))
    }

    /// The announcements of these entries, which a gateway has not seen yet.
    pub(crate) async fn announced(&self, entries: &[String]) -> Result<Announced, StoreError> {
        let list = json_list(entries);
        let text = self.db.list_sql(ANNOUNCED);
        let rows: Vec<(String, String)> = with_db!(&self.db, pool =>
            sqlx::query_as(text).bind(list).fetch_all(pool).await)
        .map_err(StoreError::driver("reading what issuers announced"))?;
        // One that was dropped meanwhile may have been about anything.
        if rows.len() != entries.len() {
            return Ok(Announced::Anything);
        }
        let mut these = Vec::with_capacity(rows.len());
        for (kind, tags) in rows {
            match serde_json::from_str(&tags) {
                Ok(tags) => these.push((kind, tags)),
                Err(_) => return Ok(Announced::Anything),
            }
        }
        Ok(Announced::These(these))
    }
}
