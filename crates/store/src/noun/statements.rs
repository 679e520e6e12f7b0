//! The few statements that every table needs, made of its name.

use crate::db::ListSql;

/// The statements of one table. One text serves both engines.
#[derive(Debug)]
pub struct Statements {
    pub(crate) table: &'static str,
    pub(crate) get: &'static str,
    pub(crate) by_alias: &'static str,
    pub(crate) all: &'static str,
    pub(crate) page: &'static str,
    pub(crate) in_state: &'static str,
    pub(crate) some: ListSql,
    pub(crate) insert: &'static str,
    pub(crate) update: &'static str,
}

macro_rules! columns {
    () => {
        "body, revision, create_time, update_time, create_entry, update_entry"
    };
}

macro_rules! statements {
    ($table:literal) => {
        Statements {
            table: $table,
            get: concat!("SELECT ", columns!(), " FROM ", $table, " WHERE name = $1"),
            by_alias: concat!("SELECT ", columns!(), " FROM ", $table, " WHERE alias = $1"),
            all: concat!("SELECT ", columns!(), " FROM ", $table, " ORDER BY name"),
            page: concat!(
                "SELECT ", columns!(), " FROM ", $table,
                " WHERE name > $1 AND ($2 = '' OR parent = $2) ORDER BY name LIMIT $3"
            ),
            in_state: concat!("SELECT ", columns!(), " FROM ", $table, " WHERE state = $1 AND ($2 = '' OR parent = $2) ORDER BY name"),
            some: ListSql {
                sqlite: concat!(
                    "SELECT ", columns!(), " FROM ", $table,
                    " WHERE name IN (SELECT j.value FROM json_each($1) AS j)"
                ),
                postgres: concat!(
                    "SELECT ", columns!(), " FROM ", $table,
                    " WHERE name IN (SELECT j.value FROM json_array_elements_text($1::TEXT::JSON) AS j (value))"
                ),
            },
            insert: concat!(
                "INSERT INTO ", $table,
                " (name, parent, state, alias, body, revision, create_time, update_time, create_entry, update_entry)",
                " VALUES ($1, $2, $3, $4, $5, 1, $6, $6, $7, $7)"
            ),
            update: concat!(
                "UPDATE ", $table,
                " SET parent = $2, state = $3, alias = $4, body = $5, revision = revision + 1,",
                " update_time = $6, update_entry = $7 WHERE name = $1 AND revision = $8"
            ),
        }
    };
}
