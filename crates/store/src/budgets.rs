//! Windows of budgets: what all replicas together used, so that a restart forgets nothing.

use jiff::Timestamp;
use serde_json::Value;

use crate::db::{ListSql, with_db};
use crate::error::StoreError;
use crate::tx::with_tx;
use crate::{Store, from_micros, micros};

/// Windows dropped in one go.
const DROPPED: i64 = 5_000;

/// A window of one budget of one system, for itself or for a clerk or a case of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BudgetWindow {
    /// Whose and which.
    pub of: BudgetKey,
    /// When it began.
    pub began: Timestamp,
    /// When it ends.
    pub ends: Timestamp,
    /// What is to be added, which is less than nothing where uses were given back; or what was used.
    pub used: i64,
    /// Somebody was stopped in it.
    pub alarmed: bool,
}

/// Whose window of which budget.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BudgetKey {
    /// The system.
    pub system: String,
    /// The budget in words.
    pub budget: String,
    /// The keyed hash of a clerk or a case; empty for the system itself.
    pub who: String,
}

type Row = (String, String, String, i64, i64, i64, i64);

/// Rows are taken in one order, so that two replicas do not wait for each other.
const SHARE: ListSql = ListSql {
    sqlite: "INSERT INTO budget_windows AS w (system, budget, who, began, ends, used, alarmed) \
        SELECT json_extract(j.value, '$[0]'), json_extract(j.value, '$[1]'), \
            json_extract(j.value, '$[2]'), json_extract(j.value, '$[3]'), \
            json_extract(j.value, '$[4]'), json_extract(j.value, '$[5]'), \
            json_extract(j.value, '$[6]') \
        FROM json_each($1) AS j WHERE TRUE ORDER BY 1, 2, 3 \
        ON CONFLICT (system, budget, who) DO UPDATE SET \
            began = CASE WHEN w.ends <= $2 THEN excluded.began ELSE w.began END, \
            ends = CASE WHEN w.ends <= $2 THEN excluded.ends ELSE w.ends END, \
            used = excluded.used + CASE WHEN w.ends <= $2 THEN 0 ELSE w.used END, \
            alarmed = MAX(excluded.alarmed, CASE WHEN w.ends <= $2 THEN 0 ELSE w.alarmed END) \
        RETURNING system, budget, who, began, ends, used, alarmed",
    postgres: "INSERT INTO budget_windows AS w (system, budget, who, began, ends, used, alarmed) \
        SELECT j.value->>0, j.value->>1, j.value->>2, (j.value->>3)::BIGINT, \
            (j.value->>4)::BIGINT, (j.value->>5)::BIGINT, (j.value->>6)::BIGINT \
        FROM json_array_elements($1::TEXT::JSON) AS j (value) ORDER BY 1, 2, 3 \
        ON CONFLICT (system, budget, who) DO UPDATE SET \
            began = CASE WHEN w.ends <= $2 THEN excluded.began ELSE w.began END, \
            ends = CASE WHEN w.ends <= $2 THEN excluded.ends ELSE w.ends END, \
            used = excluded.used + CASE WHEN w.ends <= $2 THEN 0 ELSE w.used END, \
            alarmed = GREATEST(excluded.alarmed, CASE WHEN w.ends <= $2 THEN 0 ELSE w.alarmed END) \
        RETURNING system, budget, who, began, ends, used, alarmed",
};

impl Store {
    /// Adds what this replica used, each window once, and gives back what all replicas used together. A
    /// kept window that has ended begins anew with what is added.
    ///
    /// # Errors
    /// [`StoreError`]; it is unknown then whether it was added.
    pub async fn share_budgets(
        &self,
        used: &[BudgetWindow],
        now: Timestamp,
    ) -> Result<Vec<BudgetWindow>, StoreError> {
        let context = "sharing budgets";
        let list: Vec<Value> = used.iter().map(to_json).collect();
        let list = Value::from(list).to_string();
        let mut tx = self.begin(context).await?;
        let text = tx.list_sql(SHARE);
        let rows: Vec<Row> = with_tx!(&mut tx.inner, c => sqlx::query_as(text)
            .bind(list)
            .bind(micros(now))
            .fetch_all(c)
            .await)
        .map_err(StoreError::driver(context))?;
        tx.save().await?;
        Ok(rows.into_iter().map(window).collect())
    }

    /// Windows that have not ended, at most so many, those that last longest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn open_budgets(
        &self,
        now: Timestamp,
        most: u32,
    ) -> Result<Vec<BudgetWindow>, StoreError> {
        const QUERY: &str = "SELECT system, budget, who, began, ends, used, alarmed \
            FROM budget_windows WHERE ends > $1 ORDER BY ends DESC LIMIT $2";
        let rows: Vec<Row> = with_db!(&self.db, pool => sqlx::query_as(QUERY)
            .bind(micros(now))
            .bind(i64::from(most))
            .fetch_all(pool)
            .await)
        .map_err(StoreError::driver("reading budgets"))?;
        Ok(rows.into_iter().map(window).collect())
    }

    /// Drops windows that have ended, a bounded number at a time. Returns how many.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn drop_ended_budgets(&self, now: Timestamp) -> Result<u64, StoreError> {
        const DROP: &str = "DELETE FROM budget_windows WHERE (system, budget, who) IN \
            (SELECT system, budget, who FROM budget_windows WHERE ends <= $1 ORDER BY ends LIMIT $2) \
            AND ends <= $1";
        let context = "dropping budgets";
        let mut tx = self.begin(context).await?;
        let dropped = with_tx!(&mut tx.inner, c => sqlx::query(DROP)
            .bind(micros(now))
            .bind(DROPPED)
            .execute(c)
            .await
            .map(|done| done.rows_affected()))
        .map_err(StoreError::driver(context))?;
        tx.save().await?;
        Ok(dropped)
    }
}

fn to_json(window: &BudgetWindow) -> Value {
    let of = &window.of;
    serde_json::json!([
        of.system,
        of.budget,
        of.who,
        micros(window.began),
        micros(window.ends),
        window.used,
        i64::from(window.alarmed),
    ])
}

fn window((system, budget, who, began, ends, used, alarmed): Row) -> BudgetWindow {
    BudgetWindow {
        of: BudgetKey {
            system,
            budget,
            who,
        },
        began: from_micros(began),
        ends: from_micros(ends),
        used,
        alarmed: alarmed != 0,
    }
}
