//! What can go wrong between the gateway and its database.

use ledger::entry::Entry;

/// A fault of the store. None of its texts holds a value of a record.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be opened or is not fit for use.
    #[error("the database is not fit for use: {0}")]
    Unfit(String),
    /// The driver failed.
    #[error("the database failed in {context}")]
    Driver {
        /// Which step.
        context: &'static str,
        /// The driver's error.
        #[source]
        source: sqlx::Error,
    },
    /// A row holds what it never should; somebody else wrote it, or a migration is wrong.
    #[error("the table {table} holds a row that cannot be read: {name}")]
    Inconsistent {
        /// The table.
        table: &'static str,
        /// The row.
        name: String,
    },
    /// A row of that name or alias exists.
    #[error("{0} exists already")]
    Exists(String),
    /// The row changed since it was read.
    #[error("{0} changed meanwhile")]
    Changed(String),
    /// The ledger's own rules were broken by the entry.
    #[error("the entry cannot be recorded: {0}")]
    Entry(String),
}

impl StoreError {
    pub(crate) fn driver(context: &'static str) -> impl FnOnce(sqlx::Error) -> Self {
        move |source| Self::Driver { context, source }
    }

    pub(crate) fn not_a_receipt(entry: &Entry) -> Self {
        Self::Entry(format!(
            "entry {} is of another kind than was asked for",
            entry.index()
        ))
    }
}

/// Whether the driver says that a unique constraint was violated.
pub(crate) fn is_unique_violation(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .is_some_and(sqlx::error::DatabaseError::is_unique_violation)
}
