//! Kept clocks: they follow the clocks of what is written, and are found by the day on which to look at them.

use domain::clock::kept::KeptClock;
use domain::policy::shaoyang_date;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::Store;
use crate::db::with_db;
use crate::error::StoreError;
use crate::noun::{Noun, Stored};
use crate::read::{NounRow, stored};
use crate::tx::{Tx, with_tx};

const TO_LOOK_AT: &str = "SELECT body, revision, create_time, update_time, create_entry, update_entry \
    FROM clocks WHERE look <= $1 ORDER BY look, name LIMIT $2";

impl Store {
    /// Clocks that are to be looked at by a day, those that wait longest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn clocks_to_look_at(
        &self,
        today: Date,
        limit: u32,
    ) -> Result<Vec<Stored<KeptClock>>, StoreError> {
        let rows: Vec<NounRow> = with_db!(&self.db, pool => sqlx::query_as(TO_LOOK_AT)
            .bind(today.to_string())
            .bind(i64::from(limit))
            .fetch_all(pool)
            .await)
        .map_err(StoreError::driver("reading clocks to look at"))?;
        rows.into_iter().map(stored).collect()
    }
}

impl Tx {
    /// Makes the kept clocks of something follow those that run for it: new ones begin, changed ones follow, and those
    /// that do not run any more end.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn keep_clocks<T: Noun>(
        &mut self,
        value: &T,
        entry: Option<u64>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let running = value.running();
        let kept: Vec<Stored<KeptClock>> = self.under(value.key()).await?;
        for row in &kept {
            let runs = running.iter().find(|one| row.value.is(one));
            let next = match runs {
                Some(runs) => row.value.follow(runs, shaoyang_date(now)),
                None => row.value.ended.is_none().then(|| row.value.end(now)),
            };
            if let Some(next) = next {
                self.keep_clock(row, &next, entry, now).await?;
            }
        }
        for runs in &running {
            if kept.iter().any(|row| row.value.is(runs)) {
                continue;
            }
            let begun = KeptClock::begin(value.key(), runs);
            let begun = begun.map_err(|_| StoreError::Inconsistent {
                table: KeptClock::STATEMENTS.table,
                name: value.key().to_owned(),
            })?;
            self.insert_row(&begun, entry, now).await?;
            self.write_look(&begun).await?;
        }
        Ok(())
    }

    /// Writes a kept clock down, and when it is to be looked at next.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn keep_clock(
        &mut self,
        before: &Stored<KeptClock>,
        value: &KeptClock,
        entry: Option<u64>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.update_row(before, value, entry, now).await?;
        self.write_look(value).await
    }

    async fn write_look(&mut self, value: &KeptClock) -> Result<(), StoreError> {
        const QUERY: &str = "UPDATE clocks SET look = $2 WHERE name = $1";
        let context = self.context();
        let look = value.look.map(|day| day.to_string());
        with_tx!(&mut self.inner, c => sqlx::query(QUERY)
            .bind(value.name.as_str())
            .bind(look)
            .execute(c)
            .await
            .map(|_| ()))
        .map_err(StoreError::driver(context))
    }
}
