//! Use-codes: each is taken by one request, on whichever replica it comes.

use domain::name::UseCodeName;
use domain::use_code::{KeptCode, REPEATED_FOR, Taken, UseCode};
use jiff::Timestamp;

use crate::db::with_db;
use crate::error::StoreError;
use crate::tx::{Tx, with_tx};
use crate::{Store, from_micros, micros};

/// Codes of one issuing system that are kept at a time; past it, its next ones wait.
const MOST: i64 = 100_000;
/// Codes dropped in one go.
const DROPPED: i64 = 1_000;

const GET: &str = "SELECT body, taken_by, taken FROM use_codes WHERE name = $1";

type Row = (String, Option<String>, Option<i64>);

impl Store {
    /// A code by its name.
    ///
    /// # Errors
    /// [`StoreError`]; absence is not an error.
    pub async fn use_code(&self, name: &UseCodeName) -> Result<Option<KeptCode>, StoreError> {
        let row: Option<Row> = with_db!(&self.db, pool =>
            sqlx::query_as(GET).bind(name.as_str()).fetch_optional(pool).await)
        .map_err(StoreError::driver("reading a use-code"))?;
        row.map(|row| kept(name, row)).transpose()
    }

    /// Takes a code for a request. Of many that race one gets it; that one may take it again for
    /// [`REPEATED_FOR`].
    ///
    /// # Errors
    /// [`StoreError`]; it is unknown then whether it was taken, and the same request may try again.
    pub async fn take_use_code(
        &self,
        name: &UseCodeName,
        by: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        const TAKE: &str = "UPDATE use_codes SET taken_by = $2, taken = COALESCE(taken, $3) \
            WHERE name = $1 AND ((taken_by IS NULL AND ends > $3) OR (taken_by = $2 AND taken > $4))";
        let context = "taking a use-code";
        let mut tx = self.begin(context).await?;
        let taken = with_tx!(&mut tx.inner, c => sqlx::query(TAKE)
            .bind(name.as_str())
            .bind(by)
            .bind(micros(now))
            .bind(micros(long_ago(now)))
            .execute(c)
            .await
            .map(|done| done.rows_affected()))
        .map_err(StoreError::driver(context))?;
        tx.save().await?;
        Ok(taken == 1)
    }

    /// Drops codes that open nothing any more, a bounded number at a time. Returns how many.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn drop_ended_use_codes(&self, now: Timestamp) -> Result<u64, StoreError> {
        const DROP: &str = "DELETE FROM use_codes WHERE name IN (SELECT name FROM use_codes \
            WHERE ends <= $1 AND (taken IS NULL OR taken <= $2) ORDER BY ends LIMIT $3)";
        let context = "dropping use-codes";
        let mut tx = self.begin(context).await?;
        let dropped = with_tx!(&mut tx.inner, c => sqlx::query(DROP)
            .bind(micros(now))
            .bind(micros(long_ago(now)))
            .bind(DROPPED)
            .execute(c)
            .await
            .map(|done| done.rows_affected()))
        .map_err(StoreError::driver(context))?;
        tx.save().await?;
        Ok(dropped)
    }
}

impl Tx {
    /// Keeps a new code. Returns whether its issuer has room for it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn keep_use_code(&mut self, code: &UseCode) -> Result<bool, StoreError> {
        // From the first to the last: no fewer than there are, found without counting them.
        const SPAN: &str = "SELECT COALESCE(\
            (SELECT MAX(number) FROM use_codes WHERE issuer = $1) \
            - (SELECT MIN(number) FROM use_codes WHERE issuer = $1) + 1, 0)";
        const ADD: &str = "INSERT INTO use_codes (name, issuer, number, body, ends) \
            SELECT $1, $2, COALESCE(MAX(number), 0) + 1, $3, $4 FROM use_codes WHERE issuer = $2";
        let context = self.context();
        let body = serde_json::to_string(code).map_err(|_| inconsistent(&code.name))?;
        let issuer = code.issuer.as_str();
        with_tx!(&mut self.inner, c => {
            let (held,): (i64,) = sqlx::query_as(SPAN)
                .bind(issuer)
                .fetch_one(&mut *c)
                .await
                .map_err(StoreError::driver(context))?;
            if held >= MOST {
                return Ok(false);
            }
            sqlx::query(ADD)
                .bind(code.name.as_str())
                .bind(issuer)
                .bind(body)
                .bind(micros(code.ends))
                .execute(c)
                .await
                .map(|_| ())
        })
        .map_err(StoreError::driver(context))?;
        Ok(true)
    }

    /// Removes a code that nobody has taken, and gives it back. One that was taken stays and is none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn remove_use_code(
        &mut self,
        name: &UseCodeName,
    ) -> Result<Option<UseCode>, StoreError> {
        const REMOVE: &str = "DELETE FROM use_codes WHERE name = $1 AND taken_by IS NULL \
            RETURNING body, taken_by, taken";
        let context = self.context();
        let row: Option<Row> = with_tx!(&mut self.inner, c =>
            sqlx::query_as(REMOVE).bind(name.as_str()).fetch_optional(c).await)
        .map_err(StoreError::driver(context))?;
        Ok(row
            .map(|row| kept(name, row))
            .transpose()?
            .map(|kept| kept.code))
    }
}

/// Who took a code by then may not repeat itself any more.
fn long_ago(now: Timestamp) -> Timestamp {
    now.checked_sub(REPEATED_FOR).unwrap_or(Timestamp::MIN)
}

fn kept(name: &UseCodeName, (body, taken_by, taken): Row) -> Result<KeptCode, StoreError> {
    let code = serde_json::from_str(&body).map_err(|_| inconsistent(name))?;
    let taken = taken_by.zip(taken).map(|(by, at)| Taken {
        by,
        at: from_micros(at),
    });
    Ok(KeptCode { code, taken })
}

fn inconsistent(name: &UseCodeName) -> StoreError {
    StoreError::Inconsistent {
        table: "use_codes",
        name: name.to_string(),
    }
}
