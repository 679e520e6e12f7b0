//! demo
use std::process::ExitCode;
/// Options
#[derive(Debug, clap::Args)]
pub(crate) struct Options {}
pub(crate) async fn run(_options: Options) -> Result<ExitCode, Box<dyn std::error::Error + Send + Sync>> { Ok(ExitCode::SUCCESS) }
