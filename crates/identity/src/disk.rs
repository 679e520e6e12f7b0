//! Files and folders, written so that a power cut leaves no half of one.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use crate::fault::{FolderError, reading, writing};

/// Refuses a key that others than its owner may read.
pub(crate) fn must_be_private(key: &Path) -> Result<(), FolderError> {
    let about = fs::metadata(key).map_err(reading(key))?;
    let mode = about.permissions().mode() & 0o777;
    if mode.trailing_zeros() >= 6 {
        return Ok(());
    }
    let path = key.to_owned();
    Err(FolderError::Open { path, mode })
}

pub(crate) fn read(path: &Path) -> Result<String, FolderError> {
    fs::read_to_string(path).map_err(reading(path))
}

/// Makes a folder that only its owner can enter.
pub(crate) fn make_folder(path: &Path) -> Result<(), FolderError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(writing(path))
}

/// Writes a new file with its mode from the first moment on, down to the disk.
pub(crate) fn write(path: &Path, text: &str, mode: u32) -> Result<(), FolderError> {
    remove(path)?;
    let mut options = OpenOptions::new();
    let opened = options.write(true).create_new(true).mode(mode).open(path);
    let written = opened.and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    written.map_err(writing(path))
}

pub(crate) fn rename(from: &Path, to: &Path) -> Result<(), FolderError> {
    fs::rename(from, to).map_err(writing(to))
}

/// Makes what was renamed in a folder outlast a power cut.
pub(crate) fn settle(folder: &Path) -> Result<(), FolderError> {
    let settled = File::open(folder).and_then(|folder| folder.sync_all());
    settled.map_err(writing(folder))
}

/// Removes a file, a link or a folder; one that is not there is as good.
pub(crate) fn remove(path: &Path) -> Result<(), FolderError> {
    let removed = match fs::symlink_metadata(path) {
        Ok(about) if about.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(writing(path)(error)),
        _ => Ok(()),
    }
}
