//! Numbers without gap: of all entries, and of the uses of each grant.

use std::collections::HashMap;

use crate::Store;
use crate::db::{Db, ListSql};
use crate::error::StoreError;
use crate::segment::json_list;
use crate::tx::{Inner, Tx, with_tx};

/// The row that counts all entries; no grant has an empty name. It stands first in every list, so
/// that writers take their turns at it before they touch anything else.
const ALL: &str = "";

/// Counts the tail: segments that were appended before they were counted. The mark that tells where it
/// begins moves last, and only forwards: within a transaction it may stand where its own segment will.
macro_rules! count_tail {
    () => {
        "INSERT INTO exchange_requests (intent, claim) \
            SELECT s.first_index + j.key, j.value \
            FROM ledger_segments s, json_each(s.takes, '$.claims') AS j \
            WHERE s.first_index >= (SELECT value FROM ledger_counts WHERE name = '') \
            ON CONFLICT (claim) DO NOTHING; \
        DELETE FROM exchange_requests WHERE intent IN (\
            SELECT j.value FROM ledger_segments s, json_each(s.takes, '$.frees') AS j \
            WHERE s.first_index >= (SELECT value FROM ledger_counts WHERE name = '')); \
        INSERT INTO ledger_counts (name, value) \
            SELECT j.key, SUM(j.value) \
            FROM ledger_segments s, json_each(s.takes, '$.uses') AS j \
            WHERE s.first_index >= (SELECT value FROM ledger_counts WHERE name = '') \
            GROUP BY j.key \
            ON CONFLICT (name) DO UPDATE SET value = ledger_counts.value + excluded.value; \
        UPDATE ledger_counts SET value = t.size FROM (\
            SELECT first_index + entries AS size FROM ledger_segments \
            ORDER BY first_index DESC LIMIT 1) AS t \
            WHERE name = '' AND value < t.size; "
    };
}

/// Counts, and claims request ids for the first of the counted entries. The index that a claim gets
/// is only known here, where the counts stand still.
///
/// An embedded database first counts what was appended before it was counted.
const COUNT: ListSql = ListSql {
    sqlite: concat!(
        count_tail!(),
        "INSERT INTO ledger_counts (name, value) \
            SELECT j.key, j.value FROM json_each($1) AS j WHERE TRUE \
            ON CONFLICT (name) DO UPDATE SET value = ledger_counts.value + excluded.value; \
        INSERT INTO exchange_requests (intent, claim) \
            SELECT (SELECT value FROM ledger_counts WHERE name = '') - $3 + j.key, j.value \
            FROM json_each($2) AS j WHERE TRUE ON CONFLICT (claim) DO NOTHING; \
        SELECT json_group_object(c.name, c.value), changes() \
            FROM json_each($1) AS j JOIN ledger_counts c ON c.name = j.key"
    ),
    postgres: "WITH counted AS (\
            INSERT INTO ledger_counts (name, value) \
            SELECT j.key, j.value::BIGINT FROM json_each_text($1::TEXT::JSON) AS j \
            ON CONFLICT (name) DO UPDATE SET value = ledger_counts.value + excluded.value \
            RETURNING name, value), \
        claimed AS (\
            INSERT INTO exchange_requests (intent, claim) \
            SELECT (SELECT value FROM counted WHERE name = '') - $3 + j.place - 1, j.value \
            FROM json_array_elements_text($2::TEXT::JSON) WITH ORDINALITY AS j (value, place) \
            ON CONFLICT (claim) DO NOTHING RETURNING intent) \
        SELECT json_object_agg(name, value)::TEXT, (SELECT COUNT(*) FROM claimed) FROM counted",
};

/// How many entries a commit adds, and how many uses of which grants among them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counted {
    pub(crate) entries: i64,
    pub(crate) uses: HashMap<String, i64>,
}

impl Counted {
    /// Counts one more entry, and one more use if it takes a number.
    pub(crate) fn add(&mut self, takes_sequence_of: Option<&str>) {
        self.entries = self.entries.saturating_add(1);
        if let Some(grant) = takes_sequence_of {
            if let Some(uses) = self.uses.get_mut(grant) {
                *uses = uses.saturating_add(1);
            } else {
                self.uses.insert(grant.to_owned(), 1);
            }
        }
    }

    /// The opposite, to take it back.
    pub(crate) fn negative(mut self) -> Self {
        self.entries = -self.entries;
        self.uses.values_mut().for_each(|uses| *uses = -*uses);
        self
    }

    fn json(&self) -> String {
        let mut json = format!("{{\"{ALL}\":{}", self.entries);
        for (grant, uses) in &self.uses {
            json.push(',');
            json.push_str(&serde_json::Value::from(grant.as_str()).to_string());
            json.push(':');
            json.push_str(&uses.to_string());
        }
        json.push('}');
        json
    }
}

/// Where things stand after counting: the entries of the ledger, and the uses of the grants that were
/// counted.
#[derive(Debug)]
pub(crate) struct Counts(HashMap<String, i64>);

impl Counts {
    /// Entries in the ledger.
    pub(crate) fn size(&self) -> u64 {
        crate::from_db(self.0.get(ALL).copied().unwrap_or_default())
    }

    /// Puts in what was counted anew.
    pub(crate) fn replace(&mut self, newer: Self) {
        self.0.extend(newer.0);
    }

    /// The numbers that these uses take, one after the other.
    pub(crate) fn numbers(mut self, counted: &Counted) -> Numbers {
        for (grant, uses) in &counted.uses {
            if let Some(last) = self.0.get_mut(grant) {
                *last = last.saturating_sub(*uses);
            }
        }
        Numbers(self.0)
    }
}

/// Hands out the numbers of uses.
pub(crate) struct Numbers(HashMap<String, i64>);

impl Numbers {
    /// Those that follow on these last numbers.
    pub(crate) fn after(last: HashMap<String, i64>) -> Self {
        Self(last)
    }

    /// The next number of a grant that was counted.
    pub(crate) fn next(&mut self, grant: &str) -> Option<u64> {
        let last = self.0.get_mut(grant)?;
        *last = last.saturating_add(1);
        u64::try_from(*last).ok()
    }
}

/// How far the ledger is counted, and the last use of each of these grants as far as it is.
const COUNTED: &str = "SELECT name, value FROM ledger_counts \
    WHERE name = '' OR name IN (SELECT j.value FROM json_each($1) AS j)";

impl Store {
    /// How far an embedded ledger is counted, and the last uses of some grants as far as it is.
    pub(crate) async fn counted<'a>(
        &self,
        grants: impl Iterator<Item = &'a str>,
    ) -> Result<(u64, HashMap<String, i64>), StoreError> {
        let Db::Sqlite { readers, .. } = &self.db else {
            return Ok((0, HashMap::new()));
        };
        let rows: Vec<(String, i64)> = sqlx::query_as(COUNTED)
            .bind(json_list(grants))
            .fetch_all(readers)
            .await
            .map_err(StoreError::driver("reading the counts"))?;
        let mut counts: HashMap<String, i64> = rows.into_iter().collect();
        let until = counts.remove(ALL).unwrap_or_default();
        Ok((crate::from_db(until), counts))
    }
}

impl Tx {
    /// Counts what an embedded database appended before it was counted.
    pub(crate) async fn count_tail(&mut self) -> Result<(), StoreError> {
        const COUNT_TAIL: &str = count_tail!();
        let context = self.context();
        let Inner::Sqlite(tx) = &mut self.inner else {
            return Ok(());
        };
        sqlx::query(COUNT_TAIL)
            .execute(&mut **tx)
            .await
            .map(|_| ())
            .map_err(StoreError::driver(context))
    }

    /// Takes the row that orders all writers, moves the counts on, and claims these request ids, each
    /// unlike the others, for the first of the counted entries. Returns how many were free.
    pub(crate) async fn count<'a>(
        &mut self,
        counted: &Counted,
        claims: impl Iterator<Item = &'a str>,
    ) -> Result<(Counts, u64), StoreError> {
        let context = self.context();
        let text = self.list_sql(COUNT);
        let (counts, claimed): (String, i64) = with_tx!(&mut self.inner, c => sqlx::query_as(text)
            .bind(counted.json())
            .bind(json_list(claims))
            .bind(counted.entries)
            .fetch_one(c)
            .await)
        .map_err(StoreError::driver(context))?;
        let counts = serde_json::from_str(&counts).map_err(|_| StoreError::Inconsistent {
            table: "ledger_counts",
            name: "a count".to_owned(),
        })?;
        Ok((Counts(counts), crate::from_db(claimed)))
    }
}
