//! What was used of grants, day by day: added up from the ledger, each entry once.

use std::collections::BTreeMap;

use domain::grant::UseDay;
use domain::name::GrantName;
use jiff::civil::Date;

use crate::db::{ListSql, with_db};
use crate::error::StoreError;
use crate::segment::json_list;
use crate::tx::{Tx, with_tx};
use crate::{Store, from_db, to_db};

/// The uses of grants by day.
pub type UseDays = BTreeMap<GrantName, BTreeMap<Date, UseDay>>;

type Row = (String, String, String);

const SOME: ListSql = ListSql {
    sqlite: "SELECT grant_name, day, body FROM grant_uses WHERE day >= $2 AND day <= $3 \
        AND grant_name IN (SELECT j.value FROM json_each($1) AS j)",
    postgres: "SELECT grant_name, day, body FROM grant_uses WHERE day >= $2 AND day <= $3 \
        AND grant_name IN (SELECT j.value FROM json_array_elements_text($1::TEXT::JSON) AS j (value))",
};

impl Store {
    /// The index of the first entry whose use is not added up yet.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn uses_added_until(&self) -> Result<u64, StoreError> {
        const QUERY: &str = "SELECT value FROM grant_uses_head WHERE id = 1";
        let row: (i64,) = with_db!(&self.db, pool => sqlx::query_as(QUERY).fetch_one(pool).await)
            .map_err(StoreError::driver("reading how far uses are added up"))?;
        Ok(from_db(row.0))
    }

    /// Adds what the entries `from..until` say was used. Returns false and adds nothing where somebody else added them,
    /// so that each entry counts once, whoever adds and however often.
    ///
    /// # Errors
    /// [`StoreError`]; nothing is added then.
    pub async fn add_uses(
        &self,
        (from, until): (u64, u64),
        uses: UseDays,
    ) -> Result<bool, StoreError> {
        const MOVE: &str = "UPDATE grant_uses_head SET value = $2 WHERE id = 1 AND value = $1";
        let mut tx = self.begin("adding up uses").await?;
        let context = tx.context();
        let moved = with_tx!(&mut tx.inner, c => sqlx::query(MOVE)
            .bind(to_db(from))
            .bind(to_db(until))
            .execute(c)
            .await
            .map(|done| done.rows_affected()))
        .map_err(StoreError::driver(context))?;
        if moved == 0 {
            tx.forget().await;
            return Ok(false);
        }
        for (grant, days) in uses {
            for (day, used) in days {
                tx.add_use(&grant, day, used).await?;
            }
        }
        tx.commit().await?;
        Ok(true)
    }

    /// What was used of these grants from one day to another.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn uses_of(
        &self,
        grants: impl Iterator<Item = &GrantName>,
        (since, until): (Date, Date),
    ) -> Result<UseDays, StoreError> {
        let list = json_list(grants.map(GrantName::as_str));
        let text = self.db.list_sql(SOME);
        let rows: Vec<Row> = with_db!(&self.db, pool => sqlx::query_as(text)
            .bind(list)
            .bind(since.to_string())
            .bind(until.to_string())
            .fetch_all(pool)
            .await)
        .map_err(StoreError::driver("reading uses"))?;
        let mut found = UseDays::new();
        for (grant, day, body) in rows {
            let broken = || inconsistent(&grant, &day);
            let name = GrantName::parse(&grant).map_err(|_| broken())?;
            let date: Date = day.parse().map_err(|_| broken())?;
            let used = serde_json::from_str(&body).map_err(|_| broken())?;
            found.entry(name).or_default().insert(date, used);
        }
        Ok(found)
    }
}

impl Tx {
    /// Adds to one day of one grant. Whoever adds holds the head, so nobody else reads or writes here meanwhile.
    async fn add_use(
        &mut self,
        grant: &GrantName,
        day: Date,
        mut used: UseDay,
    ) -> Result<(), StoreError> {
        const GET: &str = "SELECT body FROM grant_uses WHERE grant_name = $1 AND day = $2";
        const PUT: &str = "INSERT INTO grant_uses (grant_name, day, body) VALUES ($1, $2, $3) \
            ON CONFLICT (grant_name, day) DO UPDATE SET body = excluded.body";
        let context = self.context();
        let date = day.to_string();
        let row: Option<(String,)> = with_tx!(&mut self.inner, c => sqlx::query_as(GET)
            .bind(grant.as_str())
            .bind(&date)
            .fetch_optional(c)
            .await)
        .map_err(StoreError::driver(context))?;
        let broken = || inconsistent(grant.as_str(), &date);
        if let Some((body,)) = row {
            used.add(serde_json::from_str(&body).map_err(|_| broken())?);
        }
        let body = serde_json::to_string(&used).map_err(|_| broken())?;
        with_tx!(&mut self.inner, c => sqlx::query(PUT)
            .bind(grant.as_str())
            .bind(&date)
            .bind(body)
            .execute(c)
            .await
            .map(drop))
        .map_err(StoreError::driver(context))
    }
}

fn inconsistent(grant: &str, day: &str) -> StoreError {
    StoreError::Inconsistent {
        table: "grant_uses",
        name: format!("{grant} {day}"),
    }
}
