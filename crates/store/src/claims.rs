//! Request ids of exchanges: one id of one caller stands for one exchange, within the replay window.

use jiff::Timestamp;

use crate::db::ListSql;
use crate::error::StoreError;
use crate::segment::json_list;
use crate::tx::{Tx, with_tx};
use crate::{from_db, micros, to_db};

/// How long a request id stays used after its exchange: a day, in microseconds. Assumed: no source
/// names a time. After it a repetition is one more use of the grant, with evidence of its own.
const WINDOW: i64 = 24 * 60 * 60 * 1_000_000;

/// Claims dropped in one go, more than one integration can bring.
const DROPPED: i64 = 10_000;

const CLAIM: ListSql = ListSql {
    sqlite: "INSERT INTO exchange_requests (intent, claim) \
        SELECT $2 + j.key, j.value FROM json_each($1) AS j WHERE TRUE ON CONFLICT (claim) DO NOTHING",
    postgres: "INSERT INTO exchange_requests (intent, claim) \
        SELECT $2 + j.place - 1, j.value \
        FROM json_array_elements_text($1::TEXT::JSON) WITH ORDINALITY AS j (value, place) \
        ON CONFLICT (claim) DO NOTHING",
};

const HOLDERS: ListSql = ListSql {
    sqlite: "SELECT r.claim, r.intent FROM json_each($1) AS j \
        JOIN exchange_requests r ON r.claim = j.value",
    postgres: "SELECT r.claim, r.intent FROM json_array_elements_text($1::TEXT::JSON) AS j (value) \
        JOIN exchange_requests r ON r.claim = j.value",
};

const FREE: ListSql = ListSql {
    sqlite: "DELETE FROM exchange_requests WHERE intent IN (SELECT j.value FROM json_each($1) AS j)",
    postgres: "DELETE FROM exchange_requests WHERE intent IN \
        (SELECT j.value::BIGINT FROM json_array_elements_text($1::TEXT::JSON) AS j (value))",
};

/// The key of a request id of a caller. Neither holds a blank.
pub(crate) fn claim(caller: &str, request_id: &str) -> String {
    [caller, " ", request_id].concat()
}

impl Tx {
    /// Claims these request ids, each unlike the others, for the intents from `first` on. Returns
    /// how many were free.
    pub(crate) async fn claim<'a>(
        &mut self,
        first: u64,
        claims: impl Iterator<Item = &'a str>,
    ) -> Result<u64, StoreError> {
        let context = self.context();
        let text = self.list_sql(CLAIM);
        with_tx!(&mut self.inner, c => sqlx::query(text)
            .bind(json_list(claims))
            .bind(to_db(first))
            .execute(c)
            .await
            .map(|done| done.rows_affected()))
        .map_err(StoreError::driver(context))
    }

    /// Takes back the claims of this transaction, which are those from `first` on, and tells which
    /// of these request ids are held by which intents.
    pub(crate) async fn holders<'a>(
        &mut self,
        first: u64,
        claims: impl Iterator<Item = &'a str>,
    ) -> Result<Vec<(String, u64)>, StoreError> {
        const TAKE_BACK: &str = "DELETE FROM exchange_requests WHERE intent >= $1";
        let context = self.context();
        let text = self.list_sql(HOLDERS);
        let rows: Vec<(String, i64)> = with_tx!(&mut self.inner, c => {
            sqlx::query(TAKE_BACK)
                .bind(to_db(first))
                .execute(&mut *c)
                .await
                .map_err(StoreError::driver(context))?;
            sqlx::query_as(text).bind(json_list(claims)).fetch_all(c).await
        })
        .map_err(StoreError::driver(context))?;
        Ok(rows
            .into_iter()
            .map(|(claim, intent)| (claim, from_db(intent)))
            .collect())
    }

    /// Frees the request ids of exchanges that released nothing.
    pub(crate) async fn free(&mut self, intents: &[u64]) -> Result<(), StoreError> {
        if intents.is_empty() {
            return Ok(());
        }
        let context = self.context();
        let text = self.list_sql(FREE);
        let list = serde_json::Value::from(intents).to_string();
        with_tx!(&mut self.inner, c =>
            sqlx::query(text).bind(list).execute(c).await.map(|_| ()))
        .map_err(StoreError::driver(context))
    }

    /// Drops claims that are older than the replay window, a bounded number at a time. What is that
    /// old stood under a checkpoint then.
    pub(crate) async fn drop_old_claims(&mut self, now: Timestamp) -> Result<(), StoreError> {
        const DROP: &str = "DELETE FROM exchange_requests WHERE intent < COALESCE(\
                (SELECT size FROM ledger_checkpoints WHERE time < $1 ORDER BY time DESC LIMIT 1), 0) \
            AND intent < COALESCE((SELECT MIN(intent) FROM exchange_requests), 0) + $2";
        let context = self.context();
        with_tx!(&mut self.inner, c => sqlx::query(DROP)
            .bind(micros(now).saturating_sub(WINDOW))
            .bind(DROPPED)
            .execute(c)
            .await
            .map(|_| ()))
        .map_err(StoreError::driver(context))
    }
}
