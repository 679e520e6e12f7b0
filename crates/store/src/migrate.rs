//! Migrations: two folders of the same numbers, one for each engine.

use std::borrow::Cow;

use sqlx::SqlSafeStr as _;
use sqlx::migrate::{Migration, MigrationType, Migrator};

use crate::db::Db;
use crate::error::StoreError;

const SQLITE: &[(i64, &str, &str)] = &[
    (
        1,
        "first light",
        include_str!("../migrations/sqlite/0001_first_light.sql"),
    ),
    (
        2,
        "interfaces",
        include_str!("../migrations/sqlite/0002_interfaces.sql"),
    ),
    (
        3,
        "files",
        include_str!("../migrations/sqlite/0003_files.sql"),
    ),
    (
        4,
        "takes",
        include_str!("../migrations/sqlite/0004_takes.sql"),
    ),
    (
        5,
        "request signatures",
        include_str!("../migrations/sqlite/0005_request_signatures.sql"),
    ),
    (
        6,
        "use-codes and budgets",
        include_str!("../migrations/sqlite/0006_use_codes_and_budgets.sql"),
    ),
    (
        7,
        "certificate statuses",
        include_str!("../migrations/sqlite/0007_certificate_statuses.sql"),
    ),
    (
        8,
        "file links",
        include_str!("../migrations/sqlite/0008_file_links.sql"),
    ),
    (
        9,
        "resource versions",
        include_str!("../migrations/sqlite/0009_resource_versions.sql"),
    ),
    (
        10,
        "renewed certificates",
        include_str!("../migrations/sqlite/0010_renewed_certificates.sql"),
    ),
    (
        11,
        "demands",
        include_str!("../migrations/sqlite/0011_demands.sql"),
    ),
    (
        12,
        "watches",
        include_str!("../migrations/sqlite/0012_watches.sql"),
    ),
    (
        13,
        "heartbeats",
        include_str!("../migrations/sqlite/0013_heartbeats.sql"),
    ),
    (
        14,
        "open ones",
        include_str!("../migrations/sqlite/0014_open_ones.sql"),
    ),
    (
        15,
        "clocks",
        include_str!("../migrations/sqlite/0015_clocks.sql"),
    ),
    (
        16,
        "subscriptions",
        include_str!("../migrations/sqlite/0016_subscriptions.sql"),
    ),
    (
        17,
        "grant_versions",
        include_str!("../migrations/sqlite/0017_grant_versions.sql"),
    ),
    (
        18,
        "corrections",
        include_str!("../migrations/sqlite/0018_corrections.sql"),
    ),
    (
        19,
        "disputes and complaints",
        include_str!("../migrations/sqlite/0019_disputes_and_complaints.sql"),
    ),
    (
        20,
        "grant uses",
        include_str!("../migrations/sqlite/0020_grant_uses.sql"),
    ),
];

const POSTGRES: &[(i64, &str, &str)] = &[
    (
        1,
        "first light",
        include_str!("../migrations/postgres/0001_first_light.sql"),
    ),
    (
        2,
        "interfaces",
        include_str!("../migrations/postgres/0002_interfaces.sql"),
    ),
    (
        3,
        "files",
        include_str!("../migrations/postgres/0003_files.sql"),
    ),
    (
        4,
        "takes",
        include_str!("../migrations/postgres/0004_takes.sql"),
    ),
    (
        5,
        "request signatures",
        include_str!("../migrations/postgres/0005_request_signatures.sql"),
    ),
    (
        6,
        "use-codes and budgets",
        include_str!("../migrations/postgres/0006_use_codes_and_budgets.sql"),
    ),
    (
        7,
        "certificate statuses",
        include_str!("../migrations/postgres/0007_certificate_statuses.sql"),
    ),
    (
        8,
        "file links",
        include_str!("../migrations/postgres/0008_file_links.sql"),
    ),
    (
        9,
        "resource versions",
        include_str!("../migrations/postgres/0009_resource_versions.sql"),
    ),
    (
        10,
        "renewed certificates",
        include_str!("../migrations/postgres/0010_renewed_certificates.sql"),
    ),
    (
        11,
        "demands",
        include_str!("../migrations/postgres/0011_demands.sql"),
    ),
    (
        12,
        "watches",
        include_str!("../migrations/postgres/0012_watches.sql"),
    ),
    (
        13,
        "heartbeats",
        include_str!("../migrations/postgres/0013_heartbeats.sql"),
    ),
    (
        14,
        "open ones",
        include_str!("../migrations/postgres/0014_open_ones.sql"),
    ),
    (
        15,
        "clocks",
        include_str!("../migrations/postgres/0015_clocks.sql"),
    ),
    (
        16,
        "subscriptions",
        include_str!("../migrations/postgres/0016_subscriptions.sql"),
    ),
    (
        17,
        "grant_versions",
        include_str!("../migrations/postgres/0017_grant_versions.sql"),
    ),
    (
        18,
        "corrections",
        include_str!("../migrations/postgres/0018_corrections.sql"),
    ),
    (
        19,
        "disputes and complaints",
        include_str!("../migrations/postgres/0019_disputes_and_complaints.sql"),
    ),
    (
        20,
        "grant uses",
        include_str!("../migrations/postgres/0020_grant_uses.sql"),
    ),
];

pub(crate) async fn run(db: &Db) -> Result<(), StoreError> {
    let unfit = |error: sqlx::migrate::MigrateError| StoreError::Unfit(error.to_string());
    match db {
        Db::Sqlite { writer, .. } => migrator(SQLITE).run(writer).await.map_err(unfit),
        Db::Postgres(pool) => migrator(POSTGRES).run(pool).await.map_err(unfit),
    }
}

fn migrator(files: &'static [(i64, &'static str, &'static str)]) -> Migrator {
    let migration = |(version, name, text): &(i64, &'static str, &'static str)| {
        let name = Cow::Borrowed(*name);
        Migration::new(
            *version,
            name,
            MigrationType::Simple,
            text.into_sql_str(),
            false,
        )
    };
    Migrator::with_migrations(files.iter().map(migration).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_sets_are_twins() {
        let names = |set: &[(i64, &str, &str)]| -> Vec<(i64, String)> {
            set.iter()
                .map(|(version, name, _)| (*version, (*name).to_owned()))
                .collect()
        };
        assert_eq!(names(SQLITE), names(POSTGRES));
        for ((_, name, sqlite), (_, _, postgres)) in SQLITE.iter().zip(POSTGRES) {
            assert_eq!(
                // INTEGER makes the key of a SQLite table its row id; both are 64 bits wide.
                sqlite
                    .replace("BLOB ", "BYTEA")
                    .replace("INTEGER", "BIGINT "),
                **postgres,
                "{name} differs in more than the names of types"
            );
        }
    }
}
