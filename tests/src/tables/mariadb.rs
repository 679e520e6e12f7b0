//! A throw-away MariaDB, started from the installed binaries; see [`crate::postgres`].

use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};

use sqlx::mysql::{MySqlConnectOptions, MySqlConnection};
use sqlx::{ConnectOptions as _, Connection as _};

use crate::folder::Folder;
use crate::postgres::{Install, Process, find_binary, leave_for};
use crate::tables::vouched::Shown;

/// What the server says when it accepts connections.
const READY: &str = "ready for connections.";

/// A running server with an empty database `tables`.
#[derive(Debug)]
pub struct MariaDb {
    process: Option<Process>,
    // Dropped after the process.
    #[expect(dead_code, reason = "removed with the server")]
    folder: Folder,
    port: u16,
}

impl MariaDb {
    /// Starts one; none where MariaDB is not installed.
    ///
    /// # Panics
    /// When it is not installed although `CI=true`, or does not start.
    #[must_use]
    pub fn start() -> Option<Self> {
        Self::start_showing(None)
    }

    /// Starts one that offers TLS with this certificate, or none.
    ///
    /// # Panics
    /// As [`MariaDb::start`].
    #[must_use]
    pub fn start_showing(shown: Option<&Shown>) -> Option<Self> {
        let server = find_binary("mariadbd")?;
        let installer = find_binary("mariadb-install-db")?;
        let folder = Folder::new("mariadb");
        let user = Install::user();
        if let Some((_, uid, gid)) = &user {
            std::os::unix::fs::chown(folder.path(), Some(*uid), Some(*gid)).unwrap();
        }
        let made = Install::dropped(&installer, user.as_ref())
            .args(["--no-defaults", "--auth-root-authentication-method=normal"])
            .args(["--skip-test-db", "--skip-name-resolve"])
            .args(folders(folder.path()))
            .output()
            .unwrap();
        assert!(
            made.status.success(),
            "{}",
            String::from_utf8_lossy(&made.stderr)
        );
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let mut command: Command = Install::dropped(&server, user.as_ref());
        command
            .args([
                "--no-defaults",
                "--bind-address=127.0.0.1",
                "--skip-name-resolve",
            ])
            .args(["--skip-log-bin", "--innodb-flush-log-at-trx-commit=0"])
            .args(folders(folder.path()))
            .arg(format!("--socket={}", folder.join("socket").display()))
            .arg(format!("--pid-file={}", folder.join("pid").display()))
            .arg(format!("--port={port}"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        match shown {
            None => command.arg("--skip-ssl"),
            Some(shown) => {
                let (certificate, key) = (folder.join("server.crt"), folder.join("server.key"));
                leave_for(user.as_ref(), &certificate, &shown.certificate_pem);
                leave_for(user.as_ref(), &key, &shown.key_pem);
                command
                    .arg(format!("--ssl-cert={}", certificate.display()))
                    .arg(format!("--ssl-key={}", key.display()))
            }
        };
        let process = Process::start(command, READY).unwrap_or_else(|log| panic!("{log}"));
        let process = Some(process);
        Some(Self {
            process,
            folder,
            port,
        })
    }

    /// Host and port.
    #[must_use]
    pub fn place(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// A connection as administrator, to the database `tables`.
    ///
    /// # Panics
    /// When there is none.
    pub async fn connect(&self) -> MySqlConnection {
        let options = MySqlConnectOptions::new()
            .host("127.0.0.1")
            .port(self.port)
            .username("root");
        let mut connection = options.connect().await.unwrap();
        sqlx::raw_sql("CREATE DATABASE IF NOT EXISTS tables CHARACTER SET utf8mb4")
            .execute(&mut connection)
            .await
            .unwrap();
        connection.close().await.unwrap();
        options.database("tables").connect().await.unwrap()
    }
}

impl Drop for MariaDb {
    fn drop(&mut self) {
        if let Some(process) = self.process.take() {
            process.end("-KILL");
        }
    }
}

/// A server clears temporary tables away that it finds at its start, those of others too.
fn folders(folder: &Path) -> [String; 2] {
    let data = folder.join("data");
    [
        format!("--datadir={}", data.display()),
        format!("--tmpdir={}", folder.display()),
    ]
}
