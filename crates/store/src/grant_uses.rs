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

const PUT: ListSql = ListSql {
    sqlite: "INSERT INTO grant_uses (grant_name, day, body) \
        SELECT json_extract(j.value, '$[0]'), json_extract(j.value, '$[1]'), json_extract(j.value, '$[2]') \
        FROM json_each($1) AS j WHERE TRUE \
        ON CONFLICT (grant_name, day) DO UPDATE SET body = excluded.body",
    postgres: "INSERT INTO grant_uses (grant_name, day, body) \
        SELECT j.value->>0, j.value->>1, j.value->>2 \
        FROM json_array_elements($1::TEXT::JSON) AS j (value) \
        ON CONFLICT (grant_name, day) DO UPDATE SET body = excluded.body",
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
        let before = tx.uses_within(&uses).await?;
        tx.put_uses(uses, before).await?;
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
        read(rows)
    }
}

impl Tx {
    /// What is there already of these grants, from the first of these days to the last. Whoever adds holds the head, so
    /// nobody else reads or writes here meanwhile.
    async fn uses_within(&mut self, uses: &UseDays) -> Result<UseDays, StoreError> {
        let days = || uses.values().flat_map(BTreeMap::keys);
        let (Some(since), Some(until)) = (days().min(), days().max()) else {
            return Ok(UseDays::new());
        };
        let context = self.context();
        let text = self.list_sql(SOME);
        let rows: Vec<Row> = with_tx!(&mut self.inner, c => sqlx::query_as(text)
            .bind(json_list(uses.keys().map(GrantName::as_str)))
            .bind(since.to_string())
            .bind(until.to_string())
            .fetch_all(c)
            .await)
        .map_err(StoreError::driver(context))?;
        read(rows)
    }

    /// Puts days in the place of those that were there, added to them.
    async fn put_uses(&mut self, uses: UseDays, mut before: UseDays) -> Result<(), StoreError> {
        let mut list: Vec<[String; 3]> = Vec::new();
        for (grant, days) in uses {
            let mut earlier = before.remove(&grant).unwrap_or_default();
            for (day, mut used) in days {
                used.add(earlier.remove(&day).unwrap_or_default());
                let (grant, day) = (grant.to_string(), day.to_string());
                let body = serde_json::to_string(&used);
                let body = body.map_err(|_| inconsistent(&grant, &day))?;
                list.push([grant, day, body]);
            }
        }
        if list.is_empty() {
            return Ok(());
        }
        let context = self.context();
        let text = self.list_sql(PUT);
        with_tx!(&mut self.inner, c => sqlx::query(text)
            .bind(serde_json::json!(list).to_string())
            .execute(c)
            .await
            .map(drop))
        .map_err(StoreError::driver(context))
    }
}

fn read(rows: Vec<Row>) -> Result<UseDays, StoreError> {
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

fn inconsistent(grant: &str, day: &str) -> StoreError {
    StoreError::Inconsistent {
        table: "grant_uses",
        name: format!("{grant} {day}"),
    }
}
