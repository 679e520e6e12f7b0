//! Why a folder cannot be used.

use std::io;
use std::path::{Path, PathBuf};

/// A folder cannot be read, written or used. The text says what to do and holds no key.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// A file cannot be read.
    #[error("{path} cannot be read: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// A file cannot be written.
    #[error("{path} cannot be written: {source}")]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// A key that others than its owner can read or change.
    #[error(
        "{path} has mode {mode:04o}: others can read the key or change it. Run `chmod 600 {path}`; if others may have \
         read it, revoke the certificate and enrol with a new key"
    )]
    Open {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// A file that holds no certificate.
    #[error("{path} is not a certificate in PEM")]
    Certificate {
        /// The file.
        path: PathBuf,
    },
    /// The system's randomness fails.
    #[error("no key could be made: {0}")]
    Key(#[from] rcgen::Error),
}

impl FolderError {
    /// Whether a file is not there.
    pub fn is_absence(&self) -> bool {
        matches!(self, Self::Read { source, .. } if source.kind() == io::ErrorKind::NotFound)
    }
}

pub(crate) fn reading(path: &Path) -> impl FnOnce(io::Error) -> FolderError {
    let path = path.to_owned();
    move |source| FolderError::Read { path, source }
}

pub(crate) fn writing(path: &Path) -> impl FnOnce(io::Error) -> FolderError {
    let path = path.to_owned();
    move |source| FolderError::Write { path, source }
}
