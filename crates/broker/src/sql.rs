//! Read-only views of a provider's database.
//!
//! `crates/store` is the only place with SQL over our own schema; this is the only one over
//! schemas of others (docs/adr/0011). A connection is made for each read and ended with it: the
//! host is looked up and checked anew, a changed password or view is noticed, and a read that was
//! given up leaves nothing half-sent behind.

mod cell;
mod column;
mod describe;
mod open;
mod session;
mod statement;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use domain::drift::Change;
use domain::endpoint::Endpoint;
use domain::fault::{Cause, Faults};
use domain::item::Value;
use domain::name::{EndpointId, ResourceName};
use domain::reason::Reason;
use domain::resource::Resource;
use domain::rows::{Rows, Selection};
use domain::source::{Engine, SqlSource, View};
use futures_util::{Stream, TryStreamExt as _};
use sqlx::mysql::MySqlConnection;
use sqlx::postgres::PgConnection;
use sqlx::sqlite::SqliteConnection;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::connections::ProviderFault;
use crate::endpoints::Tls;
use crate::network::Networks;
use crate::rows::{Flow, Outlet, Position};
use cell::{BadCell, Cells};
pub(crate) use column::Bound;
use column::Column;
use open::Stop;
use statement::Statement;

/// Reads at once of one database: each holds a connection and perhaps a sort.
const READS: usize = 8;

/// Why a database did not give what was asked for. It is told as the provider's fault, and holds
/// nothing that the database said.
pub(crate) type Fault = ProviderFault;

/// Where databases may be, and how many reads each has at work.
#[derive(Debug)]
pub(crate) struct Places {
    pub(crate) secrets: PathBuf,
    pub(crate) sources: PathBuf,
    pub(crate) networks: Networks,
    slots: Mutex<HashMap<EndpointId, Arc<Semaphore>>>,
}

/// An open database.
pub(crate) enum Connection {
    Sqlite(
        SqliteConnection,
        #[expect(dead_code, reason = "held for what its drop does")] Stop,
    ),
    Postgres(PgConnection),
    Mysql(MySqlConnection),
}

impl Connection {
    fn engine(&self) -> Engine {
        match self {
            Self::Sqlite(..) => Engine::Sqlite,
            Self::Postgres(_) => Engine::Postgres,
            Self::Mysql(_) => Engine::Mysql,
        }
    }
}

impl Places {
    pub(crate) fn new(secrets: PathBuf, sources: PathBuf, networks: Networks) -> Self {
        Self {
            secrets,
            sources,
            networks,
            slots: Mutex::default(),
        }
    }

    /// Lets go of the places at a database that is gone or elsewhere now.
    pub(crate) fn forget(&self, endpoint: &EndpointId) {
        if let Ok(mut slots) = self.slots.lock() {
            slots.remove(endpoint);
        }
    }

    /// Opens the database and looks at all views: every fault at once. The TLS of the connection, as the server
    /// states it.
    pub(crate) async fn look(
        &self,
        endpoint: &Endpoint,
        source: &SqlSource,
        resource: impl Fn(&View) -> Option<Arc<Resource>>,
    ) -> Result<Option<Tls>, Looked> {
        let mut connection = open::open(self, endpoint, source).await?;
        let tls = session::tls(&mut connection).await;
        let mut unfit = Unfit::default();
        for (index, view) in source.views.iter().enumerate() {
            let field = format!("endpoint.sql.views[{index}]");
            let Some(resource) = resource(view) else {
                let message = format!("{} is not in the catalogue", view.resource);
                let field = format!("{field}.resource");
                unfit.faults.add(&field, "NOT_PROVIDED", message);
                continue;
            };
            match describe::describe(&mut connection, view, &resource, &field).await? {
                Err(found) => unfit.extend(found),
                // Described, but may it be read?
                Ok(_) => {
                    if let Err(fault) = peek(&mut connection, view, 0).await {
                        // That it may not be read now says nothing of what it is.
                        let field = format!("{field}.view");
                        unfit.faults.add(&field, "NOT_READABLE", fault.message);
                    }
                }
            }
        }
        if unfit.faults.is_empty() {
            return Ok(tls);
        }
        Err(Looked::Unfit(unfit))
    }

    /// Whether a view fits its resource, and has a row. No value leaves the database for it.
    pub(crate) async fn examine(
        &self,
        endpoint: &Endpoint,
        source: &SqlSource,
        view: &View,
        resource: &Resource,
    ) -> Result<bool, Looked> {
        let mut connection = open::open(self, endpoint, source).await?;
        let described = describe::describe(&mut connection, view, resource, "view").await?;
        described.map(drop).map_err(Looked::Unfit)?;
        Ok(peek(&mut connection, view, 1).await?)
    }

    /// Streams a selection into the outlet.
    pub(crate) async fn read(
        &self,
        endpoint: &Endpoint,
        source: &SqlSource,
        resource: &Resource,
        selection: &Selection,
        after: Option<&Position>,
        outlet: &mut Outlet<'_>,
    ) -> Result<&'static str, Fault> {
        let _slot = self.slot(&endpoint.name)?;
        let view = source.view(&resource.name).ok_or_else(|| {
            Fault::new(
                Reason::ProviderNotConnected,
                "the endpoint has no view of the resource",
            )
        })?;
        let mut connection = open::open(self, endpoint, source).await?;
        let described = describe::describe(&mut connection, view, resource, "view").await?;
        let described = described.map_err(|unfit| Fault::bad_answer(unfit.faults.to_string()))?;
        let after = match after {
            None => None,
            Some(Position::Key(key)) => Some(key.as_slice()),
            Some(Position::Provider(_)) => return Err(unfit(&wrong_cursor())),
        };
        let engine = source.engine;
        let statement = statement::select(engine, view, &described, selection, after);
        let statement = statement.map_err(|cause| unfit(&cause))?;
        run(&mut connection, statement, selection, outlet).await
    }

    fn slot(&self, endpoint: &EndpointId) -> Result<OwnedSemaphorePermit, Fault> {
        let overloaded = || Fault::new(Reason::Overloaded, "too many reads of this database");
        let mut slots = self.slots.lock().map_err(|_| overloaded())?;
        let made = || Arc::new(Semaphore::new(READS));
        let slots = slots.entry(endpoint.clone()).or_insert_with(made);
        Arc::clone(slots)
            .try_acquire_owned()
            .map_err(|_| overloaded())
    }
}

/// What a look at a database found.
pub(crate) enum Looked {
    /// It could not be looked at.
    Fault(Fault),
    /// Views that do not fit.
    Unfit(Unfit),
}

/// What is wrong with views.
#[derive(Debug, Default)]
pub(crate) struct Unfit {
    /// As faults of the registration.
    pub(crate) faults: Faults,
    /// As differences between what is registered and what is there, each with its resource.
    pub(crate) changes: Vec<(ResourceName, Change)>,
}

impl Unfit {
    fn extend(&mut self, other: Self) {
        for fault in other.faults.as_slice() {
            let message = fault.message.clone();
            self.faults.add(&fault.field, &fault.code, message);
        }
        self.changes.extend(other.changes);
    }
}

impl From<Fault> for Looked {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<sqlx::Error> for Fault {
    /// An engine's own text can repeat a value, so only its kind is kept.
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::Io(error) if is_distrust(&error) => Self::new(
                Reason::ProviderNotConnected,
                "the server's TLS certificate was refused: it is of another authority, for another name, or not in \
                 force",
            ),
            sqlx::Error::Tls(_) => Self::new(
                Reason::ProviderNotConnected,
                "the server offers no TLS, or the file of its authority is no certificate in PEM",
            ),
            sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed => Self::new(
                Reason::ProviderUnavailable,
                "the connection to the database broke",
            ),
            sqlx::Error::Database(error) => {
                let code = error.code().unwrap_or_default();
                let reason = match code.as_ref() {
                    // Authentication, no such database, no right; of each server in turn.
                    code if code.starts_with("28") => Reason::ProviderNotConnected,
                    "3D000" | "42501" | "42000" => Reason::ProviderNotConnected,
                    // Cancelled by its own clock, or SQLite's interrupt.
                    "57014" | "70100" | "9" => Reason::ProviderTimeout,
                    code if code.starts_with("08") || code.starts_with("57P") => {
                        Reason::ProviderUnavailable
                    }
                    // SQLite is busy or locked.
                    "5" | "6" => Reason::ProviderUnavailable,
                    _ => Reason::ProviderBadAnswer,
                };
                Self::new(reason, format!("the database refused with code {code}"))
            }
            _ => Self::bad_answer("the database's answer could not be read"),
        }
    }
}

/// Whether a connection ended because of what the server showed of itself.
fn is_distrust(error: &std::io::Error) -> bool {
    let inner = error.get_ref();
    let tls = inner.and_then(|inner| inner.downcast_ref::<rustls::Error>());
    matches!(tls, Some(rustls::Error::InvalidCertificate(_)))
}

fn wrong_cursor() -> Cause {
    Cause::new("CURSOR_INVALID", "the cursor is of another way to the rows")
}

/// What was asked cannot be asked of this database: not the provider's fault.
fn unfit(cause: &Cause) -> Fault {
    Fault::new(Reason::RequestInvalid, cause.to_string())
}

/// Asks for at most so many rows and no column of theirs; of no row at all, which only somebody who may read is
/// allowed to do. Whether there was one.
async fn peek(connection: &mut Connection, view: &View, rows: u8) -> Result<bool, Fault> {
    let relation = statement::relation(connection.engine(), view);
    let text = format!("SELECT 1 FROM {relation} LIMIT {rows}");
    // Fixed text around the view's name: letters, digits and _ in the engine's quotes.
    let query = sqlx::AssertSqlSafe(text);
    Ok(match connection {
        Connection::Sqlite(connection, _) => sqlx::query(query)
            .fetch_optional(connection)
            .await?
            .is_some(),
        Connection::Postgres(connection) => sqlx::query(query)
            .fetch_optional(connection)
            .await?
            .is_some(),
        Connection::Mysql(connection) => sqlx::query(query)
            .fetch_optional(connection)
            .await?
            .is_some(),
    })
}

/// Binds every value to the statement.
macro_rules! bound {
    ($statement:expr) => {{
        // The one place where text that was put together becomes SQL. `statement::select` wrote it
        // of fixed text and of quoted names that hold letters, digits and _ only; every value,
        // whoever sent it, is a parameter.
        let mut query = sqlx::query(sqlx::AssertSqlSafe($statement.text));
        for value in $statement.values {
            query = match value {
                Bound::Text(text) => query.bind(text),
                Bound::Integer(number) => query.bind(number),
                Bound::Double(number) => query.bind(number),
                Bound::Logical(yes) => query.bind(yes),
            };
        }
        query
    }};
}

async fn run(
    connection: &mut Connection,
    statement: Statement,
    selection: &Selection,
    outlet: &mut Outlet<'_>,
) -> Result<&'static str, Fault> {
    let fetched = statement.fetched.clone();
    match connection {
        Connection::Sqlite(connection, _) => {
            let rows = bound!(statement).fetch(connection);
            pump(rows, &fetched, selection, outlet).await
        }
        Connection::Postgres(connection) => {
            let rows = bound!(statement).fetch(connection);
            pump(rows, &fetched, selection, outlet).await
        }
        Connection::Mysql(connection) => {
            let rows = bound!(statement).fetch(connection);
            pump(rows, &fetched, selection, outlet).await
        }
    }
}

/// Gathers rows into batches. The next row is taken when the batch before it has left, so a slow
/// consumer slows the database and not the memory.
async fn pump<R: Cells>(
    mut stream: impl Stream<Item = Result<R, sqlx::Error>> + Unpin,
    fetched: &[Column],
    selection: &Selection,
    outlet: &mut Outlet<'_>,
) -> Result<&'static str, Fault> {
    let width = selection.columns().len();
    let mut rows = Rows::new(Arc::clone(selection.columns()));
    let mut last: Option<R> = None;
    while let Some(row) = stream.try_next().await? {
        for (place, column) in fetched.iter().enumerate().take(width) {
            let cell: Option<Value> = row
                .cell(place, column.kind)
                .map_err(|bad| told(bad, column))?;
            rows.push(cell);
        }
        if !rows.is_full() {
            last = Some(row);
            continue;
        }
        last = None;
        if outlet
            .send(rows.take(), Some(position(&row, fetched, width)?))
            .await?
            == Flow::Gone
        {
            return Ok("cancelled");
        }
    }
    if let Some(row) = last
        && outlet
            .send(rows, Some(position(&row, fetched, width)?))
            .await?
            == Flow::Gone
    {
        return Ok("cancelled");
    }
    Ok("delivered")
}

fn position<R: Cells>(row: &R, fetched: &[Column], width: usize) -> Result<Position, Fault> {
    let mut key = Vec::with_capacity(fetched.len().saturating_sub(width));
    for (place, column) in fetched.iter().enumerate().skip(width) {
        key.push(row.bound(place, column).map_err(|bad| told(bad, column))?);
    }
    // Ordered items may lack a value; the key, which ends the list, may not.
    if key.last().is_none_or(Option::is_none) {
        return Err(Fault::bad_answer("the view's unique key has no value"));
    }
    Ok(Position::Key(key))
}

fn told(_: BadCell, column: &Column) -> Fault {
    let message = format!("column {} does not hold what it promised", column.name);
    Fault::bad_answer(message)
}
