//! What policy keeps in memory: read as a whole once, and then as it changes.

use std::collections::BTreeMap;

use domain::correction::{Correction, CorrectionState};
use domain::snapshot::Contents;

use crate::Store;
use crate::db::with_db;
use crate::error::StoreError;
use crate::noun::Noun;
use crate::read::{NounRow, stored};
use crate::segment::json_list;
use crate::statuses::{Announced, CHANGES};

/// The registry, seen from a revision that somebody knows.
#[derive(Debug)]
pub enum Registry {
    /// Nothing changed since.
    Same,
    /// Only these rows changed since.
    Changed {
        /// The revision now.
        revision: i64,
        /// The rows as they are now.
        rows: Box<Contents>,
        /// What issuers announced meanwhile.
        announced: Announced,
    },
    /// The known revision is too old to tell what changed: everything.
    Whole {
        /// The revision now.
        revision: i64,
        /// All rows.
        rows: Box<Contents>,
    },
}

/// How a changed row is written down.
pub(crate) fn row_of(table: &str, name: &str) -> String {
    [table, " ", name].concat()
}

impl Store {
    /// What changed since a revision; a negative one knows nothing.
    ///
    /// A row may come newer than the revision says: what changes meanwhile is read again next time.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn registry_since(&self, known: i64) -> Result<Registry, StoreError> {
        // Read before the rows: a change in between makes the next look read again.
        let revision = self.revision().await?;
        if revision == known {
            return Ok(Registry::Same);
        }
        let changed = match known {
            0.. => self.changed_between(known, revision).await?,
            _ => None,
        };
        Ok(match changed {
            Some(names) => Registry::Changed {
                revision,
                rows: Box::new(self.rows_of(&names).await?),
                announced: self
                    .announced(names.get(CHANGES).map_or(&[], Vec::as_slice))
                    .await?,
            },
            None => Registry::Whole {
                revision,
                rows: Box::new(self.contents().await?),
            },
        })
    }

    /// Everything policy needs, for a new snapshot.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn contents(&self) -> Result<Contents, StoreError> {
        Ok(Contents {
            departments: self.values().await?,
            systems: self.values().await?,
            endpoints: self.values().await?,
            interfaces: self.values().await?,
            credentials: self.values().await?,
            resources: self.values().await?,
            grants: self.values().await?,
            matters: self.values().await?,
            certificate_types: self.values().await?,
            corrections: self.open_corrections().await?,
        })
    }

    /// In the order of their states: one that goes on meanwhile is found in the next one.
    async fn open_corrections(&self) -> Result<Vec<Correction>, StoreError> {
        let mut open = Vec::new();
        for state in CorrectionState::OPEN {
            let rows = self.in_state::<Correction>(state).await?;
            open.extend(rows.into_iter().map(|row| row.value));
        }
        Ok(open)
    }

    /// Counts the changes of the registry; a snapshot of an older revision is stale.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn revision(&self) -> Result<i64, StoreError> {
        let row: (i64,) = with_db!(&self.db, pool =>
            sqlx::query_as("SELECT revision FROM ledger_head WHERE id = 1").fetch_one(pool).await)
        .map_err(StoreError::driver("reading the revision"))?;
        Ok(row.0)
    }

    /// The changed rows by table; none when what changed is not known any more.
    async fn changed_between(
        &self,
        known: i64,
        revision: i64,
    ) -> Result<Option<BTreeMap<String, Vec<String>>>, StoreError> {
        const QUERY: &str = "SELECT revision, changed FROM registry_changes \
            WHERE revision > $1 AND revision <= $2 ORDER BY revision";
        let rows: Vec<(i64, String)> = with_db!(&self.db, pool =>
            sqlx::query_as(QUERY).bind(known).bind(revision).fetch_all(pool).await)
        .map_err(StoreError::driver("reading what changed"))?;
        // Every revision has a row, and the oldest are dropped first.
        if rows.first().map(|(first, _)| *first) != known.checked_add(1) {
            return Ok(None);
        }
        let mut names: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (_, changed) in rows {
            if let Some((table, name)) = changed.split_once(' ') {
                names
                    .entry(table.to_owned())
                    .or_default()
                    .push(name.to_owned());
            }
        }
        Ok(Some(names))
    }

    async fn rows_of(&self, names: &BTreeMap<String, Vec<String>>) -> Result<Contents, StoreError> {
        Ok(Contents {
            departments: self.some(names).await?,
            systems: self.some(names).await?,
            endpoints: self.some(names).await?,
            interfaces: self.some(names).await?,
            credentials: self.some(names).await?,
            resources: self.some(names).await?,
            grants: self.some(names).await?,
            matters: self.some(names).await?,
            certificate_types: self.some(names).await?,
            corrections: self.some(names).await?,
        })
    }

    async fn some<T: Noun>(
        &self,
        names: &BTreeMap<String, Vec<String>>,
    ) -> Result<Vec<T>, StoreError> {
        let Some(names) = names.get(T::STATEMENTS.table) else {
            return Ok(Vec::new());
        };
        let text = self.db.list_sql(T::STATEMENTS.some);
        let rows: Vec<NounRow> = with_db!(&self.db, pool =>
            sqlx::query_as(text).bind(json_list(names)).fetch_all(pool).await)
        .map_err(StoreError::driver("reading changed rows"))?;
        rows.into_iter()
            .map(|row| stored(row).map(|row| row.value))
            .collect()
    }

    async fn values<T: Noun>(&self) -> Result<Vec<T>, StoreError> {
        let rows = self.all::<T>().await?;
        Ok(rows.into_iter().map(|row| row.value).collect())
    }
}
