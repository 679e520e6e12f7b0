//! What an engine says of a view: whether it is there, and how its columns keep values.

use std::collections::BTreeMap;

use domain::drift::Change;
use domain::fault::{Cause, FaultCause as _};
use domain::item::{DataType, ItemKey};
use domain::resource::Resource;
use domain::source::{Engine, Identifier, View};
use sqlx::Row as _;

use super::column::{Column, Kind, kind_of};
use super::statement::relation;
use super::{Connection, Fault, Unfit};

/// The columns of a view that were found fit.
#[derive(Debug)]
pub(super) struct Described {
    items: BTreeMap<ItemKey, Column>,
    pub(super) key: Vec<Column>,
}

impl Described {
    /// The column of an item.
    pub(super) fn item(&self, key: &ItemKey) -> Result<&Column, Cause> {
        let missing = || Cause::new("UNKNOWN_ITEM", format!("the view has no item {key}"));
        self.items.get(key).ok_or_else(missing)
    }
}

/// A column as the engine tells of it.
struct Declared {
    declared: String,
    collation: String,
}

/// Looks at a view and holds each column against its item: every fault at once.
pub(super) async fn describe(
    connection: &mut Connection,
    view: &View,
    resource: &Resource,
    field: &str,
) -> Result<Result<Described, Unfit>, Fault> {
    let engine = connection.engine();
    let found = columns(connection, view).await?;
    let mut unfit = Unfit::default();
    let mut differs = |change| unfit.changes.push((view.resource.clone(), change));
    let faults = &mut unfit.faults;
    if found.is_empty() {
        let message = format!(
            "there is no view {}, or the account may not see it",
            view.name
        );
        faults.add(&format!("{field}.view"), "VIEW_MISSING", message);
        let path = "view".to_owned();
        differs(Change::Missing { path });
        return Ok(Err(unfit));
    }
    let mut items = BTreeMap::new();
    let renamed = renamed(engine, &found, view, resource);
    for item in &resource.items {
        let Some(name) = view.columns.get(&item.key) else {
            let message = format!("item {} has no column", item.key);
            faults.add(&format!("{field}.columns"), "REQUIRED", message);
            continue;
        };
        let at = format!("{field}.columns[{}]", item.key);
        match fit(engine, &found, name, &[item.data_type]) {
            Ok(column) => {
                items.insert(item.key.clone(), column);
            }
            Err(cause) => {
                let other = renamed.get(&item.key).copied();
                faults.add(&at, cause.code(), with_other_name(&cause, other));
                differs(change_of(&item.key, &cause, other));
            }
        }
    }
    let mut key = Vec::new();
    for (index, name) in view.key.iter().enumerate() {
        // An item's column is what the item says; any other what its type says.
        let own = view.columns.iter().find(|(_, column)| *column == name);
        let own = own.and_then(|(key, _)| resource.item(key));
        let types = own.map_or_else(|| OF_A_KEY.to_vec(), |item| vec![item.data_type]);
        let column = fit(engine, &found, name, &types).and_then(|column| match column.kind {
            Kind::Double | Kind::Logical => {
                let message = "a key takes whole numbers, text, days or moments";
                Err(Cause::new("COLUMN_TYPE", message))
            }
            Kind::Text { .. } | Kind::Integer | Kind::Exact | Kind::Date | Kind::Time => Ok(column),
        });
        if own.is_none() && column.is_err() {
            // One of an item is told with its item.
            let path = format!("key column {name}");
            differs(Change::Missing { path });
        }
        key.extend(faults.check(&format!("{field}.key[{index}]"), column));
    }
    Ok(if unfit.faults.is_empty() {
        Ok(Described { items, key })
    } else {
        Err(unfit)
    })
}

/// Items whose column is not there, each with the one column that no item and no key names and that could be its and
/// no other's: it may have another name.
fn renamed<'a, 'v>(
    engine: Engine,
    found: &'a BTreeMap<String, Declared>,
    view: &'v View,
    resource: &Resource,
) -> BTreeMap<&'v ItemKey, &'a str> {
    let is_named = |name: &str| {
        let mut all = view.columns.values().chain(&view.key);
        all.any(|column| column.as_str() == name)
    };
    let beside = || found.iter().filter(|(name, _)| !is_named(name));
    let fitting = |key: &ItemKey| -> Option<&'a str> {
        let data_type = resource.item(key)?.data_type;
        let fits = |declared: &Declared| {
            kind_of(engine, &declared.declared, &declared.collation, data_type).is_ok()
        };
        let mut able = beside().filter(|(_, declared)| fits(declared));
        let (name, _) = able.next()?;
        able.next().is_none().then_some(name.as_str())
    };
    let missing = view.columns.iter();
    let missing = missing.filter(|(_, column)| !found.contains_key(column.as_str()));
    let guesses: Vec<_> = missing
        .filter_map(|(key, _)| Some((key, fitting(key)?)))
        .collect();
    let is_alone = |seen: &str| guesses.iter().filter(|(_, other)| *other == seen).count() == 1;
    guesses
        .iter()
        .filter(|(_, seen)| is_alone(seen))
        .copied()
        .collect()
}

fn with_other_name(cause: &Cause, other: Option<&str>) -> String {
    match other {
        Some(other) => format!("{cause}; {other} is there, which no item names"),
        None => cause.to_string(),
    }
}

/// What a column that does not fit is, beside what is registered.
fn change_of(key: &ItemKey, cause: &Cause, other: Option<&str>) -> Change {
    let path = key.to_string();
    match other {
        Some(seen) => Change::Renamed {
            path,
            seen: seen.to_owned(),
        },
        None if cause.code() == COLUMN_MISSING => Change::Missing { path },
        None => Change::Retyped {
            path,
            registered: "what fits its data type".to_owned(),
            seen: cause.to_string(),
        },
    }
}

/// What a column of a key may be that no item names.
const OF_A_KEY: [DataType; 5] = [
    DataType::I,
    DataType::C,
    DataType::D,
    DataType::T,
    DataType::N,
];

const COLUMN_MISSING: &str = "COLUMN_MISSING";

/// The column as the first of these data types that it can keep.
fn fit(
    engine: Engine,
    found: &BTreeMap<String, Declared>,
    name: &Identifier,
    types: &[DataType],
) -> Result<Column, Cause> {
    let declared = found
        .get(name.as_str())
        .ok_or_else(|| Cause::new(COLUMN_MISSING, format!("the view has no column {name}")))?;
    let mut last = Cause::new("COLUMN_TYPE", "the column fits no item");
    for data_type in types {
        match kind_of(engine, &declared.declared, &declared.collation, *data_type) {
            Ok(kind) => {
                let name = name.clone();
                return Ok(Column { name, kind });
            }
            Err(cause) => last = cause,
        }
    }
    Err(last)
}

const POSTGRES: &str = "SELECT attname::text, format_type(atttypid, NULL), '' FROM pg_attribute \
     WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped";
const MYSQL: &str = "SELECT column_name, column_type, COALESCE(collation_name, '') \
     FROM information_schema.columns \
     WHERE table_schema = COALESCE(?, DATABASE()) AND table_name = ?";
const SQLITE: &str = "SELECT name, type, '' FROM pragma_table_info($1)";

async fn columns(
    connection: &mut Connection,
    view: &View,
) -> Result<BTreeMap<String, Declared>, Fault> {
    let engine = connection.engine();
    let mut found = BTreeMap::new();
    let mut keep = |(name, declared, collation): (String, String, String)| {
        found.insert(
            name,
            Declared {
                declared,
                collation,
            },
        );
    };
    match connection {
        Connection::Postgres(connection) => {
            let query = sqlx::query(POSTGRES).bind(relation(engine, view));
            for row in query.fetch_all(connection).await? {
                keep((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?));
            }
        }
        Connection::Mysql(connection) => {
            let schema = view
                .schema
                .as_ref()
                .map(|schema| schema.as_str().to_owned());
            let query = sqlx::query(MYSQL)
                .bind(schema)
                .bind(view.name.as_str().to_owned());
            for row in query.fetch_all(connection).await? {
                // MySQL gives its own tables in odd types; their bytes are text all the same.
                let text = |place: usize| row.try_get_unchecked::<String, _>(place);
                keep((text(0)?, text(1)?, text(2)?));
            }
        }
        Connection::Sqlite(connection, _) => {
            let query = sqlx::query(SQLITE).bind(view.name.as_str().to_owned());
            for row in query.fetch_all(connection).await? {
                keep((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?));
            }
        }
    }
    Ok(found)
}
