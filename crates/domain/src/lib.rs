//! What the words mean and what is allowed.
//!
//! Everything here is pure: no I/O, no clock, no randomness. Time, ids and reference data are
//! parameters, so that each rule can be tried at any date.

pub mod announcement;
pub mod application;
pub mod basis;
pub mod breaker;
pub mod budget;
pub mod caching;
pub mod calendar;
pub mod caller;
pub mod certificate;
pub mod cited;
pub mod clock;
pub mod complaint;
pub mod conformance;
pub mod correction;
pub mod credential;
pub mod demand;
pub mod department;
pub mod dispute;
pub mod drift;

pub mod endpoint;
pub mod event;
pub mod fairness;
pub mod fault;
pub mod file;
pub mod file_drop;
pub mod file_link;
pub mod filter;
pub mod grant;
pub mod hedging;
pub mod http_api;
pub mod id;
pub mod interface;
pub mod item;
pub mod json;
pub mod legal;
pub mod library;
pub mod mask;
pub mod matter;
pub mod name;
pub mod need;
pub mod network_identity;
pub mod operation;
pub mod plan;
pub mod policy;
pub mod progress;
pub mod quality;
pub mod quota;
pub mod reason;
pub mod reference;
pub mod regime;
pub mod release;
pub mod resource;
pub mod route;
pub mod rows;
pub mod seed;
pub mod signature;
pub mod snapshot;
pub mod source;
pub mod status;
pub mod subject;
pub mod subscription;
pub mod system;
#[cfg(test)]
mod test_world;
pub mod text;
pub mod use_code;
pub mod use_record;
pub mod verification;
pub mod watch;
pub mod work_item;
