//! Where programs and files are.

use std::path::{Path, PathBuf};

use crate::Error;

/// The programs and the folder, as named on the command line.
#[derive(Clone, Debug, clap::Args)]
pub struct Programs {
    /// A folder for keys, configurations, logs and data, on the disk that is to be measured
    /// (by default a temporary one that is removed).
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
    /// The nginx program.
    #[arg(long, value_name = "PATH", default_value = "nginx")]
    nginx: PathBuf,
    /// The haproxy program.
    #[arg(long, value_name = "PATH", default_value = "haproxy")]
    haproxy: PathBuf,
    /// The gateway's program (by default the one built beside this).
    #[arg(long, value_name = "PATH")]
    shuqiao: Option<PathBuf>,
    /// The gateway's program built with the feature `unrecorded`, for the contender of that name.
    #[arg(long, value_name = "PATH")]
    unrecorded: Option<PathBuf>,
}

/// The same, found and made. A temporary folder goes with it.
#[derive(Debug)]
pub struct Places {
    /// A folder of our own for configurations, keys, logs and data.
    pub folder: PathBuf,
    /// The echo-server program.
    pub echo_server: PathBuf,
    /// The nginx program.
    pub nginx: PathBuf,
    /// The `HAProxy` program.
    pub haproxy: PathBuf,
    /// The gateway's program.
    pub shuqiao: PathBuf,
    unrecorded: Option<PathBuf>,
    /// How many workers or threads a proxy gets, from 1: the cores of the machine.
    pub cores: usize,
    temporary: bool,
}

impl Places {
    /// Finds the programs beside this one, and makes the folder.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn find(programs: &Programs) -> Result<Self, Error> {
        let own = std::env::current_exe()?;
        let beside = |name: &str| own.with_file_name(name);
        let name = format!("shuqiao-bench-{}", std::process::id());
        let folder = programs.folder.clone();
        let temporary = folder.is_none();
        let folder = folder.unwrap_or_else(|| std::env::temp_dir().join(name));
        std::fs::create_dir_all(&folder)?;
        Ok(Self {
            folder: folder.canonicalize()?,
            echo_server: beside("echo-server"),
            nginx: programs.nginx.clone(),
            haproxy: programs.haproxy.clone(),
            shuqiao: programs
                .shuqiao
                .clone()
                .unwrap_or_else(|| beside("shuqiao")),
            unrecorded: programs.unrecorded.clone(),
            cores: std::thread::available_parallelism()?.get(),
            temporary,
        })
    }

    /// The same programs in a folder within.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn within(&self, name: &str) -> Result<Self, Error> {
        let folder = self.folder.join(name);
        std::fs::create_dir_all(&folder)?;
        Ok(Self {
            folder,
            echo_server: self.echo_server.clone(),
            nginx: self.nginx.clone(),
            haproxy: self.haproxy.clone(),
            shuqiao: self.shuqiao.clone(),
            unrecorded: self.unrecorded.clone(),
            cores: self.cores,
            temporary: false,
        })
    }

    /// The gateway's program that records nothing.
    ///
    /// # Errors
    /// When none was named.
    pub fn unrecorded(&self) -> Result<&Path, Error> {
        let named = self.unrecorded.as_deref();
        named.ok_or_else(|| "name a build with the feature `unrecorded` by --unrecorded".into())
    }

    /// The folder whose disk is measured.
    pub fn disk(&self) -> &Path {
        &self.folder
    }
}

impl Drop for Places {
    fn drop(&mut self) {
        if self.temporary {
            // A temporary folder that stays behind is untidy, not wrong.
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}
