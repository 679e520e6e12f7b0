//! Opening a provider's database: inside the allowed networks, with an account that cannot write.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use domain::endpoint::{Address, Endpoint};
use domain::name::SystemName;
use domain::reason::Reason;
use domain::source::{Engine, SecretName, SqlSource};
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection, MySqlSslMode};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgSslMode};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions as _, Row as _};

use super::{Connection, Fault, Places};
use crate::connections::resolve;
use crate::secrets;

/// The longest that a statement of ours may run; the caller's deadline is at most as long.
const STATEMENT_MS: &str = "60000";
/// Rows that the thread of a SQLite file may be ahead.
const ROWS_AHEAD: usize = 512;
/// Steps of SQLite's machine between two looks at whether the read was given up.
const STEPS: i32 = 100_000;
const BUSY: Duration = Duration::from_secs(2);

/// Whether any relation outside of the engine's own schemas can be changed by the account.
const POSTGRES_WRITES: &str = "SELECT (SELECT rolsuper OR rolcreatedb OR rolcreaterole FROM pg_roles \
     WHERE rolname = current_user) OR EXISTS (SELECT 1 FROM pg_class c \
     JOIN pg_namespace n ON n.oid = c.relnamespace \
     WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^(pg_|information_schema$)' \
     AND has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE'))";
/// How many rights the account has beyond reading.
const MYSQL_WRITES: &str = "SELECT CAST(COUNT(*) AS SIGNED) FROM (\
     SELECT grantee, privilege_type FROM information_schema.user_privileges UNION ALL \
     SELECT grantee, privilege_type FROM information_schema.schema_privileges UNION ALL \
     SELECT grantee, privilege_type FROM information_schema.table_privileges UNION ALL \
     SELECT grantee, privilege_type FROM information_schema.column_privileges) AS held \
     WHERE privilege_type NOT IN ('USAGE', 'SELECT', 'SHOW VIEW', 'SHOW DATABASES')";

/// Ends a read of SQLite when it is dropped, even one that finds no row.
#[derive(Debug)]
pub(crate) struct Stop(Arc<AtomicBool>);

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Opens the database of an endpoint, for reading only.
pub(super) async fn open(
    places: &Places,
    endpoint: &Endpoint,
    source: &SqlSource,
) -> Result<Connection, Fault> {
    match (source.engine, endpoint.address.file()) {
        (Engine::Sqlite, Some(file)) => sqlite(&places.sources, &endpoint.system, file).await,
        (Engine::Postgres, None) => {
            let account = places.account(source, endpoint).await?;
            postgres(account, source).await
        }
        (Engine::Mysql, None) => {
            let account = places.account(source, endpoint).await?;
            mysql(account, source).await
        }
        (Engine::Sqlite, None) | (Engine::Postgres | Engine::Mysql, Some(_)) => Err(Fault::new(
            Reason::ProviderNotConnected,
            "a file is SQLite's, and a server's address is host:port",
        )),
    }
}

/// Where a server is and who we are there.
struct Account {
    /// What the driver connects to and, where TLS is asked for, looks for in the certificate: the number that was
    /// looked up, or the name that the server is known by.
    host: String,
    port: u16,
    user: String,
    password: String,
    /// The authority of the server's certificate, where a file names it.
    authority: Option<PathBuf>,
    /// Whether the server must prove itself.
    proof: Proof,
}

impl Places {
    async fn account(&self, source: &SqlSource, endpoint: &Endpoint) -> Result<Account, Fault> {
        let Endpoint {
            system, address, ..
        } = endpoint;
        let not_connected = |message: &str| Fault::new(Reason::ProviderNotConnected, message);
        let place = resolve(address, &self.networks)
            .await
            .map_err(|error| not_connected(&format!("the address cannot be used: {error}")))?;
        let name = source
            .secret
            .as_ref()
            .ok_or_else(|| not_connected("no secret is named"))?;
        let (user, password) = self.secret(system, name).await?;
        let authority = secrets::of_system(&self.secrets, system);
        let authority = authority.join(format!("{}.pem", name.as_str()));
        let authority = tokio::fs::try_exists(&authority)
            .await
            .is_ok_and(|is| is)
            .then_some(authority);
        let proof = Proof::asked(address, place, authority.is_some()).ok_or_else(|| {
            not_connected(
                "a server known by name needs the file of its authority beside the secret, NAME.pem",
            )
        })?;
        let host = match proof {
            Proof::Name => {
                self.must_lead_inside(address).await?;
                address.host().to_owned()
            }
            Proof::None | Proof::Number => place.ip().to_string(),
        };
        Ok(Account {
            host,
            port: place.port(),
            user,
            password,
            authority,
            proof,
        })
    }

    /// A name is given to the driver as it is, for the driver to look for it in the certificate; so all that it leads
    /// to must be allowed. Whoever changes it in between has no certificate for it.
    async fn must_lead_inside(&self, address: &Address) -> Result<(), Fault> {
        let not_connected = |message: &str| Fault::new(Reason::ProviderNotConnected, message);
        let found = tokio::net::lookup_host((address.host(), address.port())).await;
        let found = found.map_err(|_| not_connected("the name leads nowhere"))?;
        if self.networks.allow_all(found.map(|place| place.ip())) {
            return Ok(());
        }
        Err(not_connected(
            "the name leads to places outside of the allowed networks too",
        ))
    }

    /// User and password: the first two lines of a file that nobody else may read.
    async fn secret(
        &self,
        system: &SystemName,
        name: &SecretName,
    ) -> Result<(String, String), Fault> {
        let text = secrets::read(&self.secrets, system, name).await?;
        let mut lines = text.lines();
        match (lines.next(), lines.next()) {
            (Some(user), Some(password)) if !user.is_empty() => {
                Ok((user.to_owned(), password.to_owned()))
            }
            _ => Err(secrets::refused(
                name,
                "needs the user on its first line and the password on its second",
            )),
        }
    }
}

/// What the server must prove. The driver trusts public authorities beside the named one, so a certificate counts only
/// for the very place or name that it was asked of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Proof {
    /// Nothing: no byte leaves this machine, and no authority is named.
    None,
    /// A certificate for this very address.
    Number,
    /// A certificate for the name that it is known by.
    Name,
}

impl Proof {
    /// What is asked of a server; none where it is known by a name that nobody vouches for.
    fn asked(address: &Address, place: SocketAddr, vouched: bool) -> Option<Self> {
        let by_number = address.host().parse::<std::net::IpAddr>().is_ok();
        // Whoever names an authority on this machine has a tunnel here, or wants to be sure.
        match (place.ip().to_canonical().is_loopback(), vouched) {
            (true, false) => Some(Self::None),
            _ if by_number => Some(Self::Number),
            (_, true) => Some(Self::Name),
            (false, false) => None,
        }
    }
}

async fn sqlite(sources: &Path, system: &SystemName, file: &str) -> Result<Connection, Fault> {
    let path = secrets::of_system(sources, system).join(file);
    let is_file = tokio::fs::symlink_metadata(&path)
        .await
        .is_ok_and(|about| about.is_file());
    if !is_file {
        let message = format!(
            "the file is not in the gateway's folder sources/{}",
            system.id()
        );
        return Err(Fault::new(Reason::ProviderNotConnected, message));
    }
    let options = SqliteConnectOptions::new()
        .filename(path)
        .read_only(true)
        .create_if_missing(false)
        .pragma("query_only", "ON")
        // A view of a file that others wrote calls no function with effects.
        .pragma("trusted_schema", "OFF")
        .busy_timeout(BUSY)
        .row_buffer_size(ROWS_AHEAD);
    let mut connection: SqliteConnection = options.connect().await?;
    let stopped = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&stopped);
    connection
        .lock_handle()
        .await?
        .set_progress_handler(STEPS, move || !seen.load(Ordering::Relaxed));
    Ok(Connection::Sqlite(connection, Stop(stopped)))
}

async fn postgres(account: Account, source: &SqlSource) -> Result<Connection, Fault> {
    let mode = match account.proof {
        Proof::None => PgSslMode::Disable,
        Proof::Number | Proof::Name => PgSslMode::VerifyFull,
    };
    let mut options = PgConnectOptions::new_without_pgpass()
        .host(&account.host)
        .port(account.port)
        .username(&account.user)
        .password(&account.password)
        .database(source.database.as_str())
        .ssl_mode(mode)
        .application_name("shuqiao")
        .options([
            ("default_transaction_read_only", "on"),
            ("statement_timeout", STATEMENT_MS),
            ("lock_timeout", "5000"),
            ("DateStyle", "ISO"),
            ("TimeZone", "UTC"),
        ]);
    if let Some(authority) = &account.authority {
        options = options.ssl_root_cert(authority);
    }
    let mut connection: PgConnection = options.disable_statement_logging().connect().await?;
    let row = sqlx::query(POSTGRES_WRITES)
        .fetch_one(&mut connection)
        .await?;
    if row.try_get::<bool, _>(0)? {
        return Err(can_write());
    }
    Ok(Connection::Postgres(connection))
}

async fn mysql(account: Account, source: &SqlSource) -> Result<Connection, Fault> {
    let mode = match account.proof {
        Proof::None => MySqlSslMode::Disabled,
        Proof::Number | Proof::Name => MySqlSslMode::VerifyIdentity,
    };
    let mut options = MySqlConnectOptions::new()
        .host(&account.host)
        .port(account.port)
        .username(&account.user)
        .password(&account.password)
        .database(source.database.as_str())
        .ssl_mode(mode);
    if let Some(authority) = &account.authority {
        options = options.ssl_ca(authority);
    }
    let mut connection: MySqlConnection = options.disable_statement_logging().connect().await?;
    let row = sqlx::query("SELECT VERSION()")
        .fetch_one(&mut connection)
        .await?;
    let maria = row.try_get_unchecked::<String, _>(0)?.contains("MariaDB");
    let limit = if maria {
        "SET SESSION max_statement_time = 60"
    } else {
        "SET SESSION max_execution_time = 60000"
    };
    sqlx::query(limit).execute(&mut connection).await?;
    sqlx::query("SET SESSION TRANSACTION READ ONLY")
        .execute(&mut connection)
        .await?;
    let row = sqlx::query(MYSQL_WRITES).fetch_one(&mut connection).await?;
    if row.try_get_unchecked::<i64, _>(0)? != 0 {
        return Err(can_write());
    }
    Ok(Connection::Mysql(connection))
}

fn can_write() -> Fault {
    Fault::new(
        Reason::ProviderNotConnected,
        "the account can write; give it the right to read the views and no other",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_machine_of_ours_without_an_authority_need_not_prove_itself() {
        let cases = [
            // The host as registered, where it leads, whether an authority is named.
            ("127.0.0.1:5432", "127.0.0.1:5432", false, Some(Proof::None)),
            ("localhost:5432", "127.0.0.1:5432", false, Some(Proof::None)),
            ("[::1]:5432", "[::1]:5432", false, Some(Proof::None)),
            (
                "127.0.0.1:5432",
                "127.0.0.1:5432",
                true,
                Some(Proof::Number),
            ),
            ("localhost:5432", "127.0.0.1:5432", true, Some(Proof::Name)),
            ("10.1.2.3:5432", "10.1.2.3:5432", false, Some(Proof::Number)),
            ("10.1.2.3:5432", "10.1.2.3:5432", true, Some(Proof::Number)),
            ("db.example:5432", "10.1.2.3:5432", true, Some(Proof::Name)),
            ("db.example:5432", "10.1.2.3:5432", false, None),
        ];
        for (address, place, vouched, expected) in cases {
            let found = Proof::asked(
                &Address::parse(address).unwrap(),
                place.parse().unwrap(),
                vouched,
            );
            assert_eq!(found, expected, "{address} {vouched}");
        }
    }
}
