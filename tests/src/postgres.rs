//! A throw-away PostgreSQL, started from the installed binaries.
//!
//! One server serves all tests of a run that need one at the same time, each in a database of its
//! own; it stops when the last of them is done. `initdb` refuses root, so root drops to the user
//! `postgres` or `nobody` first.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, Once, PoisonError, Weak};
use std::thread::JoinHandle;
use std::time::Duration;

use sqlx::{Connection as _, PgConnection};

use crate::folder::Folder;
use crate::tables::vouched::Shown;

/// A start that takes longer has failed.
const START: Duration = Duration::from_secs(60);
/// The port is free when it is looked for; somebody may take it before the server does.
const ATTEMPTS: usize = 5;
/// What the server says when it accepts connections.
const READY: &str = "database system is ready to accept connections";
/// Lines of the server's log that are shown when it does not start.
const KEPT_LINES: usize = 20;

/// A running server.
#[derive(Debug)]
pub struct Server {
    process: Mutex<Option<Process>>,
    install: Install,
    folder: Folder,
    port: u16,
    databases: AtomicU32,
}

static SHARED: Mutex<Weak<Server>> = Mutex::new(Weak::new());

impl Server {
    /// The server that the tests of this run share; none where PostgreSQL is not installed.
    ///
    /// # Panics
    /// When it is not installed although `CI=true`, or does not start.
    #[must_use]
    pub fn shared() -> Option<Arc<Self>> {
        let install = installed()?;
        // Another test may have panicked with the lock; the pointer is whole all the same.
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(server) = shared.upgrade() {
            return Some(server);
        }
        let server = Arc::new(Self::start(install));
        *shared = Arc::downgrade(&server);
        Some(server)
    }

    /// A server for one test alone, which may kill it.
    ///
    /// # Panics
    /// As [`Server::shared`].
    #[must_use]
    pub fn own() -> Option<Arc<Self>> {
        Some(Arc::new(Self::start(installed()?)))
    }

    /// Makes a new, empty database and returns its URL.
    ///
    /// # Panics
    /// When the server does not do it.
    pub async fn create_database(&self) -> String {
        let number = self.databases.fetch_add(1, Ordering::Relaxed);
        let name = format!("test_{number}");
        self.execute(&format!("CREATE DATABASE {name}")).await;
        self.url(&name)
    }

    /// Removes a database of [`Server::create_database`], whoever is still connected to it.
    ///
    /// # Panics
    /// When the server does not do it.
    pub async fn drop_database(&self, url: &str) {
        let name = url.rsplit('/').next().unwrap_or_default();
        self.execute(&format!("DROP DATABASE {name} WITH (FORCE)"))
            .await;
    }

    /// Removes a role that owns nothing any more.
    ///
    /// # Panics
    /// When the server does not do it.
    pub async fn drop_role(&self, name: &str) {
        self.execute(&format!("DROP ROLE IF EXISTS {name}")).await;
    }

    /// Makes the server offer TLS with this certificate from now on; it starts anew for it.
    ///
    /// # Panics
    /// When it is not running, or does not start.
    pub fn offer_tls(&self, shown: &Shown) {
        let data = self.folder.path().join("data");
        for (file, pem) in [
            ("server.crt", &shown.certificate_pem),
            ("server.key", &shown.key_pem),
            ("tls.conf", &"ssl = on\n".to_owned()),
        ] {
            leave_for(self.install.user.as_ref(), &data.join(file), pem);
        }
        let settings = std::fs::read_to_string(data.join("postgresql.conf")).unwrap();
        let include = "include 'tls.conf'\n";
        if !settings.ends_with(include) {
            std::fs::write(data.join("postgresql.conf"), settings + include).unwrap();
        }
        self.kill();
        self.start_again();
    }

    /// Kills the server as a power cut of its process would: no flush, no farewell.
    ///
    /// # Panics
    /// When it is not running.
    pub fn kill(&self) {
        let running = self.process.lock().unwrap().take();
        running.expect("the server runs").end("-KILL");
    }

    /// Starts the server again after [`Server::kill`], on the same port and data.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start_again(&self) {
        let started = Process::start(self.install.server(self.folder.path(), self.port), READY);
        *self.process.lock().unwrap() = Some(started.unwrap_or_else(|log| panic!("{log}")));
    }

    fn start(install: Install) -> Self {
        let mut last_log = String::new();
        for _ in 0..ATTEMPTS {
            let folder = Folder::new("postgres");
            install.prepare(folder.path());
            let port = free_port();
            match Process::start(install.server(folder.path(), port), READY) {
                Ok(process) => {
                    let (process, databases) = (Mutex::new(Some(process)), AtomicU32::new(0));
                    return Self {
                        process,
                        install,
                        folder,
                        port,
                        databases,
                    };
                }
                Err(log) => last_log = log,
            }
        }
        panic!("PostgreSQL did not start:\n{last_log}");
    }

    fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    async fn execute(&self, statement: &str) {
        let mut connection = PgConnection::connect(&self.url("postgres")).await.unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement))
            .execute(&mut connection)
            .await
            .unwrap();
        connection.close().await.unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let process = self
            .process
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(process) = process {
            // Fast shutdown: sessions are ended, files are closed.
            process.end("-INT");
        }
    }
}

// === the server's process ===

/// The process, held by a thread of its own: `--pdeathsig` looks at the thread that started it, and
/// the thread of a test ends with the test.
#[derive(Debug)]
pub(crate) struct Process {
    end: Sender<&'static str>,
    keeper: JoinHandle<()>,
}

impl Process {
    /// Starts the server and waits until it says that it accepts connections; else gives its log.
    pub(crate) fn start(command: Command, word: &'static str) -> Result<Self, String> {
        let (end, told) = mpsc::channel();
        let (report, ready) = mpsc::channel();
        let keeper = std::thread::spawn(move || keep(command, word, &report, &told));
        match ready.recv_timeout(START) {
            Ok(Ok(())) => Ok(Self { end, keeper }),
            Ok(Err(log)) => {
                let _ = keeper.join();
                Err(log)
            }
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                Self { end, keeper }.end("-KILL");
                Err(format!("no word from the server within {START:?}"))
            }
        }
    }

    pub(crate) fn end(self, signal: &'static str) {
        // When the keeper has gone, so has its child.
        let _ = self.end.send(signal);
        let _ = self.keeper.join();
    }
}

fn keep(
    mut command: Command,
    word: &'static str,
    report: &Sender<Result<(), String>>,
    told: &Receiver<&'static str>,
) {
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => {
            let _ = report.send(Err(format!("{command:?}: {error}")));
            return;
        }
    };
    let log = child.stderr.take().expect("stderr is piped");
    let told_ready = report.clone();
    let reader = std::thread::spawn(move || read_log(BufReader::new(log), word, &told_ready));
    let signal = told.recv().unwrap_or("-KILL");
    signal_and_wait(&mut child, signal);
    let _ = reader.join();
}

/// Reads to the end, since a full pipe would stop the server.
fn read_log(log: impl BufRead, word: &str, report: &Sender<Result<(), String>>) {
    let mut kept = VecDeque::with_capacity(KEPT_LINES);
    for line in log.lines().map_while(Result::ok) {
        if line.ends_with(word) {
            let _ = report.send(Ok(()));
        }
        if kept.len() == KEPT_LINES {
            kept.pop_front();
        }
        kept.push_back(line);
    }
    // Heard only when the server ended before it was ready.
    let _ = report.send(Err(Vec::from(kept).join("\n")));
}

fn signal_and_wait(child: &mut Child, signal: &str) {
    let sent = Command::new("kill")
        .args([signal, &child.id().to_string()])
        .status();
    if !sent.is_ok_and(|status| status.success()) {
        let _ = child.kill();
    }
    let _ = child.wait();
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

// === the installed binaries ===

/// Where the binaries are, and as whom they run.
#[derive(Clone, Debug)]
pub(crate) struct Install {
    bin: PathBuf,
    /// Name, user id and group id to drop to; none when the tests do not run as root.
    user: Option<(String, u32, u32)>,
}

/// Looks once for the binaries and says so in one line when there are none.
fn installed() -> Option<Install> {
    static SAID: Once = Once::new();
    let Some(bin) = find_binaries() else {
        let message = "no PostgreSQL (initdb, postgres) is installed";
        assert!(
            !in_ci(),
            "{message}; with CI=true its half of the suite must run"
        );
        SAID.call_once(|| {
            // Not `eprintln!`, which the test harness keeps to itself when a test passes.
            let _ = writeln!(
                std::io::stderr(),
                "{message}: its half of the suite is passed over"
            );
        });
        return None;
    };
    let user = Install::user();
    Some(Install { bin, user })
}

/// A binary of another server, of `PATH` or the folder of system programs.
///
/// # Panics
/// When there is none although `CI=true`.
pub(crate) fn find_binary(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path)
        .chain([PathBuf::from("/usr/sbin")])
        .map(|folder| folder.join(name))
        .find(|binary| binary.is_file());
    let missing = format!("{name} is not installed; with CI=true its part of the suite must run");
    assert!(found.is_some() || !in_ci(), "{missing}");
    found
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one switch of the suite, set by every CI service"
)]
fn in_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| value == "true")
}

/// A folder with both binaries: of `PATH`, else the newest of Debian's.
fn find_binaries() -> Option<PathBuf> {
    let has_both = |bin: &PathBuf| {
        ["initdb", "postgres"]
            .iter()
            .all(|name| bin.join(name).is_file())
    };
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .map(|entries| {
            entries
                .filter_map(Result::ok)
                .map(|entry| entry.path().join("bin"))
                .collect()
        })
        .unwrap_or_default();
    versions.sort_by_key(|bin| {
        let version = bin
            .parent()
            .and_then(Path::file_name)
            .and_then(|name| name.to_str());
        version.and_then(|version| version.parse::<u32>().ok())
    });
    std::env::split_paths(&path)
        .chain(versions.into_iter().rev())
        .find(has_both)
}

/// Leaves a file that only the server may read.
pub(crate) fn leave_for(user: Option<&(String, u32, u32)>, path: &Path, text: &str) {
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
    if let Some((_, uid, gid)) = user {
        std::os::unix::fs::chown(path, Some(*uid), Some(*gid)).unwrap();
    }
}

fn user_ids(name: &str) -> Option<(String, u32, u32)> {
    let users = std::fs::read_to_string("/etc/passwd").ok()?;
    let fields: Vec<&str> = users
        .lines()
        .map(|line| line.split(':').collect())
        .find(|f: &Vec<&str>| f.first() == Some(&name))?;
    Some((
        name.to_owned(),
        fields.get(2)?.parse().ok()?,
        fields.get(3)?.parse().ok()?,
    ))
}

impl Install {
    /// Whom root drops to.
    pub(crate) fn user() -> Option<(String, u32, u32)> {
        let root = std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0);
        root.then(|| {
            let found = ["postgres", "nobody"].into_iter().find_map(user_ids);
            found.expect("root has a user postgres or nobody to drop to")
        })
    }

    /// Makes the empty cluster.
    fn prepare(&self, folder: &Path) {
        if let Some((_, uid, gid)) = &self.user {
            std::os::unix::fs::chown(folder, Some(*uid), Some(*gid)).unwrap();
        }
        let made = self
            .command("initdb")
            .args([
                "--username=postgres",
                "--auth=trust",
                "--encoding=UTF8",
                "--no-locale",
            ])
            .args(["--no-sync", "--no-instructions", "--pgdata"])
            .arg(folder.join("data"))
            .output()
            .unwrap();
        assert!(
            made.status.success(),
            "initdb: {}",
            String::from_utf8_lossy(&made.stderr)
        );
    }

    fn server(&self, folder: &Path, port: u16) -> Command {
        let mut command = self.command("postgres");
        command
            .arg("-D")
            .arg(folder.join("data"))
            .arg("-p")
            .arg(port.to_string());
        for setting in [
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            "max_connections=300",
            "lc_messages=C",
            // The cluster is thrown away; a killed process loses nothing that the kernel has.
            "fsync=off",
            "full_page_writes=off",
        ] {
            command.args(["-c", setting]);
        }
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        command
    }

    fn command(&self, name: &str) -> Command {
        Self::dropped(&self.bin.join(name), self.user.as_ref())
    }

    /// A binary, run as whom root drops to.
    pub(crate) fn dropped(binary: &Path, user: Option<&(String, u32, u32)>) -> Command {
        let mut command = match user {
            None => Command::new(binary),
            Some((_, uid, gid)) => {
                let mut command = Command::new("setpriv");
                // A killed test leaves no server behind.
                command
                    .arg(format!("--reuid={uid}"))
                    .arg(format!("--regid={gid}"));
                command
                    .args(["--clear-groups", "--pdeathsig=KILL"])
                    .arg(binary);
                command
            }
        };
        // The folder of the tests may be closed to the other user.
        command.current_dir("/");
        command
    }
}
