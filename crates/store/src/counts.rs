//! Numbers without gap: of all entries, and of the uses of each grant.

use std::collections::HashMap;

use crate::db::ListSql;
use crate::error::StoreError;
use crate::segment::json_list;
use crate::tx::{Tx, with_tx};

/// The row that counts all entries; no grant has an empty name. It stands first in every list, so
/// that writers take their turns at it before they touch anything else.
const ALL: &str = "";

/// Counts, and claims request ids for the first of the counted entries. The index that a claim gets
/// is only known here, where the counts stand still.
const COUNT: ListSql = ListSql {
    sqlite: "INSERT INTO ledger_counts (name, value) \
            SELECT j.key, j.value FROM json_each($1) AS j WHERE TRUE \
            ON CONFLICT (name) DO UPDATE SET value = ledger_counts.value + excluded.value; \
        INSERT INTO exchange_requests (intent, claim) \
            SELECT (SELECT value FROM ledger_counts WHERE name = '') - $3 + j.key, j.value \
            FROM json_each($2) AS j WHERE TRUE ON CONFLICT (claim) DO NOTHING; \
        SELECT json_group_object(c.name, c.value), changes() \
            FROM json_each($1) AS j JOIN ledger_counts c ON c.name = j.key",
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
    uses: HashMap<String, i64>,
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
    /// The next number of a grant that was counted.
    pub(crate) fn next(&mut self, grant: &str) -> Option<u64> {
        let last = self.0.get_mut(grant)?;
        *last = last.saturating_add(1);
        u64::try_from(*last).ok()
    }
}

impl Tx {
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
