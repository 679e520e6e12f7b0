//! Files that are read whole.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use crate::Failure;

/// Reads a file, one byte past a limit at most: that is enough for whoever parses it to refuse it.
///
/// # Errors
/// A file that cannot be read.
pub(crate) fn read_at_most(path: &Path, most: usize) -> Result<Vec<u8>, Failure> {
    let most = u64::try_from(most).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    let read =
        File::open(path).and_then(|file| file.take(most.saturating_add(1)).read_to_end(&mut bytes));
    read.map_err(|error| unreadable(path, &error))?;
    Ok(bytes)
}

/// Reads a text file whole.
///
/// # Errors
/// A file that cannot be read or is not UTF-8.
pub(crate) fn read_text(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| unreadable(path, &error))
}

/// A file that cannot be read.
pub(crate) fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::Message(format!("{} cannot be read: {error}", path.display()))
}
