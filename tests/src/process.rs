//! The real program, as a process of its own that can be killed.

use std::io::{BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Condvar, Mutex, OnceLock};
use std::thread::JoinHandle;
use std::time::Duration;

use broker::Step;
use sandbox::identity::{GatewayAddress, Identity};
use serde_json::Value;

use crate::folder::Folder;

/// A process that says nothing for so long has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// Builds the binaries of the workspace once, and returns the folder they are in.
///
/// # Panics
/// When they do not build.
pub fn binaries() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        // Set by `cargo test`; a test binary that is run by hand finds it on the path.
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut build = Command::new(cargo);
        // Those of the test's own package; build scripts that look at them would run again, and
        // half of the dependencies with them, each time that the two builds take turns.
        let of_package = [
            "CARGO_PKG_",
            "CARGO_MANIFEST_",
            "CARGO_CRATE_",
            "CARGO_PRIMARY_",
        ];
        for (name, _) in std::env::vars() {
            if of_package.iter().any(|prefix| name.starts_with(prefix)) {
                build.env_remove(name);
            }
        }
        build.args(["build", "--workspace", "--bins", "--quiet"]);
        if !cfg!(debug_assertions) {
            build.arg("--release");
        }
        // What `cargo test` says of this package; build scripts that listen to it (ring's) would
        // run again, and most of the workspace after them.
        for (name, _) in std::env::vars_os() {
            let of_package = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_EXE_"];
            if of_package
                .iter()
                .any(|prefix| name.to_string_lossy().starts_with(prefix))
            {
                build.env_remove(name);
            }
        }
        build.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."));
        assert!(
            build.status().unwrap().success(),
            "the binaries do not build"
        );
        // The test binary stands in `deps`, one folder below.
        let own = std::env::current_exe().unwrap();
        own.ancestors().nth(2).unwrap().to_owned()
    })
}

/// A `shuqiao serve` that is ready.
#[derive(Debug)]
pub struct Program {
    child: Child,
    log: Arc<Log>,
    readers: Vec<JoinHandle<()>>,
    ready: Value,
}

/// What a test configures.
#[derive(Debug)]
pub struct Config<'a> {
    /// The folder of keys and of the embedded database.
    pub data: &'a Path,
    /// Another database than the embedded one.
    pub database: Option<&'a str>,
    /// Further lines of the configuration file.
    pub more: &'a str,
    /// The step at which the program stops for good.
    pub pause_at: Option<Step>,
}

impl<'a> Config<'a> {
    /// The embedded database in this folder, without pause.
    #[must_use]
    pub fn new(data: &'a Folder) -> Self {
        Self {
            data: data.path(),
            database: None,
            more: "",
            pause_at: None,
        }
    }

    fn text(&self) -> String {
        let quoted = |text: &str| Value::from(text).to_string();
        let database = self
            .database
            .map_or_else(String::new, |url| format!("database = {}\n", quoted(url)));
        format!(
            "data = {}\n{database}grpc_listen = \"127.0.0.1:0\"\nadmin_listen = \"127.0.0.1:0\"\n\
             endpoint_networks = [\"127.0.0.0/8\"]\nendpoint_loopback = true\n{}\n",
            quoted(&self.data.display().to_string()),
            self.more
        )
    }
}

impl Program {
    /// Starts the program and waits until it says that it is ready.
    ///
    /// # Panics
    /// When it ends, or says nothing, before that; its log is shown.
    #[must_use]
    pub fn serve(config: &Config<'_>) -> Self {
        let file = config.data.join("test.toml");
        std::fs::write(&file, config.text()).unwrap();
        let mut command = Command::new(binaries().join("shuqiao"));
        command
            .arg("serve")
            .arg("--config")
            .arg(&file)
            .env_remove("SHUQIAO_PAUSE_AT");
        if let Some(step) = config.pause_at {
            command.env("SHUQIAO_PAUSE_AT", step.as_str());
        }
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let log = Arc::new(Log::default());
        let errors = read_log(child.stderr.take().unwrap(), Arc::clone(&log));
        let (first_line, output) = read_first_line(child.stdout.take().unwrap());
        let first = first_line.recv_timeout(PATIENCE);
        let Ok(ready) = serde_json::from_str(first.as_deref().unwrap_or_default()) else {
            let _ = child.kill();
            let _ = child.wait();
            panic!(
                "the program is not ready; it said:\n{first:?}\n{}",
                log.text()
            );
        };
        Self {
            child,
            log,
            readers: vec![errors, output],
            ready,
        }
    }

    /// A field of the line that it printed when it was ready.
    ///
    /// # Panics
    /// When there is no such text in it.
    #[must_use]
    pub fn ready(&self, field: &str) -> &str {
        self.ready[field]
            .as_str()
            .unwrap_or_else(|| panic!("no {field} in {}", self.ready))
    }

    /// Where its gRPC is reached.
    ///
    /// # Panics
    /// When the file of its authority cannot be read.
    #[must_use]
    pub fn address(&self) -> GatewayAddress {
        GatewayAddress {
            address: self.ready("grpc").to_owned(),
            server_name: "127.0.0.1".to_owned(),
            authority_pem: std::fs::read_to_string(self.ready("authority")).unwrap(),
        }
    }

    /// The certificate of its first operator.
    ///
    /// # Panics
    /// When its files cannot be read.
    #[must_use]
    pub fn operator(&self) -> Identity {
        let folder = Path::new(self.ready("operator"));
        let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
        Identity {
            certificate_pem: read("certificate.pem"),
            key_pem: read("key.pem"),
            authority_pem: read("authority.pem"),
        }
    }

    /// Waits until the program has stopped at a step.
    ///
    /// # Panics
    /// When it does not; its log is shown.
    pub fn wait_for_pause(&self, step: Step) {
        let paused = |line: &Value| {
            let fields = &line["fields"];
            let message = fields["message"].as_str().or(line["message"].as_str());
            let at = fields["step"].as_str().or(line["step"].as_str());
            message == Some("paused") && at == Some(step.as_str())
        };
        assert!(
            self.log.wait_for(paused),
            "no pause at {step:?}:\n{}",
            self.log.text()
        );
    }

    /// Everything it has logged.
    #[must_use]
    pub fn log(&self) -> String {
        self.log.text()
    }

    /// Kills it with SIGKILL: no flush, no farewell.
    ///
    /// # Panics
    /// When it cannot be killed.
    pub fn kill(mut self) {
        self.end();
    }

    /// Asks it to end with SIGTERM and returns whether it ended well.
    ///
    /// # Panics
    /// When it cannot be asked.
    #[must_use]
    pub fn terminate(mut self) -> bool {
        let pid = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &pid])
                .status()
                .unwrap()
                .success()
        );
        self.child.wait().unwrap().success()
    }

    fn end(&mut self) {
        // Both fail only when it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        for reader in self.readers.drain(..) {
            let _ = reader.join();
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.end();
    }
}

// === what the program says ===

#[derive(Debug, Default)]
struct Log {
    state: Mutex<LogState>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct LogState {
    lines: Vec<String>,
    ended: bool,
}

impl Log {
    /// Waits for a line of JSON; gives up when the log ends or nothing comes for too long.
    fn wait_for(&self, wanted: impl Fn(&Value) -> bool) -> bool {
        let mut seen = 0;
        let mut state = self.state.lock().unwrap();
        loop {
            let new = &state.lines[seen..];
            if new
                .iter()
                .filter_map(|line| serde_json::from_str(line).ok())
                .any(|line| wanted(&line))
            {
                return true;
            }
            seen = state.lines.len();
            if state.ended {
                return false;
            }
            let (next, waited) = self.changed.wait_timeout(state, PATIENCE).unwrap();
            if waited.timed_out() {
                return false;
            }
            state = next;
        }
    }

    fn text(&self) -> String {
        self.state.lock().unwrap().lines.join("\n")
    }

    fn change(&self, change: impl FnOnce(&mut LogState)) {
        change(&mut self.state.lock().unwrap());
        self.changed.notify_all();
    }
}

fn read_log(from: impl Read + Send + 'static, log: Arc<Log>) -> JoinHandle<()> {
    std::thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            log.change(|state| state.lines.push(line));
        }
        log.change(|state| state.ended = true);
    })
}

/// Gives the first line and reads on to the end, since a full pipe would stop the program.
fn read_first_line(from: impl Read + Send + 'static) -> (Receiver<String>, JoinHandle<()>) {
    let (found, first) = mpsc::channel();
    let reader = std::thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            // Only the first is awaited.
            let _ = found.send(line);
        }
    });
    (first, reader)
}
