//! Processes that a comparison starts, and ends again.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::net::TcpStream;
use tokio::process::{ChildStdout, Command};
use tokio::time::{interval, timeout};

use crate::Error;

/// Nobody needs longer to start, or to end. A gateway reads a million grants first.
const PATIENCE: Duration = Duration::from_mins(2);

/// How often a starting process is tried.
const TRY: Duration = Duration::from_millis(20);

/// How much of a log is shown when its process failed, in bytes.
const SHOWN: usize = 2000;

/// A process of our own. Dropped before it was stopped, it is asked to end.
#[derive(Debug)]
pub struct Child {
    name: String,
    process: tokio::process::Child,
    output: Option<Lines<BufReader<ChildStdout>>>,
    log: PathBuf,
}

impl Child {
    /// Starts a process; its errors go to `{name}.log` in the folder.
    ///
    /// # Errors
    /// When there is no such program, or the folder cannot be written to.
    pub fn start(name: &str, command: &mut Command, folder: &Path) -> Result<Self, Error> {
        let log = folder.join(format!("{name}.log"));
        let mut process = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(&log)?)
            .spawn()
            .map_err(|error| format!("{name} cannot be started: {error}"))?;
        let output = process.stdout.take();
        Ok(Self {
            name: name.to_owned(),
            process,
            output: output.map(|pipe| BufReader::new(pipe).lines()),
            log,
        })
    }

    /// The process id.
    ///
    /// # Errors
    /// When it has ended.
    pub fn pid(&self) -> Result<u32, Error> {
        self.process.id().ok_or_else(|| self.ended())
    }

    /// The first line it prints.
    ///
    /// # Errors
    /// When it ends before, or says nothing for two minutes.
    pub async fn first_line(&mut self) -> Result<String, Error> {
        let line = match &mut self.output {
            Some(lines) => timeout(PATIENCE, lines.next_line()).await??,
            None => None,
        };
        line.ok_or_else(|| self.ended())
    }

    /// Waits until somebody accepts connections at the address.
    ///
    /// # Errors
    /// When the process ends before, or nobody does for two minutes.
    pub async fn reachable(&mut self, address: SocketAddr) -> Result<(), Error> {
        let mut clock = interval(TRY);
        let tried = async {
            loop {
                clock.tick().await;
                if self.process.try_wait()?.is_some() {
                    return Err(self.ended());
                }
                if TcpStream::connect(address).await.is_ok() {
                    return Ok(());
                }
            }
        };
        timeout(PATIENCE, tried).await?
    }

    /// Asks the process to end, and waits for it; kills it when it does not.
    ///
    /// # Errors
    /// When it cannot be waited for.
    pub async fn stop(mut self) -> Result<(), Error> {
        self.ask_to_end();
        if timeout(PATIENCE, self.process.wait()).await.is_err() {
            self.process.kill().await?;
        }
        Ok(())
    }

    /// SIGTERM: nginx would leave its workers behind if it were killed.
    fn ask_to_end(&self) {
        if let Some(pid) = self.process.id() {
            // It fails only when the process has ended by itself.
            let _ = std::process::Command::new("kill")
                .args(["-TERM", &pid.to_string()])
                .status();
        }
    }

    fn ended(&self) -> Error {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let from = log.floor_char_boundary(log.len().saturating_sub(SHOWN));
        let end = log.get(from..).unwrap_or_default();
        format!("{} ended; its log ends with:\n{end}", self.name).into()
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        if matches!(self.process.try_wait(), Ok(None)) {
            self.ask_to_end();
        }
    }
}

/// A loopback address that was free a moment ago, for programs that cannot take port 0.
///
/// # Errors
/// When there is none.
pub fn free_address() -> Result<SocketAddr, Error> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}
