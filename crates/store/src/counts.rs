//! Numbers without gap: of all entries, and of the uses of each grant.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::db::ListSql;
use crate::error::StoreError;
use crate::from_db;
use crate::tx::{Tx, with_tx};

/// The row that counts all entries. It stands first in every list, so that writers take their turns
/// at it before they touch anything else.
const ALL: &str = "all";

const ADD: ListSql = ListSql {
    sqlite: "INSERT INTO ledger_counts (name, value) \
        SELECT j.key, j.value FROM json_each($1) AS j WHERE TRUE \
        ON CONFLICT (name) DO UPDATE SET value = ledger_counts.value + excluded.value \
        RETURNING name, value",
    postgres: "INSERT INTO ledger_counts (name, value) \
        SELECT j.key, j.value::BIGINT FROM json_each_text($1::TEXT::JSON) AS j \
        ON CONFLICT (name) DO UPDATE SET value = ledger_counts.value + excluded.value \
        RETURNING name, value",
};

/// How many entries a commit adds, and how many uses of which grants among them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counted {
    pub(crate) entries: i64,
    pub(crate) uses: BTreeMap<String, i64>,
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
            let name = serde_json::Value::from(["g:", grant].concat());
            // Writing to a string does not fail.
            let _ = write!(json, ",{name}:{uses}");
        }
        json.push('}');
        json
    }
}

/// Where things stand after counting.
#[derive(Debug)]
pub(crate) struct Counts {
    /// Entries in the ledger.
    pub(crate) size: u64,
    /// The number of the last use of each grant that was counted.
    pub(crate) uses: BTreeMap<String, u64>,
}

impl Counts {
    /// Puts in what was counted anew.
    pub(crate) fn replace(&mut self, newer: Self) {
        self.size = newer.size;
        self.uses.extend(newer.uses);
    }

    /// The number of the last use of each grant before these were counted.
    pub(crate) fn before(&self, counted: &Counted) -> BTreeMap<String, u64> {
        let before = |(grant, uses): (&String, &i64)| {
            let last = self.uses.get(grant).copied().unwrap_or_default();
            (grant.clone(), last.saturating_sub(uses.unsigned_abs()))
        };
        counted.uses.iter().map(before).collect()
    }
}

impl Tx {
    /// Takes the row that orders all writers and moves the counts on.
    pub(crate) async fn count(&mut self, counted: &Counted) -> Result<Counts, StoreError> {
        let context = self.context();
        let text = self.list_sql(ADD);
        let rows: Vec<(String, i64)> = with_tx!(&mut self.inner, c =>
            sqlx::query_as(text).bind(counted.json()).fetch_all(c).await)
        .map_err(StoreError::driver(context))?;
        let mut counts = Counts {
            size: 0,
            uses: BTreeMap::new(),
        };
        for (name, value) in rows {
            match name.strip_prefix("g:") {
                Some(grant) => {
                    counts.uses.insert(grant.to_owned(), from_db(value));
                }
                None => counts.size = from_db(value),
            }
        }
        Ok(counts)
    }
}
