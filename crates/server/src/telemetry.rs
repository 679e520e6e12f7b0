//! Logs: JSON lines on stderr. stdout belongs to data.

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::prelude::*;

/// Starts logging. Quiet shows warnings only, for the demo, whose talk is for people.
pub(crate) fn start(quiet: bool) {
    let own = if quiet {
        LevelFilter::ERROR
    } else {
        LevelFilter::INFO
    };
    // Libraries log addresses and headers at debug; nothing below warnings is wanted of them.
    let filter = Targets::new()
        .with_default(LevelFilter::WARN)
        .with_target("shuqiao", own)
        .with_target("broker", own)
        .with_target("store", own)
        // sqlx logs slow statements with their text.
        .with_target("sqlx", LevelFilter::ERROR);
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .with_writer(std::io::stderr);
    // A second start in one process, as tests may do, keeps the first.
    let _ = tracing_subscriber::registry()
        .with(lines.with_filter(filter))
        .try_init();
}
