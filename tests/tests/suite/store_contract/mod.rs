//! The contract of the store: the same tests on SQLite and on PostgreSQL.

mod corrections;
mod file_links;
mod files;
mod ledger;
mod migrations;
mod nouns;
mod progress;
mod recorder;
mod registry;
mod requests;
mod signatures;
mod statuses;
mod subscriptions;
mod tree;
mod turns;
