//! The gateway binary: `serve`, `demo`, `seed`, `migrate`, `check-config`, `authority`.

mod authorities;
mod config;
mod demo;
mod edge;
mod grpc;
mod jobs;
mod json;
mod keys;
mod listener;
mod listening;
mod metrics;
mod peers;
mod seed;
mod serve;
mod signatures;
mod status;
mod telemetry;
#[cfg(test)]
mod testing;
mod tls;
mod workers;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use broker::clock::{Clock as _, SystemClock};
use clap::{Parser, Subcommand};

use config::Config;

/// Allocation took a sixth of the serving threads' time under the system's allocator
/// (docs/PERFORMANCE.md). What this one saves was not measured side by side.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Shuqiao 数桥: a city's gateway for sharing government data.
#[derive(Debug, Parser)]
#[command(version, about, long_about = None, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the gateway alone.
    ///
    /// Example: shuqiao serve --config deploy/shuqiao.sqlite.toml
    ///
    /// Prints one line of JSON on stdout when everything is bound; logs go to stderr.
    Serve {
        /// The configuration file (TOML).
        #[arg(long)]
        config: PathBuf,
    },
    /// Play the story of a first certificate lookup with simulated departments.
    ///
    /// Needs nothing but this binary. `--exit` ends after the story, with a code that says whether
    /// every step came out as expected; without it, traffic goes on until Ctrl-C.
    Demo(demo::Options),
    /// Validate a folder of seeds and list all its faults with file and line.
    ///
    /// Example: shuqiao seed --check seeds
    Seed {
        /// The folder.
        #[arg(long, value_name = "DIR")]
        check: PathBuf,
    },
    /// Bring the database to the schema of this version, and end.
    Migrate {
        /// The configuration file (TOML).
        #[arg(long)]
        config: PathBuf,
    },
    /// List, change and drop the keys of the two certificate authorities on this machine.
    ///
    /// Example: shuqiao authority roll --config deploy/shuqiao.sqlite.toml --which callers
    #[command(subcommand)]
    Authority(authorities::Command),
    /// Check a configuration file and list all its faults, without starting anything.
    CheckConfig {
        /// The configuration file (TOML).
        #[arg(long)]
        config: PathBuf,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // The first crypto provider installed is the one for all; ours is ring.
    let installed = rustls::crypto::ring::default_provider().install_default();
    if installed.is_err() {
        return complain("another TLS provider was installed first");
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return complain(&format!("the runtime cannot start: {error}")),
    };
    match runtime.block_on(run(arguments.command)) {
        Ok(code) => code,
        Err(error) => complain(&chain(error.as_ref())),
    }
}

async fn run(command: Command) -> Result<ExitCode, Box<dyn std::error::Error + Send + Sync>> {
    match command {
        Command::Serve { config } => {
            telemetry::start(false);
            serve::run(&Config::read(&config)?).await?;
        }
        Command::Demo(options) => {
            telemetry::start(true);
            return demo::run(options).await;
        }
        Command::Seed { check } => {
            if !seed::check(&check)? {
                return Ok(ExitCode::FAILURE);
            }
        }
        Command::Migrate { config } => {
            let config = Config::read(&config)?;
            keys::make_folder(&config.data)?;
            store::Store::open(&config.database).await?.close().await;
            writeln!(
                std::io::stdout(),
                "{:?} is at the schema of this version",
                config.database
            )?;
        }
        Command::Authority(command) => authorities::run(&command, SystemClock.now())?,
        Command::CheckConfig { config } => {
            let read = Config::read(&config)?;
            let mut said = std::io::stdout();
            writeln!(said, "{} can be used", config.display())?;
            writeln!(said, "endpoints may lie in {}", read.endpoint_networks)?;
            if read.endpoint_networks.reach_this_machine() {
                writeln!(said, "{}", config::ON_THIS_MACHINE)?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn complain(message: &str) -> ExitCode {
    // Nothing is left to do when stderr is gone too.
    let _ = writeln!(std::io::stderr(), "shuqiao: {message}");
    ExitCode::FAILURE
}

/// An error with what lies behind it: the outer text says which step, the inner ones why.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text = format!("{text}: {inner}");
        source = inner.source();
    }
    text
}
