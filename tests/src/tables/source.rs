//! Databases of a provider: a table, a view of it, and an account that reads the view and no more.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::endpoint::{Address, Endpoint, Protocol};
use domain::item::Value;
use domain::source::{Engine, Identifier, SecretName, SqlSource, View};
use sqlx::{AssertSqlSafe, Connection as _, MySqlConnection, PgConnection, SqliteConnection};

use super::mariadb::MariaDb;
use super::{ITEMS, PROVIDER, Row, Tables, key};
use crate::city;
use crate::folder::Folder;
use crate::postgres::Server;

/// The columns of the view; none is called like its item.
pub const COLUMNS: [&str; 10] = [
    "编号", "姓名", "Note", "c_count", "select", "c_ratio", "c_open", "c_day", "c_at", "c_amount",
];

/// The name of the file with the account.
pub const SECRET: &str = "table-reader";

/// A database of a provider.
#[derive(Debug)]
pub enum Source {
    /// A file.
    Sqlite(Folder),
    /// A database on the server of this run, by its URL as administrator.
    Postgres(Arc<Server>, String),
    /// A database on a server of its own.
    Mysql(MariaDb),
}

impl Source {
    /// A file.
    #[must_use]
    pub fn sqlite() -> Self {
        Self::Sqlite(Folder::new("source"))
    }

    /// A PostgreSQL database, where one is installed.
    pub async fn postgres() -> Option<Self> {
        let server = Server::shared()?;
        let url = server.create_database().await;
        Some(Self::Postgres(server, url))
    }

    /// A MariaDB database, where one is installed.
    #[must_use]
    pub fn mysql() -> Option<Self> {
        MariaDb::start().map(Self::Mysql)
    }

    /// A PostgreSQL server of its own, which starts anew to offer TLS; where one is installed.
    pub async fn own_postgres() -> Option<Self> {
        let server = Server::own()?;
        let url = server.create_database().await;
        Some(Self::Postgres(server, url))
    }

    /// The kind of database.
    #[must_use]
    pub fn engine(&self) -> Engine {
        match self {
            Self::Sqlite(_) => Engine::Sqlite,
            Self::Postgres(..) => Engine::Postgres,
            Self::Mysql(_) => Engine::Mysql,
        }
    }

    fn quoted(&self, name: &str) -> String {
        match self {
            Self::Sqlite(_) | Self::Postgres(..) => format!("\"{name}\""),
            Self::Mysql(_) => format!("`{name}`"),
        }
    }

    fn file(folder: &Folder) -> PathBuf {
        folder.join("table.db")
    }

    /// Runs statements as the administrator.
    ///
    /// # Panics
    /// When one fails.
    pub async fn run(&self, statements: &str) {
        let sql = sqlx::raw_sql(AssertSqlSafe(statements));
        match self {
            Self::Sqlite(folder) => {
                let url = format!("sqlite:{}?mode=rwc", Self::file(folder).display());
                let mut connection = SqliteConnection::connect(&url).await.unwrap();
                sql.execute(&mut connection).await.unwrap();
                connection.close().await.unwrap();
            }
            Self::Postgres(_, url) => {
                let mut connection = PgConnection::connect(url).await.unwrap();
                sql.execute(&mut connection).await.unwrap();
                connection.close().await.unwrap();
            }
            Self::Mysql(server) => {
                let mut connection = server.connect().await;
                sql.execute(&mut connection).await.unwrap();
                connection.close().await.unwrap();
            }
        }
    }

    /// How many rows the table holds.
    ///
    /// # Panics
    /// When it is not there.
    pub async fn count(&self) -> i64 {
        let sql = "SELECT COUNT(*) FROM held";
        match self {
            Self::Sqlite(folder) => {
                let url = format!("sqlite:{}", Self::file(folder).display());
                let mut connection = SqliteConnection::connect(&url).await.unwrap();
                sqlx::query_scalar(sql)
                    .fetch_one(&mut connection)
                    .await
                    .unwrap()
            }
            Self::Postgres(_, url) => {
                let mut connection = PgConnection::connect(url).await.unwrap();
                sqlx::query_scalar(sql)
                    .fetch_one(&mut connection)
                    .await
                    .unwrap()
            }
            Self::Mysql(server) => {
                let mut connection = server.connect().await;
                sqlx::query_scalar(sql)
                    .fetch_one(&mut connection)
                    .await
                    .unwrap()
            }
        }
    }

    /// Makes the table `held`, the view `shown` and the account, and fills the table.
    ///
    /// # Panics
    /// When the server refuses.
    pub async fn load(&self, rows: &[Row]) {
        let types = match self {
            Self::Sqlite(_) => [
                "TEXT PRIMARY KEY",
                "TEXT COLLATE NOCASE",
                "TEXT",
                "INTEGER",
                "NUMERIC",
                "REAL",
                "BOOLEAN",
                "DATE",
                "TEXT",
                "DECIMAL(18,2)",
            ],
            Self::Postgres(..) => [
                "varchar(40) PRIMARY KEY",
                "text",
                "text",
                "integer",
                "numeric",
                "double precision",
                "boolean",
                "date",
                "timestamptz",
                "numeric(18,2)",
            ],
            Self::Mysql(_) => [
                "varchar(40) COLLATE utf8mb4_nopad_bin PRIMARY KEY",
                "varchar(200)",
                "text",
                "int",
                "decimal(30,10)",
                "double",
                "tinyint(1)",
                "date",
                "datetime(6)",
                "decimal(18,2)",
            ],
        };
        let columns: Vec<String> = COLUMNS
            .iter()
            .zip(types)
            .map(|(name, kind)| format!("{} {kind}", self.quoted(name)))
            .collect();
        self.run(&format!("CREATE TABLE held ({})", columns.join(", ")))
            .await;
        self.run("CREATE VIEW shown AS SELECT * FROM held").await;
        for account in self.accounts() {
            self.run(&account).await;
        }
        self.fill(rows, &types).await;
    }

    fn accounts(&self) -> Vec<String> {
        match self {
            Self::Sqlite(_) => Vec::new(),
            Self::Postgres(..) => vec![
                format!("CREATE ROLE {0} LOGIN PASSWORD 'pass word'", self.user()),
                format!("GRANT SELECT ON shown TO {}", self.user()),
            ],
            Self::Mysql(_) => vec![
                format!(
                    "CREATE USER '{}'@'%' IDENTIFIED BY 'pass word'",
                    self.user()
                ),
                format!("GRANT SELECT ON tables.shown TO '{}'@'%'", self.user()),
            ],
        }
    }

    /// The account that reads.
    #[must_use]
    pub fn user(&self) -> String {
        match self {
            // Roles belong to the whole server, so each database has its own.
            Self::Postgres(_, url) => format!("reader_{}", database(url)),
            Self::Sqlite(_) | Self::Mysql(_) => "reader".to_owned(),
        }
    }

    async fn fill(&self, rows: &[Row], types: &[&str; 10]) {
        for rows in rows.chunks(100) {
            let mut sql = "INSERT INTO held VALUES ".to_owned();
            let mut texts = Vec::new();
            for (number, row) in rows.iter().enumerate() {
                sql.push_str(if number == 0 { "(" } else { ", (" });
                for (place, cell) in row.iter().enumerate() {
                    texts.push(cell.as_ref().map(|value| self.text(value)));
                    let kind = types[place].trim_end_matches(" PRIMARY KEY");
                    sql.push_str(if place == 0 { "" } else { ", " });
                    sql.push_str(&match self {
                        Self::Postgres(..) => format!("CAST(${} AS {kind})", texts.len()),
                        Self::Sqlite(_) | Self::Mysql(_) => "?".to_owned(),
                    });
                }
                sql.push(')');
            }
            self.insert(&sql, texts).await;
        }
    }

    async fn insert(&self, sql: &str, texts: Vec<Option<String>>) {
        macro_rules! insert {
            ($connection:expr) => {{
                let mut query = sqlx::query(AssertSqlSafe(sql));
                for text in texts {
                    query = query.bind(text);
                }
                query.execute($connection).await.unwrap();
            }};
        }
        match self {
            Self::Sqlite(folder) => {
                let url = format!("sqlite:{}", Self::file(folder).display());
                insert!(&mut SqliteConnection::connect(&url).await.unwrap());
            }
            Self::Postgres(_, url) => insert!(&mut PgConnection::connect(url).await.unwrap()),
            Self::Mysql(server) => {
                let mut connection: MySqlConnection = server.connect().await;
                insert!(&mut connection);
            }
        }
    }

    /// A value as text that the engine turns into the column's type.
    fn text(&self, value: &Value) -> String {
        match (value, self) {
            (Value::Logical(yes), _) => u8::from(*yes).to_string(),
            (Value::Integer(number), _) => number.to_string(),
            (Value::Time(text), Self::Mysql(_)) => {
                text.replace('T', " ").trim_end_matches('Z').to_owned()
            }
            (
                Value::Text(text) | Value::Decimal(text) | Value::Date(text) | Value::Time(text),
                _,
            ) => text.clone(),
        }
    }

    /// The view, as the provider registers it.
    ///
    /// # Panics
    /// When the folders of the gateway cannot be written.
    #[must_use]
    pub fn endpoint(&self, tables: &Tables) -> Endpoint {
        let columns: BTreeMap<_, _> = ITEMS
            .iter()
            .zip(COLUMNS)
            .map(|((item, _), column)| (key(item), Identifier::parse(column).unwrap()))
            .collect();
        let view = View {
            resource: tables.resource.name.clone(),
            schema: None,
            name: Identifier::parse("shown").unwrap(),
            columns,
            key: vec![Identifier::parse(COLUMNS[0]).unwrap()],
        };
        let folder = tables.gateway.folder();
        let (address, name) = match self {
            Self::Sqlite(source) => {
                let folder = folder.join("sources").join(PROVIDER);
                std::fs::create_dir_all(&folder).unwrap();
                let file = folder.join("table.db");
                std::fs::copy(Self::file(source), file).unwrap();
                (
                    Address::parse_file("file:table.db").unwrap(),
                    "main".to_owned(),
                )
            }
            Self::Postgres(_, url) => {
                let place = url.split('@').nth(1).unwrap().split('/').next().unwrap();
                (Address::parse(place).unwrap(), database(url))
            }
            Self::Mysql(server) => (
                Address::parse(&server.place()).unwrap(),
                "tables".to_owned(),
            ),
        };
        let secret = match self {
            Self::Sqlite(_) => None,
            Self::Postgres(..) | Self::Mysql(_) => {
                write_secret(folder, &self.user(), 0o600);
                Some(SecretName::parse(SECRET).unwrap())
            }
        };
        Endpoint {
            address,
            protocol: Protocol::Sql(SqlSource {
                engine: self.engine(),
                database: Identifier::parse(&name).unwrap(),
                secret,
                views: vec![view],
            }),
            ..city::endpoint(&format!("{PROVIDER}.table"), "127.0.0.1:1")
        }
    }

    /// Removes the database.
    pub async fn remove(self) {
        if let Self::Postgres(server, url) = &self {
            let user = self.user();
            server.drop_database(url).await;
            server.drop_role(&user).await;
        }
    }
}

/// Writes the file with the account.
///
/// # Panics
/// When it cannot be written.
pub fn write_secret(folder: &Path, user: &str, mode: u32) {
    let secrets = folder.join("secrets").join(PROVIDER);
    std::fs::create_dir_all(&secrets).unwrap();
    let file = secrets.join(SECRET);
    std::fs::write(&file, format!("{user}\npass word\n")).unwrap();
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// Lays down whom the server's TLS certificate must be of.
///
/// # Panics
/// When it cannot be written.
pub fn write_authority(folder: &Path, pem: &str) {
    let secrets = folder.join("secrets").join(PROVIDER);
    std::fs::create_dir_all(&secrets).unwrap();
    std::fs::write(secrets.join(format!("{SECRET}.pem")), pem).unwrap();
}

fn database(url: &str) -> String {
    url.rsplit('/').next().unwrap().to_owned()
}
