//! The databases that a contract test runs on.

use std::path::PathBuf;
use std::sync::Arc;

use sqlx::{Connection as _, PgConnection, SqliteConnection};
use store::{DatabaseUrl, Store};

use crate::folder::Folder;
use crate::postgres::Server;

/// A new, empty database, gone after the test.
#[derive(Debug)]
pub struct Database {
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Sqlite { folder: Folder },
    Postgres { server: Arc<Server>, url: String },
}

impl Database {
    /// An embedded SQLite file.
    #[must_use]
    pub fn sqlite() -> Self {
        Self {
            kind: Kind::Sqlite {
                folder: Folder::new("sqlite"),
            },
        }
    }

    /// A database of a PostgreSQL server.
    pub async fn on(server: Arc<Server>) -> Self {
        let url = server.create_database().await;
        Self {
            kind: Kind::Postgres { server, url },
        }
    }

    /// Where it is.
    #[must_use]
    pub fn url(&self) -> DatabaseUrl {
        match &self.kind {
            Kind::Sqlite { folder } => DatabaseUrl::Sqlite(file(folder)),
            Kind::Postgres { url, .. } => DatabaseUrl::Postgres(url.clone()),
        }
    }

    /// Where it is, as text for a configuration.
    #[must_use]
    pub fn url_text(&self) -> String {
        match &self.kind {
            Kind::Sqlite { folder } => format!("sqlite:{}", file(folder).display()),
            Kind::Postgres { url, .. } => url.clone(),
        }
    }

    /// Opens it as the gateway does.
    ///
    /// # Panics
    /// When it cannot be opened.
    pub async fn open(&self) -> Store {
        Store::open(&self.url()).await.unwrap()
    }

    /// Runs one statement behind the store's back, as somebody with access to the database could,
    /// and returns how many rows it touched.
    ///
    /// # Panics
    /// When the statement fails.
    pub async fn execute(&self, statement: &str) -> u64 {
        let sql = sqlx::raw_sql(sqlx::AssertSqlSafe(statement));
        match &self.kind {
            Kind::Sqlite { folder } => {
                let url = format!("sqlite:{}", file(folder).display());
                let mut connection = SqliteConnection::connect(&url).await.unwrap();
                sql.execute(&mut connection).await.unwrap().rows_affected()
            }
            Kind::Postgres { url, .. } => {
                let mut connection = PgConnection::connect(url).await.unwrap();
                sql.execute(&mut connection).await.unwrap().rows_affected()
            }
        }
    }

    /// Reads one number behind the store's back.
    ///
    /// # Panics
    /// When the statement fails.
    pub async fn number(&self, statement: &str) -> i64 {
        let sql = sqlx::AssertSqlSafe(statement);
        match &self.kind {
            Kind::Sqlite { folder } => {
                let url = format!("sqlite:{}", file(folder).display());
                let mut connection = SqliteConnection::connect(&url).await.unwrap();
                sqlx::query_scalar(sql)
                    .fetch_one(&mut connection)
                    .await
                    .unwrap()
            }
            Kind::Postgres { url, .. } => {
                let mut connection = PgConnection::connect(url).await.unwrap();
                sqlx::query_scalar(sql)
                    .fetch_one(&mut connection)
                    .await
                    .unwrap()
            }
        }
    }

    async fn remove(self) {
        if let Kind::Postgres { server, url } = &self.kind {
            server.drop_database(url).await;
        }
    }
}

fn file(folder: &Folder) -> PathBuf {
    folder.join("gateway.db")
}

/// Runs a test on SQLite.
pub async fn on_sqlite(test: impl AsyncFnOnce(&Database)) {
    // Not for this test: it keeps the server running between the tests that need it.
    let _server = Server::shared();
    test(&Database::sqlite()).await;
}

/// Runs a test on PostgreSQL, where one is installed.
pub async fn on_postgresql(test: impl AsyncFnOnce(&Database)) {
    if let Some(server) = Server::shared() {
        let database = Database::on(server).await;
        test(&database).await;
        database.remove().await;
    }
}

/// Makes two tests of each named `async fn(&Database)`: one on SQLite and one on PostgreSQL.
#[macro_export]
macro_rules! on_each_database {
    ($($test:ident),+ $(,)?) => {$(
        mod $test {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                $crate::databases::on_sqlite(super::$test).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgresql() {
                $crate::databases::on_postgresql(super::$test).await;
            }
        }
    )+};
}
