//! Two engines behind one enum, opened only when they keep what they acknowledge.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _, PgPool, Row as _, SqliteConnection, SqlitePool};

use crate::error::StoreError;

/// Where the database is.
#[derive(Clone)]
pub enum DatabaseUrl {
    /// An embedded SQLite file.
    Sqlite(PathBuf),
    /// A PostgreSQL server, version 15 or newer.
    Postgres(String),
}

impl DatabaseUrl {
    /// Parses `sqlite:PATH` or `postgres://…`.
    ///
    /// # Errors
    /// [`StoreError::Unfit`] that names the two forms.
    pub fn parse(text: &str) -> Result<Self, StoreError> {
        if let Some(path) = text.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            return Ok(Self::Sqlite(PathBuf::from(path)));
        }
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self::Postgres(text.to_owned()));
        }
        Err(StoreError::Unfit(
            "write sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE".to_owned(),
        ))
    }
}

/// Shows the kind only: the URL of a server can hold a password.
impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(_) => f.write_str("postgres://…"),
        }
    }
}

/// An open database.
#[derive(Clone, Debug)]
pub(crate) enum Db {
    /// Many readers beside one writer: SQLite has one writer at a time, so it gets one connection.
    Sqlite {
        readers: SqlitePool,
        writer: SqlitePool,
    },
    /// A pool of the server.
    Postgres(PgPool),
}

impl Db {
    /// The text for this engine.
    pub(crate) fn list_sql(&self, pair: ListSql) -> &'static str {
        match self {
            Self::Sqlite { .. } => pair.sqlite,
            Self::Postgres(_) => pair.postgres,
        }
    }
}

/// Runs the same expression with the reading pool of either engine.
macro_rules! with_db {
    ($db:expr, $pool:ident => $body:expr) => {
        match $db {
            $crate::db::Db::Sqlite { readers: $pool, .. } => $body,
            $crate::db::Db::Postgres($pool) => $body,
        }
    };
}
pub(crate) use with_db;

/// One statement where each engine has its own words: those that take or give JSON, and INSTR.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ListSql {
    pub(crate) sqlite: &'static str,
    pub(crate) postgres: &'static str,
}

const ACQUIRE: Duration = Duration::from_secs(5);

pub(crate) async fn open(url: &DatabaseUrl) -> Result<Db, StoreError> {
    match url {
        DatabaseUrl::Sqlite(path) => open_sqlite(path).await,
        DatabaseUrl::Postgres(url) => open_postgres(url).await,
    }
}

async fn open_sqlite(path: &std::path::Path) -> Result<Db, StoreError> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // With NORMAL a power cut loses acknowledged commits in WAL mode; evidence may not.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        // A checkpoint flushes two files while the writer waits. Every 16 MiB instead of every 4 costs
        // disk and a little time at the next start after a crash, and nothing of what is durable.
        .pragma("wal_autocheckpoint", "4096")
        // The tables that every commit touches stay in memory: 16 MiB a connection.
        .pragma("cache_size", "-16384")
        .busy_timeout(ACQUIRE)
        .disable_statement_logging();
    let pool = |most| {
        SqlitePoolOptions::new()
            .max_connections(most)
            // A file does not hang up: asking each time would cost as much as a statement.
            .test_before_acquire(false)
            .acquire_timeout(ACQUIRE)
    };
    let writer = pool(1)
        .after_release(|connection, _| Box::pin(is_whole(connection)))
        .connect_with(options.clone())
        .await
        .map_err(StoreError::driver("opening SQLite"))?;
    assert_durable(&writer).await?;
    let readers = pool(4)
        .connect_with(options)
        .await
        .map_err(StoreError::driver("opening SQLite"))?;
    Ok(Db::Sqlite { readers, writer })
}

/// Whether a connection is in no transaction. A full disk ends a transaction by itself, of which the driver does
/// not hear: it counts one for ever, and could begin no other. Such a connection is closed.
async fn is_whole(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    if connection.is_in_transaction() {
        // Of a transaction that was dropped the rollback may still wait for its turn; this comes behind it.
        connection.ping().await?;
    }
    Ok(!connection.is_in_transaction())
}

/// Refuses a SQLite that would forget: asked of the engine, not of our own options.
pub(crate) async fn assert_durable(pool: &SqlitePool) -> Result<(), StoreError> {
    let row = sqlx::query(
        "SELECT (SELECT synchronous FROM pragma_synchronous), (SELECT journal_mode FROM pragma_journal_mode)",
    )
    .fetch_one(pool)
    .await
    .map_err(StoreError::driver("checking SQLite"))?;
    let synchronous: i64 = row
        .try_get(0)
        .map_err(StoreError::driver("checking SQLite"))?;
    let journal: String = row
        .try_get(1)
        .map_err(StoreError::driver("checking SQLite"))?;
    if synchronous < 2 || !journal.eq_ignore_ascii_case("wal") {
        return Err(StoreError::Unfit(format!(
            "SQLite runs with synchronous={synchronous}, journal_mode={journal}; evidence needs FULL (2) and wal"
        )));
    }
    Ok(())
}

async fn open_postgres(url: &str) -> Result<Db, StoreError> {
    let options: PgConnectOptions = url
        .parse()
        .map_err(StoreError::driver("reading the PostgreSQL URL"))?;
    let options = options
        .application_name("shuqiao")
        .options([("statement_timeout", "10000"), ("lock_timeout", "5000")]);
    let pool = PgPoolOptions::new()
        .max_connections(16)
        .acquire_timeout(ACQUIRE)
        .connect_with(options)
        .await
        .map_err(StoreError::driver("connecting to PostgreSQL"))?;
    let row = sqlx::query(
        "SELECT current_setting('server_version_num')::BIGINT, pg_is_in_recovery(), \
         current_setting('synchronous_commit')",
    )
    .fetch_one(&pool)
    .await
    .map_err(StoreError::driver("checking PostgreSQL"))?;
    let version: i64 = row
        .try_get(0)
        .map_err(StoreError::driver("checking PostgreSQL"))?;
    let standby: bool = row
        .try_get(1)
        .map_err(StoreError::driver("checking PostgreSQL"))?;
    let commit: String = row
        .try_get(2)
        .map_err(StoreError::driver("checking PostgreSQL"))?;
    if version < 150_000 {
        return Err(StoreError::Unfit(format!(
            "PostgreSQL {version} is too old; 15 is the least"
        )));
    }
    if standby {
        return Err(StoreError::Unfit(
            "this PostgreSQL is a standby; connect to the primary".to_owned(),
        ));
    }
    if commit == "off" {
        return Err(StoreError::Unfit(
            "PostgreSQL runs with synchronous_commit=off; evidence needs at least local".to_owned(),
        ));
    }
    Ok(Db::Postgres(pool))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_sqlite_that_would_forget_is_refused() {
        let folder = std::env::temp_dir().join(format!("shuqiao-durable-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let options = SqliteConnectOptions::new()
            .filename(folder.join("weak.db"))
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal);
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .connect_with(options)
            .await
            .unwrap();
        let refused = assert_durable(&pool).await.unwrap_err().to_string();
        assert!(refused.contains("synchronous=1"), "{refused}");
        let good = open(&DatabaseUrl::Sqlite(folder.join("good.db"))).await;
        assert!(good.is_ok());
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[tokio::test]
    async fn a_full_disk_is_over_when_there_is_room_again() {
        let folder = std::env::temp_dir().join(format!("shuqiao-full-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let opened = open_sqlite(&folder.join("full.db")).await.unwrap();
        let Db::Sqlite { writer, .. } = &opened else {
            panic!("a file is no server");
        };
        let run = async |statement: &'static str| sqlx::query(statement).execute(writer).await;
        run("CREATE TABLE filler (body BLOB)").await.unwrap();
        // To SQLite a database that may not grow is a full disk; it cannot be made smaller than it is.
        run("PRAGMA max_page_count = 1").await.unwrap();
        let mut tx = writer.begin_with("BEGIN IMMEDIATE").await.unwrap();
        let filling = sqlx::query("INSERT INTO filler VALUES (randomblob(1000000))");
        let full = filling.execute(&mut *tx).await.unwrap_err();
        assert!(full.to_string().contains("full"), "{full}");
        assert!(tx.rollback().await.is_err(), "the disk ended it already");
        run("PRAGMA max_page_count = 1000000").await.unwrap();
        let tx = writer.begin_with("BEGIN IMMEDIATE").await.unwrap();
        tx.commit().await.unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn urls_are_parsed_and_hidden() {
        let url = DatabaseUrl::parse("postgres://u:geheim@h/d").unwrap();
        assert!(!format!("{url:?}").contains("geheim"));
        assert!(DatabaseUrl::parse("mysql://h/d").is_err());
    }
}
