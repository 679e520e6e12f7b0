//! `shuqiaoctl` as an engineer runs it: the real program, with an identity in a folder.

use std::fs::Permissions;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use sandbox::identity::Identity;
use serde_json::Value;

use super::{Client, World};
use crate::folder::Folder;
use crate::process::binaries;

/// How a command ended and what it said.
#[derive(Debug)]
pub struct Ran {
    /// The exit code: 0 all is well, 1 the answer is no or there is none, 2 the command line is wrong.
    pub code: i32,
    /// Its answer.
    pub said: String,
    /// Talk and errors.
    pub told: String,
}

/// Runs a command that asks no gateway.
///
/// # Panics
/// When it cannot be run.
#[must_use]
pub fn shuqiaoctl(arguments: &[&str]) -> Ran {
    run(
        Command::new(binaries().join("shuqiaoctl")).args(arguments),
        "",
    )
}

/// Runs the gateway's own program with other arguments than to serve.
///
/// # Panics
/// When it cannot be run.
#[must_use]
pub fn shuqiao(arguments: &[&str]) -> Ran {
    run(Command::new(binaries().join("shuqiao")).args(arguments), "")
}

impl World {
    /// Runs a command as somebody.
    ///
    /// # Panics
    /// When it cannot be run.
    #[must_use]
    pub fn shuqiaoctl(&self, who: &Client, arguments: &[&str]) -> Ran {
        self.shuqiaoctl_typing(who, arguments, "")
    }

    /// Runs a command against this gateway, as whoever its arguments say.
    ///
    /// # Panics
    /// When it cannot be run.
    #[must_use]
    pub fn shuqiaoctl_bare(&self, arguments: &[&str]) -> Ran {
        let mut command = Command::new(binaries().join("shuqiaoctl"));
        command
            .args(["--server", &self.gateway.address])
            .args(arguments);
        run(&mut command, "")
    }

    /// Runs a command as somebody who types into it what others may not read off a command line.
    ///
    /// # Panics
    /// When it cannot be run.
    #[must_use]
    pub fn shuqiaoctl_typing(&self, who: &Client, arguments: &[&str], typed: &str) -> Ran {
        let folder = Folder::new("identity");
        leave(&who.identity, folder.path());
        let mut command = Command::new(binaries().join("shuqiaoctl"));
        command
            .args(["--server", &self.gateway.address])
            .arg("--identity")
            .arg(folder.path())
            .args(arguments);
        run(&mut command, typed)
    }
}

impl Ran {
    /// The last line of the answer, which is JSON.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn json(&self) -> Value {
        let last = self.said.lines().last();
        let last = last.unwrap_or_else(|| panic!("no answer: {}", self.told));
        serde_json::from_str(last).unwrap()
    }

    /// The words of the first line of the answer that begins with this one.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn line(&self, first: &str) -> Vec<&str> {
        let mut lines = self.said.lines().map(|line| line.split_whitespace());
        let found = lines.find(|words| words.clone().next() == Some(first));
        let found = found.unwrap_or_else(|| panic!("no {first} in {self:?}"));
        found.collect()
    }
}

/// Leaves an identity in a folder, as enrolment does.
///
/// # Panics
/// When the folder cannot be written.
pub fn leave(identity: &Identity, folder: &Path) {
    for (file, pem) in [
        ("certificate.pem", &identity.certificate_pem),
        ("key.pem", &identity.key_pem),
        ("authority.pem", &identity.authority_pem),
    ] {
        let path = folder.join(file);
        std::fs::write(&path, pem).unwrap();
        std::fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    }
}

fn run(command: &mut Command, typed: &str) -> Ran {
    command
        // What is set on the machine must not stand in for what a test leaves out.
        .env_remove("SHUQIAO_SERVER")
        .env_remove("SHUQIAO_IDENTITY")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A command that reads nothing may have closed its end already.
    let _ = child.stdin.take().unwrap().write_all(typed.as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ran {
        code: output.status.code().unwrap(),
        said: text(output.stdout),
        told: text(output.stderr),
    }
}
