//! Request signatures that were seen: none counts twice, on no replica and after no restart.

use jiff::Timestamp;

use crate::error::StoreError;
use crate::tx::with_tx;
use crate::{Store, micros};

/// Signatures of one system that are remembered at a time; past it, its next ones wait.
const MOST: i64 = 100_000;
/// Old ones dropped with each new one.
const DROPPED: i64 = 100;

/// What came of remembering a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remembered {
    /// It was not seen before.
    New,
    /// It was.
    Seen,
    /// The system has as many as are kept.
    Full,
}

impl Store {
    /// Remembers a signature of a system until a moment.
    ///
    /// # Errors
    /// The driver's: then it must not be taken.
    pub async fn remember_signature(
        &self,
        system: &str,
        nonce: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Remembered, StoreError> {
        const DROP: &str = "DELETE FROM request_signatures WHERE nonce IN \
            (SELECT nonce FROM request_signatures WHERE expires < $1 ORDER BY expires LIMIT $2)";
        // From the first to the last: no fewer than there are, found without counting them.
        const SPAN: &str = "SELECT COALESCE(\
            (SELECT MAX(number) FROM request_signatures WHERE system = $1) \
            - (SELECT MIN(number) FROM request_signatures WHERE system = $1) + 1, 0)";
        const ADD: &str = "INSERT INTO request_signatures (nonce, system, expires, number) \
            SELECT $1, $2, $3, COALESCE(MAX(number), 0) + 1 FROM request_signatures \
            WHERE system = $2 ON CONFLICT (nonce) DO NOTHING";
        let context = "remembering a signature";
        let mut tx = self.begin(context).await?;
        let added = with_tx!(&mut tx.inner, c => {
            sqlx::query(DROP)
                .bind(micros(now))
                .bind(DROPPED)
                .execute(&mut *c)
                .await
                .map_err(StoreError::driver(context))?;
            let (held,): (i64,) = sqlx::query_as(SPAN)
                .bind(system)
                .fetch_one(&mut *c)
                .await
                .map_err(StoreError::driver(context))?;
            if held >= MOST {
                None
            } else {
                let added = sqlx::query(ADD)
                    .bind(nonce)
                    .bind(system)
                    .bind(micros(until))
                    .execute(c)
                    .await
                    .map_err(StoreError::driver(context))?;
                Some(added.rows_affected())
            }
        });
        // What was dropped stays dropped, also when there is no room yet: the next look finds some.
        tx.save().await?;
        Ok(match added {
            None => Remembered::Full,
            Some(1) => Remembered::New,
            Some(_) => Remembered::Seen,
        })
    }
}
