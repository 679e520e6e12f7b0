//! The only place with SQL: migrations and transactions on SQLite and PostgreSQL.
