//! The suites above unit level: one binary, since each would link the whole product.
//!
//! Where PostgreSQL is not installed, its half is passed over with one line on stderr; with
//! `CI=true` its absence is a failure.

mod announced;
mod api_mode;
mod bad_input;
mod basis;
mod batch;
mod budgets;
mod budgets_last;
mod cached;
mod catalogue_calls;
mod catalogue_clocks;
mod catalogue_end;
mod catalogue_life;
mod catalogue_outside;
mod catalogue_search;
mod catalogue_update;
mod commands;
mod complaints;
mod conformance;
mod conformance_once;
mod corrections;
mod crash;
mod credentials;
mod database_faults;
mod demands;
mod departments;
mod disputes;
mod explained;

mod events;
mod file_links;
mod file_mode;
mod grants;
mod holders;
mod http_json;
mod import_dcat;
mod library;
mod metrics;
mod needs;
mod needs_listed;
mod network_identity;
mod privacy;
mod quality;
mod reflected_drift;
mod registry;
mod rehearsal;
mod renamed;
mod restart;
mod safety;
mod sharing;
mod store_contract;
mod tables;
mod tidy;
mod use_codes;
mod verify;
mod work_items;
